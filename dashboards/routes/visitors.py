"""The visitors' own part of the API: what the visitors page shows, by the same functions."""

from datetime import date
from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from dashboards import auth, visitors_past, visitors_view
from dashboards.answers import BADGE, Format, passport, send
from dashboards.reader import reader
from dashboards.visitors_view import COUNTY, If, Scene
from workbench.errors import InputError
from workbench.lake.store import Lake
from workbench.operate.archive import Archive
from workbench.settings import now

router = APIRouter(prefix="/api/v1/visitors")
READ = [auth.right("read")]
As = Annotated[Format, Query(description="json, csv or parquet")]
Area = Annotated[str, Query(description="a scenic area, or * for the county")]
Day = Annotated[date, Query(description="a day such as 2026-12-05")]


def about(shown: Scene) -> dict[str, Any]:
    """The passport of the outlook."""
    return passport(Archive().product(visitors_view.PRODUCT)) | {"cutoff": shown.issue.get("cutoff")}


def nature(rows: pl.DataFrame) -> dict[str, Any]:
    """What counted figures are: sample or measured."""
    sample = Lake().origin(visitors_view.TASK) == "sample"
    return {"rows": rows.height, "sample": sample, "badge": BADGE if sample else ""}


def given(request: Request) -> dict[str, float]:
    """The costs in the address, `<item>_<column>=number`; InputError names what is no number."""
    found = {}
    for name, value in request.query_params.items():
        if name.split("_")[0] in visitors_view.ITEMS:
            try:
                found[name] = float(value)
            except ValueError:
                raise InputError(f"{name}={value} is no number", "write it like buses_cost=800") from None
    return found


@router.get("/outlook", dependencies=READ)
def outlook(area: str = "", format: As = "json") -> Response:
    """Today and the next 14 days by area, tightest first: ranges, capacities in force and the chances of reaching them.

    `p80 p90 p100` are shares of the daily maximum, `p_best` of the best, `p_cars` of full car parks; null where no
    capacity is determined. The county's rows (`*`) stand last; `p_any` is the chance that some area is full.
    """
    shown = visitors_view.scene(reader())
    rows = pl.concat([visitors_view.tightest(shown.rows), shown.of(COUNTY)])
    rows = rows.filter(pl.col("area") == area) if area else rows
    return send(rows, format, "visitors-outlook", **about(shown) | {"rows": rows.height})


@router.get("/plan", dependencies=READ)
def plan(request: Request, format: As = "json") -> Response:
    """Tickets to put on sale, shuttle buses and stewards by area and day, by cost and loss.

    Defaults are placeholders; give your own as `buses_cost=800&buses_loss=3000` (also tickets, staff; `serves`).
    """
    shown = visitors_view.scene(reader())
    table = visitors_view.costs(given(request))
    rows = visitors_view.plan(visitors_view.tightest(shown.rows), table)
    return send(rows, format, "visitors-plan", **about(shown) | {"rows": rows.height, "costs": table.to_dicts()})


@router.get("/holidays", dependencies=READ)
def holidays(format: As = "json") -> Response:
    """Every day off of the holidays ahead by area, beside the same holiday day of the year before."""
    rows = visitors_view.ahead(Archive(), reader().words.local(now()).date())
    return send(rows, format, "visitors-holidays")


@router.get("/holidays/sums", dependencies=READ)
def sums(format: As = "json") -> Response:
    """Each holiday ahead by area: totals, comparable daily means and their change, and whether totals compare."""
    rows = visitors_view.ahead(Archive(), reader().words.local(now()).date())
    return send(visitors_view.holiday_sums(rows), format, "visitors-holiday-sums", **passport(rows))


@router.get("/report", dependencies=READ)
def report(day: Annotated[date | None, Query()] = None, format: As = "json") -> Response:
    """The holiday report up to a day (default today): counted days of the break beside the year before."""
    rows = visitors_past.report(Lake(), day or reader().words.local(now()).date())
    return send(rows, format, "visitors-report", **nature(rows))


@router.get("/days", dependencies=READ)
def days(area: Area = COUNTY, format: As = "json") -> Response:
    """Every counted day of an area: y (null = no figure for that day alone) and what was known of the day."""
    rows = visitors_view.history(Lake()).filter(pl.col("area") == area)
    return send(rows, format, "visitors-days", **nature(rows))


@router.get("/monthly", dependencies=READ)
def monthly(format: As = "json") -> Response:
    """Monthly figures by area and definition (ticketed, all, overnight): counted with `days` of `of`, and reported."""
    rows = visitors_past.monthly(Lake())
    return send(rows, format, "visitors-monthly", **nature(rows))


@router.get("/findings", dependencies=READ)
def findings(format: As = "json") -> Response:
    """What is odd in the counts: figures over several days, missing or repeated days, closures, changed levels."""
    rows = visitors_past.findings(Lake())
    return send(rows, format, "visitors-findings", **nature(rows))


@router.get("/record", dependencies=READ)
def record(format: As = "json") -> Response:
    """How the outlooks of the last 90 days did by days ahead: coverage, error, and Brier scores of the chances."""
    return send(visitors_past.record(), format, "visitors-record", **passport(Archive().product(visitors_view.PRODUCT)))


@router.get("/similar", dependencies=READ)
def similar(day: Day, area: Area = COUNTY, format: As = "json") -> Response:
    """The past days most like a day to come."""
    rows = visitors_view.alike(Lake(), area, day)
    return send(rows, format, "visitors-similar", **nature(rows))


@router.get("/what-if", dependencies=READ)
def what_if(
    day: Day, area: Area = COUNTY, rain: bool = False, event: bool = False, closed: bool = False,
    price: float = 0.0, elasticity: float = -0.5,
) -> dict[str, Any]:  # fmt: skip
    """A day as forecast and as it would be with rain, an event, the area closed, or the price changed by a share.

    Rain and event are measured on the area's own past (null: too few such days); the elasticity is an assumption.
    """
    shown = visitors_view.scene(reader(), area)
    found = visitors_view.what_if(shown, day, If(rain, event, closed, price, elasticity))
    return {"meta": about(shown), **found}
