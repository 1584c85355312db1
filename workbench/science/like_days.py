"""Days that were like a day to come, and what rain or an event did to days like it: from a series' own past."""

import numpy as np
import polars as pl

NEAR = 28
"""Days of the year within which a day is of the same season."""
WET = 5.0
"""Daytime rain in mm from which a day counts as wet."""
RESAMPLED = 500


def similar(past: pl.DataFrame, day: dict[str, object], count: int = 5) -> pl.DataFrame:
    """The past days most like a day: `ds, y, distance` and what they were.

    `past` and `day` have ds, festival, nth, free, rain, event. The place in a holiday weighs most, then a free day, the
    season, rain and events; the more years back, the farther. Closed days and days without a value are left out.
    """
    at = pl.lit(day["ds"]).cast(pl.Date)
    gone = (at - pl.col("ds")).dt.total_days()
    of_year = (gone % 365.25) / 365.25
    apart = pl.min_horizontal(of_year, 1 - of_year) * 365.25

    asked = {name: float(str(day[name] or 0)) for name in ("festival", "nth", "free", "rain", "event")}

    def other(name: str) -> pl.Expr:
        return (pl.col(name).fill_null(0.0) != pl.lit(asked[name])).cast(pl.Float64)

    wet = ((pl.col("rain") >= WET) != pl.lit(asked["rain"] >= WET)).cast(pl.Float64)
    inside = 3 * other("nth") if asked["festival"] else pl.lit(0.0)
    far = 6 * other("festival") + inside + 3 * other("free") + apart / NEAR + wet + other("event") + gone / 730
    known = past.filter(pl.col("y") > 0, pl.col("ds") < at)
    return known.with_columns(distance=far).sort("distance", "ds").head(count)


def effect(past: pl.DataFrame, name: str, since: float) -> dict[str, float] | None:
    """What days with `name` of `since` or more had, as a factor on what is usual of such days: middle and 80 % range.

    Usual = the mean log of the ordinary days with the same freedom (working day or not) over the 43 days up to it.
    Holidays are left out. None below eight such days; the range is a bootstrap over days.
    """
    plain = past.filter(pl.col("y") > 0, pl.col("festival") == 0).sort("ds").with_columns(log=pl.col("y").log())
    if plain.is_empty():
        return None
    usual = pl.col("log").rolling_mean_by("ds", "43d").over("free")
    marked = plain.with_columns(off=pl.col("log") - usual, at=(pl.col(name) >= since), dry=pl.col(name) >= 0).filter(
        pl.col("dry")
    )
    hit, rest = (marked.filter(part)["off"].to_numpy() for part in (pl.col("at"), ~pl.col("at")))
    if len(hit) < 8 or len(rest) < 30:
        return None
    rng = np.random.default_rng(0)
    draws = [rng.choice(hit, len(hit)).mean() - rng.choice(rest, len(rest)).mean() for _ in range(RESAMPLED)]
    low, high = np.quantile(draws, [0.1, 0.9])
    middle = float(np.exp(hit.mean() - rest.mean()))
    return {"factor": middle, "low": float(np.exp(low)), "high": float(np.exp(high)), "days": float(len(hit))}
