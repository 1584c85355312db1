"""The prices' own part of the API: what the section of the sales page shows, by the same functions."""

from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Query
from starlette.responses import Response

from dashboards import auth, sales_prices
from dashboards.answers import BADGE, Format, passport, send
from dashboards.reader import reader
from dashboards.sales_prices import Prices
from workbench.lake.store import Lake
from workbench.operate.archive import Archive

router = APIRouter(prefix="/api/v1/prices")
READ = [auth.right("read")]
As = Annotated[Format, Query(description="json, csv or parquet")]
Series = Annotated[str, Query(description="product/grade/market as in /now; empty for all")]


def shown() -> Prices:
    """What the page shows; MissingData where there is no notice."""
    return sales_prices.prices(reader(), Lake(), Archive())


def about(prices: Prices, rows: pl.DataFrame) -> dict[str, Any]:
    """Whether the notices are made up, how many rows, and the unit."""
    return {"rows": rows.height, "unit": "CNY/kg", "sample": prices.sample, "badge": BADGE if prices.sample else ""}


@router.get("/now", dependencies=READ)
def current(format: As = "json") -> Response:
    """Each product, grade and market: newest price, a week and a year before, 80 % range at the forecast's end."""
    prices = shown()
    rows = sales_prices.current(prices)
    return send(rows, format, "prices-now", **passport(prices.ahead) | about(prices, rows))


@router.get("/daily", dependencies=READ)
def daily(series: Series = "", format: As = "json") -> Response:
    """One price a day by series: median of the notices that mean it, their number, and how far they lie apart."""
    prices = shown()
    rows = prices.daily.filter(pl.col("unique_id") == series) if series else prices.daily
    return send(rows.drop("known_at"), format, "prices-daily", **about(prices, rows))


@router.get("/unresolved", dependencies=READ)
def unresolved(format: As = "json") -> Response:
    """Names of notices that no alias knows, with their count: kept as written, and in no price until one does."""
    prices = shown()
    return send(prices.strange, format, "prices-unresolved", **about(prices, prices.strange))


@router.get("/contradictions", dependencies=READ)
def contradictions(format: As = "json") -> Response:
    """Days of the last 60 on which notices of one series lie apart."""
    prices = shown()
    rows = sales_prices.contradictions(prices)
    return send(rows, format, "prices-contradictions", **about(prices, rows))
