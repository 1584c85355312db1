"""The rearing rooms' own part of the API: what the rooms page shows, by the same functions, and orders to the rooms."""

from dataclasses import asdict
from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from dashboards import auth, rooms_orders, rooms_view
from dashboards import rooms_facts as facts
from dashboards.answers import BADGE, Format, passport, send
from dashboards.reader import reader
from dashboards.rooms_view import READINGS, Scene
from workbench.control.desk import Order
from workbench.lake.store import Lake
from workbench.science import batch_plan

router = APIRouter(prefix="/api/v1/rooms")
READ = [auth.right("read")]
As = Annotated[Format, Query(description="json, csv or parquet")]
Room = Annotated[str, Query(description="a room's code, e.g. R01")]


class Acknowledge(BaseModel):
    """An alarm that somebody has seen."""

    room: str
    code: str = Field(description="e.g. too_warm")
    what: str = Field(description="the sensor or device, e.g. t")


class Wish(BaseModel):
    """What somebody wants of a room's process: a mode for some minutes, or a device at a duty 0–1 (-1: let it go)."""

    room: str
    kind: str = Field(description="mode or command")
    what: str = Field(description="shadow, advice, automatic; or heater, cooler, humidifier, dehumidifier, vent")
    value: float = 0.0
    reason: str


def nature(rows: pl.DataFrame) -> dict[str, Any]:
    """What read figures are: sample or measured."""
    sample = Lake().origin(READINGS) == "sample"
    return {"rows": rows.height, "sample": sample, "badge": BADGE if sample else ""}


def shown(room: str = "") -> Scene:
    return rooms_view.scene(reader(), room)


@router.get("", dependencies=READ)
def county(format: As = "json") -> Response:
    """Every room as it stands, those that need somebody first: instar and phase, air, band, chances, alarms, advice."""
    rows = facts.county(shown())
    return send(rows, format, "rooms", **nature(rows))


@router.get("/outlook", dependencies=READ)
def outlook(room: Room, hours: Annotated[int, Query(ge=1, le=24)] = 24, format: As = "json") -> Response:
    """The hours to come: quantiles of °C, % and ppm, band, wet-bulb gap, chances of leaving."""
    rows = shown(room).ahead(room, hours)
    return send(rows, format, f"room-{room}", **passport(rows))


@router.get("/batch", dependencies=READ)
def batch(room: Room) -> dict[str, Any]:
    """The batch: where it stands, what it wants, milestones with ranges, the next meal, departures, cocoons (kg)."""
    scene = shown(room)
    one = scene.here
    meal = facts.meal(scene, one)
    return {
        "meta": nature(scene.rooms),
        "batch": one.batch,
        "degree_days": one.warmth,
        "instar": None if one.hour is None else one.hour.where.instar + 1,
        "phase": "empty" if one.hour is None else one.hour.where.phase,
        "band": asdict(one.band),
        "load": asdict(one.hour.load if one.hour else batch_plan.NOTHING),
        "air": one.air | {"gap": one.gap, "read_at": one.read_at},
        "milestones": [asdict(each) for each in facts.milestones(scene, one)],
        "meal": None if meal is None else asdict(meal),
        "departures": asdict(facts.record(scene, one)),
        "cocoons": facts.cocoons(scene, one),
    }


@router.get("/advice", dependencies=READ)
def advice(room: Room) -> dict[str, Any]:
    """What to do and when (`at` null: now)."""
    scene = shown(room)
    return {"meta": nature(scene.rooms), "rows": [asdict(each) for each in facts.advice(scene, scene.here)]}


@router.get("/alarms", dependencies=READ)
def alarms(room: Room) -> dict[str, Any]:
    """Alarms of a room, acknowledged or not."""
    scene = shown(room)
    return {"meta": nature(scene.rooms), "rows": facts.alarms(scene, scene.here)}


@router.get("/log", dependencies=READ)
def log(room: Room, format: As = "json") -> Response:
    """Every action, alarm and order of a room, newest first."""
    rows = facts.actions(shown(room), room, 1000)
    return send(rows, format, f"room-{room}-log", **nature(rows))


@router.get("/state", dependencies=READ)
def state(room: Room) -> dict[str, Any]:
    """What the room's device process wrote last: mode, commands, plan; null where none ran."""
    return {"state": shown(room).here.live}


@router.post("/acknowledge", dependencies=[auth.right("revise")])
def acknowledge(seen: Acknowledge) -> dict[str, str]:
    """Say that an alarm was seen; it stays until it is over."""
    rooms_orders.acknowledge(seen.room, seen.code, seen.what)
    return {"state": "acknowledged"}


@router.post("/orders", dependencies=[auth.right("revise")])
def order(wish: Wish) -> dict[str, str]:
    """Hand a mode over, or command a device: every command passes the room's safety shield and is noted."""
    rooms_orders.post(wish.room, Order(wish.kind, wish.what, wish.value, "", wish.reason, ""))
    return {"state": "posted"}
