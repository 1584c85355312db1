"""When a value became known, what counts as a correction, and what a correction leaves alone."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from lake_rows import NOW, hours

from workbench.lake import catalogue
from workbench.lake.ingest import Report, ingest_frame
from workbench.lake.store import Lake
from workbench.lake.versions import valid

Bring = Callable[..., Report]


def rows(lake: Lake, table: str = "air_hourly") -> list[dict[str, object]]:
    return lake.read(table).collect().rows(named=True)


@pytest.mark.parametrize(
    ("age", "known", "basis"),
    [
        (timedelta(minutes=-30), timedelta(minutes=90), "assumed"),
        (timedelta(0), timedelta(0), "observed"),
        (timedelta(hours=6), timedelta(0), "observed"),
        (timedelta(hours=6, seconds=1), timedelta(hours=-5, seconds=-1), "assumed"),
        (timedelta(days=900), timedelta(days=-900, hours=1), "assumed"),
    ],
)
def test_live_rows_are_known_when_their_file_was_written_and_history_after_the_usual_delay(
    lake: Lake, age: timedelta, known: timedelta, basis: str
) -> None:
    """Air is hourly with an hour's delay: what is up to six hours old counts as live, what is not over yet does not."""
    ingest_frame(lake, "air_hourly", hours([1.0], end=NOW - age), "x", "d1")
    assert [(NOW + known, basis)] == [(row["known_at"], row["known_basis"]) for row in rows(lake)]


@pytest.mark.parametrize(("ago", "basis"), [(100, "observed"), (179, "observed"), (182, "assumed"), (900, "assumed")])
def test_a_yearly_statistic_is_news_for_half_a_year(lake: Lake, ago: int, basis: str) -> None:
    """Three months and three delays of thirty days: a first load of many years must not pass for news of today."""
    closed = (NOW - timedelta(days=ago)).date()
    frame = pl.DataFrame({"town": "安坪镇", "variety": "凤园", "season": 2020, "release": "final", "closed": [closed]})
    ingest_frame(lake, "orange_output", frame.with_columns(output=pl.lit(1.0)), "x", "d1")
    assert [basis] == [row["known_basis"] for row in rows(lake, "orange_output")]


def test_nothing_of_the_sample_was_observed_and_nothing_of_it_is_known_later_than_now(lake: Lake) -> None:
    ingest_frame(lake, "air_daily", days(3), "sample", "d1", sample=True)
    known = [row["known_at"] for row in rows(lake, "air_daily")]
    assert max(known) <= NOW
    assert {"assumed"} == {row["known_basis"] for row in rows(lake, "air_daily")}


def days(count: int) -> pl.DataFrame:
    """The last days before NOW of one station."""
    last = NOW.date()
    return pl.DataFrame({"station": "A", "date": [last - timedelta(days=i + 1) for i in range(count)], "pm2_5": 1.0})


def test_a_day_is_over_at_local_midnight(lake: Lake) -> None:
    frame = pl.DataFrame({"station": ["A"], "date": [date(2020, 2, 29)], "pm2_5": [1.0]})
    ingest_frame(lake, "air_daily", frame, "x", "d1")
    over = datetime(2020, 2, 29, 16, tzinfo=UTC)
    assert [over + timedelta(hours=12)] == [row["known_at"] for row in rows(lake, "air_daily")]
    instant = valid(catalogue.load("air_daily"))
    assert instant is not None
    assert over == frame.select(instant).item()


def test_a_forecast_is_known_from_its_issue_not_from_its_hour(lake: Lake) -> None:
    issued = NOW - timedelta(days=400)
    frame = pl.DataFrame({"place": ["X"], "issued_at": [issued], "time": [issued + timedelta(days=5)]})
    ingest_frame(lake, "weather_forecast", frame, "x", "d1")
    assert [(issued, "assumed")] == [(r["known_at"], r["known_basis"]) for r in rows(lake, "weather_forecast")]


def test_a_register_has_always_been_so_until_it_changes(lake: Lake) -> None:
    ingest_frame(lake, "stations", pl.DataFrame({"station": ["A"], "city": ["夔州"]}), "x", "d1")
    ingest_frame(lake, "stations", pl.DataFrame({"station": ["A"], "city": ["奉节"]}), "y", "d2")
    cities = [lake.read("stations", at).collect()["city"].to_list() for at in (datetime(2013, 1, 1, tzinfo=UTC), NOW)]
    assert [["夔州"], ["奉节"]] == cities


def test_a_stated_instant_wins_but_nothing_is_known_before_it_is_over(lake: Lake) -> None:
    stated = NOW - timedelta(hours=2)
    ingest_frame(lake, "air_hourly", hours([1.0] * 4), "x", "d1", known_at=stated)
    known = sorted(row["known_at"] for row in rows(lake))  # type: ignore[type-var]
    assert [stated, stated, NOW - timedelta(hours=1), NOW] == known
    assert {"observed"} == {row["known_basis"] for row in rows(lake)}


def test_the_same_value_is_a_duplicate_and_another_is_a_correction(lake: Lake) -> None:
    ingest_frame(lake, "air_hourly", hours([1.0, 2.0, 3.0]), "x", "d1")
    report = ingest_frame(lake, "air_hourly", hours([1.0, 2.5, 3.0, 4.0], end=NOW + timedelta(hours=1)), "y", "d2")
    assert (1, 1, 2) == (report.accepted, report.corrected, report.duplicate)
    assert {1.0: "x", 2.5: "y", 3.0: "x", 4.0: "y"} == {row["pm2_5"]: row["source"] for row in rows(lake)}


def test_the_last_digits_that_a_conversion_of_units_leaves_are_no_correction(lake: Lake) -> None:
    ingest_frame(lake, "air_hourly", hours([0.7], column="co"), "x", "d1")
    report = ingest_frame(lake, "air_hourly", hours([700 * 0.001 + 1e-15], column="co"), "y", "d2")
    assert 1 == report.duplicate


def test_a_correction_changes_what_it_says_and_leaves_the_rest(lake: Lake, bring: Bring) -> None:
    """A column that the file has not, and a null, say nothing."""
    time = "2026-11-23T08:00:00Z"
    bring(f"station,time,PM2.5,PM10,SO2\nA,{time},40,60,5\n")
    bring(f"station,time,PM2.5,PM10\nA,{time},41,\n")
    assert [(41.0, 60.0, 5.0)] == [(row["pm2_5"], row["pm10"], row["so2"]) for row in rows(lake)]


def test_history_may_come_column_by_column(lake: Lake) -> None:
    """Ozone of years ago, loaded a year after the particles: both were known then, and neither is known only now."""
    end = NOW - timedelta(days=2000)
    ingest_frame(lake, "air_hourly", hours([40.0, 41.0], end=end), "x", "d1")
    report = ingest_frame(lake, "air_hourly", hours([80.0, 81.0], end=end, column="o3"), "y", "d2")
    assert 2 == report.corrected
    then = lake.read("air_hourly", end + timedelta(hours=2)).sort("time").collect()
    assert [(40.0, 80.0), (41.0, 81.0)] == then.select("pm2_5", "o3").rows()
    assert {"assumed"} == set(then["known_basis"])


def test_what_is_filled_in_today_is_known_from_today(lake: Lake, bring: Bring) -> None:
    time = "2026-11-23T08:00:00Z"
    bring(f"station,time,PM2.5\nA,{time},40\n", NOW - timedelta(minutes=90))
    bring(f"station,time,O3\nA,{time},80\n", NOW)
    assert [None] == lake.read("air_hourly", NOW - timedelta(minutes=1)).collect()["o3"].to_list()
    assert [(40.0, 80.0, NOW)] == [(row["pm2_5"], row["o3"], row["known_at"]) for row in rows(lake)]


def test_a_refused_value_does_not_take_a_good_one_away(lake: Lake, bring: Bring) -> None:
    bring("station,time,PM2.5\nA,2026-11-23T08:00:00Z,40\n")
    report = bring("station,time,PM2.5\nA,2026-11-23T08:00:00Z,9999\n")
    assert (1, {"pm2_5|max": 1}) == (report.duplicate, report.quarantined)
    assert [(40.0, 1)] == [(row["pm2_5"], row["q_pm2_5"]) for row in rows(lake)]


def test_an_old_file_that_comes_after_its_correction_undoes_nothing(lake: Lake, bring: Bring) -> None:
    """Also where the correction was the first thing heard of the hour, so that its own time is an assumption."""
    text = "station,time,PM2.5\nA,2026-11-01T08:00:00Z,{}\n"
    bring(text.format(44), NOW - timedelta(days=1))
    late = bring(text.format(40), NOW - timedelta(days=2))
    assert 1 == late.corrected
    assert [44.0] == [row["pm2_5"] for row in rows(lake)]
    assert [40.0, 44.0] == lake.history("air_hourly").collect().sort("known_at")["pm2_5"].to_list()
    again = bring(text.format(40) + "\n", NOW - timedelta(days=2) + timedelta(hours=1))
    assert 1 == again.duplicate


def test_versions_of_one_moment_keep_their_order(lake: Lake, bring: Bring) -> None:
    for value in (40, 41, 42):
        bring(f"station,time,PM2.5\nA,2026-11-23T08:00:00Z,{value}\n", NOW)
    assert [42.0] == [row["pm2_5"] for row in rows(lake)]
    known = lake.history("air_hourly").collect()["known_at"]
    assert 3 == known.n_unique()
    assert known.max() - known.min() == timedelta(microseconds=2)  # type: ignore[operator]
