"""Probabilistic persistence: the last value known and what usually becomes of it."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from workbench.forecast.algorithms.persistence import Persistence
from workbench.forecast.empirical import VALUES, describe

from ..worlds import DAILY, HOURLY, START, at, daily, frame, hourly

PANEL = hourly(80, places=1, measures=("x",))
DAY = date(2024, 3, 12)


def test_a_step_is_the_last_value_plus_the_changes_over_that_gap_at_that_hour() -> None:
    split = at(HOURLY, PANEL, DAY)
    forecast = Persistence().fit(HOURLY, split).predict(split.past, split.future)
    known = {ds: y for ds, y in split.past.select("ds", "y").rows() if y is not None}
    last = max(known)
    for lead in (1, 6, 24):
        ds = split.cutoff + timedelta(hours=lead)
        gap = ds - last
        changes = [y - known[at - gap] for at, y in known.items() if at.hour == ds.hour and at - gap in known]
        expected = known[last] + describe(np.array(changes), 1)
        assert forecast.filter(pl.col("ds") == ds).select(VALUES).row(0) == pytest.approx(expected, rel=1e-3, abs=0.02)


def test_the_last_value_is_the_last_known_and_not_the_last_measured() -> None:
    """The hour that ends at the cutoff is released an hour later: it may be anything."""
    changed = PANEL.with_columns(y=pl.when(pl.col("known_at") > HOURLY.origin(DAY)).then(1e9).otherwise("y"))
    split, other = at(HOURLY, PANEL, DAY), at(HOURLY, changed, DAY)
    fitted = Persistence().fit(HOURLY, split)
    assert fitted.predict(split.past, split.future).equals(fitted.predict(other.past, other.future))


def test_an_outage_widens_the_range_and_a_long_one_gives_climatology() -> None:
    split = at(HOURLY, PANEL, DAY)
    fitted = Persistence().fit(HOURLY, split)
    widths = []
    for silent in (0, 12, 30):
        past = split.past.filter(pl.col("ds") <= split.cutoff - timedelta(hours=silent))
        forecast = fitted.predict(past, split.future)
        assert forecast.null_count().sum_horizontal().item() == 0
        widths.append(forecast.select((pl.col("q90") - pl.col("q10")).head(3).mean()).item())
    assert widths[0] < widths[1]
    assert fitted.predict(past, split.future).equals(fitted.climatology.predict(past, split.future))


def test_a_new_series_borrows_the_errors_of_its_measure() -> None:
    stamps = [START + timedelta(hours=i) for i in range(24 * 60, 24 * 80)]
    brief = frame("new/x", stamps, np.full(len(stamps), 90.0), timedelta(hours=1))
    split = at(HOURLY, pl.concat([PANEL, brief]), DAY)
    forecast = Persistence().fit(HOURLY, split).predict(split.past, split.future)
    new = forecast.filter(pl.col("unique_id") == "new/x")
    assert new.item(0, "q50") == pytest.approx(90, abs=15)
    assert new.item(0, "q90") > new.item(0, "q10") + 5


def test_a_day_is_the_last_day_plus_its_changes() -> None:
    split = at(DAILY, daily(np.arange(100.0)), date(2020, 4, 1))
    forecast = Persistence().fit(DAILY, split).predict(split.past, split.future)
    assert forecast.get_column("q50").to_list() == [91.0, 92.0, 93.0]


def test_a_day_that_is_late_is_not_used() -> None:
    late = daily(np.arange(100.0)).with_columns(pl.col("known_at").dt.offset_by("1d"))
    split = at(DAILY, late, date(2020, 4, 1))
    assert split.past.get_column("ds").max() == date(2020, 3, 30)
    forecast = Persistence().fit(DAILY, split).predict(split.past, split.future)
    assert forecast.get_column("q50").to_list() == [91.0, 92.0, 93.0]
