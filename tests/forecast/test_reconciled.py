"""Reconciled: a wrapped model adds up, keeps nothing of the future, and is kept without pickle."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from workbench.errors import InputError, MissingData
from workbench.forecast import keep
from workbench.forecast.algorithms.seasonal_naive import SeasonalNaive
from workbench.forecast.backtest import backtest
from workbench.forecast.explain import explain
from workbench.forecast.frames import QUANTILES
from workbench.forecast.hierarchy import Hierarchy, Tree, aggregate
from workbench.forecast.recipe import FAST
from workbench.forecast.reconciled import FEW, FittedReconciled, Reconciled
from workbench.forecast.task import Task

from .worlds import DAILY, Spread, at, daily, short

PLACES = Hierarchy(("town", "spot", "measure"), (("measure",), ("town", "measure")))
TASK = short(DAILY, name="visitors", bounds=(0, None), hierarchy=PLACES)
DAYS = 200
AT = date(2020, 7, 10)


def panel(days: int = DAYS) -> pl.DataFrame:
    """Visitors of five spots in two towns: a week's shape, and a common shock that all spots share."""
    random = np.random.default_rng(11)
    week = np.tile([5, 6, 7, 8, 20, 30, 25], days // 7 + 1)[:days]
    common = np.exp(0.3 * random.normal(size=days))
    names = ("a/lake/visitors", "a/hill/visitors", "b/old_town/visitors", "b/cave/visitors", "b/tower/visitors")
    parts = [
        daily(week * (i + 1) * common * np.exp(0.1 * random.normal(size=days)), name) for i, name in enumerate(names)
    ]
    return aggregate(pl.concat(parts), PLACES)


PANEL = panel()


@pytest.fixture(scope="module")
def fitted() -> FittedReconciled:
    return Reconciled(SeasonalNaive(), origins=20, paths=400).fit(TASK, at(TASK, PANEL, AT))


def test_every_level_adds_up_and_so_does_every_path(fitted: FittedReconciled) -> None:
    split = at(TASK, PANEL, AT)
    found = fitted.predict(split.past, split.future)
    tree = Tree.of(PLACES, found["unique_id"])
    assert tree.gap(tree.table(found, "mean")) < 1e-9
    drawn = fitted.sample(split.past, split.future)
    last = drawn.filter(path=7)
    assert tree.gap(tree.table(last, "y")) < 1e-9
    medians = drawn.group_by("unique_id", "ds").agg(pl.col("y").median())
    both = found.join(medians, on=["unique_id", "ds"])
    assert both["q50"].to_numpy() == pytest.approx(both["y"].to_numpy())


def test_a_common_shock_widens_the_sum(fitted: FittedReconciled) -> None:
    """Spots that err together: the total's range is nearly the sum of theirs, far above independent ones."""
    split = at(TASK, PANEL, AT)
    found = fitted.predict(split.past, split.future).with_columns(width=pl.col("q90") - pl.col("q10"))
    spots = (
        found.filter(~pl.col("unique_id").str.contains("*", literal=True))
        .group_by("ds")
        .agg(total=pl.col("width").sum(), independent=(pl.col("width") ** 2).sum().sqrt())
    )
    total = found.filter(unique_id="*/*/visitors").select("ds", "width").join(spots, on="ds")
    assert (total["width"] > 0.75 * total["total"]).all()
    assert (total["width"] > 1.3 * total["independent"]).all()


def test_part_of_the_grid_is_answered_as_the_whole(fitted: FittedReconciled) -> None:
    split = at(TASK, PANEL, AT)
    whole = fitted.predict(split.past, split.future)
    asked = split.future.filter(unique_id="b/*/visitors")
    assert fitted.predict(split.past, asked).equals(whole.filter(unique_id="b/*/visitors"))


def test_it_is_kept_without_pickle(fitted: FittedReconciled, tmp_path: Path) -> None:
    split = at(TASK, PANEL, AT)
    keep.save(fitted, tmp_path / "kept")
    again = keep.load(tmp_path / "kept")
    assert again.predict(split.past, split.future).equals(fitted.predict(split.past, split.future))
    assert {file.suffix for file in (tmp_path / "kept").rglob("*") if file.is_file()} == {".json", ".parquet"}


def test_too_short_a_history_is_reconciled_by_structure() -> None:
    early = date(2020, 1, 16)
    split = at(TASK, PANEL, early)
    fitted = Reconciled(SeasonalNaive(), origins=20, paths=50).fit(TASK, split)
    assert (fitted.way.method, fitted.errors) == ("structural", None)
    found = fitted.predict(split.past, split.future)
    tree = Tree.of(PLACES, found["unique_id"])
    assert tree.gap(tree.table(found, "mean")) < 1e-9
    assert FEW > split.past["ds"].n_unique() * 0.4


def test_no_later_value_moves_it() -> None:
    poisoned = PANEL.with_columns(y=pl.when(pl.col("ds") >= AT).then(1e9).otherwise("y"))
    model = Reconciled(SeasonalNaive(), origins=12, paths=50)
    clean, dirty = (model.fit(TASK, at(TASK, frame, AT)) for frame in (PANEL, poisoned))
    assert np.array_equal(clean.errors, dirty.errors)  # type: ignore[arg-type]
    assert np.array_equal(clean.dependence.pits, dirty.dependence.pits)


def test_a_series_that_came_since_the_fit_is_named(fitted: FittedReconciled) -> None:
    later = pl.concat([PANEL, daily(np.ones(DAYS), "a/new/visitors").select(PANEL.columns)])
    split = at(TASK, later, AT)
    with pytest.raises(MissingData, match="1 series came or went since the fit, first 'a/new/visitors'"):
        fitted.predict(split.past, split.future)


def test_a_task_without_hierarchy_is_refused() -> None:
    with pytest.raises(InputError, match="has no hierarchy"):
        Reconciled(Spread()).fit(DAILY, at(DAILY, PANEL, AT))


@pytest.mark.parametrize("bounds", [(0, 100), (5, None), (None, 3)])
def test_sums_cannot_be_held_inside_other_bounds(bounds: tuple[float | None, float | None]) -> None:
    with pytest.raises(InputError, match="sums cannot be held inside"):
        short(TASK, bounds=bounds)


def test_it_sharpens_where_the_parts_are_noisy() -> None:
    """The mean of many noisy parts is known best at the top: reconciled bottoms err less than on their own."""
    task: Task = TASK
    models = {"alone": SeasonalNaive(), "together": Reconciled(SeasonalNaive(), origins=20, paths=50)}
    origins = [task.origin(AT - timedelta(days=i)) for i in range(0, 60, 3)]
    replayed = backtest(task, models, PANEL, None, origins).join(
        PANEL.select("unique_id", "ds", "y"), on=["unique_id", "ds"]
    )
    error = replayed.group_by("model").agg(((pl.col("y") - pl.col("mean")) ** 2).mean().sqrt())
    by = dict(error.rows())
    assert by["together"] < 1.02 * by["alone"]
    assert replayed.select(pl.all_horizontal(pl.col(QUANTILES) >= 0).all()).item()


def test_an_explanation_adds_up_to_what_was_reconciled() -> None:
    """The inner model's path in components; what reconciling moved is the correction."""
    split = at(TASK, PANEL, AT)
    fitted = Reconciled(FAST, origins=0).fit(TASK, split)
    asked = split.future.filter(unique_id="b/*/visitors")
    forecast = fitted.predict(split.past, asked)
    parts = explain(fitted, split.past, asked, forecast)
    both = parts.group_by("unique_id", "ds").agg(pl.col("value").sum()).join(forecast, on=["unique_id", "ds"])
    assert both.height == asked.height
    assert both["value"].to_list() == pytest.approx(both["q50"].to_list())
    assert {"season", "trend", "level", "base", "correction"} == set(parts["part"])
