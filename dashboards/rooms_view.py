"""Rearing rooms as page and API show them: the rooms as they stand, the air last read, the hours to come."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from dashboards.memory import shared, state
from dashboards.reader import Reader
from workbench import domain
from workbench.control.desk import Desk, age_minutes
from workbench.errors import MissingData, UnknownName
from workbench.forecast.frames import measure, place
from workbench.lake import quality
from workbench.lake.store import Lake
from workbench.operate.archive import Archive
from workbench.present.words import Words
from workbench.science import batch_plan, sericulture
from workbench.science import psychrometrics as moist
from workbench.settings import now

PANEL, PRODUCT, READINGS = "rooms_hourly", "room_outlook", "room_readings"
TABLES = ("rearing_rooms", "rearing_batches", READINGS, "room_actuators", "room_actions", "weather_hourly")
RULES = ("rearing_setpoints", "rearing_stages", "rearing_meals", "cocoon_yields", "electricity_tariffs")
SHELVES = (("product", PRODUCT), ("forecast", PANEL))
STALE = timedelta(minutes=30)
LIVE = 5.0
"""Minutes for which a process's state counts as now."""
MEASURES = ("temperature", "humidity", "co2")


@dataclass(frozen=True)
class Standing:
    """A room at this moment: its batch and where it stands, what it wants, and the air as last read."""

    room: str
    batch: dict[str, Any] | None
    warmth: float
    hour: batch_plan.Hour | None
    band: batch_plan.Band
    air: dict[str, float | None]
    read_at: datetime | None
    live: dict[str, Any] | None

    @property
    def inside(self) -> bool | None:
        """Whether the air is in its band; None where it is not known."""
        t, rh = self.air["temperature"], self.air["humidity"]
        return None if t is None or rh is None else self.band.holds(t, rh)

    @property
    def gap(self) -> float | None:
        """Dry minus wet bulb (干湿差), °C."""
        t, rh = self.air["temperature"], self.air["humidity"]
        return None if t is None or rh is None else float(moist.wet_bulb_gap(t, rh))

    @property
    def stale(self) -> bool:
        return self.read_at is None or now() - self.read_at > STALE


@dataclass(frozen=True)
class Scene:
    """What every section needs: who reads, all rooms as they stand, the outlook, the room looked at."""

    seen: Reader
    lake: Lake
    rooms: pl.DataFrame
    standing: dict[str, Standing]
    rows: pl.DataFrame
    issue: dict[str, Any]
    room: str
    rules: dict[str, pl.DataFrame]
    key: tuple[Hashable, ...]

    @property
    def words(self) -> Words:
        return self.seen.words

    @property
    def here(self) -> Standing:
        """The room looked at."""
        return self.standing[self.room]

    def name(self, room: str) -> str:
        found = self.rooms.filter(pl.col("room") == room)
        return str(found[f"name_{self.words.language}"][0] or room) if found.height else room

    def ahead(self, room: str, hours: int = 24) -> pl.DataFrame:
        """The hours to come of a room."""
        upto = now() + timedelta(hours=hours)
        return self.rows.filter(pl.col("room") == room, pl.col("ds") > now(), pl.col("ds") <= upto).sort("ds")


def scene(seen: Reader, room: str = "") -> Scene:
    """The scene, with or without an outlook; MissingData where no room is registered, UnknownName for another room."""
    lake, archive = Lake(), Archive()
    tables = domain.frames(list(TABLES), lake)
    rooms = tables["rearing_rooms"].sort("room").collect()
    if rooms.is_empty():
        raise MissingData("no rearing room is registered", "workbench ingest rearing_rooms FILE")
    names = rooms["room"].to_list()
    if room and room not in names:
        raise UnknownName("room", room, names)
    try:
        rows = archive.product(PRODUCT)
        issue = {"level": 0, "reason": "", "model": "", "version": "", "status": "machine"} | rows.row(0, named=True)
    except MissingData:
        rows, issue = pl.DataFrame(schema={"room": pl.String, "ds": pl.Datetime("us", "UTC")}), {}
    rules = {name: lake.read(name).collect() for name in RULES}
    readings = latest(tables[READINGS])
    batches = tables["rearing_batches"].collect()
    standing = {name: stand(name, batches, readings, rules, lake) for name in names}
    desks = tuple(Desk(name).stamp() for name in names)
    minute = now().replace(second=0, microsecond=0)
    key = (state(lake, archive, TABLES, SHELVES), desks, minute, room or names[0], seen)
    return Scene(seen, lake, rooms, standing, rows, issue, room or names[0], rules, key)


def latest(readings: pl.LazyFrame) -> pl.DataFrame:
    """room, time and the median of its probes at its newest reading."""
    rows = readings.with_columns(quality.measured(MEASURES)).filter(
        pl.col("time") > now() - timedelta(days=3), pl.col("time") <= now() + timedelta(minutes=10)
    )
    moments = rows.group_by("room", "time").agg(pl.col(name).median() for name in MEASURES)
    return moments.sort("time").group_by("room").last().collect()


def stand(
    room: str, batches: pl.DataFrame, readings: pl.DataFrame, rules: dict[str, pl.DataFrame], lake: Lake
) -> Standing:
    """One room at this moment; the process's own state counts where it is fresh."""
    live = Desk(room).state()
    age = age_minutes(live)
    own = readings.filter(pl.col("room") == room).to_dicts()
    air: dict[str, float | None] = {name: own[0][name] if own else None for name in MEASURES}
    read_at = own[0]["time"] if own else None
    if live is not None and age is not None and age <= LIVE:
        trusted = live.get("trusted", {})
        air = dict(zip(MEASURES, (trusted.get(name) for name in ("t", "rh", "co2")), strict=True))
        read_at = datetime.fromisoformat(live["at"])
    batch = standing_batch(batches, room, now())
    if batch is None:
        return Standing(room, None, 0.0, None, batch_plan.IDLE, air, read_at, live)
    stages, wanted = plan_of(batch, rules)
    warm = warmth(lake, room, batch, stages, wanted)
    hour = batch_plan.stand(stages, wanted, batch["boxes"] or 0.0, warm)
    return Standing(room, batch, warm, hour, hour.band, air, read_at, live)


def standing_batch(batches: pl.DataFrame, room: str, moment: datetime) -> dict[str, Any] | None:
    """The batch that stands in a room at a moment."""
    own = batches.filter(
        pl.col("room") == room, pl.col("brushed_at") <= moment, pl.col("brushed_at") > moment - timedelta(days=60)
    )
    own = own.filter(pl.col("ended_at").is_null() | (pl.col("ended_at") > moment)).sort("brushed_at")
    return own.row(-1, named=True) if own.height else None


def plan_of(
    batch: dict[str, Any], rules: dict[str, pl.DataFrame]
) -> tuple[tuple[sericulture.Stage, ...], dict[str, batch_plan.Band]]:
    """The stages and bands of a batch, by its schemes, in force on the day of brushing."""
    stages = sericulture.stages(rules["rearing_stages"], batch["development"] or batch_plan.DEFAULT)
    day = batch["brushed_at"].date()
    return stages, batch_plan.bands(rules["rearing_setpoints"], batch["scheme"] or batch_plan.DEFAULT, day)


def warmth(
    lake: Lake, room: str, batch: dict[str, Any], stages: tuple[sericulture.Stage, ...], wanted: dict[str, Any]
) -> float:
    """Degree-days since brushing up to this hour, by the room's own hours; hours before its first as planned."""
    hour = now().replace(minute=0, second=0, microsecond=0)
    which = (room, batch["brushed_at"], batch["boxes"] or 0.0, hour)
    return _warmth(lake.root, digests(lake), which, (stages, tuple(wanted.items())))


@shared(2000)
def _warmth(
    root: str,
    digests: tuple[str, ...],
    which: tuple[str, datetime, float, datetime],
    plan: tuple[tuple[sericulture.Stage, ...], tuple[tuple[str, batch_plan.Band], ...]],
) -> float:
    (room, brushed, boxes, hour), (stages, bands) = which, plan
    wanted = dict(bands)
    read = _history(root, digests).filter(pl.col("room") == room, pl.col("measure") == "temperature").drop_nulls("y")
    read = read.filter(pl.col("ds") > brushed, pl.col("ds") <= hour)
    first = read["ds"].min() if read.height else hour
    assert isinstance(first, datetime)
    before = max(0, round((first - brushed).total_seconds() / 3600) - 1)
    course = batch_plan.course(stages, wanted, boxes, before)
    planned = sum(float(sericulture.degree_days(each.band.t_set, 1.0)) for each in course)
    usual = course[-1].band.t_set if course else wanted["1"].t_set
    ends, warm = [*read["ds"].to_list(), hour], [*read["y"].to_list(), float("nan")]
    return planned + batch_plan.gathered(brushed + timedelta(hours=before), ends, warm, usual)


def digests(lake: Lake) -> tuple[str, ...]:
    """What the rooms' history is made from."""
    return tuple(lake.digest(name) for name in (*TABLES, *RULES))


def history(lake: Lake) -> pl.DataFrame:
    """Every hour of every room: room, measure, ds, y, band, devices."""
    return _history(lake.root, digests(lake))


@shared(4)
def _history(root: str, digests: tuple[str, ...]) -> pl.DataFrame:
    return domain.panel(PANEL, Lake(root)).with_columns(room=place(), measure=measure()).sort("room", "ds")
