"""Hourly electricity load of Chongqing, the next 24 hours, the last fifth of the file as test.

Issued every midnight (local time) for the day that begins, when the load up to that midnight is known; refitted every
30 days. The weather of the hours ahead is the observed one, in place of a perfect forecast: an operator's would be
worse, so the same is told without any weather ahead. Holidays come from the gazetted calendar as it was known then.
Everything was chosen on 2019-01-01 … 2019-11-19, before the test part, which has been looked at twice (DECISIONS).
"""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from benchmarks._air import refuse_unless
from benchmarks._common import goal, report, result
from workbench.forecast import metrics
from workbench.forecast.backtest import backtest
from workbench.forecast.recipe import RECIPE
from workbench.forecast.task import Task
from workbench.science.day_kind import NAMES, day_kind
from workbench.settings import PROJECT

FILE = "chongqing_load_hourly_2017_2020/chongqing.csv.gz"
ZONE = ZoneInfo("Asia/Shanghai")
WEATHER = ("tem", "tembody", "hum")
WARMTH = tuple(
    [f"{name}_{hours}h" for name in ("tem", "tembody", "cool", "heat") for hours in (12, 24, 48, 72, 168)]
    + ["cool", "heat", *(f"{name}_{how}" for name in WEATHER for how in ("mean", "max", "min"))]
)
"""Warmth that has built up: means over the hours up to the target, cooling and heating degrees, and the whole day's."""
TASK = Task(
    name="load_chongqing",
    title_zh="重庆逐时用电负荷",
    title_en="Hourly load of Chongqing",
    unit="as in the file",
    owner="data",
    panel="load",
    every="1h",
    horizon=24,
    seasons=(24, 168),
    vintages="load_ahead",
    known_ahead=(*WEATHER, *NAMES, *WARMTH),
    past_only=(*WEATHER, *NAMES),
    bounds=(0, None),
    refit="30d",
    issue_at="00:00",
)
BLIND = replace(TASK, name="load_chongqing_without_weather", known_ahead=NAMES)


def read(file: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """PANEL of the load, and VINTAGES: weather known at the midnight before, the kind of day as it was gazetted.

    An hour of the file begins at its stamp; here it is named by its end.
    """
    raw = pl.read_csv(file, try_parse_dates=True).sort("time")
    begins = pl.col("time").dt.replace_time_zone(str(ZONE))
    ends = begins.dt.offset_by("1h").dt.convert_time_zone("UTC").cast(pl.Datetime("us", "UTC"))
    midnight = begins.dt.truncate("1d").dt.convert_time_zone("UTC").cast(pl.Datetime("us", "UTC"))
    day = pl.col("time").dt.date().alias("date")
    notices = pl.read_csv(PROJECT / "data/reference/holidays.csv", try_parse_dates=True)
    kinds = day_kind(raw["time"].dt.date().min(), raw["time"].dt.date().max(), notices)  # type: ignore[arg-type]
    rows = raw.select("load", *WEATHER, day, ds=ends, midnight=midnight, unique_id=pl.lit("chongqing/load"))
    rows = warmth(rows.join(kinds, on="date", how="left"))
    panel = rows.select("unique_id", "ds", pl.col("ds").alias("known_at"), pl.col("load").alias("y"), *WEATHER, *NAMES)
    ahead = rows.select("unique_id", "ds", pl.col("midnight").alias("known_at"), *WEATHER, *NAMES, *WARMTH)
    return panel, ahead


def warmth(rows: pl.DataFrame) -> pl.DataFrame:
    """Add WARMTH: of an hour of the day that begins at `midnight`, from weather up to the end of that day only."""
    rows = rows.sort("ds").with_columns(cool=(pl.col("tem") - 24).clip(0), heat=(14 - pl.col("tem")).clip(0))
    return rows.with_columns(
        *(
            pl.col(name).rolling_mean_by("ds", f"{hours}h").alias(f"{name}_{hours}h")
            for name in ("tem", "tembody", "cool", "heat")
            for hours in (12, 24, 48, 72, 168)
        ),
        *(
            getattr(pl.col(name), how)().over("midnight").alias(f"{name}_{how}")
            for name in WEATHER
            for how in ("mean", "max", "min")
        ),
    )


FIRST = datetime(2019, 11, 20, 7)  # noqa: DTZ001 – local, as the file tells it
"""The first hour of the test part, local."""
PROTOCOL = (
    "Chongqing, hourly load 2017-01 … 2020-08; test = hours that begin from 2019-11-20 07:00 on; issued every local "
    "midnight for the 24 hours that begin then, refitted every 30 days; the weather of the target hours is the "
    "observed one, standing in for a perfect forecast ('no weather ahead' is the same without any); holidays as "
    "gazetted; days that the file lacks, or holds in part, are not asked; weekly naive by time stamp"
)


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite."""
    panel, ahead = read(data / FILE)
    naive = weekly(panel)
    error = naive.select(mape("forecast")).item()
    refuse_unless("Chongqing weekly naive (MAPE, hours)", (error, naive.height), (7.96, 6169))
    results = [result("weekly naive", "all", "mape", error, "%", "lower")]
    for name, task in (("workbench", TASK), ("workbench, no weather ahead", BLIND)):
        joined = issued(task, panel, ahead).join(metrics.truth(panel), on=["unique_id", "ds"])
        joined = joined.filter(begins() >= FIRST)
        results += figures(joined, name)
    own = next(r["value"] for r in results if r["contender"] == "workbench" and r["metric"] == "mape")
    return report(
        "load_chongqing", [data / FILE], PROTOCOL, results, [goal("workbench", "all", "mape", "<= 3 %", own, own <= 3)]
    )


def issued(task: Task, panel: pl.DataFrame, ahead: pl.DataFrame) -> pl.DataFrame:
    """FORECAST of every day of the test part that the file holds whole."""
    whole = ahead.group_by("known_at").len().filter(pl.col("len") == TASK.horizon)
    midnights = whole.get_column("known_at").sort()
    return backtest(
        task, {"workbench": RECIPE}, panel, ahead, midnights.filter(midnights >= TASK.origin(FIRST.date())).to_list()
    )


def begins() -> pl.Expr:
    """Local begin of the hour that `ds` ends."""
    return pl.col("ds").dt.convert_time_zone(str(ZONE)).dt.replace_time_zone(None) - timedelta(hours=1)


def mape(forecast: str) -> pl.Expr:
    """Mean absolute error as a share of the truth, %."""
    return (100 * (pl.col("y") - pl.col(forecast)).abs() / pl.col("y")).mean()


def weekly(panel: pl.DataFrame) -> pl.DataFrame:
    """The value of the same hour a week before, where both are known: y, forecast."""
    was = panel.select(pl.col("ds") + timedelta(days=7), forecast="y")
    return panel.join(was, on="ds").filter(begins() >= FIRST).select("y", "forecast")


def figures(joined: pl.DataFrame, name: str) -> list[dict[str, Any]]:
    """MAPE of all and by month, MAE and coverage; `joined` is FORECAST + y."""
    found = [
        result(name, "all", "mape", joined.select(mape("mean")).item(), "%", "lower"),
        result(
            name, "all", "mae", joined.select((pl.col("y") - pl.col("mean")).abs().mean()).item(), TASK.unit, "lower"
        ),
        result(name, "all", "coverage_80", joined.select(metrics.coverage(0.8).mean()).item(), "share", "report"),
        result(name, "all", "coverage_95", joined.select(metrics.coverage(0.95).mean()).item(), "share", "report"),
    ]
    months = (
        joined.group_by(begins().dt.strftime("%Y-%m").alias("month")).agg(mape("mean").alias("value")).sort("month")
    )
    return found + [result(name, row[0], "mape", row[1], "%", "lower") for row in months.iter_rows()]
