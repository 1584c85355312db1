"""Online orders of the shops that take part: from order lines to what is forecast and what is known ahead.

**The contract.** A series is `product/platform/province/measure`, e.g. `mid_navel/taobao/shanghai/parcels`; the parts
of a sum are `*`: `*/*/*/value` is the whole sample, `mid_navel/*/*/parcels` a product, `*/taobao/*/kilograms` a
platform, `*/*/shanghai/parcels` a destination (see `workbench.science.orders.LEVELS`). Products are those of the
reference table sale_products, platforms taobao, pinduoduo, douyin, jd, online_retail, provinces those of the reference
table provinces, or `unknown` where the platform masks it. Measures: `parcels` (of whole orders; a line has its share),
`kilograms`, `value` (yuan that shops receive). `y` is what was ordered and paid on the local day, gross of what was
later cancelled or returned (`orders.kind` tells these apart), and 0 on days without an order; a series begins with its
first order and says 0 for ever after its last.

These are figures of the **sample** of shops whose exports the bureau holds, never of the county; the county's own
totals belong into the table postal_parcels, and nothing here carries the one over to the other.
"""

import polars as pl

from workbench.forecast.hierarchy import Hierarchy, aggregate
from workbench.science import orders as lines_of
from workbench.science import sales_calendar

ZONE = "Asia/Shanghai"
HIERARCHY = Hierarchy(lines_of.PARTS, lines_of.LEVELS)
AHEAD = 366  # days after an order for which the calendar is given: between two harvests there are none
KNOWN = (*sales_calendar.SEASONAL, *sales_calendar.PLANNED)


def orders_daily(orders: pl.LazyFrame, sale_products: pl.LazyFrame) -> pl.LazyFrame:
    """PANEL of what the sample of shops sold a day, every level: unique_id, ds, known_at, y."""
    sold = orders.filter(pl.col("kind") == "sale").collect()
    named = lines_of.with_parcels(lines_of.by_product(sold, sale_products.collect())).with_columns(
        pl.col("province").fill_null(lines_of.UNKNOWN), pl.col("value", "kilograms").fill_null(0.0)
    )
    bottom = lines_of.daily(named, lines_of.PARTS[:-1], lines_of.MEASURES, ZONE)
    return aggregate(bottom, HIERARCHY).lazy()


def orders_ahead(
    orders: pl.LazyFrame, sale_products: pl.LazyFrame, sales_events: pl.LazyFrame, sales_seasons: pl.LazyFrame
) -> pl.LazyFrame:
    """VINTAGES: promotions, couriers' stop and days to the lunar New Year by rule; live streams and discounts by plan.

    The calendar of a day counts as known from the first order that came at most `AHEAD` days before it.
    """
    sold = orders.filter(pl.col("kind") == "sale").collect()
    named = lines_of.by_product(sold, sale_products.collect()).with_columns(
        pl.col("province").fill_null(lines_of.UNKNOWN)
    )
    series = _series(named)
    days = _calendar(named, sales_seasons.collect())
    combos = series.select("product", "platform").unique()
    plans = sales_calendar.planned(combos, sales_events.collect())
    plain = combos.join(days, how="cross").with_columns(pl.lit(0.0).alias(name) for name in sales_calendar.PLANNED)
    own = plans.join(days.rename({"known_at": "calendar"}), on="ds").with_columns(
        known_at=pl.max_horizontal("known_at", "calendar")
    )
    columns = ["product", "platform", "ds", "known_at", *KNOWN]
    both = pl.concat([plain.select(columns).with_columns(rank=0), own.select(columns).with_columns(rank=1)])
    latest = both.sort("rank", "live", "discount").unique(columns[:4], keep="last", maintain_order=True)
    compact = [pl.col(name).cast(pl.Float32) for name in KNOWN]
    told = series.join(latest, on=["product", "platform"]).sort("known_at", "rank")
    told = told.with_columns(known_at=pl.max_horizontal("known_at", "begun")).unique(
        ["unique_id", "ds", "known_at"], keep="last", maintain_order=True
    )
    ahead = pl.col("known_at").dt.convert_time_zone(ZONE).dt.date() <= pl.col("ds")
    told = told.filter(ahead).select("unique_id", "known_at", "ds", *compact)
    return told.sort("unique_id", "ds", "known_at").lazy()


def _series(lines: pl.DataFrame) -> pl.DataFrame:
    """Every series of the panel: unique_id, product, platform, and `begun`, when its first line became known."""
    name = pl.concat_str(*lines_of.PARTS[:-1], pl.lit("{}"), separator="/").alias("bottom")
    begun = lines.group_by(name).agg(begun=pl.col("known_at").min())
    names = [(one, above) for one in begun["bottom"] for above in (one, *HIERARCHY.sums(one))]
    tree = pl.DataFrame(names, schema={"bottom": pl.String, "name": pl.String}, orient="row")
    first = tree.join(begun, on="bottom").group_by("name").agg(pl.col("begun").min())
    parts = pl.col("unique_id").str.split("/").list
    return (
        first.join(pl.DataFrame({"measure": lines_of.MEASURES}), how="cross")
        .select(pl.col("name").str.replace("{}", pl.col("measure"), literal=True).alias("unique_id"), "begun")
        .with_columns(product=parts.get(0, null_on_oob=True), platform=parts.get(1, null_on_oob=True))
        .sort("unique_id")
    )


def _calendar(lines: pl.DataFrame, rules: pl.DataFrame) -> pl.DataFrame:
    """`ds`, `known_at` and what the calendar says, from the third day with orders to `AHEAD` days after the last."""
    day = pl.col("time").dt.convert_time_zone(ZONE).dt.date().alias("day")
    known = lines.group_by(day).agg(pl.col("known_at").min()).sort("day")
    if known.is_empty():
        numbers = [pl.lit(0.0).alias(name) for name in sales_calendar.SEASONAL]
        return known.rename({"day": "ds"}).with_columns(numbers)
    first, last = known["day"][0], known["day"][-1]
    span = pl.date_range(pl.lit(first).dt.offset_by("2d"), pl.lit(last).dt.offset_by(f"{AHEAD}d"), eager=True)
    by = known.select("day", known_at=pl.col("known_at").reverse().cum_min().reverse())
    told = (
        span.alias("ds")
        .to_frame()
        .with_columns(day=pl.col("ds").dt.offset_by(f"-{AHEAD}d"))
        .join_asof(by, on="day", strategy="forward", check_sortedness=False)
    )
    facts = sales_calendar.seasons(told["ds"][0], told["ds"][-1], rules)
    return told.select("ds", "known_at").join(facts, on="ds", how="left", maintain_order="left")
