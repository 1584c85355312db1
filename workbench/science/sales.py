"""From forecasts of sales to what a packhouse does: parcels, boxes and hands a day, stock, and what stands out."""

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from workbench.errors import InputError

SLACK, ALARM = 0.5, 4.0
"""A day's surprise less this much is taken for chance; an alarm sounds when the rest sums to so many (Page 1954)."""
NORMAL_80 = 1.2816
"""Standard deviations from the median of a normal law to its 90 % quantile."""


@dataclass(frozen=True)
class Rates:
    """What one packhouse knows of itself. `box` kg a box, `picked` kg a picker and day, `stock` kg on hand (None: not
    told), `sure` the share of days on which the plan shall be enough.

    Raises InputError for a rate that is not above 0, a stock below 0 or a share outside 0.5 … 0.99.
    """

    box: float = 5.0
    picked: float = 400.0
    stock: float | None = None
    sure: float = 0.8

    def __post_init__(self) -> None:
        sizes = 0 < self.box < math.inf and 0 < self.picked < math.inf
        if not sizes or not (self.stock is None or 0 <= self.stock < math.inf):
            raise InputError(
                f"a box of {self.box:g} kg, {self.picked:g} kg a picker and day, stock {self.stock}",
                "give weights above 0, and a stock of 0 or more",
            )
        if not 0.5 <= self.sure <= 0.99:
            raise InputError(f"a share of {self.sure:g} of days", "choose one between 0.5 and 0.99")


def plan(paths: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """A row a day: what to be ready for so that it is enough on `rates.sure` of days, and the chance to be sold out.

    `paths`: ds, path, parcels, kilograms of one total, joint over days. Returns ds, parcels, parcels_ready, kilograms,
    kilograms_ready (medians and the quantile to be ready for), boxes and pickers for that quantile (whole ones), and
    sold_out: the share of paths whose sales up to that day exceed the stock; null where no stock is told.
    """
    summed = paths.sort("path", "ds").with_columns(gone=pl.col("kilograms").cum_sum().over("path"))
    out = pl.lit(None, dtype=pl.Float64) if rates.stock is None else (pl.col("gone") > rates.stock).mean()
    days = summed.group_by("ds").agg(
        *(pl.col(name).median().alias(name) for name in ("parcels", "kilograms")),
        *(
            pl.col(name).quantile(rates.sure, "higher").alias(f"{name}_ready").cast(pl.Float64)
            for name in ("parcels", "kilograms")
        ),
        sold_out=out,
    )
    return days.sort("ds").select(
        "ds",
        "parcels",
        "parcels_ready",
        "kilograms",
        "kilograms_ready",
        boxes=(pl.col("kilograms_ready") / rates.box).ceil().cast(pl.Int64),
        pickers=(pl.col("kilograms_ready") / rates.picked).ceil().cast(pl.Int64),
        sold_out="sold_out",
    )


def shares(amounts: pl.DataFrame) -> pl.DataFrame:
    """name, amount, share of a total, the largest first; `amounts`: name, amount (≥ 0). Shares add to one.

    >>> shares(pl.DataFrame({"name": ["a", "b"], "amount": [1.0, 3.0]})).rows()
    [('b', 3.0, 0.75), ('a', 1.0, 0.25)]
    """
    total = pl.col("amount").sum()
    share = pl.when(total > 0).then(pl.col("amount") / total).otherwise(0.0)
    return amounts.select("name", "amount", share=share).sort("amount", "name", descending=[True, False])


def unusual(told: pl.DataFrame) -> pl.DataFrame:
    """Series that sell more or less than was expected, and since when: unique_id, since, days, way, size.

    `told`: unique_id, ds, y, q10, q50, q90 — each day's sales and what was forecast of them beforehand, one row a day.
    A day's surprise, in standard deviations of its own range, is added up less `SLACK`, upwards and downwards apart; at
    `ALARM` a series stands out, since the day on which that sum last left zero (the cumulative-sum test of Page 1954).
    `way` is 1 or −1, `size` the sales since then over what was expected, minus one. Only alarms that still stand at the
    series' last day are told, the largest first.
    """
    found = []
    for (name,), rows in (
        told.drop_nulls().sort("ds").partition_by("unique_id", as_dict=True, maintain_order=True).items()
    ):
        width = ((rows["q90"] - rows["q10"]) / 2 / NORMAL_80).to_numpy()
        miss = (rows["y"] - rows["q50"]).to_numpy()
        score = np.clip(miss / np.where(width > 0, width, np.inf), -3, 3)
        for way in (1, -1):
            total, since = 0.0, 0
            for day, one in enumerate(way * score):
                if total <= 0:
                    since = day
                total = max(0.0, total + float(one) - SLACK)
            if total >= ALARM:
                own = rows[since:]
                expected = float(own["q50"].sum())
                size = float(own["y"].sum()) / expected - 1 if expected > 0 else None
                found.append((str(name), rows["ds"][since], own.height, way, size))
    schema = {"unique_id": pl.String, "since": pl.Date, "days": pl.Int64, "way": pl.Int64, "size": pl.Float64}
    return pl.DataFrame(found, schema=schema, orient="row").sort(pl.col("size").abs(), descending=True, nulls_last=True)
