"""Empirical distributions of many series at once: history as a dense grid, and quantiles of samples in its cells.

Shared by the simple algorithms. A *phase* is the position of a step within the day (0 … 23 for hours, 0 for days),
counted in UTC, so that it is the hour of day wherever the clock is not changed in summer.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from workbench.forecast.clock import Clock
from workbench.forecast.frames import LEVELS, QUANTILES, measure

VALUES: tuple[str, ...] = ("mean", *QUANTILES)
"""What a forecast holds for each step."""


@dataclass(frozen=True)
class Grid:
    """History as an array `values[series, block, phase]`, NaN where nothing is known; a block is a day or a step."""

    ids: tuple[str, ...]
    first: int  # number of the first block
    values: np.ndarray

    @classmethod
    def of(cls, past: pl.DataFrame, clock: Clock) -> "Grid":
        """From unique_id, ds, y in any row order."""
        known = past.select("unique_id", clock.number().alias("number"), "y").drop_nulls("y")
        ids = tuple(known.get_column("unique_id").unique().sort())
        row = known.get_column("unique_id").cast(pl.Enum(ids)).to_physical().to_numpy()
        number = known.get_column("number").to_numpy()
        first = int(number.min()) // clock.phases if len(number) else 0
        blocks = int(number.max()) // clock.phases - first + 1 if len(number) else 0
        values = np.full((len(ids), blocks * clock.phases), np.nan, dtype=np.float32)
        values[row, number - first * clock.phases] = known.get_column("y").to_numpy()
        return cls(ids, first, values.reshape(len(ids), blocks, clock.phases))

    def measures(self) -> dict[str, list[int]]:
        """Row numbers of the series of each measure."""
        names = pl.DataFrame({"unique_id": self.ids}, schema={"unique_id": pl.String}).select(measure()).to_series()
        return {name: [i for i, own in enumerate(names) if own == name] for name in names.unique().sort()}

    def changes(self, gap: int) -> np.ndarray:
        """y(t) - y(t - gap) at every t: series × block × phase."""
        flat = self.values.reshape(len(self.ids), -1)
        out = np.full_like(flat, np.nan)
        out[:, gap:] = flat[:, gap:] - flat[:, : max(0, flat.shape[1] - gap)]
        return out.reshape(self.values.shape)


def describe(samples: np.ndarray, minimum: int) -> np.ndarray:
    """Mean and the fifteen quantiles over the last axis, which may hold NaN; NaN where fewer than `minimum` are left.

    The p-quantile of n samples is at place (n+1)·p of the sorted ones, held inside the sample: the place that leaves a
    share p of *new* values below it.

    >>> describe(np.arange(1.0, 100.0), 1)[[0, 8]].tolist()   # mean and median of 1 … 99
    [50.0, 50.0]
    """
    if not samples.shape[-1]:
        return np.full((*samples.shape[:-1], len(VALUES)), np.nan)
    ordered = np.sort(samples, axis=-1)
    count = np.sum(~np.isnan(ordered), axis=-1, keepdims=True)
    total = np.nansum(samples, axis=-1, keepdims=True, dtype=np.float64)
    places = np.clip((count + 1) * np.asarray(LEVELS) - 1, 0, np.maximum(count - 1, 0))
    low = np.floor(places).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(count - 1, 0))
    below, above = (np.take_along_axis(ordered, at, axis=-1) for at in (low, high))
    quantiles = below + (places - low) * (above - below)
    described = np.concatenate([total / np.maximum(count, 1), quantiles], axis=-1)
    return np.where(count >= max(minimum, 1), described, np.nan)


def table(keys: dict[str, np.ndarray], described: np.ndarray) -> pl.DataFrame:
    """Cells as a frame: the key columns (one entry a cell) and `VALUES`; cells that are NaN are left out."""
    flat = described.reshape(-1, len(VALUES))
    filled = ~np.isnan(flat).any(axis=1)
    columns: dict[str, Any] = {
        name: np.broadcast_to(key, described.shape[:-1]).reshape(-1)[filled] for name, key in keys.items()
    }
    columns["key"] = pl.Series(columns["key"].tolist(), dtype=pl.String)
    return pl.DataFrame(columns | {name: flat[filled, i].astype(np.float32) for i, name in enumerate(VALUES)})


def errors(grid: Grid, gaps: list[int], most: int, minimum: int) -> pl.DataFrame:
    """What y changes by over each gap: key (a unique_id, or a measure for its pool), gap, phase of the target, VALUES.

    At most `most` days enter a cell, evenly thinned; cells with fewer than `minimum` are left out.
    """
    blocks, phases = grid.values.shape[1:]
    stride = thinning(blocks, most)
    pools = grid.measures()
    parts = []
    for gap in gaps:
        changes = np.ascontiguousarray(grid.changes(gap).transpose(0, 2, 1))
        own = describe(changes[..., ::stride], minimum)
        pooled = [changes[rows].transpose(1, 0, 2).reshape(phases, -1) for rows in pools.values()]
        shared = np.stack([describe(pool[:, :: thinning(pool.shape[1], most)], minimum) for pool in pooled])
        keys = np.array([*grid.ids, *pools], dtype=object)[:, None]
        place = {
            "key": keys,
            "gap": np.array([[gap]], dtype=np.int32),
            "phase": np.arange(phases, dtype=np.int16)[None, :],
        }
        parts.append(table(place, np.concatenate([own, shared])))
    return pl.concat(parts)


def thinning(length: int, most: int) -> int:
    """Stride that leaves about `most` of `length` days and does not fall on one weekday."""
    stride = max(1, length // most)
    return stride + 1 if stride % 7 == 0 else stride
