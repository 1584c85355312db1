"""What another price would do to sales: joint paths of the forecast moved by an elasticity with its uncertainty.

units = units as forecast × (1 + change)^elasticity, the elasticity drawn for each path from the law it is known by. A
price that is moved on some days is answered on these days only: buying ahead, stocks at home and rivals' answers are
not in it, so that a short promotion is flattered by it. Elasticities are those of `demand`, or the user's own.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from workbench.errors import InputError, MissingData

LITERATURE = (-2.62, 2.21)
"""Mean and standard deviation of 1,851 elasticities of brands' sales (Bijmolt, van Heerde and Pieters 2005, Journal of
Marketing Research 42:141-156): for a user who has none of their own, and wide for it."""
NORMAL_95 = 1.96
WIDEST = 4.0
"""A 95 % interval of an elasticity wider than this, or one that reaches above 0, supports no plan."""


@dataclass(frozen=True)
class Answer:
    """How buyers answer to a price: elasticity (below 0), standard error, and `basis`: measured, given or literature.

    Raises InputError for an elasticity outside −20 … 0 or an error that is negative.
    """

    elasticity: float
    error: float
    basis: str

    def __post_init__(self) -> None:
        if not (-20 <= self.elasticity <= 0 <= self.error <= 20):
            raise InputError(
                f"an elasticity of {self.elasticity:g} with an error of {self.error:g}",
                "give one between -20 and 0 (-2: 1 % dearer sells 2 % less) and an error of 0 or more",
            )

    def draws(self, count: int, seed: int = 0) -> np.ndarray:
        """So many elasticities, none above 0: a dearer fruit does not sell more for it."""
        drawn = np.random.default_rng(seed).normal(self.elasticity, self.error, count)
        return np.minimum(drawn, 0.0)


LITERATURE_ANSWER = Answer(*LITERATURE, basis="literature")


def supported(effects: pl.DataFrame, product: str) -> Answer | None:
    """The measured answer of a product, from a frame of `demand.responses`; None where it supports no plan."""
    own = effects.filter(pl.col("product") == product, pl.col("driver") == "price")
    if own.is_empty():
        return None
    row = own.row(0, named=True)
    low, high = row["pooled_low"], row["pooled_high"]
    if not (np.isfinite(low) and np.isfinite(high)) or high >= 0 or high - low > WIDEST or row["pooled"] < -20:
        return None
    return Answer(row["pooled"], (high - low) / 2 / NORMAL_95, "measured")


@dataclass(frozen=True)
class Move:
    """A price changed by a share (−0.1: 10 % off) from `first` to `last`.

    Raises InputError for −90 % and below, above +200 %, or days the wrong way round.
    """

    change: float
    first: date
    last: date

    def __post_init__(self) -> None:
        if not -0.9 < self.change <= 2:
            raise InputError(f"a price changed by {self.change:+.0%}", "give a change above −90 % and up to +200 %")
        if self.last < self.first:
            raise InputError(f"from {self.first} to {self.last}", "give a last day that is not before the first")


def moved(paths: pl.DataFrame, move: Move, answer: Answer) -> pl.DataFrame:
    """ds, measure, before, after and gain (q10, q50, q90 each) of every day moved, and of their sum (ds null).

    `paths`: ds, path, parcels, kilograms, value of one product, joint over days. Value moves with units times
    price; the gain is after over before on each path, minus one.
    Raises MissingData where none of the days is among the paths'.
    """
    days = paths["ds"].unique().sort().to_list() or [None]
    own = paths.filter(pl.col("ds").is_between(move.first, move.last))
    if own.is_empty():
        raise MissingData(
            f"{move.first} to {move.last} is not among the days ahead ({days[0]} to {days[-1]})",
            "choose days of the forecast",
        )
    numbers = own["path"].unique().sort()
    factor = (1 + move.change) ** answer.draws(len(numbers))
    own = own.join(pl.DataFrame({"path": numbers, "factor": factor}), on="path")
    parts = []
    for measure in ("parcels", "kilograms", "value"):
        times = pl.col("factor") * (1 + move.change if measure == "value" else 1.0)
        one = own.select("ds", "path", before=pl.col(measure), after=pl.col(measure) * times)
        total = one.group_by("path").agg(pl.col("before", "after").sum()).with_columns(ds=pl.lit(None, pl.Date))
        whole = pl.concat([one, total.select(one.columns)])
        ratio = pl.when(pl.col("before") > 0).then(pl.col("after") / pl.col("before") - 1)
        spans = [*ranges("before"), *ranges("after"), *ranges("gain")]
        days_told = whole.with_columns(gain=ratio).group_by("ds").agg(spans).sort("ds", nulls_last=True)
        parts.append(days_told.with_columns(measure=pl.lit(measure)))
    return pl.concat(parts).select("ds", "measure", pl.exclude("ds", "measure"))


def ranges(name: str) -> list[pl.Expr]:
    """q10, q50 and q90 of a column, named after it."""
    levels = (0.1, 0.5, 0.9)
    return [pl.col(name).quantile(level, "linear").alias(f"{name}_q{round(100 * level)}") for level in levels]
