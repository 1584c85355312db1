"""One boosting machine for all series: what is learnt of one serves the others.

Direct with the lead as a column, or recursive in blocks (`block`): a block's forecasts become history for the next.
Use it for many series that are alike, for long ones with several seasons, and wherever covariates are known ahead; for
single short series local models are better. It answers with points: `Blended` around it gives them ranges.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.forecast import keep
from workbench.forecast.algorithms import features_ahead
from workbench.forecast.algorithms.booster import plain
from workbench.forecast.algorithms.features import Array, History, Rows, Spans
from workbench.forecast.algorithms.relative import View, World, answer, explained, too_short
from workbench.forecast.algorithms.scale import scaled
from workbench.forecast.clock import Clock
from workbench.forecast.task import Split, Task, require_ahead

Objective = Literal["l2", "l1", "tweedie", "poisson"]


@dataclass(frozen=True)
class GlobalTrees:
    """`rounds` trees of `leaves` leaves at `rate`, each of half the columns and `bag` of the rows, leaves of at least
    `smallest` rows. About `rows` rows are learnt from, `leads` of each origin, origins `stride` steps apart (0: at the
    hour of issue only). With `block` the machine learns leads up to it and feeds its forecasts back."""

    view: View = field(default_factory=View)
    objective: Objective = "l2"
    rounds: int = 300
    leaves: int = 31
    rate: float = 0.05
    smallest: int = 20
    columns: float = 0.5
    bag: float = 0.7
    rows: int = 200_000
    leads: int = 0
    stride: int = 0
    block: int = 0
    seed: int = 1

    def fit(self, task: Task, split: Split) -> "FittedTrees":
        """One machine on all."""
        require_ahead(task, split.future)
        world = World.of(task, split, self.view)
        reach = self.block or task.horizon
        rows = self.choose(world, reach)
        columns, base, spread = world.columns(rows)
        columns = {name: values for name, values in columns.items() if not np.isnan(values).all()}
        table = np.column_stack(list(columns.values()))
        target = world.target(rows)
        goal = (target - base) / spread if self.view.unit else target - base
        machine = self.train(table, goal, tuple(columns))
        text = machine.model_to_string()
        return FittedTrees(task, self.view, replace(world, vintages=None), reach, tuple(columns), text)

    def choose(self, world: World, reach: int) -> Rows:
        """Rows to learn from whose target is known, thinned in leads and origins to about `rows`."""
        clock, series = Clock(world.task.every), len(world.history.ids)
        leads = min(self.leads or reach, reach)
        stride = self.stride or clock.phases
        many = len(world.origins(stride))
        thin = max(1, int(np.ceil(many * series * leads / self.rows)))
        while thin > 1 and clock.dated and (stride * thin) % 7 == 0:
            thin += 1
        origins = world.origins(stride * thin)
        if not len(origins):
            raise too_short(world)
        rows = Rows.sample(origins, series, (0, reach), leads, self.seed)
        rows = world.usable(rows)
        if int(self.bag * len(rows.lead)) < 1:
            raise too_short(world)
        return rows

    def train(self, table: Array, goal: Array, names: tuple[str, ...]) -> Any:
        """A LightGBM booster."""
        import lightgbm

        given: dict[str, Any] = {
            "verbose": -1,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            "max_bin": 127,
            "objective": self.objective,
            "num_leaves": self.leaves,
            "learning_rate": self.rate,
            "min_data_in_leaf": max(1, min(self.smallest, len(goal) // 50)),
            "feature_fraction": self.columns,
            "bagging_fraction": self.bag,
            "bagging_freq": 1,
            "lambda_l2": 2.0,
        }
        if self.objective == "tweedie":
            given["tweedie_variance_power"] = 1.1
        data = lightgbm.Dataset(table, goal, feature_name=list(names))
        return lightgbm.train(given, data, max(1, self.rounds))


@dataclass(frozen=True)
class FittedTrees:
    """The machine as text, its columns, and the names and scale of the series it learnt from."""

    task: Task
    view: View
    world: World
    reach: int
    columns: tuple[str, ...]
    text: str = field(repr=False)

    @cached_property
    def machine(self) -> Any:
        """The booster, read from its text once."""
        import lightgbm

        return lightgbm.Booster(model_str=self.text)

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """Every row of `future`, at the origin just before its first step."""
        require_ahead(self.task, future)
        parts = []
        for asked, rows, world, known in blocks(self.world, past, future, self.reach):
            table, base, size = self.table(rows, world, known)
            middle = base + np.asarray(self.machine.predict(table, num_threads=1), dtype=np.float64) * size
            feed(world, rows, middle)
            parts.append(answer(asked, middle, world))
        return pl.concat(parts)

    def explain(self, past: pl.DataFrame, future: pl.DataFrame, every: int = 1) -> pl.DataFrame:
        """See `explain.Explaining`: Shapley values of the trees, grouped by part; the base is the recent level."""
        parts, first = [], None
        for asked, rows, world, known in blocks(self.world, past, future, self.reach):
            first = int(rows.origin[0]) if first is None else first
            table, base, size = self.table(rows, world, known)
            if self.reach < self.task.horizon:
                feed(world, rows, base + np.asarray(self.machine.predict(table, num_threads=1)) * size)
            own = np.flatnonzero((rows.origin - first + rows.lead) % every == 0)
            if len(own):
                shares = self.machine.predict(table[own], pred_contrib=True, num_threads=1)
                told = np.asarray(shares, dtype=np.float64) * size[own, None]
                start = base[own].astype(np.float64) + told[:, -1]
                parts.append(explained(asked[own], start, told[:, :-1], self.columns, world))
        return pl.concat(parts) if parts else pl.DataFrame()

    def table(self, rows: Rows, world: World, known: dict[str, Array]) -> tuple[Array, Array, Array]:
        """The columns that it learnt with, and what its answer is added to and told in."""
        columns, base, spread = world.columns(rows, known)
        series = rows.series.astype(np.float32)
        columns["series"] = np.where(rows.series < len(self.world.history.ids), series, np.nan)
        unknown = np.full(len(rows.lead), np.nan, dtype=np.float32)
        table = np.column_stack([columns.get(name, unknown) for name in self.columns])
        return table, base, spread if self.view.unit else np.ones_like(spread)

    def save(self, folder: Path) -> None:
        """The machine as text, the rest as JSON."""
        (folder / "machine.txt").write_text(self.text, encoding="utf-8")
        keep.write_json(
            folder / "parameters.json",
            remembered(self.world) | {"reach": self.reach, "columns": list(self.columns)},
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        given = keep.read_json(folder / "parameters.json")
        world = recalled(given)
        text = (folder / "machine.txt").read_text(encoding="utf-8")
        return cls(world.task, world.view, world, given["reach"], tuple(given["columns"]), text)


def remembered(world: World) -> dict[str, Any]:
    """What a fitted learner keeps of the series it learnt from: their names and scale, no value."""
    given: dict[str, Any] = {"task": asdict(world.task), "view": asdict(world.view), "scale": world.scale}
    return given | {"delay": world.delay, "floor": world.floor, "ids": list(world.history.ids)}


def recalled(given: dict[str, Any]) -> World:
    """The reverse of `remembered`."""
    view = View(**given["view"] | {"spans": plain(Spans, given["view"]["spans"])})
    history = History(tuple(given["ids"]), 0, {})
    return World(plain(Task, given["task"]), view, given["scale"], given["delay"], given["floor"], history)


def blocks(
    learnt: World, past: pl.DataFrame, future: pl.DataFrame, reach: int
) -> Iterator[tuple[pl.DataFrame, Rows, World, dict[str, Array]]]:
    """The grid asked for in blocks of `reach` leads, each with its rows, the world then, and what is known ahead.

    A series that was never learnt comes after those that were. What `feed` writes into a block's world is history for
    the next one.
    """
    task, clock = learnt.task, Clock(learnt.task.every)
    asked = future.with_columns(clock.number().alias("number"))
    origin = int(asked.get_column("number").min()) - 1  # type: ignore[arg-type]
    last = int(asked.get_column("number").max()) - origin  # type: ignore[arg-type]
    own = set(learnt.history.ids)
    new = asked.get_column("unique_id").unique().sort()
    ids = (*learnt.history.ids, *(one for one in new if one not in own))
    back = learnt.view.spans.memory + max((learnt.view.window, *(8 * season for season in task.seasons))) + 32
    history = scaled(History.of(past, task, ids, origin, back), learnt.scale)
    room = {name: np.pad(grid, ((0, 0), (0, last)), constant_values=np.nan) for name, grid in history.values.items()}
    world = replace(learnt, history=replace(history, values=room))
    known: dict[str, Array] = {}
    if task.known_ahead and any(name in asked.columns for name in task.known_ahead):
        leads = asked.with_columns(origin=origin, lead=pl.col("number") - origin)
        known = features_ahead.scatter(leads, task, ids, np.array([origin]))
    order = {one: place for place, one in enumerate(ids)}
    for start in range(0, last, reach):
        part = asked.filter(pl.col("number").is_between(origin + start + 1, origin + start + reach))
        if part.is_empty():
            continue
        lead = part.get_column("number").to_numpy() - origin - start
        series = part.get_column("unique_id").replace_strict(order, return_dtype=pl.Int64).to_numpy()
        rows = Rows(np.full(len(lead), origin + start), series, lead)
        yield part, rows, world, {name: grid[:, :, start:] for name, grid in known.items()}


def feed(world: World, rows: Rows, middle: NDArray[np.float64]) -> None:
    """Write forecasts into the room that a world's history has beyond the origin."""
    world.history.values["y"][rows.series, rows.origin + rows.lead - world.history.first] = middle
