"""Hits and misses: level, half level, range, first pollutant, and the contingency table of an exceedance.

Expressions over columns of any frame; each gives a Boolean (or null where the day does not count) whose mean is the
rate, except POD, FAR and CSI, which are aggregations.
"""

import polars as pl

HALF_LEVELS: tuple[int, ...] = (25, 50, 75, 100, 125, 150, 175, 200, 250, 300, 400)
"""Upper AQI ends of the first eleven of twelve half levels: each of the six classes is cut in two."""


def level_hit(forecast: pl.Expr, observed: pl.Expr) -> pl.Expr:
    """True where the forecast level is the observed one; null where either is unknown."""
    return forecast == observed


def half_level(aqi: pl.Expr) -> pl.Expr:
    """Half level 1 … 12 of an AQI.

    >>> pl.DataFrame({"aqi": [25, 26, 100, 101, 500]}).select(half=half_level(pl.col("aqi")))["half"].to_list()
    [1, 2, 4, 5, 12]
    """
    return pl.when(aqi.is_not_null()).then(1 + pl.sum_horizontal((aqi > end).cast(pl.Int32) for end in HALF_LEVELS))


def half_level_hit(forecast: pl.Expr, observed: pl.Expr) -> pl.Expr:
    """True where the AQI forecast falls in the half level observed."""
    return half_level(forecast) == half_level(observed)


def range_hit(low: pl.Expr, high: pl.Expr, observed: pl.Expr) -> pl.Expr:
    """True where the AQI observed lies in the published range, both ends included."""
    return (observed >= low) & (observed <= high)


def primary_hit(forecast: pl.Expr, observed: pl.Expr, aqi: pl.Expr) -> pl.Expr:
    """True where the lists of first pollutants share one; null on days with an observed AQI of 50 or less."""
    return pl.when(aqi > 50).then(forecast.list.set_intersection(observed).list.len() > 0)


def _count(forecast: bool, observed: bool, warned: pl.Expr, happened: pl.Expr) -> pl.Expr:
    return ((warned == forecast) & (happened == observed)).sum()


def pod(warned: pl.Expr, happened: pl.Expr) -> pl.Expr:
    """Probability of detection: hits over events; null where nothing happened."""
    hits, misses = _count(True, True, warned, happened), _count(False, True, warned, happened)
    return pl.when(hits + misses > 0).then(hits / (hits + misses))


def far(warned: pl.Expr, happened: pl.Expr) -> pl.Expr:
    """False-alarm ratio: false alarms over warnings; null where nothing was warned of."""
    hits, false = _count(True, True, warned, happened), _count(True, False, warned, happened)
    return pl.when(hits + false > 0).then(false / (hits + false))


def csi(warned: pl.Expr, happened: pl.Expr) -> pl.Expr:
    """Critical success index: hits over hits, misses and false alarms.

    >>> days = pl.DataFrame({"warned": [True, True, False, False], "happened": [True, False, True, False]})
    >>> days.select(csi(pl.col("warned"), pl.col("happened")).round(3)).item()
    0.333
    """
    hits, misses = _count(True, True, warned, happened), _count(False, True, warned, happened)
    false = _count(True, False, warned, happened)
    return pl.when(hits + misses + false > 0).then(hits / (hits + misses + false))
