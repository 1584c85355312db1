"""The gate of promotion: better beyond chance, honest ranges, never on a tie."""

import numpy as np
import polars as pl
import pytest

from workbench.operate.gate import compare, lower_bound


def scores(crps: np.ndarray, coverage: float = 0.8, series: int = 4) -> pl.DataFrame:
    """SCORE rows of one lead day: `crps` an origin, the same for every series but for its size (1, 10, 100 …)."""
    rows = [
        (f"{number}/pm2_5", origin, 1, metric, value, 24)
        for number in range(series)
        for origin, error in enumerate(crps)
        for metric, value in (("crps", float(error) * 10**number), ("coverage_80", coverage))
    ]
    names = ["unique_id", "cutoff", "lead_day", "metric", "value", "count"]
    return pl.DataFrame(rows, schema=names, orient="row")


@pytest.fixture
def champion() -> np.ndarray:
    return 10 + np.random.default_rng(3).normal(0, 1, 60)


def test_a_challenger_that_is_always_a_tenth_better_passes(champion: np.ndarray) -> None:
    """The gain is the hand-worked 10 %, whatever the units of the series."""
    verdict = compare(scores(champion), scores(champion * 0.9), seed=1)
    assert verdict.passed
    assert 0.10 == pytest.approx(verdict.gain)
    assert 60 == verdict.origins


def test_a_tie_never_passes(champion: np.ndarray) -> None:
    """Equal scores, and scores that differ by luck alone."""
    assert not compare(scores(champion), scores(champion), seed=1).passed
    luck = np.random.default_rng(4).permutation(champion)
    assert not compare(scores(champion), scores(luck), seed=1).passed


def test_a_better_score_with_a_dishonest_range_does_not_pass(champion: np.ndarray) -> None:
    """80 % ranges that hold 60 % are refused; 78 % is within tolerance."""
    refused = compare(scores(champion), scores(champion * 0.9, coverage=0.6), seed=1)
    assert not refused.passed
    assert "held 60% of the truth" in refused.reason
    assert compare(scores(champion), scores(champion * 0.9, coverage=0.78), seed=1).passed


def test_few_common_origins_decide_nothing(champion: np.ndarray) -> None:
    """Only what both forecast counts."""
    verdict = compare(scores(champion), scores(champion * 0.5).filter(pl.col("cutoff") < 5), seed=1)
    assert not verdict.passed
    assert "only 5 common origins" in verdict.reason


def test_blocks_widen_the_bound_of_a_series_that_remembers() -> None:
    """An AR(1) series has a less certain mean than white noise; blocks see it, single draws do not."""
    random, state, values = np.random.default_rng(5), 0.0, []
    for _ in range(400):
        state = 0.9 * state + random.normal()
        values.append(state + 1.0)
    series = np.array(values)
    assert lower_bound(series, block=25, seed=1) < lower_bound(series, block=1, seed=1)


def test_the_bound_of_independent_draws_is_the_textbook_one() -> None:
    """Mean minus 1.645 standard errors."""
    series = np.random.default_rng(6).normal(1, 1, 500)
    expected = series.mean() - 1.645 * series.std() / np.sqrt(500)
    assert expected == pytest.approx(lower_bound(series, block=1, seed=1), abs=0.01)
