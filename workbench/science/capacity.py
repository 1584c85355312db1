"""What a scenic area can hold, and how likely a day is to reach it.

Daily capacity is the instantaneous one times the turnover, the whole number of visits that fit into the opening hours
(LB/T 034-2014 as quoted; the daily formula is unverified). Where one of the two is not determined it follows from the
other; where neither is, nothing is said: 未核定.
"""

import polars as pl

SHARES = (0.8, 0.9, 1.0)
"""Shares of the maximum at which areas warn, divert and stop selling."""
LIMITS = ("daily_max", "daily_best", "instant_max", "instant_best", "car_places")


def in_force(capacities: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """`days` (area, date, …) with the capacities in force on each, and the turnover; null where none is determined.

    Of rules that overlap the later one holds. `daily_basis` and `instant_basis` say `set`, `turnover` or null.
    """
    given = [name for name in capacities.columns if name in _COLUMNS]
    rules = capacities.select(given).sort("area", "valid_from").with_columns(date="valid_from")
    placed = days.sort("date").join_asof(rules.sort("date"), on="date", by="area", check_sortedness=False)
    ended = pl.col("valid_to").is_not_null() & (pl.col("valid_to") < pl.col("date"))
    held = [pl.when(~ended).then(name).alias(name) for name in given if name not in ("area", "valid_from", "valid_to")]
    placed = placed.with_columns(held).with_columns(turnover=turnover())
    found = placed.with_columns(
        daily_basis=_basis("daily_max", "instant_max"), instant_basis=_basis("instant_max", "daily_max")
    )
    for kind in ("max", "best"):
        daily, instant = pl.col(f"daily_{kind}"), pl.col(f"instant_{kind}")
        found = found.with_columns(
            pl.coalesce(daily, instant * pl.col("turnover")).alias(f"daily_{kind}"),
            pl.coalesce(instant, daily / pl.col("turnover")).alias(f"instant_{kind}"),
        )
    return found.drop("valid_from", "valid_to")


_COLUMNS = (
    "area",
    "valid_from",
    "valid_to",
    *LIMITS,
    "open_hours",
    "stay_hours",
    "people_a_car",
    "car_share",
    "basis",
)


def turnover() -> pl.Expr:
    """Visits one after the other that fit into the opening hours: Int(T/t), at least 1.

    >>> pl.DataFrame({"open_hours": [8.5], "stay_hours": [3.0]}).select(turnover())["open_hours"].item()
    2.0
    """
    return (pl.col("open_hours") / pl.col("stay_hours")).floor().clip(lower_bound=1.0)


def _basis(own: str, other: str) -> pl.Expr:
    derived = pl.col(other).is_not_null() & pl.col("turnover").is_not_null()
    return pl.when(pl.col(own).is_not_null()).then(pl.lit("set")).when(derived).then(pl.lit("turnover"))


def day_cars() -> pl.Expr:
    """Visitors of a day at which the car places are full: places × turnover × people a car ÷ share who drive."""
    return pl.col("car_places") * pl.col("turnover") * pl.col("people_a_car") / pl.col("car_share")
