"""The past as the environment page shows it: days under both rule sets, the year's count, hours with their wind.

Everything is computed from the lake and kept in memory until the rows of the table change.
"""

from datetime import date, datetime, timedelta

import polars as pl

from dashboards.memory import remembered, shared
from workbench import domain
from workbench.lake import quality
from workbench.lake.store import Lake
from workbench.present.reasons import state
from workbench.science import air, air_day
from workbench.science.air_day import HOURLY
from workbench.science.wind import wind_concentration
from workbench.settings import county


def stations(lake: Lake) -> pl.DataFrame:
    """station, name_zh, name_en, place, background: those that have hours, background stations last."""
    return _stations(lake.root, lake.digest("stations"), lake.digest("air_hourly"))


@shared(8)
def _stations(root: str, digest: str, air_digest: str) -> pl.DataFrame:
    tables = domain.frames(["stations", "air_hourly"], Lake(root))
    measured = tables["air_hourly"].select("station").unique()
    named = tables["stations"].select("station", "name_zh", "name_en", "place", "background")
    return (
        measured.join(named, on="station", how="left")
        .with_columns(
            pl.col("name_zh", "name_en").fill_null(pl.col("station")), pl.col("background").fill_null(value=False)
        )
        .sort("background", "station")
        .collect()
    )


def hours(lake: Lake, station: str) -> pl.DataFrame:
    """Every hour of a station: time, the six pollutants, audited, and their q_ flags."""
    return _hours(lake.root, lake.digest("air_hourly"), station)


@shared(16)
def _hours(root: str, digest: str, station: str) -> pl.DataFrame:
    return _of(Lake(root).read("air_hourly"), station)


def _of(table: pl.LazyFrame, station: str) -> pl.DataFrame:
    mine = table.filter(pl.col("station") == station)
    return mine.select("station", "time", *HOURLY, "audited", *(f"q_{name}" for name in HOURLY)).collect().sort("time")


def days(lake: Lake, station: str) -> pl.DataFrame:
    """Every day of a station under the rule set in force (aqi, level, primary, rules) and under both (aqi_2012 …).

    Of measurements only: what was filled in counts neither into a day nor towards the hours that it needs.
    A released daily value wins over the one computed from hours; `audited` is true, false, or null where unsaid.
    """
    return _days(lake.root, lake.digest("air_hourly"), lake.digest("air_daily"), station)


@shared(16)
def _days(root: str, hourly: str, daily: str, station: str) -> pl.DataFrame:
    lake, zone = Lake(root), county()["zone"]
    tables = domain.frames(["air_hourly", "air_daily", "aqi_breakpoints"], lake)
    points = tables["aqi_breakpoints"].collect()
    measured = _of(tables["air_hourly"].with_columns(quality.measured(HOURLY)), station)
    computed = air_day.daily(measured, zone)
    day = air_day.local_day(pl.col("time"), zone).alias("date")
    checked = measured.group_by(day).agg(pl.col("audited").all(ignore_nulls=False))
    computed = computed.select("station", "date", *air.POLLUTANTS, "o3").join(checked, on="date", how="left")
    given = tables["air_daily"].filter(pl.col("station") == station).with_columns(quality.measured(air.POLLUTANTS))
    released = given.select("station", "date", *air.POLLUTANTS, "audited").collect()
    both = pl.concat([released, computed.join(released, on="date", how="anti")], how="diagonal").sort("date")
    out = air.aqi_in_force(both, points).sort("date")
    for rules in air.RULES:
        year = rules.removeprefix("hj633_")
        again = air.aqi(both, rules, points).select("date", pl.col("aqi", "level").name.suffix(f"_{year}"))
        out = out.join(again, on="date", how="left")
    return out


def wind(lake: Lake, station: str, place: str | None, pollutant: str, since: datetime) -> pl.DataFrame:
    """direction, speed, hours and the mean y of a pollutant since a moment, by the wind at the station's place."""
    digests = lake.digest("air_hourly"), lake.digest("weather_hourly")
    mine, weather = _beside(lake.root, digests, station, place or "")
    mine = mine.filter(pl.col("time") >= since)
    return wind_concentration(mine, weather).select("direction", "speed", "hours", pl.col(pollutant).alias("y"))


@shared(8)
def _beside(root: str, digests: tuple[str, str], station: str, place: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The hours of a station and the wind at a place."""
    tables = domain.frames(["air_hourly", "weather_hourly"], Lake(root))
    weather = tables["weather_hourly"].filter(pl.col("place") == place)
    return _of(tables["air_hourly"], station), weather.select("time", "wind_speed", "wind_direction").collect()


def observed(lake: Lake, station: str, pollutant: str, since: datetime) -> pl.DataFrame:
    """ds, y and flag (0 good, 1 doubtful or bad, 2 filled in) of one pollutant's hours, gaps as nulls."""
    mine = hours(lake, station).filter(pl.col("time") >= since)
    if mine.is_empty():
        return pl.DataFrame(schema={"ds": pl.Datetime("us", "UTC"), "y": pl.Float64, "flag": pl.Int32})
    flag = pl.col(f"q_{pollutant}").cast(pl.Int32) - 1
    kind = pl.when(flag < 0).then(0).when(flag // 3 == 1).then(2).when(flag % 3 > 0).then(1).otherwise(0)
    return mine.upsample("time", every="1h").select(pl.col("time").alias("ds"), pl.col(pollutant).alias("y"), flag=kind)


def sky(lake: Lake, place: str | None, day: date, now: datetime, zone: str) -> pl.DataFrame:
    """The weather forecast of a day beside the last 30 days: factor, expected, usual (daily means; rain: sums)."""
    names = ("air_hourly", "weather_hourly", "weather_forecast")
    key = ("sky", lake.root, tuple(map(lake.digest, names)), place, day, zone, now.strftime("%Y%m%d%H"))
    return remembered(key, lambda: _sky(lake, place or "", day, now, zone))


def _sky(lake: Lake, place: str, day: date, now: datetime, zone: str) -> pl.DataFrame:
    factors = ("wind_speed", "humidity", "precipitation", "boundary_layer_height", "radiation", "temperature")
    wanted = [pl.col(name).sum() if name == "precipitation" else pl.col(name).mean() for name in factors]
    local = air_day.local_day(pl.col("time"), zone).alias("date")
    mine = pl.col("place") == place
    tables = domain.frames(["air_hourly", "weather_hourly", "weather_forecast"], lake)
    issues = tables["weather_forecast"].filter(
        mine, pl.col("issued_at") <= now, pl.col("issued_at") > now - timedelta(days=2)
    )
    newest = issues.sort("issued_at").unique("time", keep="last").group_by(local).agg(wanted)
    past = tables["weather_hourly"].filter(mine, pl.col("time") > now - timedelta(days=30), pl.col("time") <= now)
    usual = past.group_by(local).agg(wanted).select(pl.col(name).median() for name in factors)
    rows = [frame.collect() for frame in (newest.filter(pl.col("date") == day).select(factors), usual)]
    expected, ordinary = (frame.row(0) if frame.height else (None,) * len(factors) for frame in rows)
    return pl.DataFrame(
        {"factor": factors, "expected": expected, "usual": ordinary},
        schema={"factor": pl.String, "expected": pl.Float64, "usual": pl.Float64},
    ).filter(pl.col("expected").is_not_null())


def sky_words(facts: pl.DataFrame) -> list[str]:
    """Keys of `[reason]` for what stands out of the weather forecast, at most three; see `reasons.state`.

    >>> sky_words(pl.DataFrame({"factor": ["wind_speed", "humidity"], "expected": [0.9, 80.0], "usual": [1.5, 78.0]}))
    ['wind_speed_low']
    """
    said = {factor: state(factor, expected, usual) for factor, expected, usual in facts.iter_rows()}
    told = ("wind_speed", "humidity", "boundary_layer_height")
    keys = [f"{factor}_{how}" for factor, how in said.items() if how and (factor in told or how == "high")]
    return [key for key in keys if not key.startswith("temperature")][:3]
