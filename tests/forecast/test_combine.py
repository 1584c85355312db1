"""Combination: better than its members where they differ, near equal weights where nothing is known, never blown up."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
import pytest

from workbench.forecast.backtest import backtest, origins
from workbench.forecast.combine import Combined, best_weights
from workbench.forecast.empirical import VALUES
from workbench.forecast.frames import LEVELS
from workbench.forecast.metrics import WEIGHTS, score
from workbench.forecast.task import Split, Task

from .worlds import DAILY, FittedSpread, Spread, at, daily, short

RANDOM = np.random.default_rng(11)
PANEL = daily(50 + RANDOM.normal(size=500) * 5)
TASK = short(DAILY, refit="100d")
DAY = date(2021, 3, 1)


@dataclass(frozen=True)
class Wild(Spread):
    """Blows up as soon as it is used in earnest: finite at its replays, absurd from `since` on."""

    since: date = date(2021, 3, 3)  # the last step asked on DAY: no replay reaches it
    value: float = 1e6

    def fit(self, task: Task, split: Split) -> FittedSpread:
        return FittedWild(self.centre, self.width, self.since, self.value)


@dataclass(frozen=True)
class FittedWild(FittedSpread):
    """See Wild."""

    since: date
    value: float

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        wild = pl.col("ds") >= self.since
        quiet = super().predict(past, future)
        return quiet.with_columns(pl.when(wild).then(self.value).otherwise(name).alias(name) for name in VALUES)


def loss(weights: np.ndarray, quantiles: np.ndarray, y: np.ndarray) -> float:
    """CRPS of the average, by a slow loop."""
    total = 0.0
    for row in range(len(y)):
        for i, level in enumerate(LEVELS):
            q = sum(weight * quantiles[m, row, i] for m, weight in enumerate(weights))
            total += 2 * WEIGHTS[i] * max(level * (y[row] - q), (level - 1) * (y[row] - q))
    return total / len(y)


def test_the_best_weights_are_those_of_a_search_over_all() -> None:
    y = RANDOM.normal(size=60)
    quantiles = np.sort(RANDOM.normal(size=(3, 60, 15)) + np.array([0.0, 1.5, -0.7])[:, None, None], axis=2)
    found = best_weights(quantiles, y, steps=400)
    grid = [(a / 20, b / 20, (20 - a - b) / 20) for a in range(21) for b in range(21 - a)]
    least = min(loss(np.array(weights), quantiles, y) for weights in grid)
    assert found.sum() == pytest.approx(1)
    assert loss(found, quantiles, y) <= least * 1.01


def test_two_opposite_errors_are_better_together() -> None:
    members = (Spread(44.0, 8.0), Spread(56.0, 8.0))
    days = origins(TASK, PANEL, date(2021, 1, 1), date(2021, 4, 1), "3d")
    found = backtest(TASK, {"low": members[0], "high": members[1], "both": Combined(members)}, PANEL, None, days)
    values = score(found, PANEL, by=["model"]).filter(pl.col("metric") == "crps").select("model", "value").rows()
    crps = dict(values)
    assert crps["both"] < 0.8 * min(crps["low"], crps["high"])


def test_a_member_without_merit_gets_little_and_little_evidence_gives_equal_weights() -> None:
    members = (Spread(50.0, 8.0), Spread(90.0, 8.0))
    split = at(TASK, PANEL, DAY)
    sure, shy = (Combined(members, shrink=shrink).fit(TASK, split).weights for shrink in (0.0, 1e9))
    assert sure is not None
    assert shy is not None
    assert sure.get_column("w0").min() > 0.9  # type: ignore[operator]
    assert shy.get_column("w0").to_list() == pytest.approx([0.5] * 3, abs=1e-3)
    assert sure.select((pl.col("w0") + pl.col("w1")).round(9).unique()).to_series().to_list() == [1.0]


def test_too_short_a_history_gives_equal_weights() -> None:
    split = at(TASK, PANEL, date(2020, 1, 5))
    fitted = Combined((Spread(40.0), Spread(60.0)), reach=100.0).fit(TASK, split)
    assert fitted.weights is None
    assert fitted.predict(split.past, split.future).get_column("q50").to_list() == [50.0] * 3


@pytest.mark.parametrize("value", [1e6, -1e6, float("nan"), float("inf")])
def test_a_member_that_blows_up_is_left_out(value: float) -> None:
    split = at(TASK, PANEL, DAY)
    fitted = Combined((Spread(50.0, 8.0), Wild(50.0, 8.0, value=value))).fit(TASK, split)
    alone = Spread(50.0, 8.0).fit(TASK, split).predict(split.past, split.future)
    together = fitted.predict(split.past, split.future)
    assert np.allclose(together.select(VALUES).to_numpy(), alone.select(VALUES).to_numpy())


def test_where_all_blow_up_the_answer_stays_inside_the_limits() -> None:
    split = at(TASK, PANEL, DAY)
    fitted = Combined((Wild(50.0), Wild(50.0)), reach=1.0).fit(TASK, split)
    y = split.past.get_column("y")
    most = 2 * y.max() - y.min()  # type: ignore[operator]
    assert fitted.predict(split.past, split.future).get_column("q50").to_list() == pytest.approx([50.0, 50.0, most])
