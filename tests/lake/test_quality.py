"""Flags, missing runs and shifted columns: hand-made series, a slow loop, and real stations where they are at hand."""

import math
import os
import random
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lake_rows import NOW, hours

from workbench.lake import catalogue, quality
from workbench.lake.catalogue import Column, Table

AIR = catalogue.load("air_hourly")


def flags(values: list[float | None], column: str = "pm2_5") -> list[int]:
    return quality.flag(hours(values, column=column), AIR)[f"q_{column}"].to_list()


def table(**limits: float) -> Table:
    """A table of one measure `x` with these limits."""
    lines = "\n".join(f"{name} = {value}" for name, value in limits.items())
    return catalogue.parse(
        "made",
        'title_zh = "x"\ntitle_en = "x"\ncycle = "1h"\ndelay = "1h"\nkey = ["station", "time"]\ntime = "time"\n'
        '[columns.station]\ntype = "string"\n[columns.time]\ntype = "datetime"\n'
        f'[columns.x]\ntype = "number"\n{lines}\n',
    )


def test_every_flag_has_its_meaning() -> None:
    assert meanings() == {quality.meaning(flag) for flag in range(1, 10)}
    assert quality.meaning(0) is None


def meanings() -> set[tuple[str, str] | None]:
    return {(origin, word) for origin in quality.ORIGINS for word in quality.RELIABILITIES}


def test_good_missing_and_outside_the_range() -> None:
    assert [1, 0, 3, 3] == flags([35.0, None, -1.0, 2001.0])


def test_a_lone_jump_up_and_back_is_doubtful_and_a_rise_that_stays_is_not() -> None:
    assert [1, 1, 2, 1, 1] == flags([30.0, 31.0, 500.0, 33.0, 32.0])
    assert [1, 1, 1, 1] == flags([30.0, 500.0, 510.0, 505.0])
    assert [1, 1, 1] == flags([30.0, 500.0, 990.0])


def test_a_jump_beside_a_gap_cannot_be_judged() -> None:
    frame = pl.concat([hours([30.0], end=NOW - timedelta(hours=5)), hours([500.0, 30.0])])
    assert [1, 1, 1] == quality.flag(frame, AIR)["q_pm2_5"].to_list()


def test_twelve_equal_hours_are_stuck_and_eleven_are_not() -> None:
    assert [1] * 11 == flags([35.0] * 11)
    assert [2] * 12 + [1] == flags([35.0] * 12 + [36.0])
    assert [1] * 6 + [0] + [1] * 6 == flags([35.0] * 6 + [None] + [35.0] * 6)


def test_equal_values_below_detection_are_not_stuck() -> None:
    assert [1] * 60 == flags([2.0] * 60, "so2")
    assert [2] * 60 == flags([20.0] * 60, "so2")


def test_stations_are_judged_apart() -> None:
    frame = pl.concat([hours([35.0] * 6, "A"), hours([35.0] * 6, "B", end=NOW + timedelta(hours=6))])
    assert [1] * 12 == quality.flag(frame, AIR)["q_pm2_5"].to_list()


def test_no_limits_no_check_and_a_step_is_doubtful_where_one_is_set() -> None:
    frame = hours([1.0, 9.0, 9.5], column="x")
    assert [0, 0, 0] == quality.flag(frame, table())["q_x"].to_list()
    assert [1, 2, 1] == quality.flag(frame, table(step=5))["q_x"].to_list()


def slow(values: list[float | None], gaps: set[int], column: Column) -> list[int]:
    """The rules once more, as a loop over single values; `gaps` are the places before which an hour is missing."""
    found = []
    for i, value in enumerate(values):
        before = values[i - 1] if i > 0 and i not in gaps else None
        after = values[i + 1] if i + 1 < len(values) and i + 1 not in gaps else None
        first = last = i
        while first > 0 and first not in gaps and values[first - 1] == value:
            first -= 1
        while last + 1 < len(values) and last + 1 not in gaps and values[last + 1] == value:
            last += 1
        if value is None:
            found.append(0)
        elif not (column.min or 0) <= value <= (column.max or 0):
            found.append(3)
        else:
            rise = None if before is None else value - before
            fall = None if after is None else value - after
            spike = (
                rise is not None
                and fall is not None
                and min(abs(rise), abs(fall)) > (column.spike or math.inf)
                and (rise > 0) == (fall > 0)
            )
            step = rise is not None and abs(rise) > (column.step or math.inf)
            stuck = last - first + 1 >= (column.stuck or math.inf) and value > (column.detection or 0)
            found.append(2 if spike or step or stuck else 1)
    return found


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.sampled_from([None, -1.0, 1.0, 5.0, 5.0, 5.0, 20.0, 60.0, 101.0]), min_size=1, max_size=25),
    st.sets(st.integers(1, 24), max_size=3),
    st.randoms(use_true_random=False),
)
def test_flags_equal_a_slow_loop_whatever_the_order_of_rows(
    values: list[float | None], gaps: set[int], dice: random.Random
) -> None:
    made = table(min=0, max=100, spike=10, step=30, stuck=3, detection=1)
    frame = hours(values, column="x")
    late = [sum(gap <= i for gap in gaps) for i in range(len(values))]
    frame = frame.with_columns(pl.col("time") + pl.Series(late) * pl.duration(hours=1))
    order = list(range(len(values)))
    dice.shuffle(order)
    shuffled = quality.flag(frame[order], made)["q_x"].to_list()
    assert slow(values, gaps, made.columns["x"]) == [shuffled[order.index(i)] for i in range(len(values))]


def shapes(hours_long: int, shift: int, seed: int = 1) -> pl.DataFrame:
    """Two columns that share their hourly changes, the second dated `shift` hours late, with noise and gaps."""
    dice, level, series = random.Random(seed), 0.0, []
    for _ in range(hours_long + 60):
        level = 0.97 * level + dice.gauss(0, 5)
        series.append(60 + level)
    left = [v if dice.random() > 0.05 else None for v in series[30 : 30 + hours_long]]
    right = [v * 1.5 + dice.gauss(0, 4) for v in series[30 - shift : 30 - shift + hours_long]]
    return hours(left).with_columns(pl.Series("pm10", right))


@pytest.mark.parametrize("shift", [-24, -3, -1, 1, 8, 24])
def test_a_planted_shift_is_found_with_its_lag(shift: int) -> None:
    found = quality.shifted_columns(shapes(2000, shift), AIR)
    assert [("A", "pm2_5", "pm10", shift)] == found.select("station", "left", "right", "lag").rows()
    assert found["at_lag"][0] > 0.7 > 0.2 > abs(found["at_zero"][0])


def test_columns_of_the_same_hour_raise_no_alarm() -> None:
    assert quality.shifted_columns(shapes(2000, 0), AIR).is_empty()


def test_unrelated_columns_raise_no_alarm_however_few_the_hours() -> None:
    for seed in range(8):
        left, right = shapes(400, 0, seed), shapes(400, 0, seed + 100)
        assert quality.shifted_columns(left.with_columns(right["pm2_5"].alias("pm10")), AIR).is_empty()


def test_too_few_hours_say_nothing() -> None:
    assert quality.shifted_columns(shapes(150, 3), AIR).is_empty()


def bench_data(name: str) -> Path:
    folder = os.environ.get("WORKBENCH_BENCH_DATA")
    if not folder or not (Path(folder) / name).exists():
        pytest.skip("needs the development data: set WORKBENCH_BENCH_DATA")
    return Path(folder) / name


def test_chongqing_of_china39_has_everything_but_pm2_5_dated_a_day_early() -> None:
    """The known trap of that data set: its PM10 and gases are those of the next day."""
    from benchmarks.quality import chongqing

    found = quality.shifted_columns(
        chongqing(bench_data("china39_daily_airquality_weather_2014_2021")), catalogue.load("air_daily")
    )
    lags = {(left, right): lag for left, right, lag in found.select("left", "right", "lag").rows()}
    assert {-1} == {lags.get(("pm2_5", other)) for other in ("pm10", "so2", "no2", "co")}
    assert not {pair for pair in lags if pair in (("pm10", "so2"), ("pm10", "no2"), ("pm10", "co"), ("no2", "co"))}


def test_a_day_is_a_step_of_a_daily_table() -> None:
    days = [date(2020, 1, 1) + timedelta(days=i) for i in range(600)]
    frame = shapes(600, 1).with_columns(pl.Series("date", days)).drop("time")
    found = quality.shifted_columns(frame, catalogue.load("air_daily"))
    assert [1] == found["lag"].to_list()
