"""Open days: what is closed has no visitors, and what it had then teaches nothing.

The task names a covariate known ahead, 1 on the days on which a series is closed. The inner model sees these days as
unknown; where the future is closed the answer is exactly 0.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import polars as pl

from workbench.forecast import keep
from workbench.forecast.empirical import VALUES
from workbench.forecast.model import Fitted, Model
from workbench.forecast.online import Through
from workbench.forecast.task import Split, Task


@dataclass(frozen=True)
class OpenDays:
    """The inner model on open days, 0 on closed ones. A series without one open day is left to the inner model."""

    inner: Model
    closed: str = "closed"

    def fit(self, task: Task, split: Split) -> "FittedOpenDays":
        """Fit the inner model on open days."""
        opened = Split(split.cutoff, masked(split.past, self.closed), split.vintages, split.future)
        return FittedOpenDays(self.inner.fit(task, opened), self.closed)


@dataclass(frozen=True)
class FittedOpenDays(Through):
    """The fitted inner model and the name of the covariate."""

    inner: Fitted
    closed: str

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """The inner forecast; 0 at every quantile where closed."""
        forecast = self.inner.predict(masked(past, self.closed), future)
        if self.closed not in future.columns:
            return forecast
        shut = future.select("unique_id", "ds", shut=pl.col(self.closed).fill_null(0) >= 1)
        joined = forecast.join(shut, on=["unique_id", "ds"], how="left", maintain_order="left")
        zero = pl.when(~pl.col("shut").fill_null(value=False))
        return joined.select("unique_id", "ds", *(zero.then(name).otherwise(0.0).alias(name) for name in VALUES))

    def update(self, verified: pl.DataFrame) -> Self:
        """Learn on from open days: a closed day, 0 at every quantile, says nothing of how far the others may go."""
        return super().update(verified.filter(pl.col("q95") > 0))

    def save(self, folder: Path) -> None:
        """The inner model in a folder of its own."""
        keep.save(self.inner, folder / "inner")
        keep.write_json(folder / "parameters.json", {"closed": self.closed})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        return cls(keep.load(folder / "inner"), keep.read_json(folder / "parameters.json")["closed"])


def masked(past: pl.DataFrame, closed: str) -> pl.DataFrame:
    """History with the values of closed days unknown."""
    if closed not in past.columns:
        return past
    return past.with_columns(y=pl.when(pl.col(closed).fill_null(0) < 1).then("y"))
