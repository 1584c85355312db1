"""Seasonal naive: the value one season ago, plus what values usually change by over that many seasons."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import polars as pl

from workbench.forecast import keep
from workbench.forecast.algorithms.climatology import Climatology, FittedClimatology, fallback
from workbench.forecast.algorithms.persistence import add_errors, recent
from workbench.forecast.clock import Clock
from workbench.forecast.empirical import Grid, errors
from workbench.forecast.task import Split, Task


@dataclass(frozen=True)
class SeasonalNaive:
    """The latest value known at the same place in the season + its empirical errors by number of seasons and hour.

    `season` picks one of the task's seasons (0 the shortest); a task without any repeats the step before. Where a value
    is missing, the season before is taken, at most `back` seasons further than the horizon asks; then climatology
    answers.
    """

    season: int = 0
    back: int = 3
    days: int = 1500
    minimum: int = 30

    def fit(self, task: Task, split: Split) -> "FittedSeasonalNaive":
        """Collect the changes over 1, 2, … seasons."""
        length = task.seasons[self.season] if task.seasons else 1
        most = -(-task.horizon // length) + self.back
        grid = Grid.of(split.past, Clock(task.every))
        table = errors(grid, [length * k for k in range(1, most + 1)], self.days, self.minimum)
        return FittedSeasonalNaive(task.every, length, most, table, Climatology().fit(task, split))


@dataclass(frozen=True)
class FittedSeasonalNaive:
    """Errors: key (a unique_id or a measure), gap, phase, VALUES; and the climatology behind."""

    every: str
    length: int
    most: int
    errors: pl.DataFrame
    climatology: FittedClimatology

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """The last season's value + errors; climatology where `most` seasons back there is none."""
        clock = Clock(self.every)
        known = recent(past, future, clock, self.length * self.most)
        asked = future.select("unique_id", "ds", clock.number().alias("number"), clock.phase().alias("phase"))
        asked = asked.with_columns(y=pl.lit(None, dtype=pl.Float64), gap=pl.lit(None, dtype=pl.Int32))
        for k in range(1, self.most + 1):
            was = known.select("unique_id", pl.col("number") + k * self.length, was="y")
            asked = asked.join(was, on=["unique_id", "number"], how="left", maintain_order="left").with_columns(
                gap=pl.when(pl.col("y").is_null() & pl.col("was").is_not_null())
                .then(pl.lit(k * self.length, dtype=pl.Int32))
                .otherwise("gap"),
                y=pl.coalesce("y", "was"),
            )
            asked = asked.drop("was")
        return fallback(add_errors(asked, self.errors), self.climatology, past)

    def save(self, folder: Path) -> None:
        """Parquet and JSON, the climatology in a folder of its own."""
        self.errors.write_parquet(folder / "errors.parquet")
        given = {"every": self.every, "length": self.length, "most": self.most}
        keep.write_json(folder / "parameters.json", given)
        keep.save(self.climatology, folder / "climatology")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        given = keep.read_json(folder / "parameters.json")
        table = pl.read_parquet(folder / "errors.parquet")
        length, most = given["length"], given["most"]
        return cls(given["every"], length, most, table, FittedClimatology.load(folder / "climatology"))
