"""From a town's output to varieties and months, in whole kilograms that add up to the last one."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import InputError

MONTHS = ("11", "12", "01", "02", "03", "04", "05", "06")
"""The harvest months of a season, in order; fruit on the tree at the next bloom still counts in its own season."""


def shared(total: int, weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Split whole kilograms by weights, so that the parts add up: the largest remainders get what rounding left.

    InputError where no weight is above zero, or one is below.

    >>> shared(10, np.array([1.0, 1.0, 1.0])).tolist()
    [4, 3, 3]
    """
    if total < 0 or np.any(weights < 0) or not weights.sum() > 0:
        raise InputError(f"{total} kg cannot be shared by {weights.tolist()}", "give weights of which one is above 0")
    exact = total * (weights / weights.sum())
    parts = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - parts), kind="stable")
    parts[order[: total - int(parts.sum())]] += 1
    return parts


def flow(towns: pl.DataFrame, calendar: pl.DataFrame) -> pl.DataFrame:
    """Kilograms by town, variety and month: `town, variety, month, kg`.

    `towns`: town, variety, kg (whole); `calendar`: variety, month (as in MONTHS), weight. Every town and variety adds
    up to what it was given; what has no weight in the calendar is refused by name.
    """
    found = []
    for town, variety, kg in towns.select("town", "variety", "kg").iter_rows():
        months = calendar.filter(pl.col("variety") == variety)
        if months.is_empty():
            raise InputError(f"no harvest month is known for variety '{variety}' of {town}", "add it to the calendar")
        parts = shared(int(kg), months["weight"].to_numpy())
        found += [(town, variety, month, int(part)) for month, part in zip(months["month"], parts, strict=True)]
    return pl.DataFrame(
        found, {"town": pl.String, "variety": pl.String, "month": pl.String, "kg": pl.Int64}, orient="row"
    )


def season_name(season: int) -> str:
    """A season as it is written: by the years of its bloom and its last fruit.

    >>> season_name(2026), season_name(1999)
    ('2026/27', '1999/00')
    """
    return f"{season}/{(season + 1) % 100:02d}"
