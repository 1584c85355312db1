"""Hours to days: labels, validity, 8-hour windows, leap days, doubles, the year's end in UTC+8."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.science import air_day

ZONE = "Asia/Shanghai"


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(ZONE))  # type: ignore[misc,arg-type]


def stamps(first: datetime, count: int) -> list[datetime]:
    """Hour-ending stamps in UTC from a local time on."""
    start = first.astimezone(UTC)
    return [start + timedelta(hours=k) for k in range(count)]


def hours(first: datetime, station: str = "a", **columns: list[float | None]) -> pl.DataFrame:
    count = len(next(iter(columns.values())))
    frame = pl.DataFrame(
        {"station": [station] * count, "time": stamps(first, count), **columns},
        schema_overrides=dict.fromkeys(columns, pl.Float64),
    )
    return frame.with_columns(pl.col("time").dt.cast_time_unit("us"))


def test_a_day_is_the_hours_labelled_one_to_twenty_four() -> None:
    values = [1000.0] + [float(h) for h in range(1, 25)] + [1000.0]
    out = air_day.daily(hours(local(2026, 3, 10), pm2_5=values), ZONE)  # 00:00 belongs to the 9th
    assert out["date"].to_list() == [date(2026, 3, 9), date(2026, 3, 10), date(2026, 3, 11)]
    assert out["pm2_5"].to_list() == [None, 12.5, None]
    assert out["hours_pm2_5"].to_list() == [1, 24, 1]


def test_a_mean_needs_twenty_hours() -> None:
    for missing, expected in ((4, 10.0), (5, None)):
        values = [None] * missing + [10.0] * (24 - missing)
        assert air_day.daily(hours(local(2026, 3, 10, 1), pm10=values), ZONE)["pm10"].to_list() == [expected]


def test_nan_is_a_missing_hour() -> None:
    values = [float("nan")] * 5 + [10.0] * 19
    assert air_day.daily(hours(local(2026, 3, 10, 1), co=values), ZONE).row(0, named=True)["hours_co"] == 19


def test_an_hour_given_twice_counts_once() -> None:
    once = hours(local(2026, 3, 10, 1), no2=[10.0] * 20)
    assert air_day.daily(pl.concat([once, once]), ZONE)["hours_no2"].to_list() == [20]
    short = hours(local(2026, 3, 10, 1), no2=[10.0] * 19)
    assert air_day.daily(pl.concat([short, short]), ZONE)["no2"].to_list() == [None]
    other = once.head(1).with_columns(no2=pl.lit(30.0))
    assert air_day.daily(pl.concat([once, other]), ZONE)["no2"].to_list() == [10.5]


def test_an_eight_hour_mean_needs_six_hours() -> None:
    values = [None, None] + [80.0] * 22  # the window that ends at 08:00 has six: seventeen windows are valid
    row = air_day.daily(hours(local(2026, 7, 1, 1), o3=values), ZONE).row(0, named=True)
    assert (row["o3_8h"], row["windows_o3_8h"]) == (80.0, 17)
    row = air_day.daily(hours(local(2026, 7, 1, 1), o3=[None, *values[:-1]]), ZONE).row(0, named=True)
    assert (row["o3_8h"], row["windows_o3_8h"]) == (80.0, 16)


@pytest.mark.parametrize(("level", "expected"), [(160.0, None), (160.1, 160.1)])
def test_fourteen_windows_or_an_exceedance(level: float, expected: float | None) -> None:
    enough = [None] * 5 + [level] * 19  # windows ending 11:00 … 24:00 have six hours or more: fourteen
    row = air_day.daily(hours(local(2026, 7, 1, 1), o3=enough), ZONE).row(0, named=True)
    assert (row["windows_o3_8h"], row["o3_8h"]) == (14, level)
    short = [None] * 6 + [level] * 18
    row = air_day.daily(hours(local(2026, 7, 1, 1), o3=short), ZONE).row(0, named=True)
    assert (row["windows_o3_8h"], row["o3_8h"]) == (13, expected)


def test_seventeen_windows_do_not_look_into_the_evening_before() -> None:
    values = [200.0] * 24 + [40.0] * 24
    two = hours(local(2026, 7, 1, 1), o3=values)
    assert air_day.daily(two, ZONE)["o3_8h"].to_list() == [200.0, 40.0]
    assert air_day.daily(two, ZONE, windows=24)["o3_8h"].to_list() == [200.0, (7 * 200 + 40) / 8]
    assert air_day.daily(two, ZONE, windows=24)["windows_o3_8h"].to_list() == [19, 24]


def test_a_hole_in_the_record_is_no_short_cut() -> None:
    gap = pl.concat([hours(local(2026, 7, 1, 1), o3=[10.0] * 8), hours(local(2026, 7, 1, 20), o3=[100.0] * 5)])
    row = air_day.daily(gap, ZONE).row(0, named=True)
    assert (row["windows_o3_8h"], row["hours_o3"], row["o3"]) == (3, 13, None)  # ends 08, 09, 10 only


def test_leap_day_and_the_end_of_the_year() -> None:
    leap = air_day.daily(hours(local(2024, 2, 28, 1), pm2_5=[1.0] * 24 + [2.0] * 24 + [3.0] * 24), ZONE)
    assert leap.select("date", "pm2_5").rows() == [
        (date(2024, 2, 28), 1.0),
        (date(2024, 2, 29), 2.0),
        (date(2024, 3, 1), 3.0),
    ]
    turn = air_day.daily(hours(local(2025, 12, 31, 1), pm2_5=[1.0] * 24 + [2.0] * 24), ZONE)
    assert turn.select("date", "pm2_5").rows() == [(date(2025, 12, 31), 1.0), (date(2026, 1, 1), 2.0)]
    assert stamps(local(2025, 12, 31, 1), 1) == [datetime(2025, 12, 30, 17, tzinfo=UTC)]


def test_sums_are_exact() -> None:
    values = [60.1, 60.9] * 12
    assert air_day.daily(hours(local(2026, 3, 10, 1), pm2_5=values), ZONE)["pm2_5"].item() == 60.5


def slow_day(values: list[float | None], windows: int) -> tuple[float | None, float | None]:
    """One whole day by hand: the mean, and the daily maximum 8-hour mean of a day with nothing before it."""
    there = [v for v in values if v is not None]
    mean = sum(there) / len(there) if len(there) >= 20 else None
    eights = []
    for end in range(25 - windows, 25):
        window = [v for v in values[max(0, end - 8) : end] if v is not None]
        if len(window) >= 6:
            eights.append(sum(window) / len(window))
    top = max(eights, default=None)
    return mean, top if top is not None and (len(eights) >= 14 or top > 160) else None


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.one_of(st.none(), st.integers(0, 300)), min_size=24, max_size=24),
    windows=st.sampled_from([17, 24]),
)
def test_agrees_with_a_slow_loop(values: list[int | None], windows: int) -> None:
    floats = [None if v is None else float(v) for v in values]
    row = air_day.daily(hours(local(2026, 7, 1, 1), no2=floats, o3=floats), ZONE, windows).row(0, named=True)
    mean, top = slow_day(floats, windows)
    assert row["no2"] == pytest.approx(mean)
    assert row["o3_8h"] == pytest.approx(top)


def test_row_order_and_other_stations_do_not_matter() -> None:
    rng = random.Random(7)
    one = hours(local(2026, 7, 1, 1), "a", o3=[float(rng.randrange(300)) for _ in range(72)])
    two = hours(local(2026, 7, 1, 5), "b", o3=[float(rng.randrange(300)) for _ in range(60)])
    both = pl.concat([one, two])
    out = air_day.daily(both, ZONE)
    assert out.equals(air_day.daily(both.sample(fraction=1, shuffle=True, seed=3), ZONE))
    assert out.filter(station="a").equals(air_day.daily(one, ZONE))


def test_sliding_means_of_the_real_time_report() -> None:
    frame = hours(local(2026, 1, 1, 1), pm2_5=[float(k) for k in range(30)], o3=[8.0] * 30)
    out = air_day.sliding(frame)
    assert out["pm2_5_24h"][:20].to_list() == [None] * 19 + [9.5]
    assert out["pm2_5_24h"][29] == sum(range(6, 30)) / 24
    assert out["o3_8h"][:6].to_list() == [None] * 5 + [8.0]
    assert out["time"].equals(frame["time"])


def test_an_empty_frame_gives_empty_days() -> None:
    empty = hours(local(2026, 7, 1, 1), pm2_5=[1.0], o3=[1.0]).clear()
    out = air_day.daily(empty, ZONE)
    assert out.is_empty()
    assert {"station", "date", "pm2_5", "o3_8h", "hours_o3"} <= set(out.columns)


def test_good_days_are_counted_among_valid_days() -> None:
    days = pl.DataFrame(
        {"station": ["a"] * 4, "date": [date(2025, 12, 31), *(date(2026, 1, d) for d in (1, 2, 3))],
         "aqi": [100, 101, None, 50]}
    )  # fmt: skip
    assert air_day.good_days(days).rows() == [("a", 2025, 1, 1, 1.0), ("a", 2026, 1, 2, 0.5)]
