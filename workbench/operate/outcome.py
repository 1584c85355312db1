"""Products held against what came: each issued day once, by the scores that its domain declares.

Truth comes twice, provisional and weeks later audited: a day is scored on each, apart, and `best` reads the audited
score where there is one.
"""

import hashlib
from datetime import datetime, timedelta

import polars as pl

from workbench import domain, settings
from workbench.domain import Product
from workbench.lake.store import Lake
from workbench.operate.archive import Archive
from workbench.operate.gate import weighted
from workbench.operate.known import is_sample

REACH = timedelta(days=60)
"""Forecasts older than their horizon and this are not looked at again; audits come sooner."""
REPLAYED = timedelta(hours=6)
"""What was written so long after the instant that it was issued for is a replay, which earns no score."""

BUCKET = ["task", "unique_id", "issued_at", "ds", "lead_day", "model", "version", "status", "role", "truth"]


def genuine(rows: pl.DataFrame, sample: bool) -> pl.DataFrame:
    """Archived rows that earn scores: no replays, and sample is never held against real truth.

    An issue is a replay by when its machine rows were written: a revision may come later.
    """
    machine = pl.when(pl.col("status") == "machine").then("written_at").min().over("issued_at", "cutoff", "digest")
    return rows.filter(machine <= pl.col("issued_at") + REPLAYED, pl.col("sample") == sample)


def add(name: str, as_of: datetime, archive: Archive) -> int:
    """Append the scores of one product's days whose truth is known at `as_of`; returns how many days were scored."""
    product, lake = domain.products()[name], Lake()
    if not product.truth:
        return 0
    truth, sample = domain.panel(product.truth, lake, as_of).drop_nulls("y"), is_sample(product.truth, lake)
    roles = {"product": "issued", "reference": "reference"}
    if "audited" not in truth.columns:  # a panel without audits says its last word at once
        truth = truth.with_columns(audited=pl.lit(True))
    rows = [
        said(archive.read(name, as_of - product.reach, kind), product, sample, role) for kind, role in roles.items()
    ]
    known = [each.join(truth.drop("known_at"), on=["unique_id", "ds"]) for each in rows if each.height]
    if not known:
        return 0
    kind = pl.when(pl.col("audited")).then(pl.lit("audited")).otherwise(pl.lit("provisional"))
    days = pl.concat(known, how="diagonal_relaxed").with_columns(task=pl.lit(name), truth=kind)
    done = archive.scores(name)
    days = days.join(done, on=BUCKET, how="anti") if done.height else days
    if days.is_empty():
        return 0
    wide = days.group_by(BUCKET).agg(**product.scores)
    wide = wide.with_columns(pl.col(*product.scores).cast(pl.Float64))
    long = wide.unpivot(on=list(product.scores), index=BUCKET, variable_name="metric").drop_nulls("value")
    scores = long.with_columns(count=pl.lit(1, pl.UInt32), sample=pl.lit(sample)).sort(*BUCKET, "metric")
    key = hashlib.sha256(wide.select(BUCKET).sort(BUCKET).write_csv().encode()).hexdigest()
    archive.shelf("score", name).append(scores, key)
    return wide.height


def said(rows: pl.DataFrame, product: Product, sample: bool, role: str) -> pl.DataFrame:
    """What was issued, day by day, with its lead: natural days after the local day of issue."""
    if rows.is_empty():
        return rows
    model = pl.col("model") if "model" in rows.columns else pl.lit("product")
    local = pl.col("issued_at").dt.convert_time_zone(str(settings.county_zone())).dt.date()
    lead = (pl.col("ds") - local).dt.total_days().cast(pl.Int32)
    return product.published(genuine(rows, sample)).with_columns(role=pl.lit(role), model=model, lead_day=lead)


def best(scores: pl.DataFrame) -> pl.DataFrame:
    """Each day's scores on the best truth there is: audited where it is, else provisional."""
    if "truth" not in scores.columns:
        return scores
    key = [name for name in (*BUCKET, "metric") if name != "truth"]
    return scores.sort("truth").unique(key, keep="first", maintain_order=True)


def rates(scores: pl.DataFrame, by: tuple[str, ...] = ("role", "model", "lead_day")) -> pl.DataFrame:
    """The mean of each score by slice: *by, metric, value, count (forecasts that counted); empty where none was scored.

    Of a rate such as POD, `count` is the number of events and `value * count` that of hits.
    """
    if scores.is_empty():
        return scores
    grouped = scores.group_by(*by, "metric").agg(value=weighted("value"), count=pl.col("count").sum())
    return grouped.sort(*by, "metric")
