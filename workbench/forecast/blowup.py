"""A rule against blow-ups: no forecast may leave the range that history spans by more than a few times its width."""

import polars as pl

from workbench.forecast.empirical import VALUES
from workbench.forecast.frames import measure


def limits(past: pl.DataFrame, reach: float) -> pl.DataFrame:
    """What is believed of each series and of each measure: key, low, high — its range, widened by `reach` times itself.

    >>> from datetime import date
    >>> past = pl.DataFrame({"unique_id": ["a/x", "a/x"], "ds": [date(2026, 1, 1), date(2026, 1, 2)], "y": [2.0, 12.0]})
    >>> limits(past, 2.0).row(0)
    ('a/x', -18.0, 32.0)
    """
    known = past.select("unique_id", "y").filter(pl.col("y").is_finite())
    low, high = pl.col("y").min(), pl.col("y").max()
    widened = [(low - reach * (high - low)).alias("low"), (high + reach * (high - low)).alias("high")]
    own = known.group_by(key=pl.col("unique_id")).agg(widened)
    pool = known.group_by(key=measure()).agg(widened)
    return pl.concat([own, pool]).sort("key")


def believed(forecast: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """Add low and high to a forecast: of its series, else of its measure, else infinite."""
    own = forecast.with_columns(key=pl.col("unique_id")).join(limits, on="key", how="left", maintain_order="left")
    pool = forecast.select(key=measure()).join(limits, on="key", how="left", maintain_order="left")
    infinite = {"low": -float("inf"), "high": float("inf")}
    return own.drop("key").with_columns(
        pl.col(name).fill_null(pool.get_column(name)).fill_null(value) for name, value in infinite.items()
    )


def blown(forecast: pl.DataFrame, limits: pl.DataFrame) -> pl.Series:
    """True on every row of a series of which any value is not finite or beyond its limits."""
    value = pl.col(VALUES)
    wrong = pl.any_horizontal(
        ~(value.is_finite() & (value >= pl.col("low")) & (value <= pl.col("high"))).fill_null(False)
    )
    return believed(forecast, limits).select(wrong.any().over("unique_id").alias("blown")).to_series()
