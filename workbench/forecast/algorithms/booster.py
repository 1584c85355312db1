"""Booster: one gradient-boosting machine for all series of a measure and all leads, that answers with a distribution.

Direct, with the lead as a column: nothing is fed back. Two learners of LightGBM share one table (`features`):

- a *forest* (its random-forest mode): every leaf keeps the histogram of the values that fell into it, and a forecast is
  the mean of the leaves it reaches — a quantile regression forest (Meinshausen 2006), well shaped and well covered;
- a *boosted mean* (`rounds` > 0), which follows the last hours more sharply, and moves the forest's distribution
  towards itself.

Use it wherever some hundred origins of history exist; wrap it in `Calibrated` where
coverage must hold.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import MissingData
from workbench.forecast import keep
from workbench.forecast.algorithms import features, features_ahead, reasons
from workbench.forecast.algorithms.features import Array, Columns, History, Ints, Rows, Spans
from workbench.forecast.algorithms.machine import Machine, Machines, count, fade, shares
from workbench.forecast.algorithms.scale import Scale, anchored, scaled, unscaled
from workbench.forecast.clock import Clock
from workbench.forecast.empirical import VALUES
from workbench.forecast.frames import measure
from workbench.forecast.task import Split, Task


@dataclass(frozen=True)
class Booster:
    """`trees` of at most `leaves` leaves with at least `smallest` rows, each split choosing among the share `columns`
    of columns, each tree grown on the share `bag` of rows; `extra` draws the cuts at random (Geurts 2006), quicker and
    smoother. `rounds` boosts a mean too, with trees of `twigs` leaves at `rate`; the distribution moves the share
    `lean` of the way to it. `bands` are the last leads of spans of leads that are learnt apart and fade into one
    another, none for one machine; about `rows` rows enter each, `leads` from every origin. `scale` is where errors are
    squared; with `anchor` the change from the last value known is learnt. `spans` says how far back to look.
    """

    trees: int = 40
    leaves: int = 255
    smallest: int = 20
    columns: float = 0.6
    bag: float = 0.5
    extra: bool = True
    rounds: int = 0
    rate: float = 0.05
    twigs: int = 31
    lean: float = 0.5
    bands: tuple[int, ...] = ()
    rows: int = 20_000
    leads: int = 6
    bins: int = 96
    scale: Scale = "sqrt"
    anchor: bool = False
    spans: Spans = field(default_factory=Spans)
    seed: int = 1

    def fit(self, task: Task, split: Split) -> "FittedBooster":
        """One machine a measure and band of leads; MissingData where a measure has no target at all."""
        parts = split.past.with_columns(measure().alias("measure")).partition_by("measure", as_dict=True)
        delay = usual_delay(split.past, task)
        machines = {str(name): self.learn(task, split, part, delay) for (name,), part in sorted(parts.items())}
        return FittedBooster(task, self.spans, self.scale, self.anchor, machines)

    def learn(self, task: Task, split: Split, past: pl.DataFrame, delay: int) -> tuple[Machine, ...]:
        """The machines of one measure."""
        ids = tuple(past.get_column("unique_id").unique().sort())
        (cutoff,) = Clock(task.every).numbers(split.cutoff)
        history = scaled(History.of(past, task, ids, cutoff), self.scale)
        ends = sorted({min(end, task.horizon) for end in (*self.bands, task.horizon)})
        bands = zip((0, *ends), ends, strict=False)
        return tuple(self.band(task, split.vintages, history, cutoff, band, delay) for band in bands)

    def band(
        self,
        task: Task,
        vintages: pl.DataFrame | None,
        history: History,
        cutoff: int,
        band: tuple[int, int],
        delay: int,
    ) -> Machine:
        """The machine of the leads after `band[0]` up to `band[1]`, and of those around its ends that it shares."""
        low, high = band[0] - fade(band[0]), min(band[1] + fade(band[1]), task.horizon)
        ids, leads = history.ids, min(self.leads, high - low)
        origins = self.origins(task, history, cutoff - low - 1, delay, leads)
        rows = Rows.sample(origins, len(ids), (low, high), leads, self.seed)
        rows = rows.only(rows.origin + rows.lead <= cutoff)
        target = history.values["y"][rows.series, rows.origin + rows.lead - history.first]
        rows, target = rows.only(~np.isnan(target)), target[~np.isnan(target)]
        if not len(target):
            raise MissingData(f"{task.name}: too short a history of {ids[0]} to learn from", "ingest history first")
        columns = features.table(history, rows, origins, delay, task, self.spans)
        if vintages is not None and not vintages.is_empty():
            known = features_ahead.ahead(vintages, task, ids, origins)
            columns |= features_ahead.table(known, columns, rows, origins, self.spans)
        if self.anchor:
            target = target - anchored(columns)
        columns = {name: values for name, values in columns.items() if not np.isnan(values).all()}
        return self.grow(ids, band[1], delay, columns, target)

    def origins(self, task: Task, history: History, last: int, delay: int, leads: int) -> Ints:
        """Training origins in step with the hour of issue, as dense as `rows` allows."""
        phases = Clock(task.every).phases
        first = history.first + delay + min(self.spans.levels[-2], history.steps // 4)
        issue = features.phase(task)
        wanted = max(1, last - first) * len(history.ids) * leads / self.rows
        strides = [s for s in range(1, phases + 1) if phases % s == 0 and s >= wanted]
        stride = strides[0] if strides else phases * int(np.ceil(wanted / phases))
        start = first + (issue - first) % min(stride, phases)
        return np.arange(start, last + 1, stride)

    def grow(self, ids: tuple[str, ...], until: int, delay: int, columns: dict[str, Array], target: Array) -> Machine:
        """Train on a table: columns by name, and the target on the scale."""
        import lightgbm

        table = np.column_stack(list(columns.values()))
        base: dict[str, Any] = {
            "verbose": -1,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "max_bin": 127,
            "num_threads": 1,
        }
        smallest = max(1, min(self.smallest, len(target) // 8))
        base |= {"num_leaves": self.leaves, "min_data_in_leaf": smallest, "min_data_in_bin": 1}
        base |= {"bagging_freq": 1, "bagging_fraction": self.bag, "feature_pre_filter": False}
        data = lightgbm.Dataset(table, target, feature_name=list(columns), params=base, free_raw_data=False)
        wood = base | {"boosting": "rf", "objective": "l2", "feature_fraction_bynode": self.columns}
        forest = lightgbm.train(wood | {"extra_trees": self.extra}, data, self.trees)
        edges = np.unique(np.quantile(target, (1 - np.cos(np.linspace(0, np.pi, self.bins + 1))) / 2)).astype(
            np.float64
        )
        if len(edges) < 2:
            edges = np.array([edges[0], edges[0] + 1e-6])
        code = np.clip(np.searchsorted(edges, target, "right") - 1, 0, len(edges) - 2)
        reached = np.asarray(forest.predict(table, pred_leaf=True, num_threads=1), dtype=np.int64)
        leaves = count(reached, code, len(edges) - 1)
        steep = base | {"num_leaves": self.twigs, "min_data_in_leaf": smallest * 4, "lambda_l2": 5.0}
        steep |= {"learning_rate": self.rate, "feature_fraction": self.columns / 2, "objective": "l2"}
        mean = [lightgbm.train(steep, data, self.rounds)] if self.rounds else []
        texts = tuple(one.model_to_string() for one in (forest, *mean))
        return Machine(ids, until, tuple(columns), delay, self.lean, texts, edges, leaves)


@dataclass(frozen=True)
class FittedBooster:
    """The machines by measure, and the question they were made for."""

    task: Task
    spans: Spans
    scale: Scale
    anchor: bool
    machines: dict[str, tuple[Machine, ...]]

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """One table a measure, at the origin just before the first step asked."""
        return pl.concat([self.forecast(*found) for found in self.tables(past, future)])

    def explain(self, past: pl.DataFrame, future: pl.DataFrame, every: int = 1) -> pl.DataFrame:
        """See `explain.Explaining`; contributions are made on `scale` and carried to the unit of y."""
        return pl.concat([reasons.explained(self, *found, every) for found in self.tables(past, future)])

    def similar(self, split: Split, count: int = 5) -> pl.DataFrame:
        """See `explain.Recalling`; two are alike in the share of the forest's trees that do not part them."""
        return reasons.similar(self, split, count)

    def tables(self, past: pl.DataFrame, future: pl.DataFrame) -> Iterator[tuple[Machines, pl.DataFrame, Columns]]:
        """For each measure: its machines, the rows asked of them, and what those look like."""
        asked = future.with_columns(measure().alias("measure"), Clock(self.task.every).number().alias("number"))
        origin = int(asked.get_column("number").min()) - 1  # type: ignore[arg-type]
        recent = past.filter(Clock(self.task.every).number() > origin - self.spans.memory - 400)
        recent = recent.with_columns(measure().alias("measure"))
        for (name,), part in asked.partition_by("measure", as_dict=True).items():
            if name not in self.machines:
                raise MissingData(f"{self.task.name}: {name} was never learnt", "train again with its history")
            machines = self.machines[str(name)]
            yield machines, part, self.columns(machines, recent.filter(pl.col("measure") == name), part, origin)

    def columns(self, machines: Machines, past: pl.DataFrame, asked: pl.DataFrame, origin: int) -> Columns:
        """The columns of one measure, a row for each asked; a series never learnt looks like a new one."""
        known = machines[0].ids
        new = asked.get_column("unique_id").unique().sort()
        ids = (*known, *(one for one in new if one not in known))
        history = scaled(History.of(past, self.task, ids, origin, self.spans.memory + 200), self.scale)
        series = asked.get_column("unique_id").cast(pl.Enum(ids)).to_physical().to_numpy().astype(np.int64)
        lead = asked.get_column("number").to_numpy() - origin
        rows, origins = Rows(np.full(len(lead), origin), series, lead), np.array([origin])
        columns = features.table(history, rows, origins, machines[0].delay, self.task, self.spans)
        columns["series"] = np.where(series < len(known), series, np.nan).astype(np.float32)
        if any(name in asked.columns for name in self.task.known_ahead):
            leads = asked.with_columns(origin=origin, lead=pl.col("number") - origin)
            ahead = features_ahead.scatter(leads, self.task, ids, origins)
            columns |= features_ahead.table(ahead, columns, rows, origins, self.spans)
        return columns

    def forecast(self, machines: Machines, asked: pl.DataFrame, columns: Columns) -> pl.DataFrame:
        """The answer for one measure, a row for each asked."""
        lead = columns["lead"].astype(np.int64)
        values = np.zeros((len(lead), len(VALUES)))
        for machine, share in zip(machines, shares(lead, [machine.until for machine in machines]), strict=True):
            own = share > 0
            if own.any():
                values[own] += share[own, None] * self.answer(machine, {k: v[own] for k, v in columns.items()})
        return asked.select("unique_id", "ds", *(pl.Series(name, values[:, i]) for i, name in enumerate(VALUES)))

    def answer(self, machine: Machine, columns: Columns) -> NDArray[np.float64]:
        """Mean and quantiles of one machine, `[row, VALUES]`; a column it knows and the table lacks is unknown."""
        rows = len(columns["lead"])
        quantiles, mass, shift = machine.answer(machine.table(columns, rows))
        base = anchored(columns) if self.anchor else np.zeros(rows)
        middles = (machine.edges[:-1] + machine.edges[1:]) / 2 + (base + shift)[:, None]
        mean = (mass * unscaled(middles, self.scale)).sum(axis=1)
        return np.column_stack([mean, unscaled(quantiles + base[:, None], self.scale)])

    def save(self, folder: Path) -> None:
        """For each measure the boosters as text and the leaves as Parquet; the rest as JSON."""
        given: dict[str, Any] = {"task": asdict(self.task), "spans": asdict(self.spans), "scale": self.scale}
        given |= {"anchor": self.anchor}
        for name, machines in self.machines.items():
            for machine in machines:
                machine.save(folder / name / str(machine.until))
        measures = {name: [machine.until for machine in machines] for name, machines in self.machines.items()}
        keep.write_json(folder / "parameters.json", given | {"measures": measures})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        given = keep.read_json(folder / "parameters.json")
        machines = {
            name: tuple(Machine.load(folder / name / str(until)) for until in ends)
            for name, ends in given["measures"].items()
        }
        task, spans = plain(Task, given["task"]), plain(Spans, given["spans"])
        return cls(task, spans, given["scale"], given["anchor"], machines)


def plain(kind: type[Any], given: dict[str, Any]) -> Any:
    """A frozen value again from JSON, whose lists were tuples."""
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in given.items()})


def usual_delay(past: pl.DataFrame, task: Task) -> int:
    """Steps from a value to the cutoff of the first origin that may use it: the median over all rows, rounded up."""
    if "known_at" not in past.columns:
        return 0
    clock = Clock(task.every)
    ended = pl.col("ds").dt.offset_by(task.every) if task.daily else pl.col("ds")
    issue = task.origin(date(1970, 1, 2)).timestamp() - 86400 if task.daily else 0.0
    late = (pl.col("known_at").dt.epoch("s") - ended.cast(pl.Datetime("us")).dt.epoch("s") - issue) / 3600
    steps = past.select((late / clock.hours).ceil().median()).item()
    return max(0, int(np.ceil(steps or 0)))
