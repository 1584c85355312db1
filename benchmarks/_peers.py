"""The peers, each as its users run it. Imported inside the functions: they are the `bench` extra, not dependencies."""

import logging
import os
import warnings
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks._competition import Competition
from benchmarks._scores import VALUES, points
from workbench.forecast.frames import LEVELS, QUANTILES

INTERVALS = (20, 40, 50, 60, 80, 90, 95)
"""Central intervals whose ends are the workbench's quantiles, the median apart."""

FLAIR_FREQUENCY = {"1mo": "M", "1q": "Q", "1y": "Y", "1w": "W", "1h": "H"}


def numbered(competition: Competition) -> pl.DataFrame:
    """History with steps counted from 1, as libraries that need no dates take it: unique_id, ds, y."""
    past = competition.split().past.sort("unique_id", "ds")
    return past.select("unique_id", ds=pl.int_range(1, pl.len() + 1).over("unique_id"), y="y")


def placed(answer: pl.DataFrame, competition: Competition) -> pl.DataFrame:
    """Put a forecast with rows in order of time onto the steps that were asked."""
    row = pl.int_range(pl.len()).over("unique_id").alias("row")
    asked = competition.split().future.sort("unique_id", "ds").select("unique_id", "ds", row)
    given = answer.sort("unique_id", "ds").drop("ds").with_columns(row)
    return asked.join(given, on=["unique_id", "row"], how="left").drop("row")


def from_intervals(answer: pl.DataFrame, name: str) -> pl.DataFrame:
    """Nixtla's columns (`name`, `name-lo-80`, …) as mean and quantiles; the point is the median too."""
    found = {"mean": pl.col(name), "q50": pl.col(name)}
    for width in INTERVALS:
        for side, sign in (("lo", -1), ("hi", 1)):
            level = round(0.5 + sign * width / 200, 3)
            found[QUANTILES[LEVELS.index(level)]] = pl.col(f"{name}-{side}-{width}")
    return answer.select("unique_id", "ds", **found)


def classical(competition: Competition, model: str) -> pl.DataFrame:
    """One model of statsforecast with its own intervals; a seasonal naive where it fails on a series."""
    from statsforecast import StatsForecast, models

    m = competition.season
    machine = StatsForecast(
        models=[getattr(models, model)(season_length=m)],
        freq=1,
        n_jobs=cores(),
        fallback_model=models.SeasonalNaive(season_length=m),
    )
    made = machine.forecast(df=numbered(competition), h=competition.task.horizon, level=list(INTERVALS))
    name = {"AutoCES": "CES"}.get(model, model)
    return from_intervals(placed(made, competition), name)


def lightgbm_setup(every: str, m: int) -> tuple[dict[str, Any], dict[str, Any], bool]:
    """Parameters of LightGBM and of MLForecast, and whether conformal intervals are asked.

    Hourly, weekly and yearly as mlforecast's own test of M4; there is none for months and quarters: differenced by the
    season, each series scaled, the lags of one season and its mean.
    """
    from mlforecast.lag_transforms import ExpandingMean, ExponentiallyWeightedMean, RollingMean
    from mlforecast.target_transforms import Differences, LocalStandardScaler

    if every == "1h":
        big = {"n_estimators": 200, "bagging_freq": 1, "learning_rate": 0.05, "num_leaves": 2500, "lambda_l1": 0.03}
        smooth = [ExponentiallyWeightedMean(alpha=0.3), RollingMean(7 * 24), RollingMean(7 * 48)]
        lags = [24 * i for i in range(1, 15)]
        features = {"lags": lags, "lag_transforms": {24: smooth, 48: smooth}, "target_transforms": [Differences([24])]}
        return big | {"lambda_l2": 0.5, "bagging_fraction": 0.9, "feature_fraction": 0.8}, features, True
    plain = {"n_estimators": 100, "objective": "l1", "num_leaves": 256}
    if every in ("1w", "1y"):
        count, rolled = (32, {lag: [ExpandingMean(), RollingMean(4)] for lag in (4, 8)}) if every == "1w" else (6, {})
        rolled = rolled or {lag: [ExpandingMean()] for lag in (1, 6)}
        lags = list(range(1, count + 1))
        return plain, {"lags": lags, "lag_transforms": rolled, "target_transforms": [Differences([1])]}, every == "1w"
    features = {"lags": list(range(1, m + 1)), "lag_transforms": {1: [RollingMean(m)]}}
    return plain, features | {"target_transforms": [Differences([m]), LocalStandardScaler()]}, False


def lightgbm(competition: Competition) -> pl.DataFrame:
    """LightGBM on mlforecast's lags, recursive. Conformal intervals where every series is long enough for them."""
    import lightgbm as machine
    from mlforecast import MLForecast
    from mlforecast.utils import PredictionIntervals

    parameters, features, ranged = lightgbm_setup(competition.task.every, competition.season)
    booster = machine.LGBMRegressor(**parameters, force_col_wise=True, verbosity=-1, random_state=0, n_jobs=cores())
    forecaster = MLForecast(models={"lgb": booster}, freq=1, num_threads=cores(), **features)
    h = competition.task.horizon
    intervals = PredictionIntervals(n_windows=2, h=h) if ranged else None
    forecaster.fit(numbered(competition), static_features=[], prediction_intervals=intervals)
    made = placed(forecaster.predict(h, level=list(INTERVALS) if ranged else None), competition)
    return from_intervals(made, "lgb") if ranged else points(made, "lgb")


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def sampled(key: pl.DataFrame, samples: NDArray[np.float64]) -> pl.DataFrame:
    """Sample paths (paths × steps) as mean and quantiles beside unique_id and ds."""
    described = {"mean": samples.mean(axis=0)} | dict(zip(QUANTILES, np.quantile(samples, LEVELS, axis=0), strict=True))
    return key.with_columns(pl.Series(name, described[name]) for name in VALUES)


def flair(competition: Competition) -> pl.DataFrame:
    """FLAIR: median and quantiles of 400 sample paths a series, seed 0."""
    from flaircast import forecast

    split, parts = competition.split(), []
    asked = split.future.sort("unique_id", "ds").partition_by("unique_id", as_dict=True)
    every = FLAIR_FREQUENCY[competition.task.every]
    for key, past in split.past.sort("unique_id", "ds").partition_by("unique_id", as_dict=True).items():
        paths = forecast(past["y"].to_numpy(), competition.task.horizon, every, n_samples=400, seed=0)
        parts.append(sampled(asked[key].select("unique_id", "ds"), paths))
    return pl.concat(parts)


def prophet(competition: Competition) -> pl.DataFrame:
    """Prophet as it comes, a series at a time; a yearly season where steps are shorter than a year."""
    import pandas as pd
    from prophet import Prophet

    for name in ("prophet", "cmdstanpy"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    split, every, parts = competition.split(), competition.task.every, []
    asked = split.future.sort("unique_id", "ds").partition_by("unique_id", as_dict=True)
    bare = pl.col("ds").cast(pl.Datetime("us"))
    for key, past in split.past.sort("unique_id", "ds").partition_by("unique_id", as_dict=True).items():
        seasons = {"yearly_seasonality": "auto" if every not in ("1y", "1h") else False}
        hourly = "auto" if every == "1h" else False
        np.random.seed(0)  # prophet draws from numpy's global state
        machine = Prophet(**seasons, weekly_seasonality=hourly, daily_seasonality=hourly)
        machine.fit(pd.DataFrame({"ds": past.select(bare)["ds"].to_numpy(), "y": past["y"].to_numpy()}))
        ahead = pd.DataFrame({"ds": asked[key].select(bare)["ds"].to_numpy()})
        paths = np.asarray(machine.predictive_samples(ahead)["yhat"], dtype=np.float64).T
        machine.uncertainty_samples = 0  # the point alone, without drawing again
        point = pl.Series("point", machine.predict(ahead)["yhat"].to_numpy())
        made = sampled(asked[key].select("unique_id", "ds"), paths)
        parts.append(made.with_columns(mean=point, q50=point))
    return pl.concat(parts)


SKFORECAST_LAGS = {"1mo": 12, "1q": 4, "1y": 3, "1w": 13, "1h": [*range(1, 25), 48, 72, 96, 120, 144, 168]}


def skforecast(competition: Competition) -> pl.DataFrame:
    """LightGBM on skforecast's lags, one model of all series, differenced once, each series scaled; bootstrapped."""
    import lightgbm as machine
    import pandas as pd
    from skforecast.recursive import ForecasterRecursiveMultiSeries
    from sklearn.preprocessing import StandardScaler

    warnings.simplefilter("ignore")
    past = competition.split().past.sort("unique_id", "ds").partition_by("unique_id", as_dict=True)
    series = {
        str(key[0]): pd.Series(one["y"].to_numpy(), index=pd.RangeIndex(-one.height, 0)) for key, one in past.items()
    }
    forecaster = ForecasterRecursiveMultiSeries(
        machine.LGBMRegressor(n_estimators=100, random_state=0, verbosity=-1, n_jobs=cores()),
        lags=SKFORECAST_LAGS[competition.task.every],
        transformer_series=StandardScaler(),
        differentiation=1,
    )
    forecaster.fit(series, store_in_sample_residuals=True, suppress_warnings=True)
    h = competition.task.horizon
    made = forecaster.predict(h, suppress_warnings=True)
    ranges = forecaster.predict_quantiles(h, quantiles=list(LEVELS), n_boot=100, random_state=0, suppress_warnings=True)
    given = {name: ranges[f"q_{level}"].to_numpy() for name, level in zip(QUANTILES, LEVELS, strict=True)}
    point = made["pred"].to_numpy()
    answer = pl.DataFrame({"unique_id": made["level"].to_list(), "ds": made.index.to_list(), **given})
    return placed(answer.with_columns(mean=point, q50=point), competition)
