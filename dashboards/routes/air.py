"""The air's own part of the API: what the environment page shows beside the forecasts, by the same functions."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Query
from starlette.responses import Response

from dashboards import air_history, air_view, air_year, auth
from dashboards.answers import BADGE, Format, passport, send
from dashboards.reader import reader
from workbench.errors import UnknownName
from workbench.lake.store import Lake
from workbench.operate.archive import Archive

router = APIRouter(prefix="/api/v1/air/stations/{station}")
READ = [auth.right("read")]
NO_WARNING = "触发条件概率，非预警发布 (the chance of a condition, not a warning)"
DAYS = ("date", "aqi", "level", "primary", "rules", "audited", "aqi_2012", "level_2012", "aqi_2026", "level_2026")

As = Annotated[Format, Query(description="json, csv or parquet")]
Day = Annotated[date | None, Query(description="a day such as 2026-11-23")]
Target = Annotated[int | None, Query(ge=1, le=366, description="good days wanted; default the county's target")]


def scene(station: str) -> air_view.Scene:
    """What the page shows of a station; UnknownName or MissingData where there is none."""
    lake = Lake()
    known = air_history.stations(lake)
    found = known.filter(pl.col("station") == station)
    if found.is_empty():
        raise UnknownName("station", station, known["station"].to_list())
    return air_view.scene(reader(), lake, Archive(), found.row(0, named=True))


def about(shown: air_view.Scene) -> dict[str, Any]:
    """The passport of the outlook shown."""
    facts = passport(Archive().product(air_view.PRODUCT))
    facts |= {name: shown.view.issue[name] for name in ("cutoff", "model", "version", "level", "reason")}
    return facts


@router.get("/triggers", dependencies=READ)
def triggers(station: str, format: As = "json") -> Response:
    """The chance of meeting each condition of the warning plans in force over the days ahead; null = unknown.

    A condition's chance, not a warning. From the joint paths of the newest outlook, runs that have begun included.
    """
    shown = scene(station)
    found = air_view.triggers(shown.lake, shown.archive, shown.view.issue, station)
    facts = about(shown) | {"rows": found.height, "says": NO_WARNING}
    return send(found, format, f"air-triggers-{station}", **facts)


@router.get("/year", dependencies=READ)
def year(station: str, target: Target = None) -> dict[str, Any]:
    """Good days (AQI up to 100 under the rules in force) of the year to date, to come, and the chance of the target.

    `so_far` and `ahead` are the polluted days, cumulated; the days to come are the outlook's paths, then past years'.
    """
    shown = scene(station)
    found = asdict(air_year.year(shown, air_year.asked("" if target is None else str(target))))
    frames = {name: found[name].to_dicts() for name in ("so_far", "ahead")}
    return {"meta": about(shown), **found, **frames}


@router.get("/days", dependencies=READ)
def days(station: str, since: Day = None, until: Day = None, format: As = "json") -> Response:
    """Every day's AQI, level and first pollutants under the rules in force that day, and under both rule sets."""
    shown = scene(station)
    first, last = since or date.min, until or date.max
    rows = shown.history.filter(pl.col("date").is_between(first, last)).select(DAYS)
    sample = air_view.made_up(shown.lake)
    return send(rows, format, f"air-days-{station}", sample=sample, badge=BADGE if sample else "")
