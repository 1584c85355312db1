"""Slices of a FORECAST by which it is verified: expressions of what was known at issue, never of the truth."""

import polars as pl

from workbench.forecast.frames import measure, place

ZONE = "Asia/Shanghai"


def local_day(zone: str = ZONE) -> pl.Expr:
    """Local natural day of `ds`: an hour belongs to the day in which it began, so 24:00 closes its day."""
    return pl.col("ds").dt.convert_time_zone(zone).dt.offset_by("-1h").dt.date()


def lead(forecast: pl.DataFrame) -> pl.Expr:
    """Time from the cutoff to the target: in hours where `ds` is one, in days, or in months where no step is shorter.

    A frame of months, quarters or years is known by its first step: no month has fewer than 28 days.
    """
    distance = pl.col("ds") - pl.col("cutoff")
    if forecast.schema["ds"] != pl.Date:
        return distance.dt.total_hours().cast(pl.Int32)
    first = forecast.select(distance.min().dt.total_days()).item()
    if first is None or first < 28:
        return distance.dt.total_days().cast(pl.Int32)
    months = (pl.col(name).dt.year() * 12 + pl.col(name).dt.month().cast(pl.Int32) for name in ("ds", "cutoff"))
    return (next(months) - next(months)).cast(pl.Int32)


def lead_day(daily: bool, zone: str = ZONE) -> pl.Expr:
    """Natural days after the day of issue: 0 today, 1 tomorrow."""
    day = pl.col("ds") if daily else local_day(zone)
    return (day - pl.col("issued_at").dt.convert_time_zone(zone).dt.date()).dt.total_days().cast(pl.Int32)


def season(daily: bool, zone: str = ZONE) -> pl.Expr:
    """Meteorological season of the target: winter is December to February."""
    month = (pl.col("ds") if daily else local_day(zone)).dt.month()
    names = ("winter", "spring", "summer", "autumn")
    return (month % 12 // 3).replace_strict(range(4), names, return_dtype=pl.String)


def state(threshold: float) -> pl.Expr:
    """What was *forecast*: "high" where the median reaches the threshold, else "low". Never slice by the truth."""
    return pl.when(pl.col("q50") >= threshold).then(pl.lit("high")).otherwise(pl.lit("low"))


def sliced(forecast: pl.DataFrame, zone: str = ZONE) -> pl.DataFrame:
    """Add the slices lead, lead_day, season, place and measure to a FORECAST."""
    daily = forecast.schema["ds"] == pl.Date
    return forecast.with_columns(
        lead=lead(forecast),
        lead_day=lead_day(daily, zone),
        season=season(daily, zone),
        place=place(),
        measure=measure(),
    )
