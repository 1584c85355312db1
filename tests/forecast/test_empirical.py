"""The dense grid and the samples in its cells, against slow loops."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.forecast.clock import Clock
from workbench.forecast.empirical import VALUES, Grid, describe, errors, thinning
from workbench.forecast.frames import LEVELS

from .worlds import START, daily, frame, hourly


def test_steps_are_numbered_without_gaps() -> None:
    days = pl.DataFrame({"ds": [date(1970, 1, 1), date(1970, 1, 3)]})
    hours = pl.DataFrame({"ds": [datetime(1970, 1, 2, 5, tzinfo=UTC), datetime(1969, 12, 31, 23, tzinfo=UTC)]})
    assert days.select(Clock("1d").number()).to_series().to_list() == [0, 2]
    assert hours.select(Clock("1h").number()).to_series().to_list() == [29, -1]
    assert hours.select(Clock("1h").phase()).to_series().to_list() == [5, 23]
    assert hours.select(Clock("3h").phase()).to_series().to_list() == [1, 7]


def test_the_grid_holds_every_value_at_its_place_whatever_the_row_order() -> None:
    panel = hourly(5)
    grid = Grid.of(panel.sample(fraction=1, shuffle=True, seed=2), Clock("1h"))
    assert grid.ids == ("0/o3", "0/pm2_5", "1/o3", "1/pm2_5")
    for name, ds, y in panel.select("unique_id", "ds", "y").rows():
        hours = int((ds - START).total_seconds()) // 3600
        value = grid.values[grid.ids.index(name), hours // 24, hours % 24]
        assert np.isnan(value) if y is None else value == pytest.approx(y, rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(st.floats(-1e3, 1e3), st.just(float("nan"))), min_size=1, max_size=40))
def test_quantiles_stand_at_the_finite_sample_place(values: list[float]) -> None:
    known = sorted(value for value in values if not np.isnan(value))
    found = describe(np.array(values), 1)
    if not known:
        assert np.isnan(found).all()
        return
    for i, level in enumerate(LEVELS, start=1):
        place = min(max((len(known) + 1) * level - 1, 0), len(known) - 1)
        low = int(place)
        high = min(low + 1, len(known) - 1)
        assert found[i] == pytest.approx(known[low] + (place - low) * (known[high] - known[low]), abs=1e-6)
    assert found[0] == pytest.approx(np.mean(known), abs=1e-6)


def test_errors_by_gap_and_hour_are_those_of_a_slow_loop() -> None:
    panel = hourly(60, places=1, measures=("x",))
    clock = Clock("1h")
    found = errors(Grid.of(panel, clock), [1, 30], most=1000, minimum=10).filter(pl.col("key") == "0/x")
    y = {int((ds - START).total_seconds()) // 3600: y for ds, y in panel.select("ds", "y").rows() if y is not None}
    for gap, phase in ((1, 0), (30, 13)):
        changes = [y[at] - y[at - gap] for at in y if at % 24 == phase and at - gap in y]
        cell = found.filter(pl.col("gap") == gap, pl.col("phase") == phase).select(VALUES).row(0)
        assert cell == pytest.approx(describe(np.array(changes), 1).tolist(), rel=1e-3, abs=1e-3)


def test_a_short_series_leaves_its_cells_to_its_measure() -> None:
    long = hourly(50, places=1, measures=("x",))
    stamps = [START + timedelta(hours=i) for i in range(24 * 5)]
    brief = frame("new/x", stamps, np.ones(len(stamps)), timedelta(hours=1))
    found = errors(Grid.of(pl.concat([long, brief]), Clock("1h")), [1], most=1000, minimum=20)
    assert set(found.get_column("key")) == {"0/x", "x"}


def test_days_are_one_phase() -> None:
    found = errors(Grid.of(daily(np.arange(40.0)), Clock("1d")), [1, 3], most=100, minimum=5)
    assert found.filter(pl.col("key") == "a/x").select("gap", "phase", "q50").rows() == [(1, 0, 1.0), (3, 0, 3.0)]


def test_thinning_never_walks_on_one_weekday() -> None:
    assert thinning(100, 1000) == 1
    assert thinning(7000, 1000) == 8
