"""Blended: models of all series together as one — shares by what each missed in replays, ranges measured there too.

The members are fitted once on the past before the last few origins and replayed at these, then fitted on everything.
Their medians are averaged, the better ones more (`portfolio.evidence`); how far the average missed gives every series
its ranges (`spread`): pooled over series, with a width of its own for each. Use it for few members that cost much to
fit, such as trees and a ridge of all series; `portfolio` is for many small ones of single series.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import MissingData
from workbench.forecast import keep
from workbench.forecast.clock import Clock
from workbench.forecast.empirical import VALUES
from workbench.forecast.explain import added, explain, similar
from workbench.forecast.history import Array, SeriesMatrix
from workbench.forecast.local import Bend
from workbench.forecast.metrics import truth
from workbench.forecast.model import Fitted, Model, ordered
from workbench.forecast.portfolio import evidence
from workbench.forecast.portfolio_fitted import LOOK
from workbench.forecast.replay import late_origins
from workbench.forecast.spread import Replayed, Spread, unrest
from workbench.forecast.task import Split, Task

PIECES = 240
"""Series times replayed origins that ranges should rest on."""


@dataclass(frozen=True)
class Blended:
    """`members` replayed at the last origins, half a horizon apart: at least `least`, at most `most` where series are
    few, within the last quarter of history (`share`: another part of it, for series whose year must be seen whole).
    `hold` replays weigh as much as the pool in a series' own width. With `rate` > 0 verified forecasts move the ranges
    on."""

    members: tuple[Model, ...]
    least: int = 4
    most: int = 60
    hold: float = 1.0
    rate: float = 0.05
    share: float = 0.25

    def fit(self, task: Task, split: Split) -> "FittedBlended":
        """Replay, weigh, measure, and fit every member on everything."""
        series = split.past.get_column("unique_id").n_unique()
        origins = late_origins(task, split, min(self.most, max(self.least, -(-PIECES // series))), self.share)
        try:
            windows = self.replay(task, split, origins)
        except MissingData:  # before these origins there was too little to learn from
            windows = []
        fitted = tuple(member.fit(task, split) for member in self.members)
        ids = split.past.get_column("unique_id").unique().sort().to_list()
        shares = weighed(windows, len(self.members))
        replayed = [one.replayed(np.asarray(shares)) for one in windows]
        spread = Spread.learn(replayed, tuple(ids), task.horizon, season(task), self.hold)
        return FittedBlended(fitted, shares, task.every, season(task), task.bounds, self.rate, spread)

    def replay(self, task: Task, split: Split, origins: list[datetime]) -> list["Window"]:
        """What the members, fitted at the first of these origins, would have said at each; the truth beside it.

        A series for which something known ahead was missing then is left out there.
        """
        ids = split.past.get_column("unique_id").unique().sort().to_list()
        fitted: tuple[Fitted, ...] = ()
        found = []
        for origin in origins:
            then = with_all_ahead(task, task.split(split.past, split.vintages, origin))
            if then.future.is_empty():
                continue
            fitted = fitted or tuple(member.fit(task, then) for member in self.members)
            asked = then.future.select("unique_id", "ds").join(truth(split.past), on=["unique_id", "ds"], how="left")
            said = [one.predict(then.past, then.future).select("unique_id", "ds", "q50") for one in fitted]
            for number, one in enumerate(said):
                both = asked.join(one, on=["unique_id", "ds"], how="left", maintain_order="left")
                asked = both.rename({"q50": f"member{number}"})
            found.append(Window.of(asked, then, ids, task, len(fitted)))
        return [one for one in found if np.isfinite(one.losses).all()]


@dataclass(frozen=True)
class FittedBlended:
    """The fitted members, their shares, and how far their average misses."""

    members: tuple[Fitted, ...]
    shares: tuple[float, ...]
    every: str
    season: int
    bounds: tuple[float | None, float | None]
    rate: float
    spread: Spread

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """The weighted mean of the members' medians with each series' ranges around it, and that of their means."""
        clock = Clock(self.every)
        asked = future.select("unique_id", "ds", clock.number().alias("number"))
        both = np.zeros((asked.height, 2))
        for member, share in zip(self.members, self.shares, strict=True):
            told = asked.join(member.predict(past, future), on=["unique_id", "ds"], how="left", maintain_order="left")
            both += share * told.select("q50", "mean").to_numpy()
        ids = asked.get_column("unique_id").unique().sort()
        own = Own.of(past.join(ids.to_frame(), on="unique_id", how="semi"), ids.to_list(), clock, self.season)
        at = ids.search_sorted(asked.get_column("unique_id")).to_numpy().astype(np.int64)
        lead = (asked.get_column("number") - asked.get_column("number").min() + 1).to_numpy()
        width = self.spread.width_of(ids.to_list())[at]
        bend = own.bend.take(at)
        points = bend.forward(both[:, :1])[:, 0]
        quantiles = bend.backward(self.spread.quantiles(points, own.unrest[at], width, lead))
        values = np.column_stack([both[:, 1], quantiles])
        made = asked.select("unique_id", "ds").with_columns(pl.Series(n, values[:, i]) for i, n in enumerate(VALUES))
        return ordered(made, self.bounds)

    def explain(self, past: pl.DataFrame, future: pl.DataFrame, every: int = 1) -> pl.DataFrame:
        """The members' parts by their shares; a member that does not explain itself is `whole` by its share."""
        told = [explain(one, past, future, one.predict(past, future), every) for one in self.members]
        shared = zip(told, self.shares, strict=True)
        return added(pl.concat(parts.with_columns(pl.col("value") * share) for parts, share in shared))

    def similar(self, split: Split, count: int = 5) -> pl.DataFrame:
        """What the first member recalls that recalls anything."""
        found = (similar(member, split, count) for member in self.members)
        return next((frame for frame in found if not frame.is_empty()), pl.DataFrame())

    @property
    def learns(self) -> bool:
        """True where verified forecasts move the ranges on."""
        return self.rate > 0

    def update(self, verified: pl.DataFrame) -> Self:
        """Move every level towards the share of truths that fell below it (FORECAST + y); each forecast once."""
        if verified.is_empty() or not self.learns:
            return self
        return replace(self, spread=self.spread.met(verified, self.rate))

    def save(self, folder: Path) -> None:
        """Each member in a folder of its own, the ranges as Parquet."""
        for number, member in enumerate(self.members):
            keep.save(member, folder / f"member{number}")
        self.spread.save(folder)
        given = {"shares": list(self.shares), "every": self.every, "season": self.season, "rate": self.rate}
        keep.write_json(folder / "parameters.json", given | {"bounds": list(self.bounds)})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        given = keep.read_json(folder / "parameters.json")
        shares, bounds = tuple(given.pop("shares")), tuple(given.pop("bounds"))
        members = tuple(keep.load(folder / f"member{number}") for number in range(len(shares)))
        return cls(members, shares, bounds=bounds, spread=Spread.load(folder), **given)


@dataclass(frozen=True)
class Own:
    """Each series' bend and unrest at an origin; a series of which nothing is known is as restless as the others."""

    bend: Bend
    unrest: Array

    @classmethod
    def of(cls, past: pl.DataFrame, ids: list[str], clock: Clock, season: int) -> "Own":
        """For `ids` in that order, which must be sorted."""
        history = SeriesMatrix.of(past, clock, season)
        if not history.ids:
            raise MissingData("no value of any series is known", "ingest history first")
        rows = np.searchsorted(ids, history.ids)
        recent = history.tail(np.arange(len(history.ids)), 0, LOOK.most(season))
        found, bend = unrest(recent, season), Bend.of(recent, "sqrt")
        kind, floor = np.full(len(ids), bend.kind.min()), np.ones(len(ids))
        size = np.full(len(ids), np.median(found))
        kind[rows], floor[rows], size[rows] = bend.kind, bend.floor, found
        return cls(Bend(kind, floor), size)


def season(task: Task) -> int:
    """The season whose changes a series' unrest is told in: the shortest."""
    return min(task.seasons, default=1)


def with_all_ahead(task: Task, split: Split) -> Split:
    """Only those series for which everything known ahead is there."""
    gaps = split.future.filter(pl.any_horizontal(pl.col(name).is_null() for name in task.known_ahead or ("ds",)))
    kept = [frame.join(gaps, on="unique_id", how="anti") for frame in (split.past, split.future)]
    return replace(split, past=kept[0], future=kept[1])


def weighed(windows: list["Window"], members: int) -> tuple[float, ...]:
    """Shares of the members by what they missed; equal where a single replay, or none, can tell."""
    weights = evidence(np.array([one.losses for one in windows])) if len(windows) > 1 else np.ones(members)
    return tuple((weights / weights.sum()).tolist())


@dataclass(frozen=True)
class Window:
    """One replayed origin: medians [member, series, lead], the truth [series, lead], and how restless series were."""

    points: NDArray[np.float64]
    truth: Array
    own: Own

    @classmethod
    def of(cls, answered: pl.DataFrame, split: Split, ids: list[str], task: Task, members: int) -> "Window":
        """From unique_id, ds, y, member0, member1 … of one origin."""
        clock = Clock(task.every)
        (at,) = clock.numbers(split.cutoff)
        place = answered.select(
            row=pl.col("unique_id").replace_strict(ids, list(range(len(ids))), return_dtype=pl.Int64),
            lead=clock.number() - at - 1,
        ).to_numpy()
        grid = np.full((1 + members, len(ids), task.horizon), np.nan)
        names = ["y", *(f"member{number}" for number in range(members))]
        values = answered.select(pl.col(name).cast(pl.Float64).fill_null(np.nan) for name in names)
        grid[:, place[:, 0], place[:, 1]] = values.to_numpy().T
        return cls(grid[1:], grid[0], Own.of(split.past, ids, clock, season(task)))

    @property
    def bent(self) -> tuple[NDArray[np.float64], Array]:
        """Points and truth on the bent scale."""
        forward = self.own.bend.forward
        return np.stack([forward(one) for one in self.points]), forward(self.truth)

    @property
    def losses(self) -> Array:
        """Mean absolute error of each member over the unrest of its series; NaN where nothing came true."""
        points, truth = self.bent
        some = self.own.unrest > 0
        miss = np.abs(points - truth)[:, some] / self.own.unrest[some][:, None]
        known = np.isfinite(miss)
        count = known.sum(axis=(1, 2))
        found: Array = np.where(known, miss, 0.0).sum(axis=(1, 2)) / np.where(count > 0, count, np.nan)
        return found

    def replayed(self, shares: NDArray[np.float64]) -> Replayed:
        """The weighted average on the bent scale."""
        forward = self.own.bend.forward
        mean = np.tensordot(shares, self.points, 1)
        rows = np.flatnonzero(
            (self.own.unrest > 0) & np.isfinite(self.truth).any(axis=1) & np.isfinite(mean).any(axis=1)
        )
        return Replayed(rows, forward(mean)[rows], forward(self.truth)[rows], self.own.unrest[rows])
