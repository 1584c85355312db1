"""Our index against the ones that were published: national hourly releases, and city days."""

import os
from pathlib import Path

import polars as pl
import pytest

from workbench.science import air
from workbench.settings import PROJECT

POINTS = pl.read_csv(PROJECT / "data/reference/aqi_breakpoints.csv")
OLD = air.RULES[0]


def published(file: str) -> Path:
    folder = os.environ.get("WORKBENCH_BENCH_DATA")
    if not folder:
        pytest.skip("WORKBENCH_BENCH_DATA is not set: no published indices to compare with")
    return Path(folder) / file


def test_equals_the_nationally_released_index_of_every_city_hour() -> None:
    """367 cities over Spring Festival 2019 with its fireworks, AQI 1 … 500: no hour differs, nor its first pollutant.

    The release took the hourly particles in place of the 24-hour means of the standard, hence the renaming.
    """
    raw = pl.read_csv(
        published("cnemc_station_hourly_2020apr/china367_hourly_springfestival_2019.csv.gz"),
        null_values=["—"],
        infer_schema_length=None,
    )
    names = {"PM2.5": "pm2_5_24h", "PM10": "pm10_24h", "SO2": "so2", "NO2": "no2", "CO": "co", "O3": "o3"}
    ours = air.aqi(raw.rename(names), OLD, POINTS, "hour").filter(pl.col("AQI").is_not_null())
    assert len(ours) == 71_567
    assert ours.filter(pl.col("aqi") != pl.col("AQI")).is_empty()
    plain = {"PM2.5": "pm2_5", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "CO": "co", "O3": "o3"}
    led = ours.filter(pl.col("main_pollution").is_not_null()).with_columns(
        theirs=pl.col("main_pollution").str.split(",").list.eval(pl.element().replace_strict(plain)).list.sort()
    )
    assert len(led) > 42_000
    assert led.filter(pl.col("theirs") != pl.col("primary").list.sort()).is_empty()


@pytest.mark.parametrize("place", ["chongqing", "enshi", "yichang"])
def test_equals_the_released_index_of_every_station_hour(place: str) -> None:
    raw = pl.read_csv(
        published(f"cnemc_station_hourly_2020apr/stations_{place}_202004.csv.gz"),
        null_values=["NaN"],
        infer_schema_length=None,
    )
    names = {"PM2.5": "pm2_5_24h", "PM10": "pm10_24h", "SO2": "so2", "NO2": "no2", "CO": "co", "O3_1h": "o3"}
    whole = raw.rename(names).drop_nulls([*names.values(), "AQI"])
    ours = air.aqi(whole, OLD, POINTS, "hour")
    assert len(ours) > 180
    assert ours.filter(pl.col("aqi") != pl.col("AQI")).is_empty()


def test_city_days_come_near_a_published_mean_of_hourly_indices() -> None:
    """366 cities 2013–2017: the AQI there is a mean over hours (their range is given), so days agree only nearly."""
    days = pl.read_parquet(published("china366_daily_aqi_2013_2017/all_cities.parquet")).rename({"o3": "o3_8h"})
    days = days.filter(pl.all_horizontal(pl.col(p) > 0 for p in air.POLLUTANTS), pl.col("aqi") > 0)
    ours = air.aqi(days.rename({"aqi": "published", "level": "class"}), OLD, POINTS)
    led = ours.filter(pl.col("primary").list.first().is_in(["pm2_5", "pm10"]))
    gap = led["aqi"] - led["published"]
    assert len(led) > 170_000
    assert gap.median() == -1
    assert (gap.abs() <= 5).mean() > 0.85
