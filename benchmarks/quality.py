"""Quality: columns dated wrongly are found where they are known to be and where they are planted, and nowhere else."""

from pathlib import Path
from typing import Any

import polars as pl

from benchmarks._common import goal, report, result
from workbench.lake import catalogue
from workbench.lake.quality import shifted_columns

NAME = "quality"
BEIJING = "uci_beijing_multisite_2013_2017/all_12_stations.parquet"
CHINA39 = "china39_daily_airquality_weather_2014_2021"
SHIFTS = (-24, -3, -1, 1, 3, 24)
PROTOCOL = (
    "shifted_columns on Chongqing of china39 (its PM10 and gases are known to be dated one day early) and its other 38 "
    "cities; on the 12 Beijing stations as they are, air and weather (false alarms); and on the same air columns, each "
    "shifted in turn by -24, -3, -1, 1, 3, 24 hours: found where a pair with that column is named with that lag"
)
POLLUTANTS = {"PM2.5": "pm2_5", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "CO": "co", "O3": "o3"}
WEATHER = {
    "TEMP": "temperature",
    "DEWP": "dew_point",
    "PRES": "pressure",
    "RAIN": "precipitation",
    "WSPM": "wind_speed",
}


def run(data: Path) -> dict[str, Any]:
    """The suite. `data` is the folder of development data."""
    results, goals = [], []

    def tell(slice: str, metric: str, value: int, wanted: int | None = None) -> None:
        results.append(result("workbench", slice, metric, value, "count", "report"))
        if wanted is not None:
            goals.append(goal("workbench", slice, metric, str(wanted), value, value == wanted))

    found = shifted_columns(chongqing(data / CHINA39), catalogue.load("air_daily"))
    early = found.filter((pl.col("left") == "pm2_5") & (pl.col("lag") == -1))
    tell("Chongqing, china39", "columns found a day early against PM2.5", len(early), 4)
    every = shifted_columns(cities(data / CHINA39), catalogue.load("air_daily"))
    tell("39 cities, china39", "cities with PM10 found a day early", _cities_early(every))

    hours = beijing(data / BEIJING, POLLUTANTS)
    air = catalogue.load("air_hourly")
    tell("12 Beijing stations", "false alarms, air", len(shifted_columns(hours, air)), 0)
    weather = beijing(data / BEIJING, WEATHER).rename({"station": "place"})
    tell(
        "12 Beijing stations",
        "false alarms, weather",
        len(shifted_columns(weather, catalogue.load("weather_hourly"))),
        0,
    )
    for column in POLLUTANTS.values():
        hits = sum(planted(hours, column, shift) for shift in SHIFTS)
        tell(f"planted in {column}", "stations and shifts found", hits, 12 * len(SHIFTS))
    return report(NAME, [data / BEIJING, data / CHINA39 / "all_cities.parquet"], PROTOCOL, results, goals)


def _cities_early(found: pl.DataFrame) -> int:
    return len(found.filter((pl.col("left") == "pm2_5") & (pl.col("right") == "pm10") & (pl.col("lag") == -1)))


def planted(hours: pl.DataFrame, column: str, shift: int) -> int:
    """Stations at which a column moved by `shift` hours is named with that lag."""
    moved = hours.sort("time").with_columns(pl.col(column).shift(shift).over("station"))
    found = shifted_columns(moved, catalogue.load("air_hourly"))
    late = ((pl.col("right") == column) & (pl.col("lag") == shift)) | (
        (pl.col("left") == column) & (pl.col("lag") == -shift)
    )
    return found.filter(late)["station"].n_unique()


def beijing(file: Path, names: dict[str, str]) -> pl.DataFrame:
    """Hourly rows of the 12 stations, time in UTC."""
    local = pl.datetime("year", "month", "day", "hour", time_zone="Asia/Shanghai")
    time = local.dt.convert_time_zone("UTC").alias("time")
    return pl.read_parquet(file).select("station", time, *[pl.col(old).alias(new) for old, new in names.items()])


def chongqing(folder: Path) -> pl.DataFrame:
    """Daily rows of Chongqing as the data set has them."""
    return cities(folder).filter(station="chongqing")


def cities(folder: Path) -> pl.DataFrame:
    """Daily rows of all cities as the data set has them: dates in two spellings, some days twice."""
    spellings = (pl.col("date").str.to_date(form, strict=False) for form in ("%Y/%m/%d", "%Y-%m-%d"))
    names = {"PM25": "pm2_5", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "CO": "co", "O3": "o3_8h"}
    values = [pl.col(old).alias(new) for old, new in names.items()]
    frame = pl.read_parquet(folder / "all_cities.parquet")
    frame = frame.select(pl.col("file").alias("station"), pl.coalesce(*spellings).alias("date"), *values)
    return frame.drop_nulls("date").unique(["station", "date"], keep="last", maintain_order=True)
