"""Air quality: from stations' hours and days, and the weather over them, to what is forecast and what is known ahead.

Panels are long: a series is `station/pollutant`, its row holds `y`, every pollutant of the station and the weather at
that time. Values flagged bad or filled in are null. A row is known when its air value is; of the weather it takes the
newest that was known by then, so a late weather table makes rows poorer and never later. Where there is no weather at
all, its columns are null and everything else stands.
"""

from collections.abc import Sequence

import polars as pl

from workbench.lake import quality
from workbench.science import air, air_day

ZONE = "Asia/Shanghai"
HOURLY = ("pm2_5", "pm10", "so2", "no2", "co", "o3")
DAILY = ("pm2_5", "pm10", "so2", "no2", "co", "o3_8h")
MEASURED = (
    "temperature",
    "dew_point",
    "humidity",
    "pressure",
    "precipitation",
    "wind_speed",
    "radiation",
    "boundary_layer_height",
)
WEATHER = (*MEASURED, "wind_u", "wind_v")
DAY_HOURS = 20  # a day's weather needs as many hours as a day's air (GB 3095-2026, table 4)
AHEAD = "120h"  # of an hourly weather forecast; beyond D+3 the daily task takes over
LATE_HOURS, LATE_DAYS = 3, 1  # how old the weather of a row may be


def air_hourly(air_hourly: pl.LazyFrame, weather_hourly: pl.LazyFrame, stations: pl.LazyFrame) -> pl.LazyFrame:
    """PANEL of hourly concentrations: six pollutants at every station (CO in mg/m³, the others in µg/m³)."""
    hours = air_hourly.with_columns(quality.measured(HOURLY)).select("station", "known_at", *HOURLY, ds="time")
    weather = _winds(weather_hourly.with_columns(quality.measured(MEASURED))).select(
        "place", "known_at", *WEATHER, ds="time"
    )
    return _series(_beside(_at(hours, stations), weather, "1h", LATE_HOURS), HOURLY)


def air_daily(
    air_hourly: pl.LazyFrame, air_daily: pl.LazyFrame, weather_hourly: pl.LazyFrame, stations: pl.LazyFrame
) -> pl.LazyFrame:
    """PANEL of daily values: means and the largest 8-hour ozone mean, of the hours; a daily report supersedes them."""
    counted = _days_of_hours(air_hourly.with_columns(quality.measured(HOURLY)))
    reported = air_daily.with_columns(quality.measured(DAILY)).select("station", "known_at", *DAILY, ds="date")
    days = pl.concat([counted.join(reported, on=["station", "ds"], how="anti"), reported])
    return _series(_beside(_at(days, stations), _weather_days(weather_hourly), "1d", LATE_DAYS), DAILY)


def air_index(air_hourly: pl.LazyFrame, air_daily: pl.LazyFrame, aqi_breakpoints: pl.LazyFrame) -> pl.LazyFrame:
    """PANEL of the day's AQI under the rules in force: what an outlook is held against.

    Beside `y` stand `leading` (the first pollutants, a list) and `audited` (true only where all of the day is). A daily
    report supersedes the hours. A day without an AQI has a null.
    """
    hours = air_hourly.with_columns(quality.measured(HOURLY))
    audited = hours.group_by("station", air_day.local_day(pl.col("time"), ZONE).alias("ds")).agg(_audited().all())
    counted = _days_of_hours(hours, (*DAILY, "o3")).join(audited, on=["station", "ds"])
    reported = air_daily.with_columns(quality.measured(DAILY)).select(
        "station", "known_at", *DAILY, _audited(), ds="date"
    )
    days = pl.concat([counted.join(reported, on=["station", "ds"], how="anti"), reported], how="diagonal")
    index, points = days.rename({"ds": "date"}).collect(), aqi_breakpoints.collect()
    unknown = {"aqi": pl.lit(None, pl.Int32), "primary": pl.lit(None, pl.List(pl.String))}
    index = index.with_columns(**unknown) if index.is_empty() else air.aqi_in_force(index, points)
    series, y = pl.format("{}/aqi", "station").alias("unique_id"), pl.col("aqi").cast(pl.Float64).alias("y")
    return index.lazy().select(series, "known_at", y, "audited", ds="date", leading="primary").sort("unique_id", "ds")


def air_weather_ahead(weather_forecast: pl.LazyFrame, stations: pl.LazyFrame) -> pl.LazyFrame:
    """VINTAGES of hourly weather: every issue, as far as hourly air is forecast."""
    issues = _winds(weather_forecast.with_columns(quality.measured(MEASURED))).filter(
        pl.col("time") > pl.col("issued_at"), pl.col("time") <= pl.col("issued_at").dt.offset_by(AHEAD)
    )
    return _for_series(issues.select("place", "known_at", *WEATHER, ds="time"), stations, HOURLY)


def air_weather_ahead_daily(weather_forecast: pl.LazyFrame, stations: pl.LazyFrame) -> pl.LazyFrame:
    """VINTAGES of daily weather: every issue, for each local day of which it covers half or more."""
    issues = _winds(weather_forecast.with_columns(quality.measured(MEASURED))).filter(
        pl.col("time") > pl.col("issued_at")
    )
    days = _by_day(issues, ["place", "issued_at"]).filter(pl.col("hours") >= 12)
    return _for_series(days.select("place", "known_at", *WEATHER, "ds"), stations, DAILY)


def _winds(weather: pl.LazyFrame) -> pl.LazyFrame:
    """Add the wind as a vector pointing where the air goes (m/s): `wind_u` to the east, `wind_v` to the north."""
    angle = pl.col("wind_direction").radians()
    return weather.with_columns(wind_u=-pl.col("wind_speed") * angle.sin(), wind_v=-pl.col("wind_speed") * angle.cos())


def _at(rows: pl.LazyFrame, stations: pl.LazyFrame) -> pl.LazyFrame:
    """Add each station's weather place; a station that names none has weather under its own name, if at all."""
    places = stations.select("station", "place").unique("station")
    return rows.join(places, on="station", how="left").with_columns(pl.col("place").fill_null(pl.col("station")))


def _beside(rows: pl.LazyFrame, weather: pl.LazyFrame, step: str, late: int) -> pl.LazyFrame:
    """Join to each row the newest weather, at most `late` steps old, that was known when the row was."""
    for steps in range(late + 1):
        older = weather.with_columns(pl.col("ds").dt.offset_by(f"{steps * int(step[0])}{step[1]}"))
        rows = rows.join(older, on=["place", "ds"], how="left", suffix=f"_{steps}")
    known = [
        pl.when(pl.col(f"known_at_{steps}") <= pl.col("known_at")).then(
            pl.struct(pl.col(f"{name}_{steps}" if steps else name).alias(name) for name in WEATHER)
        )
        for steps in range(late + 1)
    ]
    return rows.with_columns(pl.coalesce(known).alias("weather")).drop(WEATHER).unnest("weather")


def _series(rows: pl.LazyFrame, measures: Sequence[str]) -> pl.LazyFrame:
    """From a row a station to a row a series: unique_id, ds, known_at, y, all pollutants, weather."""
    parts = [
        rows.select(
            pl.format("{}/{}", "station", pl.lit(name)).alias("unique_id"),
            "ds",
            "known_at",
            pl.col(name).alias("y"),
            *measures,
            *WEATHER,
        )
        for name in measures
    ]
    return pl.concat(parts).sort("unique_id", "ds")


def _audited() -> pl.Expr:
    """Audited where the row says so."""
    return pl.col("audited").fill_null(value=False)


def _days_of_hours(hours: pl.LazyFrame, measures: Sequence[str] = DAILY) -> pl.LazyFrame:
    """Days of each station by the rules of the standard."""
    values = air_day.daily(hours.select("station", "time", *HOURLY).collect(), ZONE).lazy()
    days = _closed(hours, "station").join(values.rename({"date": "ds"}), on=["station", "ds"], how="inner")
    return days.select("station", "known_at", *measures, "ds")


def _closed(hours: pl.LazyFrame, key: str) -> pl.LazyFrame:
    """Days that are over: known once all their hours are and the first at or after midnight (24:00) has come."""
    day = air_day.local_day(pl.col("time"), ZONE).alias("ds")
    end = pl.col("ds").dt.offset_by("1d").cast(pl.Datetime("us")).dt.replace_time_zone(ZONE).dt.convert_time_zone("UTC")
    days = hours.group_by(key, day).agg(pl.col("known_at").max()).with_columns(midnight=end).sort("midnight")
    after = hours.select(key, pl.col("known_at").alias("closed"), midnight="time").sort("midnight")
    joined = days.join_asof(after, on="midnight", by=key, strategy="forward", check_sortedness=False)
    over = joined.filter(pl.col("closed").is_not_null())
    return over.select(key, "ds", known_at=pl.max_horizontal("known_at", "closed"))


def _weather_days(weather_hourly: pl.LazyFrame) -> pl.LazyFrame:
    """Observed weather of local days that are over and have enough hours."""
    days = _by_day(_winds(weather_hourly.with_columns(quality.measured(MEASURED))), ["place"]).drop("known_at")
    days = days.filter(pl.col("hours") >= DAY_HOURS).join(_closed(weather_hourly, "place"), on=["place", "ds"])
    return days.select("place", "known_at", *WEATHER, "ds")


def _by_day(hours: pl.LazyFrame, keys: Sequence[str]) -> pl.LazyFrame:
    """Daily means over the hours there are (rain: their sum), with `hours` and the time the last became known."""
    summed = pl.when(pl.col("precipitation").count() > 0).then(pl.col("precipitation").sum())
    means = [pl.col(name).mean() for name in WEATHER if name != "precipitation"]
    day = air_day.local_day(pl.col("time"), ZONE)
    return hours.group_by(*keys, day.alias("ds")).agg(
        pl.col("known_at").max(), summed.alias("precipitation"), *means, hours=pl.len()
    )


def _for_series(issues: pl.LazyFrame, stations: pl.LazyFrame, measures: Sequence[str]) -> pl.LazyFrame:
    """Give each place's issues to every series of its stations: unique_id, known_at, ds, weather."""
    names = pl.LazyFrame({"measure": measures})
    series = stations.select("station", place=pl.coalesce("place", "station")).join(names, how="cross")
    series = series.select("place", unique_id=pl.format("{}/{}", "station", "measure"))
    compact = [pl.col(name).cast(pl.Float32) for name in WEATHER]
    return series.join(issues, on="place", how="inner").select("unique_id", "known_at", "ds", *compact)
