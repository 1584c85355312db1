"""The regularised linear sibling of the global trees: one ridge regression a lead, each series near to what all share.

The same table of columns, standardised; weekdays and bends of what is known ahead as columns of their own. A series'
coefficients are those of the pool plus a deviation that `local` holds small: with little history it goes with the
others, with much it goes its own way. Use it beside the trees: the two err differently, and it follows trends that
trees cannot leave their leaves for.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.forecast import keep
from workbench.forecast.algorithms.features import Array, Ints, Rows
from workbench.forecast.algorithms.global_trees import blocks, recalled, remembered
from workbench.forecast.algorithms.relative import View, World, answer, explained, too_short
from workbench.forecast.clock import Clock
from workbench.forecast.task import Split, Task, require_ahead

Matrix = NDArray[np.float64]
SOLE = ("series", "lead", "hour")
KNOTS = (0.2, 0.5, 0.8)
CHUNK = 1_000_000
"""Rows of the table that are held at once."""


@dataclass(frozen=True)
class GlobalLinear:
    """`ridge` and `local` are penalties in units of a column's variance, of the pool's coefficients and of a series'
    deviation from them (0: no deviation). Origins are `stride` steps apart (0: at the hour of issue only)."""

    view: View = field(default_factory=View)
    ridge: float = 0.01
    local: float = 0.1
    stride: int = 0

    def fit(self, task: Task, split: Split) -> "FittedLinear":
        """Coefficients a lead."""
        require_ahead(task, split.future)
        world = World.of(task, split, self.view)
        stride = self.stride or Clock(task.every).phases
        origins = world.origins(stride)
        if len(origins) < 2:
            raise too_short(world)
        series = len(world.history.ids)
        form: Form | None = None
        found, low, high = [], np.inf, -np.inf
        for lead in lead_chunks(task.horizon, len(origins) * series):
            rows = world.usable(Rows.every(origins, series, lead))
            if not len(rows.lead):
                raise too_short(world)
            columns, base, spread = world.columns(rows)
            form = form or Form.of(columns, task)
            goal = (world.target(rows) - base) / (spread if self.view.unit else 1)
            low, high = min(low, float(goal.min())), max(high, float(goal.max()))
            for one in lead:
                own = rows.lead == one
                table = form.apply({name: values[own] for name, values in columns.items()})
                sums = Sums.of(table, goal[own], rows.series[own], series)
                found.append(sums.solve(self.ridge, self.local))
        assert form is not None
        return FittedLinear(task, replace(world, vintages=None), form, np.stack(found), (low, high))


def lead_chunks(horizon: int, rows: int) -> list[Ints]:
    """All leads, so many at a time that their rows fit."""
    size = max(1, CHUNK // max(rows, 1))
    return [np.arange(k + 1, min(k + size, horizon) + 1) for k in range(0, horizon, size)]


@dataclass(frozen=True)
class Form:
    """How columns become a matrix: names, knots of what is known ahead, means and spreads (0 where constant)."""

    names: tuple[str, ...]
    knots: dict[str, tuple[float, ...]]
    means: Matrix
    spreads: Matrix

    @classmethod
    def of(cls, columns: dict[str, Array], task: Task) -> "Form":
        """From the first rows seen."""
        names = tuple(name for name, values in columns.items() if name not in SOLE and not np.isnan(values).all())
        bent = [name for name in names if name.endswith("_ahead") and len(np.unique(columns[name][:5000])) > 10]
        knots = {name: tuple(float(v) for v in np.nanquantile(columns[name], KNOTS)) for name in bent}
        raw = cls(names, knots, np.zeros(1), np.ones(1)).raw(columns)
        means = np.nanmean(raw, axis=0)
        return cls(names, knots, means, np.nanstd(raw, axis=0))

    @property
    def columns(self) -> list[str]:
        """The name that each column of the matrix comes from, the ones left out."""
        many = {name: 1 + len(self.knots.get(name, ())) for name in self.names} | {"weekday": 7}
        return [name for name in self.names for _ in range(many[name])]

    def raw(self, columns: dict[str, Array]) -> Matrix:
        """Columns, weekdays one by one, and hinges."""
        length = len(columns["lead"])
        unknown = np.full(length, np.nan, dtype=np.float32)
        parts = []
        for name in self.names:
            values = columns.get(name, unknown)
            if name == "weekday":
                parts += [(values == day).astype(np.float64) for day in range(1, 8)]
                continue
            parts.append(values.astype(np.float64))
            parts += [np.maximum(values - knot, 0).astype(np.float64) for knot in self.knots.get(name, ())]
        return np.column_stack(parts)

    def apply(self, columns: dict[str, Array]) -> Matrix:
        """The standardised matrix with a last column of ones; what is unknown is put at the mean."""
        scaled = (self.raw(columns) - self.means) / np.where(self.spreads > 1e-9, self.spreads, np.inf)
        return np.column_stack([np.clip(np.nan_to_num(scaled), -8, 8), np.ones(len(scaled))])


@dataclass(frozen=True)
class Sums:
    """Sums of squares of each series, `[series, column, column]` and `[series, column]`, and numbers of rows."""

    square: Matrix
    cross: Matrix
    count: Matrix

    @classmethod
    def of(cls, table: Matrix, goal: Array, series: Ints, many: int) -> "Sums":
        """From rows in any order."""
        width = table.shape[1]
        square, cross, total = np.zeros((many, width, width)), np.zeros((many, width)), np.zeros(many)
        order = np.argsort(series, kind="stable")
        bounds = np.searchsorted(series[order], np.arange(many + 1))
        for one in range(many):
            own = order[bounds[one] : bounds[one + 1]]
            square[one], cross[one], total[one] = table[own].T @ table[own], table[own].T @ goal[own], len(own)
        return cls(square, cross, total)

    def solve(self, ridge: float, local: float) -> Matrix:
        """Coefficients `[1 + series, column]`: of the pool, then of each series (equal to the pool's if none)."""
        width = self.square.shape[1]
        free = np.eye(width)
        free[-1, -1] = 1e-6  # the level is not held back
        mean = 1 / np.maximum(self.count, 1)
        own, aim = self.square * mean[:, None, None], self.cross * mean[:, None]
        share = self.count / max(float(self.count.sum()), 1)
        together, wanted = np.tensordot(share, own, 1), share @ aim
        pool = np.linalg.solve(together + ridge * free, wanted)
        if not local or len(own) == 1:
            return np.broadcast_to(pool, (1 + len(own), width)).copy()
        rest = aim - own @ pool
        away = np.linalg.solve(own + local * np.eye(width), rest[:, :, None])[:, :, 0]
        return np.vstack([pool, pool + away])


@dataclass(frozen=True)
class FittedLinear:
    """Coefficients `[lead, 1 + series, column]`, how columns become a matrix, and the range that goals had."""

    task: Task
    world: World
    form: Form
    coefficients: Matrix
    limits: tuple[float, float]

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """Every row of `future`, at the origin just before its first step; longer leads than learnt are refused."""
        require_ahead(self.task, future)
        asked, table, coefficients, (base, size), world = self.seen(past, future)
        middle = np.clip(np.einsum("rc,rc->r", table, coefficients), *self.limits) * size + base
        return answer(asked, middle, world)

    def explain(self, past: pl.DataFrame, future: pl.DataFrame, every: int = 1) -> pl.DataFrame:
        """See `explain.Explaining`: columns times coefficients, grouped by part; the base is the recent level."""
        asked, table, coefficients, (base, size), world = self.seen(past, future)
        first = asked.get_column("number").min()
        own = asked.select((pl.col("number") - first + 1) % every == 0).to_series().to_numpy()
        told = (table * coefficients * size[:, None])[own]
        start = base[own].astype(np.float64) + told[:, -1]
        return explained(asked.filter(own), start, told[:, :-1], self.form.columns, world)

    def seen(
        self, past: pl.DataFrame, future: pl.DataFrame
    ) -> tuple[pl.DataFrame, Matrix, Matrix, tuple[Array, Array], World]:
        """The rows asked, their columns and coefficients [row, column], what is added and multiplied, and the world."""
        ((asked, rows, world, known),) = blocks(self.world, past, future, self.task.horizon)
        columns, base, spread = world.columns(rows, known)
        series = np.where(rows.series < len(self.world.history.ids), rows.series, -1)
        coefficients = self.coefficients[rows.lead - 1, series + 1]
        return (
            asked,
            self.form.apply(columns),
            coefficients,
            (base, spread if world.view.unit else np.ones_like(spread)),
            world,
        )

    def save(self, folder: Path) -> None:
        """Coefficients as Parquet, the rest as JSON."""
        pl.DataFrame({"value": self.coefficients.ravel()}).write_parquet(folder / "coefficients.parquet")
        given: dict[str, Any] = {"names": list(self.form.names), "knots": self.form.knots}
        given |= {"means": self.form.means.tolist(), "spreads": self.form.spreads.tolist()}
        given |= {"shape": list(self.coefficients.shape), "limits": list(self.limits)}
        keep.write_json(folder / "parameters.json", given | remembered(self.world))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        given = keep.read_json(folder / "parameters.json")
        world = recalled(given)
        knots = {name: tuple(values) for name, values in given["knots"].items()}
        form = Form(tuple(given["names"]), knots, np.array(given["means"]), np.array(given["spreads"]))
        values = pl.read_parquet(folder / "coefficients.parquet").get_column("value").to_numpy()
        low, high = given["limits"]
        return cls(world.task, world, form, values.reshape(given["shape"]), (low, high))
