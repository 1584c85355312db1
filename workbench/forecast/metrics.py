"""Scores of forecasts as Polars expressions, and `score`, which joins the truth and groups by slices.

Every expression works on a frame that holds `y` (the truth) beside the columns of a FORECAST, and is aggregated by
`.mean()`, by `score`, or by hand. Smaller is better for mae, rmse, mase, pinball, crps and msis. Rows without a truth
are left out *before* scoring; a missing forecast is an error of the model, never a dropped row (see `model.guard`).
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import pairwise

import polars as pl

from workbench.errors import MissingData
from workbench.forecast.clock import Clock
from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.forecast.slices import ZONE, sliced

_EDGES = (0.0, *((a + b) / 2 for a, b in pairwise(LEVELS)), 1.0)

WEIGHTS: tuple[float, ...] = tuple(high - low for low, high in pairwise(_EDGES))
"""The share of the unit interval that each of the fifteen levels stands for; they sum to 1."""


def mae() -> pl.Expr:
    """Absolute error of the median, in the unit of `y`."""
    return (pl.col("y") - pl.col("q50")).abs()


def squared() -> pl.Expr:
    """Squared error of the mean; its root over a slice is the RMSE."""
    return (pl.col("y") - pl.col("mean")) ** 2


def bias() -> pl.Expr:
    """Mean forecast minus truth: above 0 the forecast is too high."""
    return pl.col("mean") - pl.col("y")


def mase() -> pl.Expr:
    """Absolute error of the median over `scale`, the in-sample error of the seasonal naive forecast (`scales`)."""
    return mae() / pl.col("scale")


def pinball(level: float) -> pl.Expr:
    """Quantile (pinball) loss at one of the fifteen levels.

    >>> row = pl.DataFrame({"y": [10.0], "q90": [14.0]})
    >>> row.select(pinball(0.9).round(3)).item()   # 4 above the truth, at a price of 0.1 each
    0.4
    """
    miss = pl.col("y") - pl.col(QUANTILES[LEVELS.index(level)])
    return pl.max_horizontal(level * miss, (level - 1) * miss)


def crps() -> pl.Expr:
    """Continuous ranked probability score from the fifteen quantiles, in the unit of `y`.

    CRPS is twice the integral of the pinball loss over all levels; each level stands for the interval halfway to its
    neighbours (`WEIGHTS`), so that the close levels in the tails do not count double.

    >>> from workbench.forecast.frames import QUANTILES
    >>> sure = pl.DataFrame({"y": [10.0]} | {name: [13.0] for name in QUANTILES})
    >>> sure.select(crps().round(9)).item()    # of a forecast that is one number: the absolute error
    3.0
    """
    return pl.sum_horizontal(2 * weight * pinball(level) for weight, level in zip(WEIGHTS, LEVELS, strict=True))


def _edges(level: float) -> tuple[pl.Expr, pl.Expr]:
    low, high = (LEVELS.index(round(0.5 + side * level / 2, 3)) for side in (-1, 1))
    return pl.col(QUANTILES[low]), pl.col(QUANTILES[high])


def coverage(level: float) -> pl.Expr:
    """1 where the truth lies in the central interval (both ends count), else 0; levels .2 .4 .5 .6 .8 .9 .95.

    Null where a certain answer is right (a closed day's 0): an interval without width would hold at every level, and
    says nothing of the others.
    """
    low, high = _edges(level)
    held = pl.col("y").is_between(low, high)
    return pl.when(~(held & (low == high))).then(held.cast(pl.Float64))


def width(level: float) -> pl.Expr:
    """Width of the central interval, in the unit of `y`."""
    low, high = _edges(level)
    return high - low


def interval_score(level: float) -> pl.Expr:
    """Width plus 2/(1-level) for every unit by which the truth falls outside (Gneiting and Raftery 2007)."""
    low, high = _edges(level)
    outside = pl.max_horizontal(low - pl.col("y"), pl.col("y") - high, pl.lit(0.0))
    return high - low + 2 / (1 - level) * outside


def msis(level: float = 0.95) -> pl.Expr:
    """Interval score over `scale` (see `scales`), as in the M4 competition."""
    return interval_score(level) / pl.col("scale")


PLAIN: dict[str, pl.Expr] = {
    "crps": crps().mean(),
    "mae": mae().mean(),
    "rmse": squared().mean().sqrt(),
    "bias": bias().mean(),
    "pinball": (pl.sum_horizontal(pinball(level) for level in LEVELS) / len(LEVELS)).mean(),
    "coverage_50": coverage(0.5).mean(),
    "coverage_80": coverage(0.8).mean(),
    "coverage_95": coverage(0.95).mean(),
    "width_80": width(0.8).mean(),
}
"""The metrics of every score by name: each an aggregation."""

SCALED: dict[str, pl.Expr] = {"mase": mase().mean(), "msis": msis().mean()}
"""Those that need `scales` of the series."""


def truth(panel: pl.DataFrame) -> pl.DataFrame:
    """What is verified against: unique_id, ds, y where there is a value."""
    return panel.select("unique_id", "ds", "y").drop_nulls().filter(pl.col("y").is_finite())


def scales(panel: pl.DataFrame, season: int, every: str, before: date | datetime | None = None) -> pl.DataFrame:
    """Mean absolute error of the seasonal naive forecast `season` steps of `every` back: unique_id, scale.

    The scale is null where there is no pair of values or no error. Pass `before` (a `ds`) to keep to the training part.
    """
    known = truth(panel)
    if before is not None:
        known = known.filter(pl.col("ds") < before)
    known = known.with_columns(number=Clock(every).number())
    past = known.select("unique_id", pl.col("number") + season, was="y")
    error = (pl.col("y") - pl.col("was")).abs().mean()
    errors = known.join(past, on=["unique_id", "number"], how="left").group_by("unique_id").agg(scale=error)
    return errors.with_columns(pl.when(pl.col("scale") > 0).then(pl.col("scale")))


def score(
    forecast: pl.DataFrame,
    panel: pl.DataFrame,
    by: Iterable[str | pl.Expr] = ("task", "model"),
    scale: pl.DataFrame | None = None,
    zone: str = ZONE,
) -> pl.DataFrame:
    """Verify a FORECAST: one row for each group and metric — the columns of `by`, metric, value, count.

    `by` names columns of the forecast, slices of `slices.sliced`, or expressions such as `state(115).alias("state")`.
    `by=["task", "unique_id", "cutoff", "model"]` gives a SCORE frame. With `scale` (from `scales`) MASE and MSIS too.
    Raises MissingData where not one forecast has met its truth yet.
    """
    joined = sliced(forecast, zone).join(truth(panel), on=["unique_id", "ds"], how="inner")
    if joined.is_empty():
        raise MissingData("no forecast has met its truth yet", "wait until the hours forecast have been measured")
    wanted = dict(PLAIN)
    if scale is not None:
        joined = joined.join(scale, on="unique_id", how="left")
        wanted |= SCALED
    keys: Sequence[str | pl.Expr] = list(by)
    wide = joined.group_by(keys, maintain_order=False).agg(
        *(metric.alias(name) for name, metric in wanted.items()), count=pl.len()
    )
    index = [name for name in wide.columns if name not in wanted]
    long = wide.unpivot(on=list(wanted), index=index, variable_name="metric", value_name="value")
    names = [name for name in index if name != "count"]
    return long.select(*names, "metric", "value", "count").sort(*names, "metric")
