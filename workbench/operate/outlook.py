"""The air outlook as a product: joint paths and today's measured hours become days, indices and their chances."""

from datetime import timedelta

import polars as pl

from workbench.errors import MissingData
from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.operate.known import Inputs
from workbench.science import air_outlook as science

HOURLY, DAILY = "air_hourly", "air_daily"
MEASURED = timedelta(days=3)
"""Hours measured before the issue that count into the first day and its 8-hour windows."""


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
