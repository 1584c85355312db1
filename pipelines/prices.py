"""Wholesale prices of oranges: from notices as markets write them to one price a day of each product and grade.

**The contract.** A series is `product/grade/market`, e.g. `fengjie_navel/medium/xinfadi`, with the codes of the
reference table price_aliases; a market that it does not know keeps its own name. `y` is CNY/kg: the median of the
notices that mean this series on that day. Days without a notice are no rows: out of season nothing is quoted, and a
price is never carried over. Names that no alias knows stay in price_notices and are in no series until one does.
"""

import polars as pl

from workbench.lake.quality import measured
from workbench.science import notices


def prices_daily(price_notices: pl.LazyFrame, price_aliases: pl.LazyFrame) -> pl.LazyFrame:
    """PANEL of daily wholesale prices: unique_id, ds, known_at, y."""
    told = price_notices.with_columns(measured(["low", "mean", "high"])).collect()
    daily = notices.daily(notices.resolve(told, price_aliases.collect()))
    name = pl.concat_str("product", "grade_code", "place", separator="/").alias("unique_id")
    return daily.select(name, "known_at", ds="date", y="price").sort("unique_id", "ds").lazy()
