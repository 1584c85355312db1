"""The air outlook as a product: joint paths and today's measured hours become days, indices and their chances.

It is held against the panel `air_index`: level, half level, range, first pollutant, exceedance, and the whole
distribution, beside persistence and climatology of the index itself.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl

from workbench import domain
from workbench.errors import MissingData
from workbench.forecast import hits, metrics
from workbench.forecast.algorithms.climatology import Climatology
from workbench.forecast.algorithms.persistence import Persistence
from workbench.forecast.backtest import issue
from workbench.forecast.frames import LEVELS, QUANTILES, place
from workbench.forecast.model import Model
from workbench.forecast.task import Task
from workbench.operate.known import Inputs
from workbench.science import air
from workbench.science import air_outlook as science

HOURLY, DAILY, INDEX = "air_hourly", "air_daily", "air_index"
MEASURED = timedelta(days=3)
"""Hours measured before the issue that count into the first day and its 8-hour windows."""
SIMPLE = Task(INDEX, "逐日 AQI", "Daily AQI", "1", "environment", INDEX, "1d", 8, (7,), bounds=(0, 500))
"""The question that the references answer: today to D+7."""
LIMITS = {100: 3, 150: 4}
"""AQI beyond which a day exceeds, and the first level that does: light and moderate pollution."""


def days(inputs: Inputs) -> pl.DataFrame:
    """Every path's days (`science.day_paths`): hours as far as they reach, then the daily task's days.

    Raises MissingData where the hourly task was issued without joint paths.
    """
    if HOURLY not in inputs.paths:
        raise MissingData("no joint paths of air_hourly were issued", f"run `workbench train {HOURLY}`")
    hourly = inputs.paths[HOURLY].cast({"y": pl.Float64})
    later = inputs.paths[DAILY].cast({"y": pl.Float64}) if DAILY in inputs.paths else None
    if later is not None and later["path"].n_unique() != hourly["path"].n_unique():
        later = None
    begin = inputs.as_of - MEASURED
    measured = inputs.lake.read(HOURLY, inputs.as_of).filter(pl.col("time") > begin, pl.col("time") <= inputs.as_of)
    points = inputs.lake.read("aqi_breakpoints").collect()
    return science.day_paths(hourly, measured.collect(), points, inputs.zone, later)


def air_outlook(inputs: Inputs) -> pl.DataFrame:
    """AQI by station and day: rules, mean, fifteen quantiles, p1 … p6, the chance of each pollutant to come first."""
    return science.outlook(days(inputs), dict(zip(QUANTILES, LEVELS, strict=True)))


def references(inputs: Inputs) -> pl.DataFrame:
    """The same days by persistence and climatology of the AQI: `model`, station, date, mean, quantiles, p1 … p6.

    Persistence also lets the first pollutants of the last day known lead again; climatology names none.
    """
    task, panel = replace(SIMPLE, zone=inputs.zone), domain.panel(INDEX, inputs.lake, inputs.as_of).drop_nulls("y")
    split = task.split(panel, None, inputs.as_of)
    plain: dict[str, Model] = {"persistence": Persistence(), "climatology": Climatology()}
    rows = pl.concat(
        issue(task, model.fit(task, split), split, name).with_columns(model=pl.lit(name))
        for name, model in plain.items()
    )
    last = split.past.group_by("unique_id").agg(pl.col("leading").sort_by("ds").last())
    led = pl.col("leading").list.len()
    chance = {
        f"primary_{name}": pl.when(pl.col("leading").list.contains(name)).then(1 / led).otherwise(0.0)
        for name in air.POLLUTANTS
    } | {"primary_none": (led == 0).cast(pl.Float64)}
    sure = [pl.when(pl.col("model") == "persistence").then(each).alias(name) for name, each in chance.items()]
    levels = pl.DataFrame([science.level_chances(row, LEVELS) for row in rows.select(QUANTILES).iter_rows()])
    rows = rows.join(last, on="unique_id", how="left", maintain_order="left").with_columns(sure).hstack(levels)
    return rows.with_columns(station=place(), date="ds").drop("unique_id", "ds", "leading")


def published(rows: pl.DataFrame) -> pl.DataFrame:
    """An outlook as it is verified: `unique_id, ds` of the panel, what was said, and `said_first` as a list."""
    rows = science.published(rows)
    none, named = pl.lit([], pl.List(pl.String)), pl.concat_list("first")
    first = pl.when(pl.col("first") == "none").then(none).when(pl.col("first").is_not_null()).then(named)
    return rows.with_columns(unique_id=pl.format("{}/aqi", "station"), ds="date", said_first=first)


def exceedance(limit: int) -> dict[str, pl.Expr]:
    """POD, FAR, CSI of days beyond an AQI, warned of where the median is; the Brier score of their probability."""
    warned, happened = pl.col("aqi_mid") > limit, pl.col("y") > limit
    chance = pl.sum_horizontal(f"p{each.number}" for each in air.LEVELS if each.number >= LIMITS[limit])
    return {
        f"pod_{limit}": hits.pod(warned, happened),
        f"far_{limit}": hits.far(warned, happened),
        f"csi_{limit}": hits.csi(warned, happened),
        f"brier_{limit}": ((chance - happened.cast(pl.Float64)) ** 2).mean(),
    }


_HIT = hits.level_hit(air.level(pl.col("aqi_mid")), air.level(pl.col("y")))
SCORES: Mapping[str, Any] = {
    "level_hit": _HIT.mean(),
    "level_hit_polluted": _HIT.filter(pl.col("y") > 100).mean(),
    "half_level_hit": hits.half_level_hit(pl.col("aqi_mid"), pl.col("y")).mean(),
    "range_hit": hits.range_hit(pl.col("aqi_low"), pl.col("aqi_high"), pl.col("y")).mean(),
    "primary_hit": hits.primary_hit(pl.col("said_first"), pl.col("leading"), pl.col("y")).mean(),
    **{name: each for limit in LIMITS for name, each in exceedance(limit).items()},
    **{name: metrics.PLAIN[name] for name in ("crps", "mae", "bias", "coverage_80", "coverage_95", "width_80")},
}
"""How an outlook is scored. The level is that of the median; the range is the 80 % one; days count one by one."""
