"""Days by their place in a holiday: what makes 3 October of one year comparable with that of another.

A day belongs to a break — a run of days off that holds a holiday — or to the few days before or after it. Its place is
counted from the first day off, or back from the last; Spring Festival thereby goes by the lunar date.
"""

from datetime import date, datetime

import polars as pl

from workbench.science.calendar import calendar

BEFORE, AFTER = 2, 2
"""Days before and after a break that still feel it: leaving early, coming home late."""


def placed(start: date, end: date, notices: pl.DataFrame | None = None, as_of: datetime | None = None) -> pl.DataFrame:
    """One row a day: `date`, `festival` (of the break it is in or beside, else null), `nth` (1 on the first day off,
    0 the day before), `back` (1 on the last day off, 0 the day after), `length`, `year`, `known_at`, `status`, `makeup`
    and `workday`.

    A break that holds two festivals goes by the greater one. `year` is that of the festival.

    >>> days = placed(date(2026, 9, 30), date(2026, 10, 2))
    >>> days.select("festival", "nth", "back", "length").rows()
    [('国庆节', 0, 8, 7), ('国庆节', 1, 7, 7), ('国庆节', 2, 6, 7)]
    """
    pad = BEFORE + AFTER + 20
    days = calendar(start.fromordinal(start.toordinal() - pad), end.fromordinal(end.toordinal() + pad), notices, as_of)
    run = pl.col("holiday").is_not_null().rle_id()
    spans = (
        days.with_columns(run=run)
        .filter(pl.col("holiday").is_not_null())
        .group_by("run", maintain_order=True)
        .agg(
            begin=pl.col("date").min(),
            finish=pl.col("date").max(),
            length=pl.len().cast(pl.Int32),
            festival=greatest(),
        )
        .drop("run")
    )
    near = days.join_where(
        spans,
        pl.col("date") >= pl.col("begin").dt.offset_by(f"-{BEFORE}d"),
        pl.col("date") <= pl.col("finish").dt.offset_by(f"{AFTER}d"),
    ).select(
        "date",
        "festival",
        "length",
        nth=(pl.col("date") - pl.col("begin")).dt.total_days().cast(pl.Int32) + 1,
        back=(pl.col("finish") - pl.col("date")).dt.total_days().cast(pl.Int32) + 1,
        year=pl.col("finish").dt.year(),
    )
    inside = (pl.col("nth") >= 1) & (pl.col("back") >= 1)
    nearest = near.sort("date", ~inside, pl.min_horizontal(pl.col("nth").abs(), pl.col("back").abs()))
    one = nearest.unique("date", keep="first", maintain_order=True)
    wanted = days.select("date", "workday", "makeup", "status", "known_at").filter(
        pl.col("date").is_between(start, end)
    )
    return wanted.join(one, on="date", how="left", maintain_order="left").sort("date")


RANK = ("春节", "国庆节", "劳动节", "中秋", "端午", "清明", "元旦")


def greatest() -> pl.Expr:
    """Of the names in a break the one that people travel for."""
    name = pl.col("holiday").unique()
    return pl.coalesce(
        *(pl.when(pl.col("holiday").str.contains(each, literal=True).any()).then(pl.lit(each)) for each in RANK),
        name.sort().first(),
    )


def inside() -> pl.Expr:
    """Whether a placed day is a day off of its break."""
    return ((pl.col("nth") >= 1) & (pl.col("back") >= 1)).fill_null(value=False)


def greatest_first() -> pl.Expr:
    """The order of festivals by how many travel."""
    order = {name: i for i, name in enumerate(RANK)}
    return pl.col("festival").replace_strict(order, default=len(RANK)).alias("rank")


def compared(days: pl.DataFrame, value: str = "y", last: str = "last") -> pl.DataFrame:
    """Holidays summed up from a row a day: `festival, year, length, last_length`, value and last year's by holiday day.

    By festival and year: `total` of all days; `same` and `last_total` over the `last_days` days that both have;
    `daily`, the mean of all days; `same_daily` and `last_daily`, over the days that both have; `change` of these two;
    and `comparable`: whether totals may be compared as they stand, both breaks being as long and every day known.

    >>> frame = pl.DataFrame({"festival": ["国庆节"] * 2, "year": [2026] * 2, "length": [2] * 2, "last_length": [3] * 2,
    ...     "y": [30.0, 60.0], "last": [20.0, None]})
    >>> compared(frame).select("daily", "same_daily", "last_daily", "change", "comparable").row(0)
    (45.0, 30.0, 20.0, 0.5, False)
    """
    both = pl.col(last).is_not_null() & pl.col(value).is_not_null()
    sums = days.group_by("festival", "year", maintain_order=True).agg(
        length=pl.col("length").first(),
        last_length=pl.col("last_length").first(),
        total=pl.col(value).sum(),
        days=pl.col(value).count(),
        same=pl.col(value).filter(both).sum(),
        last_total=pl.col(last).filter(both).sum(),
        last_days=both.sum(),
        daily=pl.col(value).mean(),
        same_daily=pl.col(value).filter(both).mean(),
        last_daily=pl.col(last).filter(both).mean(),
    )
    return sums.with_columns(
        change=pl.col("same_daily") / pl.col("last_daily") - 1,
        comparable=(pl.col("length") == pl.col("last_length")) & (pl.col("days") == pl.col("last_days")),
    )
