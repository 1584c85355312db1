"""Metrics against slow loops, hand-worked numbers and scoringrules."""

from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest
import scoringrules as sr
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import MissingData
from workbench.forecast import metrics
from workbench.forecast.frames import LEVELS, QUANTILES

from .worlds import daily

RANDOM = np.random.default_rng(7)
Y = RANDOM.normal(50, 20, 40)
Q = np.sort(RANDOM.normal(50, 20, (40, 15)), axis=1)
FRAME = pl.DataFrame({"y": Y, "mean": Q.mean(axis=1)} | {name: Q[:, i] for i, name in enumerate(QUANTILES)})


def slow_pinball(y: float, q: float, level: float) -> float:
    return level * (y - q) if y >= q else (1 - level) * (q - y)


def slow_crps(y: float, quantiles: np.ndarray) -> float:
    total = 0.0
    for i, level in enumerate(LEVELS):
        low = 0.0 if i == 0 else (LEVELS[i - 1] + level) / 2
        high = 1.0 if i == 14 else (level + LEVELS[i + 1]) / 2
        total += 2 * (high - low) * slow_pinball(y, quantiles[i], level)
    return total


def test_crps_is_what_a_slow_loop_gives() -> None:
    expected = [slow_crps(y, q) for y, q in zip(Y, Q, strict=True)]
    assert np.allclose(FRAME.select(metrics.crps()).to_series(), expected)


def test_weights_share_out_the_unit_interval() -> None:
    assert sum(metrics.WEIGHTS) == pytest.approx(1.0)
    assert metrics.WEIGHTS[:3] == pytest.approx((0.0375, 0.0375, 0.075))


def test_pinball_agrees_with_scoringrules_at_every_level() -> None:
    for i, level in enumerate(LEVELS):
        assert np.allclose(FRAME.select(metrics.pinball(level)).to_series(), sr.quantile_score(Y, Q[:, i], level))


def test_with_equal_weights_crps_would_be_that_of_scoringrules() -> None:
    ours = FRAME.select(2 * metrics.PLAIN["pinball"]).item()
    assert ours == pytest.approx(sr.crps_quantile(Y, Q, np.array(LEVELS)).mean())


def test_crps_of_normal_quantiles_is_within_two_per_cent_of_the_exact_integral() -> None:
    from scipy.stats import norm

    y = np.random.default_rng(1).normal(size=4000)
    frame = pl.DataFrame({"y": y} | {n: [float(norm.ppf(lv))] * 4000 for n, lv in zip(QUANTILES, LEVELS, strict=True)})
    exact = sr.crps_normal(y, 0.0, 1.0).mean()
    assert frame.select(metrics.crps().mean()).item() == pytest.approx(exact, rel=0.02)
    assert 2 * frame.select(metrics.PLAIN["pinball"]).item() == pytest.approx(
        exact * 0.87, rel=0.03
    )  # equal weights lie


def test_interval_score_agrees_with_scoringrules() -> None:
    expected = sr.interval_score(Y, Q[:, 0], Q[:, 14], 0.05)
    assert np.allclose(FRAME.select(metrics.interval_score(0.95)).to_series(), expected)


def test_hand_worked_row() -> None:
    row = pl.DataFrame({"y": [10.0], "mean": [13.0], "scale": [2.0]} | {n: [8.0 + i] for i, n in enumerate(QUANTILES)})
    # q025 = 8 … q50 = 15 … q975 = 22
    assert row.select(metrics.mae()).item() == 5.0
    assert row.select(metrics.mase()).item() == 2.5
    assert row.select(metrics.squared()).item() == 9.0
    assert row.select(metrics.bias()).item() == 3.0
    assert row.select(metrics.coverage(0.95)).item() == 1.0
    assert row.select(metrics.coverage(0.8)).item() == 1.0  # q10 = 10: both ends count
    assert row.select(metrics.coverage(0.6)).item() == 0.0  # q20 = 11
    assert row.select(metrics.width(0.8)).item() == 10.0
    assert row.select(metrics.interval_score(0.6)).item() == pytest.approx(8 + 2 / 0.4 * 1)
    assert row.select(metrics.msis(0.95)).item() == 7.0


def test_scales_are_those_of_a_slow_loop_and_know_gaps() -> None:
    y = np.array([1.0, 5.0, 2.0, np.nan, 4.0, 9.0])
    errors = [abs(a - b) for a, b in zip(y[2:], y[:-2], strict=True) if not np.isnan(a - b)]
    found = metrics.scales(daily(y).sample(fraction=1, shuffle=True, seed=1), 2, "1d")
    assert found.to_dicts() == [{"unique_id": "a/x", "scale": np.mean(errors)}]
    assert metrics.scales(daily(y), 2, "1d", before=date(2020, 1, 4)).item(0, "scale") == 1.0
    assert metrics.scales(daily(np.array([3.0, 3.0, 3.0])), 1, "1d").item(0, "scale") is None


def issued() -> pl.DataFrame:
    """Two forecasts for three days each, one after the other: medians 1, 2, 3 for truths 2, 2, none."""
    rows = [
        {"task": "days", "unique_id": "a/x", "issued_at": datetime(2020, 1, 1, 10, tzinfo=UTC), "ds": date(2020, 1, d)}
        | {"cutoff": date(2019, 12, 31), "model": model}
        | dict.fromkeys(("mean", *QUANTILES), float(d))
        for model in ("one", "two")
        for d in (1, 2, 3)
    ]
    return pl.DataFrame(rows, schema_overrides={"issued_at": pl.Datetime("us", "UTC")})


def test_score_leaves_out_what_has_no_truth_yet_and_counts_the_rest() -> None:
    found = metrics.score(issued(), daily(np.array([2.0, 2.0, np.nan])), by=["task", "model", "lead"])
    mae = found.filter(pl.col("metric") == "mae", pl.col("model") == "one")
    assert mae.select("lead", "value", "count").rows() == [(1, 1.0, 1), (2, 0.0, 1)]


def test_score_by_series_and_cutoff_is_a_score_frame() -> None:
    found = metrics.score(issued(), daily(np.array([2.0, 2.0])), by=["task", "unique_id", "cutoff", "model"])
    assert found.columns == ["task", "unique_id", "cutoff", "model", "metric", "value", "count"]
    assert found.filter(pl.col("metric") == "rmse").get_column("value").to_list() == [pytest.approx(0.5**0.5)] * 2


def test_scaled_metrics_come_with_the_scales() -> None:
    scale = pl.DataFrame({"unique_id": ["a/x"], "scale": [2.0]})
    found = metrics.score(issued(), daily(np.array([2.0, 2.0])), scale=scale)
    assert found.filter(pl.col("metric") == "mase", pl.col("model") == "one").item(0, "value") == 0.25


def test_nothing_verified_yet_is_said() -> None:
    with pytest.raises(MissingData, match="met its truth"):
        metrics.score(issued(), daily(np.array([np.nan])))


@settings(max_examples=40, deadline=None)
@given(y=st.floats(-1e3, 1e3), q=st.lists(st.floats(-1e3, 1e3), min_size=15, max_size=15), by=st.floats(-50, 50))
def test_crps_is_never_negative_and_moves_with_its_unit(y: float, q: list[float], by: float) -> None:
    q = sorted(q)
    here, there = (
        pl.DataFrame({"y": [y + move]} | {n: [v + move] for n, v in zip(QUANTILES, q, strict=True)})
        .select(metrics.crps())
        .item()
        for move in (0.0, by)
    )
    assert here >= 0
    assert here == pytest.approx(there, abs=1e-6)
