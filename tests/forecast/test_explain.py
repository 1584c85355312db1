"""Explanations add up, are Shapley values by an independent reckoning, and look neither ahead nor at the row order."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import polars as pl
import pytest

from workbench import domain
from workbench.forecast import explain
from workbench.forecast.algorithms.booster import Booster, FittedBooster
from workbench.forecast.algorithms.machine import Machine
from workbench.forecast.blended import Blended
from workbench.forecast.conformal import Calibrated
from workbench.forecast.explain import added, completed, in_units, part_of
from workbench.forecast.model import Fitted
from workbench.forecast.task import Split

from .test_booster import SMALL, START, TASK, world
from .worlds import Spread

AS_OF = TASK.origin((START + timedelta(days=50)).date())


@pytest.fixture(scope="module")
def split() -> Split:
    panel, vintages = world()
    return TASK.split(panel, vintages, AS_OF)


@pytest.fixture(scope="module", params=[{}, {"rounds": 20, "bands": (6,)}, {"anchor": True, "scale": "log"}])
def fitted(request: pytest.FixtureRequest, split: Split) -> FittedBooster:
    return replace(SMALL, **request.param).fit(TASK, split)


def explained(fitted: Fitted, split: Split, every: int = 1) -> pl.DataFrame:
    return explain.explain(fitted, split.past, split.future, fitted.predict(split.past, split.future), every)


def gap(parts: pl.DataFrame, forecast: pl.DataFrame) -> float:
    """The largest distance between what the parts of a step add up to and its q50."""
    both = parts.group_by("unique_id", "ds").agg(pl.col("value").sum()).join(forecast, on=["unique_id", "ds"])
    return float(both.select((pl.col("value") - pl.col("q50")).abs().max()).item())


def test_parts_add_up_to_the_median_and_the_correction_is_small(fitted: FittedBooster, split: Split) -> None:
    parts, forecast = explained(fitted, split), fitted.predict(split.past, split.future)
    assert gap(parts, forecast) < 1e-9
    assert parts.select("unique_id", "ds").unique().height == forecast.height
    assert {"base", "level", "change", "season", "network", "ahead.wind", "correction"} <= set(parts["part"])
    rest = parts.filter(pl.col("part") == "correction")["value"].abs().mean()
    assert rest < 0.15 * forecast["q50"].mean()  # type: ignore[operator]


def test_on_the_scale_contributions_add_up_to_the_middle_of_the_answer(fitted: FittedBooster, split: Split) -> None:
    for machines, asked, columns in fitted.tables(split.past, split.future):
        for machine in machines:
            table = machine.table(columns, asked.height)
            _, mass, shift = machine.answer(table)
            middle = mass @ (machine.edges[:-1] + machine.edges[1:]) / 2 + shift
            assert machine.contributions(table).sum(axis=1) == pytest.approx(middle, abs=1e-5)


def test_every_third_step_is_explained_as_among_all(fitted: FittedBooster, split: Split) -> None:
    few, all_ = explained(fitted, split, 3), explained(fitted, split)
    assert all_.height == 3 * few.height
    both = few.join(all_, on=["unique_id", "ds", "part"], suffix="_all")
    assert both.height == few.height
    assert both["value"].to_list() == pytest.approx(both["value_all"].to_list(), abs=1e-9)


def test_wind_moves_the_forecast_the_way_it_moves_the_air(split: Split) -> None:
    """The world's concentrations are divided by the wind: weak wind ahead must raise, strong wind lower."""
    fitted = replace(SMALL, rounds=40).fit(TASK, split)
    wind = (
        explained(fitted, split).filter(pl.col("part") == "ahead.wind").group_by("unique_id").agg(pl.col("value").sum())
    )
    for force, way in ((0.8, 1), (5.5, -1)):
        future = split.future.with_columns(wind=pl.lit(force))
        again = explained(fitted, replace(split, future=future)).filter(pl.col("part") == "ahead.wind")
        assert (again.group_by("unique_id").agg(pl.col("value").sum())["value"] * way > 0).all()
    assert 4 == wind.height


def test_contributions_are_the_shapley_values_of_the_trees() -> None:
    """Reckoned by hand over all subsets of four columns, for a forest whose leaves hold histograms."""
    rng = np.random.default_rng(5)
    table = rng.normal(size=(400, 4)).astype(np.float32)
    target = table[:, 0] + np.where(table[:, 1] > 0, table[:, 2], -1) + rng.normal(0, 0.2, 400)
    booster = Booster(trees=4, leaves=7, smallest=10, rounds=3, lean=0.4, bins=24)
    names = ["last", "hour", "swing_1", "lead"]
    machine = booster.grow(("a/x",), 1, 0, dict(zip(names, table.T, strict=True)), target)
    rows = table[:5]
    forest, boosted = by_hand(machine.middle, rows), by_hand(machine.boosters[1], rows)
    expected = (1 - machine.lean) * forest / machine.middle.num_trees() + machine.lean * boosted
    assert machine.contributions(rows)[:, :-1] == pytest.approx(expected, abs=1e-5)


def by_hand(booster: Any, rows: np.ndarray) -> np.ndarray:
    """Shapley values [row, column] of the sum of a booster's trees, unknown columns followed by the share of rows."""

    def value(node: dict[str, Any], row: np.ndarray, known: frozenset[int]) -> float:
        if "leaf_value" in node:
            return float(node["leaf_value"])
        sides = node["left_child"], node["right_child"]
        if node["split_feature"] in known:
            return value(sides[int(row[node["split_feature"]] > node["threshold"])], row, known)
        sizes = [side.get("internal_count", side.get("leaf_count")) for side in sides]
        return sum(n * value(side, row, known) for n, side in zip(sizes, sides, strict=True)) / sum(sizes)

    trees = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    width, out = rows.shape[1], np.zeros(rows.shape)
    for place in np.ndindex(*rows.shape):
        others = [column for column in range(width) if column != place[1]]
        for size in range(width):
            weight = factorial(size) * factorial(width - size - 1) / factorial(width)
            for some in map(frozenset, combinations(others, size)):
                more = some | {place[1]}
                out[place] += weight * sum(
                    value(t, rows[place[0]], more) - value(t, rows[place[0]], some) for t in trees
                )
    return out


def test_wrappers_pass_explanations_down(split: Split) -> None:
    quick = replace(SMALL, trees=4)
    calibrated = Calibrated(quick, origins=6, refit="366d").fit(TASK, split)
    parts = explained(calibrated, split)
    assert gap(parts, calibrated.predict(split.past, split.future)) < 1e-9
    inner = explained(calibrated.inner, split)
    same = pl.col("part") != "correction"
    assert parts.filter(same).equals(inner.filter(same))
    blended = replace(Blended((Spread(30.0, 5.0), quick)).fit(TASK, split), shares=(0.25, 0.75))
    parts = explained(blended, split)
    assert gap(parts, blended.predict(split.past, split.future)) < 1e-9
    assert {7.5} == set(parts.filter(pl.col("part") == "whole")["value"]), "a quarter of what does not explain itself"
    near = replace(split, future=split.future.head(1))
    assert blended.similar(near, 2).equals(blended.members[1].similar(near, 2))  # type: ignore[attr-defined]
    assert {"whole"} == set(explained(Spread(30.0, 5.0).fit(TASK, split), split)["part"])
    assert {"whole"} == set(explained(Calibrated(Spread(30.0, 5.0), origins=6).fit(TASK, split), split)["part"])


def test_similar_situations_are_past_ones_and_tell_what_came(fitted: FittedBooster, split: Split) -> None:
    future = split.future.filter(pl.col("ds") <= split.future["ds"].min() + timedelta(hours=2))
    found = fitted.similar(replace(split, future=future), 4)
    assert 4 * future.height == found.height
    assert found["share"].is_between(0, 1).all()
    assert (found["then"] <= split.cutoff).all()
    truth = split.past.select("unique_id", "y", then="ds")
    both = found.join(truth, on=["unique_id", "then"], suffix="_true")
    assert both.height == found.height
    assert both["y"].to_list() == pytest.approx(both["y_true"].to_list(), rel=1e-4)
    same_hour = pl.col("then").dt.hour() == pl.col("ds").dt.hour()
    assert found.select(same_hour.all()).item()
    gaps = found.sort("unique_id", "ds", "then").select(pl.col("then").diff().over("unique_id", "ds")).drop_nulls()
    assert gaps.to_series().min() >= timedelta(days=3)  # type: ignore[operator]
    assert (found["ds"] - found["then"]).min() >= timedelta(days=3)  # type: ignore[operator]


def test_neither_explanation_nor_memory_sees_what_was_not_known(split: Split) -> None:
    """Whatever became known later made absurd, in the panel and in what is known ahead: nothing moves."""
    panel, vintages = world()
    fitted = SMALL.fit(TASK, split)
    late = pl.col("known_at") > AS_OF
    foul = [f.with_columns(pl.when(late).then(1e9).otherwise(n).alias(n) for n in ("wind",)) for f in (panel, vintages)]
    foul[0] = foul[0].with_columns(y=pl.when(late).then(1e9).otherwise("y"))
    other = TASK.split(foul[0], foul[1], AS_OF)
    assert explained(fitted, split).equals(explained(fitted, other))
    assert fitted.similar(split, 2).equals(fitted.similar(other, 2))
    mixed = replace(split, past=split.past.sample(fraction=1, shuffle=True, seed=1))
    assert fitted.similar(split, 2).equals(fitted.similar(mixed, 2))


def test_every_feature_of_every_task_belongs_to_a_part_that_has_words() -> None:
    from workbench.present.words import Words

    for entry in domain.tasks().values():
        parts = {part_of(f"{name}_ahead", entry.task) for name in entry.task.known_ahead}
        parts |= {*explain.COLUMNS.values(), "base", "whole", "correction", "others", "observed", "trend", "rest"}
        for part in parts - {"ahead.wind_u", "ahead.wind_v"}:
            assert Words("en")(f"reason.{part.removeprefix('ahead.')}")


def test_units_follow_the_scale_even_where_nothing_moves() -> None:
    base, parts = np.array([3.0, 3.0, 3.0]), np.array([[1.0, 2.0], [0.5, -0.5], [0.0, 0.0]])
    out = in_units(base, parts, np.square)
    assert out.sum(axis=1) == pytest.approx([27.0, 0.0, 0.0])
    assert out[1] == pytest.approx([3.0, -3.0], rel=1e-5), "the slope of the square at 3 is 6"


def test_the_gap_to_a_forecast_is_the_correction() -> None:
    row = {"unique_id": "a/x", "ds": START}
    parts = pl.DataFrame([row | {"part": "base", "value": 2.0}, row | {"part": "correction", "value": 1.0}])
    done = completed(parts, pl.DataFrame([row | {"q50": 10.0}]))
    assert {"base": 2.0, "correction": 8.0} == dict(done.select("part", "value").iter_rows())
    assert added(done).equals(done)


def test_a_machine_without_a_boosted_mean_is_its_forest_alone() -> None:
    table = np.arange(60, dtype=np.float32)[:, None]
    machine: Machine = Booster(trees=3, leaves=4, smallest=5, bins=8).grow(
        ("a/x",), 1, 0, {"last": table[:, 0]}, table[:, 0].astype(np.float64)
    )
    assert machine.contributions(table).shape == (60, 2)
