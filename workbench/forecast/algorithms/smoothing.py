"""Exponential smoothing of many series at once: every point of a grid of parameters is run, and all are averaged.

Level, damped trend and season of one seasonal length, additive (give logarithms for the multiplicative form). One pass
in time moves `parameters × series` states together, so that a hundred parameters for a thousand series cost less than
one optimiser's search for ten. The points are averaged by their likelihood — of all parameters, not of the best only —
which is steadier than a choice where a series is short.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ALPHAS = (0.03, 0.1, 0.2, 0.35, 0.55, 0.8, 0.98)
BETAS = (0.02, 0.08, 0.25)
GAMMAS = (0.0, 0.06, 0.2, 0.45)
OPENING = 3
"""Seasons (of a series without one, twice as many steps) from which the first states are estimated."""


def smooth(history: Array, season: int, horizon: int, damping: Sequence[float] = (0.9, 0.97)) -> Array:
    """Points [series, horizon] from `history` [series, time], which may begin with NaN and must hold none later.

    `season` is its length in steps, 1 for none. `damping` holds the values tried for the trend's damping: `(0.0,)` is
    no trend, `(1.0,)` a straight one. Use it for series that change level and shape slowly, however short.

    >>> line = np.arange(1.0, 13.0)[None, :]
    >>> smooth(line, 1, 2, (1.0,)).round(1).tolist()
    [[13.0, 14.0]]
    """
    grid = parameters(season, damping)
    alpha, beta, gamma, phi = (grid[:, i, None] for i in range(4))
    level, trend, shape, start = opening(history, season)
    series, steps = history.shape
    size = (len(grid), series)
    level = np.broadcast_to(level, size).copy()
    trend = np.where(phi > 0, np.broadcast_to(trend, size), 0.0)
    shape = np.repeat(shape.T[:, None, :], len(grid), axis=1)
    squared = np.zeros(size)
    begun = start.max()
    for t in range(steps):
        drift, phase = phi * trend, t % season
        error = history[:, t] - level - drift - shape[phase]
        if t < begun:
            on = t >= start
            error = np.where(on, error, 0.0)
            drift = np.where(on, drift, 0.0)
            trend = np.where(on, phi * trend, trend) + beta * error
        else:
            trend = drift + beta * error
        level = level + drift + alpha * error
        if season > 1:
            shape[phase] += gamma * error
        squared += error * error
    weights = likelihoods(squared, steps - start, grid, phi[:, 0])
    points = np.zeros((series, horizon))
    ahead = np.zeros(size)
    for j in range(horizon):
        trend = trend * phi
        ahead = ahead + trend
        points[:, j] = (weights * (level + ahead + shape[(steps + j) % season])).sum(axis=0)
    return points


def parameters(season: int, damping: Sequence[float]) -> Array:
    """The grid: rows of alpha, beta (as a share of the error), gamma and phi."""
    gammas = GAMMAS if season > 1 else (0.0,)
    rows = [
        (alpha, alpha * beta, (1 - alpha) * gamma, phi)
        for phi in damping
        for alpha, beta, gamma in product(ALPHAS, BETAS if phi > 0 else (0.0,), gammas)
    ]
    return np.array(rows)


def likelihoods(squared: Array, count: NDArray[np.int64], grid: Array, phi: Array) -> Array:
    """Weights of the parameters [parameters, series] by Gaussian likelihood; each damping counts once."""
    prior = -np.log([(phi == own).sum() for own in phi])
    log = -0.5 * count * np.log(np.maximum(squared, 1e-300)) + prior[:, None]
    weights = np.exp(log - log.max(axis=0))
    return weights / weights.sum(axis=0)


def opening(history: Array, season: int) -> tuple[Array, Array, Array, NDArray[np.int64]]:
    """Level and trend just before each series' first value, its seasonal shape by `t % season`, and that `t`.

    A ridge regression of the first seasons on a line and the places in the season.
    """
    series, steps = history.shape
    start = np.isfinite(history).argmax(axis=1)
    length = min(OPENING * season if season > 1 else 2 * OPENING, steps)
    at = start[:, None] + np.arange(length)
    known = at < steps
    rows = np.arange(series)[:, None]
    values = np.where(known, history[rows, np.minimum(at, steps - 1)], 0.0)
    centre = values.sum(axis=1) / known.sum(axis=1)
    t = np.arange(length)
    design = np.column_stack([np.ones(length), t])
    penalty = np.array([1e-6, 0.5])
    if season > 1:
        places = (t[:, None] % season == np.arange(season)).astype(np.float64)
        design = np.column_stack([design, places])
        penalty = np.concatenate([[1e-6, 1e-2], np.full(season, 1e-3)])
    gram = np.einsum("sl,lp,lq->spq", known.astype(np.float64), design, design) + np.diag(penalty)
    right = np.where(known, values - centre[:, None], 0.0) @ design
    found = np.linalg.solve(gram, right[:, :, None])[:, :, 0]
    level, trend = centre + found[:, 0] - found[:, 1], found[:, 1]
    shape = np.zeros((series, season))
    if season > 1:
        mean = found[:, 2:].mean(axis=1)
        level = level + mean
        shape[rows, (start[:, None] + np.arange(season)) % season] = found[:, 2:] - mean[:, None]
    return level, trend, shape, start
