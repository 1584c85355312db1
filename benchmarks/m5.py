"""M5: 30,490 items in ten stores, the last 28 of 447 days as test, twelve levels (`_m5` tells how they are judged).

From the middle: the 70 departments of stores are forecast by the global learners with what is known ahead (events, SNAP
days, the day of the month), and each is divided among its items by their own smoothed sales. So every level adds up.
"""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks._m5 import DAYS, Sales, Units
from workbench.forecast.algorithms.features import Spans
from workbench.forecast.algorithms.global_linear import GlobalLinear
from workbench.forecast.algorithms.global_trees import GlobalTrees
from workbench.forecast.algorithms.relative import View
from workbench.forecast.averaged import Averaged
from workbench.forecast.backtest import issue
from workbench.forecast.model import Model
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
SPANS = Spans(swings=(1, 7, 28), levels=(7, 14, 28, 56), beside=(2, 7, 14), stale=14, each=True, groups=(7, 28))
VIEW = View(scale="log", window=28, unit=False, spans=SPANS)
MODEL: Model = Averaged(
    (
        GlobalTrees(VIEW, rounds=250, rate=0.05, leaves=31, rows=150_000, leads=14, stride=2),
        GlobalLinear(VIEW, local=0.3, ridge=0.01),
    )
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
    ahead = grid.select("unique_id", "ds", *KNOWN, known_at=pl.lit(datetime(2015, 1, 1)).cast(pl.Datetime("us", "UTC")))  # noqa: DTZ001
    past = grid.filter(pl.col("place") < until)
    y = sales.units[past["series"].to_numpy(), past["place"].to_numpy()]
    over = (pl.col("ds") + timedelta(days=1)).cast(pl.Datetime("us", "UTC"))
    return past.select("unique_id", "ds", known_at=over, *KNOWN).with_columns(y=pl.Series(y)), ahead


def middle(sales: Sales, known: pl.DataFrame, until: int, model: Model) -> tuple[Units, np.ndarray]:
    """Forecasts of the 28 days after the first `until` for each department of a store, and each item's department."""
    summed, place = sales.summed(MIDDLE)
    past, ahead = panel(summed, known, until)
    split = TASK.split(past, ahead, TASK.origin(summed.days[until]))
    made = issue(TASK, model.fit(TASK, split), split, "workbench")
    order = summed.keys.select(pl.concat_str([*MIDDLE, pl.lit("units")], separator="/").alias("unique_id"))
    wide = order.join(
        made.sort("ds").group_by("unique_id", maintain_order=True).agg("mean"), on="unique_id", how="left"
    )
    return np.array(wide["mean"].to_list()), place


def shares(units: Units, place: np.ndarray, alpha: float) -> Units:
    """Each item's share of its department by its smoothed sales (simple exponential smoothing from the first listed)."""
    level = np.full(len(units), np.nan)
    for day in units.T:
        fresh = np.isnan(level)
        level = np.where(np.isnan(day), level, np.where(fresh, day, level + alpha * (day - level)))
    level = np.nan_to_num(level)
    total = np.bincount(place, level)
    return level / np.maximum(total[place], 1e-9)
