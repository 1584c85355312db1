"""Order lines to daily figures: products by their titles, parcels of orders, sums a day that leave no day out.

A *line* is one row of an order export (data/catalogue/orders.toml). A paid-back order has a second line that takes the
first one back, so that what was sold on a day never changes afterwards and what came back is known apart.
"""

from collections.abc import Sequence

import polars as pl

PARTS = ("product", "platform", "province", "measure")
"""What a series of orders is called by: `mid_navel/taobao/shanghai/parcels`."""

LEVELS = (("measure",), ("product", "measure"), ("platform", "measure"), ("province", "measure"))
"""Which sums are kept beside the single series: the whole sample, by product, by platform, by destination."""

MEASURES = ("parcels", "kilograms", "value")
"""Parcels sent (an order without tracking numbers counts as one), kg, and yuan that shops receive."""

UNKNOWN = "unknown"
"""A destination that the platform masks."""


def by_product(lines: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """Add `product`, and `kilograms` where the shop does not tell them: pieces times the product's usual weight.

    `products`: the reference table sale_products. A line belongs to the first product, by `rank`, whose `pattern` its
    title or specification holds; the product without a pattern takes the rest.
    """
    text = pl.concat_str(pl.col("item").fill_null(""), pl.col("spec").fill_null(""), separator=" ")
    found, rest = [], "other"
    for name, pattern in products.sort("rank").select("product", "pattern").iter_rows():
        if pattern:
            found.append(pl.when(pl.col("_text").str.contains(pattern)).then(pl.lit(name)))
        else:
            rest = name
    told = lines.select(text.alias("_text")).unique().with_columns(product=pl.coalesce(*found, pl.lit(rest)))
    usual = products.select("product", "usual_kg")
    return (
        lines.with_columns(text.alias("_text"))
        .join(told, on="_text", how="left", maintain_order="left")
        .join(usual, on="product", how="left", maintain_order="left")
        .with_columns(kilograms=pl.coalesce("kilograms", pl.col("quantity") * pl.col("usual_kg")))
        .drop("_text", "usual_kg")
    )


def with_parcels(lines: pl.DataFrame) -> pl.DataFrame:
    """`parcels` of each line, Float64: its equal share of the parcels of its order; an order is one where none is told.

    >>> two = pl.DataFrame({"order": ["a", "a"], "kind": ["sale"] * 2, "parcels": [None, 3]})
    >>> with_parcels(two)["parcels"].to_list()
    [1.5, 1.5]
    """
    whole = pl.col("parcels").max().over("order", "kind").fill_null(1)
    return lines.with_columns(parcels=whole / pl.len().over("order", "kind"))


def daily(lines: pl.DataFrame, keys: Sequence[str], measures: Sequence[str], zone: str) -> pl.DataFrame:
    """PANEL of sums a local day: unique_id = keys/measure, ds, known_at, y; 0 on days without a line.

    A series runs from its first line to the last day of all that is over. A day is known when its last line is, one
    without any line when the first line after it is. `lines`: time, known_at, keys, measures.
    """
    day = pl.col("time").dt.convert_time_zone(zone).dt.date().alias("ds")
    dated = lines.with_columns(day)
    days = whole_days(dated, zone)
    name = pl.concat_str(*[pl.col(key) for key in keys], separator="/")
    sums = dated.group_by(name.alias("name"), "ds").agg(pl.col(measure).sum() for measure in measures)
    begun = sums.group_by("name").agg(first=pl.col("ds").min())
    grid = begun.join(days, how="cross").filter(pl.col("ds") >= pl.col("first")).drop("first")
    filled = grid.join(sums, on=["name", "ds"], how="left").with_columns(pl.col(measures).fill_null(0.0))
    parts = [
        filled.select(
            pl.concat_str("name", pl.lit(measure), separator="/").alias("unique_id"),
            "ds",
            "known_at",
            pl.col(measure).cast(pl.Float64).alias("y"),
        )
        for measure in measures
    ]
    return pl.concat(parts).sort("unique_id", "ds")


def whole_days(dated: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Every day that is over, from the first line to the last (`ds`), and when it was known (`known_at`).

    A day is over once a line has come after its midnight: the running day is left out.
    """
    told = dated.group_by("ds").agg(pl.col("known_at").max()).sort("ds")
    if told.is_empty():
        return told.select("ds", "known_at")
    first, last = told["ds"][0], told["ds"][-1]
    end = pl.col("ds").dt.offset_by("1d").cast(pl.Datetime("us")).dt.replace_time_zone(zone).dt.convert_time_zone("UTC")
    every = pl.date_range(first, last, interval="1d", eager=True).alias("ds").to_frame().with_columns(midnight=end)
    came = dated.select(closed="known_at").unique().sort("closed")
    later = told.select("ds", after=pl.col("known_at").reverse().cum_min().reverse())
    return (
        every.join_asof(came, left_on="midnight", right_on="closed", strategy="forward", coalesce=False)
        .join(told, on="ds", how="left", maintain_order="left")
        .join(later, on="ds", how="left", maintain_order="left")
        .with_columns(pl.coalesce("known_at", pl.col("after").backward_fill()))
        .filter(pl.col("closed").is_not_null())
        .select("ds", known_at=pl.max_horizontal("known_at", "closed"))
    )
