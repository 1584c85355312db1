"""The sales' own part of the API: what the sales page shows beside the forecasts, by the same functions."""

from datetime import date
from typing import Annotated, Any, Literal

import polars as pl
from fastapi import APIRouter, Query
from starlette.responses import Response

from dashboards import auth, sales_county, sales_planner, sales_view
from dashboards.answers import Format, passport, send
from dashboards.reader import reader
from workbench.lake.store import Lake
from workbench.operate.archive import Archive
from workbench.science.promotion import Move
from workbench.science.sales import Rates

router = APIRouter(prefix="/api/v1/sales")
READ = [auth.right("read")]
COUNTY = "全县推算 (the county, estimated from the sample by the post's monthly parcels)"
WHOLE = sales_view.WHOLE
SCOPE = "样本网店，非全县 (the shops whose exports the bureau holds, not the county)"

As = Annotated[Format, Query(description="json, csv or parquet")]
Box = Annotated[float, Query(gt=0, description="kg a box")]
Picked = Annotated[float, Query(gt=0, description="kg a picker and day")]
Stock = Annotated[float | None, Query(ge=0, description="kg on hand")]
Sure = Annotated[float, Query(ge=0.5, le=0.99, description="share of days on which the plan is enough")]
Days = Annotated[int, Query(ge=1, le=3660, description="days of sales up to the newest")]
Part = Literal["product", "platform", "province"]
Measure = Literal["parcels", "kilograms", "value"]


def scene() -> sales_view.Scene:
    """What the page shows; MissingData where nothing was issued."""
    return sales_view.scene(reader(), Lake(), Archive())


def about(shown: sales_view.Scene) -> dict[str, Any]:
    """The passport of the issue shown, and whose sales these are."""
    return passport(shown.ahead) | {"scope": SCOPE}


@router.get("/plan", dependencies=READ)
def plan(
    box: Box = 5.0, picked: Picked = 400.0, stock: Stock = None, sure: Sure = 0.8, format: As = "json"
) -> Response:
    """Parcels, boxes and pickers to be ready for on each of the days ahead, and the chance to be sold out by then."""
    shown = scene()
    found = sales_view.plan(shown, Rates(box, picked, stock, sure))
    return send(found, format, "sales-plan", **about(shown) | {"rows": found.height})


@router.get("/total", dependencies=READ)
def total(
    days: Annotated[int, Query(ge=1, le=28)] = 7,
    measure: Measure = "parcels",
    of: Annotated[str, Query(description="product/platform/province, * for a sum: mid_navel/*/*")] = WHOLE,
    format: As = "json",
) -> Response:
    """The sum of a series from today on with its 80 % range, from joint paths; `days` are those really summed."""
    shown = scene()
    found = pl.DataFrame([sales_view.total(shown, days, measure, of)])
    return send(found, format, "sales-total", **about(shown) | {"rows": 1})


@router.get("/shares", dependencies=READ)
def shares(part: Part = "product", measure: Measure = "parcels", days: Days = 28, format: As = "json") -> Response:
    """What each product, platform or destination had of the sales of the last days; amounts add to the whole."""
    shown = scene()
    found = sales_view.shares(shown, part, measure, days)
    return send(found, format, f"sales-shares-{part}", **about(shown) | {"rows": found.height})


@router.get("/unusual", dependencies=READ)
def unusual(format: As = "json") -> Response:
    """Which series sell more or less than was expected of them, by how much and since when."""
    shown = scene()
    found = sales_view.unusual(shown)
    return send(found, format, "sales-unusual", **about(shown) | {"rows": found.height})


@router.get("/county", dependencies=READ)
def county(days: Annotated[int, Query(ge=1, le=28)] = 28, format: As = "json") -> Response:
    """The county's parcels over the days ahead, estimated from the sample: q10, q50, q90, the sample's coverage."""
    shown = scene()
    found = pl.DataFrame([sales_county.ahead(shown, Lake(), days)])
    return send(found, format, "sales-county", **about(shown) | {"rows": 1, "scope": COUNTY})


@router.get("/county/months", dependencies=READ)
def months(format: As = "json") -> Response:
    """Whole months of the sample beside the post's count, and what would be said of each without its own report."""
    shown = scene()
    found = sales_county.months(shown, Lake())
    return send(found, format, "sales-county-months", **about(shown) | {"rows": found.height, "scope": COUNTY})


@router.get("/planner", dependencies=READ)
def planner(
    product: Annotated[str, Query(description="a product of the table sale_products")],
    first: date,
    last: date,
    change: Annotated[float, Query(description="share by which the price changes: -0.1 is 10 % off")],
    elasticity: Annotated[
        float | None, Query(description="your own, below 0; default: measured, else literature")
    ] = None,
    error: Annotated[float | None, Query(ge=0, description="its standard error")] = None,
    format: As = "json",
) -> Response:
    """What another price would do to a product's parcels, weight and value, by day and (ds null) together."""
    shown, lake = scene(), Lake()
    how = sales_planner.answer(lake, product, elasticity, error)
    found = sales_planner.planned(shown, product, Move(change, first, last), how)
    basis = {"elasticity": how.elasticity, "error": how.error, "basis": how.basis}
    return send(found, format, "sales-planner", **about(shown) | {"rows": found.height} | basis)
