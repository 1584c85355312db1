"""Contract 6 of DESIGN §4: hierarchies add up, in the mean and in the archive. Tasks are found, never listed.

No task of today's domains has a hierarchy, so the contract is also put to one that is made from the first task found:
its series, and their sum over places.
"""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from workbench import domain
from workbench.forecast import reconcile
from workbench.forecast.algorithms.seasonal_naive import SeasonalNaive
from workbench.forecast.backtest import issue, stamp
from workbench.forecast.hierarchy import Hierarchy, Tree, aggregate
from workbench.forecast.model import Model
from workbench.forecast.reconciled import Reconciled
from workbench.forecast.task import Split, Task
from workbench.lake.store import Lake
from workbench.operate.archive import Archive

WITH_ONE = [
    (name, model)
    for name, entry in domain.tasks().items()
    if entry.task.hierarchy is not None
    for model in entry.models
]
UNIT = 1e-6


def adds_up(forecast: pl.DataFrame, task: Task) -> None:
    """Every sum is there and is the sum of its bottom series, and whole numbers of it add up to the last unit."""
    assert task.hierarchy is not None
    tree = Tree.of(task.hierarchy, forecast["unique_id"])
    means = tree.table(forecast, "mean")
    assert not np.isnan(means).any()
    assert tree.gap(means) < UNIT
    whole = reconcile.rounded(means, tree)
    assert (whole == tree.add(whole[-tree.bottom :])).all()


def adds_up_in_the_archive(forecast: pl.DataFrame, task: Task, folder: Path) -> None:
    """What was archived and read back still adds up."""
    archive = Archive(folder)
    archive.write(forecast, "digest", True)
    adds_up(archive.latest(task.name), task)


def kept(model: Model, task: Task, split: Split, folder: Path) -> None:
    """One model on one split: as issued, and as archived."""
    origin = split.past["known_at"].max()
    assert isinstance(origin, datetime)
    forecast = stamp(task, issue(task, model.fit(task, split), split, "it"), origin, split, "it")
    adds_up(forecast, task)
    adds_up_in_the_archive(forecast, task, folder)


@pytest.mark.parametrize(("name", "model"), WITH_ONE)
def test_hierarchies_add_up_in_the_mean_and_in_the_archive(
    name: str, model: str, sample_lake: Path, tmp_path: Path
) -> None:
    task, models = domain.entry(name).task, domain.entry(name).models
    panel = domain.panel(task.panel, Lake(sample_lake))
    vintages = None if task.vintages is None else domain.panel(task.vintages, Lake(sample_lake))
    last = panel["known_at"].max()
    assert isinstance(last, datetime)
    kept(models[model], task, task.split(panel, vintages, last), tmp_path)


@pytest.fixture(scope="module")
def made(sample_lake: Path) -> tuple[Task, Split]:
    """The first task found, its measures summed over places: they are no sums in truth, but they must add up."""
    task = next(iter(domain.tasks().values())).task
    panel = domain.panel(task.panel, Lake(sample_lake))
    last = panel["known_at"].max()
    assert isinstance(last, datetime)
    names = panel["unique_id"].unique().sort().head(6)
    recent = panel.filter(
        pl.col("unique_id").is_in(names.to_list()), pl.col("ds") > panel["ds"].max() - 120 * pl.duration(days=1)
    )
    recent = recent.with_columns(pl.col("y").fill_null(strategy="forward").over("unique_id")).drop_nulls("y")
    hierarchy = Hierarchy(("place", "measure"), ((), ("measure",), ("place",)))
    plain = replace(task, hierarchy=hierarchy, vintages=None, known_ahead=(), past_only=(), bounds=(0, None))
    return plain, plain.split(aggregate(recent, hierarchy), None, last)


def test_a_reconciled_model_keeps_it(made: tuple[Task, Split], tmp_path: Path) -> None:
    kept(Reconciled(SeasonalNaive(), origins=10, paths=60), *made, tmp_path)


def test_a_model_that_does_not_add_up_is_caught(made: tuple[Task, Split]) -> None:
    task, split = made
    alone = issue(task, SeasonalNaive().fit(task, split), split, "it")
    off = alone.with_columns(pl.col("mean") * (1 + 1e-4 * pl.col("unique_id").str.contains("*", literal=True)))
    with pytest.raises(AssertionError):
        adds_up(off, task)


def test_a_level_that_is_missing_is_caught(made: tuple[Task, Split]) -> None:
    task, split = made
    forecast = issue(task, Reconciled(SeasonalNaive(), origins=10, paths=60).fit(task, split), split, "it")
    with pytest.raises(AssertionError):
        adds_up(forecast.filter(pl.col("unique_id") != "*/*"), task)
