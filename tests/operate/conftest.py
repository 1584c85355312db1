"""A toy domain for the tests of operation: two stations, one pollutant, a three-day forecast by three naive models."""

import math
import random
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from workbench import domain
from workbench.domain import Entry, Product
from workbench.forecast.algorithms.climatology import Climatology
from workbench.forecast.algorithms.persistence import Persistence
from workbench.forecast.algorithms.seasonal_naive import SeasonalNaive
from workbench.forecast.frames import place
from workbench.forecast.task import Task
from workbench.lake.ingest import ingest_frame
from workbench.lake.store import Lake
from workbench.operate import train
from workbench.operate.home import prepare
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
FIRST = date(2024, 1, 1)
DAYS = 1050  # to 15 November 2026
NOW = datetime(2026, 11, 16, 10, tzinfo=UTC)  # 18:00 in the county


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


class Toy:
    """The toy county as a test sees it: its lake, the instant at which it begins, and days that go by."""

    now = NOW
    days = DAYS

    def __init__(self, lake: Lake, clock: Callable[[datetime], None]) -> None:
        self.lake, self.clock = lake, clock

    def history(self, seed: int = 1) -> pl.DataFrame:
        """What has been measured until now."""
        return readings(FIRST, DAYS, seed=seed)

    def arrive(self, days: int, stations: tuple[str, ...] = ("A", "B")) -> pl.DataFrame:
        """The clock goes on to so many days after the beginning; what was measured meanwhile arrives."""
        later = readings(FIRST, DAYS + days).filter(pl.col("date") >= FIRST + timedelta(days=DAYS))
        rows, moment = later.filter(pl.col("station").is_in(stations)), NOW + timedelta(days=days)
        self.clock(moment)
        ingest_frame(self.lake, "air_daily", rows, "toy", f"{days}{stations}", known_at=moment - timedelta(hours=1))
        return rows


def register(patch: pytest.MonkeyPatch) -> None:
    """Make the toy the only domain there is."""
    models = {"persistence": Persistence(), "climatology": Climatology(), "naive": SeasonalNaive()}
    patch.setattr(domain, "panels", lambda: {"toy_panel": toy_panel})
    patch.setattr(domain, "tasks", lambda: {"toy": Entry("toy", TOY, models)})
    patch.setattr(domain, "products", lambda: {"toy_peak": Product(toy_peak)})


@pytest.fixture(scope="session")
def toy_built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, train.Trained]:
    """A toy home in which history was ingested and the models trained, once a session: to be copied, not used."""
    with pytest.MonkeyPatch.context() as patch:
        register(patch)
        folder = tmp_path_factory.mktemp("toy") / "home"
        patch.setenv("WORKBENCH_HOME", str(folder))
        patch.setenv("WORKBENCH_NOW", NOW.isoformat())
        prepare()
        ingest_frame(Lake(), "air_daily", readings(FIRST, DAYS), "toy", "toy-1")
        return folder, train.train("toy", origins=20)


@pytest.fixture
def toy(home: Path, monkeypatch: pytest.MonkeyPatch, clock: Callable[[datetime], None]) -> Toy:
    """The toy domain alone, real rows in a real lake, nothing trained, the clock at `NOW`."""
    register(monkeypatch)
    clock(NOW)
    lake = Lake()
    ingest_frame(lake, "air_daily", readings(FIRST, DAYS), "toy", "toy-1")
    return Toy(lake, clock)


@pytest.fixture
def trained(
    toy_built: tuple[Path, train.Trained],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    clock: Callable[[datetime], None],
) -> Toy:
    """The toy with a champion, in a copy of its own."""
    register(monkeypatch)
    clock(NOW)
    monkeypatch.setenv("WORKBENCH_HOME", str(shutil.copytree(toy_built[0], tmp_path / "home")))
    return Toy(Lake(), clock)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Stop the clock at an instant."""
    return lambda moment: monkeypatch.setenv("WORKBENCH_NOW", moment.isoformat())
