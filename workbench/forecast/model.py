"""The contract between the engine and every model: a recipe that makes a fitted thing, and nothing in between.

A `Model` is a frozen dataclass of plain hyper-parameters — `type(m)(**parameters(m)) == m` — and its `fit` returns a
*new* `Fitted`. A `Fitted` forecasts from any later origin without a refit, and is kept in a folder without pickle
(booster text, or parameters as JSON and Parquet). Nothing is ever maybe-fitted; the engine stamps the rest.
"""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
import polars as pl

from workbench.errors import WorkbenchError
from workbench.forecast.frames import QUANTILES
from workbench.forecast.task import Split, Task


@runtime_checkable
class Fitted(Protocol):
    """What fitting returns. `predict` must not depend on row order and must answer every row of `future`."""

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """From `past` (as in `Split.past`, of any later origin) fill `future` (as in `Split.future`).

        Returns unique_id, ds, mean and the fifteen quantiles, one row for each row of `future`, never crossing.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into an existing empty folder; no pickle."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back what `save` wrote."""
        ...


@runtime_checkable
class Model(Protocol):
    """A recipe: hyper-parameters only, no state, no logic in `__init__`. The seed is a hyper-parameter too."""

    def fit(self, task: Task, split: Split) -> Fitted:
        """Learn from `split.past` and `split.vintages`; `split.future` is not looked at while fitting."""
        ...


def parameters(model: Model) -> Mapping[str, Any]:
    """The hyper-parameters of a model, one level deep: what makes it again with `type(model)(**parameters(model))`."""
    return {field.name: getattr(model, field.name) for field in fields(model)}  # type: ignore[arg-type]


def guard(task: Task, forecast: pl.DataFrame, future: pl.DataFrame, who: str) -> pl.DataFrame:
    """Check a forecast at the border and put it inside the task's bounds with its quantiles in order.

    A missing or non-finite value is the model's error and raises — a row is never dropped.
    """
    answered = future.select("unique_id", "ds").join(forecast, on=["unique_id", "ds"], how="left")
    values = ["mean", *QUANTILES]
    bad = answered.filter(pl.any_horizontal(~pl.col(values).is_finite().fill_null(False)))
    if bad.height or answered.height != forecast.height:
        first = bad.select("unique_id", "ds").row(0) if bad.height else "more rows than asked"
        raise WorkbenchError(
            f"{who} on {task.name}: {bad.height} of {answered.height} forecasts missing or not finite; first {first}",
            "this is a fault of the model, not of the data: issue with another model and report it",
        )
    return ordered(answered, task.bounds)


def ordered(forecast: pl.DataFrame, bounds: tuple[float | None, float | None]) -> pl.DataFrame:
    """Put the quantiles in order and everything inside the bounds."""
    ranked = np.sort(forecast.select(QUANTILES).to_numpy(), axis=1)
    mended = forecast.with_columns(pl.Series(name, ranked[:, i]) for i, name in enumerate(QUANTILES))
    return mended.with_columns(pl.col("mean", *QUANTILES).clip(*bounds))
