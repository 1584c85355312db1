"""Why the air will be so, day by day, as a product: the explanations of hours and days gathered by local day.

A day's rows add up to the mean of the forecast medians that were explained on it (of hours, about every third); ozone's
to that of the eight hours in a row in which it is highest. A day that the hours do not fill is the daily task's.
"""

import polars as pl

from workbench.errors import MissingData
from workbench.forecast.frames import measure, place
from workbench.operate.known import Inputs
from workbench.operate.outlook import DAILY, HOURLY
from workbench.science.air_day import local_day

KEY = ["station", "date", "pollutant"]
WINDS = ("ahead.wind_u", "ahead.wind_v")
"""Two parts that a person knows as one: where the wind comes from."""
SUMMED = "ahead.precipitation"
COLUMNS = (*KEY, "task", "part", "value", "driver", "usual")


def air_reasons(inputs: Inputs) -> pl.DataFrame:
    """`station, date, pollutant, task, part, value, driver, usual`: `value` in the pollutant's unit, see `explain`.

    `driver` and `usual` are daily means, of rain daily sums; `ahead.wind_direction` has none. MissingData where no
    forecast was explained.
    """
    hours, days = (inputs.reasons.get(name, pl.DataFrame()) for name in (HOURLY, DAILY))
    found = [by_day(hours, inputs.zone)] if hours.height else []
    if days.height:
        own = named(days.with_columns(date="ds"), DAILY)
        found.append(own.join(found[0], on=KEY, how="anti") if found else own)
    if not found:
        raise MissingData("no forecast of the air was explained", "the log says why; `workbench forecast` tries again")
    return pl.concat(found).sort(*KEY, "part")


def by_day(hours: pl.DataFrame, zone: str) -> pl.DataFrame:
    """The days of explained hours that are forecast whole."""
    dated = hours.with_columns(date=local_day(pl.col("ds"), zone))
    steps = dated.select("unique_id", "date", "ds").unique()
    many = pl.len().over("unique_id", "date")
    whole = steps.filter(many == many.max())
    dated = dated.join(whole, on=["unique_id", "date", "ds"], how="semi")
    drivers = dated.group_by("unique_id", "date", "part").agg(pl.col("driver", "usual").mean())
    size = pl.when(pl.col("part") == SUMMED).then(24.0).otherwise(1.0)
    drivers = drivers.with_columns(pl.col("driver", "usual") * size)
    ozone = measure() == "o3"
    high = dated.filter(ozone).join(highest(dated.filter(ozone)), on=["unique_id", "date", "ds"], how="semi")
    means = pl.concat([dated.filter(~ozone), high]).group_by("unique_id", "date", "part").agg(pl.col("value").mean())
    return named(means.join(drivers, on=["unique_id", "date", "part"], how="left"), HOURLY)


def highest(hours: pl.DataFrame) -> pl.DataFrame:
    """The explained hours of each day within the eight in a row with the largest sum: unique_id, date, ds."""
    totals = hours.group_by("unique_id", "date", "ds").agg(pl.col("value").sum()).sort("unique_id", "date", "ds")
    around = totals.rolling("ds", period="8h", group_by=["unique_id", "date"]).agg(pl.col("value").sum())
    best = around.sort("value").group_by("unique_id", "date").agg(end=pl.col("ds").last())
    inside = totals.join(best, on=["unique_id", "date"])
    near = (pl.col("ds") <= pl.col("end")) & (pl.col("ds") > pl.col("end") - pl.duration(hours=8))
    return inside.filter(near).select("unique_id", "date", "ds")


def named(parts: pl.DataFrame, task: str) -> pl.DataFrame:
    """Rows by station and pollutant, the two winds as one; hourly ozone under the name that the day has."""
    pollutant = measure().replace("o3", "o3_8h")
    winds = pl.col("part").is_in(WINDS)
    known = [pl.when(~winds).then(pl.col(name)).alias(name) for name in ("driver", "usual")]
    renamed = parts.with_columns(
        *known,
        station=place(), pollutant=pollutant,
        part=pl.when(winds).then(pl.lit("ahead.wind_direction")).otherwise("part"),
    )  # fmt: skip
    sums = renamed.group_by(*KEY, "part").agg(pl.col("value").sum(), pl.col("driver", "usual").first())
    return sums.with_columns(task=pl.lit(task)).select(COLUMNS)
