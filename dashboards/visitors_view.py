"""Visitors as page and API show them: frames from the archive and the lake, each made once for both."""

import math
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl

from dashboards.memory import shared, state
from dashboards.reader import Reader
from workbench import domain
from workbench.errors import InputError, MissingData, UnknownName
from workbench.forecast import decide
from workbench.forecast.frames import QUANTILES, measure, place
from workbench.lake.store import Lake
from workbench.operate.archive import Archive
from workbench.present.words import Words
from workbench.science import holidays, like_days
from workbench.settings import county_zone, now

TASK, PRODUCT, HOLIDAYS, COUNTY = "visitors_daily", "visitor_outlook", "visitor_holidays", "*"
TABLES = (TASK, "scenic_areas", "bookings", "area_capacities", "area_closures", "tourism_events", "visitors_reported")
SHELVES = (("product", PRODUCT), ("product", HOLIDAYS), ("score", PRODUCT), ("forecast", "visitors_monthly"))
STALE = timedelta(days=2)
ITEMS = ("tickets", "buses", "staff")
AHEAD = 14


@dataclass(frozen=True)
class Scene:
    """What every section needs: who reads, the outlook of all areas from today on, the area looked at."""

    seen: Reader
    lake: Lake
    archive: Archive
    areas: pl.DataFrame
    area: str
    rows: pl.DataFrame
    issue: dict[str, Any]
    today: date
    key: tuple[Hashable, ...]

    @property
    def words(self) -> Words:
        """The reader's words."""
        return self.seen.words

    def name(self, area: str) -> str:
        """An area's name; the county's for the sum."""
        if area == COUNTY:
            return self.words("visitors.county")
        found = self.areas.filter(pl.col("area") == area)
        return str(found[f"name_{self.words.language}"][0] or area) if found.height else area

    def of(self, area: str) -> pl.DataFrame:
        """The days of one area."""
        return self.rows.filter(pl.col("area") == area).sort("date")


def scene(seen: Reader, area: str = COUNTY) -> Scene:
    """The scene; MissingData where no outlook was issued, UnknownName for an area that is not there."""
    lake, archive = Lake(), Archive()
    product = archive.product(PRODUCT)
    today = seen.words.local(now()).date()
    rows = product.filter(pl.col("date").is_between(today, today + timedelta(days=AHEAD)))
    if rows.is_empty():
        raise MissingData(f"the newest {PRODUCT} says nothing of days to come", "run `workbench forecast`")
    areas = domain.frames(["scenic_areas", TASK], lake)["scenic_areas"].collect()
    there = product["area"].unique().sort().to_list()
    if area not in there:
        raise UnknownName("scenic area", area, there)
    first = product.row(0, named=True)
    issue = {"level": 0, "reason": "", "model": "", "version": "", "status": "machine"} | first
    key = (state(lake, archive, TABLES, SHELVES), area, seen)
    return Scene(seen, lake, archive, areas, area, rows, issue, today, key)


def tightest(rows: pl.DataFrame) -> pl.DataFrame:
    """Area-days, the tightest first: by the chance of the maximum, of 90 and 80 %, of full car parks, by the load."""
    order = ["p100", "p90", "p80", "p_cars", "load"]
    areas = rows.filter(pl.col("area") != COUNTY)
    return areas.sort(*order, "q50", descending=True, nulls_last=True)


def likeliest(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """The area-day with the greatest chance of 80 % of its maximum; empty where no maximum is determined."""
    known = rows.filter(pl.col("area") != COUNTY, pl.col("p80").is_not_null())
    return known.sort("p80", "p100", "load", descending=True, nulls_last=True).head(1).to_dicts()


def listed(scene: Scene, most: int = 12) -> pl.DataFrame:
    """The days of the area looked at; of the county its tightest area-days."""
    return tightest(scene.rows).head(most) if scene.area == COUNTY else scene.of(scene.area)


def history(lake: Lake) -> pl.DataFrame:
    """Every counted day: area, definition, ds, y (null: closed days apart, no value), and what was known of it."""
    return _history(lake.root, tuple(lake.digest(name) for name in TABLES), lake.digest("weather_forecast"))


@shared(4)
def _history(root: str, digests: tuple[str, ...], weather: str) -> pl.DataFrame:
    panel = domain.panel(TASK, Lake(root))
    return panel.with_columns(area=place(), definition=measure()).sort("area", "ds")


def costs(given: dict[str, float]) -> pl.DataFrame:
    """The means of reception with their costs: the defaults, and what the reader gives as `<item>_<column>`."""
    table = Lake().read("visitor_costs").collect()
    for item in table["item"]:
        for column in ("serves", "cost", "loss"):
            value = given.get(f"{item}_{column}")
            if value is None:
                continue
            if not 0 <= value < math.inf:
                raise InputError(f"{item}_{column} of {value} is no amount", "give a number from 0 up")
            mine = pl.col("item") == item
            table = table.with_columns(
                pl.when(mine).then(pl.lit(float(value))).otherwise(column).alias(column),
                basis=pl.when(mine).then(pl.lit("given")).otherwise("basis"),
            )
    return table.select("item", "name_zh", "name_en", "serves", "cost", "loss", "basis")


def plan(rows: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """Area-days with `tickets`, `buses` and `staff` to provide; null where no capacity limits the tickets."""
    made = rows.filter(pl.col("area") != COUNTY)
    for row in table.rows(named=True):
        level = decide.critical(row["cost"], row["loss"])
        if row["item"] == "tickets":
            made = made.with_columns(tickets=pl.when(pl.col("daily_max").is_not_null()).then(decide.tickets(level)))
        else:
            made = made.with_columns(decide.provide(level, row["serves"]).alias(row["item"]))
    return made


def ahead(archive: Archive, today: date) -> pl.DataFrame:
    """The holiday days from today on by area, beside the same holiday day a year before."""
    return archive.product(HOLIDAYS).filter(pl.col("date") >= today).sort("date", "area")


def holiday_sums(days: pl.DataFrame) -> pl.DataFrame:
    """Each holiday ahead by area: totals, comparable daily means, and their change."""
    parts = [
        holidays.compared(own, "mean").with_columns(area=pl.lit(area))
        for (area,), own in days.group_by("area", maintain_order=True)
    ]
    return pl.concat(parts) if parts else pl.DataFrame()


def coming(lake: Lake, area: str, day: date) -> dict[str, Any]:
    """What is known now of a day at an area: place in the holidays, closed, event, booked, rain."""
    ahead = domain.panel("visitors_ahead", lake).filter(pl.col("unique_id") == f"{area}/ticketed", pl.col("ds") == day)
    if ahead.is_empty():
        raise MissingData(f"nothing is known of {day} at {area}", "ask for a day within the next 300")
    return ahead.sort("known_at").row(-1, named=True)


def alike(lake: Lake, area: str, day: date, count: int = 5) -> pl.DataFrame:
    """The past days most like a day to come, with what they had."""
    past = history(lake).filter(pl.col("area") == area)
    return like_days.similar(past, coming(lake, area, day), count)


@dataclass(frozen=True)
class If:
    """What might be otherwise on a day: rain, an event, the area closed, the price changed by a share (0.1 = +10 %) and
    how visitors answer to it (an assumption of the reader's: no prices are on record)."""

    rain: bool = False
    event: bool = False
    closed: bool = False
    price: float = 0.0
    elasticity: float = -0.5

    def __post_init__(self) -> None:
        if not (-1 < self.price <= 10 and abs(self.elasticity) <= 10):
            raise InputError(
                f"a price changed by {self.price:+.0%} at an elasticity of {self.elasticity:g} says nothing",
                "give a change above −100 % and up to +1000 %, and an elasticity within ±10",
            )


def what_if(shown: Scene, day: date, change: If) -> dict[str, Any]:
    """A day of the scene's area as forecast and as it would be: q10, q50, q90, each factor and where it comes from."""
    rows = shown.of(shown.area).filter(pl.col("date") == day)
    if rows.is_empty():
        raise MissingData(f"{day} is not among the next {AHEAD} days", "ask for one of them")
    base = {name: float(rows[name][0]) for name in ("q10", "q50", "q90")}
    past = history(shown.lake).filter(pl.col("area") == shown.area)
    factors: dict[str, dict[str, float] | None] = {}
    if change.rain:
        factors["rain"] = like_days.effect(past, "rain", like_days.WET)
    if change.event:
        factors["event"] = like_days.effect(past, "event", 1.0)
    if change.price:
        moved = (1 + change.price) ** change.elasticity
        factors["price"] = {"factor": moved, "low": moved, "high": moved, "days": 0.0}
    after = dict(base)
    for one in factors.values():
        if one is not None:
            after = {
                "q10": after["q10"] * one["low"],
                "q50": after["q50"] * one["factor"],
                "q90": after["q90"] * one["high"],
            }
    if change.closed:
        after = dict.fromkeys(after, 0.0)
    share = after["q50"] / base["q50"] - 1 if base["q50"] > 0 else 0.0
    others = {} if shown.area == COUNTY else moved_county(shown, day, share * float(rows["mean"][0]))
    return {"area": shown.area, "date": day, "base": base, "after": after, "factors": factors, "county": others}


def moved_county(shown: Scene, day: date, by: float) -> dict[str, float]:
    """The county's mean before and after an area's change."""
    total = shown.of(COUNTY).filter(pl.col("date") == day)
    mean = float(total["mean"][0]) if total.height else 0.0
    return {"before": mean, "after": max(mean + by, 0.0)}


def quantiles(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows as a FORECAST that a fan can draw."""
    return rows.select(pl.col("date").alias("ds"), "mean", *QUANTILES)


def age(lake: Lake) -> tuple[datetime | None, bool]:
    """The end of the last counted day, and whether it is too old."""
    last = history(lake)["ds"].max() if lake.origin(TASK) != "empty" else None
    if not isinstance(last, date):
        return None, True
    over = datetime.combine(last + timedelta(days=1), time(), county_zone())
    return over, now() - over > STALE
