"""Series as a matrix: alignment, gaps, and what is wrong said with a name."""

import numpy as np
import polars as pl

from workbench.forecast.clock import Clock
from workbench.forecast.history import SeriesMatrix, filled

from .worlds import daily

DAY = Clock("1d")


def test_each_series_ends_with_its_own_last_value() -> None:
    early = daily(np.array([1.0, 2.0, np.nan, np.nan]), "b/x")
    late = daily(np.array([np.nan, 5.0, 6.0, 7.0]), "a/x")
    history = SeriesMatrix.of(pl.concat([early, late]).sample(fraction=1, shuffle=True, seed=1), DAY, 7)
    assert history.ids == ("a/x", "b/x")
    assert np.array_equal(history.values, [[5, 6, 7], [np.nan, 1, 2]], equal_nan=True)
    assert history.last.tolist() == [18265, 18263]
    assert history.lengths.tolist() == [3, 2]
    assert np.array_equal(history.tail(np.array([0]), 1, 9), [[5, 6]])


def test_a_series_without_a_value_is_left_out() -> None:
    panel = pl.concat([daily(np.full(4, np.nan), "a/x"), daily(np.ones(4), "b/x")])
    assert SeriesMatrix.of(panel, DAY, 7).ids == ("b/x",)
    assert SeriesMatrix.of(panel.filter(pl.col("unique_id") == "a/x"), DAY, 7).values.shape == (0, 0)


def test_gaps_are_filled_from_the_seasons_beside_or_along_a_line() -> None:
    values = np.array([[1.0, 9, 2, 10, np.nan, 11, 4, 12, 5], [np.nan, 9, 2, np.nan, np.nan, 5, 4, 12, 5]])
    done = filled(values, 2)
    assert done[0].tolist() == [1, 9, 2, 10, 3, 11, 4, 12, 5]
    assert done[1, 1:].tolist() == [9, 2, 7, 3, 5, 4, 12, 5]
    assert np.isnan(done[1, 0])
