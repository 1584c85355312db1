"""Seasonal ARIMA of fixed order for many series at once, by conditional least squares.

One Levenberg-Marquardt search moves the coefficients of all series together: the residuals of `coefficients + 1`
neighbouring points are filtered in one pass in time, so that a few hundred series cost about as much as one library
fit. A small ridge holds short series near usual coefficients. Fixed small orders, several side by side, replace the
search for an order, which is most of the time of automatic ARIMA and little of its accuracy in a combination.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Lags = dict[int, Array]

FIRST = {"ar": 0.3, "ma": -0.4, "seasonal_ar": 0.1, "seasonal_ma": -0.5}
"""Where the search begins, and where the ridge pulls to, for the first coefficient of each kind; 0 for further ones."""

LIMIT = 0.98
ROUNDS = 12
CLOSE = 2e-3
STIFF = 10.0
"""The search of a series ends when a step is this small, or when it takes this much damping to find a better one."""


@dataclass(frozen=True)
class Order:
    """(p, d, q)(P, D, Q) of a seasonal ARIMA; `drift` adds the mean of what is differenced, shrunk towards 0."""

    p: int
    d: int
    q: int
    seasonal_p: int = 0
    seasonal_d: int = 0
    seasonal_q: int = 0
    drift: bool = True

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Number of coefficients of each kind, in the order of FIRST."""
        return self.p, self.q, self.seasonal_p, self.seasonal_q

    def start(self) -> Array:
        """The first coefficients."""
        parts = [
            [first] + [0.0] * (count - 1) for first, count in zip(FIRST.values(), self.counts, strict=True) if count
        ]
        return np.array([value for part in parts for value in part])

    def gaps(self, season: int) -> list[int]:
        """The lags that are differenced, one after another."""
        return [1] * self.d + [season] * self.seasonal_d

    def lags(self, coefficients: Array, season: int) -> tuple[Lags, Lags]:
        """Multiplied out: weights of past values and of past errors by lag, from [points, coefficients, series]."""
        ar, ma, seasonal_ar, seasonal_ma = np.split(coefficients, np.cumsum(self.counts)[:-1], axis=1)
        return multiplied(ar, seasonal_ar, season, -1.0), multiplied(ma, seasonal_ma, season, 1.0)


def multiplied(plain: Array, seasonal: Array, season: int, sign: float) -> Lags:
    """Coefficients by lag of the product of a plain and a seasonal polynomial."""
    lags: Lags = {i + 1: plain[:, i] for i in range(plain.shape[1])}
    for i in range(seasonal.shape[1]):
        for j, cross in enumerate([None, *plain.transpose(1, 0, 2)]):
            lag = (i + 1) * season + j
            own = seasonal[:, i] if cross is None else sign * seasonal[:, i] * cross
            lags[lag] = lags.get(lag, 0.0) + own
    return lags


def arima(history: Array, season: int, horizon: int, order: Order) -> Array:
    """Points [series, horizon] from `history` [series, time], which may begin with NaN and must hold none later.

    Give logarithms or square roots where the swing grows with the level. A series too short for the order's
    differences gives NaN. Use it where the next values follow the last ones: it knows no changing shape.

    >>> line = np.arange(1.0, 31.0)[None, :]
    >>> arima(line, 1, 2, Order(0, 1, 1)).round(1).tolist()
    [[30.9, 31.8]]
    """
    levels = [history]
    for gap in order.gaps(season):
        levels.append(differenced(levels[-1], gap))
    known = np.isfinite(levels[-1])
    count = known.sum(axis=1)
    mean = means(levels[-1], known, order, season)
    centred = np.where(known, levels[-1] - mean[:, None], 0.0)
    scale = np.sqrt((centred**2).sum(axis=1) / np.maximum(count, 1))
    scale = np.where(scale > 0, scale, 1.0)
    centred = centred / scale[:, None]
    skipped = np.minimum(order.p + order.seasonal_p * season, count // 3)
    counted = known & (np.arange(history.shape[1]) >= (known.argmax(axis=1) + skipped)[:, None])
    found = search(centred, counted, season, order)
    points = continued(centred, counted, season, order, found, horizon) * scale[:, None] + mean[:, None]
    for gap, below in zip(order.gaps(season)[::-1], levels[-2::-1], strict=True):
        points = summed(below, gap, points)
    return np.where(count[:, None] > 0, points, np.nan)


def differenced(values: Array, gap: int) -> Array:
    """y(t) - y(t - gap), NaN where there is none."""
    gap = min(gap, values.shape[1])
    return np.concatenate(
        [np.full((len(values), gap), np.nan), values[:, gap:] - values[:, : values.shape[1] - gap]], 1
    )


def summed(below: Array, gap: int, points: Array) -> Array:
    """Undo `differenced` for points that follow `below`."""
    full = np.concatenate([below[:, -gap:], points], axis=1)
    for j in range(gap, full.shape[1]):
        full[:, j] += full[:, j - gap]
    return full[:, gap:]


def means(values: Array, known: NDArray[np.bool_], order: Order, season: int) -> Array:
    """What is taken off before the fit: the mean, as n : two seasons (or four steps) of a drift of nothing."""
    differences = order.d + order.seasonal_d
    if differences > 1 or (differences and not order.drift):
        return np.zeros(len(values))
    count = known.sum(axis=1)
    mean = np.where(known, values, 0.0).sum(axis=1) / np.maximum(count, 1)
    return mean * count / (count + (2 * season if order.seasonal_d else 4)) if differences else mean


def errors(values: Array, counted: NDArray[np.bool_], ar: Lags, ma: Lags, points: int) -> Array:
    """One-step errors [time, points, series]; 0 where not counted."""
    steps = values.shape[1]
    base = values.T[:, None, :]
    out = np.repeat(base, points, axis=1)
    for lag, weight in ar.items():
        if lag < steps:
            out[lag:] -= weight * base[: steps - lag]
    out *= counted.T[:, None, :]
    if ma:
        on = counted.T
        begin = int(on.any(axis=1).argmax())
        for t in range(begin, steps):
            for lag, weight in ma.items():
                if t - lag >= begin:
                    out[t] -= weight * out[t - lag]
            out[t] *= on[t]
    return out


def search(values: Array, counted: NDArray[np.bool_], season: int, order: Order) -> Array:
    """Coefficients [coefficients, series] with the least squared errors plus the ridge."""
    first = order.start()[:, None]
    count = len(first)
    found = np.repeat(first, len(values), axis=1)
    damp, moving = np.full(len(values), 1e-2), np.ones(len(values), dtype=bool)
    width = 1e-4
    nudges = np.concatenate([np.zeros((1, count)), width * np.eye(count)])[:, :, None]

    def at(points: Array) -> Array:
        return errors(values, counted, *order.lags(points, season), len(points))

    for _ in range(ROUNDS):
        here = at(found + nudges)
        slopes = (here[:, 1:] - here[:, :1]) / width
        hessian = np.einsum("tis,tjs->sij", slopes, slopes) + np.eye(count)
        slope = np.einsum("tis,ts->si", slopes, here[:, 0]) + (found - first).T
        stiff = hessian + damp[:, None, None] * np.eye(count) * np.einsum("sii->si", hessian)[:, :, None]
        step = np.clip(np.linalg.solve(stiff, -slope[:, :, None])[:, :, 0], -0.4, 0.4)
        moved = np.clip(found + step.T, -LIMIT, LIMIT)
        before = (here[:, 0] ** 2).sum(axis=0) + ((found - first) ** 2).sum(axis=0)
        with np.errstate(over="ignore", invalid="ignore"):
            after = (at(moved[None])[:, 0] ** 2).sum(axis=0) + ((moved - first) ** 2).sum(axis=0)
        better = after < before
        found = np.where(better & moving, moved, found)
        damp = np.where(better, damp * 0.3, damp * 5)
        moving &= np.where(better, np.abs(step).max(axis=1) > CLOSE, damp < STIFF)
        if not moving.any():
            break
    return found


def continued(
    values: Array, counted: NDArray[np.bool_], season: int, order: Order, found: Array, horizon: int
) -> Array:
    """The series that `values` continue with when no more errors come: [series, horizon]."""
    ar, ma = order.lags(found[None], season)
    steps = values.shape[1]
    known = errors(values, counted, ar, ma, 1)[:, 0]
    none = np.zeros((horizon, len(values)))
    line, error = np.concatenate([values.T, none]), np.concatenate([known, none])
    for t in range(steps, steps + horizon):
        for lags, past in ((ar, line), (ma, error)):
            for lag, weight in lags.items():
                if t >= lag:
                    line[t] += weight[0] * past[t - lag]
    return line[steps:].T
