"""A toy domain for the tests of operation: two stations, one pollutant, a three-day forecast by three naive models."""

import math
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from workbench import domain
from workbench.domain import Entry
from workbench.forecast.algorithms.climatology import Climatology
from workbench.forecast.algorithms.persistence import Persistence
from workbench.forecast.algorithms.seasonal_naive import SeasonalNaive
from workbench.forecast.frames import place
from workbench.forecast.task import Task
from workbench.lake.ingest import ingest_frame
from workbench.lake.store import Lake
from workbench.operate.known import Inputs

TOY = Task(
    name="toy",
    title_zh="玩具",
    title_en="Toy",
    unit="µg/m³",
    owner="environment",
    panel="toy_panel",
    every="1d",
    horizon=3,
    seasons=(7,),
    bounds=(0.0, None),
)
FIRST = date(2026, 1, 1)
DAYS = 320
NOW = datetime(2026, 11, 16, 10, tzinfo=UTC)  # 18:00 local on the last day but one


def toy_panel(air_daily: pl.LazyFrame) -> pl.LazyFrame:
    """PM2.5 of every station."""
    unique_id = pl.col("station") + "/pm2_5"
    return air_daily.select(unique_id.alias("unique_id"), pl.col("date").alias("ds"), "known_at", y="pm2_5")


def toy_peak(inputs: Inputs) -> pl.DataFrame:
    """A product: the highest median of each station."""
    return inputs.forecasts["toy"].group_by(station=place()).agg(peak=pl.col("q50").max()).sort("station")


def readings(first: date, days: int, stations: tuple[str, ...] = ("A", "B"), seed: int = 1) -> pl.DataFrame:
    """Daily PM2.5 that remembers yesterday: persistence beats climatology by far."""
    rows = []
    for number, station in enumerate(stations):
        dice, state = random.Random(seed + number), 0.0
        for day in range(days):
            state = 0.9 * state + dice.gauss(0, 4)
            value = 40 + 10 * math.cos(2 * math.pi * day / 365) + state
            rows.append((station, first + timedelta(days=day), round(max(1.0, value), 1)))
    return pl.DataFrame(rows, schema=["station", "date", "pm2_5"], orient="row")


@pytest.fixture
def toy(home: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """The toy domain alone, real rows in a real lake, the clock at `NOW`."""
    entry = Entry("toy", TOY, {"persistence": Persistence(), "climatology": Climatology(), "naive": SeasonalNaive()})
    monkeypatch.setenv("WORKBENCH_NOW", NOW.isoformat())
    monkeypatch.setattr(domain, "panels", lambda: {"toy_panel": toy_panel})
    monkeypatch.setattr(domain, "tasks", lambda: {"toy": entry})
    monkeypatch.setattr(domain, "products", lambda: {"toy_peak": toy_peak})
    lake = Lake()
    ingest_frame(lake, "air_daily", readings(FIRST, DAYS), "toy", "toy-1")
    return lake


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Stop the clock at an instant."""
    return lambda moment: monkeypatch.setenv("WORKBENCH_NOW", moment.isoformat())
