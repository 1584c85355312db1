"""From joint sample paths to an outlook: a day's AQI, its level, its first pollutant, the year's good days.

A day's AQI is a maximum over pollutants of daily statistics of hours, so its chances cannot be read off the forecasts
of single hours and pollutants: every path is turned into days and indices as if it were measured, and what is asked is
then counted over the paths. PATHS are `task, unique_id, issued_at, ds, path, y` with `unique_id` = station/pollutant.
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from workbench.errors import BrokenContract
from workbench.science import air, air_day

KEYS = ["station", "path"]
"""What names one simulated series."""


def _wide(paths: pl.DataFrame, ds: str) -> pl.DataFrame:
    """One row a station, path and step, one column a pollutant."""
    name = pl.col("unique_id").str.split_exact("/", 1).struct.rename_fields(["station", "measure"])
    long = paths.select(name.alias("_"), "path", pl.col("ds").alias(ds), "y").unnest("_")
    return long.pivot(on="measure", index=[*KEYS, ds], values="y", aggregate_function="first")


def day_paths(
    paths: pl.DataFrame,
    observed: pl.DataFrame,
    breakpoints: pl.DataFrame,
    zone: str,
    later: pl.DataFrame | None = None,
    windows: int = 17,
) -> pl.DataFrame:
    """The days of every path: `station, path, date`, six daily values, `aqi, level, primary, rules` and the indices.

    `paths`: hourly PATHS. `observed`: the hours measured so far (`station, time`, pollutants); those of the first day
    forecast are in every path, so today is part measured, part simulated. `later`: daily PATHS for the days that the
    hours do not fill. Its paths are matched to the hourly ones by the rank of their mean AQI on the days both cover,
    so that a bad path stays bad across the seam. A pollutant nobody forecasts is taken as outside the monitoring plan.
    """
    hours = _wide(paths, "time")
    starts = hours.group_by("station").agg(
        _from=pl.col("time").min(), _day=air_day.local_day(pl.col("time").min(), zone)
    )
    known = [name for name in air_day.HOURLY if name in hours.columns and name in observed.columns]
    past = (
        observed.select("station", pl.col("time").dt.cast_time_unit("us"), pl.col(known).cast(pl.Float64))
        .join(starts, on="station")
        .filter(
            pl.col("time") < pl.col("_from"),
            air_day.local_day(pl.col("time") + pl.duration(hours=7), zone) >= pl.col("_day"),
        )
        .join(hours.select(KEYS).unique(), on="station")
    )
    every = pl.concat([hours, past.select(*KEYS, "time", *known)], how="diagonal")
    days = air_day.by_day(every, KEYS, zone, windows).join(starts.select("station", "_day"), on="station")
    days = days.filter(pl.col("date") >= pl.col("_day")).drop("_day")
    measures = [name for name in air.POLLUTANTS if name in days.columns]
    days = days.select(*KEYS, "date", *measures).filter(pl.all_horizontal(pl.col(measures).is_not_null()))
    out = air.aqi_in_force(days, breakpoints, planned=measures)
    if later is not None:
        out = _extended(out, _wide(later, "date"), breakpoints)
    return out.sort("station", "date", "path")


def _extended(days: pl.DataFrame, later: pl.DataFrame, breakpoints: pl.DataFrame) -> pl.DataFrame:
    """Append the days that only `later` has, its paths renumbered to go with those of `days`."""
    measures = [name for name in air.POLLUTANTS if name in later.columns]
    more = air.aqi_in_force(later.filter(pl.all_horizontal(pl.col(measures).is_not_null())), breakpoints, measures)
    if days.is_empty():
        return more
    here, there = days["path"].n_unique(), more["path"].n_unique()
    if here != there:
        raise BrokenContract(f"{here} hourly paths but {there} daily ones", "sample both with the same number of paths")
    both = days.select("station", "date").unique()
    left, right = _ranked(days), _ranked(more.join(both, on=["station", "date"], how="semi"))
    pairs = left.join(right, on=["station", "_rank"], suffix="_later").select("station", "path", "path_later")
    if pairs.is_empty():
        pairs = left.select("station", "path", path_later="path")
    fresh = more.join(both, on=["station", "date"], how="anti")
    fresh = fresh.rename({"path": "path_later"}).join(pairs, on=["station", "path_later"]).drop("path_later")
    return pl.concat([days, fresh], how="diagonal")


def _ranked(days: pl.DataFrame) -> pl.DataFrame:
    mean = days.group_by(KEYS).agg(pl.col("aqi").mean()).sort(KEYS)
    return mean.with_columns(_rank=pl.col("aqi").rank("ordinal").over("station")).drop("aqi")


def outlook(days: pl.DataFrame, quantiles: Mapping[str, float]) -> pl.DataFrame:
    """Per station and day: `rules, paths, mean`, the named AQI quantiles, `p1 … p6` and the chance of each pollutant
    to come first.

    `days` from `day_paths`; `quantiles` such as {"q50": 0.5}. `p<k>` is the chance of level k. `primary_<pollutant>`
    is the chance that it leads a day above 50, shared equally on a tie, and `primary_none` that of a day without one:
    together they are 1.
    """
    led = pl.col("primary").list.len()
    first = {
        name: pl.when(pl.col("primary").list.contains(name)).then(1 / led).otherwise(0.0).mean()
        for name in air.POLLUTANTS
        if name in days.columns
    }
    return (
        days.drop_nulls("aqi")
        .group_by("station", "date", "rules")
        .agg(
            pl.len().cast(pl.Int32).alias("paths"),
            pl.col("aqi").mean().alias("mean"),
            *[pl.col("aqi").quantile(q, "linear").alias(name) for name, q in quantiles.items()],
            *[(pl.col("level") == each.number).mean().alias(f"p{each.number}") for each in air.LEVELS],
            *[chance.alias(f"primary_{name}") for name, chance in first.items()],
            (led == 0).mean().alias("primary_none"),
        )
        .sort("station", "date")
    )


def concentrations(days: pl.DataFrame, quantiles: Mapping[str, float]) -> pl.DataFrame:
    """The daily values behind the outlook: `station, date, measure, mean` and the named quantiles, in their units."""
    measures = [name for name in air.POLLUTANTS if name in days.columns]
    long = days.unpivot(on=measures, index=["station", "date"], variable_name="measure", value_name="y").drop_nulls("y")
    return (
        long.group_by("station", "date", "measure")
        .agg(
            pl.col("y").mean().alias("mean"),
            *[pl.col("y").quantile(q, "linear").alias(n) for n, q in quantiles.items()],
        )
        .sort("station", "date", "measure")
    )


def remaining_days(history: pl.DataFrame, after: date, paths: int, seed: int) -> pl.DataFrame:
    """The rest of the year, `station, path, date, aqi`, each path one past year's days of the same dates.

    `history`: `station, date, aqi` of past years, under the rule set in force *now*. A whole year is drawn at a time,
    the same for all stations, so that bad winters stay together; years with less than three quarters of the dates are
    not drawn. Use it behind the last day forecast. Without such a year it is empty.
    """
    year, month, day = (getattr(pl.col("date").dt, part)() for part in ("year", "month", "day"))
    rest = history.filter(year < after.year, pl.col("aqi").is_not_null(), ~((month == 2) & (day == 29)))
    rest = rest.with_columns(_year=year, date=pl.date(after.year, month, day)).filter(pl.col("date") > after)
    wanted = 0.75 * (date(after.year, 12, 31) - after).days
    years = (
        rest.group_by("_year").agg(_days=pl.col("date").n_unique()).filter(pl.col("_days") >= wanted)["_year"].sort()
    )
    if years.is_empty():
        return rest.clear().select("station", pl.lit(0, pl.Int64).alias("path"), "date", "aqi")
    drawn = pl.DataFrame({"path": range(paths), "_year": years.sample(paths, with_replacement=True, seed=seed)})
    return drawn.join(rest, on="_year").select("station", "path", "date", "aqi").sort("station", "path", "date")


def target_chance(so_far: pl.DataFrame, ahead: pl.DataFrame, target: float) -> pl.DataFrame:
    """The chance to reach a share of good days by the year's end: `station, good, valid, share, mean, chance`.

    `so_far`: one row a station of `air_day.good_days` for this year. `ahead`: `station, path, date, aqi` of the days to
    come (`day_paths`, then `remaining_days`). `target` is a share of valid days, such as 0.95; `mean` the expected one.
    """
    sums = ahead.group_by(KEYS).agg(_good=(pl.col("aqi") <= 100).sum(), _valid=pl.col("aqi").count())
    end = (pl.col("good") + pl.col("_good")) / (pl.col("valid") + pl.col("_valid"))
    return (
        so_far.join(sums, on="station")
        .with_columns(_end=end)
        .group_by("station", "good", "valid", "share")
        .agg(mean=pl.col("_end").mean(), chance=(pl.col("_end") >= target).mean())
        .sort("station")
    )
