"""What every model of every task must keep, found by name and never listed (DESIGN §4, contracts 1, 3, 4 and 5).

Each contract is a function that is also given a model which breaks it, and must then fail.
"""

import pickle
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
import pytest

from workbench import domain
from workbench.forecast import keep
from workbench.forecast.clock import Clock
from workbench.forecast.frames import QUANTILES, measure, place
from workbench.forecast.hierarchy import ALL, Hierarchy, aggregate
from workbench.forecast.model import Fitted, Model, guard, ordered, parameters
from workbench.forecast.task import Split, Task
from workbench.lake.store import Lake

POISON = 1e9
CASES = [(task, name) for task, entry in domain.tasks().items() for name in entry.models]


@dataclass(frozen=True)
class World:
    """A task with a small panel of its own: late rows, gaps, and one series that fell silent long ago."""

    task: Task
    panel: pl.DataFrame
    vintages: pl.DataFrame | None
    as_of: datetime

    def split(self) -> Split:
        return self.task.split(self.panel, self.vintages, self.as_of)

    def poisoned(self) -> "World":
        """Every number that was not known at the origin made absurd, in the panel and in what is known ahead."""
        return replace(self, panel=poison(self.panel, self.as_of), vintages=poison(self.vintages, self.as_of))

    def shuffled(self) -> "World":
        """The same rows in another order."""
        mixed = [f if f is None else f.sample(fraction=1, shuffle=True, seed=5) for f in (self.panel, self.vintages)]
        return replace(self, panel=mixed[0], vintages=mixed[1])


def poison(frame: pl.DataFrame | None, as_of: datetime) -> pl.DataFrame | None:
    if frame is None:
        return None
    late = pl.col("known_at") > as_of
    numbers = [name for name, dtype in frame.schema.items() if dtype.is_numeric()]
    return frame.with_columns(pl.when(late).then(pl.lit(POISON)).otherwise(name).alias(name) for name in numbers)


@cache
def world(name: str, lake: Path) -> World:
    """The last part of the sample, cut down to two places and two measures."""
    task = domain.entry(name).task
    panel = domain.panel(task.panel, Lake(lake))
    days = timedelta(days=700 if task.daily else 150)
    panel = small_tree(panel, task.hierarchy) if task.hierarchy else panel
    for part in () if task.hierarchy else (place(), measure()):
        panel = panel.filter(part.is_in(panel.select(part.unique().sort().head(2)).to_series().to_list()))
    last = panel.get_column("known_at").max()
    assert isinstance(last, datetime)
    as_of = task.origin((last - timedelta(days=6)).date())
    panel = panel.filter(pl.col("known_at") > as_of - days)
    odd = pl.col("ds").hash(7) % 100
    silent = (pl.col("unique_id") == pl.col("unique_id").min()) & (pl.col("known_at") > as_of - timedelta(days=45))
    step = Clock(task.every).length
    late = (pl.col("unique_id") == pl.col("unique_id").max()) & (
        pl.col("known_at") > as_of - max(timedelta(days=4), 2 * step)
    )
    delay = 2 * step if step > timedelta(days=1) else timedelta(hours=50)
    panel = panel.filter((odd != 1) & ~silent).with_columns(
        known_at=pl.when((odd < 4) | late).then(pl.col("known_at") + delay).otherwise("known_at")
    )
    vintages = None if task.vintages is None else domain.panel(task.vintages, Lake(lake))
    if vintages is not None:
        series = panel.get_column("unique_id").unique().to_list()
        vintages = vintages.filter(pl.col("unique_id").is_in(series), pl.col("known_at") > as_of - days)
    return World(task, panel, vintages, as_of)


def small_tree(panel: pl.DataFrame, hierarchy: Hierarchy) -> pl.DataFrame:
    """The bottom cut down to two values of each part, and the sums above it, beside what the panel says of each."""
    bottom = panel.filter(~pl.col("unique_id").str.contains(ALL, literal=True))
    for i in range(len(hierarchy.parts)):
        part = pl.col("unique_id").str.split("/").list.get(i)
        bottom = bottom.filter(part.is_in(bottom.select(part.unique().sort().head(2)).to_series().to_list()))
    beside = panel.drop("known_at", "y")
    return aggregate(bottom, hierarchy).join(beside, on=["unique_id", "ds"], how="left")


CHEAP = {"origins": 4, "trees": 8, "rows": 4000}


def small(model: Any, cheap: dict[str, int] = CHEAP) -> Any:
    """The same recipe with less of what only costs time, in wrappers within wrappers too."""
    if isinstance(model, tuple):
        return tuple(small(part, cheap) for part in model)
    if not is_dataclass(model):
        return model
    changed = {part.name: small(getattr(model, part.name), cheap) for part in fields(model)}
    return replace(model, **changed | {name: value for name, value in cheap.items() if name in changed})


@cache
def learnt(model: Model, name: str, lake: Path, how: str) -> Fitted:
    """The model fitted on the world as it is, shuffled, or poisoned; each once."""
    own = world(name, lake)
    return model.fit(own.task, (getattr(own, how)() if how else own).split())


@pytest.fixture(params=CASES, ids="-".join)
def case(request: pytest.FixtureRequest, sample_lake: Path) -> tuple[Model, str, Path]:
    task, name = request.param
    return small(domain.entry(task).models[name]), task, sample_lake


def files(folder: Path) -> dict[str, object]:
    """Everything that a kept model holds, in a form that can be compared."""
    found = sorted(file for file in folder.rglob("*") if file.is_file())
    read = {".parquet": lambda file: pl.read_parquet(file).to_dict(as_series=False)}
    return {str(file.relative_to(folder)): read.get(file.suffix, Path.read_bytes)(file) for file in found}


# --- the contracts ---------------------------------------------------------------------------------------------------


def cannot_see_the_future(clean: Fitted, poisoned: Fitted, own: World) -> None:
    """Contract 1: the forecast does not move when what was not known becomes absurd."""
    here, there = own.split(), own.poisoned().split()
    assert clean.predict(here.past, here.future).equals(poisoned.predict(there.past, there.future))


def learns_nothing_from_the_future(clean: Fitted, poisoned: Fitted, folder: Path) -> None:
    """Contract 1: no calibration, no weight, no tree moves either."""
    keep.save(clean, folder / "clean")
    keep.save(poisoned, folder / "poisoned")
    assert files(folder / "clean") == files(folder / "poisoned")


def ignores_row_order(clean: Fitted, shuffled: Fitted, own: World) -> None:
    """Contracts 3 and 4: the same rows give the same forecast, however they lie; seeds are hyper-parameters."""
    here, there = own.split(), own.shuffled().split()
    future = there.future.sample(fraction=1, shuffle=True, seed=3)
    mixed = there.past.sample(fraction=1, shuffle=True, seed=4)
    order = ["unique_id", "ds"]
    one, two = clean.predict(here.past, here.future).sort(order), shuffled.predict(mixed, future).sort(order)
    values = ["mean", *QUANTILES]
    assert one.select(order).equals(two.select(order))
    assert np.allclose(one.select(values).to_numpy(), two.select(values).to_numpy(), rtol=1e-6, atol=1e-6)


def is_plain(model: Model) -> None:
    """Contract 4: a recipe is made again from its parameters and survives a pickle."""
    assert type(model)(**parameters(model)) == model
    assert pickle.loads(pickle.dumps(model)) == model


def is_complete(fitted: Fitted, own: World) -> None:
    """Contract 5: each series, step and quantile once, finite, in order, inside the bounds — silent series too."""
    split = own.split()
    forecast = guard(own.task, fitted.predict(split.past, split.future), split.future, "it")
    assert forecast.height == split.future.height == own.panel["unique_id"].n_unique() * own.task.horizon
    held = ordered(forecast, own.task.bounds)
    assert forecast.equals(held)


def serves_later_origins(fitted: Fitted, own: World) -> None:
    """A fitted model forecasts from a later origin without a refit."""
    is_complete(fitted, replace(own, as_of=own.as_of + timedelta(days=3)))


def is_kept(fitted: Fitted, own: World, folder: Path) -> None:
    """What is read back from its folder forecasts the same."""
    keep.save(fitted, folder / "kept")
    split = own.split()
    assert keep.load(folder / "kept").predict(split.past, split.future).equals(fitted.predict(split.past, split.future))


# --- kept by everything found ----------------------------------------------------------------------------------------


def test_a_model_cannot_see_the_future(case: tuple[Model, str, Path]) -> None:
    cannot_see_the_future(learnt(*case, ""), learnt(*case, "poisoned"), world(*case[1:]))


def test_a_model_learns_nothing_from_the_future(case: tuple[Model, str, Path], tmp_path: Path) -> None:
    learns_nothing_from_the_future(learnt(*case, ""), learnt(*case, "poisoned"), tmp_path)


def test_a_model_ignores_row_order(case: tuple[Model, str, Path]) -> None:
    ignores_row_order(learnt(*case, ""), learnt(*case, "shuffled"), world(*case[1:]))


@pytest.mark.parametrize(("task", "name"), CASES)
def test_a_model_is_plain(task: str, name: str) -> None:
    is_plain(domain.entry(task).models[name])


def test_a_forecast_is_complete(case: tuple[Model, str, Path]) -> None:
    is_complete(learnt(*case, ""), world(*case[1:]))


def test_a_fitted_model_serves_later_origins(case: tuple[Model, str, Path]) -> None:
    serves_later_origins(learnt(*case, ""), world(*case[1:]))


def test_a_fitted_model_is_kept(case: tuple[Model, str, Path], tmp_path: Path) -> None:
    is_kept(learnt(*case, ""), world(*case[1:]), tmp_path)


@pytest.mark.parametrize("name", domain.tasks())
def test_a_task_names_a_panel_that_exists_and_covariates_that_it_holds(name: str, sample_lake: Path) -> None:
    own = world(name, sample_lake)
    assert own.task.name == name
    assert set(own.task.past_only) <= set(own.panel.columns)
    assert own.vintages is None or set(own.task.known_ahead) <= set(own.vintages.columns)
    assert own.panel.filter(pl.col("known_at") > own.as_of).height > 0
    assert own.panel.filter(pl.col("known_at") > own.as_of, pl.col("ds") <= own.task.cutoff(own.as_of)).height > 0


# --- and they bite ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Faulty:
    """A model that answers with the last value, made faulty in one way by each of its children."""

    def fit(self, task: Task, split: Split) -> "Faulty":
        return self

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        last = past.sort("ds").drop_nulls("y").group_by("unique_id").agg(pl.col("y").last())
        return self.flat(future.join(last, on="unique_id", how="left", maintain_order="left"))

    @staticmethod
    def flat(told: pl.DataFrame) -> pl.DataFrame:
        return told.select("unique_id", "ds", *(pl.col("y").fill_null(0.0).alias(v) for v in ("mean", *QUANTILES)))

    def save(self, folder: Path) -> None:
        (folder / "empty.json").write_text("{}")

    @classmethod
    def load(cls, folder: Path) -> Self:
        return cls()


@dataclass(frozen=True)
class Leaking(Faulty):
    """Holds the whole panel and answers with the truth."""

    panel: pl.DataFrame = field(default_factory=pl.DataFrame)

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        return self.flat(future.join(self.panel, on=["unique_id", "ds"], how="left", maintain_order="left"))


class Unsorted(Faulty):
    """Takes the last row for the latest."""

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        last = past.drop_nulls("y").group_by("unique_id", maintain_order=True).agg(pl.col("y").last())
        return self.flat(future.join(last, on="unique_id", how="left"))


class Dropping(Faulty):
    """Drops what it cannot answer."""

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        return super().predict(past, future).head(-1)


@dataclass(frozen=True)
class Remembering(Faulty):
    """Keeps its history where its parameters should be."""

    seen: list[int] = field(default_factory=list, init=False, compare=False)
    parts: Iterator[int] = field(default_factory=lambda: iter(range(3)))


@pytest.fixture
def any_world(sample_lake: Path) -> World:
    return world(next(iter(domain.tasks())), sample_lake)


def test_a_model_that_holds_the_panel_is_caught(any_world: World) -> None:
    clean, poisoned = Leaking(any_world.panel), Leaking(any_world.poisoned().panel)
    with pytest.raises(AssertionError):
        cannot_see_the_future(clean, poisoned, any_world)
    cannot_see_the_future(Faulty(), Faulty(), any_world)


def test_a_calibration_that_leaks_is_caught(any_world: World, tmp_path: Path) -> None:
    from workbench.forecast.algorithms.climatology import Climatology

    split = replace(any_world.split(), past=any_world.panel)
    poisoned = replace(any_world.split(), past=any_world.poisoned().panel)
    fitted = [Climatology().fit(any_world.task, part) for part in (split, poisoned)]
    with pytest.raises(AssertionError):
        learns_nothing_from_the_future(*fitted, tmp_path)


def test_a_model_that_depends_on_row_order_is_caught(any_world: World) -> None:
    with pytest.raises(AssertionError):
        ignores_row_order(Unsorted(), Unsorted(), any_world)


def test_a_model_that_drops_rows_is_caught(any_world: World) -> None:
    with pytest.raises(Exception, match="missing or not finite"):
        is_complete(Dropping(), any_world)


def test_a_model_that_is_more_than_its_parameters_is_caught() -> None:
    with pytest.raises((AssertionError, TypeError)):
        is_plain(Remembering())


def test_a_model_of_elsewhere_is_not_kept(any_world: World, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="is not a fitted model of"):
        is_kept(Faulty(), any_world, tmp_path)
