"""What the two suites of air quality share: scoring by slice, days and levels, persistence checks."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import polars as pl

from benchmarks._common import result
from workbench.errors import WorkbenchError
from workbench.forecast import metrics
from workbench.science import air
from workbench.settings import PROJECT

UNIT = "µg/m³"


def refuse_unless(name: str, reached: tuple[float, ...], published: tuple[float, ...]) -> None:
    """Stop a suite whose data or metric does not give the published figures, to their last digit."""
    if any(abs(a - b) > 0.0051 for a, b in zip(reached, published, strict=True)):
        raise WorkbenchError(
            f"{name}: {reached} instead of the published {published}",
            "the data folder is another release, or a metric was changed; no evidence from this",
        )


def naive_errors(panel: pl.DataFrame, step: timedelta, first: Any) -> tuple[float, float, int]:
    """MAE, RMSE and number of pairs of the last value carried over `step`, targets from `first` on."""
    was = panel.select("unique_id", pl.col("ds") + step, was="y")
    pairs = panel.filter(pl.col("ds") >= first).join(was, on=["unique_id", "ds"]).drop_nulls(["y", "was"])
    miss = pl.col("y") - pl.col("was")
    return pairs.select(mae=miss.abs().mean(), rmse=(miss**2).mean().sqrt(), pairs=pl.len()).row(0)  # type: ignore[return-value]


def figures(joined: pl.DataFrame, name: str, slices: dict[str, Callable[[], pl.Expr]]) -> list[dict[str, Any]]:
    """CRPS, MAE and coverage of one contender over all and by slice; `joined` is FORECAST + y."""
    wanted = {
        "crps": (metrics.crps().mean(), "lower"),
        "mae": (metrics.mae().mean(), "lower"),
        "coverage_80": (metrics.coverage(0.8).mean(), "report"),
        "coverage_95": (metrics.coverage(0.95).mean(), "report"),
    }
    found = []
    for kind, by in {"all": lambda: pl.lit("all"), **slices}.items():
        groups = joined.group_by(by().cast(pl.String).alias("slice")).agg(
            *(expr.alias(metric) for metric, (expr, _) in wanted.items())
        )
        for row in groups.sort("slice").iter_rows(named=True):
            where = row["slice"] if kind == "all" else f"{kind} {row['slice']}"
            found += [
                result(name, where, metric, row[metric], "share" if "cover" in metric else UNIT, way)  # type: ignore[arg-type]
                for metric, (_, way) in wanted.items()
            ]
    return found


def value(results: list[dict[str, Any]], contender: str, where: str, metric: str) -> float:
    """One figure of a list of results."""
    return next(
        float(r["value"]) for r in results if (r["contender"], r["slice"], r["metric"]) == (contender, where, metric)
    )


def levels(days: pl.DataFrame, name: str, rules: str) -> list[dict[str, Any]]:
    """Level hit rate of daily PM2.5 under a rule set, and on polluted days apart; `days`: y, forecast, lead."""
    points = pl.read_csv(PROJECT / "data/reference/aqi_breakpoints.csv")
    graded = days.drop_nulls(["y", "forecast"])
    for column in ("y", "forecast"):
        index = graded.select(pm2_5=column).select(i=air.iaqi("pm2_5", "day", rules, points))
        graded = graded.with_columns(index.select(air.level(pl.col("i"))).to_series().alias(f"level_{column}"))
    polluted, warned = pl.col("level_y") >= 3, pl.col("level_forecast") >= 3
    hit = pl.col("level_y") == pl.col("level_forecast")
    rows = graded.group_by("lead").agg(
        hit.mean().alias("level_hit"),
        hit.filter(polluted).mean().alias("level_hit_polluted"),
        warned.filter(polluted).mean().alias("pod"),
        (~polluted).filter(warned).mean().alias("far"),
        polluted.sum().alias("polluted_days"),
    )
    ways = {"level_hit": "higher", "level_hit_polluted": "higher", "pod": "higher", "far": "lower"}
    return [
        result(name, f"{rules}, lead day {row['lead']}", metric, row[metric], "share", way)  # type: ignore[arg-type]
        for row in rows.sort("lead").iter_rows(named=True)
        for metric, way in ways.items()
    ]


def days_from(first: date, last: date) -> list[date]:
    """Every day from first to last."""
    return pl.date_range(first, last, "1d", eager=True).to_list()
