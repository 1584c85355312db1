"""What kind of day it is, in numbers that a learner can use: free or worked, beside what, and how far from New Year."""

from datetime import date, datetime, timedelta

import polars as pl

from workbench.science.calendar import calendar

NAMES = ("free", "free_before", "free_after", "day_of_break", "break_length", "to_new_year")
REACH = 25
"""Days before and after the lunar New Year that are told apart: it slows work from 小年 to the lanterns."""


def day_kind(
    start: date, end: date, notices: pl.DataFrame | None = None, as_of: datetime | None = None
) -> pl.DataFrame:
    """One row a day from `start` to `end`: `date` and NAMES, all Float64.

    `free` no working day (0, 1), `free_before` and `free_after` the same of the day before and after, `day_of_break`
    and `break_length` inside a holiday (else 0), `to_new_year` days since the lunar New Year's Day, held within ±25.

    >>> day_kind(date(2026, 2, 16), date(2026, 2, 18))["to_new_year"].to_list()   # 春节 was 17 February
    [-1.0, 0.0, 1.0]
    """
    pad = timedelta(days=2 * REACH)
    days = calendar(start - pad, end + pad, notices, as_of).sort("date")
    first = (pl.col("lunar_month") == 1) & (pl.col("lunar_day") == 1) & ~pl.col("lunar_leap")
    eve = pl.when(first).then("date")
    since = (pl.col("date") - eve.forward_fill()).dt.total_days()
    until = (pl.col("date") - eve.backward_fill()).dt.total_days()
    free = (~pl.col("workday")).cast(pl.Float64)
    found = days.select(
        "date",
        free=free,
        free_before=free.shift(1),
        free_after=free.shift(-1),
        day_of_break=pl.col("day_of_holiday").fill_null(0).cast(pl.Float64),
        break_length=pl.col("holiday_length").fill_null(0).cast(pl.Float64),
        to_new_year=pl.when(since.fill_null(REACH) < -until.fill_null(-REACH))
        .then(since.fill_null(REACH))
        .otherwise(until.fill_null(-REACH))
        .clip(-REACH, REACH)
        .cast(pl.Float64),
    )
    return found.filter(pl.col("date").is_between(start, end))
