"""From a sample of shops to the county: what the post counted a month against what the sample sent, with its error.

The bureau holds some shops' orders by the day and the county's parcels by the month, some weeks late. ln(county) is a
line in ln(sample) over the months that both know; its slope is drawn towards 1 (a sample that is a fixed part of all)
by as much as the months are too few to tell. What is said of a month without a report is a draw from the line's
predictive law: the months' own scatter, the line's uncertainty, and (of days to come) the sample's joint paths.

It holds while the sample's shops keep their part of the trade: a large shop that comes or goes shifts every figure, and
shows in `months` as a share that jumps.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import MissingData

Array = NDArray[np.float64]
LEAST = 6
"""Months that both know without which nothing is said."""
LOOSE = 0.25
"""Standard deviation of the slope around 1 before a month is seen."""
MONTH = 30.4375
"""Days of a mean month, for sums over other numbers of days."""
DRAWS = 4000


@dataclass(frozen=True)
class Expansion:
    """The line: ln(county) = level + slope·(ln(sample) − centre), scatter `sd` on `freedom` degrees of freedom.

    `doubt` is the covariance of level and slope in units of the scatter (var level, var slope, covariance).
    """

    level: float
    slope: float
    centre: float
    sd: float
    freedom: int
    doubt: tuple[float, float, float]

    def draws(self, sample: Array, days: float = MONTH, seed: int = 0) -> Array:
        """County sums [draw] for sums of the sample over `days`: one number, or joint paths, which are drawn from.

        A sum of 0 in the sample says nothing of the county's: it counts as half a parcel.
        """
        random = np.random.default_rng(seed)
        given = np.maximum(np.atleast_1d(np.asarray(sample, dtype=np.float64)), 0.5)
        picked = given if len(given) >= DRAWS else np.resize(given, DRAWS)
        away = np.log(picked * MONTH / days) - self.centre
        level, slope, both = self.doubt
        width = self.sd * np.sqrt(1 + level + slope * away**2 + 2 * both * away)
        off = random.standard_t(self.freedom, len(picked)) * width
        return np.asarray(np.exp(self.level + self.slope * away + off) * days / MONTH)


def learn(months: pl.DataFrame) -> Expansion:
    """From whole months that both know: `sample` and `county` parcels, both above 0 where they count.

    Raises MissingData for fewer than `LEAST` such months.
    """
    both = months.drop_nulls(["sample", "county"]).filter((pl.col("sample") > 0) & (pl.col("county") > 0))
    if both.height < LEAST:
        raise MissingData(
            f"{both.height} months are known of both the sample and the county; {LEAST} are needed",
            "bring the postal administration's monthly parcels (table postal_parcels), and orders of the same months",
        )
    x, y = (np.log(both[name].cast(pl.Float64).to_numpy()) for name in ("sample", "county"))
    centre, freedom = float(x.mean()), both.height - 2
    a = x - centre
    power = float(a @ a)
    free = float(a @ y / power) if power > 1e-12 else 1.0
    scatter = float(np.sum((y - y.mean() - free * a) ** 2) / freedom)
    prior = scatter / LOOSE**2  # a slope of 1 weighs as a month this far from the mean would
    slope = float((a @ (y - y.mean()) + prior) / (power + prior)) if power + prior > 0 else 1.0
    rest = float(np.sum((y - y.mean() - slope * a) ** 2) / freedom)
    doubt = (1 / both.height, 1 / (power + prior) if power + prior > 0 else 0.0, 0.0)
    return Expansion(float(y.mean()), slope, centre, float(np.sqrt(rest)), freedom, doubt)


def months(sample: pl.DataFrame, county: pl.DataFrame) -> pl.DataFrame:
    """month, sample, county, share, q10, q50, q90: every whole month of the sample beside the post's count.

    `sample`: month (its last day), sample (parcels of whole months only); `county`: month, county. The quantiles are
    what would be said of the month without its own report: for a reported one the line is learnt without it, so that a
    reader sees how far such figures are off. Null throughout where too few months are known.
    """
    both = sample.join(county, on="month", how="left").sort("month")
    told: list[tuple[float | None, ...]] = []
    for row in both.iter_rows(named=True):
        try:
            line = learn(both.filter(pl.col("month") != row["month"]))
        except MissingData:
            told.append((None, None, None))
            continue
        drawn = line.draws(np.array([float(row["sample"])]))
        told.append(tuple(float(q) for q in np.quantile(drawn, (0.1, 0.5, 0.9))))
    ranges = pl.DataFrame(told, schema=dict.fromkeys(("q10", "q50", "q90"), pl.Float64), orient="row")
    share = pl.when(pl.col("county") > 0).then(pl.col("sample") / pl.col("county"))
    return pl.concat([both.with_columns(share=share), ranges], how="horizontal").select(
        "month", "sample", "county", "share", "q10", "q50", "q90"
    )


def coverage(told: pl.DataFrame, last: int = 12) -> float | None:
    """The sample's part of the county's parcels over the last reported months; None where none was reported.

    >>> coverage(pl.DataFrame({"month": [1, 2], "sample": [3, 4], "county": [100, None]}))
    0.03
    """
    known = told.drop_nulls("county").sort("month").tail(last)
    total = float(known["county"].sum())
    return float(known["sample"].sum()) / total if total > 0 else None
