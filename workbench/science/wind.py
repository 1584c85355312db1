"""Wind and concentration: which wind goes with dirty air. An association, never a proof of a source."""

import polars as pl

from workbench.science.air_day import HOURLY

SECTORS = 16


def wind_concentration(hours: pl.DataFrame, weather: pl.DataFrame, least: int = 3) -> pl.DataFrame:
    """Mean concentrations by wind direction and speed, for a polar plot: `direction, speed, hours` and the pollutants.

    `hours`: one station's `time` and pollutants; `weather`: one place's `time`, `wind_speed` (m/s) and `wind_direction`
    (degrees the wind comes *from*). `direction` is the middle of one of sixteen sectors (0 = north, 22.5 …), `speed`
    the lower edge of a bin 1 m/s wide, 8 standing for all above. Calms (below 0.3 m/s) have no direction: one row with
    `direction` null. Bins with fewer than `least` hours are left out, for they would draw chance as pattern.
    """
    width = 360 / SECTORS
    calm = pl.col("wind_speed") < 0.3
    sector = ((pl.col("wind_direction") + width / 2) % 360 / width).floor() * width
    joined = hours.join(weather.select("time", "wind_speed", "wind_direction"), on="time").filter(
        pl.col("wind_speed").is_not_null(), calm | pl.col("wind_direction").is_not_null()
    )
    return (
        joined.group_by(
            direction=pl.when(~calm).then(sector),
            speed=pl.when(calm).then(0.0).otherwise(pl.col("wind_speed").floor().clip(0, 8)),
        )
        .agg(pl.len().cast(pl.Int32).alias("hours"), *[pl.col(name).mean() for name in HOURLY if name in hours.columns])
        .filter(pl.col("hours") >= least)
        .sort("direction", "speed", nulls_last=True)
    )
