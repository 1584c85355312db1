"""The theta method for many series at once: smoothing around half of the long slope, with a mean seasonal shape."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ALPHAS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99)


def theta(history: Array, season: int, horizon: int, share: float = 0.5) -> Array:
    """Points [series, horizon] from `history` [series, time], which may begin with NaN and must hold none later.

    Simple smoothing, averaged over its parameter by likelihood, with a drift of `share` of the least-squares slope
    (Assimakopoulos and Nikolopoulos 2000; Hyndman and Billah 2003). Use it on logarithms, and where a trend should be
    believed by half.

    >>> line = np.arange(1.0, 41.0)[None, :]
    >>> theta(line, 1, 2, 1.0).round(2).tolist()
    [[41.0, 42.0]]
    """
    series, steps = history.shape
    known = np.isfinite(history)
    start = known.argmax(axis=1)
    shape = profile(history, season)
    t = np.arange(steps)
    plain = history - shape[:, t % season]
    drift = share * slopes(plain, known)
    level = np.repeat(plain[np.arange(series), start][None], len(ALPHAS), axis=0)
    squared = np.zeros_like(level)
    alpha = np.array(ALPHAS)[:, None]
    for i in range(1, steps):
        on = i > start
        error = np.where(on, plain[:, i] - level - drift, 0.0)
        level = np.where(on, level + drift + alpha * error, level)
        squared += error * error
    log = -0.5 * known.sum(axis=1) * np.log(np.maximum(squared, 1e-300))
    weights = np.exp(log - log.max(axis=0))
    last = (weights * level).sum(axis=0) / weights.sum(axis=0)
    ahead = np.arange(1, horizon + 1)
    return last[:, None] + drift[:, None] * ahead + shape[:, (steps + ahead - 1) % season]


def slopes(values: Array, known: NDArray[np.bool_]) -> Array:
    """Least-squares slope of each series against time."""
    t = np.arange(values.shape[1])
    count = known.sum(axis=1)
    centred = known * (t - ((known * t).sum(axis=1) / count)[:, None])
    filled = np.where(known, values, 0.0)
    return (centred * filled).sum(axis=1) / np.maximum((centred**2).sum(axis=1), 1e-12)


def profile(history: Array, season: int) -> Array:
    """Mean deviation from the centred moving average by place in the season, `t % season`: [series, season]."""
    series, steps = history.shape
    shape = np.zeros((series, season))
    if season == 1 or steps <= 2 * season:
        return shape
    half = season // 2
    total = np.cumsum(np.where(np.isfinite(history), history, 0.0), axis=1)
    total = np.concatenate([np.zeros((series, 1)), total], axis=1)
    inner = np.arange(half, steps - half)
    if season % 2:
        sums = total[:, inner + half + 1] - total[:, inner - half]
    else:
        sums = (
            total[:, inner + half]
            - total[:, inner - half + 1]
            + (history[:, inner - half] + history[:, inner + half]) / 2
        )
    away = history[:, inner] - sums / season
    away[~np.isfinite(history[:, inner - half])] = np.nan
    for place in range(season):
        own = away[:, inner % season == place]
        count = np.isfinite(own).sum(axis=1)
        shape[:, place] = np.nansum(own, axis=1) / np.maximum(count, 1)
    return shape - shape.mean(axis=1, keepdims=True)
