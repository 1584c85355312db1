"""From joint sample paths to an outlook: a day's AQI, its level, its first pollutant, the year's good days.

A day's AQI is a maximum over pollutants of daily statistics of hours, so its chances cannot be read off the forecasts
of single hours and pollutants: every path is turned into days and indices as if it were measured, and what is asked is
then counted over the paths. PATHS are `task, unique_id, issued_at, ds, path, y` with `unique_id` = station/pollutant.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
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
    """The days of every path: `station, path, date`, daily values, `aqi, level, primary, rules, missing`, the indices.

    `paths`: hourly PATHS. `observed`: the hours measured so far (`station, time`, pollutants); those of the first day
    forecast are in every path, so today is part measured, part simulated. `later`: daily PATHS for the days and
    pollutants that the hours do not fill. Its paths are matched to the hourly ones by the rank of their mean index on
    the days both cover, so that a bad path stays bad across the seam. A pollutant that nobody forecasts at a station is
    taken as outside its monitoring plan; one that has no value on a day is named in `missing`, and the rules in force
    decide on the AQI (2026: null unless the rest is above 100). A day without any pollutant is left out.
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
    in_every_path = [pl.when(pl.col(m).is_not_null().all().over("station", "date")).then(pl.col(m)) for m in measures]
    days = days.select(*KEYS, "date", *(each.alias(m) for each, m in zip(in_every_path, measures, strict=True)))
    if later is not None:
        days = _extended(days, _wide(later, "date"), breakpoints)
    return _indexed(days, breakpoints).sort("station", "date", "path")


def _indexed(days: pl.DataFrame, breakpoints: pl.DataFrame) -> pl.DataFrame:
    """The days that have any pollutant, with their AQI and `missing`; what a station never has it does not monitor."""
    measures = [name for name in air.POLLUTANTS if name in days.columns]
    days = days.filter(pl.any_horizontal(pl.col(measures).is_not_null()))
    parts = []
    for part in days.partition_by("station") or [days]:
        planned = [name for name in measures if part[name].count() or part.is_empty()]
        gaps = pl.concat_list(pl.when(pl.col(name).is_null()).then(pl.lit(name)) for name in planned)
        parts.append(air.aqi_in_force(part, breakpoints, planned).with_columns(missing=gaps.list.drop_nulls()))
    return pl.concat(parts)


def _extended(days: pl.DataFrame, later: pl.DataFrame, breakpoints: pl.DataFrame) -> pl.DataFrame:
    """Fill what `days` lacks, days and pollutants, from `later`, its paths renumbered to go with those of `days`."""
    here, there = days["path"].n_unique(), later["path"].n_unique()
    if here and here != there:
        raise BrokenContract(f"{here} hourly paths but {there} daily ones", "sample both with the same number of paths")
    measures = [name for name in air.POLLUTANTS if name in days.columns]
    full = days.filter(pl.all_horizontal(pl.col(measures).is_not_null()))
    both = ["station", "date"]
    left, right = (
        _ranked(_indexed(one.join(other, on=both, how="semi"), breakpoints))
        for one, other in ((full, later), (later, full))
    )
    pairs = left.join(right, on=["station", "_rank"], suffix="_later").select("station", "path", "path_later")
    later = later.rename({"path": "path_later"}).join(pairs, on=["station", "path_later"], how="left")
    later = later.with_columns(path=pl.coalesce("path", "path_later")).drop("path_later")
    out = days.join(later, on=[*KEYS, "date"], how="full", coalesce=True, suffix="_later")
    twice = [name for name in measures if f"{name}_later" in out.columns]
    again = [pl.coalesce(name, f"{name}_later") for name in twice]
    return out.with_columns(again).drop([f"{name}_later" for name in twice])


def _ranked(days: pl.DataFrame) -> pl.DataFrame:
    """The paths of each station from the cleanest to the worst, by their mean index."""
    mean = days.group_by(KEYS).agg(_mean=pl.max_horizontal("^iaqi_.*$").mean()).sort(KEYS)
    return mean.with_columns(_rank=pl.col("_mean").rank("ordinal").over("station")).drop("_mean")


def outlook(days: pl.DataFrame, quantiles: Mapping[str, float]) -> pl.DataFrame:
    """Per station and day: `rules, paths, mean`, the named AQI quantiles, `p1 … p6` and the chance of each pollutant
    to come first.

    `days` from `day_paths`; `quantiles` such as {"q50": 0.5}. `p<k>` is the chance of level k. `primary_<pollutant>`
    is the chance that it leads a day above 50, shared equally on a tie, and `primary_none` that of a day without one:
    together they are 1. A day whose AQI the rules leave open in some path has no distribution and is left out.
    """
    led = pl.col("primary").list.len()
    first = {
        name: pl.when(pl.col("primary").list.contains(name)).then(1 / led).otherwise(0.0).mean()
        for name in air.POLLUTANTS
        if name in days.columns
    }
    return (
        days.filter(pl.col("aqi").is_not_null().all().over("station", "date"))
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


def published(days: pl.DataFrame) -> pl.DataFrame:
    """Add to rows of an outlook what is said of a day: `aqi_low, aqi_mid, aqi_high` (whole numbers) and `first`.

    The range holds 80 %. `first` is the pollutant most likely to lead, "none" only where that is likelier than not,
    however many pollutants share the rest; null where no chance is given.

    >>> row = {"q10": [67.6], "q50": [80.2], "q90": [92.2], "primary_o3_8h": [0.6], "primary_none": [0.4]}
    >>> published(pl.DataFrame(row)).select("aqi_low", "aqi_mid", "aqi_high", "first").row(0)
    (68.0, 80.0, 92.0, 'o3_8h')
    """
    chances = [name for name in days.columns if name.startswith("primary_") and name != "primary_none"]
    names = pl.lit(pl.Series([name.removeprefix("primary_") for name in chances], dtype=pl.String))
    best = names.gather(pl.concat_list(chances).list.arg_max()) if chances else pl.lit(None, pl.String)
    said = {"aqi_low": "q10", "aqi_mid": "q50", "aqi_high": "q90"}
    none = pl.col("primary_none") > 0.5 if chances else pl.lit(value=False)
    return days.with_columns(
        *(pl.col(level).round(mode="half_to_even").alias(name) for name, level in said.items()),
        first=pl.when(none).then(pl.lit("none")).otherwise(best),
    )


def level_chances(values: Sequence[float], shares: Sequence[float]) -> dict[str, float]:
    """`p1 … p6` of an AQI whose quantiles at the rising `shares` are `values`: linear between them, none outside.

    Use it where quantiles were changed by hand, so that the chances of the levels say the same as the range does.

    >>> level_chances([80.5, 120.5], [0.0, 1.0])
    {'p1': 0.0, 'p2': 0.5, 'p3': 0.5, 'p4': 0.0, 'p5': 0.0, 'p6': 0.0}
    """

    def below(limit: float) -> float:
        n = bisect_right(values, limit)
        if n in (0, len(values)):
            return float(n > 0)
        return shares[n - 1] + (shares[n] - shares[n - 1]) * (limit - values[n - 1]) / (values[n] - values[n - 1])

    bounds = [0.0, *(below(each.high + 0.5) for each in air.LEVELS[:-1]), 1.0]  # an AQI is rounded
    return {f"p{each.number}": high - low for each, low, high in zip(air.LEVELS, bounds, bounds[1:], strict=False)}


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
