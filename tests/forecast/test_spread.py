"""Ranges from one pool of misses: ranks by hand, coverage on data of which the answer is known."""

import numpy as np
import pytest

from workbench.forecast.frames import LEVELS
from workbench.forecast.spread import Replayed, Spread, shapes, unrest


def test_quantiles_are_conformal_ranks() -> None:
    scaled = np.arange(1.0, 800.0)[:, None]  # 799 misses: (n + 1) p = 20, 400, 780
    found = shapes(np.random.default_rng(0).permutation(scaled))[0]
    assert found[[0, 7, -1]].tolist() == [20.0, 400.0, 780.0]


def test_few_misses_are_joined_by_those_of_the_leads_beside() -> None:
    scaled = np.tile(np.arange(1.0, 9.0), (50, 1))
    assert shapes(scaled)[0, 7] == 3.0  # leads 1 … 5
    assert shapes(scaled)[3, 0] == 1.0


def test_the_largest_miss_is_all_that_few_can_say() -> None:
    assert shapes(np.array([[1.0], [2.0], [3.0]]))[0, -1] == 3.0


def replay(random: np.random.Generator, series: int, leads: int, sizes: np.ndarray) -> Replayed:
    misses = random.normal(size=(series, leads)) * np.sqrt(np.arange(1, leads + 1)) * sizes[:, None]
    return Replayed(np.arange(series), np.zeros((series, leads)), misses * 2, np.full(series, 2.0))


def test_ranges_cover_what_they_say_and_widths_are_found() -> None:
    random = np.random.default_rng(1)
    sizes = np.where(np.arange(300) % 2, 2.0, 0.5)
    ids = tuple(str(i) for i in range(300))
    spread = Spread.learn([replay(random, 300, 5, sizes) for _ in range(6)], ids, 5, 1, 1.0)
    widths = spread.widths.get_column("width").to_numpy()
    assert widths[sizes == 2].mean() / widths[sizes == 0.5].mean() == pytest.approx(3.5, abs=0.7)
    fresh = replay(random, 300, 5, sizes)
    for lead in range(1, 6):
        at = np.full(300, lead)
        quantiles = spread.quantiles(np.zeros(300), fresh.unrest, widths, at)
        truth = fresh.truth[:, lead - 1]
        inside = (truth >= quantiles[:, 0]) & (truth <= quantiles[:, -1])
        assert inside.mean() == pytest.approx(0.95, abs=0.04)
        assert (np.diff(quantiles, axis=1) >= 0).all()
        assert (quantiles[:, LEVELS.index(0.5)] == 0).all()


def test_without_a_replay_it_is_a_random_walk_over_the_seasons() -> None:
    spread = Spread.learn([], ("a",), 8, 4, 1.0)
    assert spread.usual.tolist() == [1.0] * 4 + [np.sqrt(2)] * 4
    assert spread.quantiles(np.zeros(1), np.ones(1), np.ones(1), np.array([99]))[0, -1] == pytest.approx(3.46, abs=0.01)


def test_unrest_is_the_mean_change_over_a_season() -> None:
    values = np.array([[0.0, 1, 4, 9, 16, 25], [np.nan] * 5 + [25.0], [4.0] * 6]) ** 1.0
    assert unrest(values, 1) == pytest.approx([1.0, 0.5, 0.0], abs=0.5)
    assert unrest(values, 2)[0] == pytest.approx(2.0)
