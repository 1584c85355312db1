"""Orange juice of eleven brands in 83 stores (Dominick's): what price and promotion known ahead are worth, and do.

A retailer knows next weeks' prices, coupons and features when it orders. The same model — the engine's learners of all
series together — forecasts each store and brand four weeks ahead with them and without; chosen on weeks before the
test part only, as the recipe stood. Elasticities are those of `science.demand` on the weeks before the test part.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks._air import refuse_unless
from benchmarks._common import goal, report, result
from workbench.forecast import metrics
from workbench.forecast.backtest import backtest
from workbench.forecast.model import Model
from workbench.forecast.recipe import LOCAL, SHARED
from workbench.forecast.task import Task
from workbench.science.demand import Drivers, responses

FILE = "orange_juice_dominicks/oj_store_brand_week.parquet"
BRANDS = range(1, 12)
KNOWN = ("log_price", "log_relative", "deal", "feat")
TASK = Task(
    name="juice",
    title_zh="橙汁周销量",
    title_en="Weekly orange juice by store and brand",
    unit="units",
    owner="data",
    panel="juice",
    every="1w",
    horizon=4,
    seasons=(),
    vintages="juice_ahead",
    known_ahead=KNOWN,
    past_only=KNOWN,
    bounds=(0, None),
    refit="28d",
    issue_at="00:00",
    zone="UTC",
)
BLIND = replace(TASK, name="juice_without", vintages=None, known_ahead=(), past_only=())
FIRST_WEEK = date(1989, 9, 14) - timedelta(days=3)
"""Monday of week 1; the file numbers its weeks only, and no calendar is used."""
TESTED = (148, 152, 156)
"""The last weeks known at the three issues; the test part is weeks 149–160."""
PROTOCOL = (
    "Dominick's, 913 series of 83 stores × 11 brands, weeks 40–160; issued after weeks 148, 152 and 156 for the four "
    "weeks that follow, refitted each time; own price, price relative to the store's other brands, coupon and feature "
    "of the target weeks are known ahead, or ('without') not given at all; the same learners; error = mean absolute "
    "error of a series over its in-sample mean, then the mean over series; elasticities on weeks 40–148"
)


def read(file: Path) -> pl.DataFrame:
    """product, place, week, units, price, deal, feat, and logs of the price and of the price relative to the others."""
    raw = pl.read_parquet(file)
    price = pl.coalesce(pl.when(pl.col("brand") == brand).then(f"price{brand}") for brand in BRANDS)
    prices = [pl.col(f"price{brand}").log() for brand in BRANDS]
    return raw.select(
        pl.col("brand").cast(pl.Int64).alias("product"),
        pl.col("store").cast(pl.Int64).alias("place"),
        pl.col("week").cast(pl.Int64).alias("step"),
        pl.col("logmove").exp().alias("units"),
        price.alias("price"),
        log_price=price.log(),
        log_relative=price.log() - pl.mean_horizontal(prices),
        deal=pl.col("deal").cast(pl.Float64),
        feat=pl.col("feat").cast(pl.Float64),
    ).sort("place", "product", "step")


def panels(sales: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """PANEL and VINTAGES (prices and promotions are known from the beginning)."""
    ds = pl.lit(FIRST_WEEK) + pl.duration(days=7 * (pl.col("step") - 1))
    rows = sales.with_columns(unique_id=pl.format("{}/{}/units", "place", "product"), ds=ds, y=pl.col("units"))
    over = (pl.col("ds") + timedelta(days=7)).cast(pl.Datetime("us", "UTC"))
    early = pl.lit(FIRST_WEEK - timedelta(days=365)).cast(pl.Datetime("us", "UTC"))
    panel = rows.select("unique_id", "ds", over.alias("known_at"), "y", *KNOWN)
    return panel, rows.select("unique_id", "ds", early.alias("known_at"), *KNOWN)


def issue(week: int) -> datetime:
    """The instant at which so many weeks are over."""
    return TASK.origin(FIRST_WEEK + timedelta(days=7 * week))


def asked(
    task: Task, model: Model, panel: pl.DataFrame, ahead: pl.DataFrame | None, weeks: tuple[int, ...]
) -> pl.DataFrame:
    """FORECAST + y of the series and weeks that the file holds; a week that it lacks has no price to plan with."""
    parts = []
    for week in weeks:
        known = panel
        if ahead is not None:  # a series without a planned price in every week asked is not asked
            span = [FIRST_WEEK + timedelta(days=7 * (week + k)) for k in range(TASK.horizon)]
            whole = ahead.filter(pl.col("ds").is_in(span)).group_by("unique_id").len().filter(len=TASK.horizon)
            known = panel.join(whole, on="unique_id", how="semi")
        parts.append(backtest(task, {"it": model}, known, ahead, [issue(week)]))
    return pl.concat(parts).join(metrics.truth(panel), on=["unique_id", "ds"])


def errors(panel: pl.DataFrame, joined: pl.DataFrame) -> dict[str, float]:
    """Mean over series of MAE and CRPS over the series' mean before the test part, MAPE, and coverage."""
    before = panel.filter(pl.col("ds") < FIRST_WEEK + timedelta(days=7 * TESTED[0]))
    size = before.group_by("unique_id").agg(size=pl.col("y").mean())
    scaled = joined.join(size, on="unique_id").with_columns(
        mae=(pl.col("q50") - pl.col("y")).abs() / pl.col("size"),
        crps=metrics.crps() / pl.col("size"),
        mape=100 * (pl.col("q50") - pl.col("y")).abs() / pl.col("y"),
    )
    means = scaled.group_by("unique_id").agg(pl.col("mae", "crps", "mape").mean()).select("mae", "crps", "mape").mean()
    cover = joined.select(coverage_80=metrics.coverage(0.8).mean(), coverage_95=metrics.coverage(0.95).mean())
    found: dict[str, float] = {**means.row(0, named=True), **cover.row(0, named=True)}
    return found


def check(sales: pl.DataFrame) -> None:
    """The figure of the data's own notes: the value of two weeks before, weeks 149–160."""
    was = sales.select("product", "place", pl.col("step") + 2, was="units")
    both = sales.join(was, on=["product", "place", "step"]).filter(pl.col("step") >= 149)
    share = (100 * (pl.col("units") - pl.col("was")).abs() / pl.col("units")).alias("share")
    mean, median = both.select(share.mean().alias("mean"), share.median().alias("median")).row(0)
    refuse_unless(
        "juice, two weeks before (MAPE, median, pairs)",
        (round(mean, 1), round(median, 1), both.height),
        (127.3, 37.3, 10_131),
    )


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite."""
    sales = read(data / FILE)
    check(sales)
    panel, ahead = panels(sales)
    told = asked(TASK, SHARED, panel, ahead, TESTED)
    keys = told.select("unique_id", "ds")
    blind = asked(BLIND, SHARED, panel, None, TESTED).join(keys, on=["unique_id", "ds"], how="semi")
    alone = asked(BLIND, LOCAL, panel, None, TESTED).join(keys, on=["unique_id", "ds"], how="semi")
    standing = {"workbench": told, "workbench, without price and promotion": blind, "single series": alone}
    found = {name: errors(panel, joined) for name, joined in standing.items()}
    units = {"mae": "of the series' mean", "crps": "of the series' mean", "mape": "%"}
    results = [
        result(name, "all", metric, value, units.get(metric, "share"), "lower" if metric in units else "report")
        for name, figures in found.items()
        for metric, value in figures.items()
    ]
    effects = responses(sales.filter(pl.col("step") <= TESTED[0]), Drivers(promotions=("deal", "feat")))
    results += [
        result("workbench", f"brand {row['product']}, {row['driver']}", name, row[name], "ln units per unit", "report")
        for row in effects.iter_rows(named=True)
        for name in ("effect", "low", "high", "pooled")
    ]
    gain = 1 - found["workbench"]["mae"] / found["workbench, without price and promotion"]["mae"]
    price = effects.filter(pl.col("driver") == "price")
    right = price.filter(pl.col("high") < 0).height
    goals = [
        goal("workbench", "all", "error below the same without price and promotion", ">= 0.25", gain, gain >= 0.25),
        goal(
            "workbench",
            "brands",
            "own-price elasticity below 0 with its whole interval",
            "11 of 11",
            right,
            right == 11,
        ),
    ]
    return report("juice", [data / FILE], PROTOCOL, results, goals)
