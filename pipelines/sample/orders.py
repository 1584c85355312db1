"""The embedded sample county's online orders — 示意数据（非实测): invented, seeded, shaped like published figures.

Three products with the seasons of the county's varieties, two platforms, three destinations; boxes of 5, 10 and 20 斤
at the retail prices that shops ask (39.9, 68.8, 126 yuan). Sales rise at 双11, 双12, the New Year goods season and 618
and on days with live streams; nothing is sent while couriers rest around Spring Festival. A few orders are cancelled
or come back. Monthly parcels of the whole county are some forty times the sample's, with a share that wanders.
"""

import math
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from workbench.lake import catalogue, reference
from workbench.lake.casting import local
from workbench.science.sales_calendar import seasons

SEED = 500236
HISTORY_DAYS = 730
ZONE = "Asia/Shanghai"

# product → title, first and last day of its season (months from November: 0 = 1 November), daily orders at its height,
# and the part of these that cold stores sell all year
PRODUCTS = {
    "early_navel": ("奉节脐橙 纽荷尔 早熟 当季新鲜水果", 0.0, 2.6, 16.0, 0.0),
    "mid_navel": ("奉节脐橙 凤园72-1 中熟 三峡小脐橙 冷库保鲜", 1.0, 5.0, 24.0, 0.25),
    "late_navel": ("奉节脐橙 伦晚 晚熟 春橙 现摘现发", 3.8, 7.4, 15.0, 0.0),
}
PLATFORMS = {"pinduoduo": 0.6, "douyin": 0.4}
PROVINCES = {"chongqing": 0.4, "guangdong": 0.34, "shanghai": 0.26}
BOXES = {"5斤装": (2.5, 39.9, 0.5), "10斤装": (5.0, 68.8, 0.4), "20斤装": (10.0, 126.0, 0.1)}
WEEK = (1.06, 1.02, 1.0, 1.0, 0.98, 0.94, 1.0)
DRAWN = {
    "day": pl.Date,
    "product": pl.String,
    "platform": pl.String,
    "boost": pl.Float64,
    "province": pl.String,
    "spec": pl.String,
    "minute": pl.Int64,
    "fate": pl.Float64,
    "k": pl.Int64,
}
SHARE = 1 / 40
"""Part of the county's parcels that the sample's shops send."""


def tables(until: datetime) -> dict[str, pl.DataFrame]:
    """Rows in contract columns for the two years up to `until`; two calls agree on every day that both hold whole."""
    last = until.date()
    first = last - timedelta(days=HISTORY_DAYS)
    ahead = last + timedelta(days=60)
    events = plans(first, ahead)
    orders = lines(first, last, events).filter(pl.col("time") <= until)
    return {
        "orders": orders,
        "sales_events": events.filter(pl.col("known_on") < last),
        "postal_parcels": postal(orders, last),
    }


def plans(first: date, last: date) -> pl.DataFrame:
    """Live streams, one or two a week in season on Douyin, decided ten days before; and a promotion of each product."""
    rows = []
    for day in (first + timedelta(days=k) for k in range((last - first).days + 1)):
        chances = np.random.default_rng([SEED, day.toordinal(), 1]).random(len(PRODUCTS))
        for product, chance in zip(PRODUCTS, chances, strict=True):
            if shape(product, day) > 0.25 and chance < 0.2:
                known = day - timedelta(days=10)
                rows.append(
                    (f"{PRODUCTS[product][0][:4]}直播专场", "live_stream", "douyin", product, day, day, 0.1, known)
                )
    names = ["event", "kind", "platform", "product", "starts", "ends", "discount", "known_on"]
    return pl.DataFrame(rows, schema=names, orient="row", schema_overrides={"discount": pl.Float64})


def shape(product: str, day: date) -> float:
    """How far a product's season is on, 0 to 1."""
    _, begin, end, _, stored = PRODUCTS[product]
    month = ((day.month - 11) % 12) + (day.day - 1) / 31
    return max(stored, math.sin(math.pi * min(max((month - begin) / (end - begin), 0.0), 1.0)) ** 0.7)


def lines(first: date, last: date, events: pl.DataFrame) -> pl.DataFrame:
    """Order lines of every day; each day is drawn by itself."""
    moods = {}
    for back in range(10 + (last - first).days):
        number = last.toordinal() - back
        moods[number] = float(np.random.default_rng([SEED, number, 2]).standard_normal())
    facts = seasons(first, last, reference.read(catalogue.load("sales_seasons")).collect())
    live = set(events.select("product", "starts").iter_rows())
    drawn = [
        row
        for day in facts.iter_rows(named=True)
        for row in one_day(day, {name for name in PRODUCTS if (name, day["ds"]) in live}, moods)
    ]
    titles = {name: title for name, (title, *_) in PRODUCTS.items()}
    weights = {name: kilograms for name, (kilograms, _, _) in BOXES.items()}
    price = {name: yuan for name, (_, yuan, _) in BOXES.items()}
    off = pl.when(pl.col("boost") > 1).then(0.9).otherwise(1.0)
    frame = pl.DataFrame(drawn, schema=DRAWN, orient="row")
    sold = frame.select(
        order=pl.format("sample-{}-{}-{}-{}", "day", "product", "platform", "k"),
        line=pl.lit("0"),
        kind=pl.lit("sale"),
        platform="platform",
        channel=pl.when(pl.col("boost") > 1).then(pl.lit("live")),
        item=pl.col("product").replace_strict(titles, return_dtype=pl.String),
        spec="spec",
        quantity=pl.lit(1.0),
        kilograms=pl.col("spec").replace_strict(weights, return_dtype=pl.Float64),
        value=(pl.col("spec").replace_strict(price, return_dtype=pl.Float64) * off).round(2),
        province="province",
        time=local(pl.col("day").cast(pl.Datetime("us")) + pl.duration(minutes=pl.col("minute")), ZONE),
        fate="fate",
    )
    taken = sold.filter(pl.col("fate") < 0.05).with_columns(
        line=pl.format("{}r", "line"),
        kind=pl.when(pl.col("fate") < 0.02).then(pl.lit("cancelled")).otherwise(pl.lit("returned")),
        quantity=-pl.col("quantity"),
        kilograms=-pl.col("kilograms"),
        value=-pl.col("value"),
    )
    return pl.concat([sold, taken]).drop("fate").sort("time", "order", "line")


def one_day(facts: dict[str, Any], live: set[str], moods: dict[int, float]) -> list[tuple[Any, ...]]:
    """The orders of one day, as rows of `DRAWN`."""
    day: date = facts["ds"]
    rng = np.random.default_rng([SEED, day.toordinal(), 3])
    mood = np.mean([moods[day.toordinal() - k] for k in range(10)])
    level = WEEK[day.weekday()] * np.exp(0.5 * mood + 0.12 * rng.standard_normal())
    level *= (1 + 0.5 * facts["promotion"] + 0.8 * facts["peak"]) * (1 - 0.97 * facts["courier_stop"])
    rows: list[tuple[Any, ...]] = []
    for product, (_, _, _, height, _) in PRODUCTS.items():
        for platform, share in PLATFORMS.items():
            boost = 1.9 if platform == "douyin" and product in live else 1.0
            count = rng.poisson(height * shape(product, day) * share * level * boost)
            where = rng.choice(list(PROVINCES), size=count, p=list(PROVINCES.values())).tolist()
            boxes = rng.choice(list(BOXES), size=count, p=[box[2] for box in BOXES.values()]).tolist()
            minutes = np.clip(rng.normal(15 * 60, 240, size=count), 0, 1439).astype(int).tolist()
            drawn = zip(where, boxes, minutes, rng.random(count).tolist(), range(count), strict=True)
            rows += [(day, product, platform, boost, *one) for one in drawn]
    return rows


def postal(orders: pl.DataFrame, last: date) -> pl.DataFrame:
    """The county's parcels of every whole month that had been reported: the sample's over a share that wanders."""
    day = pl.col("time").dt.convert_time_zone(ZONE).dt.date()
    monthly = orders.filter(pl.col("kind") == "sale").group_by(month=day.dt.month_end()).agg(sample=pl.len())
    whole = (last - timedelta(days=HISTORY_DAYS - 31), last - timedelta(days=15))
    months = pl.select(month=pl.date_range(*whole, interval="1d")).filter(
        pl.col("month") == pl.col("month").dt.month_end()
    )
    full = months.join(monthly, on="month", how="left", maintain_order="left").with_columns(
        pl.col("sample").fill_null(0)
    )
    wander = [
        float(np.random.default_rng([SEED, month.toordinal(), 4]).normal(0, 0.12)) for month in full["month"].to_list()
    ]
    county = ((pl.col("sample") / SHARE + 9000) * pl.Series(np.exp(wander))).round().cast(pl.Int64)
    return full.select("month", parcels=county).sort("month")
