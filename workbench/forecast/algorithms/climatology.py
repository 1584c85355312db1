"""Climatology: what this time of the year and hour of the day usually brings. Knows no weather and no yesterday.

The forecast that needs no recent data at all: the reference for long leads, and the last step of every fallback.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from workbench.errors import MissingData
from workbench.forecast import keep
from workbench.forecast.clock import Clock
from workbench.forecast.empirical import VALUES, Grid, describe, table, thinning
from workbench.forecast.frames import measure
from workbench.forecast.model import Fitted
from workbench.forecast.task import Split, Task

BINS = 36
ALL_YEAR = -1
BOTH = -1


@dataclass(frozen=True)
class Climatology:
    """Empirical quantiles of a series within ±`window` days of the day of the year, by hour of day.

    `years` of history count (0 = all); `weekend` keeps Saturday and Sunday apart; a cell with fewer than `minimum`
    values gives way to the measure's stations together, and that to all seasons.
    """

    window: int = 20
    years: int = 5
    weekend: bool = False
    minimum: int = 30

    def fit(self, task: Task, split: Split) -> "FittedClimatology":
        """Fill the cells."""
        clock = Clock(task.every)
        grid = Grid.of(split.past, clock)
        parts = [self.cells(grid, clock, part) for part in ((BOTH, 0, 1) if self.weekend else (BOTH,))]
        return FittedClimatology(task.every, task.zone, pl.concat(parts))

    def cells(self, grid: Grid, clock: Clock, part: int) -> pl.DataFrame:
        """Cells of all days, or of working days (0) or weekends (1) only: key, bin, part, phase, VALUES."""
        blocks = grid.first + np.arange(grid.values.shape[1])
        days = clock.starts(blocks).to_physical().to_numpy() if clock.dated else blocks
        recent = days > days[-1] - 365.25 * self.years if self.years else np.full(len(days), True)
        if part != BOTH:
            recent = recent & (((days + 3) % 7 >= 5) == bool(part))
        ordinal = days_of_year(days)
        pools = grid.measures()
        keys = np.array([*grid.ids, *pools], dtype=object)[:, None]
        parts = []
        for number in range(ALL_YEAR, BINS):
            distance = np.abs((ordinal - number * 365.25 / BINS + 182.625) % 365.25 - 182.625)
            near = recent & ((distance <= self.window) | (number == ALL_YEAR))
            values = np.ascontiguousarray(grid.values[:, near].transpose(0, 2, 1))
            own = describe(values, self.minimum)
            least = 1 if number == ALL_YEAR and part == BOTH else self.minimum
            shared = np.stack([pool(values[rows], least) for rows in pools.values()])
            place = {
                "key": keys,
                "bin": np.array([[number]], dtype=np.int16),
                "part": np.array([[part]], dtype=np.int8),
                "phase": np.arange(clock.phases, dtype=np.int16)[None, :],
            }
            parts.append(table(place, np.concatenate([own, shared])))
        return pl.concat(parts)


def pool(values: np.ndarray, minimum: int) -> np.ndarray:
    """Cells of several series together, thinned; a phase without enough takes all phases."""
    together = values.transpose(1, 0, 2).reshape(values.shape[1], -1)
    cells = describe(together[:, :: thinning(together.shape[1], 4000)], minimum)
    every = describe(together.reshape(1, -1)[:, :: thinning(together.size, 20000)], minimum)
    return np.where(np.isnan(cells), every, cells)


def days_of_year(days: np.ndarray) -> np.ndarray:
    """Days since 1 January of each day counted since 1970."""
    dates = days.astype("datetime64[D]")
    return (dates - dates.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.float64)


@dataclass(frozen=True)
class FittedClimatology:
    """The cells: key (a unique_id or a measure), bin of the year (-1 = all year), part of week, phase, VALUES."""

    every: str
    zone: str
    cells: pl.DataFrame

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """The cell of each step; `past` is not needed. MissingData for a measure never seen."""
        clock = Clock(self.every)
        ordinal = pl.col("ds").dt.ordinal_day() - 1
        asked = future.select(
            "unique_id",
            "ds",
            measure().alias("measure"),
            clock.phase().alias("phase"),
            ((ordinal / 365.25 * BINS).round() % BINS).cast(pl.Int16).alias("bin"),
            (pl.col("ds").dt.weekday() > 5).cast(pl.Int8).alias("part"),
        )
        answer = asked.select("unique_id", "ds", *(pl.lit(None, dtype=pl.Float64).alias(name) for name in VALUES))
        for key in ("unique_id", "measure"):
            for changed in ({}, {"part": BOTH}, {"bin": ALL_YEAR}, {"bin": ALL_YEAR, "part": BOTH}):
                if answer.get_column("mean").null_count():
                    answer = fill(answer, self.look_up(asked, key, changed))
        if answer.get_column("mean").null_count():
            strange = answer.filter(pl.col("mean").is_null()).get_column("unique_id")
            raise MissingData(f"no history of the measure of {strange[0]} at all", "train again with its history")
        return answer

    def look_up(self, asked: pl.DataFrame, key: str, changed: dict[str, int]) -> pl.DataFrame:
        """The cells under that key, null where there is none; `changed` widens a part of the place."""
        types = {"bin": pl.Int16, "part": pl.Int8}
        places = asked.with_columns(pl.lit(value, dtype=types[name]).alias(name) for name, value in changed.items())
        places = places.with_columns(key=pl.col(key))
        return places.join(self.cells, on=["key", "bin", "part", "phase"], how="left", maintain_order="left")

    def save(self, folder: Path) -> None:
        """Parquet and JSON."""
        self.cells.write_parquet(folder / "cells.parquet")
        keep.write_json(folder / "parameters.json", {"every": self.every, "zone": self.zone})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        given = keep.read_json(folder / "parameters.json")
        return cls(given["every"], given["zone"], pl.read_parquet(folder / "cells.parquet"))


def fill(answer: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Fill the null values of a forecast from another with the same rows in the same order."""
    return answer.with_columns(pl.col(name).fill_null(other.get_column(name).cast(pl.Float64)) for name in VALUES)


def fallback(answer: pl.DataFrame, climatology: Fitted, past: pl.DataFrame) -> pl.DataFrame:
    """Answer from climatology the rows of a forecast that are still null."""
    missing = answer.get_column("mean").is_null()
    if not missing.any():
        return answer
    filled = climatology.predict(past, answer.filter(missing).select("unique_id", "ds"))
    return pl.concat([answer.filter(~missing), filled.select(answer.columns)])
