"""A path that models of components forecast, taken apart: what is usual, the level now, the trend, the season."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[np.float64]
PARTS = ("base", "level", "trend", "season")


def components(past: Array, path: Array, season: int) -> Array:
    """[part, series, lead] in the order of `PARTS`, adding up to `path` [series, lead]; `past` [series, time] ends now.

    `base` is the mean of the past, `level` how far the last `season` values lie from it, `trend` the mean change from
    one season to the next along the path, carried from the middle of those values on, and `season` what is left.

    >>> past, path = np.array([[0.0, 2.0, 0.0, 2.0, 10.0, 12.0]]), np.array([[10.0, 12.0]])
    >>> components(past, path, 2)[:, 0].tolist()
    [[4.333333333333333, 4.333333333333333], [6.666666666666667, 6.666666666666667], [0.0, 0.0], [-1.0, 1.0]]
    """
    horizon, last = path.shape[1], past[:, -season:]
    base = np.nanmean(past, axis=1)
    level = np.nanmean(last, axis=1) - base
    known = np.concatenate([np.full((len(past), season - last.shape[1]), np.nan), last, path], axis=1)
    steps = known[:, season:] - known[:, :-season]
    found = np.isfinite(steps)
    slope = np.where(found, steps, 0.0).sum(axis=1) / np.maximum(found.sum(axis=1), 1) / season
    trend = slope[:, None] * (np.arange(1, horizon + 1) + (season - 1) / 2)
    steady = np.stack([np.broadcast_to(part[:, None], path.shape) for part in (base, level)])
    rest = path - steady.sum(axis=0) - trend
    return np.concatenate([steady, trend[None], rest[None]])


def taken_apart(forecast: pl.DataFrame, ends: pl.DataFrame, past: Array, season: int) -> pl.DataFrame:
    """unique_id, ds, part, value of the medians of a forecast (unique_id, ds, number, q50).

    `ends`: unique_id and the step number `last` of each row of `past`, in order.
    """
    own = forecast.join(ends.with_row_index("at"), on="unique_id", how="inner")
    at = own.get_column("at").to_numpy()
    lead = own.select(pl.col("number") - pl.col("last")).to_series().to_numpy() - 1
    path = np.full((len(past), int(lead.max(initial=0)) + 1), np.nan)
    path[at, lead] = own.get_column("q50").to_numpy()
    values = components(past, path, season)[:, at, lead]
    wide = own.select("unique_id", "ds", *(pl.Series(part, each) for part, each in zip(PARTS, values, strict=True)))
    return wide.unpivot(PARTS, index=["unique_id", "ds"], variable_name="part", value_name="value")
