"""Exponential smoothing: a slow loop over one series and one parameter at a time, and series with known answers."""

import numpy as np
import pytest

from workbench.forecast.algorithms import smoothing
from workbench.forecast.algorithms.smoothing import opening, parameters, smooth


def slow(history: np.ndarray, season: int, horizon: int, damping: tuple[float, ...]) -> np.ndarray:
    """The same for one series, as one would write it down."""
    level0, trend0, shape0, start = (part[0] for part in opening(history[None], season))
    points, logs = [], []
    for alpha, beta, gamma, phi in parameters(season, damping):
        level, trend, shape, squared = float(level0), float(trend0) if phi else 0.0, shape0.copy(), 0.0
        for t in range(start, len(history)):
            error = history[t] - (level + phi * trend + shape[t % season])
            level, trend = level + phi * trend + alpha * error, phi * trend + beta * error
            shape[t % season] += gamma * error if season > 1 else 0.0
            squared += error**2
        ahead = [sum(phi**i for i in range(1, j + 1)) * trend for j in range(1, horizon + 1)]
        points.append([level + ahead[j] + shape[(len(history) + j) % season] for j in range(horizon)])
        same = sum(1 for row in parameters(season, damping) if row[3] == phi)
        logs.append(-0.5 * (len(history) - start) * np.log(squared) - np.log(same))
    weights = np.exp(np.array(logs) - max(logs))
    return weights @ np.array(points) / weights.sum()


@pytest.mark.parametrize(("season", "damping"), [(1, (0.0,)), (1, (0.9, 0.98)), (4, (0.9, 0.95)), (4, (1.0,))])
def test_it_is_a_slow_loop_made_quick(season: int, damping: tuple[float, ...]) -> None:
    random = np.random.default_rng(1)
    both = np.cumsum(random.normal(size=(2, 30)), axis=1) + 5 * np.sin(np.arange(30) * np.pi / 2)
    both[1, :9] = np.nan
    quick = smooth(both, season, 6, damping)
    for row in range(2):
        assert np.allclose(quick[row], slow(both[row], season, 6, damping), rtol=1e-9)


def test_a_season_goes_on() -> None:
    year = np.tile([1.0, 5.0, 2.0, 8.0], 8)[None]
    assert np.allclose(smooth(year, 4, 8, (0.0,)), [np.tile([1.0, 5.0, 2.0, 8.0], 2)], atol=0.05)


def test_a_series_does_not_depend_on_its_neighbours() -> None:
    random = np.random.default_rng(2)
    many = random.normal(size=(7, 40)) + 10
    many[3, :20] = np.nan
    assert np.allclose(smooth(many, 4, 3)[3], smooth(many[3:4], 4, 3)[0], rtol=1e-9)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_very_short_series_has_an_answer(length: int) -> None:
    assert np.isfinite(smooth(np.full((1, length), 7.0), 1, 4)).all()


def test_each_damping_counts_once() -> None:
    grid = parameters(4, (0.0, 0.9))
    weights = smoothing.likelihoods(np.ones((len(grid), 1)), np.array([1]), grid, grid[:, 3])
    assert weights[grid[:, 3] == 0.9].sum() == pytest.approx(0.5)
