"""Coherence in time: a day is the sum of its hours, a month of its days — in the panel, in forecasts, on paths.

A task that `adds_to` coarser steps says that its values may be summed over time (visitors, parcels, kWh; not µg/m³).
`coarser` makes the coarser panel. `Stepped` forecasts at every one of these steps, each by a model of its own, and
reconciles them as a hierarchy whose bottom series are the steps: the day's model then helps the hours, and their sum
is the day. `sums` reads the coarser forecast off the fine one's joint paths, so that they agree.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
from scipy import sparse

from workbench.errors import InputError, MissingData
from workbench.forecast import keep
from workbench.forecast.clock import Clock
from workbench.forecast.empirical import VALUES, describe
from workbench.forecast.frames import QUANTILES
from workbench.forecast.hierarchy import Tree
from workbench.forecast.model import Fitted, Model, ordered
from workbench.forecast.paths import Bounds
from workbench.forecast.reconcile import means
from workbench.forecast.slices import local_day
from workbench.forecast.task import Split, Task

SEASONS: dict[str, tuple[int, ...]] = {"d": (7,), "w": (52,), "mo": (12,), "q": (4,)}
"""Season of a coarser step, by its unit."""
LEAST = 1e-3
"""Spread below which a forecast counts as certain, in the unit of y."""


def periods(frame: pl.DataFrame, every: str, coarse: str, zone: str) -> pl.DataFrame:
    """Add to rows of a fine step the `period` of the coarser one that they lie in (its `ds`) and how many steps it has.

    An hour belongs to the local day in which it began; a day of 23 or 25 hours has as many steps.
    """
    fine, clock = Clock(every), Clock(coarse)
    if not clock.dated or clock.hours <= fine.hours:
        raise InputError(f"steps of {every} do not add up to {coarse}", "a coarser step is a day or longer")
    day = pl.col("ds") if fine.dated else local_day(zone)
    numbers = frame.select(day.alias("ds")).select(clock.number()).to_series().to_numpy()
    begin, end = clock.starts(numbers), clock.starts(numbers + 1)
    if fine.dated:
        edges = [edge.to_frame("ds").select(fine.number()).to_series() for edge in (begin, end)]
        steps = edges[1] - edges[0]
    else:
        midnights = [edge.cast(pl.Datetime("us")).dt.replace_time_zone(zone) for edge in (begin, end)]
        steps = (midnights[1] - midnights[0]).dt.total_hours() // int(fine.hours)
    return frame.with_columns(period=begin, steps=steps)


def coarser(panel: pl.DataFrame, every: str, coarse: str, zone: str) -> pl.DataFrame:
    """PANEL of a coarser step: unique_id, ds, known_at, y. Only whole periods without a gap have a value."""
    rows = periods(panel.drop_nulls("y"), every, coarse, zone).sort("unique_id", "ds")
    sums = rows.group_by("unique_id", "period", "steps", maintain_order=True).agg(
        pl.col("known_at").max(), pl.col("y").sum(), there=pl.len()
    )
    whole = sums.filter(pl.col("there") == pl.col("steps"))
    return whole.select("unique_id", pl.col("period").alias("ds"), "known_at", "y").sort("unique_id", "ds")


def sums(forecast: pl.DataFrame, paths: pl.DataFrame, every: str, coarse: str, zone: str) -> pl.DataFrame:
    """The coarser forecast that a fine one implies: unique_id, ds, mean, quantiles of the whole periods it covers.

    Means are sums of means; quantiles are read from the sums of `paths` (PATHS of the same forecast).
    """
    keys = ["unique_id", "period", "steps"]
    whole = periods(forecast, every, coarse, zone).sort("unique_id", "ds")
    whole = whole.group_by(keys, maintain_order=True).agg(pl.col("mean").sum(), there=pl.len())
    whole = whole.filter(pl.col("there") == pl.col("steps")).select("unique_id", "period", "mean")
    drawn = periods(paths, every, coarse, zone).join(whole, on=["unique_id", "period"], how="semi")
    drawn = (
        drawn.sort("unique_id", "ds")
        .group_by("unique_id", "period", "path", maintain_order=True)
        .agg(pl.col("y").sum())
    )
    totals = drawn.sort("unique_id", "period", "path").get_column("y").to_numpy()
    told = describe(totals.reshape(whole.height, -1), 1)
    told[:, 0] = whole.get_column("mean").to_numpy()
    named = [pl.Series(name, told[:, i]) for i, name in enumerate(VALUES)]
    return whole.select("unique_id", pl.col("period").alias("ds")).with_columns(named)


@dataclass(frozen=True)
class Stepped:
    """The inner model at the task's step, `coarse` at every step that it adds to, reconciled by their own spreads.

    The less sure a step or period is (q90 - q10), the more it gives way. Only periods that lie wholly inside the
    horizon count. Raises InputError for a task that adds to nothing.
    """

    inner: Model
    coarse: Model

    def fit(self, task: Task, split: Split) -> "FittedStepped":
        """Fit the inner model, and the coarse one on each coarser panel."""
        if not task.adds_to:
            raise InputError(f"{task.name} adds to no coarser step", "name them in the task's `adds_to`")
        above = tuple(self.coarse.fit(*asked(task, split, step)) for step in task.adds_to)
        return FittedStepped(self.inner.fit(task, split), above, task.adds_to, task.every, task.zone, task.bounds)


def asked(task: Task, split: Split, coarse: str) -> tuple[Task, Split]:
    """The same question at a coarser step, without covariates."""
    clock = Clock(coarse)
    past = coarser(split.past, task.every, coarse, task.zone)
    if past.is_empty():
        raise MissingData(f"{task.name}: not one whole {coarse} is known", "ingest more history, or add to less")
    future = ahead(split.future, task.every, coarse, task.zone)
    first = future.select(clock.number().min() - 1).to_series().to_numpy()
    changed = replace(
        task,
        every=coarse,
        horizon=int(task.horizon * Clock(task.every).hours / clock.hours) + 2,
        seasons=SEASONS.get(clock.parts[1], ()),
        vintages=None,
        known_ahead=(),
        past_only=(),
        adds_to=(),
    )
    return changed, Split(clock.starts(first).item(), past, None, future)


def ahead(future: pl.DataFrame, every: str, coarse: str, zone: str) -> pl.DataFrame:
    """The coarser periods that a grid touches: unique_id, ds."""
    touched = periods(future.select("unique_id", "ds"), every, coarse, zone)
    return touched.select("unique_id", ds="period").unique().sort("unique_id", "ds")


@dataclass(frozen=True)
class FittedStepped:
    """The fitted models of the task's step and of those it adds to."""

    inner: Fitted
    above: tuple[Fitted, ...]
    adds_to: tuple[str, ...]
    every: str
    zone: str
    bounds: Bounds

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """The inner forecast moved so that its sums are reconciled with the coarser forecasts."""
        keys = ["unique_id", "ds"]
        base = ordered(self.inner.predict(past, future).select(*keys, *VALUES), self.bounds).sort(keys)
        above = [self.of(fitted, step, past, future) for fitted, step in zip(self.above, self.adds_to, strict=True)]
        moved = pl.concat(
            self.reconciled(own, [frame.filter(unique_id=name[0]) for frame in above])
            for name, own in base.group_by("unique_id", maintain_order=True)
        )
        asked = future.select(keys).join(moved, on=keys, how="left", maintain_order="left")
        return ordered(asked, self.bounds)

    def of(self, fitted: Fitted, coarse: str, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """The coarser forecast of the periods that lie wholly inside the grid."""
        grid = periods(future.select("unique_id", "ds"), self.every, coarse, self.zone)
        counted = grid.group_by("unique_id", "period", "steps").len()
        whole = counted.filter(pl.col("len") == pl.col("steps")).select("unique_id", ds="period")
        wanted = ahead(future, self.every, coarse, self.zone)
        forecast = fitted.predict(coarser(past, self.every, coarse, self.zone), wanted)
        return whole.join(forecast, on=["unique_id", "ds"], how="left").sort("unique_id", "ds")

    def reconciled(self, own: pl.DataFrame, above: list[pl.DataFrame]) -> pl.DataFrame:
        """One series: its steps and periods as a small hierarchy, weighed by their spreads."""
        blocks = []
        for coarse, frame in zip(self.adds_to, above, strict=True):
            mine = periods(own, self.every, coarse, self.zone).get_column("period").to_numpy()
            blocks.append(frame.get_column("ds").to_numpy()[:, None] == mine[None, :])
        summing = sparse.csr_array(np.concatenate([*blocks, np.eye(own.height)]).astype(np.float64))
        tree = Tree(tuple(str(i) for i in range(summing.shape[0])), summing)
        nodes = pl.concat([*(frame.select(VALUES) for frame in above), own.select(VALUES)])
        spread = nodes.select((pl.col("q90") - pl.col("q10")).clip(lower_bound=LEAST)).to_numpy()
        base = nodes.select("mean").to_numpy()
        point = means(tree, "variance", base, spread, self.bounds[0] is not None)[-own.height :, 0]
        by = pl.Series(point) - own.get_column("mean")
        return own.with_columns(pl.Series("mean", point), *((pl.col(name) + by).alias(name) for name in QUANTILES))

    def save(self, folder: Path) -> None:
        """JSON, each model in a folder of its own."""
        keep.save(self.inner, folder / "inner")
        for number, fitted in enumerate(self.above):
            keep.save(fitted, folder / f"above{number}")
        given = {"adds_to": list(self.adds_to), "every": self.every, "zone": self.zone, "bounds": list(self.bounds)}
        keep.write_json(folder / "parameters.json", given)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        given = keep.read_json(folder / "parameters.json")
        steps, bounds = tuple(given["adds_to"]), tuple(given["bounds"])
        above = tuple(keep.load(folder / f"above{number}") for number in range(len(steps)))
        return cls(keep.load(folder / "inner"), above, steps, given["every"], given["zone"], bounds)
