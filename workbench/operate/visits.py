"""Visitors as products: days beside what areas can hold, and the next holidays beside those of the year before.

Both are computed once at issue and read by page, API and verification alike.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl

from workbench import domain
from workbench.errors import MissingData
from workbench.forecast import metrics
from workbench.forecast.decide import chance
from workbench.forecast.frames import QUANTILES, measure, place
from workbench.operate.known import Inputs
from workbench.science import capacity
from workbench.science.holidays import greatest_first, inside, placed

DAILY, HOLIDAY = "visitors_daily", "visitors_holiday"
VALUES = ("mean", *QUANTILES)
COUNTY = "*"
STAMP = ("cutoff", "model", "version", "level", "status")


def visitor_outlook(inputs: Inputs) -> pl.DataFrame:
    """A row an area and day: the forecast, capacities in force, `booked` so far, `p80 p90 p100 p_best p_cars`.

    The county (`*`) has the chance that some area reaches its maximum, `p_any`, from joint paths where there are any.
    """
    days = named(forecast(inputs, DAILY))
    tables = domain.frames(["area_capacities", "bookings"], inputs.lake, inputs.as_of)
    rows = outlook(days, tables["area_capacities"].collect())
    rows = rows.join(booked(tables["bookings"].collect()), on=["area", "date"], how="left")
    paths = inputs.paths.get(DAILY)
    anywhere = any_full(named(paths), rows) if paths is not None and not paths.is_empty() else None
    if anywhere is None:
        return rows.with_columns(p_any=pl.lit(None, pl.Float64))
    return rows.join(anywhere, on=["area", "date"], how="left")


def forecast(inputs: Inputs, task: str) -> pl.DataFrame:
    """A task's issued forecast; MissingData where there is none."""
    if task not in inputs.forecasts:
        raise MissingData(f"{task} was not issued", f"run `workbench train {task}`, then `workbench forecast`")
    return inputs.forecasts[task]


def named(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows by `area`, `definition` and `date`."""
    return rows.with_columns(area=place(), definition=measure(), date="ds").drop("unique_id", "ds")


def outlook(days: pl.DataFrame, capacities: pl.DataFrame) -> pl.DataFrame:
    """Days of a forecast (area, date, quantiles) with capacities, `load` and the chance of reaching each limit."""
    wanted = [name for name in ("area", "definition", "date", *VALUES, *STAMP) if name in days.columns]
    held = capacity.in_force(capacities, days.select(wanted))
    limits = {f"p{round(100 * share)}": share * pl.col("daily_max") for share in capacity.SHARES}
    limits |= {"p_best": pl.col("daily_best"), "p_cars": pl.col("cars_full")}
    told = held.with_columns(cars_full=capacity.day_cars(), load=pl.col("q50") / pl.col("daily_max"))
    return told.with_columns(
        pl.when(limit.is_not_null()).then(chance(limit)).alias(name) for name, limit in limits.items()
    ).sort("date", "area")


def booked(bookings: pl.DataFrame) -> pl.DataFrame:
    """area, date, booked, counted_at: the newest count of each day, reservations or tickets, whichever is more."""
    newest = bookings.sort("counted_at").unique(["area", "date"], keep="last", maintain_order=True)
    return newest.select("area", "date", "counted_at", booked=pl.max_horizontal("reserved", "sold"))


def any_full(paths: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """area (the county), date, p_any: the share of joint paths on which some area reaches its maximum."""
    limits = rows.filter(pl.col("daily_max").is_not_null()).select("area", "date", "daily_max")
    if limits.is_empty():
        return pl.DataFrame(schema={"area": pl.String, "date": pl.Date, "p_any": pl.Float64})
    full = (
        paths.join(limits, on=["area", "date"]).group_by("date", "path").agg((pl.col("y") >= pl.col("daily_max")).any())
    )
    return full.group_by("date").agg(p_any=pl.col("y").mean()).with_columns(area=pl.lit(COUNTY))


def visitor_holidays(inputs: Inputs) -> pl.DataFrame:
    """A row an area and day off of the holidays ahead: the forecast, the day's place, and the same place a year before.

    `last_date` and `last` are the day with the same place counted from the first day off (null where that break was
    shorter, or nothing was counted); `last_length` is how long that break was.
    """
    days = named(forecast(inputs, HOLIDAY))
    first, last = days["date"].min(), days["date"].max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    notices = inputs.lake.read("holidays").collect()
    calendar = placed(first - timedelta(days=420), last, notices, inputs.as_of).filter(inside())
    calendar = calendar.rename({"status": "gazette"})
    wanted = ["area", "definition", "date", *VALUES, *(name for name in STAMP if name in days.columns)]
    ahead = days.select(wanted).join(calendar, on="date").drop("known_at", "makeup", "workday", "back")
    counted = domain.panel(DAILY, inputs.lake, inputs.as_of).drop_nulls("y")
    past = named(counted).select("area", last_date="date", last="y")
    before = calendar.select("festival", "nth", year=pl.col("year") + 1, last_date="date", last_length="length")
    lengths = before.select("festival", "year", "last_length").unique(["festival", "year"])
    rows = ahead.join(before.drop("last_length"), on=["festival", "nth", "year"], how="left")
    rows = rows.join(lengths, on=["festival", "year"], how="left").join(past, on=["area", "last_date"], how="left")
    return rows.sort("date", greatest_first(), "area")


def published(rows: pl.DataFrame) -> pl.DataFrame:
    """An outlook as it is verified."""
    return rows.with_columns(unique_id=pl.format("{}/{}", "area", "definition"), ds="date")


def brier(name: str, share: float) -> pl.Expr:
    """Brier score of a chance of reaching a share of the daily maximum; null where none is determined."""
    happened = (pl.col("y") >= share * pl.col("daily_max")).cast(pl.Float64)
    return ((pl.col(name) - happened) ** 2).mean()


SCORES: Mapping[str, Any] = {
    **{f"brier_{round(100 * share)}": brier(f"p{round(100 * share)}", share) for share in capacity.SHARES},
    **{name: metrics.PLAIN[name] for name in ("crps", "mae", "bias", "coverage_80", "coverage_95", "width_80")},
}
"""How an outlook is scored; days count one by one."""
