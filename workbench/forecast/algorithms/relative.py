"""Many series in one table: every row in the units of its own series at its own origin.

What a booster of one measure sees in µg/m³ a global learner sees as distance from the series' recent level, in units of
its recent spread, on a scale that suits its values. The columns are those of `features`, `features_ahead` and
`features_groups`; only their units change, so that what is learnt of one series holds for the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import MissingData
from workbench.forecast.algorithms import features, features_ahead, features_groups
from workbench.forecast.algorithms.booster import usual_delay
from workbench.forecast.algorithms.features import Array, History, Ints, Rows, Spans, Sums
from workbench.forecast.algorithms.scale import Scale, scaled, unscaled
from workbench.forecast.clock import Clock
from workbench.forecast.empirical import VALUES
from workbench.forecast.explain import BASE, in_units, part_of
from workbench.forecast.task import Split, Task

LEVEL = ("last", "level", "low", "high", "echo", "lag", "network", "group")
WIDTH = ("swing", "spread")


@dataclass(frozen=True)
class View:
    """How series are made comparable. `scale` (None: log where all is positive, sqrt where nothing is negative, else
    linear); over the last `window` steps, the mean is subtracted (`centre`) and the spread divided by (`unit`)."""

    scale: Scale | None = None
    window: int = 28
    centre: bool = True
    unit: bool = True
    spans: Spans = field(default_factory=Spans)


@dataclass(frozen=True)
class World:
    """One task's series as a view sees them, and what is known ahead of them at any origin.

    `floor` is the smallest spread that is believed, in units of the scale.
    """

    task: Task
    view: View
    scale: Scale
    delay: int
    floor: float
    history: History
    vintages: pl.DataFrame | None = field(default=None, repr=False)

    @classmethod
    def of(cls, task: Task, split: Split, view: View) -> "World":
        """From what was known at an origin, to learn from."""
        ids = tuple(split.past.get_column("unique_id").unique().sort())
        (cutoff,) = Clock(task.every).numbers(split.cutoff)
        raw = History.of(split.past, task, ids, cutoff)
        scale = view.scale or suited(raw.values["y"])
        history = scaled(raw, scale)
        y = history.values["y"]
        known = ~np.isnan(y)
        if not known.any():
            raise MissingData(f"{task.name}: no value of any series is known", "ingest history first")
        mean = np.where(known, y, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        spread = np.sqrt(np.where(known, (y - mean[:, None]) ** 2, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1))
        floor = max(float(np.median(spread)) / 100, 1e-6)
        return cls(task, view, scale, usual_delay(split.past, task), floor, history, split.vintages)

    def columns(self, rows: Rows, known: dict[str, Array] | None = None) -> tuple[dict[str, Array], Array, Array]:
        """Columns by name, and level and spread of each row, which its target is told in."""
        spans = self.view.spans
        origins = np.unique(rows.origin)
        columns = features.table(self.history, rows, origins, self.delay, self.task, spans)
        if known is None and self.vintages is not None and not self.vintages.is_empty() and self.task.known_ahead:
            known = features_ahead.ahead(self.vintages, self.task, self.history.ids, origins)
        if known:
            columns |= features_ahead.table(known, columns, rows, origins, spans)
            columns |= features_ahead.since(known, self.history, (rows, origins, self.delay), self.task)
        if spans.groups and self.task.seasons:
            columns |= features_groups.table(self.history, rows, self.delay, self.task.seasons[0], spans)
        level, spread = self.measured(rows)
        base = level if self.view.centre else np.zeros_like(level)
        size = spread if self.view.unit else np.ones_like(spread)
        for name, values in columns.items():
            kind = name.split("_")[0]
            if kind in LEVEL:
                columns[name] = (values - base) / size
            elif kind in WIDTH:
                columns[name] = values / size
        columns["base"], columns["size"] = level, np.log(spread)
        return columns, base, spread

    def measured(self, rows: Rows) -> tuple[Array, Array]:
        """Level and spread of each row's series over the window at its origin.

        Where too little of the window is known, of all that was known by then (0 if nothing was). A spread is at least
        a tenth of that of all, and never below the floor: a quiet month must not make the next one's news enormous.
        """
        sums = Sums.of(self.history.values["y"])
        origins, place = np.unique(rows.origin, return_inverse=True)
        at = origins - self.delay - self.history.first
        (level, spread), (always, wide) = (
            (part[rows.series, place] for part in sums.level(window, at, share))
            for window, share in ((self.view.window, 1 / 3), (self.history.steps, 0.0))
        )
        empty = np.isnan(level)
        spread = np.maximum(
            np.nan_to_num(np.where(empty, wide, spread)), np.maximum(np.nan_to_num(wide) / 10, self.floor)
        )
        return np.nan_to_num(np.where(empty, always, level)), spread

    def usable(self, rows: Rows) -> Rows:
        """Those rows to learn from: the target known, and enough of the window before it."""
        rows = rows.only(rows.origin + rows.lead < self.history.first + self.history.steps)
        rows = rows.only(~np.isnan(self.target(rows)))
        origins, place = np.unique(rows.origin, return_inverse=True)
        sums = Sums.of(self.history.values["y"])
        level = sums.level(self.view.window, origins - self.delay - self.history.first)[0]
        return rows.only(~np.isnan(level[rows.series, place]))

    def target(self, rows: Rows) -> Array:
        """The value of each row's target step on the scale, NaN where it is not known."""
        return self.history.values["y"][rows.series, rows.origin + rows.lead - self.history.first]

    def origins(self, stride: int) -> Ints:
        """Origins to learn from, every `stride` steps, the last one first in step; the first quarter only warms up."""
        last = self.history.first + self.history.steps - 2
        warm = self.history.first + self.delay + min(self.view.window, self.history.steps // 4)
        start = last - (last - features.phase(self.task)) % min(stride, Clock(self.task.every).phases)
        return np.arange(start, warm - 1, -stride)[::-1]


def too_short(world: World) -> MissingData:
    """No origin of any series has enough before it and a target after it."""
    ids = world.history.ids
    names = ", ".join(ids[:3]) + (f" and {len(ids) - 3} more" if len(ids) > 3 else "")
    return MissingData(
        f"{world.task.name}: too short a history to learn from, {world.history.steps} steps of {names}",
        "ingest more history, or let a model of single series answer",
    )


def suited(y: Array) -> Scale:
    """The scale that suits values: log where all are positive, sqrt where none is negative, else linear."""
    low = np.nanmin(y)
    return "log" if low > 0 else "sqrt" if low >= 0 else "linear"


def answer(asked: pl.DataFrame, middle: NDArray[np.float64], world: World) -> pl.DataFrame:
    """A forecast from the middle on the scale, as a point: mean and quantiles are the same (`blended` gives ranges)."""
    point = pl.Series("point", unscaled(middle, world.scale))
    return asked.select("unique_id", "ds", *(point.alias(name) for name in VALUES))


def explained(
    asked: pl.DataFrame,
    base: NDArray[np.float64],
    contributions: NDArray[np.float64],
    names: Sequence[str],
    world: World,
) -> pl.DataFrame:
    """unique_id, ds, part, value: from `base` [row] on the scale, in units of y, by `contributions` [row, column].

    `names` are the columns'. The base is the recent level of the series itself, which the learners start from.
    """
    part = [part_of(name, world.task) for name in names]
    kinds = sorted(set(part))
    member = np.array([[own == kind for kind in kinds] for own in part], dtype=np.float64)
    moved = in_units(base, contributions @ member, lambda y: unscaled(y, world.scale))
    wide = asked.select("unique_id", "ds", pl.Series(BASE, unscaled(base, world.scale)))
    wide = wide.with_columns(pl.Series(kind, moved[:, i]) for i, kind in enumerate(kinds))
    return wide.unpivot([BASE, *kinds], index=["unique_id", "ds"], variable_name="part", value_name="value")
