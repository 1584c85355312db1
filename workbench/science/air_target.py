"""The year's good days: what is counted, what may still come, and the chance of reaching a target."""

from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

BLOCK = 7
"""Days drawn together, so that spells of bad air stay spells."""
SEASON = 21
"""A block comes from within so many days of the same time of year."""


def rest_of_year(
    past: pl.DataFrame, ahead: NDArray[np.bool_], start: date, draws: int = 1000, seed: int = 1
) -> NDArray[np.int64]:
    """Good days from `start` to 31 December, cumulated: an array of draws × days.

    `past`: date, good (bool or null) of earlier days. `ahead` (paths × days, True = good) are joint forecast paths of
    the first days from `start` (may have no columns). Days after them are drawn in blocks of a week from the same
    time of year (± 21 days) in `past`; where the past has nothing for a season, the whole past is drawn from.

    Use for a probability over the whole year; for single days use the outlook.

    >>> quiet = pl.DataFrame({"date": [date(2025, 12, d) for d in range(1, 31)], "good": [True] * 30})
    >>> rest_of_year(quiet, np.ones((4, 0), bool), date(2026, 12, 22), draws=5)[:, -1].tolist()
    [10, 10, 10, 10, 10]
    """
    length = (date(start.year, 12, 31) - start).days + 1
    rng = np.random.default_rng(seed)
    known = past.drop_nulls("good").filter(pl.col("date") < start).sort("date")
    good = known["good"].to_numpy().astype(bool)
    season = known["date"].dt.ordinal_day().to_numpy().astype(int)
    out = np.zeros((draws, length), dtype=bool)
    first = min(ahead.shape[1], length) if ahead.size else 0
    if first:
        out[:, :first] = ahead[rng.integers(0, ahead.shape[0], draws), :first]
    for begin in range(first, length, BLOCK):
        size = min(BLOCK, length - begin)
        middle = (start + timedelta(days=begin + size // 2)).timetuple().tm_yday
        apart = np.abs(season - middle)
        near = np.flatnonzero(np.minimum(apart, 366 - apart) <= SEASON)
        pool = near if near.size else np.arange(good.size)
        pool = pool[pool + size <= good.size]
        if not pool.size:
            raise ValueError("rest_of_year needs at least a week of history")
        picks = rng.choice(pool, draws)[:, None] + np.arange(size)
        out[:, begin : begin + size] = good[picks]
    return out.cumsum(axis=1)
