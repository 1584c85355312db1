"""Hourly PM2.5 of twelve Beijing stations, 72 hours ahead, the last year of the UCI set as test.

Issued at midnight local time, when the values up to 23:00 are known (the catalogue's delay of one hour). No weather of
the future is known: the file has observations only. Scale, random cuts, deep leaves, bands, how many issues the ranges
are calibrated on and how fast they learn on were chosen on 2015-03 … 2016-02.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks import _lightgbm
from benchmarks._air import UNIT, days_from, figures, levels, naive_errors, refuse_unless, value
from benchmarks._common import goal, report, result
from pipelines import air
from workbench.forecast import metrics, slices
from workbench.forecast.algorithms.booster import Booster
from workbench.forecast.algorithms.persistence import Persistence
from workbench.forecast.backtest import backtest
from workbench.forecast.conformal import Calibrated
from workbench.forecast.task import Task
from workbench.science import air_day

FILE = "uci_beijing_multisite_2013_2017/all_12_stations.parquet"
FIRST, LAST = date(2016, 3, 1), date(2017, 2, 26)  # issue days: the last leads end with the file
TASK = Task(
    name="air_beijing",
    title_zh="北京十二站PM2.5逐时",
    title_en="Hourly PM2.5 at twelve Beijing stations",
    unit=UNIT,
    owner="environment",
    panel="air_hourly",
    every="1h",
    horizon=72,
    seasons=(24, 168),
    past_only=(*air.HOURLY, *air.WEATHER),
    bounds=(0, None),
    issue_at="00:00",
    refit="2y",  # one fit
)
MODEL = Calibrated(
    Booster(trees=60, leaves=511, smallest=20, bands=(6, 24), rows=80_000, rounds=150, leads=4),
    origins=180,
    refit="366d",
    rate=0.05,
)
WINDS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
PROTOCOL = (
    "UCI Beijing multi-site, PM2.5, 12 stations; train 2013-03 … 2016-02, one fit; 363 issues at local midnight of "
    "2016-03-01 … 2017-02-26, 72 h; a value is known one hour after its hour (assumed); no future weather; the ranges "
    "of the workbench learn on from each issue whose truth has become known, as in production; persistence "
    "= last value + its errors by lead and hour; LightGBM = mlforecast features, direct by lead, 30 trials on the "
    "validation year 2015-03 … 2016-02, conformal by lead from that year"
)


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite."""
    panel = build(data / FILE)
    check(panel)
    issues = [TASK.origin(day) for day in days_from(FIRST, LAST)]
    replayed = backtest(TASK, {"workbench": MODEL, "persistence": Persistence()}, panel, None, issues)
    forecasts = {str(name): part for (name,), part in replayed.partition_by("model", as_dict=True).items()}
    cuts = (TASK.origin(date(2015, 3, 1)), issues[0], issues[-1])
    naive = tuple(at.replace(tzinfo=None) for at in cuts)
    peer, chosen = _lightgbm.forecast(panel, TASK, (naive[0], naive[1], naive[2]))
    keys = forecasts["workbench"].select("unique_id", "cutoff", "ds")
    forecasts["lightgbm"] = peer.drop("y").join(keys, on=["unique_id", "cutoff", "ds"])
    results = [result("lightgbm", "chosen", name, str(one), "", "report") for name, one in chosen.items()]
    for name, forecast in forecasts.items():
        joined = forecast.join(metrics.truth(panel), on=["unique_id", "ds"])
        results += figures(joined, name, SLICES)
        results += levels(daily(forecast, panel), name, "hj633_2012")
    return report("air_beijing", [data / FILE], PROTOCOL, results, goals(results))


SLICES = {
    "lead day": lambda: (pl.col("ds") - pl.col("cutoff")).dt.total_hours().sub(1) // 24 + 1,
    "season": lambda: slices.season(False),
    "forecast median >= 115:": lambda: slices.state(115),
}


def build(file: Path) -> pl.DataFrame:
    """The PANEL of PM2.5 that the workbench's own pipeline makes of the file, as if it had come through the lake."""
    raw = pl.read_parquet(file)
    local = pl.datetime("year", "month", "day", "hour", time_zone=TASK.zone)
    raw = raw.with_columns(time=local.dt.convert_time_zone("UTC").dt.cast_time_unit("us"), place="station")
    raw = raw.with_columns(known_at=pl.col("time").dt.offset_by("1h"))
    pollutants = {"pm2_5": "PM2.5", "pm10": "PM10", "so2": "SO2", "no2": "NO2", "o3": "O3"}
    hours = raw.select(
        "station", "time", "known_at", co=pl.col("CO") / 1000, **{k: pl.col(v) for k, v in pollutants.items()}
    )
    angle = {name: 22.5 * number for number, name in enumerate(WINDS)}
    turned = pl.col("wd").replace_strict(angle, default=None, return_dtype=pl.Float64)
    seen = {
        "temperature": "TEMP",
        "dew_point": "DEWP",
        "pressure": "PRES",
        "precipitation": "RAIN",
        "wind_speed": "WSPM",
    }
    weather = raw.select("place", "time", "known_at", wind_direction=turned, **{k: pl.col(v) for k, v in seen.items()})
    absent = [name for name in air.MEASURED if name not in weather.columns]
    weather = weather.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in absent)
    panel = air.air_hourly(
        hours.with_columns(pl.lit(1, dtype=pl.UInt8).alias(f"q_{name}") for name in air.HOURLY).lazy(),
        weather.with_columns(pl.lit(1, dtype=pl.UInt8).alias(f"q_{name}") for name in air.MEASURED).lazy(),
        raw.select("station", "place").unique().lazy(),
    )
    return panel.filter(pl.col("unique_id").str.ends_with("/pm2_5")).collect()


def check(panel: pl.DataFrame) -> None:
    """The published persistence figures, to the last digit."""
    first = TASK.origin(FIRST)
    reached = [naive_errors(panel, timedelta(hours=h), first) for h in (1, 6, 12, 24)]
    published = (10.16, 19.44, 101836, 31.84, 54.77, 101272, 44.17, 72.27, 101014, 58.18, 88.25, 100730)
    refuse_unless("Beijing persistence", tuple(v for three in reached for v in three), published)


def daily(forecast: pl.DataFrame, panel: pl.DataFrame) -> pl.DataFrame:
    """Day means of the forecast's mean and of the truth (20 hours at least): y, forecast, lead."""
    joined = forecast.join(metrics.truth(panel), on=["unique_id", "ds"], how="left", suffix="_seen")
    day = air_day.local_day(pl.col("ds"), TASK.zone)
    groups = joined.group_by("unique_id", "cutoff", day.alias("day")).agg(
        pl.col("y").mean(), pl.col("mean").mean().alias("forecast"), valid=pl.col("y").count(), lead=pl.col("ds").min()
    )
    lead = (pl.col("lead") - pl.col("cutoff")).dt.total_hours() // 24 + 1
    return groups.filter(pl.col("valid") >= 20).select("y", "forecast", lead=lead)


def goals(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Skill against both, and how far coverage is off, overall and on the worst slice."""
    own = value(results, "workbench", "all", "crps")
    found = []
    for rival, wanted in (("persistence", 0.15), ("lightgbm", 0.05)):
        skill = 1 - own / value(results, rival, "all", "crps")
        found.append(goal("workbench", "all", f"crps skill over {rival}", f">= {wanted}", skill, skill >= wanted))
    for metric, nominal in (("coverage_80", 0.8), ("coverage_95", 0.95)):
        off = abs(value(results, "workbench", "all", metric) - nominal)
        found.append(goal("workbench", "all", f"{metric} off by", "<= 0.02", off, off <= 0.02))
        for kind in ("lead day", "season", "forecast median >= 115: high"):
            rows = [r for r in results if r["contender"] == "workbench" and r["metric"] == metric]
            worst = max(abs(float(r["value"]) - nominal) for r in rows if r["slice"].startswith(kind))
            found.append(goal("workbench", f"worst {kind}", f"{metric} off by", "<= 0.05", worst, worst <= 0.05))
    return found
