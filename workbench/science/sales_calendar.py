"""What sells or stops sales by the calendar: promotions and the couriers' stop by rule, plans as they became known."""

import math
from datetime import date, timedelta

import polars as pl

from workbench.science.calendar import calendar

SEASONAL = ("promotion", "peak", "courier_stop", "to_new_year", "year_cos", "year_sin")
"""By rule: inside a promotion (0, 1), on its peak day (0, 1), couriers stopped (0, 1), days since lunar New Year
(held within ±30), and the place of the day in the year as a point on a circle: fruit has its season."""
PLANNED = ("live", "discount")
"""By plan: live streams that day, and the largest share of the price taken off."""
REACH = 30
ANY = "all"


def seasons(start: date, end: date, rules: pl.DataFrame) -> pl.DataFrame:
    """One row a day: `ds` and SEASONAL, Float64. `rules`: the reference table sales_seasons.

    The rules hold for every year between their `since` and `until`; a plan of its own belongs into sales_events.
    """
    days = pl.date_range(start, end, interval="1d", eager=True).alias("ds").to_frame()
    new_years = new_year_days(start - timedelta(days=200), end + timedelta(days=200))
    spans = [span for rule in rules.rows(named=True) for span in _spans(rule, new_years, start, end)]
    kinds = {"promotion": "promotion", "courier_stop": "courier_stop"}
    columns = {
        name: pl.any_horizontal(
            pl.lit(False), *[pl.col("ds").is_between(first, last) for own, first, last, _ in spans if own == kind]
        )
        for kind, name in kinds.items()
    }
    peaks = [peak for own, _, _, peak in spans if own == "promotion"]
    near = pl.coalesce(
        *[
            pl.when((pl.col("ds") - pl.lit(day)).dt.total_days().abs() <= REACH).then(
                (pl.col("ds") - pl.lit(day)).dt.total_days()
            )
            for day in new_years
        ],
        pl.lit(REACH),
    )
    angle = pl.col("ds").dt.ordinal_day() * (2 * math.pi / 365.25)
    circle = {"year_cos": angle.cos(), "year_sin": angle.sin()}
    return days.with_columns(**columns, **circle, peak=pl.col("ds").is_in(peaks), to_new_year=near).select(
        "ds", *[pl.col(name).cast(pl.Float64) for name in SEASONAL]
    )


def new_year_days(start: date, end: date) -> list[date]:
    """The lunar New Year's Days between two days.

    >>> new_year_days(date(2026, 1, 1), date(2027, 12, 31))
    [datetime.date(2026, 2, 17), datetime.date(2027, 2, 6)]
    """
    first = (pl.col("lunar_month") == 1) & (pl.col("lunar_day") == 1) & ~pl.col("lunar_leap")
    return calendar(start, end).filter(first)["date"].to_list()


def _spans(
    rule: dict[str, object], new_years: list[date], start: date, end: date
) -> list[tuple[str, date, date, date]]:
    """Kind, first, last and peak day of one rule in each year that it holds for."""
    anchor = str(rule["anchor"])
    if anchor == "spring_festival":
        anchors = new_years
    else:
        month, day = (int(part) for part in anchor.split("-"))
        anchors = [date(year, month, day) for year in range(start.year - 1, end.year + 2)]
    since, until = rule["since"], rule["until"]
    held = [one for one in anchors if (since is None or one.year >= since) and (until is None or one.year <= until)]  # type: ignore[operator]
    first, last, peak = (timedelta(days=int(str(rule[name]))) for name in ("first", "last", "peak"))
    return [(str(rule["kind"]), one + first, one + last, one + peak) for one in held]


def planned(combos: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """What plans say of each day, as it became known: product, platform, ds, known_at, PLANNED.

    `combos`: product, platform (`*` for a sum, which any plan touches). `events`: the table sales_events with known_at.
    A day that no plan names has no row.
    """
    plans = events.filter(pl.col("ends") >= pl.col("starts")).with_columns(
        ds=pl.date_ranges("starts", "ends"), live=(pl.col("kind") == "live_stream").cast(pl.Float64)
    )
    plans = plans.explode("ds").select(
        "ds", "known_at", "live", "discount", product_of="product", platform_of="platform"
    )
    touched = combos.join(plans, how="cross").filter(
        *[
            (pl.col(f"{name}_of") == pl.col(name)) | pl.col(f"{name}_of").is_in([ANY]) | (pl.col(name) == "*")
            for name in ("product", "platform")
        ]
    )
    moments = touched.select("product", "platform", "ds", "known_at").unique()
    both = moments.join(touched, on=["product", "platform", "ds"], suffix="_plan")
    by_then = both.filter(pl.col("known_at_plan") <= pl.col("known_at"))
    return by_then.group_by("product", "platform", "ds", "known_at").agg(
        pl.col("live").sum(), pl.col("discount").max().fill_null(0.0)
    )
