"""M5 as an order book: 5.5 million lines through the order contract, summed again, and the last 28 days forecast.

Every sale of an item in a store on a day is one line, ingested a month at a time (contract, hashes, versions, Delta
commit) as a shop's export would be. What the lake gives back is summed to items and stores, must be the file's own
units to the last piece, and is forecast by the middle-out of the suite `m5`. A line says nothing of an item before its
first sale, so a series begins there and not where the file lists it.
"""

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks._air import refuse_unless
from benchmarks._common import goal, report, result
from benchmarks._m5 import DAYS, Sales, Units, errors, read
from benchmarks.m5 import ALPHA, calendar, check, middle, shares
from workbench.forecast.recipe import RECIPE
from workbench.lake.ingest import Report, ingest_frame
from workbench.lake.store import Lake

DAY = timedelta(days=1)
PROTOCOL = (
    "M5, days 1–419 of 447 as order lines (one an item, store and day with a sale), ingested month by month into a new "
    "lake, read back, summed to 30,490 series and compared with the file; then forecast as in the suite m5: the last "
    "28 days, twelve levels of weighted scaled errors; wall clock of each part"
)


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite."""
    folder = data / "m5_last447days"
    whole = read(folder)
    until = whole.units.shape[1] - DAYS
    train, test = whole.until(until), whole.units[:, until:]
    check(test, np.tile(train.units[:, -7:], DAYS // 7))
    with tempfile.TemporaryDirectory() as scratch:
        lake = Lake(Path(scratch))
        ingesting, reports = filled(lake, train)
        began = time.perf_counter()
        booked = summed(lake, train.keys, train.days)
        reading = time.perf_counter() - began
    lines = sum(one.accepted for one in reports)
    lost = float(np.abs(np.nan_to_num(booked.units) - np.nan_to_num(train.units)).sum())
    refuse_unless("M5 lines that reached the lake", (lines,), (int((train.units > 0).sum()),))
    began = time.perf_counter()
    unknown = np.full_like(test, np.nan)
    padded = Sales(booked.keys, np.hstack([booked.units, unknown]), whole.days)
    parts, place = middle(padded, calendar(folder), until, RECIPE)
    own = parts[place] * shares(booked.units, place, ALPHA)[:, None]
    forecasting = time.perf_counter() - began
    found = errors(train, np.nan_to_num(test), own)
    results = [result("workbench", level, "scaled error", value, "scaled", "lower") for level, value in found.items()]
    speed = lines / ingesting
    for name, value, unit in (
        ("lines", lines, "lines"),
        ("ingest", ingesting, "s"),
        ("read and summed", reading, "s"),
        ("forecast", forecasting, "s"),
    ):
        results.append(result("workbench", "all", name, value, unit, "report" if unit == "lines" else "lower"))
    results.append(result("workbench", "all", "lines a second", speed, "lines/s", "higher"))
    goals = [
        goal("workbench", "all", "units lost or doubled", "0", lost, lost == 0),
        goal("workbench", "all", "forecast (the engine's own speed)", "<= 60 s", forecasting, forecasting <= 60),
        goal("workbench", "all", "scaled error", "<= 0.571 (the peers' best .713 less 20 %)", found["all"],
             found["all"] <= 0.571),
    ]  # fmt: skip
    files = [folder / "m5_wide.parquet", folder / "calendar_coded.csv.gz"]
    return report("m5_orders", files, PROTOCOL, results, goals)


def filled(lake: Lake, sales: Sales) -> tuple[float, list[Report]]:
    """Bring every month of sales into the order table; seconds without those of writing the lines down."""
    seconds, reports = 0.0, []
    months = sales.days.dt.truncate("1mo")
    for month in months.unique().sort():
        at = np.flatnonzero((months == month).to_numpy())
        lines = order_lines(sales, at)
        closing = datetime.combine(sales.days[int(at[-1])] + DAY, datetime.min.time(), UTC)
        began = time.perf_counter()
        reports.append(ingest_frame(lake, "orders", lines, f"M5 {month:%Y-%m}", f"m5 {month}", closing, "made here"))
        seconds += time.perf_counter() - began
    return seconds, reports


def order_lines(sales: Sales, days: np.ndarray) -> pl.DataFrame:
    """Order lines of some days: a store's day is an order, an item a line of it."""
    row, day = np.nonzero(np.nan_to_num(sales.units[:, days]) > 0)
    keys = sales.keys[row]
    noon = sales.days.cast(pl.Datetime("us", "UTC")).gather(days[day]).alias("time") + timedelta(hours=12)
    return keys.select(
        order=pl.format("{} {}", "store_id", noon.dt.date().cast(pl.String)),
        line="item_id",
        kind=pl.lit("sale"),
        time=noon,
        platform=pl.lit("m5"),
        item="item_id",
        code="dept_id",
        spec="cat_id",
        quantity=pl.Series(sales.units[row, days[day]]),
        province="state_id",
        city="store_id",
    )


def summed(lake: Lake, keys: pl.DataFrame, days: pl.Series) -> Sales:
    """Units by series (rows as in `keys`) and day from the order lines; NaN before a series' first sale."""
    lines = lake.read("orders").filter(pl.col("kind") == "sale")
    day = pl.col("time").dt.convert_time_zone("UTC").dt.date().alias("day")
    sums = lines.group_by("city", "item", day).agg(pl.col("quantity").sum()).collect()
    number = keys.select(pl.col("store_id").alias("city"), pl.col("item_id").alias("item")).with_row_index("row")
    at = sums.join(number, on=["city", "item"], how="left")
    units: Units = np.zeros((keys.height, len(days)))
    column = (at["day"] - days[0]).dt.total_days().to_numpy()
    units[at["row"].to_numpy(), column] = at["quantity"].to_numpy()
    units[np.maximum.accumulate(units > 0, axis=1) == 0] = np.nan
    return Sales(keys, units, days)
