"""Coherent: wrap any model so that its means add up, at the cost of one forecast: nothing is replayed.

`Reconciled` learns from past errors and reads its ranges from joint paths; that takes dozens of replays. Use this one
for hierarchies with very many or short-lived series: the tree is that of the series asked, so that a product that is
new since the fit, or gone, needs no new training.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import polars as pl

from workbench.errors import InputError
from workbench.forecast import keep
from workbench.forecast.empirical import VALUES
from workbench.forecast.explain import Explaining, similar
from workbench.forecast.frames import QUANTILES
from workbench.forecast.hierarchy import Hierarchy, Tree
from workbench.forecast.model import Fitted, Model, ordered
from workbench.forecast.online import Through
from workbench.forecast.paths import Bounds
from workbench.forecast.reconcile import Method, projection
from workbench.forecast.task import Split, Task

FAR = 2.0
"""A range is widened or narrowed with its mean at most so many times: rare demand has a mean that is hardly any."""


@dataclass(frozen=True)
class Coherent:
    """The inner model's means reconciled by `method` (one that needs no past errors), each range moved with its mean.

    Ranges move by a share where values cannot be negative (what is zero stays zero), by a sum elsewhere; parts that
    would fall below zero are zero.
    Raises InputError for a task without a hierarchy.
    """

    inner: Model
    method: Method = "structural"

    def fit(self, task: Task, split: Split) -> "FittedCoherent":
        """Fit the inner model on every level."""
        if task.hierarchy is None:
            raise InputError(f"{task.name} has no hierarchy", "give the task one, or use the inner model as it is")
        return FittedCoherent(self.inner.fit(task, split), task.hierarchy, self.method, task.bounds)


@dataclass(frozen=True)
class FittedCoherent(Through):
    """The fitted inner model, and how its answers are made to add up."""

    inner: Fitted
    hierarchy: Hierarchy
    method: Method
    bounds: Bounds

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """Every series asked; together they must be a whole tree."""
        base = ordered(self.inner.predict(past, future).select("unique_id", "ds", *VALUES), self.bounds)
        tree = Tree.of(self.hierarchy, base.get_column("unique_id"))
        point = projection(tree, self.method)(tree.table(base, "mean"), floor=self.bounds[0] is not None)
        steps = base.select(pl.col("ds").unique().sort())
        sums = pl.DataFrame({"unique_id": tree.ids}).join(steps, how="cross").with_columns(sum=pl.Series(point.ravel()))
        moved = base.join(sums, on=["unique_id", "ds"], how="left", maintain_order="left")
        if self.bounds[0] is None:
            ranges = [(pl.col(name) + pl.col("sum") - pl.col("mean")).alias(name) for name in QUANTILES]
        else:
            ratio = (pl.col("sum") / pl.col("mean")).fill_nan(1.0).clip(1 / FAR, FAR)
            ranges = [(pl.col(name) * ratio).alias(name) for name in QUANTILES]
        made = moved.with_columns(*ranges, mean=pl.col("sum")).select("unique_id", "ds", *VALUES)
        return ordered(made, self.bounds)

    def explain(self, past: pl.DataFrame, future: pl.DataFrame, every: int = 1) -> pl.DataFrame:
        """What the inner model says, if it says anything; what adding up moves goes to `correction`."""
        return self.inner.explain(past, future, every) if isinstance(self.inner, Explaining) else pl.DataFrame()

    def similar(self, split: Split, count: int = 5) -> pl.DataFrame:
        """What the inner model recalls."""
        return similar(self.inner, split, count)

    def save(self, folder: Path) -> None:
        """JSON, the inner model in a folder of its own."""
        keep.save(self.inner, folder / "inner")
        given = {"hierarchy": asdict(self.hierarchy), "method": self.method, "bounds": list(self.bounds)}
        keep.write_json(folder / "parameters.json", given)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        given = keep.read_json(folder / "parameters.json")
        parts, levels = given["hierarchy"]["parts"], given["hierarchy"]["levels"]
        hierarchy = Hierarchy(tuple(parts), tuple(tuple(level) for level in levels))
        low, high = given["bounds"]
        return cls(keep.load(folder / "inner"), hierarchy, given["method"], (low, high))
