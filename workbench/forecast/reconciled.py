"""Reconciled: wrap any model so that its forecasts of a task's hierarchy add up, at every level and on every path."""

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from workbench.errors import InputError, MissingData
from workbench.forecast import keep
from workbench.forecast.clock import Clock
from workbench.forecast.empirical import VALUES
from workbench.forecast.explain import Explaining, similar
from workbench.forecast.hierarchy import Hierarchy, Tree
from workbench.forecast.metrics import truth
from workbench.forecast.model import Fitted, Model, ordered
from workbench.forecast.online import Through
from workbench.forecast.paths import Bounds, Dependence, fit_dependence
from workbench.forecast.reconcile import LEARNS, Learnt, Method, joint, reconcile
from workbench.forecast.replay import replay, replay_origins
from workbench.forecast.task import Split, Task

FEW = 8
"""Replayed origins below which the errors say too little and `structural` weights stand in."""


@dataclass(frozen=True)
class Reconciled:
    """The inner model's forecasts of every level, reconciled (see `reconcile` for the methods).

    The inner model is replayed at `origins` issues over the last `span` days inside the training data, refitted every
    `refit`: its errors are what `variance` and `shrink` learn from, and how they go together is what the `paths` joint
    paths follow, of which the quantiles are read. The panel must hold every level (`hierarchy.aggregate`). Raises
    InputError for a task without a hierarchy.
    """

    inner: Model
    method: Method = "shrink"
    origins: int = 28
    span: int = 730
    refit: str = "3650d"
    paths: int = 1000
    seed: int = 0

    def fit(self, task: Task, split: Split) -> "FittedReconciled":
        """Replay, learn the errors, fit the inner model on everything."""
        if task.hierarchy is None:
            raise InputError(f"{task.name} has no hierarchy", "give the task one, or use the inner model as it is")
        tree = Tree.of(task.hierarchy, split.past.get_column("unique_id"))
        origins = replay_origins(task, split, self.origins, self.span)
        past = replay(task, split, {"inner": self.inner}, origins, self.refit)
        few = past.is_empty() or past.get_column("cutoff").n_unique() < FEW
        method = "structural" if few and self.method in LEARNS else self.method
        errors = None if few else cases(past, tree)
        dependence = strangers(tree, task) if few else fit_dependence(past.drop("y"), truth(split.past), task.bounds)
        way = Way(method, task.every, task.bounds, self.paths, self.seed)
        return FittedReconciled(self.inner.fit(task, split), task.hierarchy, tree, way, errors, dependence)


def cases(past: pl.DataFrame, tree: Tree) -> np.ndarray:
    """Errors of the first step of replayed forecasts (FORECAST + y): series × origin. What was never measured is 0.

    Later steps of an origin err with the first; taken for cases of their own they would make chance look like proof.
    """
    first = past.filter(pl.col("ds") == pl.col("ds").min().over("cutoff"))
    return np.nan_to_num(tree.table(first.with_columns(error=pl.col("y") - pl.col("mean")), "error"))


def strangers(tree: Tree, task: Task) -> Dependence:
    """Where nothing was replayed: errors of different series and steps that have nothing to do with one another."""
    days = tuple(datetime(2000, 1, 1, tzinfo=UTC) + timedelta(days=i) for i in range(200))
    pits = np.random.default_rng(0).random((len(tree.ids), 1, len(days)), dtype=np.float32)
    ids = tuple(sorted(tree.ids))
    return Dependence(ids, (1,), days, pits, task.bounds)


@dataclass(frozen=True)
class Way:
    """How a fitted model reconciles."""

    method: Method
    every: str
    bounds: Bounds
    paths: int
    seed: int


@dataclass(frozen=True, eq=False)
class FittedReconciled(Through):
    """The fitted inner model, the tree that it was fitted on, past errors (series × cases), and their dependence."""

    inner: Fitted
    hierarchy: Hierarchy
    tree: Tree
    way: Way
    errors: np.ndarray | None
    dependence: Dependence

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """Every level is forecast and reconciled, whatever part of it is asked."""
        base = self.base(past, future)
        way = self.way
        whole = reconcile(base, self.learnt, way.method, way.bounds, way.paths, way.seed)
        asked = future.select("unique_id", "ds").join(whole, on=["unique_id", "ds"], how="left", maintain_order="left")
        return ordered(asked.select("unique_id", "ds", *VALUES), way.bounds)

    def sample(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """The joint paths of which `predict` reads the quantiles: unique_id, ds, path, y; every path adds up."""
        base, way = self.base(past, future), self.way
        drawn = joint(base, self.learnt, way.method, way.bounds, way.paths, way.seed)
        keys = pl.DataFrame({"unique_id": self.tree.ids}).join(base.select(pl.col("ds").unique().sort()), how="cross")
        every = keys.with_columns(path=pl.lit(list(range(way.paths)), dtype=pl.List(pl.Int32))).explode("path")
        return every.with_columns(y=pl.Series(drawn.reshape(-1)))

    def explain(self, past: pl.DataFrame, future: pl.DataFrame, every: int = 1) -> pl.DataFrame:
        """What the inner model says, if it says anything; what reconciling moves goes to `correction`."""
        whole = self.completed(future)
        return self.inner.explain(past, whole, every) if isinstance(self.inner, Explaining) else pl.DataFrame()

    def similar(self, split: Split, count: int = 5) -> pl.DataFrame:
        """What the inner model recalls."""
        return similar(self.inner, split, count)

    @property
    def learnt(self) -> Learnt:
        """What reconciling needs."""
        return Learnt(self.tree, self.errors, self.dependence)

    def base(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """The inner model's forecast of every series of the tree, with the stamps that paths need.

        Raises MissingData where a series of the tree is not in `past`, or one of `past` not in the tree.
        """
        there = past.get_column("unique_id").unique()
        odd = sorted(set(there) ^ set(self.tree.ids))
        if odd:
            raise MissingData(f"{len(odd)} series came or went since the fit, first '{odd[0]}'", "train again")
        future = self.completed(future)
        base = ordered(self.inner.predict(past, future).select("unique_id", "ds", *VALUES), self.way.bounds)
        first = base.get_column("ds").min()
        assert isinstance(first, date)
        issued = first if isinstance(first, datetime) else datetime.combine(first, time(), UTC)
        clock = Clock(self.way.every)
        before = clock.starts(base.select(clock.number().min() - 1).to_series().to_numpy()).item()
        return base.with_columns(
            task=pl.lit(""),
            issued_at=pl.lit(issued, pl.Datetime("us", "UTC")),
            cutoff=pl.lit(before, base.schema["ds"]),
        )

    def completed(self, future: pl.DataFrame) -> pl.DataFrame:
        """The grid with every series of the tree; covariates known ahead are null in rows that were not asked."""
        steps = future.select(pl.col("ds").unique().sort())
        grid = pl.DataFrame({"unique_id": self.tree.ids}).join(steps, how="cross")
        return grid.join(future, on=["unique_id", "ds"], how="left", maintain_order="left")

    def save(self, folder: Path) -> None:
        """Parquet and JSON, the inner model in a folder of its own."""
        keep.save(self.inner, folder / "inner")
        self.dependence.save(folder / "dependence")
        if self.errors is not None:
            errors = pl.DataFrame(self.errors, schema=[str(i) for i in range(self.errors.shape[1])], orient="row")
            errors.write_parquet(folder / "errors.parquet")
        given = {"hierarchy": asdict(self.hierarchy), "ids": list(self.tree.ids), "way": asdict(self.way)}
        keep.write_json(folder / "parameters.json", given)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        given = keep.read_json(folder / "parameters.json")
        parts, levels = given["hierarchy"]["parts"], given["hierarchy"]["levels"]
        hierarchy = Hierarchy(tuple(parts), tuple(tuple(level) for level in levels))
        tree = Tree.of(hierarchy, pl.Series(given["ids"]))
        way = Way(**given["way"] | {"bounds": tuple(given["way"]["bounds"])})
        file = folder / "errors.parquet"
        errors = pl.read_parquet(file).to_numpy() if file.exists() else None
        dependence = Dependence.load(folder / "dependence")
        return cls(keep.load(folder / "inner"), hierarchy, tree, way, errors, dependence)
