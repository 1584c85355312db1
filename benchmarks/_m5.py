"""M5 data as arrays, and the error by which the suite judges: twelve levels, each a weighted scaled error.

The definition, fixed before any model was run, is the competition's own (WRMSSE) with units in place of dollars, since
the file has no prices: for each series of a level RMSSE = root of (mean squared error over the 28 days / mean squared
one-day change over the training days since its first sale); a level's error is the mean of its series' RMSSE weighted
by their units sold in the last 28 training days; the figure is the plain mean over the twelve levels.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

Units = NDArray[np.float64]
LEVELS: tuple[tuple[str, ...], ...] = (
    (),
    ("state_id",),
    ("store_id",),
    ("cat_id",),
    ("dept_id",),
    ("state_id", "cat_id"),
    ("state_id", "dept_id"),
    ("store_id", "cat_id"),
    ("store_id", "dept_id"),
    ("item_id",),
    ("item_id", "state_id"),
    ("item_id", "store_id"),
)
DAYS = 28


@dataclass(frozen=True)
class Sales:
    """`keys` one row a series (the five ids), `units[series, day]` NaN before it was listed, `days` their dates."""

    keys: pl.DataFrame
    units: Units
    days: pl.Series

    def until(self, days: int) -> "Sales":
        """The first so many days only."""
        return Sales(self.keys, self.units[:, :days], self.days.head(days))

    def summed(self, level: tuple[str, ...]) -> tuple["Sales", NDArray[np.int64]]:
        """Sums over a level's groups, and the group of every series."""
        keys = self.keys.with_columns(total=pl.lit("all")).select(level or ("total",))
        groups = keys.unique(maintain_order=True).with_row_index("group")
        place = (
            keys.join(groups, on=keys.columns, how="left", maintain_order="left")["group"].to_numpy().astype(np.int64)
        )
        total = np.zeros((groups.height, self.units.shape[1]))
        np.add.at(total, place, np.nan_to_num(self.units))
        return Sales(groups.drop("group"), total, self.days), place


def read(folder: Path) -> Sales:
    """The whole file."""
    wide = pl.read_parquet(folder / "m5_wide.parquet")
    ids = ["state_id", "store_id", "cat_id", "dept_id", "item_id"]
    names = [name for name in wide.columns if name not in ids]
    units = wide.select(pl.col(names).cast(pl.Float64)).to_numpy()
    return Sales(wide.select(ids), units, pl.Series("day", names).str.to_date())


def errors(train: Sales, truth: Units, forecast: Units) -> dict[str, float]:
    """Error of each level by its name, and their mean as `all`."""
    found = {}
    for level in LEVELS:
        past, place = train.summed(level)
        seen, said = np.zeros((len(past.units), DAYS)), np.zeros((len(past.units), DAYS))
        np.add.at(seen, place, truth)
        np.add.at(said, place, forecast)
        begun = np.maximum.accumulate(past.units > 0, axis=1)
        change = np.where(begun[:, :-1], np.diff(past.units, axis=1), np.nan)
        scale = np.nansum(change**2, axis=1) / np.maximum((~np.isnan(change)).sum(axis=1), 1)
        weight = past.units[:, -DAYS:].sum(axis=1)
        scaled = np.sqrt(((seen - said) ** 2).mean(axis=1) / np.maximum(scale, 1e-12))
        found["×".join(level) or "total"] = float((weight * np.where(scale > 0, scaled, 0)).sum() / weight.sum())
    return found | {"all": float(np.mean(list(found.values())))}
