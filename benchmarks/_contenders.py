"""Who runs: ours and the peers, each a function of a competition that returns unique_id, ds, mean and quantiles.

A peer is set up as its own documentation or test suite does it, and told what its users would know: the season. It sees
`Competition.split()` only. Quantiles that it does not give are null. The median ensemble is not run: it is put together
from its members, and costs what they cost.
"""

from collections.abc import Callable
from functools import partial

import polars as pl

from benchmarks import _peers
from benchmarks._competition import Competition
from benchmarks._scores import VALUES
from workbench.forecast import parallel
from workbench.forecast.model import Model, guard

OURS, FAST = "workbench", "workbench fast"
ENSEMBLE = "median of ETS, ARIMA, CES, DOT"
MEMBERS = ("AutoETS", "AutoARIMA", "AutoCES", "DynamicOptimizedTheta")


def ours(competition: Competition, quick: bool) -> pl.DataFrame:
    """The workbench's own: the same call that issues a forecast."""
    from workbench.forecast import recipe

    model: Model = recipe.FAST if quick else recipe.RECIPE
    split = competition.split()
    fitted = model.fit(competition.task, split)
    made = fitted.predict(split.past, split.future)
    parallel.close()
    return guard(competition.task, made, split.future, FAST if quick else OURS)


CONTENDERS: dict[str, Callable[[Competition], pl.DataFrame]] = {
    OURS: partial(ours, quick=False),
    FAST: partial(ours, quick=True),
    "SeasonalNaive": partial(_peers.classical, model="SeasonalNaive"),
    "AutoETS": partial(_peers.classical, model="AutoETS"),
    "AutoARIMA": partial(_peers.classical, model="AutoARIMA"),
    "AutoCES": partial(_peers.classical, model="AutoCES"),
    "DynamicOptimizedTheta": partial(_peers.classical, model="DynamicOptimizedTheta"),
    "AutoTheta": partial(_peers.classical, model="AutoTheta"),
    "mlforecast LightGBM": _peers.lightgbm,
    "Prophet": _peers.prophet,
    "FLAIR": _peers.flair,
    "skforecast LightGBM": _peers.skforecast,
}
"""Everyone who can be run, by name."""


def run(contender: str, competition: Competition) -> pl.DataFrame:
    """The contender's forecast, its quantiles in order."""
    made = CONTENDERS[contender](competition)
    return made.select("unique_id", "ds", *(pl.col(name).cast(pl.Float64) for name in VALUES))


def median(forecasts: list[pl.DataFrame]) -> pl.DataFrame:
    """The median of several forecasts, value by value and quantile by quantile."""
    together = pl.concat(forecasts).group_by("unique_id", "ds").agg(pl.col(VALUES).median())
    return together.sort("unique_id", "ds")
