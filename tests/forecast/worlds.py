"""Small worlds with known answers for the forecast tests: tasks, panels, and models that misbehave on purpose."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from workbench.forecast.empirical import VALUES
from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.forecast.task import Split, Task

HOURLY = Task("hours", "时", "Hours", "µg/m³", "environment", "hours", "1h", 24, (24,), bounds=(0.0, None), refit="30d")
DAILY = Task("days", "日", "Days", "µg/m³", "environment", "days", "1d", 3, (7,), refit="400d")
START = datetime(2024, 1, 1, tzinfo=UTC)


def hourly(days: int, places: int = 2, seed: int = 0, measures: tuple[str, ...] = ("pm2_5", "o3")) -> pl.DataFrame:
    """PANEL of positive hourly series: a daily shape times the exponential of an AR(1), with gaps; one hour late."""
    random = np.random.default_rng(seed)
    hours = np.arange(days * 24)
    parts = []
    for name in [f"{place}/{measure}" for place in range(places) for measure in measures]:
        noise = random.normal(size=len(hours)) * 0.15
        state = np.zeros(len(hours))
        for i in range(1, len(hours)):
            state[i] = 0.97 * state[i - 1] + noise[i]
        y = 40 * (1 + 0.3 * np.sin(hours * 2 * np.pi / 24)) * np.exp(state)
        y[random.random(len(hours)) < 0.02] = np.nan
        hole = random.integers(0, len(hours) - 30)
        y[hole : hole + 20] = np.nan
        parts.append(frame(name, [START + timedelta(hours=int(h) + 1) for h in hours], y, timedelta(hours=1)))
    return pl.concat(parts)


def daily(values: np.ndarray, name: str = "a/x", start: date = date(2020, 1, 1)) -> pl.DataFrame:
    """PANEL of one daily series, each day known at 16:00 UTC of the day itself (local midnight after it)."""
    days = [start + timedelta(days=i) for i in range(len(values))]
    known = [datetime(day.year, day.month, day.day, 16, tzinfo=UTC) for day in days]
    return pl.DataFrame(
        {"unique_id": [name] * len(days), "ds": days, "known_at": known, "y": values},
        schema_overrides={"known_at": pl.Datetime("us", "UTC")},
    ).with_columns(pl.col("y").fill_nan(None))


def frame(name: str, ds: list[datetime], y: np.ndarray, delay: timedelta) -> pl.DataFrame:
    """One hourly series as a PANEL."""
    utc = pl.Datetime("us", "UTC")
    return pl.DataFrame(
        {"unique_id": [name] * len(ds), "ds": ds, "known_at": [at + delay for at in ds], "y": y},
        schema_overrides={"ds": utc, "known_at": utc},
    ).with_columns(pl.col("y").fill_nan(None))


def at(task: Task, panel: pl.DataFrame, day: date) -> Split:
    """The split of the day's origin."""
    return task.split(panel, None, task.origin(day))


def same(frame: pl.DataFrame, **values: float) -> pl.DataFrame:
    """Add a forecast that is one number for mean and all quantiles, or several by name."""
    given = {name: values.get(name, values.get("value", 0.0)) for name in VALUES}
    return frame.with_columns(pl.lit(float(value)).alias(name) for name, value in given.items())


@dataclass(frozen=True)
class Spread:
    """Forecasts the same quantiles everywhere: `centre` + `width` × (level - ½) × 2."""

    centre: float = 0.0
    width: float = 0.0

    def fit(self, task: Task, split: Split) -> "FittedSpread":
        """Nothing to learn."""
        return FittedSpread(self.centre, self.width)


@dataclass(frozen=True)
class FittedSpread:
    """See Spread."""

    centre: float
    width: float

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """The same for every row."""
        values = {name: self.centre + self.width * (lv - 0.5) * 2 for name, lv in zip(QUANTILES, LEVELS, strict=True)}
        return same(future.select("unique_id", "ds"), value=self.centre, **values)

    def save(self, folder: Path) -> None:
        """Not kept."""
        raise NotImplementedError

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Not kept."""
        raise NotImplementedError


@dataclass(frozen=True)
class Leaking:
    """Cheats on purpose: it holds the whole panel, and answers with the truth that it should not have."""

    panel: pl.DataFrame

    def fit(self, task: Task, split: Split) -> "FittedLeaking":
        """Keep the panel."""
        return FittedLeaking(0.0, 0.0, self.panel)


@dataclass(frozen=True)
class FittedLeaking(FittedSpread):
    """See Leaking."""

    panel: pl.DataFrame

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """The truth."""
        told = future.select("unique_id", "ds").join(self.panel, on=["unique_id", "ds"], how="left")
        y = pl.col("y").fill_null(0.0).fill_nan(0.0)
        return told.select("unique_id", "ds", *(y.alias(name) for name in VALUES))


def short(task: Task, **changes: object) -> Task:
    """The task with other fields."""
    return replace(task, **changes)  # type: ignore[arg-type]
