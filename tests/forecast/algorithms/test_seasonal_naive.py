"""Seasonal naive: the last season's value and what usually becomes of it."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from workbench.forecast.algorithms.seasonal_naive import SeasonalNaive
from workbench.forecast.empirical import VALUES, describe

from ..worlds import DAILY, HOURLY, at, daily, hourly, short

PANEL = hourly(80, places=1, measures=("x",))
DAY = date(2024, 3, 12)


def test_a_step_is_the_value_a_day_ago_plus_its_changes() -> None:
    split = at(HOURLY, PANEL, DAY)
    forecast = SeasonalNaive().fit(HOURLY, split).predict(split.past, split.future)
    known = {ds: y for ds, y in split.past.select("ds", "y").rows() if y is not None}
    for lead in (1, 20, 24):
        ds = split.cutoff + timedelta(hours=lead)
        back = next(k for k in range(1, 5) if ds - timedelta(days=k) in known)
        gap = timedelta(days=back)
        changes = [y - known[at - gap] for at, y in known.items() if at.hour == ds.hour and at - gap in known]
        expected = known[ds - gap] + describe(np.array(changes), 1)
        assert forecast.filter(pl.col("ds") == ds).select(VALUES).row(0) == pytest.approx(expected, rel=1e-3, abs=0.02)


def test_a_missing_value_gives_way_to_the_season_before_and_then_to_climatology() -> None:
    weeks = np.tile(np.arange(7.0), 20)
    split = at(DAILY, daily(weeks), date(2020, 5, 1))
    fitted = SeasonalNaive(minimum=10).fit(DAILY, split)
    first = split.future.head(1)
    expected = weeks[(date(2020, 5, 1) - date(2020, 1, 1)).days]
    holed = split.past.filter(pl.col("ds") != date(2020, 4, 24))
    assert fitted.predict(holed, first).item(0, "q50") == expected
    empty = split.past.filter(pl.col("ds") < date(2020, 4, 1))
    assert fitted.predict(empty, first).equals(fitted.climatology.predict(empty, first))


def test_the_season_is_one_of_the_tasks() -> None:
    task = short(HOURLY, seasons=(24, 48))
    split = at(task, PANEL, DAY)
    assert SeasonalNaive(season=1).fit(task, split).length == 48
