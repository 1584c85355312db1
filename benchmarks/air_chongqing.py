"""Chongqing's daily PM2.5, seven days ahead, 2020-01-01 … 2021-04-30: nothing known from the day ahead.

The file dates PM10 and the gases one day early; they are put right before anything else, and the suite shows by the
lag of best agreement that they are. Recipe chosen on 2018 and 2019.
"""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks._air import UNIT, days_from, figures, levels, naive_errors, refuse_unless, value
from benchmarks._common import goal, report, result
from workbench.errors import WorkbenchError
from workbench.forecast import metrics
from workbench.forecast.algorithms.booster import Booster
from workbench.forecast.algorithms.features import Spans
from workbench.forecast.algorithms.persistence import Persistence
from workbench.forecast.backtest import backtest
from workbench.forecast.task import Task

FILE = "china39_daily_airquality_weather_2014_2021/all_cities.parquet"
FIRST, LAST = date(2020, 1, 1), date(2021, 4, 30)
WEATHER = {
    "avgtemp": "temperature",
    "maxtemp": "temperature_max",
    "mintemp": "temperature_min",
    "avgrh": "humidity",
    "avgws": "wind_speed",
    "maxws": "wind_max",
    "daylight": "sunshine",
    "precipitation": "precipitation",
    "avgp": "pressure",
}
EARLY = {"PM10": "pm10", "CO": "co", "NO2": "no2", "SO2": "so2", "O3": "o3"}
AROUND = (
    "chengdu", "guiyang", "xian", "changsha", "wuhan", "kunming", "lanzhou", "nanyang", "zhengzhou", "nanning",
)  # fmt: skip
OWN = [*WEATHER.values(), *EARLY.values()]
PROTOCOL = (
    "china39, Chongqing, daily PM2.5; train to 2019-12-31, one fit; an issue at each midnight of 2020-01-01 … "
    "2021-04-30, seven days ahead; known: values of all days over, of Chongqing and ten cities around, PM10 and gases "
    "moved back by the day that they are dated early; recipe chosen on 2018 and 2019; the ceiling knows the observed "
    "weather of the day ahead and is no forecast"
)
BOOSTER = Booster(
    trees=40,
    leaves=127,
    smallest=5,
    rounds=500,
    rate=0.02,
    twigs=15,
    lean=1.0,
    bands=(1,),
    leads=1,
    scale="log",
    anchor=True,
    spans=Spans(swings=(1, 2, 3, 7), levels=(2, 3, 7, 14, 30, 60), beside=(1, 2, 7), stale=5),
)


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite."""
    cities = read(data / FILE)
    panel = build(cities)
    check(cities, panel)
    task = question(panel)
    issues = [task.origin(day) for day in days_from(FIRST, LAST)]
    replayed = backtest(task, {"workbench": BOOSTER, "persistence": Persistence()}, panel, None, issues)
    results = []
    for (name,), forecast in replayed.partition_by("model", as_dict=True).items():
        results += scored(forecast, panel, str(name))
    for kind, columns in {"own PM2.5 and weather": [*WEATHER.values()], "own pollutants and weather": OWN}.items():
        less = panel.select(*panel.columns[:4], *columns)
        one = replace(question(less), horizon=1)
        forecast = truth_of(backtest(one, {kind: BOOSTER}, less, None, issues), panel)
        mae = forecast.select(metrics.mae().mean()).item()
        results.append(result(f"workbench with {kind} only", "lead 1", "mae", mae, UNIT, "report"))
    ahead = panel.join(
        panel.select(
            "unique_id", pl.col("ds") - timedelta(days=1), *(pl.col(w).alias(f"{w}_next") for w in WEATHER.values())
        ),
        on=["unique_id", "ds"],
        how="left",
    )
    one = replace(question(ahead), horizon=1)
    ceiling = backtest(one, {"ceiling": BOOSTER}, ahead, None, issues)
    mae = truth_of(ceiling, panel).select(metrics.mae().mean()).item()
    results.append(result("ceiling (observed weather of the day ahead)", "lead 1", "mae", mae, UNIT, "report"))
    reached = value(results, "workbench", "lead 1", "mae")
    goals = [goal("workbench", "lead 1", "mae", "<= 8.4", reached, reached <= 8.4)]
    return report("air_chongqing", [data / FILE], PROTOCOL, results, goals)


def read(file: Path) -> pl.DataFrame:
    """All cities by day, PM10 and the gases as the file dates them; text dates of both kinds."""
    text = pl.col("date")
    day = pl.coalesce(text.str.to_date("%Y-%m-%d", strict=False), text.str.to_date("%Y/%m/%d", strict=False))
    rows = pl.read_parquet(file).with_columns(ds=day).drop_nulls("ds").unique(["file", "ds"], keep="first")
    pressure = pl.when(pl.col("avgp").is_between(60_000, 106_000)).then("avgp")
    return rows.with_columns(avgp=pressure).select(
        "ds", *("file", "PM25"), *(pl.col(name).cast(pl.Float64) for name in (*EARLY, *WEATHER))
    )


def build(cities: pl.DataFrame) -> pl.DataFrame:
    """PANEL of Chongqing with its weather, its other pollutants a day later than dated, and the cities around."""
    own = cities.filter(pl.col("file") == "chongqing")
    gases = own.select(pl.col("ds") + timedelta(days=1), **{new: pl.col(old) for old, new in EARLY.items()})
    panel = own.select("ds", y="PM25", **{new: pl.col(old) for old, new in WEATHER.items()})
    panel = panel.join(gases, on="ds", how="left")
    for city in AROUND:
        columns = {f"{city}_pm2_5": "PM25", f"{city}_temperature": "avgtemp", f"{city}_pressure": "avgp"}
        other = cities.filter(pl.col("file") == city).select("ds", **{new: pl.col(old) for new, old in columns.items()})
        panel = panel.join(other, on="ds", how="left")
    over = (pl.col("ds") + timedelta(days=1)).cast(pl.Datetime("us")).dt.replace_time_zone("Asia/Shanghai")
    return panel.sort("ds").select(
        pl.lit("chongqing/pm2_5").alias("unique_id"), "ds", over.dt.convert_time_zone("UTC").alias("known_at"),
        pl.exclude("ds"),
    )  # fmt: skip


def question(panel: pl.DataFrame) -> Task:
    """The task: issued at midnight, when yesterday is known; step 1 is the day that begins."""
    return Task(
        name="air_chongqing",
        title_zh="重庆PM2.5日均值",
        title_en="Chongqing daily PM2.5",
        unit=UNIT,
        owner="environment",
        panel="air_daily",
        every="1d",
        horizon=7,
        seasons=(7,),
        past_only=tuple(panel.columns[4:]),
        bounds=(0, None),
        issue_at="00:00",
        refit="2y",  # one fit
    )


def check(cities: pl.DataFrame, panel: pl.DataFrame) -> None:
    """Published persistence figures, and that no pollutant used is dated early."""
    reached = [naive_errors(panel, timedelta(days=h), FIRST)[:2] for h in (1, 3, 7)]
    refuse_unless(
        "Chongqing persistence", tuple(v for pair in reached for v in pair), (9.62, 14.19, 15.79, 22.10, 18.02, 24.70)
    )
    for name in ("pm10", "co", "no2"):
        best = best_lag(panel, "y", name)
        if best:
            raise WorkbenchError(f"{name} is dated {-best} days early", "it would let a model read tomorrow")
    for city in AROUND:  # a city that agreed better with Chongqing's next day would be dated early, too
        raw = cities.filter(pl.col("file") == city).sort("ds")
        if best_lag(raw, "PM25", "PM10") != -1:
            raise WorkbenchError(f"{city}: PM10 is not dated one day early as elsewhere", "look at the file again")


def best_lag(frame: pl.DataFrame, left: str, right: str) -> int:
    """The shift of `right` in days at which it agrees best with `left`; -1: right(t - 1) belongs to left(t)."""
    pairs = {s: frame.sort("ds").select(pl.corr(pl.col(left), pl.col(right).shift(-s))).item() for s in (-1, 0, 1)}
    return max(pairs, key=lambda s: pairs[s])


def truth_of(forecast: pl.DataFrame, panel: pl.DataFrame) -> pl.DataFrame:
    """FORECAST + y + lead."""
    joined = forecast.join(metrics.truth(panel), on=["unique_id", "ds"])
    return joined.with_columns(lead=(pl.col("ds") - pl.col("cutoff")).dt.total_days())


def scored(forecast: pl.DataFrame, panel: pl.DataFrame, name: str) -> list[dict[str, Any]]:
    """Figures by lead (lead 1 where yesterday's value is known, as in the published 475), levels under both rules."""
    before = panel.select("unique_id", pl.col("ds").alias("cutoff"), was="y").drop_nulls()
    joined = truth_of(forecast, panel).join(before.select("unique_id", "cutoff"), on=["unique_id", "cutoff"])
    days = joined.select("lead", "y", forecast="q50")
    found = figures(joined, name, {"lead": lambda: pl.col("lead")})
    return found + [r for rules in ("hj633_2012", "hj633_2026") for r in levels(days, name, rules)]
