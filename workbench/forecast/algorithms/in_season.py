"""In season: long silences taken out of a history, for models that would draw a line through them.

What is quoted only part of the year has no values in between, not missing ones. A model that fills gaps would learn
from the filled line that nothing ever moves, and replay itself on it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import polars as pl

from workbench.forecast import keep
from workbench.forecast.algorithms.climatology import Climatology, FittedClimatology, fallback
from workbench.forecast.algorithms.persistence import recent
from workbench.forecast.clock import Clock
from workbench.forecast.empirical import VALUES
from workbench.forecast.model import Fitted, Model
from workbench.forecast.online import Through
from workbench.forecast.task import Split, Task


@dataclass(frozen=True)
class InSeason:
    """The inner model on history without silences of more than `silent` steps: what was before is moved up.

    A series that has been silent that long at the cutoff is out of season: climatology answers for it. Use it for
    series that stop and begin again, and only around models that look at no calendar.
    """

    inner: Model
    silent: int = 21

    def fit(self, task: Task, split: Split) -> "FittedInSeason":
        """Fit the inner model on the joined seasons."""
        joined = Split(split.cutoff, closed_up(split.past, task.every, self.silent), split.vintages, split.future)
        climatology = Climatology().fit(task, split)
        return FittedInSeason(self.inner.fit(task, joined), climatology, task.every, self.silent)


@dataclass(frozen=True)
class FittedInSeason(Through):
    """The fitted inner model, the climatology behind it, the step, and how long a silence ends a season."""

    inner: Fitted
    climatology: FittedClimatology
    every: str
    silent: int

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """The inner forecast from the joined seasons; the last season stands where it stood."""
        forecast = self.inner.predict(closed_up(past, self.every, self.silent), future)
        active = recent(past, future, Clock(self.every), self.silent)["unique_id"].unique()
        here = pl.col("unique_id").is_in(active.implode())
        kept = forecast.select("unique_id", "ds", *(pl.when(here).then(name).alias(name) for name in VALUES))
        return fallback(kept, self.climatology, past)

    def save(self, folder: Path) -> None:
        """The inner model in a folder of its own."""
        keep.save(self.inner, folder / "inner")
        keep.save(self.climatology, folder / "climatology")
        keep.write_json(folder / "parameters.json", {"every": self.every, "silent": self.silent})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        given = keep.read_json(folder / "parameters.json")
        climatology = FittedClimatology.load(folder / "climatology")
        return cls(keep.load(folder / "inner"), climatology, given["every"], int(given["silent"]))


def closed_up(past: pl.DataFrame, every: str, silent: int) -> pl.DataFrame:
    """Rows with a value, each series' silences of more than `silent` steps made one step; its last step stays.

    >>> from datetime import date
    >>> days = [date(2026, 6, 1), date(2026, 6, 2), date(2026, 10, 1)]
    >>> past = pl.DataFrame({"unique_id": "a/b", "ds": days, "y": [1.0, 2.0, 3.0]})
    >>> closed_up(past, "1d", 21)["ds"].dt.to_string("%m-%d").to_list()
    ['09-29', '09-30', '10-01']
    """
    clock = Clock(every)
    rows = past.filter(pl.col("y").is_finite()).sort("unique_id", "ds").with_columns(_at=clock.number())
    gap = (pl.col("_at").shift(-1) - pl.col("_at")).over("unique_id")
    moved = pl.when(gap > silent).then(gap - 1).otherwise(0)
    rows = rows.with_columns(_by=moved.cum_sum(reverse=True).over("unique_id"))
    place = rows.select(pl.col("_at") + pl.col("_by")).to_series().to_numpy()
    return rows.with_columns(clock.starts(place).alias("ds")).drop("_at", "_by")
