"""Probabilistic persistence: the last value known, plus what values usually change by over that time at that hour.

The baseline of every task, and what a forecast of the first hours must beat.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import polars as pl

from workbench.forecast import keep
from workbench.forecast.algorithms.climatology import Climatology, FittedClimatology, fallback
from workbench.forecast.clock import Clock
from workbench.forecast.empirical import VALUES, Grid, errors
from workbench.forecast.frames import measure
from workbench.forecast.task import Split, Task


@dataclass(frozen=True)
class Persistence:
    """Last value known at the cutoff + its empirical errors by gap (target minus last value) and hour of day.

    The gap counts from the value itself, so a release delay or an outage widens the range by itself. After `stale`
    steps without a value climatology answers. Errors are of the series, or of its measure where a cell holds fewer
    than `minimum`; at most `days` days enter a cell.
    """

    stale: int = 24
    days: int = 730
    minimum: int = 30

    def fit(self, task: Task, split: Split) -> "FittedPersistence":
        """Collect the changes of all pairs of values one gap apart."""
        climatology = Climatology().fit(task, split)
        grid = Grid.of(split.past, Clock(task.every))
        gaps = list(range(1, task.horizon + self.stale + 1))
        return FittedPersistence(task.every, self.stale, errors(grid, gaps, self.days, self.minimum), climatology)


@dataclass(frozen=True)
class FittedPersistence:
    """Errors: key (a unique_id or a measure), gap, phase, VALUES; and the climatology behind."""

    every: str
    stale: int
    errors: pl.DataFrame
    climatology: FittedClimatology

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """Last value + errors; climatology for series without a value in the last `stale` steps."""
        clock = Clock(self.every)
        last = recent(past, future, clock, self.stale).sort("number").group_by("unique_id").last()
        asked = future.select("unique_id", "ds", clock.number().alias("number"), clock.phase().alias("phase"))
        asked = asked.join(last.rename({"number": "was"}), on="unique_id", how="left", maintain_order="left")
        asked = asked.with_columns(gap=(pl.col("number") - pl.col("was")).cast(pl.Int32))
        return fallback(add_errors(asked, self.errors), self.climatology, past)

    def save(self, folder: Path) -> None:
        """Parquet and JSON, the climatology in a folder of its own."""
        self.errors.write_parquet(folder / "errors.parquet")
        keep.write_json(folder / "parameters.json", {"every": self.every, "stale": self.stale})
        keep.save(self.climatology, folder / "climatology")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        given = keep.read_json(folder / "parameters.json")
        climatology = FittedClimatology.load(folder / "climatology")
        return cls(given["every"], given["stale"], pl.read_parquet(folder / "errors.parquet"), climatology)


def recent(past: pl.DataFrame, future: pl.DataFrame, clock: Clock, steps: int) -> pl.DataFrame:
    """Values of the last `steps` steps before the first asked: unique_id, number (of the step), y."""
    first = future.select(clock.number().min()).item()
    near = past.filter(clock.number().is_between(first - 1 - steps, first - 1) & pl.col("y").is_finite())
    return near.select("unique_id", clock.number().alias("number"), pl.col("y").cast(pl.Float64))


def add_errors(asked: pl.DataFrame, errors: pl.DataFrame) -> pl.DataFrame:
    """y + the errors of its series, else of its measure: unique_id, ds, VALUES, null where neither is known.

    `asked` holds unique_id, ds, phase, gap and y.
    """
    on = ["key", "gap", "phase"]
    own = asked.with_columns(key=pl.col("unique_id")).join(errors, on=on, how="left", maintain_order="left")
    pool = asked.with_columns(key=measure()).join(errors, on=on, how="left", maintain_order="left")
    return own.with_columns(pl.col(name).fill_null(pool.get_column(name)) + pl.col("y") for name in VALUES).select(
        "unique_id", "ds", *(pl.col(name).cast(pl.Float64) for name in VALUES)
    )
