"""NN5: daily withdrawals of 111 cash machines, the last 56 days as test; missing days stay missing.

Known ahead: the day of the month, and the bank holidays of England. Chosen on two windows of
56 days before the test part.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks._air import refuse_unless
from benchmarks._common import goal, report, result
from benchmarks._days import DAY, known_days
from workbench.forecast import metrics
from workbench.forecast.backtest import backtest
from workbench.forecast.recipe import RECIPE
from workbench.forecast.task import Task

FILE = "nn5/nn5.parquet"
FIRST = date(1996, 3, 18)
ISSUE = FIRST + timedelta(days=735)
TASK = Task(
    name="nn5",
    title_zh="NN5提款机日取款额",
    title_en="NN5 daily cash withdrawals",
    unit="as in the file",
    owner="data",
    panel="nn5",
    every="1d",
    horizon=56,
    seasons=(7,),
    vintages="nn5_ahead",
    known_ahead=DAY,
    past_only=DAY,
    bounds=(0, None),
    issue_at="00:00",
    zone="UTC",
)
PROTOCOL = (
    "NN5, 111 series, the last 56 of 791 days as test, one issue; missing values are neither filled nor scored; MASE "
    "by the in-sample seasonal naive of 7 days; mean over a series' days, then over series"
)


def read(file: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """PANEL and VINTAGES."""
    rows = pl.read_parquet(file).with_columns(pl.col("y").fill_nan(None))
    day = pl.lit(FIRST) + pl.duration(days=pl.col("ds") - 1)
    rows = rows.select(unique_id=pl.col("unique_id") + "/value", ds=day, y="y")
    days = known_days(FIRST, FIRST + timedelta(days=790), "GB", "ENG")
    rows = rows.join(days, on="ds", how="left")
    over = (pl.col("ds") + timedelta(days=1)).cast(pl.Datetime("us", "UTC"))
    early = pl.lit(FIRST - timedelta(days=365)).cast(pl.Datetime("us", "UTC"))
    return (
        rows.select("unique_id", "ds", over.alias("known_at"), "y", *DAY),
        rows.select("unique_id", "ds", early.alias("known_at"), *DAY),
    )


def mase(panel: pl.DataFrame, forecast: pl.DataFrame, issue: date) -> float:
    """MASE of unique_id, ds, `mean`; the scale from the days before the issue."""
    was = panel.select("unique_id", pl.col("ds") + timedelta(days=7), was="y")
    change = panel.filter(pl.col("ds") < issue).join(was, on=["unique_id", "ds"])
    scale = change.group_by("unique_id").agg(scale=(pl.col("y") - pl.col("was")).abs().mean())
    joined = forecast.join(metrics.truth(panel), on=["unique_id", "ds"]).join(scale, on="unique_id")
    each = joined.group_by("unique_id").agg(((pl.col("y") - pl.col("mean")).abs() / pl.col("scale")).mean())
    return float(each.get_column("y").mean())  # type: ignore[arg-type]


def naive(panel: pl.DataFrame, issue: date) -> pl.DataFrame:
    """The value of the last such weekday before the issue, if that one was known: unique_id, ds, mean."""
    last = panel.filter(pl.col("ds").is_between(issue - timedelta(days=7), issue - timedelta(days=1)))
    weeks = pl.DataFrame({"week": range(1, 9)}).select(pl.duration(days=7 * pl.col("week")).alias("by"))
    repeated = last.join(weeks, how="cross").select("unique_id", pl.col("ds") + pl.col("by"), mean="y")
    return repeated.drop_nulls("mean")


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite."""
    panel, ahead = read(data / FILE)
    published = mase(panel, naive(panel, ISSUE), ISSUE)
    refuse_unless("NN5 seasonal naive (MASE)", (round(published, 3),), (1.024,))
    forecast = backtest(TASK, {"workbench": RECIPE}, panel, ahead, [TASK.origin(ISSUE)])
    joined = forecast.join(metrics.truth(panel), on=["unique_id", "ds"])
    own = mase(panel, forecast, ISSUE)
    results = [
        result("seasonal naive", "all", "mase", published, "scaled", "lower"),
        result("workbench", "all", "mase", own, "scaled", "lower"),
        result("workbench", "all", "mae", joined.select(metrics.mae().mean()).item(), TASK.unit, "lower"),
        result(
            "workbench", "all", "coverage_80", joined.select(metrics.coverage(0.8).mean()).item(), "share", "report"
        ),
        result(
            "workbench", "all", "coverage_95", joined.select(metrics.coverage(0.95).mean()).item(), "share", "report"
        ),
    ]
    wanted = goal(
        "workbench", "all", "mase below the seasonal naive's", "<= 0.9 of it", own / published, own <= 0.9 * published
    )
    return report("nn5", [data / FILE], PROTOCOL, results, [wanted])
