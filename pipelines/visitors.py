"""Visitors: from gates, bookings, closures, events and the calendar to what is forecast and what is known ahead.

A series is `area/definition`, e.g. `baidicheng/ticketed`; `*/ticketed` is the county, the sum of its areas. Ticketed
visitors are forecast day by day; what else is reported (all, overnight) is kept apart under its own name. A day on
which an area is closed has 0 visitors; a figure that covers several days, or is flagged bad, has none.
"""

from datetime import date, datetime, timedelta
from functools import reduce

import polars as pl

from workbench.forecast.hierarchy import Hierarchy, aggregate
from workbench.forecast.temporal import coarser
from workbench.lake import quality
from workbench.science import holidays as places
from workbench.science import visits
from workbench.science.day_kind import day_kind
from workbench.settings import now

ZONE = "Asia/Shanghai"
TICKETED = "ticketed"
TREE = Hierarchy(("area", "definition"), (("definition",),))
DAY = ("festival", "nth", "back", "break_length", "free", "free_before", "free_after", "to_new_year")
KNOWN = (*DAY, "closed", "event", "booked", "rain")
REACH = timedelta(days=300)  # how far ahead days are known
DRY = -1.0  # rain of a day that no weather forecast reaches
KEYS = ["unique_id", "ds"]


def visitors_daily(
    visitors_daily: pl.LazyFrame,
    scenic_areas: pl.LazyFrame,
    area_closures: pl.LazyFrame,
    tourism_events: pl.LazyFrame,
    bookings: pl.LazyFrame,
    weather_forecast: pl.LazyFrame,
    holidays: pl.LazyFrame,
) -> pl.LazyFrame:
    """PANEL of daily ticketed visitors by area and of the county, with what was known of each day when it was over."""
    rows = _counted(visitors_daily, area_closures)
    ahead = visitors_ahead(
        visitors_daily, scenic_areas, area_closures, tourism_events, bookings, weather_forecast, holidays
    )
    seen = rows.sort("known_at", *KEYS).lazy()
    joined = seen.join_asof(ahead.sort("known_at", *KEYS), on="known_at", by=KEYS, check_sortedness=False)
    return joined.select(*KEYS, "known_at", "y", *KNOWN).sort(KEYS)


def visitors_ahead(
    visitors_daily: pl.LazyFrame,
    scenic_areas: pl.LazyFrame,
    area_closures: pl.LazyFrame,
    tourism_events: pl.LazyFrame,
    bookings: pl.LazyFrame,
    weather_forecast: pl.LazyFrame,
    holidays: pl.LazyFrame,
) -> pl.LazyFrame:
    """VINTAGES of every day: its place in the holidays, closures, events, bookings so far and rain, each as known then.

    `closed` and `event` are 0 or 1, `booked` is log(1 + reserved or sold so far), `rain` mm (-1: not forecast yet).
    """
    gates = _ticketed(visitors_daily).select("area", "date").collect()
    if gates.is_empty():
        return pl.LazyFrame(schema={"unique_id": pl.String, "ds": pl.Date, "known_at": _UTC, **_FLOATS})
    areas = gates["area"].unique().sort().to_list()
    first, last = gates["date"].min(), now().date() + REACH
    assert isinstance(first, date)
    series = pl.LazyFrame({"area": [*areas, "*"]})
    calendar = _days(first - timedelta(days=10), last, holidays.collect()).lazy().join(series, how="cross")
    sources = {
        DAY: calendar,
        ("closed",): _closures(area_closures, last),
        ("event",): _events(tourism_events, areas, last),
        ("booked",): _booked(bookings, first, last),
        ("rain",): _rain(weather_forecast, scenic_areas, areas, first),
    }
    keys = ["area", "ds", "known_at"]
    moments = pl.concat([frame.select(keys) for frame in sources.values()]).unique()
    moments = moments.join(series, on="area", how="semi").sort("known_at", "area", "ds")
    told = reduce(_latest, [frame.select(*keys, *names) for names, frame in sources.items()], moments)
    in_time = pl.col("known_at") <= _over(pl.col("ds"))
    told = told.filter(pl.col("festival").is_not_null(), in_time).with_columns(
        pl.col("closed", "event", "booked").fill_null(0.0), pl.col("rain").fill_null(DRY)
    )
    return told.select(pl.format("{}/{}", "area", pl.lit(TICKETED)).alias("unique_id"), "ds", "known_at", *KNOWN)


def visitors_monthly(visitors_daily: pl.LazyFrame, area_closures: pl.LazyFrame) -> pl.LazyFrame:
    """PANEL of monthly ticketed visitors by area and of the county: whole months without a missing day."""
    return coarser(_counted(visitors_daily, area_closures), "1d", "1mo", ZONE).lazy()


def visitors_hourly(visitors_hourly: pl.LazyFrame) -> pl.LazyFrame:
    """PANEL of entries an hour through gates that count."""
    rows = visitors_hourly.with_columns(quality.measured(["visitors"]))
    return rows.select(pl.format("{}/count", "area").alias("unique_id"), "known_at", ds="time", y="visitors").sort(KEYS)


def visitors_reported(visitors_reported: pl.LazyFrame) -> pl.LazyFrame:
    """PANEL of reported totals by region and definition, at the first day of each period."""
    rows = visitors_reported.with_columns(quality.measured(["visitors"]))
    name = pl.format("{}/{}", "area", "definition").alias("unique_id")
    return rows.select(name, "known_at", ds="start", y="visitors").sort(KEYS)


_UTC = pl.Datetime("us", "UTC")
_FLOATS = dict.fromkeys(KNOWN, pl.Float64())


def _ticketed(visitors_daily: pl.LazyFrame) -> pl.LazyFrame:
    return visitors_daily.filter(pl.col("definition") == TICKETED, pl.col("area") != "*")


def _counted(visitors_daily: pl.LazyFrame, area_closures: pl.LazyFrame) -> pl.DataFrame:
    """unique_id, ds, known_at, y of every area and of the county, closed days as 0."""
    rows = _ticketed(visitors_daily).with_columns(quality.measured(["visitors"])).sort("area", "date").collect()
    several = visits.cumulated().over("area").alias("several")
    rows = rows.with_columns(several).with_columns(visitors=pl.when(~pl.col("several")).then("visitors"))
    counts = rows.select("area", "known_at", "several", ds="date", y="visitors")
    closed = _closures(area_closures, now().date()).collect()
    shut = closed.sort("known_at").unique(["area", "ds"], keep="last").filter(pl.col("closed") > 0)
    begun = counts.group_by("area").agg(first=pl.col("ds").min())
    others = counts.group_by("ds").agg(told=pl.col("known_at").min())
    shut = shut.join(begun, on="area").filter(pl.col("ds") >= pl.col("first")).join(others, on="ds")
    absent = shut.join(counts, on=["area", "ds"], how="anti").select(
        "area", "ds", known_at=pl.max_horizontal("known_at", "told"), y=pl.lit(0.0), several=pl.lit(value=False)
    )
    both = pl.concat([counts, absent], how="diagonal")
    panel = both.select(pl.format("{}/{}", "area", pl.lit(TICKETED)).alias("unique_id"), "ds", "known_at", "y")
    if panel.is_empty() or panel["y"].null_count() == panel.height:
        return panel
    sums = aggregate(panel, TREE)
    gone = panel.filter(pl.col("y").is_null())
    return pl.concat([sums, gone]).sort(KEYS)


def _over(day: pl.Expr) -> pl.Expr:
    """The instant at which a local day is over: what was announced on it is known from then."""
    midnight = day.dt.offset_by("1d").cast(pl.Datetime("us")).dt.replace_time_zone(ZONE)
    return midnight.dt.convert_time_zone("UTC")


def _days(first: date, last: date, notices: pl.DataFrame) -> pl.DataFrame:
    """Every day's kind and place in the holidays, as predicted before the year's notice and as gazetted after."""
    early = datetime.fromisoformat("1990-01-01T00:00:00+08:00")
    number = {name: float(i) for i, name in enumerate(places.RANK, start=1)}
    parts = []
    for as_of in (early, None):
        place = places.placed(first, last, notices, as_of)
        kind = day_kind(first, last, notices, as_of)
        festival = pl.col("festival").replace_strict(number, default=float(len(number) + 1))
        told = place.join(kind, on="date").select(
            pl.col("date").alias("ds"),
            pl.col("known_at").dt.convert_time_zone("UTC"),
            festival=pl.when(pl.col("festival").is_not_null()).then(festival).otherwise(0.0),
            nth=pl.col("nth").cast(pl.Float64).fill_null(0.0),
            back=pl.col("back").cast(pl.Float64).fill_null(0.0),
            break_length=pl.col("length").cast(pl.Float64).fill_null(0.0),
            free="free",
            free_before="free_before",
            free_after="free_after",
            to_new_year="to_new_year",
        )
        parts.append(told)
    return pl.concat(parts).unique(["ds", "known_at"], keep="last", maintain_order=True)


def _latest(told: pl.LazyFrame, source: pl.LazyFrame) -> pl.LazyFrame:
    """Add what a source said last at each row's moment."""
    return told.join_asof(
        source.sort("known_at", "area", "ds"), on="known_at", by=["area", "ds"], check_sortedness=False
    )


def _spread(rows: pl.LazyFrame, last: date) -> pl.LazyFrame:
    """One row a day from `start` to `end` (open: to `last`)."""
    ends = pl.min_horizontal(pl.col("end").fill_null(last), pl.lit(last))
    return rows.with_columns(ds=pl.date_ranges("start", ends)).explode("ds").filter(pl.col("ds").is_not_null())


def _closures(area_closures: pl.LazyFrame, last: date) -> pl.LazyFrame:
    """area, ds, known_at, closed: each notice of a start says it of all days that any of them names."""
    notices = area_closures.select("area", "start", "end", "known_on")
    widest = notices.group_by("area", "start").agg(pl.col("end").fill_null(last).max())
    days = _spread(widest, last).select("area", "start", "ds")
    said = days.join(notices, on=["area", "start"]).with_columns(
        known_at=_over(pl.col("known_on")), closed=(pl.col("ds") <= pl.col("end").fill_null(last)).cast(pl.Float64)
    )
    return said.group_by("area", "ds", "known_at").agg(pl.col("closed").max())


def _events(tourism_events: pl.LazyFrame, areas: list[str], last: date) -> pl.LazyFrame:
    """area, ds, known_at, event: of the whole county for every area, of an area for itself and the county."""
    rows = tourism_events.filter(pl.col("kind") != "break").select("area", "start", "end", "known_on")
    rows = rows.with_columns(pl.col("end").fill_null(pl.col("start")))
    named = pl.when(pl.col("area").is_null()).then(pl.lit([*areas, "*"])).otherwise(pl.concat_list("area", pl.lit("*")))
    days = _spread(rows, last).with_columns(area=named).explode("area")
    days = days.select("area", "ds", known_at=_over(pl.col("known_on")), event=pl.lit(1.0))
    return days.group_by("area", "ds", "known_at").agg(pl.col("event").max())


def _booked(bookings: pl.LazyFrame, first: date, last: date) -> pl.LazyFrame:
    """area, ds, known_at, booked: of each area and summed over those that were counted at the same moment."""
    rows = bookings.with_columns(quality.measured(["reserved", "sold"])).filter(pl.col("date").is_between(first, last))
    own = rows.select("area", "known_at", ds="date", number=pl.max_horizontal("reserved", "sold"))
    county = own.group_by("ds", "known_at").agg(pl.col("number").sum()).with_columns(area=pl.lit("*"))
    both = pl.concat([own, county], how="diagonal").drop_nulls("number")
    return both.select("area", "ds", "known_at", booked=pl.col("number").log1p())


def _rain(weather_forecast: pl.LazyFrame, scenic_areas: pl.LazyFrame, areas: list[str], first: date) -> pl.LazyFrame:
    """area, ds, known_at, rain: the newest forecast of the daytime's rain (7 to 19 h) at each area's place."""
    local = pl.col("time").dt.convert_time_zone(ZONE)
    rows = weather_forecast.with_columns(quality.measured(["precipitation"])).filter(
        local.dt.hour().is_between(8, 19), pl.col("time") > pl.col("issued_at"), local.dt.date() >= first
    )
    days = rows.group_by("place", "known_at", local.dt.date().alias("ds")).agg(
        rain=pl.col("precipitation").sum(), hours=pl.col("precipitation").count()
    )
    days = days.filter(pl.col("hours") >= 6)
    named = scenic_areas.filter(pl.col("area").is_in(areas)).select("area", "place")
    own = days.join(named, on="place").select("area", "ds", "known_at", "rain")
    county = own.group_by("ds", "known_at").agg(pl.col("rain").mean()).with_columns(area=pl.lit("*"))
    return pl.concat([own, county.select(own.collect_schema().names())])
