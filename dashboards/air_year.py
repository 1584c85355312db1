"""The year's good days: so far, to come, and the chance of meeting the target — for the page and the API alike."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from dashboards.air_view import Scene, year_ahead
from workbench.science.air_day import good_days
from workbench.settings import county

SPAN = (0.1, 0.9)
"""The range said of the days at the end of the year."""


@dataclass(frozen=True)
class Year:
    """A station's year under the rule set in force; `upto` is the last day counted.

    `good` of `valid` days so far; `allowed` days may be polluted if the target is to be met; `chance` that it is met
    and `likely` good days at the end of the year (80 %), None without a target and without paths. `so_far` (date,
    over) and `ahead` (date, q10, q50, q90) are the days polluted, cumulated.
    """

    station: str
    upto: date
    good: int
    valid: int
    share: float
    target: int | None
    allowed: int | None
    chance: float | None
    likely: tuple[float, float] | None
    so_far: pl.DataFrame
    ahead: pl.DataFrame


def asked(target: str) -> int | None:
    """The target in an address, else the county's; None where there is neither."""
    return int(target) if target.isdigit() else county().get("targets", {}).get("good_days")


def year(scene: Scene, target: int | None) -> Year:
    """A station's year as the page shows it; MissingData where no paths are kept."""
    return counted(scene.history, year_ahead(scene), target, scene.today)


def counted(history: pl.DataFrame, ahead: pl.DataFrame, target: int | None, today: date) -> Year:
    """Count the days of one station before today (`air_history.days`) and those ahead (`air_view.year_ahead`).

    Days without an AQI, and those before the first row, cannot be good any more.
    """
    days = history.filter(pl.col("date").dt.year() == today.year, pl.col("date") < today)
    until = good_days(days.select("station", "date", "aqi"))
    good, valid, share = until.row(0)[2:] if until.height else (0, 0, 0.0)
    so_far = days.sort("date").select("date", over=(pl.col("aqi") > 100).fill_null(value=False).cum_sum())
    over = int(so_far["over"][-1]) if so_far.height else 0
    levels = ((0.1, "q10"), (0.5, "q50"), (0.9, "q90"))
    fan = ahead.group_by("date").agg((pl.col("over").quantile(q, "linear") + over).alias(name) for q, name in levels)
    ends = ahead.sort("date").group_by("path").agg(pl.col("good").last())["good"] + good
    first, last = date(today.year, 1, 1), date(today.year, 12, 31)
    missing = (today - first).days - valid
    low, high = (ends.quantile(level) if ends.len() else None for level in SPAN)
    return Year(
        station=history["station"][0],
        upto=today - timedelta(days=1),
        good=good,
        valid=valid,
        share=share,
        target=target,
        allowed=None if target is None else (last - first).days + 1 - missing - target,
        chance=None if target is None or ends.is_empty() else float((ends >= target).mean()),
        likely=None if low is None or high is None else (low, high),
        so_far=so_far,
        ahead=fan.filter(pl.col("date") >= today).sort("date"),
    )
