"""M5: 30,490 items in ten stores, the last 28 of 447 days as test, twelve levels (`_m5` tells how they are judged).

From the middle: the 70 departments of stores are forecast by the recipe with what is known ahead (events, SNAP days,
the day of the month), and each is divided among its items by their own smoothed sales. So every level adds up.
"""

import resource
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks._air import refuse_unless
from benchmarks._common import goal, report, result
from benchmarks._m5 import DAYS, Sales, Units, errors, read
from benchmarks._peers import cores
from workbench.forecast.backtest import issue
from workbench.forecast.model import Model
from workbench.forecast.recipe import RECIPE
from workbench.forecast.task import Task

MIDDLE = ("state_id", "store_id", "cat_id", "dept_id")
KNOWN = ("event", "kind", "snap", "month_day", "event_next", "event_before")
TASK = Task(
    name="m5_departments",
    title_zh="M5各门店部门日销量",
    title_en="M5 daily units by store and department",
    unit="units",
    owner="data",
    panel="m5",
    every="1d",
    horizon=DAYS,
    seasons=(7,),
    vintages="m5_ahead",
    known_ahead=KNOWN,
    past_only=KNOWN,
    bounds=(0, None),
    issue_at="00:00",
    zone="UTC",
)


def calendar(folder: Path) -> pl.DataFrame:
    """What is known of each day long ahead: ds, KNOWN, and SNAP by state (`snap_CA` …)."""
    days = pl.read_csv(folder / "calendar_coded.csv.gz", try_parse_dates=True).rename({"date": "ds"})
    event = (pl.col("event_name_1") > 0).cast(pl.Float64)
    return days.select(
        "ds",
        "snap_CA",
        "snap_TX",
        "snap_WI",
        event=pl.col("event_name_1").cast(pl.Float64),
        kind=pl.col("event_type_1").cast(pl.Float64),
        month_day=pl.col("ds").dt.day().cast(pl.Float64),
        event_next=event.shift(-1, fill_value=0.0),
        event_before=event.shift(1, fill_value=0.0),
    )


def panel(sales: Sales, known: pl.DataFrame, until: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """PANEL of summed series over the first `until` days, and VINTAGES of 28 days more."""
    names = sales.keys.select(pl.concat_str([*MIDDLE, pl.lit("units")], separator="/").alias("unique_id"), "state_id")
    days = sales.days.head(until + DAYS).alias("ds").to_frame().with_row_index("place")
    grid = names.with_row_index("series").join(days, how="cross").join(known, on="ds", how="left")
    snap = pl.coalesce(pl.when(pl.col("state_id") == state).then(f"snap_{state}") for state in ("CA", "TX", "WI"))
    grid = grid.with_columns(snap=snap.cast(pl.Float64))
    early = pl.lit(sales.days[0] - timedelta(days=60)).cast(pl.Datetime("us", "UTC"))
    ahead = grid.select("unique_id", "ds", early.alias("known_at"), *KNOWN)
    past = grid.filter(pl.col("place") < until)
    y = sales.units[past["series"].to_numpy(), past["place"].to_numpy()]
    over = (pl.col("ds") + timedelta(days=1)).cast(pl.Datetime("us", "UTC"))
    return past.select("unique_id", "ds", over.alias("known_at"), *KNOWN).with_columns(y=pl.Series(y)), ahead


def middle(sales: Sales, known: pl.DataFrame, until: int, model: Model) -> tuple[Units, np.ndarray]:
    """Forecasts of the 28 days after the first `until` for each store's departments, and each item's department."""
    summed, place = sales.summed(MIDDLE)
    past, ahead = panel(summed, known, until)
    split = TASK.split(past, ahead, TASK.origin(summed.days[until]))
    made = issue(TASK, model.fit(TASK, split), split, "workbench")
    order = summed.keys.select(pl.concat_str([*MIDDLE, pl.lit("units")], separator="/").alias("unique_id"))
    rows = made.sort("ds").group_by("unique_id", maintain_order=True).agg("mean")
    wide = order.join(rows, on="unique_id", how="left", maintain_order="left")
    return np.array(wide["mean"].to_list()), place


def shares(units: Units, place: np.ndarray, alpha: float) -> Units:
    """Each item's share of its department, by simple exponential smoothing since it was first listed."""
    level = np.full(len(units), np.nan)
    for day in units.T:
        fresh = np.isnan(level)
        level = np.where(np.isnan(day), level, np.where(fresh, day, level + alpha * (day - level)))
    level = np.nan_to_num(level)
    total = np.bincount(place, level)
    return level / np.maximum(total[place], 1e-9)


ALPHA = 0.05
PROTOCOL = (
    "M5, 30,490 series, days 1–419 of 447 known, the last 28 as test, one issue; twelve levels, each the mean of its "
    "series' RMSSE (one-step naive of the training days) weighted by units of the last 28 training days, then the "
    "plain mean over levels; nulls (not yet listed) count as zero; events, SNAP and the day of the month known ahead; "
    "ETS+Theta = median of statsforecast's AutoETS and DynamicOptimizedTheta on every item, added up"
)


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite. The peer takes most of an hour: two models for each of 30,490 series."""
    folder = data / "m5_last447days"
    sales = read(folder)
    until = sales.units.shape[1] - DAYS
    train, test = sales.until(until), sales.units[:, until:]
    naive = np.tile(train.units[:, -7:], DAYS // 7)
    check(test, naive)
    begun = time.perf_counter(), time.process_time()
    parts, place = middle(sales, calendar(folder), until, RECIPE)
    own = parts[place] * shares(train.units, place, ALPHA)[:, None]
    wall, cpu = time.perf_counter() - begun[0], time.process_time() - begun[1]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    truth = np.nan_to_num(test)
    found = {
        "workbench": errors(train, truth, own),
        "seasonal naive": errors(train, truth, np.nan_to_num(naive)),
        "ETS+Theta bottom-up": errors(train, truth, ets_theta(train)),
    }
    results = [
        result(who, level, "scaled error", value, "scaled", "lower")
        for who, levels in found.items()
        for level, value in levels.items()
    ]
    costs = {"wall": (wall, "s"), "cpu": (cpu, "s"), "memory": (memory, "GiB")}
    results += [result("workbench", "all", name, value, unit, "lower") for name, (value, unit) in costs.items()]
    best = min(levels["all"] for who, levels in found.items() if who != "workbench")
    ratio = found["workbench"]["all"] / best
    goals = [
        goal("workbench", "all", "scaled error of the best peer", "<= 0.8 of it", ratio, ratio <= 0.8),
        goal("workbench", "all", "whole run", "<= 600 s", wall, wall <= 600),
        goal("workbench", "all", "memory", "<= 8 GiB", memory, memory <= 8),
    ]
    files = [folder / "m5_wide.parquet", folder / "calendar_coded.csv.gz"]
    return report("m5", files, PROTOCOL, results, goals)


def check(test: Units, naive: Units) -> None:
    """The published figures of the seasonal naive, to the last digit."""
    mae = float(np.nanmean(np.abs(naive - test)))
    said, seen = np.nansum(naive, axis=0), np.nansum(test, axis=0)
    total = float(100 * np.mean(np.abs(said - seen) / seen))
    refuse_unless("M5 seasonal naive (MAE, MAPE of the total)", (round(mae, 4), round(total, 2)), (1.2446, 8.31))


def ets_theta(train: Sales) -> Units:
    """The median of two models of statsforecast on every series from its first listed day.

    Where a series is listed for less than a week, its mean so far: the library answers nothing there.
    """
    from statsforecast import StatsForecast, models

    series, day = np.nonzero(~np.isnan(train.units))
    frame = pl.DataFrame({"unique_id": series, "ds": day, "y": train.units[series, day]})
    machine = StatsForecast(
        models=[models.AutoETS(season_length=7), models.DynamicOptimizedTheta(season_length=7)],
        freq=1,
        n_jobs=cores(),
        fallback_model=models.SeasonalNaive(season_length=7),
    )
    made = machine.forecast(df=frame, h=DAYS).sort("unique_id", "ds")
    said = pl.mean_horizontal(pl.col("AutoETS", "DynamicOptimizedTheta").fill_nan(None))
    median = made.select("unique_id", said=said.fill_null(np.nan))
    listed = np.maximum((~np.isnan(train.units)).sum(axis=1), 1)
    mean = np.nansum(train.units, axis=1) / listed
    found = np.zeros((len(train.units), DAYS))
    found[median["unique_id"].to_numpy().reshape(-1, DAYS)[:, 0]] = median["said"].to_numpy().reshape(-1, DAYS)
    return np.maximum(np.where(np.isnan(found), mean[:, None], found), 0)
