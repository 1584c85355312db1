"""Scores of competition forecasts, as the organisers define them, and the proof that they are the published ones.

A contender gives unique_id, ds and the columns of a forecast; its one point is `q50`. What it does not give (intervals,
all fifteen quantiles) is null and is not scored. Each figure is a mean over a series' steps, then over series.
"""

from dataclasses import dataclass
from typing import Any

import polars as pl

from benchmarks._competition import Competition
from workbench.errors import WorkbenchError
from workbench.forecast import metrics
from workbench.forecast.frames import QUANTILES

VALUES = ("mean", *QUANTILES)
METRICS: dict[str, tuple[str, str]] = {
    "mase": ("scaled", "lower"),
    "mape": ("%", "lower"),
    "smape": ("%", "lower"),
    "msis": ("scaled", "lower"),
    "crps": ("scaled", "lower"),
    "coverage_80": ("share", "report"),
    "coverage_95": ("share", "report"),
}
"""Unit and direction of every figure."""


@dataclass(frozen=True)
class Published:
    """Seasonal naive as printed in the official tables: text, for its last digit says how near we must be."""

    mase: str
    mape: str = ""
    smape: str = ""


PUBLISHED: dict[str, Published] = {
    "tourism_monthly": Published("1.631", mape="22.56"),
    "tourism_quarterly": Published("1.699", mape="16.46"),
    "tourism_yearly": Published("3.007", mape="23.61"),
    "m3_monthly": Published("1.146", smape="17.23"),
    "m3_quarterly": Published("1.425", smape="11.07"),
    "m3_yearly": Published("3.172", smape="17.88"),
    "m3_other": Published("3.089", smape="6.30"),
    "m4_weekly": Published("2.777", smape="9.161"),
    "m4_hourly": Published("1.193", smape="13.912"),
}
NAIVE2: dict[str, tuple[float, float]] = {"m4_hourly": (18.383, 2.395), "m4_weekly": (9.161, 2.777)}
"""sMAPE and MASE of the M4 organisers' Naive2, by which OWA divides."""


def owa(name: str, smape: float, mase: float) -> float:
    """Overall weighted average of M4: the mean of both errors over those of Naive2.

    >>> round(owa("m4_hourly", 10.2069, 0.8617), 4)   # LightGBM in mlforecast's own tests: 0.4575
    0.4575
    """
    naive_smape, naive_mase = NAIVE2[name]
    return (smape / naive_smape + mase / naive_mase) / 2


def scales(competition: Competition) -> pl.DataFrame:
    """In-sample mean absolute error of the seasonal naive: unique_id, scale.

    m steps back, one step back where a series is no longer than m. These series have no gaps, so a row is a step.
    """
    m, y = competition.season, pl.col("y")
    back = pl.when(pl.len() > m).then((y - y.shift(m)).abs().mean()).otherwise((y - y.shift(1)).abs().mean())
    return competition.panel.sort("unique_id", "ds").group_by("unique_id").agg(scale=back)


def seasonal_naive(competition: Competition) -> pl.DataFrame:
    """The last m values (all, where there are fewer) again and again, as points only."""
    row = pl.int_range(pl.len()).over("unique_id")
    last = competition.panel.sort("unique_id", "ds").group_by("unique_id").tail(competition.season)
    last = last.select("unique_id", "y", place=row, length=pl.len().over("unique_id"))
    asked = competition.truth.sort("unique_id", "ds").select("unique_id", "ds", lead=row)
    asked = asked.join(last.select("unique_id", "length").unique(), on="unique_id")
    asked = asked.with_columns(place=pl.col("lead") % pl.col("length"))
    return points(asked.join(last, on=["unique_id", "place"], how="left"), "y")


def points(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """A forecast that is points only: mean and median are the point, all other quantiles null."""
    given = {name: pl.col(column) if name in ("mean", "q50") else pl.lit(None, dtype=pl.Float64) for name in VALUES}
    return frame.select("unique_id", "ds", **given)


def scored(competition: Competition, forecast: pl.DataFrame, who: str = "it") -> dict[str, float]:
    """Every figure of METRICS (those that the forecast allows), and OWA where Naive2 is known.

    Raises WorkbenchError where a point is missing: a forecast is never scored on the series that it liked.
    """
    joined = competition.truth.join(forecast, on=["unique_id", "ds"], how="left").join(
        scales(competition), on="unique_id"
    )
    missing = joined.filter(~pl.col("q50").is_finite().fill_null(False))
    if missing.height:
        raise WorkbenchError(
            f"{competition.task.name}: {who} gave {missing.height} of {joined.height} points not or not finite; "
            f"first {missing.select('unique_id', 'ds').row(0)}",
            "give every series a forecast",
        )
    y, point = pl.col("y"), pl.col("q50")
    whole = pl.all_horizontal(pl.col(QUANTILES).is_not_null())
    wanted = {
        "mase": metrics.mase(),
        "mape": pl.when(y != 0).then(100 * metrics.mae() / y.abs()),
        "smape": pl.when(y.abs() + point.abs() > 0).then(200 * metrics.mae() / (y.abs() + point.abs())).otherwise(0.0),
        "msis": metrics.msis(),
        "crps": pl.when(whole).then(metrics.crps() / pl.col("scale")),
        "coverage_80": metrics.coverage(0.8),
        "coverage_95": metrics.coverage(0.95),
    }
    series = joined.group_by("unique_id").agg(expr.mean().alias(name) for name, expr in wanted.items())
    means: dict[str, Any] = series.select(list(wanted)).mean().row(0, named=True)
    found = {name: float(value) for name, value in means.items() if value is not None}
    if competition.task.name in NAIVE2:
        found["owa"] = owa(competition.task.name, found["smape"], found["mase"])
    return found


def prove(competition: Competition) -> dict[str, float]:
    """Our metrics on the seasonal naive, which must be the published figures to their last digit, else no evidence."""
    name = competition.task.name
    reached = scored(competition, seasonal_naive(competition), "seasonal naive")
    for metric, printed in vars(PUBLISHED[name]).items():
        if printed and not agrees(reached[metric], printed):
            raise WorkbenchError(
                f"{name}: {metric} of the seasonal naive is {reached[metric]:.4f} instead of the published {printed}",
                "the data folder is another release, or a metric was changed; no evidence from this",
            )
    return reached


def agrees(reached: float, printed: str) -> bool:
    """Whether a figure rounds to the printed one (a hair is left for binary halves).

    >>> agrees(1.6314, "1.631"), agrees(1.6316, "1.631")
    (True, False)
    """
    half = 0.5 * 10.0 ** -len(printed.partition(".")[2])
    return abs(reached - float(printed)) <= half * (1 + 1e-9)
