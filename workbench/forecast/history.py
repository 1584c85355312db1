"""Series of a panel as one matrix, each ending with its own last value, and forecasts of that matrix as rows again."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.forecast.clock import Clock

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SeriesMatrix:
    """`values[series, time]`: the last column is each series' last known value; NaN before its first, none after.

    `ids` in order, `last` the step number (`Clock.number`) of the last column, one for each series. A series of
    which nothing is known has no row.
    """

    ids: tuple[str, ...]
    last: NDArray[np.int64]
    values: Array

    @classmethod
    def of(cls, past: pl.DataFrame, clock: Clock, season: int) -> "SeriesMatrix":
        """From unique_id, ds, y in any row order; gaps are filled from the seasons beside them."""
        rows = past.select("unique_id", clock.number().alias("number"), pl.col("y").cast(pl.Float64))
        known = rows.filter(pl.col("y").is_finite()).sort("unique_id", "number")
        ends = known.group_by("unique_id", maintain_order=True).agg(pl.col("number").max().alias("last"))
        placed = known.join(ends, on="unique_id", how="left", maintain_order="left")
        back = placed.select(pl.col("last") - pl.col("number")).to_series().to_numpy()
        row = placed.select(pl.col("unique_id").rle_id()).to_series().to_numpy()
        values = np.full((ends.height, int(back.max(initial=-1)) + 1), np.nan)
        values[row, values.shape[1] - 1 - back] = placed.get_column("y").to_numpy()
        last = ends.get_column("last").to_numpy().astype(np.int64)
        return cls(tuple(ends.get_column("unique_id")), last, filled(values, season))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Steps from the first to the last known value of each series."""
        return np.isfinite(self.values).sum(axis=1)

    def tail(self, rows: NDArray[np.int64], back: int, most: int) -> Array:
        """Values of some series until `back` steps before their end: at most `most` columns, none without a value."""
        end = self.values.shape[1] - back
        part = self.values[rows, max(0, end - most) : end]
        return part[:, int(np.isfinite(part).any(axis=0).argmax()) :]


def filled(values: Array, season: int) -> Array:
    """Inner gaps filled: by the mean of the same place in the seasons beside, else along a line.

    >>> filled(np.array([[np.nan, 1.0, np.nan, 3.0]]), 1).tolist()
    [[nan, 1.0, 2.0, 3.0]]
    """
    steps = values.shape[1]
    started = np.isfinite(values).cumsum(axis=1) > 0
    holes = started & ~np.isfinite(values)
    if season > 1 and steps > 2 * season:
        beside = np.full((2, *values.shape), np.nan)
        beside[0, :, season:], beside[1, :, :-season] = values[:, :-season], values[:, season:]
        both = beside.mean(axis=0)
        values = np.where(holes, both, values)
    for row in np.flatnonzero((started & ~np.isfinite(values)).any(axis=1)):
        own = np.isfinite(values[row])
        at = np.arange(steps)
        values[row] = np.where(started[row], np.interp(at, at[own], values[row, own]), np.nan)
    return values
