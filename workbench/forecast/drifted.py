"""Members around a drift of their own: each series' past growth, pulled towards the growth that all series share."""

from dataclasses import dataclass, replace

import numpy as np

from workbench.forecast.local import Arima, Array, Bend, Member, Naive, Smoothing

SEEN = 2.0
"""Seasons of growth without which a series has no say in what is shared."""


@dataclass(frozen=True)
class Drifted:
    """`inner`, which should know no trend, around a straight line on the square-root scale.

    The line's slope is the series' mean change, and `trust` seasons of the shared growth count beside its own. A short
    series cannot tell its trend from chance; the others of its task can. `growth` is what they share: the median
    change in a step over the mean level, learnt by a portfolio when it is fitted (`taught`). Series with negative
    values share none and keep their own.
    """

    inner: Naive | Smoothing | Arima
    trust: float = 30.0
    growth: float = 0.0

    @property
    def name(self) -> str:
        """Short, for people."""
        return f"{self.inner.name} around a shared drift"

    def taught(self, history: Array, season: int) -> "Drifted":
        """The same with the growth that the series of `history` [series, time] share."""
        own, seen, _ = changes(history, season)
        told = own[(seen >= SEEN) & (Bend.of(history, "sqrt").kind == 1)]
        return replace(self, growth=float(np.median(told)) if len(told) else 0.0)

    def points(self, history: Array, season: int, horizon: int) -> Array:
        """See Member."""
        bend = Bend.of(history, "sqrt")
        own, seen, level = changes(history, season)
        slope = (seen * own + self.trust * np.where(bend.kind == 1, self.growth, 0.0)) / (seen + self.trust) * level
        back = np.arange(1 - history.shape[1], 1)
        rest = self.inner.points(bend.forward(history) - slope[:, None] * back, season, horizon)
        return bend.backward(rest + slope[:, None] * np.arange(1, horizon + 1))


def changes(history: Array, season: int) -> tuple[Array, Array, Array]:
    """On the square-root scale: mean change in a step over the mean level, seasons of changes seen, mean level."""
    bent = Bend.of(history, "sqrt").forward(history)
    gap = season if bent.shape[1] > season else 1
    change = bent[:, gap:] - bent[:, :-gap]
    known, valid = np.isfinite(change), np.isfinite(bent)
    count = known.sum(axis=1)
    mean = np.where(known, change, 0.0).sum(axis=1) / np.maximum(count, 1) / gap
    level = np.where(valid, np.abs(bent), 0.0).sum(axis=1) / np.maximum(valid.sum(axis=1), 1)
    return mean / np.where(level > 0, level, 1.0), count / season, level


def taught(members: tuple[Member, ...], history: Array, season: int) -> tuple[Member, ...]:
    """Members of which those that share a growth have learnt it from `history`."""
    return tuple(one.taught(history, season) if isinstance(one, Drifted) else one for one in members)
