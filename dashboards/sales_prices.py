"""Wholesale prices of oranges on the sales page and in the API: now, a year ago, the next four weeks, names unknown."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import polars as pl
from dash import html

from dashboards import components as ui
from dashboards.memory import remembered, shared, state
from dashboards.reader import Reader
from dashboards.sales_parts import link
from workbench import domain
from workbench.errors import MissingData
from workbench.forecast.frames import QUANTILES
from workbench.lake.quality import measured
from workbench.lake.store import Lake
from workbench.operate import verify
from workbench.operate.archive import Archive
from workbench.present import fan as fans
from workbench.present.words import Words, number, span
from workbench.science import notices
from workbench.settings import now

TASK = "prices_daily"
TABLES = ("price_notices", "price_aliases", "orange_prices")
SHELVES = (("forecast", TASK), ("score", TASK))
SERIES = ("product", "grade_code", "place")
PAST = timedelta(days=120)
CURRENT = timedelta(days=21)
"""A series without a notice for longer is out of season: its last price is told with its day, and nothing ahead."""
KEPT = timedelta(days=400)
APART = 1.15
"""Notices of one day that mean one series and differ by more than this are told as contradicting each other."""
NOTHING = {"unique_id": pl.String, "ds": pl.Date, **dict.fromkeys(QUANTILES, pl.Float64)}
"""A forecast that was never issued."""
YEAR, AROUND = timedelta(days=364), timedelta(days=3)


@dataclass(frozen=True)
class Prices:
    """One look at the prices: `daily` as `notices.daily` with unique_id, `strange` names that no alias knows, `ahead`
    the newest issue (empty where there is none), `farm` the newest farm-gate prices by variety."""

    seen: Reader
    daily: pl.DataFrame
    strange: pl.DataFrame
    ahead: pl.DataFrame
    farm: pl.DataFrame
    names: dict[str, str]
    today: date
    sample: bool
    key: tuple[Hashable, ...]

    @property
    def words(self) -> Words:
        """The reader's words."""
        return self.seen.words

    def called(self, unique_id: str) -> str:
        """What readers call a series."""
        return " · ".join(self.names.get(part, part) for part in unique_id.split("/"))


def prices(seen: Reader, lake: Lake, archive: Archive) -> Prices:
    """What page and API show; MissingData where there is no notice."""
    daily, strange, farm = _told(lake.root, *map(lake.digest, TABLES))
    if daily.is_empty() and strange.is_empty():
        raise MissingData("there are no price notices", "bring them in with `workbench ingest price_notices FILE…`")
    try:
        ahead = archive.latest(TASK)
    except MissingData:
        ahead = pl.DataFrame(schema=NOTHING)
    aliases = lake.read("price_aliases").collect().sort("rank")
    names = dict(aliases.select("code", seen.language).unique("code", keep="first", maintain_order=True).iter_rows())
    today, sample = seen.words.local(now()).date(), lake.origin("price_notices") == "sample"
    return Prices(
        seen, daily, strange, ahead, farm, names, today, sample, (state(lake, archive, TABLES, SHELVES), seen)
    )


@shared(2)
def _told(root: str, *digests: str) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Daily prices by series, names that mean nothing yet, and the newest farm-gate prices."""
    frames = domain.frames(list(TABLES), Lake(root))
    told = frames["price_notices"].with_columns(measured(["low", "mean", "high"])).collect()
    resolved = notices.resolve(told, frames["price_aliases"].collect())
    daily = notices.daily(resolved).with_columns(unique_id=pl.concat_str(*SERIES, separator="/"))
    farm = frames["orange_prices"].with_columns(measured(["price"])).collect().drop_nulls("price")
    farm = farm.sort("date").filter(pl.col("date") == pl.col("date").max()).select("variety", "market", "date", "price")
    return daily, notices.unresolved(resolved), farm


def current(shown: Prices) -> pl.DataFrame:
    """Each series' newest price beside a week and a year before, and where it is expected at the end of the forecast.

    Columns: unique_id, product, grade, market, date, price, low, high, notices, week_ago, last_year (the median of the
    week around the same day 364 days before), until, q10, q50, q90 (null out of season); the most quoted first.
    """
    daily = shown.daily
    newest = daily.sort("date").group_by("unique_id").agg(pl.all().last(), days=pl.len())
    newest = newest.filter(pl.col("date") > shown.today - KEPT)

    def before(length: timedelta, name: str) -> pl.DataFrame:
        then = daily.select("unique_id", "price", was="date").join(newest.select("unique_id", "date"), on="unique_id")
        gap = pl.col("date") - pl.col("was") - length
        near = then.filter(gap.abs() <= AROUND)
        return near.group_by("unique_id").agg(pl.col("price").median().alias(name))

    last = shown.ahead.sort("ds").group_by("unique_id").last()
    ends = last.select("unique_id", "q10", "q50", "q90", until="ds").filter(pl.col("until") > shown.today)
    active = newest.filter(pl.col("date") >= shown.today - CURRENT).select("unique_id")
    return (
        newest.join(before(timedelta(days=7), "week_ago"), on="unique_id", how="left")
        .join(before(YEAR, "last_year"), on="unique_id", how="left")
        .join(ends.join(active, on="unique_id", how="semi"), on="unique_id", how="left")
        .sort("date", "days", "unique_id", descending=[True, True, False])
        .select(
            "unique_id", "product", "date", "price", "low", "high", "notices", "week_ago", "last_year", "until",
            "q10", "q50", "q90", grade="grade_code", market="place",
        )
    )  # fmt: skip


def contradictions(shown: Prices) -> pl.DataFrame:
    """Days of the last 60 on which notices of one series lie apart: unique_id, date, notices, price, apart."""
    told = shown.daily.filter(pl.col("apart") > APART, pl.col("date") > shown.today - timedelta(days=60))
    return told.select("unique_id", "date", "notices", "price", "apart").sort(
        "date", "unique_id", descending=[True, False]
    )


def section(seen: Reader, lake: Lake, archive: Archive, query: dict[str, Any]) -> Any:
    """The section of the sales page; `query` may name a series in `price`."""
    words = seen.words
    try:
        shown = prices(seen, lake, archive)
    except MissingData:
        hint: list[Any] = [words("prices.empty"), " ", html.Code("workbench ingest price_notices FILE…")]
        return ui.panel(words("prices.title"), html.P(hint, className="plain"), id="prices")
    return remembered((*shown.key, shown.today, "prices", query.get("price")), lambda: _section(shown, query))


def _section(shown: Prices, query: dict[str, Any]) -> html.Section:
    words, table = shown.words, current(shown)
    badges: list[Any] = [ui.sample_badge(words)] if shown.sample else []
    if table.is_empty():
        none = html.P(words("prices.none_known"), className="plain")
        return ui.panel(words("prices.title"), none, strangers(shown), id="prices")
    asked = str(query.get("price") or "")
    of = asked if asked in table["unique_id"] else table["unique_id"][0]
    picks = [link(shown.called(one), address(one, query), one == of) for one in table["unique_id"].head(12)]
    passport = None
    if shown.ahead.height:
        passport = ui.passport(shown.ahead.row(0, named=True), verify.coverage(TASK), words)
    return ui.panel(
        words("prices.title"),
        html.Div(badges, className="badges") if badges else None,
        rows(shown, table),
        html.P([words("prices.note"), farm(shown)], className="note"),
        html.Nav(picks, className="badges", **ui.aria(words("prices.series"))),
        fan(shown, of, table),
        passport,
        told_twice(shown),
        strangers(shown),
        id="prices",
    )


def address(of: str, query: dict[str, Any]) -> str:
    """The page's address with one series of prices shown; what else was chosen stays."""
    kept = {name: query[name] for name in ("measure", "of") if query.get(name)}
    return "/sales?" + urlencode({**kept, "price": of}) + "#prices"


def rows(shown: Prices, table: pl.DataFrame) -> html.Div:
    """Price now by product, grade and market."""
    words = shown.words
    heads = [words(f"prices.{key}") for key in ("series", "now", "day", "week", "year", "ahead")]
    body = [
        [
            html.Span(shown.called(row["unique_id"])),  # may break on a phone
            number(row["price"], 2),
            words.day(row["date"], year=row["date"] < shown.today - CURRENT),
            change(row["price"], row["week_ago"]),
            change(row["price"], row["last_year"]),
            words("prices.closed")
            if row["date"] < shown.today - CURRENT
            else "—"
            if row["q50"] is None
            else f"{number(row['q50'], 2)} ({span(row['q10'], row['q90'], 2)})",
        ]
        for row in table.rows(named=True)
    ]
    return ui.rows(heads, body, [f"price-{one.replace('/', '-')}" for one in table["unique_id"]], (1, 3, 4, 5))


def change(price: float, before: float | None) -> str:
    """How much a price is above or below another, in whole per cent.

    >>> change(6.0, 5.0), change(4.5, 5.0), change(5.0, None)
    ('+20%', '−10%', '—')
    """
    if not before:
        return "—"
    return f"{price / before - 1:+.0%}".replace("-", "−")


def fan(shown: Prices, of: str, table: pl.DataFrame) -> html.Figure:
    """Prices of the last months and the range of the next weeks; nothing ahead out of season."""
    words = shown.words
    own = shown.daily.filter(pl.col("unique_id") == of).sort("date").select("date", y="price")
    own = own.filter(pl.col("date") >= own["date"][-1] - PAST)
    days = pl.select(date=pl.date_range(own["date"][0], own["date"][-1]))
    past = days.join(own, on="date", how="left", maintain_order="left").rename({"date": "ds"})
    ahead = shown.ahead.filter(pl.col("unique_id") == of)
    if not table.filter(pl.col("unique_id") == of)["q50"].is_not_null().any():
        ahead = ahead.clear()
    title = words("prices.chart", name=shown.called(of))
    return ui.chart(fans.fan(past, ahead, now(), words, words("prices.unit")), shown.seen, title, "prices-fan")


def farm(shown: Prices) -> str:
    """The newest price at the farm gate by variety, where one is recorded."""
    if shown.farm.is_empty():
        return ""
    told = ", ".join(f"{name} {number(price, 2)}" for name, price in shown.farm.select("variety", "price").iter_rows())
    return " " + shown.words("prices.farm", day=shown.words.day(shown.farm["date"][0], year=True), prices=told)


def told_twice(shown: Prices) -> html.Details | None:
    """Days on which notices of one series contradict each other."""
    words, found = shown.words, contradictions(shown)
    if found.is_empty():
        return None
    heads = [words(f"prices.{key}") for key in ("series", "day", "notices", "now", "apart")]
    body = [
        [
            shown.called(r["unique_id"]),
            words.day(r["date"]),
            r["notices"],
            number(r["price"], 2),
            change(r["apart"], 1.0),
        ]
        for r in found.head(20).rows(named=True)
    ]
    hint = words("prices.times", n=number(found.height))
    return ui.fold(words("prices.contradict"), ui.rows(heads, body, numbers=(2, 3, 4)), hint=hint)


def strangers(shown: Prices) -> html.Details | None:
    """Names that no alias knows, with their count; their notices are kept."""
    words, found = shown.words, shown.strange
    if found.is_empty():
        return None
    heads = [words(f"prices.{key}") for key in ("name", "spec", "notices", "first", "last")]
    body = [
        [r["name"], r["spec"], number(r["notices"]), words.day(r["first"], year=True), words.day(r["last"], year=True)]
        for r in found.head(30).rows(named=True)
    ]
    total = number(float(found["notices"].sum()))
    hint = words("prices.strange_hint", names=number(found.height), n=total)
    why = html.P(words("prices.strange_why"), className="note")
    return ui.fold(words("prices.strange"), ui.rows(heads, body, numbers=(2,)), why, hint=hint, id="prices-strange")
