"""Visitors: odd figures count for no day, closed days are zeros, what is known ahead is as it was known then."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines import visitors
from workbench.lake import catalogue
from workbench.lake.store import Lake, schema

FIRST = date(2026, 1, 5)
NAMES = ("scenic_areas", "area_closures", "tourism_events", "bookings", "weather_forecast")


@pytest.fixture(autouse=True)
def clock(home: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_NOW", "2026-06-01T18:00:00+08:00")


def over(day: pl.Expr) -> pl.Expr:
    return (
        (day + timedelta(days=1))
        .cast(pl.Datetime("us"))
        .dt.replace_time_zone("Asia/Shanghai")
        .dt.convert_time_zone("UTC")
    )


def counts(area: str, values: dict[int, float], days: int | None = None) -> pl.DataFrame:
    """Visitors by day after FIRST."""
    rows = pl.DataFrame(
        {"k": list(values), "visitors": list(values.values())}, schema={"k": pl.Int64, "visitors": pl.Float64}
    )
    return rows.select(
        area=pl.lit(area), date=pl.lit(FIRST) + pl.duration(days=pl.col("k")), definition=pl.lit("ticketed"),
        visitors="visitors", days=pl.lit(days, pl.Int64), q_visitors=pl.lit(1, pl.UInt8),
    ).with_columns(known_at=over(pl.col("date")))  # fmt: skip


def tables(daily: pl.DataFrame, **more: pl.DataFrame) -> dict[str, pl.LazyFrame]:
    """All tables, empty where not given."""
    found = {name: pl.LazyFrame(schema=schema(catalogue.load(name))) for name in NAMES}
    given = {
        name: pl.concat([found[name].collect(), rows], how="diagonal_relaxed").lazy() for name, rows in more.items()
    }
    return found | given | {"visitors_daily": daily.lazy(), "holidays": Lake().read("holidays")}


def closure(area: str, start: int, end: int, known: date) -> pl.DataFrame:
    day = timedelta(days=1)
    return pl.DataFrame(
        {"area": [area], "start": [FIRST + start * day], "end": [FIRST + end * day], "known_on": [known]}
    )


def test_a_sum_of_several_days_is_no_day(home: object) -> None:
    said = pl.concat([counts("a", {0: 100.0, 1: 110.0}), counts("a", {5: 900.0}, days=4), counts("a", {6: 120.0})])
    panel = visitors.visitors_daily(**tables(said)).collect().filter(unique_id="a/ticketed")
    assert [100.0, 110.0, None, 120.0] == panel["y"].to_list()


def test_a_sum_that_the_file_does_not_tell_is_found_by_its_size() -> None:
    many = {k: 100.0 + k % 7 for k in range(80)} | {85: 640.0, 86: 101.0}
    panel = visitors.visitors_daily(**tables(counts("a", many))).collect().filter(unique_id="a/ticketed")
    assert [None, 101.0] == panel["y"].tail(2).to_list()
    peak = {k: 100.0 + k % 7 for k in range(80)} | {80: 640.0}  # no day is missing before it: a true peak
    panel = visitors.visitors_daily(**tables(counts("a", peak))).collect().filter(unique_id="a/ticketed")
    assert 640.0 == panel["y"].tail(1).item()


def test_the_county_is_the_sum_and_a_closed_area_counts_as_nothing() -> None:
    daily = pl.concat([counts("a", dict.fromkeys(range(6), 10.0)), counts("b", {0: 5.0, 1: 5.0, 4: 5.0, 5: 5.0})])
    shut = closure("b", 2, 3, FIRST)
    panel = visitors.visitors_daily(**tables(daily, area_closures=shut)).collect()
    wide = panel.pivot("unique_id", index="ds", values="y").sort("ds")
    assert [5.0, 5.0, 0.0, 0.0, 5.0, 5.0] == wide["b/ticketed"].to_list()
    assert (wide["a/ticketed"] + wide["b/ticketed"]).to_list() == wide["*/ticketed"].to_list()
    assert [0.0, 0.0, 1.0, 1.0, 0.0, 0.0] == panel.filter(unique_id="b/ticketed").sort("ds")["closed"].to_list()


def test_without_the_notice_the_county_has_no_sum_on_days_that_an_area_lacks() -> None:
    daily = pl.concat([counts("a", dict.fromkeys(range(4), 10.0)), counts("b", {0: 5.0, 1: 5.0, 3: 5.0})])
    panel = visitors.visitors_daily(**tables(daily)).collect().filter(unique_id="*/ticketed")
    assert [0, 1, 3] == [(day - FIRST).days for day in panel["ds"]]


def test_what_is_known_ahead_is_as_it_was_known() -> None:
    daily = counts("a", dict.fromkeys(range(10), 10.0))
    told = FIRST + timedelta(days=8)
    moment = datetime(2026, 1, 13, 9, tzinfo=UTC)
    booked = pl.DataFrame({"area": ["a"] * 2, "date": [told] * 2, "reserved": [99.0, 149.0], "sold": [10.0, 20.0],
                           "q_reserved": [1, 1], "q_sold": [1, 1],
                           "known_at": [moment - timedelta(days=2), moment]})  # fmt: skip
    booked = booked.with_columns(counted_at=pl.col("known_at"))
    shut = closure("a", 8, 8, date(2026, 1, 11))
    ahead = visitors.visitors_ahead(**tables(daily, bookings=booked, area_closures=shut)).collect()
    mine = ahead.filter(unique_id="a/ticketed", ds=told).sort("known_at")

    def at(instant: datetime) -> dict[str, float]:
        return mine.filter(pl.col("known_at") <= instant).row(-1, named=True)

    assert (0.0, 0.0) == (
        at(datetime(2026, 1, 9, tzinfo=UTC))["booked"],
        at(datetime(2026, 1, 9, tzinfo=UTC))["closed"],
    )
    assert 100 == pytest.approx(2.718281828459045 ** at(moment - timedelta(hours=1))["booked"])
    assert 1.0 == at(moment)["closed"]
    assert 150 == pytest.approx(2.718281828459045 ** at(moment)["booked"])


def test_holidays_are_predicted_before_their_notice_and_gazetted_after() -> None:
    daily = counts("a", dict.fromkeys(range(3), 10.0))
    ahead = visitors.visitors_ahead(**tables(daily)).collect().filter(unique_id="a/ticketed", ds=date(2026, 2, 23))
    early, late = ahead.sort("known_at")["festival"].to_list()[0], ahead.sort("known_at")["festival"].to_list()[-1]
    assert (1.0, 1.0) == (early > 0, late)  # nine days in 2026, the rule says eight: the day after still feels it
    nth = ahead.sort("known_at")["back"].to_list()
    assert 1.0 == nth[-1]


def test_hours_and_reports_keep_what_they_were_given() -> None:
    hours = pl.DataFrame({"area": ["a"], "time": [datetime(2026, 1, 5, 9, tzinfo=UTC)], "visitors": [7.0],
                          "q_visitors": [1], "known_at": [datetime(2026, 1, 5, 10, tzinfo=UTC)]})  # fmt: skip
    made = visitors.visitors_hourly(hours.lazy()).collect()
    assert ("a/count", 7.0) == made.select("unique_id", "y").row(0)
    told = hours.select(
        "area", "known_at", "q_visitors", "visitors", start=pl.lit(FIRST), end=pl.lit(FIRST), definition=pl.lit("all")
    )
    assert ("a/all", FIRST, 7.0) == visitors.visitors_reported(told.lazy()).collect().select(
        "unique_id", "ds", "y"
    ).row(0)


def test_row_order_does_not_matter() -> None:
    daily = counts("a", {k: float(k) for k in range(20)})
    one = visitors.visitors_daily(**tables(daily)).collect()
    two = visitors.visitors_daily(**tables(daily.sample(fraction=1, shuffle=True, seed=1))).collect()
    assert_frame_equal(one, two)
