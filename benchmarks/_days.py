"""What is known of any day long ahead, for suites elsewhere than in China: public holidays and the day of the month."""

from datetime import date, timedelta

import polars as pl

DAY = ("off", "off_before", "off_after", "month_day")


def known_days(first: date, last: date, country: str, part: str) -> pl.DataFrame:
    """One row a day: `ds`, whether it, the days beside it are public holidays, and the day of the month."""
    from holidays import country_holidays

    off = country_holidays(country, subdiv=part, years=range(first.year - 1, last.year + 2))
    days = pl.date_range(first - timedelta(days=1), last + timedelta(days=1), eager=True).alias("ds").to_frame()
    free = days.with_columns(off=pl.Series([float(day in off) for day in days["ds"]]))
    return free.with_columns(
        off_before=pl.col("off").shift(1),
        off_after=pl.col("off").shift(-1),
        month_day=pl.col("ds").dt.day().cast(pl.Float64),
    ).filter(pl.col("ds").is_between(first, last))
