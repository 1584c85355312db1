"""The global learners: what is learnt of one series serves the next, and nothing looks ahead."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from contracts.test_models import World, cannot_see_the_future, ignores_row_order, is_complete, is_kept, is_plain

from workbench.errors import MissingData
from workbench.forecast.algorithms.features import Spans
from workbench.forecast.algorithms.global_linear import GlobalLinear
from workbench.forecast.algorithms.global_trees import GlobalTrees
from workbench.forecast.algorithms.relative import View, suited
from workbench.forecast.blended import Blended
from workbench.forecast.explain import explain
from workbench.forecast.model import Model
from workbench.forecast.task import Task

SPANS = Spans(swings=(1, 7), levels=(3, 7, 14, 28), beside=(2, 7, 14), stale=7, each=True, groups=(7, 28))
VIEW = View(window=28, spans=SPANS)
TREES = GlobalTrees(VIEW, rounds=60, leaves=15, rate=0.1, rows=20_000)
LINEAR = GlobalLinear(VIEW, stride=1)
MODELS: tuple[Model, ...] = (TREES, replace(TREES, block=3), LINEAR, Blended((TREES, LINEAR)))
TASK = Task(
    "days", "日", "Days", "", "data", "days", "1d", 7, (7,), vintages="ahead", known_ahead=("event",),
    past_only=("event",), bounds=(0, None), issue_at="00:00", zone="UTC",
)  # fmt: skip
START = date(2024, 1, 1)


def world(days: int = 160, series: int = 6) -> World:
    """A week's shape, each series on a scale of its own; an event known ahead adds half, on every eleventh day."""
    random = np.random.default_rng(0)
    ds = [START + timedelta(days=k) for k in range(days + 7)]
    known = [datetime(d.year, d.month, d.day, tzinfo=UTC) + timedelta(days=1) for d in ds]
    event = (np.arange(days + 7) % 11 == 9).astype(float)
    panels, ahead = [], []
    for one in range(series):
        size = 10.0 ** (one % 3)
        shape = np.array([1, 1.1, 1.2, 1.3, 1.5, 2.0, 0.6])[np.arange(days + 7) % 7]
        y = size * 30 * shape * (1 + 0.5 * event) * np.exp(random.normal(0, 0.02, days + 7))
        name = f"{'ab'[one % 2]}/{one}/y"
        panels.append(pl.DataFrame({"unique_id": name, "ds": ds, "known_at": known, "y": y, "event": event}))
        early = [datetime(2023, 1, 1, tzinfo=UTC)] * len(ds)
        ahead.append(pl.DataFrame({"unique_id": name, "ds": ds, "known_at": early, "event": event}))
    stamp = pl.col("known_at").cast(pl.Datetime("us", "UTC"))
    panel, vintages = pl.concat(panels).with_columns(stamp), pl.concat(ahead).with_columns(stamp)
    end = START + timedelta(days=days)
    return World(TASK, panel, vintages, datetime(end.year, end.month, end.day, tzinfo=UTC))


@pytest.mark.parametrize("model", MODELS, ids=["trees", "recursive", "linear", "both"])
def test_a_global_learner_keeps_the_contracts_and_knows_what_is_ahead(model: Model, tmp_path: Path) -> None:
    own = world()
    fitted, poisoned = (model.fit(TASK, one.split()) for one in (own, own.poisoned()))
    cannot_see_the_future(fitted, poisoned, own)
    ignores_row_order(fitted, model.fit(TASK, own.shuffled().split()), own)
    is_complete(fitted, own)
    is_kept(fitted, own, tmp_path)
    is_plain(model)
    split = own.split()
    made = fitted.predict(split.past, split.future).join(own.panel, on=["unique_id", "ds"])
    miss = made.select(((pl.col("mean") - pl.col("y")).abs() / pl.col("y")).mean()).item()
    assert miss < 0.06  # the week before misses by more than 0.1 of these days on average
    assert made.filter(pl.col("event") == 1).height > 0


@pytest.mark.parametrize("model", MODELS, ids=["trees", "recursive", "linear", "both"])
def test_a_forecast_is_taken_apart_and_the_event_that_is_ahead_is_told(model: Model) -> None:
    own = world()
    split = own.split()
    fitted = model.fit(TASK, split)
    made = fitted.predict(split.past, split.future)
    parts = explain(fitted, split.past, split.future, made)
    sums = parts.group_by("unique_id", "ds").agg(pl.col("value").sum())
    both = made.join(sums, on=["unique_id", "ds"])
    assert both.height == made.height
    assert both.select(((pl.col("q50") - pl.col("value")).abs() / pl.col("q50")).max()).item() < 1e-6
    assert {"base", "level", "ahead.event"} <= set(parts["part"])
    rest = parts.filter(pl.col("part").is_in(["correction", "whole"])).join(made, on=["unique_id", "ds"])
    assert rest.select((pl.col("value") / pl.col("q50")).abs().max()).item() < 1e-4, "all of it is explained"
    event = own.panel.filter(pl.col("event") == 1).select("unique_id", "ds")
    ahead = parts.filter(pl.col("part") == "ahead.event").join(made, on=["unique_id", "ds"])
    ahead = ahead.with_columns(pl.col("value") / pl.col("q50"))
    on, off = (ahead.join(event, on=["unique_id", "ds"], how=how)["value"] for how in ("semi", "anti"))  # type: ignore[arg-type]
    assert on.min() > off.max()  # type: ignore[operator]
    third = explain(fitted, split.past, split.future, made, 3)
    assert third["ds"].unique().sort().to_list() == split.future["ds"].unique().sort().to_list()[2::3]


def test_a_new_series_is_forecast_from_what_the_others_taught() -> None:
    own = world()
    fitted = TREES.fit(TASK, own.split())
    split = own.split()
    new = pl.col("unique_id").str.replace("a/0/y", "z/9/y")
    past = split.past.with_columns(
        new, y=pl.when(pl.col("unique_id") == "a/0/y").then(1e4 * pl.col("y")).otherwise("y")
    )
    made = fitted.predict(past, split.future.with_columns(new)).filter(pl.col("unique_id") == "z/9/y")
    same = fitted.predict(split.past, split.future).filter(pl.col("unique_id") == "a/0/y")
    assert np.allclose(made["mean"] / same["mean"], 1e4, rtol=0.15)


def test_missing_future_rows_of_a_covariate_known_ahead_are_named() -> None:
    own = world()
    split = own.split()
    fitted = TREES.fit(TASK, split)
    gone = split.future.with_columns(event=pl.when(pl.col("ds") < split.future["ds"].max()).then("event"))
    with pytest.raises(MissingData, match=r"event \(6 of 42 rows, first a/0/y at 2024-06-15\)"):
        fitted.predict(split.past, gone)
    with pytest.raises(MissingData, match="lacks event"):
        TASK.split(own.panel, own.vintages.drop("event"), own.as_of)  # type: ignore[union-attr]


def test_only_what_the_task_tells_is_handed_over_as_known_ahead() -> None:
    own = world()
    vintages = own.vintages.with_columns(y=pl.lit(1.0))  # type: ignore[union-attr]
    assert TASK.split(own.panel, vintages, own.as_of).future.columns == ["unique_id", "ds", "event"]


def test_counts_are_forecast_as_counts() -> None:
    random = np.random.default_rng(1)
    own = world()
    panel = own.panel.with_columns(y=pl.Series(random.poisson(0.7, own.panel.height).astype(float)))
    model = replace(TREES, view=replace(VIEW, scale="linear", centre=False, unit=False), objective="tweedie")
    split = TASK.split(panel, own.vintages, own.as_of)
    made = model.fit(TASK, split).predict(split.past, split.future)
    assert made["mean"].min() > 0  # type: ignore[operator]
    assert made["mean"].mean() == pytest.approx(0.7, abs=0.15)


def test_the_scale_suits_the_values() -> None:
    found = [suited(np.array([[low, 5.0, np.nan]], dtype=np.float32)) for low in (0.1, 0, -1)]
    assert found == ["log", "sqrt", "linear"]


@pytest.mark.parametrize("model", MODELS[:3], ids=["trees", "recursive", "linear"])
def test_series_that_begin_late_or_fell_silent_do_not_blow_up(model: Model) -> None:
    own = world()
    young, silent = START + timedelta(days=100), START + timedelta(days=120)
    panel = own.panel.filter(
        ((pl.col("unique_id") != "a/2/y") | (pl.col("ds") >= young))
        & ((pl.col("unique_id") != "b/3/y") | (pl.col("ds") < silent))
    )
    split = TASK.split(panel, own.vintages, own.as_of)
    made = model.fit(TASK, split).predict(split.past, split.future).join(own.panel, on=["unique_id", "ds"])
    ratio = made.select((pl.col("mean") / pl.col("y")).alias("ratio"), width=pl.col("q975") / pl.col("mean"))
    assert ratio["ratio"].is_between(0.4, 2.5).all()
    assert ratio["width"].max() < 3  # type: ignore[operator]
