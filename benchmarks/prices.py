"""Xinfadi's price notices 2013-06 to 2015-06: which names resolve, and navel-orange prices four weeks ahead.

The file goes through the county's own door, names through its own alias table, forecasts through the task's own models,
and the house's own gate says on 20 origins that end by 2014-10-31, a week before the test, which is `workbench`.
"""

import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks._air import refuse_unless
from benchmarks._common import goal, report, result
from models import prices
from pipelines.prices import prices_daily
from pipelines.readers import price_notices
from workbench.forecast import metrics
from workbench.forecast.algorithms.in_season import InSeason
from workbench.forecast.backtest import backtest
from workbench.forecast.model import Model
from workbench.forecast.recipe import RECIPE
from workbench.forecast.task import Task
from workbench.lake.files import SourceFile
from workbench.lake.ingest import Report, ingest
from workbench.lake.store import Lake
from workbench.operate import gate
from workbench.operate.scoring import KEYS
from workbench.science import notices

FILE = "xinfadi_fruit_prices/xinfadi_fruit_daily.parquet"
ROWS = 56_503
TRAINED = date(2014, 10, 31)
ORIGINS = tuple(date(2014, 11, 7) + timedelta(days=7 * k) for k in range(29))
"""Days of issue, the last of them 2015-05-22: four weeks later the season is over."""
JUDGED = tuple(date(2014, 1, 3) + timedelta(days=14 * k) for k in range(20))
"""Days of issue on which the gate decides; the last of their forecasts ends on 2014-10-23."""
TASK: Task = prices.TASKS[0]
MODELS = prices.MODELS[TASK.name]
NAIVE = next(iter(MODELS))
CHECKED = "鄂、湘、川脐橙"
PUBLISHED = {7: (0.152, 370), 14: (0.253, None), 30: (0.388, None)}
"""Days, MAE in CNY per jin (and pairs) of the latest quote that old, from the data's own description."""
LABELS = {
    "鄂、湘、川脐橙": "gorges_navel/unsorted", "赣南脐橙Ф70-Ф95": "gannan_navel/unsorted",
    "赣南脐橙Ф75-Ф95": "gannan_navel/unsorted", "赣南脐橙Ф80-Ф95": "gannan_navel/large",
    "云南脐橙Ф70-Ф95": "yunnan_navel/unsorted", "脐橙伦晚": "late_navel/unsorted", "纽荷尔": "navel/unsorted",
    "夏橙": "summer_orange/unsorted", "冰糖橙": "sugar_orange/unsorted", "血橙": "blood_orange/unsorted",
    "血橙（Ф65-75）": "blood_orange/medium", "橙子（中华红）": "blood_orange/unsorted", "红橙石甜瓜": "other/unsorted",
}  # fmt: skip
"""Every name with 橙 or 脐 in it, and one variety without, as a person reads them: made apart from the alias table."""
PROTOCOL = (
    "the file through the ordinary door into a new lake (prices per jin turned into CNY/kg), names by the "
    "county's alias table; one price a day and series, the median of its notices; navel oranges; 29 origins on Fridays "
    "2014-11-07 to 2015-05-22, 28 days each, refitted each time, a notice known at the end of its day; CRPS from "
    "fifteen quantiles in CNY/kg, MASE over the mean change from one day to the next up to 2014-10-31; naive = the "
    "last price with its own past changes by gap; workbench = the champion by the gate on 20 origins every 14 days "
    "2014-01-03 to 2014-09-26; models and factors were chosen on windows up to 2014-10-31"
)


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite."""
    raw = pl.read_parquet(data / FILE)
    for days, (mae, pairs) in PUBLISHED.items():
        refuse_unless(f"latest quote {days} days old", aged(raw, days)[: 2 if pairs else 1],
                      (mae, float(pairs)) if pairs else (mae,))  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        seconds, told, resolved, panel = ingested(raw, Path(scratch))
    results, goals = names(raw, told, resolved, seconds)
    navels = panel.filter(pl.col("unique_id").str.contains("navel/"))
    issues = [TASK.origin(day) for day in ORIGINS]
    ours, verdicts = judged(navels.filter(pl.col("ds") <= TRAINED))
    models: dict[str, Model] = {"workbench": MODELS[ours], "naive": MODELS[NAIVE]}
    models |= {name: model for name, model in MODELS.items() if name not in (NAIVE, ours)}
    models |= {"recipe as it is": RECIPE, "recipe in season": InSeason(RECIPE)}
    results += [result("workbench", "gate", "champion", ours, "model", "report"), *verdicts]
    found = {
        name: errors(navels, backtest(TASK, {name: model}, navels, None, issues)) for name, model in models.items()
    }
    for name, figures in found.items():
        for (where, metric), value in figures.items():
            unit = {"crps": "CNY/kg", "mae": "CNY/kg", "mase": "naive days"}.get(metric, "share")
            way = "lower" if metric in ("crps", "mae", "mase") else "report"
            results.append(result(name, where, metric, value, unit, way))  # type: ignore[arg-type]
    ratio = {m: found["workbench"]["all", m] / found["naive"]["all", m] for m in ("crps", "mase")}
    covered = found["workbench"]["all", "coverage_80"]
    goals += [
        goal("workbench", "all", "crps over the naive's", "<= 1", ratio["crps"], ratio["crps"] <= 1),
        goal("workbench", "all", "mase over the naive's", "<= 1", ratio["mase"], ratio["mase"] <= 1),
        goal("workbench", "all", "coverage_80", "0.75 to 0.85", covered, 0.75 <= covered <= 0.85),
    ]
    return report("prices", [data / FILE], PROTOCOL, results, goals)


def judged(panel: pl.DataFrame) -> tuple[str, list[dict[str, Any]]]:
    """The champion by the house's gate on the training part, and what it found of each challenger of the naive."""
    issues = [TASK.origin(day) for day in JUDGED]
    scores = {
        name: metrics.score(backtest(TASK, {name: model}, panel, None, issues), panel, by=KEYS).drop_nulls("value")
        for name, model in MODELS.items()
    }
    verdicts = {name: gate.compare(scores[NAIVE], own, seed=1) for name, own in scores.items() if name != NAIVE}
    passed = {name: verdict.gain for name, verdict in verdicts.items() if verdict.passed}
    told = [
        result(name, "gate", metric, value, "share", "report")
        for name, found in verdicts.items()
        for metric, value in (("gain", found.gain), ("gain at least", found.low), ("coverage_80", found.coverage))
    ]
    return max(passed, key=lambda name: passed[name]) if passed else NAIVE, told


def aged(raw: pl.DataFrame, days: int) -> tuple[float, float]:
    """MAE in CNY per jin of the latest quote at least that old and at most a week older, and the number of pairs."""
    own = raw.filter(pl.col("name") == CHECKED, pl.col("avg") > 0)
    daily = own.group_by("date").agg(pl.col("avg").mean()).sort("date")
    asked = daily.with_columns(until=pl.col("date") - timedelta(days=days))
    was = daily.rename({"avg": "was", "date": "quoted"})
    pairs = asked.sort("until").join_asof(was, left_on="until", right_on="quoted", tolerance="7d").drop_nulls("was")
    return pairs.select((pl.col("avg") - pl.col("was")).abs().mean()).item(), float(pairs.height)


def ingested(raw: pl.DataFrame, folder: Path) -> tuple[float, Report, pl.DataFrame, pl.DataFrame]:
    """Seconds, what the door says, notices with what they mean, and the panel of daily prices."""
    file, lake = folder / "xinfadi.csv", Lake(folder / "lake")
    raw.write_csv(file)
    began = time.perf_counter()
    told = ingest(lake, "price_notices", SourceFile.open(file), [price_notices])
    seconds = time.perf_counter() - began
    rows, aliases = lake.read("price_notices"), lake.read("price_aliases")
    return seconds, told, notices.resolve(rows.collect(), aliases.collect()), prices_daily(rows, aliases).collect()


def names(
    raw: pl.DataFrame, told: Report, resolved: pl.DataFrame, seconds: float
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What became of the rows and of the names, beside what a person makes of the names of oranges."""
    met = told.accepted + told.duplicate + told.quarantined.get("key|repeated", 0)
    kinds = {
        "oranges": pl.col("product").is_not_null() & (pl.col("product") != notices.REST),
        "other fruit": pl.col("product") == notices.REST,
        "unknown": pl.col("product").is_null(),
    }
    results = [result("workbench", "door", "seconds", seconds, "s", "lower")]
    for kind, which in kinds.items():
        own = resolved.filter(which)
        results += [
            result("workbench", kind, "names", own["name"].n_unique(), "names", "report"),
            result("workbench", kind, "rows", own.height, "rows", "report"),
        ]
    code = pl.concat_str("product", "grade_code", separator="/")
    meant = dict(resolved.select("name", code.alias("code")).unique().iter_rows())
    right = sum(meant[name] == label for name, label in LABELS.items())
    asked = set(raw.filter(pl.col("name").str.contains("橙|脐"))["name"]) - set(LABELS)
    return results, [
        goal("workbench", "door", "rows accounted for", f"{ROWS}", met, met == ROWS),
        goal("workbench", "oranges", "names read as a person does", f"{len(LABELS)}", right, right == len(LABELS)),
        goal("workbench", "oranges", "names with 橙 or 脐 that no person read", "0", len(asked), not asked),
    ]


def errors(panel: pl.DataFrame, forecast: pl.DataFrame) -> dict[tuple[str, str], float]:
    """CRPS, MAE, MASE and coverage of one contender: all, by week ahead, and on days with a range of its own."""
    scale = metrics.scales(panel, 1, TASK.every, TRAINED)
    week = ((pl.col("ds") - pl.col("cutoff")).dt.total_days() - 1) // 7 + 1
    joined = forecast.join(metrics.truth(panel), on=["unique_id", "ds"]).join(scale, on="unique_id", how="left")
    joined = joined.with_columns(slice=pl.format("week {}", week))
    wanted = {
        "crps": metrics.crps().mean(), "mae": metrics.mae().mean(), "mase": metrics.mase().mean(),
        "coverage_80": metrics.coverage(0.8).mean(), "coverage_95": metrics.coverage(0.95).mean(),
    }  # fmt: skip
    parts = [joined.with_columns(slice=pl.lit("all")), joined]
    table = pl.concat(parts).group_by("slice").agg(**wanted).sort("slice")
    return {(row["slice"], name): row[name] for row in table.iter_rows(named=True) for name in wanted}
