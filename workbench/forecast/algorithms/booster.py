"""Booster: one gradient-boosting machine for all series of a measure and all leads, that answers with a distribution.

Direct, with the lead as a column: nothing is fed back. Two learners of LightGBM share one table (`features`):

- a *forest* (its random-forest mode): every leaf keeps the histogram of the values that fell into it, and a forecast is
  the mean of the leaves it reaches — a quantile regression forest (Meinshausen 2006), well shaped and well covered;
- boosted *quantiles* (`rounds` > 0), sharper on the first day and overconfident later.

With both, quantiles are averaged. Use it wherever some hundred origins of history exist; wrap it in `Calibrated` where
coverage must hold.
"""

from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import MissingData
from workbench.forecast import keep
from workbench.forecast.algorithms import features
from workbench.forecast.algorithms.features import Array, History, Ints, Rows, Spans
from workbench.forecast.empirical import VALUES, Clock
from workbench.forecast.frames import LEVELS, measure
from workbench.forecast.task import Split, Task

Scale = Literal["linear", "sqrt"]
KNOTS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
"""The levels that are boosted; those between are interpolated on normal paper."""


@dataclass(frozen=True)
class Booster:
    """`trees` of at most `leaves` leaves with at least `smallest` rows, each split choosing among the share `columns`
    of columns, each tree grown on the share `bag` of rows; `extra` draws the cuts at random (Geurts 2006), quicker and
    smoother. About `rows` rows enter, `leads` from each origin. `rounds` boosts the quantiles too. `scale` is where
    errors are squared. `spans` says how far back to look.
    """

    trees: int = 40
    leaves: int = 255
    smallest: int = 20
    columns: float = 0.6
    bag: float = 0.5
    extra: bool = True
    rounds: int = 0
    rate: float = 0.05
    rows: int = 30_000
    leads: int = 6
    bins: int = 96
    scale: Scale = "sqrt"
    spans: Spans = field(default_factory=Spans)
    seed: int = 1

    def fit(self, task: Task, split: Split) -> "FittedBooster":
        """One machine a measure; MissingData where a measure has no target at all."""
        measures = split.past.select(measure()).to_series().unique().sort()
        parts = split.past.with_columns(measure().alias("measure")).partition_by("measure", as_dict=True)
        delay = usual_delay(split.past, task)
        machines = {name: self.learn(task, split, parts[(name,)], delay) for name in measures}
        return FittedBooster(task, self.spans, self.scale, machines)

    def learn(self, task: Task, split: Split, past: pl.DataFrame, delay: int) -> "Machine":
        """The machine of one measure."""
        ids = tuple(past.get_column("unique_id").unique().sort())
        cutoff = int(pl.DataFrame({"ds": [split.cutoff]}).select(Clock(task.every).number()).item())
        history = scaled(History.of(past, task, ids, cutoff), self.scale)
        origins = self.origins(task, history, cutoff - 1, delay, len(ids))
        rows = Rows.sample(origins, len(ids), task.horizon, self.leads, self.seed)
        rows = rows.only(rows.origin + rows.lead <= cutoff)
        target = history.values["y"][rows.series, rows.origin + rows.lead - history.first]
        rows, target = rows.only(~np.isnan(target)), target[~np.isnan(target)]
        if not len(target):
            raise MissingData(f"{task.name}: no value of {ids[0]} to learn from", "ingest history first")
        columns = features.table(history, rows, origins, delay, task, self.spans)
        if split.vintages is not None and not split.vintages.is_empty():
            known = features.ahead(split.vintages, task, ids, origins)
            columns |= features.table_ahead(known, columns, rows, origins, self.spans)
        columns = {name: values for name, values in columns.items() if not np.isnan(values).all()}
        return self.grow(ids, delay, columns, target)

    def origins(self, task: Task, history: History, last: int, delay: int, series: int) -> Ints:
        """Training origins in step with the hour of issue, as dense as `rows` allows."""
        phases = Clock(task.every).phases
        first = history.first + delay + min(self.spans.levels[-2], history.steps // 4)
        issue = features.phase(task)
        wanted = max(1, last - first) * series * min(self.leads, task.horizon) / self.rows
        strides = [s for s in range(1, phases + 1) if phases % s == 0 and s >= wanted]
        stride = strides[0] if strides else phases * int(np.ceil(wanted / phases))
        start = first + (issue - first) % min(stride, phases)
        return np.arange(start, last + 1, stride)

    def grow(self, ids: tuple[str, ...], delay: int, columns: dict[str, Array], target: Array) -> "Machine":
        """Train on a table: columns by name, and the target on the scale."""
        import lightgbm

        table = np.column_stack(list(columns.values()))
        base = {"verbose": -1, "seed": self.seed, "deterministic": True, "force_row_wise": True, "max_bin": 127, "num_threads": 1}
        smallest = max(1, min(self.smallest, len(target) // 8))
        base |= {"num_leaves": self.leaves, "min_data_in_leaf": smallest, "min_data_in_bin": 1}
        base |= {"bagging_freq": 1, "bagging_fraction": self.bag, "feature_pre_filter": False}
        data = lightgbm.Dataset(table, target, feature_name=list(columns), params=base, free_raw_data=False)
        wood = base | {"boosting": "rf", "objective": "l2", "feature_fraction_bynode": self.columns}
        forest = lightgbm.train(wood | {"extra_trees": self.extra}, data, self.trees)
        edges = np.unique(np.quantile(target, (1 - np.cos(np.linspace(0, np.pi, self.bins + 1))) / 2))
        if len(edges) < 2:
            edges = np.array([edges[0], edges[0] + 1e-6])
        code = np.clip(np.searchsorted(edges, target, "right") - 1, 0, len(edges) - 2)
        leaves = count(forest.predict(table, pred_leaf=True, num_threads=1).astype(np.int64), code, len(edges) - 1)
        steep = base | {"num_leaves": 31, "min_data_in_leaf": max(smallest, min(300, len(target) // 100))}
        steep |= {"learning_rate": self.rate, "feature_fraction": 0.4, "lambda_l2": 5.0, "objective": "quantile"}
        knots = [lightgbm.train(steep | {"alpha": p}, data, self.rounds) for p in KNOTS] if self.rounds else []
        texts = tuple(one.model_to_string() for one in (forest, *knots))
        return Machine(ids, tuple(columns), delay, texts, edges, leaves)


@dataclass(frozen=True)
class Machine:
    """What one measure has learnt: series in their order, columns, the release delay in steps, booster texts (the
    forest, then the knots), the edges of the histogram on the scale, and `leaves[tree, leaf, bin]` summing to 1."""

    ids: tuple[str, ...]
    columns: tuple[str, ...]
    delay: int
    texts: tuple[str, ...] = field(repr=False)
    edges: NDArray[np.float64] = field(repr=False)
    leaves: Array = field(repr=False)

    @cached_property
    def boosters(self) -> list[Any]:
        """The boosters, read from their text once."""
        import lightgbm

        return [lightgbm.Booster(model_str=text) for text in self.texts]

    def answer(self, table: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Quantiles [row, level] and the probabilities of the bins [row, bin], both on the scale."""
        forest, *knots = self.boosters
        reached = forest.predict(table, pred_leaf=True, num_threads=1).astype(np.int64).reshape(len(table), -1)
        mass = np.zeros((len(table), self.leaves.shape[2]))
        for tree in range(reached.shape[1]):
            mass += self.leaves[tree, reached[:, tree]]
        mass /= mass.sum(axis=1, keepdims=True)
        below = np.concatenate([np.zeros((len(table), 1)), np.cumsum(mass, axis=1)], axis=1)
        below += np.arange(below.shape[1]) * 1e-12
        quantiles = np.stack([np.interp(LEVELS, row, self.edges) for row in below])
        if knots:
            sharp = np.sort(np.stack([one.predict(table, num_threads=1) for one in knots], axis=1), axis=1)
            quantiles = (quantiles + on_normal_paper(sharp)) / 2
        return quantiles, mass


@dataclass(frozen=True)
class FittedBooster:
    """The machines by measure, and the question they were made for."""

    task: Task
    spans: Spans
    scale: Scale
    machines: dict[str, Machine]

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """One table a measure, at the origin just before the first step asked."""
        asked = future.with_columns(measure().alias("measure"), Clock(self.task.every).number().alias("number"))
        origin = int(asked.get_column("number").min()) - 1  # type: ignore[arg-type]
        recent = past.filter(Clock(self.task.every).number() > origin - self.spans.memory - 400)
        recent = recent.with_columns(measure().alias("measure"))
        parts = []
        for (name,), part in asked.partition_by("measure", as_dict=True).items():
            if name not in self.machines:
                raise MissingData(f"{self.task.name}: {name} was never learnt", "train again with its history")
            own = recent.filter(pl.col("measure") == name)
            parts.append(self.forecast(self.machines[str(name)], own, part, origin))
        return pl.concat(parts)

    def forecast(self, machine: Machine, past: pl.DataFrame, asked: pl.DataFrame, origin: int) -> pl.DataFrame:
        """The answer of one machine, a row for each row asked; a series never learnt is forecast like a new one."""
        new = asked.get_column("unique_id").unique().sort()
        ids = (*machine.ids, *(one for one in new if one not in machine.ids))
        back = self.spans.memory + 200
        history = scaled(History.of(past, self.task, ids, origin, back), self.scale)
        series = asked.get_column("unique_id").cast(pl.Enum(ids)).to_physical().to_numpy().astype(np.int64)
        lead = asked.get_column("number").to_numpy() - origin
        rows = Rows(np.full(len(lead), origin), series, lead)
        origins = np.array([origin])
        columns = features.table(history, rows, origins, machine.delay, self.task, self.spans)
        columns["series"] = np.where(series < len(machine.ids), series, np.nan).astype(np.float32)
        if any(name in asked.columns for name in self.task.known_ahead):
            known = features.scatter(asked.with_columns(origin=origin, lead=lead), self.task, ids, origins)
            columns |= features.table_ahead(known, columns, rows, origins, self.spans)
        unknown = np.full(len(lead), np.nan, dtype=np.float32)
        quantiles, mass = machine.answer(np.column_stack([columns.get(name, unknown) for name in machine.columns]))
        fine = unscaled((machine.edges[:-1] + machine.edges[1:]) / 2, self.scale)
        values = np.column_stack([mass @ fine, unscaled(quantiles, self.scale)])
        return asked.select("unique_id", "ds", *(pl.Series(name, values[:, i]) for i, name in enumerate(VALUES)))

    def save(self, folder: Path) -> None:
        """For each measure the boosters as text and the leaves as Parquet; the rest as JSON."""
        given: dict[str, Any] = {"task": asdict(self.task), "spans": asdict(self.spans), "scale": self.scale}
        for name, machine in self.machines.items():
            place = folder / name
            place.mkdir()
            for number, text in enumerate(machine.texts):
                (place / f"{number}.txt").write_text(text, encoding="utf-8")
            shape = machine.leaves.shape
            pl.DataFrame({"mass": machine.leaves.ravel()}).write_parquet(place / "leaves.parquet")
            about = {"ids": machine.ids, "columns": machine.columns, "delay": machine.delay, "shape": shape}
            keep.write_json(
                place / "machine.json", about | {"edges": machine.edges.tolist(), "texts": len(machine.texts)}
            )
        keep.write_json(folder / "parameters.json", given | {"measures": list(self.machines)})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        given = keep.read_json(folder / "parameters.json")
        machines = {}
        for name in given["measures"]:
            place = folder / name
            about = keep.read_json(place / "machine.json")
            texts = tuple((place / f"{i}.txt").read_text(encoding="utf-8") for i in range(about["texts"]))
            leaves = pl.read_parquet(place / "leaves.parquet").get_column("mass").to_numpy().reshape(about["shape"])
            edges = np.array(about["edges"])
            machines[name] = Machine(tuple(about["ids"]), tuple(about["columns"]), about["delay"], texts, edges, leaves)
        return cls(plain(Task, given["task"]), plain(Spans, given["spans"]), given["scale"], machines)


def plain(kind: type[Any], given: dict[str, Any]) -> Any:
    """A frozen value again from JSON, whose lists were tuples."""
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in given.items()})


def usual_delay(past: pl.DataFrame, task: Task) -> int:
    """Steps from a value to the cutoff of the first origin that may use it: the median over all rows, rounded up."""
    if "known_at" not in past.columns:
        return 0
    hours = Clock(task.every).hours
    usable = (features.instant(0, task).timestamp() / 3600) if task.daily else 0.0
    late = pl.col("known_at").dt.epoch("s") / 3600 - usable - Clock(task.every).number() * hours
    steps = past.select((late / hours).ceil().median()).item()
    return max(0, int(np.ceil(steps or 0)))


def count(reached: Ints, code: Ints, bins: int) -> Array:
    """Histogram of the targets in each leaf: [tree, leaf, bin], each summing to 1 (0 for a leaf that has none)."""
    many = int(reached.max()) + 1
    out = np.zeros((reached.shape[1], many, bins), dtype=np.float32)
    for tree in range(reached.shape[1]):
        out[tree] = np.bincount(reached[:, tree] * bins + code, minlength=many * bins).reshape(many, bins)
    return out / np.maximum(out.sum(axis=2, keepdims=True), 1)


def on_normal_paper(sharp: NDArray[np.float64]) -> NDArray[np.float64]:
    """All levels from those at the knots, straight lines between where the axis is a normal score."""
    from statistics import NormalDist

    place = [NormalDist().inv_cdf(level) for level in LEVELS]
    knots = [NormalDist().inv_cdf(level) for level in KNOTS]
    return np.stack([np.interp(place, knots, row) for row in sharp])


def scaled(history: History, scale: Scale) -> History:
    """The history with `y` on the scale."""
    if scale == "linear":
        return history
    y = np.sqrt(np.maximum(history.values["y"], 0))
    return History(history.ids, history.first, history.values | {"y": y})


def unscaled(values: NDArray[np.float64], scale: Scale) -> NDArray[np.float64]:
    """Back from the scale."""
    return values if scale == "linear" else np.maximum(values, 0) ** 2
