"""The orange itself: growth, mass, ripening, lawful picking, tree age, and totals from counted and measured trees."""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import InputError

DMAX, MIDDLE, RATE = 80.0, 85.0, 0.018  # mm, days after full bloom, per day; assumed, meet 70–90 mm and 180–250 g
AGE = ((3, 0.15), (4, 0.45), (5, 0.70), (6, 0.85), (7, 1.0))
RIPENING = ((0.0, 9.2, 0.96), (15.5, 10.5, 1.03), (30.5, 10.1, 0.99), (46.0, 11.5, 0.94), (61.0, 11.8, 0.85))


def diameter(days: pl.Expr, dmax: float = DMAX, middle: float = MIDDLE, rate: float = RATE) -> pl.Expr:
    """Diameter in mm at so many days (0 … 300) after full bloom: navels follow a logistic curve.

    The shape is published for Newhall, Robertson 35 and Pengna without its numbers; these are assumed so that the
    first of September gives 58 mm (California's five-year means are 54.5–59.4).

    >>> round(pl.select(diameter(pl.lit(139))).item())
    58
    """
    return dmax / (1 + (-rate * (days - middle)).exp())


def mass(b: pl.Expr) -> pl.Expr:
    """Mass in g from the intermediate diameter in mm, 50 … 100: 0.07 b² − 2.95 b + 39.15, R² 0.97 for ten oranges.

    >>> round(pl.select(mass(pl.lit(80))).item())
    251
    """
    return 0.07 * b**2 - 2.95 * b + 39.15


def juice(days: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Soluble solids (%) and acid (%) at so many days after 8 October, 0 … 61: one Navelina's half-months, weak source.

    >>> pl.select(x for x in juice(pl.lit(61))).row(0)
    (11.8, 0.85)
    """
    at = days.clip(0, RIPENING[-1][0]).cast(pl.Float64)
    sugar, acid = pl.lit(RIPENING[-1][1]), pl.lit(RIPENING[-1][2])
    for (x0, s0, a0), (x1, s1, a1) in reversed(list(pairwise(RIPENING))):
        part = (at - x0) / (x1 - x0)
        sugar = pl.when(at < x1).then(s0 + part * (s1 - s0)).otherwise(sugar)
        acid = pl.when(at < x1).then(a0 + part * (a1 - a0)).otherwise(acid)
    return sugar.alias("solids"), acid.alias("acid")


def unlawful(rules: pl.DataFrame, variety: str, picked: date, solids: float | None, acid: float | None) -> list[str]:
    """Which limits of the geographical indication a picking breaks: of `date`, `solids`, `acid`; empty = lawful.

    `rules`: variety, month, day (not before, in the season that ends with June), solids_min (%), acid_max (%, null =
    none), as table orange_rules. A value that was not measured breaks its limit; InputError for an unknown variety.
    """
    row = rules.filter(pl.col("variety") == variety)
    if row.is_empty():
        raise InputError(f"no picking rule for '{variety}'", "add it to the table orange_rules")
    rule = row.row(0, named=True)
    begins = picked.year - (1 if picked.month <= 6 else 0)
    first = date(begins + (1 if rule["month"] <= 6 else 0), rule["month"], rule["day"])
    broken = [] if picked >= first else ["date"]
    if solids is None or solids < rule["solids_min"]:
        broken.append("solids")
    if rule["acid_max"] is not None and (acid is None or acid > rule["acid_max"]):
        broken.append("acid")
    return broken


def bearing(age: pl.Expr) -> pl.Expr:
    """Yield of a tree of that age (years since planting) as a share of full bearing; assumed apart from the start.

    Nothing in years 1–2, full from 7 to 30, then 1.5 % a year less.

    >>> pl.select(bearing(pl.lit(5))).item()
    0.7
    """
    share = pl.when(age >= AGE[-1][0]).then(1 - 0.015 * (age - 30).clip(0)).otherwise(0.0)
    for year, part in AGE[:-1]:
        share = pl.when(age.floor() == year).then(part).otherwise(share)
    return share.clip(0)


@dataclass(frozen=True)
class Estimate:
    """A total and its standard error, in the same unit."""

    total: float
    error: float


def expanded(counts: NDArray[np.float64], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fruit of a whole tree from one random path: what was counted over the chance with which the path was chosen.

    InputError where a chance is not in (0, 1]. (California navel objective measurement.)
    """
    if np.any((probabilities <= 0) | (probabilities > 1)):
        raise InputError("the chance of a branch path must lie above 0 and not above 1", "multiply those of its forks")
    return counts / probabilities


def counted_and_measured(counts: NDArray[np.float64], masses: NDArray[np.float64], trees: int) -> Estimate:
    """Total crop from fruit counted on a random sample of trees and fruit weighed on some of them.

    `counts` of n sampled trees; `masses` mean kg a fruit of the same trees, NaN where not measured (the California
    survey measures every third grove); `trees` in all. The product of the mean count and the count-weighted mean mass;
    its error by the delta method with the finite-population factor (Cochran 1977, ch. 6 and 12). Needs two measured
    trees; independent random choice of trees, and of the measured among them, is assumed.
    """
    known = np.isfinite(masses)
    n, m = len(counts), int(known.sum())
    if m < 2 or n > trees:
        raise InputError(f"{m} of {n} sampled trees measured, {trees} in all", "measure at least two trees")
    crop, fruit = counts[known] * masses[known], counts[known]
    ratio = crop.sum() / fruit.sum()
    total = trees * counts.mean() * ratio
    spread = np.var(counts, ddof=1) * (1 / n - 1 / trees)
    beside = np.var(crop - ratio * fruit, ddof=1)
    shared = np.cov(crop - ratio * fruit, fruit, ddof=1)[0, 1]
    variance = ratio**2 * spread + beside * (1 / m - 1 / trees) + 2 * ratio * shared * (1 / n - 1 / trees)
    return Estimate(float(total), float(trees * np.sqrt(max(variance, 0.0))))


def blended(estimates: list[Estimate]) -> Estimate:
    """Independent estimates of one total weighed by their measured errors (inverse variance)."""
    weights = np.array([1 / estimate.error**2 for estimate in estimates])
    total = float(weights @ [estimate.total for estimate in estimates] / weights.sum())
    return Estimate(total, float(weights.sum() ** -0.5))
