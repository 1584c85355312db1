"""How many tickets, buses and people to provide for an uncertain day, by what too many and too few of them cost.

One too many costs `cost`, one too few `loss`: the best number covers the day up to the quantile loss / (cost + loss)
(the newsvendor's critical share; for yes-or-no protection the same as acting where the chance exceeds cost / loss).
"""

from itertools import pairwise

import polars as pl

from workbench.errors import InputError
from workbench.forecast.frames import LEVELS, QUANTILES


def chance(limit: pl.Expr) -> pl.Expr:
    """The chance that a day of a FORECAST reaches a limit: read off its quantiles, straight lines between them.

    Beyond the outer ones the line goes on as steeply, never below 0.

    >>> day = pl.DataFrame({name: [100.0 * level] for name, level in zip(QUANTILES, LEVELS, strict=True)})
    >>> day.select(a=chance(pl.lit(75.0)).round(6), b=chance(pl.lit(200.0)), c=chance(pl.lit(0.0))).row(0)
    (0.25, 0.0, 1.0)
    """
    below: pl.Expr = pl.lit(None, pl.Float64)
    names, levels = list(QUANTILES), list(LEVELS)
    for (low, p), (high, q) in pairwise(zip(names, levels, strict=True)):
        step = pl.col(high) - pl.col(low)
        share = pl.when(step > 0).then((limit - pl.col(low)) / step).otherwise(1.0)
        inside = (limit > pl.col(low)) & (limit <= pl.col(high))
        below = pl.when(inside).then(p + (q - p) * share).otherwise(below)
    top, step = pl.col(names[-1]), (pl.col(names[-1]) - pl.col(names[-2])).clip(lower_bound=1e-9)
    over = levels[-1] + (levels[-1] - levels[-2]) * (limit - top) / step
    bottom, rise = pl.col(names[0]), (pl.col(names[1]) - pl.col(names[0])).clip(lower_bound=1e-9)
    under = levels[0] - (levels[1] - levels[0]) * (bottom - limit) / rise
    below = pl.when(limit > top).then(over).when(limit <= bottom).then(under).otherwise(below)
    return (1 - below.clip(0.0, 1.0)).alias("chance")


def critical(cost: float, loss: float) -> float:
    """The share of days that should be covered. InputError where a cost is negative or both are 0.

    >>> critical(100, 300)
    0.75
    """
    if cost < 0 or loss < 0 or cost + loss <= 0:
        raise InputError(f"costs of {cost:g} and {loss:g} weigh nothing", "give two amounts, at least one above 0")
    return loss / (cost + loss)


def quantile(level: float) -> pl.Expr:
    """A quantile of a FORECAST between its fifteen, by straight lines; the outer ones beyond them.

    >>> day = pl.DataFrame({name: [100.0 * level] for name, level in zip(QUANTILES, LEVELS, strict=True)})
    >>> day.select(quantile(0.75).round(6)).item()
    75.0
    """
    if level <= LEVELS[0]:
        return pl.col(QUANTILES[0])
    for (low, p), (high, q) in pairwise(zip(QUANTILES, LEVELS, strict=True)):
        if level <= q:
            share = (level - p) / (q - p)
            return pl.col(low) * (1 - share) + pl.col(high) * share
    return pl.col(QUANTILES[-1])


def provide(level: float, serves: float) -> pl.Expr:
    """Whole units, each for `serves` visitors, that cover the day up to a level."""
    if serves <= 0:
        raise InputError(f"a unit that serves {serves:g} visitors serves nobody", "give a number above 0")
    return (quantile(level) / serves).ceil()


def tickets(level: float) -> pl.Expr:
    """Tickets to put on sale beside what is `booked` (people): up to the level, never beyond the daily maximum."""
    wanted = pl.min_horizontal(quantile(level), pl.col("daily_max"))
    return (wanted - pl.col("booked").fill_null(0.0)).clip(lower_bound=0.0).floor()
