"""Seasons of weather against slow loops."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from workbench.errors import InputError
from workbench.forecast.season_weather import Window, completed, cube, harm, measured

RAIN = Window("rain", "rain", (0, 2, 20), (0, 3, 5), "sum")
COLD = Window("cold", "t", (-1, 12, 1), (0, 1, 31), "min", harm=-1, beyond=1.0)


def days(first: date, last: date) -> pl.DataFrame:
    """One place, every day, numbers that name the day."""
    dates = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    rng = np.random.default_rng(1)
    return pl.DataFrame({"place": ["a"] * len(dates), "ds": dates, "t": rng.normal(10, 5, len(dates)),
                         "rain": rng.gamma(1, 3, len(dates))})  # fmt: skip


def test_windows_equal_a_slow_walk_over_days_without_the_leap_day() -> None:
    weather = days(date(2018, 12, 1), date(2021, 3, 10))
    block = cube(weather, (-1, 12, 1), (0, 3, 10))
    told = measured(block, (RAIN, COLD))[0]
    for season in (2019, 2020, 2021):
        inside = weather.filter(pl.col("ds").is_between(date(season, 2, 20), date(season, 3, 5)))
        inside = inside.filter((pl.col("ds").dt.month() != 2) | (pl.col("ds").dt.day() != 29))
        winter = weather.filter(pl.col("ds").is_between(date(season - 1, 12, 1), date(season, 1, 31)))
        at = block.seasons.index(season)
        assert told[at] == pytest.approx([inside["rain"].sum(), winter["t"].min()])


def test_an_unfinished_season_takes_the_rest_of_each_other_one() -> None:
    weather = days(date(2015, 1, 1), date(2019, 12, 31))
    block = cube(weather, (0, 1, 1), (0, 12, 31))
    known = block.known((0, 2, 25))
    told = completed(block, (RAIN,), 2019, known)[0, :, 0]
    for season in (2015, 2016, 2017, 2018, 2019):
        mine = weather.filter(pl.col("ds").is_between(date(2019, 2, 20), date(2019, 2, 25)))["rain"].sum()
        theirs = weather.filter(pl.col("ds").is_between(date(season, 2, 26), date(season, 3, 5)))
        theirs = theirs.filter((pl.col("ds").dt.month() != 2) | (pl.col("ds").dt.day() != 29))["rain"].sum()
        assert told[block.seasons.index(season)] == pytest.approx(mine + theirs)


def test_the_rest_of_the_asked_season_is_not_looked_at() -> None:
    weather = days(date(2015, 1, 1), date(2019, 12, 31))
    poisoned = weather.with_columns(pl.when(pl.col("ds") > date(2019, 2, 25)).then(1e9).otherwise("rain").alias("rain"))
    before, after = (completed(cube(w, (0, 1, 1), (0, 12, 31)), (RAIN,), 2019, 56)[0, :4] for w in (weather, poisoned))
    assert (before == after).all()


def test_harm_begins_beyond_its_deviations_and_unknown_is_none() -> None:
    raw = np.array([[[1.0], [2.0], [3.0], [-9.0], [np.nan]]])
    told = harm(raw, raw[:, :3], (Window("w", "t", (0, 1, 1), (0, 1, 2), harm=-1, beyond=1.0),))[0, :, 0]
    assert told.tolist() == [0, 0, 0, 10, 0]


def test_a_day_twice_is_refused() -> None:
    weather = days(date(2015, 1, 1), date(2015, 2, 1))
    with pytest.raises(InputError, match="once"):
        cube(pl.concat([weather, weather]), (0, 1, 1), (0, 2, 1))


def test_a_window_outside_the_season_is_refused() -> None:
    with pytest.raises(InputError, match="outside the season"):
        measured(cube(days(date(2015, 1, 1), date(2015, 3, 1)), (0, 1, 1), (0, 2, 1)), (COLD,))
