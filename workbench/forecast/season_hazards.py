"""What may hit a crop: the next fifteen days from the forecast and past years, the rest of the season from past years.

Hazards: frost (a night that harms fruit), heat (37 °C stops growth), wet (a day of 50 mm), drought (a month short of
water beyond the soil's reserve) and drop (a day of 33 °C while the fruit sets). Thresholds are those of
`science.agronomy`; the growth of forecast errors with the lead is assumed.
"""

from datetime import date, timedelta
from math import erf, log, sqrt

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.forecast.season_weather import Numbers
from workbench.science import agronomy

DAYS = 15
ERROR, GROWTH = 1.2, 0.25
"""Standard deviation of a forecast temperature tomorrow and its growth a day, °C; assumed."""
BESIDE = 7
"""Days on either side of a date that speak for it in past years."""
KINDS = {
    "frost": ("tmin", "°C", agronomy.FREEZE["fruit"].begins, (10, 6)),
    "heat": ("tmax", "°C", 37.0, (4, 10)),
    "drop": ("tmax", "°C", 33.0, (4, 7)),
    "wet": ("rain", "mm", 50.0, (1, 12)),
}
"""Column, unit, threshold, and the first and last month in which it matters (over the new year where it runs back)."""
RESERVE = 100.0
WHOLE = 25
"""A drought is a month (of so many days at least) whose rain lacks more than the soil's reserve (mm) of the demand."""


def matters(kind: str, month: int) -> bool:
    """Whether a hazard can harm in a month.

    >>> matters("frost", 1), matters("frost", 7), matters("drop", 5)
    (True, False, True)
    """
    first, last = KINDS[kind][3]
    return first <= month <= last if first <= last else month >= first or month <= last


def hazards(weather: pl.DataFrame, ahead: pl.DataFrame, day: date, end: date, latitude: float) -> pl.DataFrame:
    """`place, span, first, last, kind, chance, value, unit, basis` from `day` (exclusive) on; `end` closes the season.

    `weather` and `ahead`: place, ds, tmax, tmin, rain. A chance is that of the day, or of at least one day of a month;
    `value` the forecast, or the median of past years' hardest. Days whose hazard cannot harm then are left out.
    """
    rows = []
    for (place,), known in weather.filter(pl.col("ds") <= day).group_by("place", maintain_order=True):
        told = ahead.filter(pl.col("place") == place, pl.col("ds") > day)
        ahead_of = {row["ds"]: row for row in told.iter_rows(named=True)}
        rows += _days(str(place), known, ahead_of, day)
        rows += _months(str(place), known, (day + timedelta(days=DAYS), end), latitude)
    names = ["place", "span", "first", "last", "kind", "chance", "value", "unit", "basis"]
    types = {"chance": pl.Float64, "value": pl.Float64}
    frame = pl.DataFrame(rows, names, orient="row", schema_overrides=types)
    return frame.with_columns(pl.col("chance").round(4)).sort("place", "first", "kind")


def _days(place: str, known: pl.DataFrame, told: dict[date, dict[str, float]], day: date) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    around = known.with_columns(turn=pl.col("ds").dt.ordinal_day())
    for lead in range(1, DAYS + 1):
        at = day + timedelta(days=lead)
        near = around.filter(_near(at))
        for kind, (column, unit, limit, _) in KINDS.items():
            if not matters(kind, at.month):
                continue
            value, basis = told.get(at, {}).get(column), "forecast"
            if value is not None:
                chance = _beyond(kind, value, limit, ERROR + GROWTH * (lead - 1))
            else:
                basis, past = "climate", near[column].drop_nulls()
                if past.is_empty():
                    continue
                chance = float((_worse(kind, past.to_numpy(), limit)).mean())
                value = float(past.median())  # type: ignore[arg-type]
            rows.append((place, "day", at, at, kind, chance, float(value), unit, basis))
    return rows


def _near(at: date) -> pl.Expr:
    away = (pl.col("turn") - at.timetuple().tm_yday).abs()
    return pl.min_horizontal(away, 365 - away) <= BESIDE


def _worse(kind: str, values: Numbers, limit: float) -> NDArray[np.bool_]:
    return values <= limit if kind == "frost" else values >= limit


def _beyond(kind: str, value: float, limit: float, error: float) -> float:
    """The chance of passing a limit: normal about a temperature; rain is within half and double two times of three."""
    if kind == "wet":
        gap = (log(max(value, 0.1)) - log(limit)) / log(2)
    else:
        gap = (limit - value if kind == "frost" else value - limit) / error
    return 0.5 * (1 + erf(gap / sqrt(2)))


def _months(place: str, known: pl.DataFrame, span: tuple[date, date], latitude: float) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    first = span[0] + timedelta(days=1)
    while first <= span[1]:
        last = min((first.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1), span[1])
        part = known.filter(pl.col("ds").dt.month() == first.month, pl.col("ds").dt.day() >= first.day)
        years = part.with_columns(year=pl.col("ds").dt.year())
        whole = years.group_by("year").len().filter(pl.col("len") >= (last - first).days)
        years = years.join(whole, on="year", how="semi")
        for kind, (column, unit, limit, _) in KINDS.items():
            if not matters(kind, first.month) or years.is_empty():
                continue
            hardest = pl.col(column).min() if kind == "frost" else pl.col(column).max()
            worst = years.group_by("year").agg(hardest)[column].drop_nulls().to_numpy()
            rows.append((place, "month", first, last, kind, float(_worse(kind, worst, limit).mean()),
                         float(np.median(worst)), unit, "climate"))  # fmt: skip
        if not years.is_empty() and (last - first).days >= WHOLE and 5 <= first.month <= 10:
            short = _short(years, latitude)
            rows.append((place, "month", first, last, "drought", float((short > RESERVE).mean()),
                         float(np.median(short)), "mm", "climate"))  # fmt: skip
        first = last + timedelta(days=1)
    return rows


def _short(years: pl.DataFrame, latitude: float) -> Numbers:
    """By how many mm demand passes rain in that month of each year."""
    sky = agronomy.sky_radiation(pl.col("ds").dt.ordinal_day(), latitude)
    lack = agronomy.evaporation(pl.col("tmax"), pl.col("tmin"), sky) - pl.col("rain").fill_null(0)
    return years.group_by("year").agg(lack=lack.sum().clip(0))["lack"].to_numpy()
