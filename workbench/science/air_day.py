"""From hourly air quality to days: means, the daily maximum 8-hour ozone, sliding means, good days.

An hour is named by its end: 16:00 is the mean of 15:00–16:00, so a natural day is the hours 01:00 … 24:00 local time.
Rules (GB 3095-2026 table 4, HJ 663 §6.1.2): a day's mean needs 20 hourly values; an 8-hour mean 6 of 8; the daily
maximum of 8-hour means needs 14 of them, or counts with fewer when it is above 160 µg/m³. Sums are taken in whole
thousandths, so neither row order nor binary fractions move a result. Nothing is rounded here: `air.rounded` does that,
as each rule set wants it.
"""

from collections.abc import Sequence

import polars as pl

HOURLY: tuple[str, ...] = ("pm2_5", "pm10", "so2", "no2", "co", "o3")
DAY_HOURS, WINDOW_HOURS, WINDOWS_NEEDED, OZONE_LIMIT = 20, 6, 14, 160
_EXACT = 1000


def local_day(time: pl.Expr, zone: str) -> pl.Expr:
    """The natural day of an hour-ending stamp: 24:00, which is 00:00 of the next date, belongs to the day before."""
    return (time.dt.convert_time_zone(zone) - pl.duration(hours=1)).dt.date()


def daily(hours: pl.DataFrame, zone: str, windows: int = 17) -> pl.DataFrame:
    """Daily values of every station: `station, date`, the mean of each pollutant, `o3_8h`, `o3`, and counts.

    `hours`: `station, time` (UTC, end of the hour) and any of `pm2_5 pm10 so2 no2 co o3`; an hour given twice counts
    once, with the mean of the two. `windows` is the number of 8-hour windows of a day: 17, those that end at 08:00 …
    24:00 (practice since 2013), or 24, all that end in the day. `o3` becomes the largest hourly value (an indicator of
    the 2012 daily report), `hours_<pollutant>` the number of valid hours, `windows_o3_8h` that of valid windows. A
    value that its rule forbids is null. Days are those from a station's first hour to its last.
    """
    return by_day(hours, ["station"], zone, windows)


def by_day(hours: pl.DataFrame, keys: Sequence[str], zone: str, windows: int = 17) -> pl.DataFrame:
    """`daily` for series that are named by any columns, such as station and path."""
    exact = _whole(hours, keys)
    measures = [name for name in HOURLY if name in exact.columns]
    full = _without_gaps(exact, keys, zone)
    ozone = "o3" in measures
    if ozone:
        full = full.with_columns(_sliding("o3", 8, WINDOW_HOURS, keys).alias("_8h"))
        full = full.with_columns(pl.when(pl.col("_hour") > 24 - windows).then(pl.col("_8h")))
    out = full.group_by(*keys, "date").agg(
        *[_mean(name) for name in measures if name != "o3"],
        *([_ozone_8h(), _enough("o3", pl.col("o3").max() / _EXACT)] if ozone else []),
        *[pl.col(name).count().cast(pl.Int32).alias(f"hours_{name}") for name in measures],
        *([pl.col("_8h").count().cast(pl.Int32).alias("windows_o3_8h")] if ozone else []),
    )
    return out.sort(*keys, "date")


def sliding(hours: pl.DataFrame) -> pl.DataFrame:
    """Add what the 2012 real-time report needs: `pm2_5_24h`, `pm10_24h` and `o3_8h`, sliding means that end with the row.

    A 24-hour mean needs 20 hours as a day's does (the standard does not say), an 8-hour one 6. The national real-time
    release of 2019–2020 in fact used the *hourly* particles: to repeat it, rename `pm2_5` to `pm2_5_24h`.
    """  # noqa: E501
    exact = _without_gaps(_whole(hours, ["station"]), ["station"], "UTC")
    wide = [
        ("pm2_5", 24, DAY_HOURS, "pm2_5_24h"),
        ("pm10", 24, DAY_HOURS, "pm10_24h"),
        ("o3", 8, WINDOW_HOURS, "o3_8h"),
    ]
    added = [_sliding(m, n, least, ["station"]).alias(name) for m, n, least, name in wide if m in hours.columns]
    return hours.join(
        exact.select("station", "time", *added), on=["station", "time"], how="left", maintain_order="left"
    )


def _whole(hours: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The pollutants in whole thousandths, each hour once."""
    columns = [
        (pl.col(name).cast(pl.Float64) * _EXACT).round().cast(pl.Int64, strict=False)
        for name in HOURLY
        if name in hours.columns
    ]
    exact = hours.select(*keys, pl.col("time").dt.cast_time_unit("us"), *columns)
    if exact.select(*keys, "time").is_duplicated().any():
        exact = exact.group_by(*keys, "time").agg(pl.exclude(*keys, "time").mean().round().cast(pl.Int64))
    return exact


def _without_gaps(exact: pl.DataFrame, keys: Sequence[str], zone: str) -> pl.DataFrame:
    """Every hour from the first local day of a series to the end of its last, in order, with `date`, `_hour` 1 … 24."""
    local = pl.col("time").dt.convert_time_zone(zone)
    begins = (local - pl.duration(hours=1)).dt.truncate("1d")
    span = exact.group_by(*keys).agg(begins.min().alias("_from"), begins.max().alias("_to"))
    every = pl.datetime_ranges(pl.col("_from").dt.offset_by("1h"), pl.col("_to").dt.offset_by("1d"), "1h")
    grid = (
        span.select(*keys, every.alias("time"))
        .explode("time")
        .with_columns(
            pl.col("time").dt.convert_time_zone("UTC"),
            date=local_day(pl.col("time"), zone),
            _hour=(local - pl.duration(hours=1)).dt.hour() + 1,
        )
    )
    return grid.join(exact, on=[*keys, "time"], how="left").sort(*keys, "time")


def _sliding(name: str, width: int, least: int, keys: Sequence[str]) -> pl.Expr:
    """The mean of the last `width` hours where at least `least` are valid."""
    count = pl.col(name).is_not_null().cast(pl.Int64).rolling_sum(width, min_samples=1).over(*keys)
    total = pl.col(name).fill_null(0).rolling_sum(width, min_samples=1).over(*keys)
    return pl.when(count >= least).then(total / (count * _EXACT))


def _enough(name: str, value: pl.Expr) -> pl.Expr:
    return pl.when(pl.col(name).count() >= DAY_HOURS).then(value).alias(name)


def _mean(name: str) -> pl.Expr:
    return _enough(name, pl.col(name).sum() / (pl.col(name).count() * _EXACT))


def _ozone_8h() -> pl.Expr:
    largest = pl.col("_8h").max()
    return pl.when((pl.col("_8h").count() >= WINDOWS_NEEDED) | (largest > OZONE_LIMIT)).then(largest).alias("o3_8h")


def good_days(days: pl.DataFrame) -> pl.DataFrame:
    """Days with an AQI up to 100 among those that have one: `station, year, good, valid, share`.

    `days`: `station, date, aqi`, the AQI under the rule set in force (`air.aqi_in_force`).

    >>> from datetime import date
    >>> days = pl.DataFrame({"station": ["a"] * 3, "date": [date(2026, 3, d) for d in (1, 2, 3)], "aqi": [40, 101, None]})
    >>> good_days(days).rows()
    [('a', 2026, 1, 2, 0.5)]
    """  # noqa: E501
    good, valid = (pl.col("aqi") <= 100).sum(), pl.col("aqi").count()
    return (
        days.group_by("station", year=pl.col("date").dt.year())
        .agg(good=good.cast(pl.Int32), valid=valid.cast(pl.Int32), share=good / valid)
        .sort("station", "year")
    )
