"""What a booster knows ahead while it learns is what it is given when it issues."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from workbench.forecast.algorithms import features_ahead
from workbench.forecast.clock import Clock
from workbench.forecast.task import Task

START = datetime(2026, 1, 1, tzinfo=UTC)
IDS = ("a/o3", "b/o3")


def task(every: str) -> Task:
    return Task("toy", "", "", "", "", "p", every, 6, (24,), vintages="v", known_ahead=("wind", "rain"))


def issues(every: str, seed: int) -> pl.DataFrame:
    """Issues of uneven lengths, some known at one instant, in any order of rows."""
    rng, rows = np.random.default_rng(seed), []
    step = timedelta(hours=1) if every == "1h" else timedelta(days=1)
    for name in IDS:
        for known in sorted(rng.integers(10, 50, 25).tolist()):
            for lead in range(rng.integers(0, 3), rng.integers(3, 9)):
                known_at = START + known * step
                ds = known_at + lead * step
                rows.append((name, known_at, ds if every == "1h" else ds.date(), *rng.integers(0, 9, 2).astype(float)))
    utc = pl.Datetime("us", "UTC")
    types = {"unique_id": pl.String, "known_at": utc, "ds": utc if every == "1h" else pl.Date}
    frame = pl.DataFrame(rows, schema=types | dict.fromkeys(("wind", "rain"), pl.Float64), orient="row")
    return frame.sample(fraction=1, shuffle=True, seed=seed)


@pytest.mark.parametrize("every", ["1h", "1d"])
def test_each_training_origin_sees_what_a_split_there_would_give(every: str) -> None:
    """The oracle: cut history at every origin, one after the other."""
    asked, vintages = task(every), issues(every, seed=2)
    steps = pl.datetime_range(START, START + timedelta(days=60), "1h", eager=True, time_unit="us")
    steps = steps if every == "1h" else steps.dt.date().unique().sort()
    past = pl.DataFrame({"ds": steps}).join(pl.DataFrame({"unique_id": IDS}), how="cross")
    past = past.with_columns(y=1.0, known_at=pl.lit(START - timedelta(days=1), pl.Datetime("us", "UTC")))
    first = int(past.select(Clock(every).number().min()).item())
    origins = np.arange(first + 5, first + 55, 2)
    found = features_ahead.ahead(vintages, asked, IDS, origins)
    for place, origin in enumerate(origins):
        future = asked.split(past, vintages, features_ahead.instants(np.array([origin]), asked)[0]).future
        for name in asked.known_ahead:
            given = future[name].to_numpy().reshape(len(IDS), asked.horizon)
            assert np.array_equal(given, found[name][:, place], equal_nan=True)
    assert 0.2 < np.isfinite(found["wind"]).mean() < 0.95
