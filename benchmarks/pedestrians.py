"""Pedestrians an hour at four places of Melbourne, a week ahead, the last 28 days of 2016 as test.

Issued at midnight of four Sundays for the 168 hours that follow, so that the naive of 168 hours knows no more than we.
Known ahead: public holidays of Victoria and the day of the month. Chosen on the 56 days
before, in two windows.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks._air import refuse_unless
from benchmarks._common import goal, report, result
from benchmarks._days import DAY, known_days
from workbench.forecast import metrics
from workbench.forecast.backtest import backtest
from workbench.forecast.recipe import RECIPE
from workbench.forecast.task import Task

FILE = "melbourne_pedestrian/pedestrian_4sensors_2015_2016_hourly.parquet"
ISSUES = tuple(date(2016, 12, 4) + timedelta(days=7 * k) for k in range(4))
TASK = Task(
    name="pedestrians",
    title_zh="墨尔本行人逐时流量",
    title_en="Hourly pedestrians in Melbourne",
    unit="persons",
    owner="data",
    panel="pedestrians",
    every="1h",
    horizon=168,
    seasons=(24, 168),
    vintages="pedestrians_ahead",
    known_ahead=DAY,
    past_only=DAY,
    bounds=(0, None),
    issue_at="00:00",
    zone="Australia/Melbourne",
)
NAIVE = {"Birrarung Marr": 252.8, "Bourke Street Mall (North)": 316.5, "QV Market-Elizabeth St (West)": 102.7,
         "Southern Cross Station": 178.1}  # fmt: skip
PROTOCOL = (
    "Melbourne, four sensors, hourly 2015–2016; test = 2016-12-04 … 2016-12-31, four weekly issues at local midnight "
    "of 168 h, one fit; hours without a row are neither filled nor scored; the naive is the value 168 hours before"
)


def read(file: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """PANEL and VINTAGES; an hour is named by its end; of an hour that the clock repeats the first is kept."""
    raw = pl.read_parquet(file)
    begins = pl.col("date").cast(pl.Date).cast(pl.Datetime("us")) + pl.duration(hours=pl.col("hour").cast(pl.Int64))
    local = begins.dt.replace_time_zone(TASK.zone, ambiguous="earliest", non_existent="null")
    ends = (local + timedelta(hours=1)).dt.convert_time_zone("UTC")
    rows = raw.select(
        unique_id=pl.col("sensor").cast(pl.String) + "/count", ds=ends, y=pl.col("count").cast(pl.Float64)
    )
    rows = rows.drop_nulls("ds").unique(["unique_id", "ds"], keep="first", maintain_order=True)
    hours = pl.datetime_range(rows["ds"].min(), rows["ds"].max(), "1h", eager=True).alias("ds").to_frame()  # type: ignore[arg-type]
    day = (pl.col("ds") - timedelta(hours=1)).dt.convert_time_zone(TASK.zone).dt.date()
    days = known_days(date(2015, 1, 1), date(2016, 12, 31), "AU", "VIC").rename({"ds": "day"})
    grid = hours.with_columns(day=day).join(days, on="day", how="left")
    whole = rows.select("unique_id").unique().join(grid, how="cross")
    early = pl.lit(date(2014, 1, 1)).cast(pl.Datetime("us", "UTC"))
    panel = rows.join(grid, on="ds", how="left")
    return (
        panel.select("unique_id", "ds", pl.col("ds").alias("known_at"), "y", *DAY),
        whole.select("unique_id", "ds", early.alias("known_at"), *DAY),
    )


def scored(panel: pl.DataFrame, forecast: pl.DataFrame) -> dict[str, float]:
    """MAE of `mean` by sensor, and their mean as `all`; test hours only."""
    first = TASK.origin(ISSUES[0])
    joined = forecast.join(metrics.truth(panel), on=["unique_id", "ds"]).filter(pl.col("ds") > first)
    each = joined.group_by("unique_id").agg((pl.col("y") - pl.col("mean")).abs().mean().alias("mae")).sort("unique_id")
    found = {name.removesuffix("/count"): float(value) for name, value in each.iter_rows()}
    return found | {"all": sum(found.values()) / len(found)}


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite."""
    panel, ahead = read(data / FILE)
    naive = scored(panel, panel.select("unique_id", pl.col("ds") + timedelta(days=7), mean="y").drop_nulls())
    refuse_unless(
        "Melbourne, 168 hours before (MAE)", tuple(round(v, 1) for v in naive.values()), (*NAIVE.values(), 212.5)
    )
    forecast = backtest(TASK, {"workbench": RECIPE}, panel, ahead, [TASK.origin(day) for day in ISSUES])
    own = scored(panel, forecast)
    joined = forecast.join(metrics.truth(panel), on=["unique_id", "ds"])
    results = [result("naive of 168 h", name, "mae", value, TASK.unit, "lower") for name, value in naive.items()]
    results += [result("workbench", name, "mae", value, TASK.unit, "lower") for name, value in own.items()]
    results += [
        result(
            "workbench",
            "all",
            f"coverage_{share}",
            joined.select(metrics.coverage(share / 100).mean()).item(),
            "share",
            "report",
        )
        for share in (80, 95)
    ]
    ratio = own["all"] / naive["all"]
    wanted = goal("workbench", "all", "mae of the naive of 168 h", "<= 0.8 of it", ratio, ratio <= 0.8)
    return report("pedestrians", [data / FILE], PROTOCOL, results, [wanted])
