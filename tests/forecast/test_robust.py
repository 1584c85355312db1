"""Whatever a county sends: every model of the engine forecasts sensibly or says which series it cannot, and why.

Models are found in the files of `workbench.forecast`, never listed.
"""

import pkgutil
import re
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from datetime import date
from importlib import import_module
from typing import Any

import numpy as np
import polars as pl
import pytest
from contracts.test_models import small
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import workbench.forecast
from workbench.errors import InputError, WorkbenchError
from workbench.forecast import recipe
from workbench.forecast.clock import Clock
from workbench.forecast.frames import QUANTILES
from workbench.forecast.model import Model, guard
from workbench.forecast.task import Split, Task

TASKS = {
    "days": Task("days", "日", "Days", "", "data", "p", "1d", 7, (7,), issue_at="00:00", zone="UTC"),
    "months": Task("months", "月", "Months", "", "data", "p", "1mo", 4, (12,), issue_at="00:00", zone="UTC"),
    "years": Task("years", "年", "Years", "", "data", "p", "1y", 2, (), issue_at="00:00", zone="UTC"),
}
CHEAP = {"origins": 4, "trees": 6, "rows": 2000, "rounds": 5, "windows": 1}


def models() -> Iterator[Any]:
    """Every recipe that needs no argument, and the two that have a name of their own."""
    for module in pkgutil.walk_packages(workbench.forecast.__path__, "workbench.forecast."):
        for name, found in vars(import_module(module.name)).items():
            own = isinstance(found, type) and found.__module__ == module.name and is_dataclass(found)
            if own and callable(getattr(found, "fit", None)) and not required(found) and general(found()):
                yield pytest.param(found(), id=name)
    for name in ("RECIPE", "FAST"):
        yield pytest.param(getattr(recipe, name), id=name)


def general(model: Any) -> bool:
    """Whether it answers any task; one that asks for covariates of its own is held by the contracts of its tasks."""
    own = case("healthy", TASKS["days"], 60, True, 0)
    try:
        model.fit(own.task, own.split())
    except InputError as error:
        return "give the task those" not in str(error)
    except WorkbenchError:
        return True
    return True


def required(kind: Any) -> list[str]:
    """The fields without a default."""
    return [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]


@dataclass(frozen=True)
class Case:
    """One odd series, alone or beside two healthy ones of the same measure."""

    kind: str
    task: Task
    panel: pl.DataFrame

    @property
    def short(self) -> bool:
        """Less than three seasons (or twenty values): a learner (but no model of single series) may refuse it."""
        known = self.panel.filter(pl.col("unique_id") == "odd/value", pl.col("y").is_finite()).height
        return known <= max(20, 3 * max(self.task.seasons, default=0))

    def split(self) -> Split:
        """At the end of the panel."""
        return self.task.split(self.panel, None, self.panel["known_at"].max())  # type: ignore[arg-type]


KINDS = (
    "constant",
    "zero",
    "two points",
    "missing",
    "gapped",
    "negative",
    "huge",
    "tiny",
    "one point",
    "not a number",
    "infinite",
    "late start",
)


HOPELESS = ("missing", "one point", "two points", "late start")
"""Kinds that a model may refuse; all others it must forecast."""

SCARCE = ("one point", "two points", "late start")
"""Kinds whose own history is too short to say how far it reaches: the order of magnitude must be right."""


def odd(kind: str, y: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A healthy series made odd; NaN where there is no value."""
    n, out = len(y), y.copy()
    if kind == "constant":
        out[:] = y[0]
    elif kind == "zero":
        out[:] = 0.0
    elif kind == "missing":
        out[:] = np.nan
    elif kind == "two points":
        out[:-2] = np.nan
    elif kind == "one point":
        out[:-1] = np.nan
    elif kind == "gapped":
        hole = random.integers(0, n - n // 3)
        out[hole : hole + n // 3] = np.nan
        out[random.random(n) < 0.2] = np.nan
        out[-1] = y[-1]
    elif kind == "negative":
        out = -3 * y
    elif kind == "huge":
        out = y * 1e12
    elif kind == "tiny":
        out = y * 1e-9
    elif kind == "infinite":
        out[n // 2] = np.inf
    elif kind == "late start":
        out[: n - max(4, n // 4)] = np.nan
    return out


def healthy(task: Task, n: int, random: np.random.Generator) -> np.ndarray:
    """Level, season and noise, above zero."""
    season = task.seasons[0] if task.seasons else 5
    level = 50 + 20 * np.sin(np.arange(n) * 2 * np.pi / season)
    return level + 5 * random.standard_normal(n)


def case(kind: str, task: Task, n: int, beside: bool, seed: int) -> Case:
    """A panel of `n` steps."""
    random = np.random.default_rng(seed)
    names = ["odd/value", "near/value", "far/value"] if beside else ["odd/value"]
    clock, parts = Clock(task.every), []
    (last,) = clock.numbers(date(2020, 12, 31))
    ds = clock.starts(np.arange(last - n + 1, last + 1))
    for name in names:
        y = healthy(task, n, random)
        scale = 1e12 if kind == "huge" else 1e-9 if kind == "tiny" else 1.0
        y = odd(kind, y, random) if name == "odd/value" else y * scale
        part = pl.DataFrame({"unique_id": name, "ds": ds, "y": y})
        if kind not in ("not a number", "infinite"):
            part = part.with_columns(pl.col("y").fill_nan(None))
        if kind == "gapped" and name == "odd/value":
            part = part.filter(pl.col("y").is_not_null())
        parts.append(part)
    known = pl.col("ds").dt.offset_by(task.every).cast(pl.Datetime("us", "UTC"))
    panel = pl.concat(parts).select("unique_id", "ds", known.alias("known_at"), "y")
    return Case(kind, task, panel)


MODELS = list(models())


def sensible(forecast: pl.DataFrame, own: Case) -> None:
    """Complete and finite (guard), in order, inside the bounds, and within reach of what the panel has seen."""
    assert forecast.height == own.panel["unique_id"].n_unique() * own.task.horizon
    values = forecast.select(QUANTILES).to_numpy()
    assert (np.diff(values, axis=1) >= 0).all()
    seen = own.panel.filter(pl.col("y").is_finite())
    spread = seen.group_by("unique_id").agg(s=pl.col("y").max() - pl.col("y").min())["s"].max()
    for (name,), part in forecast.group_by("unique_id"):
        known = seen.filter(unique_id=name)["y"]
        known = known if len(known) else seen["y"]
        low, high = float(known.min()), float(known.max())  # type: ignore[arg-type]
        size = max(abs(low), abs(high))
        times = 3 if len(known) >= 30 else 6
        slack = times * float(spread) + (10 if own.kind in SCARCE else 1e-6) * size + 1e-12  # type: ignore[arg-type]
        reached = part.select("mean", *QUANTILES).to_numpy()
        assert reached.min() >= low - slack, (name, reached.min(), low, slack)
        assert reached.max() <= high + slack, (name, reached.max(), high, slack)


def tells(error: WorkbenchError) -> bool:
    """A message that names the series and says something beyond its name."""
    return "odd/value" in str(error) and len(re.sub(r"\W+", "", str(error))) > 30


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=2, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(task=st.sampled_from(sorted(TASKS)), n=st.integers(5, 60), beside=st.booleans(), seed=st.integers(0, 99))
def test_an_odd_series_is_forecast_sensibly_or_named(
    model: Model, kind: str, task: str, n: int, beside: bool, seed: int
) -> None:
    """No NaN, no blow-up, no traceback of a library."""
    own = case(kind, TASKS[task], n, beside, seed)
    refused, forecast = None, None
    try:
        split = own.split()
        made = small(model, CHEAP).fit(own.task, split).predict(split.past, split.future)
        forecast = guard(own.task, made, split.future, "it")
    except WorkbenchError as error:
        refused = error
    if forecast is not None:
        sensible(forecast, own)
    else:
        assert refused is not None
        assert tells(refused), str(refused)
        unlearnable = own.short and "too short a history to learn from" in str(refused)
        assert kind in HOPELESS or unlearnable, str(refused)


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_a_step_given_twice_is_named(task: Task) -> None:
    """Which series, which step, and how many such there are."""
    own = case("constant", task, 40, True, 1)
    twice = pl.concat([own.panel, own.panel.filter(unique_id="odd/value").tail(2)])
    with pytest.raises(WorkbenchError, match="odd/value") as caught:
        replace(own, panel=twice).split()
    assert "2 steps" in str(caught.value)
