"""Online sales as the page and the API show them, from the archive and the panel: one place for both."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from typing import Any

import polars as pl

from dashboards.memory import remembered, shared, state
from dashboards.reader import Reader
from workbench.errors import InputError, MissingData
from workbench.lake.store import Lake
from workbench.operate.archive import Archive
from workbench.operate.known import known
from workbench.present.words import Words
from workbench.science import sales
from workbench.science.orders import MEASURES
from workbench.science.sales import Rates
from workbench.settings import now

TASK = "orders_daily"
TABLES = ("orders", "sale_products", "sales_events", "provinces", "postal_parcels")
SHELVES = (("forecast", TASK), ("paths", TASK), ("score", TASK))
PARTS = ("product", "platform", "province")
WHOLE = "*/*/*"
STALE = timedelta(days=3)
"""Orders that end earlier than this make the page look stale."""
FRESH = 7
"""Lead days whose forecasts are held against the sales when something is said to stand out."""


@dataclass(frozen=True)
class Scene:
    """One look at the sales: `ahead` the FORECAST of the newest issue, `panel` what was sold, whole days only."""

    seen: Reader
    archive: Archive
    ahead: pl.DataFrame
    panel: pl.DataFrame
    names: dict[str, str]
    today: date
    key: tuple[Hashable, ...]

    @property
    def words(self) -> Words:
        """The reader's words."""
        return self.seen.words

    @property
    def joint(self) -> bool:
        """Whether joint paths of this issue are kept: without them nothing is said of sums over days."""
        return self.archive.has("paths", TASK, self.issue["issued_at"])

    @property
    def issue(self) -> dict[str, Any]:
        """The stamps of the issue."""
        return self.ahead.row(0, named=True)

    def called(self, name: str) -> str:
        """What readers call a part of a series: a product, a platform, a province."""
        return self.names.get(name, name)

    def series(self, of: str, measure: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Sales and forecast of one series: `of` is `product/platform/province` with `*` for a sum."""
        own = pl.col("unique_id") == f"{of}/{measure}"
        return self.panel.filter(own).sort("ds"), self.ahead.filter(own).sort("ds")


def scene(seen: Reader, lake: Lake, archive: Archive) -> Scene:
    """What page and API show; MissingData where nothing was issued or no order is there."""
    ahead, today = archive.latest(TASK), seen.words.local(now()).date()
    if ahead.filter(pl.col("ds") > today).is_empty():
        raise MissingData(f"the newest issue of {TASK} says nothing of days to come", "run `workbench forecast`")
    data = state(lake, archive, TABLES, SHELVES)
    panel = _panel(lake.root, lake.digest("orders"), ahead["cutoff"][0])
    language = seen.language
    names: dict[str, str] = {name: seen.words(f"sales.{name}") for name in ("taobao", "pinduoduo", "douyin", "jd")}
    names |= {"online_retail": "UCI Online Retail", "unknown": seen.words("sales.unknown")}
    for table, key in (("sale_products", "product"), ("provinces", "province")):
        names |= dict(lake.read(table).collect().select(key, language).iter_rows())
    return Scene(seen, archive, ahead, panel, names, today, (data, seen))


@shared(2)
def _panel(root: str, digest: str, until: date) -> pl.DataFrame:
    """unique_id, ds, y of every level up to the issue's cutoff, so that a day cut short by an export shows nothing."""
    return known(TASK, Lake(root)).panel.filter(pl.col("ds") <= until).select("unique_id", "ds", "y")


def rates(query: dict[str, Any]) -> Rates:
    """The packhouse's own rates from an address; InputError for what is no number or cannot be."""
    given: dict[str, float] = {}
    for name in ("box", "picked", "stock", "sure"):
        text = str(query.get(name) or "").strip()
        if text:
            try:
                given[name] = float(text)
            except ValueError:
                raise InputError(f"{name}: '{text}' is no number", "write digits, with a point for decimals") from None
    return Rates(**given)


def paths(scene: Scene, of: str, measures: Sequence[str]) -> pl.DataFrame:
    """ds, path and a column a measure of one series from today on, joint. MissingData where the issue kept no paths."""
    if not scene.joint:
        raise MissingData("this issue has no joint sample paths", "train and issue again")
    every = scene.archive.paths(TASK, scene.issue["issued_at"]).filter(pl.col("ds") >= scene.today)
    wide = [
        every.filter(pl.col("unique_id") == f"{of}/{name}").select(
            "ds", "path", pl.col("y").cast(pl.Float64).alias(name)
        )
        for name in measures
    ]
    return reduce(lambda left, right: left.join(right, on=["ds", "path"]), wide)


def plan(scene: Scene, wanted: Rates) -> pl.DataFrame:
    """See `sales.plan`: of the whole sample, by day from today on; from the joint paths of the issue shown."""

    def made() -> pl.DataFrame:
        return sales.plan(paths(scene, WHOLE, ("parcels", "kilograms")), wanted)

    return remembered((*scene.key[:1], scene.today, "sales-plan", wanted), made)


def shares(scene: Scene, part: str, measure: str, days: int = 28) -> pl.DataFrame:
    """name, amount, share of each product, platform or destination in the last `days` days of sales."""
    at = PARTS.index(part)
    pieces = pl.col("unique_id").str.split("/").list
    others = [pieces.get(i) == "*" for i in range(3) if i != at]
    own = scene.panel.filter(pieces.get(at) != "*", pieces.get(3) == measure, *others)
    last = scene.panel["ds"].max()
    assert isinstance(last, date)
    recent = own.filter(pl.col("ds") > last - timedelta(days=days)).group_by(pieces.get(at).alias("name"))
    return sales.shares(recent.agg(pl.col("y").sum().alias("amount")))


def unusual(scene: Scene) -> pl.DataFrame:
    """See `sales.unusual`: products, platforms and the whole, parcels, against forecasts at most `FRESH` days ahead."""
    since = scene.issue["issued_at"] - timedelta(days=60)
    issued = scene.archive.read(TASK, since)
    pieces = pl.col("unique_id").str.split("/").list
    sums = pl.sum_horizontal(pieces.get(i) != "*" for i in range(3)) <= 1
    lead = (pl.col("ds") - pl.col("cutoff")).dt.total_days()
    told = issued.filter(pieces.get(3) == "parcels", sums, lead <= FRESH, pl.col("sample") == scene.issue["sample"])
    newest = told.sort("issued_at").unique(["unique_id", "ds"], keep="last")
    both = newest.join(scene.panel, on=["unique_id", "ds"]).select("unique_id", "ds", "y", "q10", "q50", "q90")
    return sales.unusual(both)


def measure(query: dict[str, Any]) -> str:
    """The measure in an address; parcels where none is told."""
    return str(query["measure"]) if query.get("measure") in MEASURES else MEASURES[0]


def of(scene: Scene, query: dict[str, Any]) -> str:
    """The series in an address; the whole sample where it is not known."""
    asked = str(query.get("of") or WHOLE)
    known = scene.ahead.filter(pl.col("unique_id") == f"{asked}/{MEASURES[0]}")
    return asked if known.height else WHOLE


@dataclass(frozen=True)
class Total:
    """A series' sum from today on over `days` days (fewer than asked where the issue ends): q10, q50, q90."""

    days: int
    q10: float
    q50: float
    q90: float


def total(scene: Scene, days: int, measure: str = "parcels", of: str = WHOLE) -> Total:
    """From the issue's joint paths, so that the range is that of the sum. MissingData without paths or days."""

    def made() -> Total:
        first = paths(scene, of, (measure,)).filter(pl.col("ds") < scene.today + timedelta(days=days))
        if first.is_empty():
            raise MissingData(f"the issue says nothing of {of}/{measure} from {scene.today} on", "ask for another")
        sums = first.group_by("path").agg(pl.col(measure).sum())[measure]
        low, middle, high = (float(sums.quantile(level, "linear") or 0.0) for level in (0.1, 0.5, 0.9))
        return Total(first["ds"].n_unique(), low, middle, high)

    return remembered((*scene.key[:1], scene.today, "sales-total", days, measure, of), made)
