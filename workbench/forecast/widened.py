"""Widened: ranges drawn out around the median, for models that replay too short a part of the year to know them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import polars as pl

from workbench.forecast import keep
from workbench.forecast.empirical import VALUES
from workbench.forecast.frames import QUANTILES
from workbench.forecast.model import Fitted, Model
from workbench.forecast.online import Through
from workbench.forecast.task import Split, Task

LOW, HIGH = 1 / 3, 3.0
"""How far a quantile may come to lie from the median, as a factor on top of where it was."""


@dataclass(frozen=True)
class Widened:
    """The inner model's quantiles, each `by` times as far from the median on the log scale. For values from 0 up.

    Choose `by` on windows before any test: where the ranges of one year must serve the next, about 1.4.
    """

    inner: Model
    by: float = 1.4

    def fit(self, task: Task, split: Split) -> "FittedWidened":
        """Fit the inner model."""
        return FittedWidened(self.inner.fit(task, split), self.by)


@dataclass(frozen=True)
class FittedWidened(Through):
    """The fitted inner model and the factor."""

    inner: Fitted
    by: float

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """The inner forecast, median and mean as they are."""
        forecast = self.inner.predict(past, future).select("unique_id", "ds", *VALUES)
        middle = pl.col("q50").clip(lower_bound=1.0)
        far = [((pl.col(name).clip(lower_bound=1.0) / middle) ** (self.by - 1)).clip(LOW, HIGH) for name in QUANTILES]
        wide = [(pl.col(name) * factor).alias(name) for name, factor in zip(QUANTILES, far, strict=True)]
        return forecast.with_columns(wide)

    def save(self, folder: Path) -> None:
        """The inner model in a folder of its own."""
        keep.save(self.inner, folder / "inner")
        keep.write_json(folder / "parameters.json", {"by": self.by})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        return cls(keep.load(folder / "inner"), float(keep.read_json(folder / "parameters.json")["by"]))
