"""Australian domestic tourism: 304 quarterly series and their sums, 425 in all, the last eight quarters as test.

The protocol of chapter 11 of Forecasting: Principles and Practice and of hierarchicalforecast's own notebook: country,
states, purposes, regions, state × purpose and the bottom; MASE against the in-sample seasonal naive, the mean over all
series. The point that is scored is the mean, which adds up; medians do not.
"""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks._common import goal, report, result
from benchmarks._race import spent
from benchmarks._scores import agrees
from workbench.errors import WorkbenchError
from workbench.forecast import metrics, parallel
from workbench.forecast.hierarchy import Hierarchy, Tree, aggregate
from workbench.forecast.model import guard
from workbench.forecast.recipe import RECIPE
from workbench.forecast.reconciled import Reconciled
from workbench.forecast.task import Split, Task

FILE = "australian_tourism/tsibble_tourism_quarterly.parquet"
LEVELS = ((), ("state",), ("purpose",), ("state", "region"), ("state", "purpose"))
TASK = Task(
    name="tourism_hierarchy",
    title_zh="澳大利亚国内旅游（分州、地区、目的）",
    title_en="Domestic trips in Australia by state, region and purpose",
    unit="thousand trips",
    owner="commerce_tourism",
    panel="tourism_hierarchy",
    every="1q",
    horizon=8,
    seasons=(4,),
    bounds=(0, None),
    issue_at="00:00",
    zone="UTC",
    hierarchy=Hierarchy(("state", "region", "purpose"), LEVELS),
)
MODEL = Reconciled(RECIPE, "shrink")
TEST = date(2016, 1, 1)
SEASON = 4
PEERS = {"AutoETS bottom-up": "bottom_up", "AutoETS MinT-shrink": "mint_shrink", "AutoETS MinT-OLS": "ols"}
NAIVE = "1.167"
"""MASE of the seasonal naive on the bottom series."""
PROTOCOL = (
    "Tourism Research Australia by tsibble, trips a quarter 1998 Q1 - 2017 Q4; 304 bottom series and 121 sums; test "
    "2016 Q1 - 2017 Q4, one origin; MASE of the mean by the in-sample seasonal naive, mean over 8 steps, then over "
    "series; a value is known when its quarter ends. Peers: statsforecast's AutoETS 'ZZA' and hierarchicalforecast on "
    "its in-sample residuals, as in its notebook. Ours: the recipe of all suites, errors from replays inside training"
)


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite."""
    panel = build(data / FILE)
    check(panel)
    split = at(panel, TEST)
    results: list[dict[str, Any]] = []
    for name, (forecast, seconds) in {"workbench": ours(split), **peers(split)}.items():
        results += figures(name, forecast, panel, TEST)
        results.append(result(name, "all", "cpu", seconds, "s", "lower"))
    return report("tourism_hierarchy", [data / FILE], PROTOCOL, results, goals(results))


def build(file: Path) -> pl.DataFrame:
    """PANEL of all 425 series."""
    rows = pl.read_parquet(file)
    name = pl.concat_str("State", "Region", "Purpose", separator="/")
    over = pl.col("ds").dt.offset_by("1q").cast(pl.Datetime("us", "UTC"))
    assert TASK.hierarchy is not None
    return aggregate(rows.select("ds", unique_id=name, known_at=over, y="Trips"), TASK.hierarchy)


def at(panel: pl.DataFrame, first: date) -> Split:
    """What was known when the quarter `first` began."""
    return TASK.split(panel, None, datetime(first.year, first.month, first.day, tzinfo=UTC))


def check(panel: pl.DataFrame) -> None:
    """The seasonal naive on the bottom series, to the printed digit, or no evidence."""
    bottom = panel.filter(~pl.col("unique_id").str.contains("*", literal=True))
    last = bottom.filter(pl.col("ds") < TEST).sort("unique_id", "ds").group_by("unique_id").tail(SEASON)
    moved = [last.with_columns(pl.col("ds").dt.offset_by(f"{years}y")) for years in (1, 2)]
    naive = pl.concat(moved).select("unique_id", "ds", mean="y")
    reached = mase(naive, bottom, TEST).select(pl.col("mase").mean()).item()
    if not agrees(reached, NAIVE):
        raise WorkbenchError(
            f"MASE of the seasonal naive on the bottom series is {reached:.4f} instead of {NAIVE}",
            "the data folder is another release, or a metric was changed; no evidence from this",
        )


def mase(forecast: pl.DataFrame, panel: pl.DataFrame, first: date) -> pl.DataFrame:
    """MASE of the mean of every series: unique_id, mase."""
    scale = metrics.scales(panel, SEASON, TASK.every, before=first)
    joined = forecast.join(metrics.truth(panel), on=["unique_id", "ds"]).join(scale, on="unique_id")
    return joined.group_by("unique_id").agg(mase=((pl.col("y") - pl.col("mean")).abs() / pl.col("scale")).mean())


def ours(split: Split) -> tuple[pl.DataFrame, float]:
    """Our forecast of every series, and its CPU seconds with all training."""
    begin = spent()
    made = MODEL.fit(TASK, split).predict(split.past, split.future)
    parallel.close()
    return guard(TASK, made, split.future, "workbench"), spent() - begin


def peers(split: Split) -> dict[str, tuple[pl.DataFrame, float]]:
    """AutoETS as it is, and reconciled by hierarchicalforecast; CPU seconds with the base forecasts."""
    from hierarchicalforecast.methods import BottomUp, MinTrace
    from statsforecast import StatsForecast
    from statsforecast.models import AutoETS

    begin = spent()
    assert TASK.hierarchy is not None
    tree = Tree.of(TASK.hierarchy, split.past["unique_id"])
    machine = StatsForecast(models=[AutoETS(season_length=SEASON, model="ZZA")], freq="1q", n_jobs=1)
    made = machine.forecast(df=split.past.select("unique_id", "ds", "y"), h=TASK.horizon, fitted=True)
    fitted = machine.forecast_fitted_values()
    base = tree.table(made, "AutoETS")
    truth, inside = tree.table(fitted, "y"), tree.table(fitted, "AutoETS")
    cost = spent() - begin
    steps = made["ds"].unique().sort()
    found = {"AutoETS base": (framed(tree, base, steps), cost)}
    for name, method in PEERS.items():
        begin = spent()
        reconciler = BottomUp() if method == "bottom_up" else MinTrace(method)
        values = reconciler.fit_predict(S=tree.summing.toarray(), y_hat=base, y_insample=truth, y_hat_insample=inside)[
            "mean"
        ]
        found[name] = (framed(tree, np.asarray(values), steps), cost + spent() - begin)
    return found


def framed(tree: Tree, values: np.ndarray, steps: pl.Series) -> pl.DataFrame:
    """Values (series × steps) as unique_id, ds, mean."""
    keys = pl.DataFrame({"unique_id": tree.ids}).join(steps.to_frame("ds"), how="cross")
    return keys.with_columns(mean=pl.Series(values.reshape(-1)))


def figures(name: str, forecast: pl.DataFrame, panel: pl.DataFrame, first: date) -> list[dict[str, Any]]:
    """A contender's MASE over all series and by level, how far it is from adding up, and its ranges if it has any."""
    hierarchy = TASK.hierarchy
    assert hierarchy is not None
    errors = mase(forecast, panel, first)
    level = {one: " × ".join(hierarchy.level(one)) or "country" for one in errors["unique_id"]}
    by = (
        errors.with_columns(level=pl.col("unique_id").replace_strict(level))
        .group_by("level")
        .agg(pl.col("mase").mean())
    )
    tree = Tree.of(hierarchy, forecast["unique_id"])
    found = [result(name, "all", "mase", errors["mase"].mean(), "scaled", "lower")]  # type: ignore[arg-type]
    found += [result(name, one, "mase", value, "scaled", "lower") for one, value in sorted(by.rows())]
    found.append(result(name, "all", "gap of the sums", tree.gap(tree.table(forecast, "mean")), "relative", "lower"))
    if "q50" not in forecast.columns:
        return found
    scale = metrics.scales(panel, SEASON, TASK.every, before=first)
    joined = forecast.join(metrics.truth(panel), on=["unique_id", "ds"]).join(scale, on="unique_id")
    ranges = {
        "coverage_80": (metrics.coverage(0.8), "share", "report"),
        "coverage_95": (metrics.coverage(0.95), "share", "report"),
        "msis": (metrics.msis(), "scaled", "lower"),
        "crps": (metrics.crps() / pl.col("scale"), "scaled", "lower"),
    }
    for metric, (value, unit, way) in ranges.items():
        found.append(result(name, "all", metric, joined.select(value.mean()).item(), unit, way))  # type: ignore[arg-type]
    return found


def goals(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The goals as they were set."""
    own = {row["metric"]: row["value"] for row in results if row["contender"] == "workbench" and row["slice"] == "all"}
    rival = next(row["value"] for row in results if row["contender"] == "AutoETS MinT-shrink")
    gap = own["gap of the sums"]
    return [
        goal("workbench", "all", "mase", "<= 0.95", own["mase"], own["mase"] <= 0.95),
        goal("workbench", "all", "mase below MinT-shrink", f"< {rival:.4g}", own["mase"], own["mase"] < rival),
        goal("workbench", "all", "gap of the sums", "<= 1e-6", gap, gap <= 1e-6),
    ]
