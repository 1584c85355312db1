"""Visitors counted so far: holidays over, months, what is odd in the counts, and how good the outlooks were."""

from datetime import date, timedelta

import polars as pl

from dashboards.visitors_view import PRODUCT, TASK, history
from workbench import domain
from workbench.lake.store import Lake
from workbench.operate import verify
from workbench.operate.gate import weighted
from workbench.science import holidays, visits


def report(lake: Lake, day: date) -> pl.DataFrame:
    """The holiday report: the break that `day` is in (or the last one before), day by day to `day`, by area.

    Beside each day stands the same holiday day of the year before. Empty where there was no break in the last 60 days.
    """
    place_of = holidays.placed(day - timedelta(days=460), day, lake.read("holidays").collect()).filter(
        holidays.inside()
    )
    recent = place_of.filter(pl.col("date") >= day - timedelta(days=60))
    if recent.is_empty():
        return pl.DataFrame()
    last = recent.row(-1, named=True)
    own = place_of.filter(pl.col("festival") == last["festival"], pl.col("year") == last["year"])
    before = place_of.filter(pl.col("festival") == last["festival"], pl.col("year") == last["year"] - 1)
    counted = history(lake).select("area", "definition", "ds", "y")
    rows = own.join(counted, left_on="date", right_on="ds", how="inner")
    past = before.select("nth", last_date="date", last_length="length")
    rows = rows.join(past, on="nth", how="left").with_columns(last_length=pl.lit(before.height or None, pl.Int32))
    was = counted.select("area", last_date="ds", last="y")
    return rows.join(was, on=["area", "last_date"], how="left").sort("area", "date")


def monthly(lake: Lake) -> pl.DataFrame:
    """Monthly figures by area and definition: counted days summed, `days` of `of`; and what was reported."""
    days = history(lake)
    month = pl.col("ds").dt.month_start().alias("month")
    sums = days.group_by("area", "definition", month).agg(
        visitors=pl.col("y").sum(), days=pl.col("y").count(), of=pl.col("ds").first().dt.month_end().dt.day()
    )
    counted = sums.with_columns(basis=pl.lit("counted"), of=pl.col("of").cast(pl.UInt32))
    told = domain.frames(["visitors_reported", TASK], lake)["visitors_reported"].collect()
    reported = told.select(
        "area", "definition", month=pl.col("start"), visitors="visitors",
        days=(pl.col("end") - pl.col("start")).dt.total_days().cast(pl.UInt32) + 1,
    )  # fmt: skip
    reported = reported.with_columns(of=pl.col("days"), basis=pl.lit("reported"))
    return pl.concat([counted, reported], how="diagonal").sort(
        "month", "area", "definition", descending=[True, False, False]
    )


def findings(lake: Lake) -> pl.DataFrame:
    """What is odd in the counts: kind (cumulated, missing, repeated, closed, event, changed), area, days, value."""
    table = domain.frames([TASK, "area_closures", "tourism_events"], lake)
    counts = table[TASK].filter(pl.col("definition") == "ticketed").sort("area", "date").collect()
    shut = table["area_closures"].collect()
    found: list[tuple[str, str | None, date, date | None, float | None, str]] = []
    several = counts.filter(visits.cumulated().over("area")).rows(named=True)
    found += [("cumulated", r["area"], r["date"], r["date"], r["visitors"], str(r["days"] or "")) for r in several]
    for (area,), own in counts.group_by("area", maintain_order=True):
        gaps = [gap for gap in visits.missing(own["date"]) if not closed(shut, area, gap)]
        found += [("missing", str(area), *gap, None, "") for gap in gaps]
        moved = visits.changes(own.filter(~visits.cumulated()).select("date", "visitors")).rows(named=True)
        found += [("changed", str(area), r["date"], None, r["factor"], "") for r in moved]
    for row in lake.quarantine(TASK).filter(pl.col("rule") == "key|repeated").rows(named=True):
        named, when, *_ = str(row["value"]).split(" ")
        found.append(("repeated", named, date.fromisoformat(when), date.fromisoformat(when), None, str(row["message"])))
    found += [("closed", r["area"], r["start"], r["end"], None, r["reason"] or "") for r in shut.rows(named=True)]
    breaks = table["tourism_events"].collect().filter(pl.col("kind") == "break").rows(named=True)
    found += [("event", r["area"], r["start"], r["end"], None, r["event"]) for r in breaks]
    schema = {"kind": pl.String, "area": pl.String, "start": pl.Date, "end": pl.Date, "value": pl.Float64}
    schema |= {"text": pl.String}
    return pl.DataFrame(found, schema=schema, orient="row").sort("start", "area", descending=True)


def closed(shut: pl.DataFrame, area: object, gap: tuple[date, date]) -> bool:
    """Whether a stretch of days lies inside one of an area's closures."""
    named = shut.filter(pl.col("area") == area).select("start", "end").rows()
    return any(first <= gap[0] and (last is None or gap[1] <= last) for first, last in named)


def record() -> pl.DataFrame:
    """How the outlooks of the last 90 days did by days ahead: span, metric, value, days (each counts alike)."""
    scores = verify.recent(PRODUCT)
    if scores.is_empty():
        return pl.DataFrame(schema={"span": pl.String, "metric": pl.String, "value": pl.Float64, "days": pl.Int64})
    late = pl.when(pl.col("lead_day") <= 7).then(pl.lit("4-7")).otherwise(pl.lit("8-14"))
    span = pl.when(pl.col("lead_day") <= 3).then(pl.lit("0-3")).otherwise(late)
    issued = scores.filter(pl.col("role") == "issued", pl.col("value").is_finite())
    grouped = issued.group_by(span.alias("span"), "metric")
    return grouped.agg(value=weighted("value"), days=pl.col("count").sum()).sort("span", "metric")
