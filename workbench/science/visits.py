"""What daily visitor counts hide: figures that cover several days, missing days, levels that changed for good.

Everything here finds and says; nothing is averaged or filled in. A figure that covers several days is no value of
any of them.
"""

import itertools
from datetime import date, timedelta

import numpy as np
import polars as pl

DEFINITIONS = ("ticketed", "all", "overnight")
"""Through a gate with a ticket; every visitor, estimated; slept in the county. They differ tenfold, never mixed."""
TIMES = 1.5
"""A figure after missing days that is so many times the highest of the 400 before covers them too."""
BEFORE, LEAST = 400, 60
WEEKS, SHIFT, SURE = 8, 0.2, 6.0
"""A level that changed: weeks on either side at least, log change at least, and how many standard errors."""


def cumulated() -> pl.Expr:
    """Whether a row of `date, visitors, days` (one series, sorted by date) holds several days in one.

    The file says so (`days` above 1), or days before it are missing and it is half as much again as the highest value
    of the 400 figures before (of 60 at least). Only what came before is looked at.

    >>> frame = pl.DataFrame({"date": [date(2013, 10, 1), date(2013, 10, 7)], "visitors": [30000.0, 208595.0],
    ...     "days": [None, 7]}, schema_overrides={"days": pl.Int64})
    >>> frame.select(cumulated())["date"].to_list()
    [False, True]
    """
    gap = (pl.col("date") - pl.col("date").shift()).dt.total_days() > 1
    known = pl.col("visitors").shift()
    high = known.rolling_max(BEFORE, min_samples=LEAST)
    large = pl.col("visitors") > TIMES * high
    return ((pl.col("days").fill_null(1) > 1) | (gap & large)).fill_null(value=False).alias("date")


def missing(dates: pl.Series) -> list[tuple[date, date]]:
    """Stretches of days without a figure between the first and the last: first and last day of each.

    >>> missing(pl.Series([date(2015, 6, 29), date(2015, 7, 6), date(2015, 7, 7)]))
    [(datetime.date(2015, 6, 30), datetime.date(2015, 7, 5))]
    """
    there = dates.unique().sort().to_list()
    day = timedelta(days=1)
    return [(one + day, two - day) for one, two in itertools.pairwise(there) if two - one > day]


def changes(daily: pl.DataFrame) -> pl.DataFrame:
    """Days on which the level of a series (`date, visitors`) changed for good: `date`, `before`, `after`, `factor`.

    Weekly means against those of the same weeks a year before, on the log scale, are split where the two sides differ
    most; each side is split again. At least eight weeks on either side, a fifth up or down, six standard errors.
    """
    schema = {"date": pl.Date, "before": pl.Float64, "after": pl.Float64, "factor": pl.Float64}
    weekly = daily.drop_nulls("visitors").filter(pl.col("visitors") > 0).sort("date")
    if weekly.height < 2 * 7 * WEEKS + 364:
        return pl.DataFrame(schema=schema)
    weekly = weekly.group_by_dynamic("date", every="1w").agg(pl.col("visitors").median(), n=pl.len())
    weekly = weekly.filter(pl.col("n") >= 4)
    past = weekly.select(pl.col("date").dt.offset_by("52w"), was="visitors")
    ratio = weekly.join(past, on="date", how="inner").sort("date")
    log = np.log(ratio["visitors"].to_numpy() / ratio["was"].to_numpy())
    rows = []
    for place in splits(log, 0, len(log)):
        window = slice(max(0, place - 26), place + 26)
        part, cut = ratio[window], ratio["date"][place]
        before = part.filter(pl.col("date") < cut)["visitors"].mean()
        after = part.filter(pl.col("date") >= cut)["visitors"].mean()
        low, high = log[max(0, place - 26) : place].mean(), log[place : place + 26].mean()
        rows.append((cut, before, after, float(np.exp(high - low))))
    return pl.DataFrame(rows, schema=schema, orient="row").sort("date")


def splits(log: np.ndarray, first: int, last: int) -> list[int]:
    """Where the mean of a series changes, by halving where the difference is surest."""
    best, place = 0.0, -1
    for k in range(first + WEEKS, last - WEEKS + 1):
        left, right = log[first:k], log[k:last]
        spread = np.sqrt(left.var(ddof=1) / len(left) + right.var(ddof=1) / len(right)) * 2  # weeks go together
        size = abs(right.mean() - left.mean())
        if size >= SHIFT and spread > 0 and size / spread > best:
            best, place = size / spread, k
    if best < SURE:
        return []
    return [*splits(log, first, place), place, *splits(log, place, last)]
