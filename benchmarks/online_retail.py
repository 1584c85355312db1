"""UCI Online Retail: 541,909 order lines through the ordinary door, then daily value and units four weeks ahead.

The reader is the county's own for order exports, the daily sums are those of the orders pipeline, the model is the
recipe for a plain task; it was run on five windows that end by 2011-09-01, before the first test day. The shop has
nine months of history at the first origin: its Christmas trade was seen once, in the first month.
"""

import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks._air import refuse_unless
from benchmarks._common import goal, report, result
from benchmarks._competition import Competition
from benchmarks._contenders import ENSEMBLE, MEMBERS, median
from benchmarks._peers import classical
from pipelines.readers import orders_online_retail
from workbench.forecast import metrics
from workbench.forecast.algorithms.seasonal_naive import SeasonalNaive
from workbench.forecast.backtest import backtest
from workbench.forecast.recipe import RECIPE
from workbench.forecast.task import Task
from workbench.lake.files import SourceFile
from workbench.lake.ingest import Report, ingest
from workbench.lake.store import Lake
from workbench.science import orders

FILE = "uci_online_retail/online_retail.parquet"
LINES, INVOICES = 541_909, 25_900
CUTOFFS = tuple(date(2011, 11, 10) - timedelta(days=14 * k) for k in range(6))
"""The last day known at each origin; the last forecast ends on 2011-12-08, the last whole day of the file."""
TASK = Task(
    name="online_retail",
    title_zh="网店逐日销售额与件数",
    title_en="Daily value and units of an online shop",
    unit="GBP, pieces",
    owner="data",
    panel="online_retail",
    every="1d",
    horizon=28,
    seasons=(7,),
    bounds=(0, None),
    issue_at="20:00",  # by then the day after the cutoff has brought an order, so that the day before is over
    zone="Europe/London",
)
PROTOCOL = (
    "the file written as CSV, ingested once into a new lake (read, contract, hashes, versions, Delta commit; wall "
    "clock); daily value and pieces of lines that are sales; known as their orders came in; six origins every 14 days, "
    "the last forecast ending 2011-12-08, 28 days each, refitted each time; CRPS from fifteen quantiles over the "
    "series' mean, mean of both; seasonal naive with its errors' own quantiles, and statsforecast's with normal ones; "
    "ensemble = median of its four models, quantile by quantile; no calendar known ahead for anyone"
)


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite."""
    raw = pl.read_parquet(data / FILE)
    refuse_unless("Online Retail (lines, invoices)", (raw.height, raw["InvoiceNo"].n_unique()), (LINES, INVOICES))
    with tempfile.TemporaryDirectory() as scratch:
        seconds, told, lines = ingested(raw, Path(scratch))
    panel = summed(lines)
    issues = [TASK.origin(day + timedelta(days=1)) for day in CUTOFFS]
    own = backtest(TASK, {"workbench": RECIPE}, panel, None, issues)
    naive = backtest(TASK, {"seasonal naive": SeasonalNaive()}, panel, None, issues)
    standing = {"workbench": own, "seasonal naive": naive, **peers(panel)}
    found = {name: errors(panel, forecast) for name, forecast in standing.items()}
    results = [
        result(name, "all", metric, value, "of the series' mean" if metric in ("crps", "mae") else "share",
               "lower" if metric in ("crps", "mae") else "report")
        for name, figures in found.items()
        for metric, value in figures.items()
    ]  # fmt: skip
    met = told.accepted + told.duplicate + sum(told.quarantined.values())
    results += [
        result("workbench", "ingest", "seconds", seconds, "s", "lower"),
        result("workbench", "ingest", "accepted", told.accepted, "lines", "report"),
        result("workbench", "ingest", "equal lines of one invoice", told.duplicate, "lines", "report"),
        result("workbench", "ingest", "refused", sum(told.quarantined.values()), "lines", "report"),
    ]
    crps = {name: figures["crps"] for name, figures in found.items()}
    gain = 1 - crps["workbench"] / min(crps["seasonal naive"], crps["SeasonalNaive"])
    ratio = crps["workbench"] / crps[ENSEMBLE]
    goals = [
        goal("workbench", "ingest", "seconds", "< 8", seconds, seconds < 8),
        goal("workbench", "ingest", "lines accounted for", f"{LINES}", met, met == LINES),
        goal("workbench", "all", "crps below the better seasonal naive's", ">= 0.15", gain, gain >= 0.15),
        goal("workbench", "all", f"crps of the {ENSEMBLE}", "< 1 of it", ratio, ratio < 1),
    ]
    return report("online_retail", [data / FILE], PROTOCOL, results, goals)


def ingested(raw: pl.DataFrame, folder: Path) -> tuple[float, Report, pl.DataFrame]:
    """Seconds, what the door says, and the order lines of the lake."""
    file, lake = folder / "online_retail.csv", Lake(folder / "lake")
    raw.write_csv(file)
    began = time.perf_counter()
    told = ingest(lake, "orders", SourceFile.open(file), [orders_online_retail])
    return time.perf_counter() - began, told, lake.read("orders").collect()


def summed(lines: pl.DataFrame) -> pl.DataFrame:
    """PANEL of `shop/value` and `shop/units`; a line is known when it was ordered."""
    sold = lines.filter(kind="sale").with_columns(
        shop=pl.lit("shop"), known_at="time", units=pl.col("quantity").cast(pl.Float64)
    )
    return orders.daily(sold, ["shop"], ["value", "units"], TASK.zone)


def peers(panel: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """statsforecast's models at every origin, and the median of the four."""
    made: dict[str, list[pl.DataFrame]] = {}
    for day in CUTOFFS:
        issue = TASK.origin(day + timedelta(days=1))
        seen = Competition(TASK, Path(FILE), panel, pl.DataFrame(), 7, issue)
        laps = {name: classical(seen, name) for name in ("SeasonalNaive", *MEMBERS)}
        laps[ENSEMBLE] = median([laps[name] for name in MEMBERS])
        for name, forecast in laps.items():
            made.setdefault(name, []).append(forecast)
    return {name: pl.concat(parts, how="diagonal") for name, parts in made.items()}


def errors(panel: pl.DataFrame, forecast: pl.DataFrame) -> dict[str, float]:
    """CRPS and MAE over the series' mean before the first origin, and how often the ranges held."""
    size = panel.filter(pl.col("ds") <= min(CUTOFFS)).group_by("unique_id").agg(size=pl.col("y").mean())
    joined = forecast.join(metrics.truth(panel), on=["unique_id", "ds"]).join(size, on="unique_id")
    found: dict[str, float] = joined.select(
        crps=(metrics.crps() / pl.col("size")).mean(),
        mae=(metrics.mae() / pl.col("size")).mean(),
        coverage_80=metrics.coverage(0.8).mean(),
        coverage_95=metrics.coverage(0.95).mean(),
    ).row(0, named=True)
    return found
