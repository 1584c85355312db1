"""The peer: LightGBM on the features of mlforecast, direct by lead, tuned, with conformal quantiles by lead.

Inputs are those of the workbench: the station's own lags and rolling statistics, the network's mean, the other
pollutants and the weather as last known. Fixed search space, 30 trials, one seed; the choice is by CRPS on the
validation year, whose out-of-sample errors then give the quantiles (signed, by lead, with the finite-sample term).
"""

import random
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.forecast.empirical import describe
from workbench.forecast.frames import QUANTILES
from workbench.forecast.metrics import crps
from workbench.forecast.task import Task

SPACE: dict[str, tuple[Any, ...]] = {
    "num_leaves": (15, 31, 63),
    "min_child_samples": (20, 100, 300),
    "learning_rate": (0.03, 0.05, 0.1),
    "n_estimators": (100, 200, 400),
    "colsample_bytree": (0.4, 0.7, 1.0),
    "reg_lambda": (0.0, 5.0),
    "objective": ("l2", "l1"),
    "log": (False, True),
}
TRIALS, SEED = 30, 1
TUNED_LEADS = (1, 6, 24, 48, 72)
Array = NDArray[np.float64]


def table(panel: pl.DataFrame, task: Task) -> pl.DataFrame:
    """One row a station and hour: mlforecast's features of what was known one hour before, and the covariates then."""
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import RollingMax, RollingMean, RollingMin, RollingStd

    names = [name for name in task.past_only if name != "pm2_5" and panel.get_column(name).null_count() < panel.height]
    wide = panel.sort("unique_id", "ds").with_columns(pl.col("ds").dt.replace_time_zone(None))
    filled = pl.col("y", *names).forward_fill().over("unique_id")
    known = wide.select("unique_id", "ds", filled).with_columns(pl.col("y").fill_null(strategy="backward"))
    known = known.with_columns(pl.col("y").mean().over("ds").alias("around"))
    beside = ["around", *names]
    known = known.with_columns(
        *(pl.col(name).shift(1).over("unique_id") for name in beside),
        *(pl.col(name).rolling_mean(24).shift(1).over("unique_id").alias(f"{name}_24") for name in beside),
        *(pl.col(name).diff(24).shift(1).over("unique_id").alias(f"{name}_d24") for name in beside),
    )
    rolled = [RollingMean(w) for w in (3, 6, 12, 24, 72, 168, 720)]
    rolled += [RollingStd(24), RollingMin(24), RollingMax(24), RollingStd(168)]
    machine = MLForecast(
        models=[],
        freq="1h",
        lags=[1, 2, 3, 4, 7, 13, 25, 49, 73],
        lag_transforms={1: rolled},
        date_features=["hour", "weekday", "ordinal_day"],
    )
    made = machine.preprocess(known, static_features=[], dropna=False)
    station = pl.col("unique_id").cast(pl.Categorical).to_physical().alias("station")
    truth = wide.select("unique_id", "ds", "y")
    return made.drop("y").with_columns(station).join(truth, on=["unique_id", "ds"])


def answer(
    chosen: dict[str, Any], rows: pl.DataFrame, lead: int, train: tuple[pl.Expr, datetime], ask: pl.Expr
) -> tuple[Array, pl.DataFrame]:
    """Train one lead on the issues of `train` whose target came before its instant, and answer those of `ask`."""
    import lightgbm

    which, end = train
    target = rows.select("unique_id", pl.col("ds") - timedelta(hours=lead), target="y")
    seen = rows.drop("y").filter(which, pl.col("ds") < end - timedelta(hours=lead)).join(target, on=["unique_id", "ds"])
    seen = seen.drop_nulls("target")
    asked = rows.drop("y").filter(ask).join(target, on=["unique_id", "ds"], how="left", maintain_order="left")
    columns = [name for name in seen.columns if name not in ("unique_id", "ds", "target")]
    given = {name: value for name, value in chosen.items() if name != "log"}
    machine = lightgbm.LGBMRegressor(
        **given, random_state=SEED, subsample=0.7, subsample_freq=1, verbose=-1, n_jobs=1, max_bin=127
    )
    y = seen.get_column("target").to_numpy()
    machine.fit(seen.select(columns).to_numpy(), np.log1p(y) if chosen["log"] else y)
    guess = np.asarray(machine.booster_.predict(asked.select(columns).to_numpy(), num_threads=1), dtype=np.float64)
    guess = np.expm1(guess) if chosen["log"] else guess
    return np.maximum(guess, 0), asked.select("unique_id", "ds", y="target")


def forecast(panel: pl.DataFrame, task: Task, cuts: tuple[datetime, datetime, datetime]) -> tuple[pl.DataFrame, dict]:
    """FORECAST of the test year (values and keys only) and the parameters chosen. `cuts`: start of the validation
    year, of the test year, and the last issue (all UTC without zone, at issue hours)."""
    rows = table(panel, task)
    start, test, last = cuts
    midnight = pl.col("ds").dt.hour() == start.hour
    valid, final = (
        midnight & pl.col("ds").is_between(start, test, closed="left"),
        midnight & pl.col("ds").is_between(test, last),
    )
    draw = random.Random(SEED)
    trials = [{name: draw.choice(values) for name, values in SPACE.items()} for _ in range(TRIALS)]
    coarse, dense = (pl.col("ds").dt.hour() % step == start.hour % step for step in (12, 6))
    tried = []
    for chosen in trials:
        scores = []
        for lead in TUNED_LEADS:
            guess, asked = answer(chosen, rows, lead, (coarse, start), valid)
            scores.append(spread(guess, asked, guess, asked).select(crps().mean()).item())
        tried.append(float(np.mean(scores)))
    best = trials[int(np.argmin(tried))]
    parts = []
    for lead in range(1, task.horizon + 1):
        past = answer(best, rows, lead, (dense, start), valid)
        now = answer(best, rows, lead, (dense, test), final)
        parts.append(spread(*now, *past).with_columns(cutoff=pl.col("ds"), ds=pl.col("ds") + timedelta(hours=lead)))
    return pl.concat(parts).with_columns(pl.col("ds", "cutoff").dt.replace_time_zone("UTC")), best


def spread(guess: Array, asked: pl.DataFrame, was: Array, met: pl.DataFrame) -> pl.DataFrame:
    """Quantiles: the guess plus those of earlier signed errors."""
    errors = met.get_column("y").to_numpy().astype(np.float64) - was
    described = describe(errors[None, :], 30)[0]
    columns = {name: np.maximum(guess + described[i + 1], 0) for i, name in enumerate(QUANTILES)}
    return asked.with_columns(mean=pl.Series(guess), **{name: pl.Series(v) for name, v in columns.items()})
