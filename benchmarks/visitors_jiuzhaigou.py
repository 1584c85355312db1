"""Daily visitors of Jiuzhaigou, a week and a month ahead, the last days of the file (July 2017) as the end of the test.

The file goes through the visitors pipeline as a table of daily visitors: of a day given twice the last line counts, a
figure that covers several days counts for none. Known ahead is the calendar only, as gazetted by the time; no weather.
Models and their settings were chosen on windows that end on 2016-08-04, before the first test origin.
"""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks._common import goal, report, result
from benchmarks._scores import agrees
from models import visitors as domain
from pipelines import visitors as pipeline
from workbench.errors import WorkbenchError
from workbench.forecast import metrics
from workbench.forecast.backtest import backtest
from workbench.forecast.frames import QUANTILES
from workbench.forecast.model import Model
from workbench.forecast.task import Task
from workbench.lake import catalogue
from workbench.lake.store import Lake, schema
from workbench.science.holidays import inside, placed

FILE = "jiuzhaigou_daily/visitors.csv.gz"
FIRST, LAST = date(2013, 11, 1), date(2017, 7, 31)
DAYS = tuple(name for name in domain.DAYS if name not in ("closed", "event", "booked"))
ROUNDS = {7: (26, 7), 30: (12, 30)}
"""By horizon: how many origins, how many days apart."""
MODELS: dict[int, Model] = {7: domain.SHORT, 30: domain.LONG}
GOALS = {7: 0.52, 30: 0.60}
PUBLISHED = {7: "0.824", 30: "1.569"}
"""MASE of the seasonal naive on this protocol, as noted with the data."""
PROTOCOL = (
    "Jiuzhaigou, persons a day, 2013-11-01 … 2017-07-31; a day is known one hour after it ends; h = 7: 26 origins "
    "every 7 days, h = 30: 12 origins every 30 days, the last ones ending 2017-07-31, refitted every 30 days; MASE of "
    "the median by the mean absolute change over 7 days of all before the origin, mean over origins; holidays = days "
    "off of a break that holds a public holiday; interval of coverage: 4,000 block bootstraps, a block = a holiday; "
    "no weather; the seasonal naive repeats the last seven days"
)


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite."""
    panel, ahead = build(data / FILE)
    results: list[dict[str, Any]] = []
    for horizon, model in MODELS.items():
        naive = repeated(panel, horizon, LAST)
        reached = scored(naive, panel)["mase"]
        if not agrees(reached, PUBLISHED[horizon]):
            raise WorkbenchError(
                f"MASE of the seasonal naive at h = {horizon} is {reached:.4f} instead of {PUBLISHED[horizon]}",
                "the data folder is another release, or a metric was changed; no evidence from this",
            )
        own = replayed(panel, ahead, horizon, model, LAST)
        for name, forecast in (("seasonal naive", naive), ("workbench", own)):
            results += figures(name, horizon, forecast, panel)
    return report("visitors_jiuzhaigou", [data / FILE], PROTOCOL, results, goals(results))


def build(file: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """PANEL and VINTAGES that the visitors pipeline makes of the file."""
    raw = pl.read_csv(file, try_parse_dates=True).filter(pl.col("date") >= FIRST)
    once = raw.unique("date", keep="last", maintain_order=True).sort("date")
    over = (pl.col("date") + timedelta(days=1)).cast(pl.Datetime("us")).dt.replace_time_zone(pipeline.ZONE)
    rows = once.select(
        "date",
        area=pl.lit("jiuzhaigou"),
        definition=pl.lit("ticketed"),
        visitors=pl.col("visitors").cast(pl.Float64),
        days=pl.lit(None, pl.Int64),
        q_visitors=pl.lit(1, pl.UInt8),
        known_at=(over + timedelta(hours=1)).dt.convert_time_zone("UTC"),
    )
    names = ("scenic_areas", "area_closures", "tourism_events", "bookings", "weather_forecast")
    tables = {name: pl.LazyFrame(schema=schema(catalogue.load(name))) for name in names}
    tables |= {"visitors_daily": rows.lazy(), "holidays": Lake().read("holidays")}
    panel, ahead = pipeline.visitors_daily(**tables).collect(), pipeline.visitors_ahead(**tables).collect()
    own = pl.col("unique_id") == "jiuzhaigou/ticketed"
    return panel.filter(own), ahead.filter(own)


def cutoffs(horizon: int, end: date) -> list[date]:
    """The last day known at each origin, newest first."""
    many, step = ROUNDS[horizon]
    return [end - timedelta(days=horizon + step * k) for k in range(many)]


def question(horizon: int) -> Task:
    """The daily task, without a county and with the calendar only."""
    return replace(
        domain.DAILY, horizon=horizon, known_ahead=DAYS, past_only=DAYS, hierarchy=None, issue_at="12:00", refit="30d"
    )


def replayed(panel: pl.DataFrame, ahead: pl.DataFrame, horizon: int, model: Model, end: date) -> pl.DataFrame:
    """The forecasts at every origin."""
    task = question(horizon)
    origins = [task.origin(day + timedelta(days=1)) for day in cutoffs(horizon, end)]
    return backtest(task, {"workbench": model}, panel, ahead, origins)


def repeated(panel: pl.DataFrame, horizon: int, end: date) -> pl.DataFrame:
    """The last seven days again and again, as points."""
    parts = []
    for cutoff in cutoffs(horizon, end):
        steps = pl.DataFrame({"lead": range(1, horizon + 1)}).with_columns(
            ds=pl.lit(cutoff) + pl.duration(days=pl.col("lead")), cutoff=pl.lit(cutoff)
        )
        back = steps.with_columns(was=pl.col("ds") - pl.duration(days=7 * ((pl.col("lead") - 1) // 7 + 1)))
        parts.append(back.join(panel.select(was="ds", point="y"), on="was", how="left"))
    told = pl.concat(parts).drop_nulls("point")
    return told.select("ds", "cutoff", *(pl.col("point").alias(name) for name in ("mean", *QUANTILES)))


def joined(forecast: pl.DataFrame, panel: pl.DataFrame) -> pl.DataFrame:
    """Forecasts beside the truth and the scale at their origin; holidays by name."""
    grid = pl.date_range(panel["ds"].min(), panel["ds"].max(), eager=True).alias("ds").to_frame()  # type: ignore[arg-type]
    days = grid.join(panel.select("ds", "y"), on="ds", how="left").sort("ds")
    moved = days.with_columns(change=(pl.col("y") - pl.col("y").shift(7)).abs())
    scales = pl.DataFrame(
        [
            (cut, moved.filter(pl.col("ds") <= cut)["change"].mean())
            for cut in forecast["cutoff"].unique().sort().to_list()
        ],
        schema={"cutoff": pl.Date, "scale": pl.Float64},
        orient="row",
    )
    place = placed(FIRST, LAST, Lake().read("holidays").collect())
    named = pl.when(inside()).then(pl.format("{} {}", "year", "festival")).alias("holiday")
    truth = panel.select("ds", "y").drop_nulls("y")
    found = forecast.join(truth, on="ds").join(scales, on="cutoff")
    return found.join(place.select(named, ds="date"), on="ds", how="left")


def scored(forecast: pl.DataFrame, panel: pl.DataFrame) -> dict[str, float]:
    """MASE (mean over origins) and MAPE in percent (mean over origins) of the median."""
    rows = joined(forecast, panel)
    each = rows.group_by("cutoff").agg(
        mase=metrics.mase().mean(), mape=100 * (metrics.mae() / pl.col("y")).mean(), mae=metrics.mae().mean()
    )
    return {name: float(each[name].mean()) for name in ("mase", "mape", "mae")}  # type: ignore[arg-type]


def figures(name: str, horizon: int, forecast: pl.DataFrame, panel: pl.DataFrame) -> list[dict[str, Any]]:
    """A contender's figures at one horizon; holidays apart."""
    rows, slice = joined(forecast, panel), f"h = {horizon}"
    found = [
        result(name, slice, metric, value, unit, "lower")
        for (metric, value), unit in zip(scored(forecast, panel).items(), ("scaled", "%", "persons"), strict=True)
    ]
    off = rows.drop_nulls("holiday")
    at = f"{slice}, holidays"
    found.append(result(name, at, "mae", off.select(metrics.mae().mean()).item(), "persons", "lower"))
    found.append(result(name, at, "days", off.height, "days", "report"))
    if name != "workbench":
        return found
    for share in (80, 95):
        value = rows.select(metrics.coverage(share / 100).mean()).item()
        found.append(result(name, slice, f"coverage_{share}", value, "share", "report"))
    found.append(result(name, slice, "crps", rows.select(metrics.crps().mean()).item(), "persons", "lower"))
    low, middle, high = blocks(off)
    for metric, value in (("coverage_80", middle), ("coverage_80 from", low), ("coverage_80 to", high)):
        found.append(result(name, at, metric, value, "share", "report"))
    return found


def blocks(rows: pl.DataFrame, draws: int = 4000) -> tuple[float, float, float]:
    """Coverage of the 80 % range on holidays: the 2.5 % point, the mean and the 97.5 % point of block bootstraps."""
    each = (
        rows.group_by("holiday", maintain_order=True).agg(hit=metrics.coverage(0.8).sum(), n=pl.len()).sort("holiday")
    )
    hit, number = each["hit"].to_numpy(), each["n"].to_numpy()
    picks = np.random.default_rng(0).integers(0, len(hit), (draws, len(hit)))
    shares = hit[picks].sum(axis=1) / number[picks].sum(axis=1)
    return float(np.quantile(shares, 0.025)), float(hit.sum() / number.sum()), float(np.quantile(shares, 0.975))


def goals(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The goals as they were set."""
    value = {(r["contender"], r["slice"], r["metric"]): float(r["value"]) for r in results}
    found = []
    for horizon, wanted in GOALS.items():
        here, off = f"h = {horizon}", f"h = {horizon}, holidays"
        mase = value["workbench", here, "mase"]
        found.append(goal("workbench", here, "mase", f"<= {wanted}", mase, mase <= wanted))
        far = abs(value["workbench", here, "coverage_80"] - 0.8)
        found.append(goal("workbench", here, "coverage_80 off by", "<= 0.03", far, far <= 0.03))
        low, high = (value["workbench", off, f"coverage_80 {end}"] for end in ("from", "to"))
        found.append(
            goal("workbench", off, "interval of coverage_80", "holds 0.8", f"{low:.2f}–{high:.2f}", low <= 0.8 <= high)
        )
        better = 1 - value["workbench", off, "mae"] / value["seasonal naive", off, "mae"]
        found.append(goal("workbench", off, "mae below seasonal naive", ">= 0.3", better, better >= 0.3))
    return found
