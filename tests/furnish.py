"""A home with the sample county and an archive that looks lived in, made in seconds: no model is trained.

The forecasts are the same hours of the last two weeks with a spread that grows with lead; they are invented, and only
there for the pages to have something to show.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import furnish_harvest
import numpy as np
import polars as pl

from workbench.forecast.frames import FORECAST, LEVELS, QUANTILES
from workbench.lake.store import Lake
from workbench.operate import home, intake, outcome
from workbench.operate.archive import STAMPS, Archive
from workbench.science import air_outlook
from workbench.science.air_day import HOURLY
from workbench.settings import now

PATHS = 100
ZONE = "Asia/Shanghai"


def furnish(days: int = 12, forecasts: bool = True) -> None:
    """Load the sample county; archive one issue a day for `days` days up to now, with paths, outlooks and scores."""
    home.prepare()
    lake = Lake()
    intake.load_sample(lake, lambda *_: None)
    if forecasts:
        hours = lake.read("air_hourly").collect()
        points = lake.read("aqi_breakpoints").collect()
        for moment in (now() - timedelta(days=back) for back in range(days, -1, -1)):
            with clock(moment):
                issue(hours, points, moment, moment == now())
        scores(hours)
        outcome.add("air_outlook", now(), Archive())
        furnish_harvest.issue()


@contextmanager
def clock(moment: datetime) -> Iterator[None]:
    """The clock at an instant, so that what is issued then was written then."""
    before = os.environ.get("WORKBENCH_NOW")
    os.environ["WORKBENCH_NOW"] = moment.isoformat()
    try:
        yield
    finally:
        os.environ.pop("WORKBENCH_NOW")
        if before is not None:
            os.environ["WORKBENCH_NOW"] = before


def issue(hours: pl.DataFrame, points: pl.DataFrame, moment: datetime, last: bool) -> None:
    """One evening's issue of both tasks, and the outlook made from its paths."""
    archive = Archive()
    cutoff = moment.replace(minute=0, second=0, microsecond=0)
    long = hours.unpivot(list(HOURLY), index=["station", "time"], variable_name="measure", value_name="y")
    recent = long.filter(pl.col("time") <= cutoff, pl.col("time") > cutoff - timedelta(days=14)).drop_nulls("y")
    level = recent.group_by("station", "measure", pl.col("time").dt.hour().alias("hour")).agg(pl.col("y").median())
    steps = pl.DataFrame({"step": range(1, 97)}).with_columns(ds=pl.lit(cutoff) + pl.duration(hours=pl.col("step")))
    grid = steps.with_columns(hour=pl.col("ds").dt.hour()).join(level, on="hour")
    grid = grid.with_columns(unique_id=pl.col("station") + "/" + pl.col("measure"), spread=0.2 + 0.004 * pl.col("step"))
    hourly = spread(grid, "air_hourly", moment, cutoff)
    archive.write(hourly, f"d{moment:%m%d}", sample=True)
    days = daily(recent, cutoff)
    archive.write(spread(days, "air_daily", moment, cutoff.date() - timedelta(days=1)), f"d{moment:%m%d}", sample=True)
    if last:
        archive.write(hourly.with_columns(model=pl.lit("persistence"), q50=pl.col("q50") * 1.2), "p", True, "reference")
    paths = [drawn(frame, "air_hourly" if i == 0 else "air_daily", moment) for i, frame in enumerate((grid, days))]
    for frame in paths:
        archive.write_paths(frame, f"{frame['task'][0]}|{moment.isoformat()}", sample=True)
    made = air_outlook.day_paths(paths[0], hours.filter(pl.col("time") <= cutoff), points, ZONE, later=paths[1])
    product = air_outlook.outlook(made, dict(zip(QUANTILES, LEVELS, strict=True)))
    product = product.with_columns(issued_at=pl.lit(moment, dtype=pl.Datetime("us", "UTC")))
    archive.write_product("air_outlook", product, f"air_hourly|{moment.isoformat()}", sample=True)
    for model, worse in (("persistence", 1.3), ("climatology", 0.7)):
        beside = product.with_columns(pl.col(QUANTILES) * worse, model=pl.lit(model))
        archive.write_product("air_outlook", beside, f"{model}|{moment.isoformat()}", True, "reference")
    why(product, days, moment)


def why(product: pl.DataFrame, days: pl.DataFrame, moment: datetime) -> None:
    """Reasons that are the same for every pollutant but for the day's chance of pollution, and days that were alike."""
    archive, stamp = Archive(), pl.lit(moment, dtype=pl.Datetime("us", "UTC")).alias("issued_at")
    parts = pl.DataFrame(
        [
            ("base", 30.0, None, None), ("level", 9.0, 44.0, 30.0), ("ahead.wind_speed", 6.0, 0.9, 1.7),
            ("ahead.precipitation", -5.0, 3.0, 0.5), ("season", 0.5, None, None), ("correction", -0.4, None, None),
        ],
        ["part", "value", "driver", "usual"], orient="row",
    )  # fmt: skip
    names = pl.DataFrame({"pollutant": ["pm2_5", "pm10", "so2", "no2", "co", "o3_8h"]})
    rows = product.select("station", "date", grow=pl.col("p2")).join(names, how="cross").join(parts, how="cross")
    grown = pl.when(pl.col("part") == "level").then(pl.col("value") + pl.col("grow")).otherwise("value")
    rows = rows.with_columns(stamp, value=grown, task=pl.lit("air_hourly")).drop("grow")
    archive.write_product("air_reasons", rows, f"air_hourly|{moment.isoformat()}", sample=True)
    past = days.select("unique_id" if "unique_id" in days.columns else pl.format("{}/{}", "station", "measure"), "ds")
    alike = past.with_columns(then=pl.col("ds").dt.offset_by("-1y"), share=0.5, before=40.0, y=50.0)
    alike = alike.with_columns(stamp, task=pl.lit("air_daily"), cutoff=pl.lit(moment.date()), version=pl.lit("1"))
    archive.write(
        alike.with_columns(model=pl.lit("combined"), level=0, status=pl.lit("machine")), "why", True, "similar"
    )


def daily(recent: pl.DataFrame, cutoff: datetime) -> pl.DataFrame:
    """Eight days ahead of every series: the mean of the last two weeks (ozone: half as much again)."""
    means = recent.group_by("station", "measure").agg(pl.col("y").mean())
    named = means.with_columns(
        y=pl.when(pl.col("measure") == "o3").then(pl.col("y") * 1.5).otherwise(pl.col("y")),
        measure=pl.col("measure").replace("o3", "o3_8h"),
    )
    steps = pl.DataFrame({"step": range(8)}).with_columns(ds=pl.lit(cutoff.date()) + pl.duration(days=pl.col("step")))
    return named.join(steps, how="cross").with_columns(
        unique_id=pl.col("station") + "/" + pl.col("measure"), spread=0.25 + 0.03 * pl.col("step")
    )


def spread(grid: pl.DataFrame, task: str, moment: datetime, cutoff: object) -> pl.DataFrame:
    """A FORECAST with log-normal quantiles."""
    from statistics import NormalDist

    columns = {
        name: pl.col("y") * (pl.col("spread") * NormalDist().inv_cdf(level)).exp()
        for name, level in zip(QUANTILES, LEVELS, strict=True)
    }
    return grid.with_columns(
        task=pl.lit(task), issued_at=pl.lit(moment, dtype=pl.Datetime("us", "UTC")),
        cutoff=pl.lit(cutoff, dtype=grid.schema["ds"]), mean=pl.col("y"), model=pl.lit("combined"),
        version=pl.lit("1"), level=pl.lit(0), status=pl.lit("machine"), **columns,
    ).select(FORECAST).sort("unique_id", "ds")  # fmt: skip


def drawn(grid: pl.DataFrame, task: str, moment: datetime) -> pl.DataFrame:
    """Joint PATHS: one common error a path and day, so that pollutants move together."""
    errors = np.random.default_rng(7).normal(size=PATHS)
    paths = pl.DataFrame({"path": range(PATHS), "error": errors}, schema={"path": pl.Int32, "error": pl.Float64})
    return grid.join(paths, how="cross").select(
        pl.lit(task).alias("task"), "unique_id", pl.lit(moment, dtype=pl.Datetime("us", "UTC")).alias("issued_at"),
        "ds", "path", (pl.col("y") * (pl.col("error") * pl.col("spread")).exp()).alias("y"),
    )  # fmt: skip


def scores(hours: pl.DataFrame) -> None:
    """Scores of past issues beside two references, as verification would have appended them."""
    archive, rng = Archive(), np.random.default_rng(3)
    rows = [
        {
            "task": "air_hourly", "unique_id": f"{station}/{measure}", "issued_at": now() - timedelta(days=back),
            "cutoff": now() - timedelta(days=back), "lead_day": lead, "model": model, "version": "1",
            "status": "machine", "role": role, "level": 0, "metric": metric, "value": value, "count": 24,
            "sample": True,
        }
        for station in hours["station"].unique().sort() for measure in HOURLY
        for back in range(5, 40) for lead in range(4)
        for model, role, worse in (
            ("combined", "issued", 1.0), ("persistence", "reference", 1.3 + 0.1 * lead),
            ("climatology", "reference", 1.5),
        )
        for metric, value in (
            ("crps", worse * (3 + lead + rng.random())), ("coverage_80", 0.78 + 0.05 * rng.random()),
            ("coverage_95", 0.93 + 0.03 * rng.random()),
        )
    ]  # fmt: skip
    instant = pl.Datetime("us", "UTC")
    frame = pl.DataFrame(rows).cast({"issued_at": instant, "cutoff": instant, "lead_day": pl.Int32})
    archive.shelf("score", "air_hourly").append(frame, "made")


def again(moment: datetime) -> None:
    """The newest hourly issue, its paths and the outlook once more at a later moment; the daily task stood already."""
    archive, stamp = Archive(), {"issued_at": pl.lit(moment, pl.Datetime("us", "UTC"))}
    hourly = archive.latest("air_hourly").select(FORECAST).with_columns(**stamp)
    archive.write(hourly.with_columns(cutoff=pl.col("cutoff").dt.offset_by("1h")), "again", sample=True)
    archive.write_paths(archive.paths("air_hourly").with_columns(**stamp).drop("sample"), "again", sample=True)
    made = archive.product("air_outlook").drop(*STAMPS, "cutoff", "version", "status").with_columns(**stamp)
    archive.write_product("air_outlook", made, "again", sample=True)
