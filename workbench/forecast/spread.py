"""Ranges of many series from one pool: how far replayed forecasts missed, each in units of its own series' unrest.

Misses are measured on the square-root scale where a series has no negative value (there the width goes with the
level), divided by the series' mean change over a season, and pooled over series, origins and neighbouring leads. The
quantiles of the pool are conformal: the finite-sample term of `conformal.conformal`; and since the many leads of one
replay are no more than one observation of how far this may go, a small pool is drawn out as Student's t is. A series
whose replays missed more or less than the others' gets wider or narrower ranges, as far as its number of replays can
be trusted.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from statistics import NormalDist
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import t as student

from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.forecast.local import Array, Bend

LEAST = 400
"""Misses that the quantiles of a lead should rest on; where there are fewer, more neighbouring leads lend theirs."""
OVERLAP = 2.0
"""Replays half a horizon apart share half of their truth: two count as one."""
FAR = 6.0
"""Misses beyond so many times the usual one count as this much in a series' own width."""


@dataclass(frozen=True)
class Replayed:
    """One origin of some series: their numbers, points and truth [row, lead] on the bent scale, and unrest [row].

    A step that was never measured is NaN; each row has one that was.
    """

    rows: NDArray[np.int64]
    points: Array
    truth: Array
    unrest: Array

    @property
    def misses(self) -> Array:
        """Truth minus point, in units of unrest."""
        return (self.truth - self.points) / self.unrest[:, None]


@dataclass(frozen=True)
class Spread:
    """`usual[lead]`: the median size of a miss; `shape[lead, level]`: quantiles of misses over it.

    `widths`: unique_id, width — of a series against the pool's. `drift[level]` is added to the shape (`moved`).
    """

    usual: Array
    shape: Array
    widths: pl.DataFrame
    drift: Array

    @classmethod
    def learn(cls, replayed: list[Replayed], ids: tuple[str, ...], horizon: int, season: int, trust: float) -> "Spread":
        """From replays; without any, a random walk's. `trust` replays weigh as much as the pool in a series' width."""
        widths = pl.DataFrame({"unique_id": ids}, schema={"unique_id": pl.String})
        none = np.zeros(len(LEVELS))
        replayed = [one for one in replayed if len(one.rows)]
        if not replayed:
            usual = np.sqrt(1.0 + np.arange(horizon) // season)
            normal = np.array([NormalDist().inv_cdf(level) for level in LEVELS])
            return cls(usual, np.tile(1.25 * normal, (horizon, 1)), widths.with_columns(width=1.0), none)
        misses = np.concatenate([one.misses for one in replayed])
        usual = np.full(misses.shape[1], np.nanmedian(np.abs(misses)))  # at a lead that never met a truth
        seen = np.isfinite(misses).any(axis=0)
        usual[seen] = np.maximum(np.nanmedian(np.abs(misses[:, seen]), axis=0), 1e-9)
        sizes = [np.nanmean(np.minimum(np.abs(one.misses) / usual, FAR), axis=1) for one in replayed]
        total, count = np.zeros(len(ids)), np.zeros(len(ids))
        for one, size in zip(replayed, sizes, strict=True):
            total[one.rows] += size
            count[one.rows] += 1
        pool = total.sum() / count.sum()

        def width(total: Array, count: Array) -> Array:
            return (total + trust * pool) / (count + trust) / pool if pool > 0 else np.ones(len(total))

        without = [width(total[o.rows] - size, count[o.rows] - 1) for o, size in zip(replayed, sizes, strict=True)]
        scaled = misses / usual / np.concatenate(without)[:, None]
        shape = shapes(scaled) * drawn_out(len(scaled))
        return cls(usual, shape, widths.with_columns(pl.Series("width", width(total, count))), none)

    def quantiles(self, points: Array, unrest: Array, widths: Array, lead: NDArray[np.int64]) -> Array:
        """On the bent scale [row, level] for points [row] of some lead (from 1; a later one than replayed is the last).

        The median is the point: levels below never lie above it, and the other way round.
        """
        at = np.minimum(lead, len(self.usual)) - 1
        offsets = (self.shape[at] + self.drift) * (self.usual[at] * unrest * widths)[:, None]
        levels = np.asarray(LEVELS)
        offsets = np.where(
            levels < 0.5, np.minimum(offsets, 0.0), np.where(levels > 0.5, np.maximum(offsets, 0.0), 0.0)
        )
        return points[:, None] + np.sort(offsets, axis=1)

    def save(self, place: Path) -> None:
        """Parquet."""
        levels = {name: self.shape[:, i] for i, name in enumerate(QUANTILES)}
        pl.DataFrame({"usual": self.usual} | levels).write_parquet(place / "shape.parquet")
        pl.DataFrame({"drift": self.drift}).write_parquet(place / "drift.parquet")
        self.widths.write_parquet(place / "widths.parquet")

    @classmethod
    def load(cls, place: Path) -> Self:
        """Read back."""
        shape = pl.read_parquet(place / "shape.parquet")
        drift = pl.read_parquet(place / "drift.parquet").get_column("drift").to_numpy()
        widths = pl.read_parquet(place / "widths.parquet")
        return cls(shape.get_column("usual").to_numpy(), shape.select(QUANTILES).to_numpy(), widths, drift)

    def width_of(self, ids: list[str]) -> Array:
        """Widths [series] in that order; a series never seen has 1."""
        asked = pl.DataFrame({"unique_id": ids}, schema={"unique_id": pl.String})
        both = asked.join(self.widths, on="unique_id", how="left", maintain_order="left")
        return both.get_column("width").fill_null(1.0).to_numpy()

    def met(self, verified: pl.DataFrame, rate: float) -> "Spread":
        """Each level moved towards the share of truths that fell below it (FORECAST + y; adaptive conformal)."""
        below = verified.select((pl.col("y") <= pl.col(name)).mean().alias(name) for name in QUANTILES).to_numpy()[0]
        tall = self.shape[:, LEVELS.index(0.9)] - self.shape[:, LEVELS.index(0.1)]
        return replace(self, drift=self.drift + rate * float(tall.mean()) * (np.asarray(LEVELS) - below))


def shapes(scaled: Array) -> Array:
    """Conformal quantiles [lead, level] of scaled misses [row, lead], a lead with as many neighbours as it needs."""
    rows, horizon = scaled.shape
    reach = max(1, -(-(LEAST // max(rows, 1) - 1) // 2))
    out = np.empty((horizon, len(LEVELS)))
    for lead in range(horizon):
        pool = scaled[:, max(0, lead - reach) : lead + reach + 1].ravel()
        pool = np.sort(pool[np.isfinite(pool)])
        place = (len(pool) + 1) * np.asarray(LEVELS)
        above, below = np.ceil(place - 1e-9), np.floor(place + 1e-9)
        at = np.where(np.asarray(LEVELS) > 0.5, above, below).astype(np.int64) - 1
        out[lead] = pool[np.clip(at, 0, len(pool) - 1)]
    return out


def drawn_out(replays: int) -> Array:
    """How much farther [level] a quantile lies that was learnt from so many replays of a series than from very many.

    Fewer than four that do not overlap count as four: below, the tails of Student's t are of no use to anyone.

    >>> drawn_out(12)[LEVELS.index(0.9)].round(3), drawn_out(10_000)[LEVELS.index(0.9)].round(3)
    (np.float64(1.123), np.float64(1.0))
    """
    levels = np.asarray(LEVELS)
    off = np.where(levels == 0.5, 0.6, levels)
    normal = np.array([NormalDist().inv_cdf(level) for level in off])
    return np.asarray(student.ppf(off, max(replays / OVERLAP, 4.0)) / normal)


def unrest(history: Array, season: int) -> Array:
    """Mean absolute change over a season on the bent scale, half of it from the last three seasons: [series].

    A series with no more than a season changes from step to step; one with a single value is as restless as the others
    are for their level. A constant series has none.
    """
    bent = Bend.of(history, "sqrt").forward(history)
    gap = season if bent.shape[1] > season else 1
    change = np.abs(bent[:, gap:] - bent[:, :-gap])
    step = np.abs(np.diff(bent, axis=1))
    found = recent(change, max(3 * season, 8))
    found = np.where(np.isfinite(found), found, recent(step, 8))
    level = np.abs(bent[:, -1])
    known = np.isfinite(found) & (level > 1e-9 * found)
    share = float(np.median(found[known] / level[known])) if known.any() else 0.3
    return np.where(np.isfinite(found), found, share * level)


def recent(change: Array, last: int) -> Array:
    """Half the mean of all, half that of the last ones; NaN where there is none."""
    if not change.shape[1]:
        return np.full(len(change), np.nan)
    parts = []
    for part in (change, change[:, -last:]):
        known = np.isfinite(part)
        count = known.sum(axis=1)
        parts.append(np.where(count > 0, np.where(known, part, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan))
    return (parts[0] + parts[1]) / 2
