"""The outlook as the environment page shows it, from the archive: days, chances, warning conditions, target, record."""

from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from dashboards import air_history
from dashboards.memory import remembered, shared, state
from dashboards.reader import Reader
from workbench.errors import MissingData
from workbench.lake.store import Lake
from workbench.operate.archive import Archive
from workbench.operate.known import Inputs
from workbench.operate.outlook import days as outlook_days
from workbench.present.words import Words
from workbench.science import air_outlook, air_warning
from workbench.settings import now

TASK, DAILY, PRODUCT = "air_hourly", "air_daily", "air_outlook"
FILTERS = ("pollutant", "scale", "year", "target")
"""What an address may say beside the station and the language."""
TABLES = ("stations", "air_hourly", "air_daily", "weather_hourly", "weather_forecast")
SHELVES = (
    ("forecast", TASK), ("forecast", DAILY), ("product", PRODUCT), ("product", "air_reasons"), ("score", TASK),
    ("score", PRODUCT), ("paths", TASK),
)  # fmt: skip
STALE = timedelta(hours=6)
"""Hourly values older than this make the page look stale (they are released within an hour)."""


@dataclass(frozen=True)
class Outlook:
    """One station's outlook: `days` with aqi_low, aqi_mid, aqi_high (80 %), p1 … p6, primary and its chances."""

    issue: dict[str, Any]
    days: pl.DataFrame
    before: pl.DataFrame
    """The same days in the issue before: date, aqi_mid."""


@dataclass(frozen=True)
class Scene:
    """Everything that a section of the page may need."""

    seen: Reader
    lake: Lake
    archive: Archive
    station: dict[str, Any]
    view: Outlook
    history: pl.DataFrame
    today: date
    key: tuple[Hashable, ...]
    """What parts made from this scene depend on."""

    @property
    def words(self) -> Words:
        """The reader's words."""
        return self.seen.words

    @property
    def name(self) -> str:
        """The station's key."""
        return str(self.station["station"])


def scene(seen: Reader, lake: Lake, archive: Archive, station: dict[str, Any]) -> Scene:
    """The scene of one station; MissingData where no outlook was issued."""
    name, today = station["station"], seen.words.local(now()).date()
    data = state(lake, archive, TABLES, SHELVES)
    view = remembered((data, name, "outlook"), lambda: outlook(archive, name))
    key = (data, name, seen)
    return Scene(seen, lake, archive, station, view, air_history.days(lake, name), today, key)


def issue(archive: Archive, at: datetime) -> dict[str, Any]:
    """The hourly issue that stood at an instant: issued_at, cutoff, model, version, level, reason, sample."""
    newest = archive.latest(TASK, at=at)
    most = newest.group_by("model", "version", "level", "reason").len().sort("len").row(-1, named=True)
    return {**newest.row(0, named=True), **most}


def outlook(archive: Archive, station: str) -> Outlook:
    """The newest outlook of a station in its highest status; MissingData where none was issued."""
    product = archive.product(PRODUCT)
    days = tidy(product.filter(pl.col("station") == station))
    if days.is_empty():
        raise MissingData(f"no outlook of station {station} was issued yet", "run `workbench forecast`")
    first = product.row(0, named=True)
    stamps = {key: first[key] for key in ("status", "who", "note", "written_at", "issued_at", "sample")}
    return Outlook({**issue(archive, first["issued_at"]), **stamps}, days, _before(archive, stamps, station))


def tidy(days: pl.DataFrame) -> pl.DataFrame:
    """The product's rows in the page's words, with the pollutant most likely to come first."""
    return air_outlook.published(days.sort("date")).rename({"first": "primary"})


def shares(days: pl.DataFrame) -> pl.DataFrame:
    """date, pollutant, probability: each pollutant's chance to come first."""
    chances = [name for name in days.columns if name.startswith("primary_")]
    long = days.unpivot(chances, index="date", variable_name="pollutant", value_name="probability")
    return long.with_columns(pl.col("pollutant").str.strip_prefix("primary_"))


def made_up(lake: Lake) -> bool:
    """Whether the hours measured at present are sample data: only issues of the same nature are held against them."""
    return lake.origin(TASK) == "sample"


def _before(archive: Archive, shown: dict[str, Any], station: str) -> pl.DataFrame:
    """date and aqi_mid of the issue before the one shown; empty where there is none of the same nature."""
    try:
        earlier = archive.product(PRODUCT, at=shown["issued_at"] - timedelta(seconds=1))
    except MissingData:
        return pl.DataFrame(schema={"date": pl.Date, "aqi_mid": pl.Float64})
    same = pl.col("sample") == shown["sample"]
    return earlier.filter(same, pl.col("station") == station).select("date", pl.col("q50").alias("aqi_mid"))


def day_paths(lake: Lake, archive: Archive, issued_at: datetime) -> pl.DataFrame:
    """The days of every joint path of an issue (see `air_outlook.day_paths`); MissingData where no paths are kept.

    Each task's paths are those of its issue that stood at that instant: one that stood already is older than it. They
    rest on what had been measured by then, so that later rows change nothing.
    """
    return _day_paths(lake.root, str(archive.root), issued_at)


@shared(4)
def _day_paths(root: str, archived: str, issued_at: datetime) -> pl.DataFrame:
    archive, paths = Archive(Path(archived)), {}
    for task in (TASK, DAILY):
        with suppress(MissingData):
            paths[task] = archive.paths(task, archive.latest(task, at=issued_at)["issued_at"][0])
    if TASK not in paths or paths[TASK].is_empty():
        raise MissingData(f"no paths of the issue of {issued_at:%Y-%m-%d %H:%M} UTC are kept")
    kept = {task: drawn for task, drawn in paths.items() if drawn.height}
    return outlook_days(Inputs({}, kept, {}, Lake(root), issued_at))


def triggers(lake: Lake, archive: Archive, shown: dict[str, Any], station: str) -> pl.DataFrame:
    """plan, grade, grade_zh, grade_en, known, probability of each warning condition in force; null = unknown.

    A run that has begun counts from its first measured day. `shown`: the issue, its issued_at and sample.
    """
    digests = tuple(map(lake.digest, ("air_hourly", "air_daily", "air_warning_triggers")))
    key = ("triggers", lake.root, str(archive.root), digests, shown["issued_at"], shown["sample"], station)

    def made() -> pl.DataFrame:
        paths = day_paths(lake, archive, shown["issued_at"]).filter(pl.col("station") == station)
        measured = air_history.days(lake, station) if shown["sample"] == made_up(lake) else None
        return air_warning.trigger_chances(paths, lake.read("air_warning_triggers").collect(), measured)

    return remembered(key, made)


def year_ahead(scene: Scene) -> pl.DataFrame:
    """path, date, good, over: days still to come, cumulated from today on — forecast paths, then past years' days."""
    station, today, history = scene.name, scene.today, scene.history
    paths = day_paths(scene.lake, scene.archive, scene.view.issue["issued_at"])
    ahead = paths.filter(pl.col("station") == station)
    ahead = ahead.select("station", "path", "date", "aqi")
    last = ahead["date"].max() if ahead.height else today - timedelta(days=1)
    assert isinstance(last, date)
    past = history.select("station", "date", pl.col("aqi_2026").alias("aqi"))
    count = ahead["path"].n_unique() if ahead.height else 200
    rest = air_outlook.remaining_days(past, last, count, seed=1)
    order = ahead.select("path").unique().sort("path")["path"] if ahead.height else pl.Series(range(count))
    rest = rest.with_columns(pl.col("path").replace_strict(range(count), order, return_dtype=pl.Int64))
    both = pl.concat([ahead.with_columns(pl.col("path").cast(pl.Int64)), rest], how="vertical_relaxed")
    mine = both.filter(pl.col("date") >= today, pl.col("date").dt.year() == today.year).sort("path", "date")
    counted = {"good": (pl.col("aqi") <= 100).fill_null(False), "over": (pl.col("aqi") > 100).fill_null(False)}
    return mine.select("path", "date", **{name: each.cum_sum().over("path") for name, each in counted.items()})


def series(scene: Scene, pollutant: str, daily: bool) -> pl.DataFrame:
    """The FORECAST of one series behind the outlook shown; empty where none was issued."""
    try:
        newest = scene.archive.latest(DAILY if daily else TASK, at=scene.view.issue["issued_at"])
    except MissingData:
        return pl.DataFrame()
    return newest.filter(pl.col("unique_id") == f"{scene.name}/{pollutant}").sort("ds")


def limits(lake: Lake, pollutant: str, rules: str, daily: bool) -> list[tuple[float, int]]:
    """Upper concentration of each level with its number; hourly ones where the rule set has them."""
    rows = lake.read("aqi_breakpoints").filter(pl.col("rules") == rules, pl.col("pollutant") == pollutant).collect()
    wanted = rows.filter(pl.col("scale") == ("day" if daily else "hour"))
    rows = rows.filter(pl.col("scale") == "day") if wanted.is_empty() else wanted
    steps = {50: 1, 100: 2, 150: 3, 200: 4, 300: 5}
    return [(c, steps[i]) for i, c in rows.sort("iaqi").select("iaqi", "concentration").iter_rows() if i in steps]


def age(lake: Lake, station: str) -> tuple[datetime | None, bool]:
    """The end of the last measured hour of a station, and whether it is too old."""
    last = air_history.hours(lake, station)["time"].max()
    return (last, now() - last > STALE) if isinstance(last, datetime) else (None, True)


def concentrations(lake: Lake, archive: Archive, issued_at: datetime, station: str) -> pl.DataFrame:
    """date, measure, q10, q90 of the daily values behind the outlook; empty where no paths are kept."""
    try:
        paths = day_paths(lake, archive, issued_at).filter(pl.col("station") == station)
    except MissingData:
        return pl.DataFrame(schema={"date": pl.Date, "measure": pl.String, "q10": pl.Float64, "q90": pl.Float64})
    return air_outlook.concentrations(paths, {"q10": 0.1, "q90": 0.9}).select("date", "measure", "q10", "q90")
