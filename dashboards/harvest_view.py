"""The harvest as page, API and files show it: the newest issue, and what a reader asks of it."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, Literal, cast

import polars as pl

from dashboards.memory import state
from dashboards.reader import Reader
from workbench import domain
from workbench.errors import InputError, MissingData
from workbench.lake.store import Lake
from workbench.operate import harvest_read as facts
from workbench.operate.archive import Archive
from workbench.operate.harvests import PARTS, Harvest, harvest
from workbench.present.words import Words
from workbench.science.harvest import ALL, Change, changed
from workbench.science.harvest_costs import Payout, Policy, Rates, payout, plan
from workbench.settings import county, now

CROP, BUREAU = "orange", "agriculture"
OUTPUT, WEATHER = f"{CROP}_output", f"{CROP}_weather"
TABLES = (OUTPUT, WEATHER)
SHELVES = tuple(("product", f"{CROP}_{part}") for part in PARTS)
STALE = timedelta(days=12)
"""Ten-day dates lie up to eleven days apart."""
ENTERED = (OUTPUT, f"{CROP}_area", f"{CROP}_surveys", f"{CROP}_prices")
"""Tables that townships fill in, the first by default."""


@dataclass(frozen=True)
class Scene:
    """What every section needs: who reads, the newest issue, the town looked at (`*` = the county)."""

    seen: Reader
    harvest: Harvest
    town: str
    issue: dict[str, Any]
    today: date
    key: tuple[Hashable, ...]

    @property
    def words(self) -> Words:
        """The reader's words."""
        return self.seen.words

    def name(self, town: str) -> str:
        """A town's name; the county's for the sum."""
        return self.words("harvest.all_towns") if town == ALL else town

    @property
    def crop(self) -> str:
        """The crop's name."""
        return self.words(f"harvest.crop_{CROP}")


def scene(seen: Reader, town: str = ALL) -> Scene:
    """The scene; MissingData where nothing was issued, UnknownName for a town that is not there."""
    lake, archive = Lake(), Archive()
    found = harvest(CROP)
    issue = {"level": 0, "model": seen.words("harvest.model"), "status": "machine"} | facts.row(found, town)
    issue["version"] = facts.stamp(str(issue["version"]))
    issue["cutoff"] = issue["cutoff"] or issue["issued_at"]
    key = (state(lake, archive, TABLES, SHELVES), town, seen)
    return Scene(seen, found, town, issue, seen.words.local(now()).date(), key)


def old(shown: Scene) -> bool:
    """Whether the issue of the next ten days should have come."""
    due: date = shown.issue["due"]
    return shown.today - due > STALE


def coverage(shown: Scene) -> float | None:
    """Share of past seasons inside the 80 % range, over all issue dates; None where there is no record."""
    known = shown.harvest.record.drop_nulls(["y", "q10", "q90"])
    inside = (pl.col("y") >= pl.col("q10")) & (pl.col("y") <= pl.col("q90"))
    return None if known.is_empty() else float(known.select(inside.mean()).item())


def places() -> Mapping[str, tuple[int, int]]:
    """Town → column and row of its tile; empty where the county gives none."""
    return {str(name): (int(at[0]), int(at[1])) for name, at in county().get("tiles", {}).items()}


# -- what if ----------------------------------------------------------------------------------------------------------


def number(query: Mapping[str, Any], name: str) -> float | None:
    """A number in what was asked; None where nothing is said. InputError names what is no number."""
    said = query.get(name)
    if said is None or said == "":
        return None
    try:
        value = float(said)
    except (TypeError, ValueError):
        raise InputError(f"{name}={said} is no number", "write it like -3 or 0.8") from None
    if not abs(value) < 1e12:
        raise InputError(f"{name}={said} is no number", "write it like -3 or 0.8")
    return value


def change(query: Mapping[str, Any]) -> Change:
    """What a reader would change: `rain` (% of normal), `warmer` (°C), `freeze` (°C) on `freeze_day`, `area` (%) of
    `area_town`. InputError where nothing is changed or a figure says nothing."""
    rain, warmer = number(query, "rain"), number(query, "warmer")
    freeze, area = number(query, "freeze"), number(query, "area")
    said, town = str(query.get("freeze_day") or ""), str(query.get("area_town") or ALL)
    limits = ((rain, 0, 300, "rain"), (warmer, -8, 8, "warmer"), (freeze, -15, 5, "freeze"), (area, -100, 300, "area"))
    for value, low, high, name in limits:
        if value is not None and not low <= value <= high:
            raise InputError(f"{name} of {value:g} is outside {low} … {high}", "correct the figure")
    try:
        day = date.fromisoformat(said) if said and freeze is not None else None
    except ValueError:
        raise InputError(f"'{said}' is no day", "write it like 2026-12-20") from None
    if rain is None and warmer is None and freeze is None and not area:
        raise InputError("nothing was changed", "give rain, warmth, a freeze with its day, or an area")
    grown = {town: 1 + area / 100} if area else None
    return Change(None if rain is None else rain / 100, warmer, freeze, day, grown)


def otherwise(shown: Scene, wanted: Change) -> pl.DataFrame:
    """The outlook under a change: `town, variety, was, mean, change, q10, q50, q90, area`."""
    if wanted.area:
        for town in wanted.area:
            facts.row(shown.harvest, town)
    rows = changed(shown.harvest.outlook, shown.harvest.sensitivity, shown.harvest.flow, wanted)
    names = ["town", "variety", "was", "mean", "change", "q10", "q50", "q90", "area"]
    return rows.with_columns(change=pl.col("mean") - pl.col("was")).select(names)


def open_windows(shown: Scene) -> set[str]:
    """The factors whose weather is not over yet, so that a reader may change it."""
    rows = shown.harvest.sensitivity.filter(pl.col("decided") < 1)
    return set(rows["factor"])


# -- insurance --------------------------------------------------------------------------------------------------------


def terms(today: date) -> dict[str, str]:
    """The policy to begin with, as a reader would enter it: the one of the reference table in force; assumed, no local
    clause is known. Empty where there is none."""
    rows = Lake().read(f"{CROP}_insurance").collect()
    rows = rows.filter(pl.col("since") <= today, pl.col("until").is_null() | (pl.col("until") > today)).sort("step")
    if rows.is_empty():
        return {}
    first = rows.filter(pl.col("policy") == rows["policy"][0])
    one = first.row(0, named=True)
    steps = ", ".join(f"{r['threshold']:g}:{r['share']:g}" for r in first.rows(named=True))
    sums = {name: f"{one[name]:g}" for name in ("insured", "premium")}
    return {"steps": steps, "index": one["column"], "from": one["first"], "to": one["last"], **sums}


def policy(query: Mapping[str, Any]) -> Policy:
    """A policy as entered: `steps` ("°C:share, …" from mild to hard), `insured`, `premium`, `index`, `from`, `to`."""
    said = {name: str(query.get(name) or "") for name in ("steps", "index", "from", "to")}
    text = said["steps"].replace("，", ",").replace("：", ":").replace("−", "-")
    try:
        pairs = [part.split(":") for part in text.split(",") if part.strip()]
        steps = tuple((float(at), float(share)) for at, share in pairs)
        first, last = (date.fromisoformat(f"2001-{said[name]}") for name in ("from", "to"))
    except ValueError:
        raise InputError(
            f"'{text}' or its days cannot be read", "write steps like -2:0.1, -3:0.3 and days like 12-01"
        ) from None
    if said["index"] not in ("tmin", "tmax"):
        raise InputError(f"no index '{said['index']}'", "tmin or tmax")
    sums = [number(query, name) for name in ("insured", "premium")]
    if None in sums:
        raise InputError("the insured sum and the premium are needed", "yuan a mu")
    index = cast("Literal['tmin', 'tmax']", said["index"])
    return Policy(
        steps, float(sums[0] or 0), float(sums[1] or 0), index, (first.month, first.day), (last.month, last.day)
    )


def insured(shown: Scene, terms: Policy) -> Payout:
    """What the policy would pay on all the county's area; MissingData without daily weather."""
    weather = domain.frames([WEATHER, OUTPUT], Lake())[WEATHER].collect()
    if weather.is_empty():
        raise MissingData("no daily weather is at hand", f"workbench ingest {WEATHER} FILE…")
    rows = facts.towns(shown.harvest).group_by("place").agg(pl.col("area").sum()).sort("place")
    return payout(terms, weather, dict(rows.iter_rows()))


def by_season(found: Payout) -> pl.DataFrame:
    """The payouts of the past seasons, newest first: `season, extreme` (the hardest band), `yuan`."""
    rows = found.rows.group_by("season").agg(pl.col("extreme").sort_by("share").last(), pl.col("yuan").sum())
    return rows.sort("season", descending=True)


# -- hands, stores, lorries -------------------------------------------------------------------------------------------


def rates(query: Mapping[str, Any]) -> Rates:
    """The reader's rates, the usual ones where nothing is said; `stored` comes as a percentage."""
    given = {one.name: number(query, one.name) for one in fields(Rates)}
    kept = {name: value / 100 if name == "stored" else value for name, value in given.items() if value is not None}
    return Rates(**kept)


def needs(shown: Scene, wanted: Rates) -> pl.DataFrame:
    """The plan by month, see `harvest_costs.plan`."""
    return plan(shown.harvest.flow, wanted)
