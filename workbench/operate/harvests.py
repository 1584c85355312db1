"""The harvest as products: everything that an issue says of a season, made from the lake as it was known then.

A season is one value a year, so no task of the forecast engine asks for it: the products stand on tables of their own
and are issued every ten days, or when the statistics change. An issue date that was missed, before the first issue of a
home or in a season that is over, is replayed from what was known at its end, and says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

import polars as pl

from workbench import settings
from workbench.domain import Product
from workbench.errors import MissingData
from workbench.forecast import metrics, season_hazards, season_reasons, season_rivals
from workbench.forecast.frames import QUANTILES
from workbench.forecast.season_flow import flow, shared
from workbench.forecast.season_outlook import Crop, Memory
from workbench.forecast.season_tables import causes, county, outlook
from workbench.operate.archive import Archive
from workbench.operate.harvest_facts import due, dues, end_of, harvests, made, now
from workbench.operate.known import Inputs
from workbench.operate.outcome import REPLAYED
from workbench.science import fruit
from workbench.science.harvest import ALL, sizes

PARTS = ("outlook", "funnel", "causes", "sensitivity", "similar", "hazards", "flow", "sizes", "record")
RENEWED = ("output", "area", "surveys")
"""Tables whose change is an occasion for an issue of its own; weather is not."""
RECORD = ((4, 30), (6, 20), (8, 31), (10, 31), (12, 31))
"""Issue dates at which past seasons are asked again for the record (month, day of the season's own year)."""
RANGE = ("q10", "q20", "q80", "q90")
LOOKED_BACK = 6
"""Past seasons in the record."""
REACH = timedelta(days=500)
"""From the first issue of a season to its final release."""
RIPE = 230
"""Days from bloom to the fruit's size at harvest."""


@dataclass(frozen=True)
class Harvest:
    """One crop's products of one issue, a frame each."""

    outlook: pl.DataFrame
    funnel: pl.DataFrame
    causes: pl.DataFrame
    sensitivity: pl.DataFrame
    similar: pl.DataFrame
    hazards: pl.DataFrame
    flow: pl.DataFrame
    sizes: pl.DataFrame
    record: pl.DataFrame


def harvest(crop: str, at: datetime | None = None) -> Harvest:
    """What stood at `at` (default: now) of a crop such as `orange`; MissingData where nothing was issued yet."""
    archive = Archive()
    return Harvest(*(archive.product(f"{crop}_{part}", at) for part in PARTS))


def county_outlook(crop: Crop, inputs: Inputs) -> pl.DataFrame:
    """The outlook, see `science.harvest.OUTLOOK`."""
    here = now(crop, inputs.lake, inputs.as_of)
    return outlook(crop, here.facts, here.answer).with_columns(due=pl.lit(due(here.facts.day)))


def funnel_and_causes(crop: Crop, inputs: Inputs) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The county at every issue date of the season, and what made each figure; what was issued stays as it was."""
    here = now(crop, inputs.lake, inputs.as_of)
    last, fresh = due(here.facts.day), settings.now() - inputs.as_of <= REPLAYED
    kept = {part: _kept(f"{crop.name}_{part}", here.answer.season, inputs.as_of) for part in ("funnel", "causes")}
    rows, why = [], []
    memory: Memory = {}
    for day in dues(crop, here.facts.day):
        old = {part: rows_.filter(pl.col("due") == day) if rows_.height else rows_ for part, rows_ in kept.items()}
        if day != last and old["funnel"].height and old["causes"].height:
            rows.append(old["funnel"])
            why.append(old["causes"].filter(pl.col("town") == ALL))
            continue
        try:
            at = here if day == last else made(crop, inputs.lake, end_of(day), here.answer.season, memory)
        except MissingData:
            continue
        told = {"season": here.answer.season, "due": day, "kind": "issued" if day == last and fresh else "replayed"}
        rows.append(pl.DataFrame([told | county(at.answer)], schema_overrides=dict.fromkeys(QUANTILES, pl.Float64)))
        made_of = causes(at.answer, towns=day == last)
        why.append(made_of.with_columns(season=pl.lit(at.answer.season, pl.Int64), due=pl.lit(day)))
    names = ["season", "due", "kind", "mean", *QUANTILES]
    return (
        pl.concat([each.select(names) for each in rows], how="vertical_relaxed"),
        pl.concat([each.select("season", "due", "town", "factor", "kg") for each in why], how="vertical_relaxed"),
    )


def _kept(name: str, season: int, moment: datetime) -> pl.DataFrame:
    """A season's rows of the newest issue before this one; empty where nothing was issued."""
    try:
        rows = Archive().product(name, moment)
    except MissingData:
        return pl.DataFrame()
    return rows.filter(pl.col("season") == season)


def funnel(crop: Crop, inputs: Inputs) -> pl.DataFrame:
    """The county's figure and range at every issue date of the season: `season, due, kind, mean`, quantiles."""
    return _both(crop, inputs)[0]


def why(crop: Crop, inputs: Inputs) -> pl.DataFrame:
    """What made each of those figures: `season, due, town, factor, kg`."""
    return _both(crop, inputs)[1]


_LAST: dict[tuple[str, int, datetime], tuple[pl.DataFrame, pl.DataFrame]] = {}


def _both(crop: Crop, inputs: Inputs) -> tuple[pl.DataFrame, pl.DataFrame]:
    key = (crop.name, id(inputs.lake), inputs.as_of)
    if key not in _LAST:
        _LAST.clear()
        _LAST[key] = funnel_and_causes(crop, inputs)
    return _LAST[key]


def sensitivity(crop: Crop, inputs: Inputs) -> pl.DataFrame:
    """How each town answers to weather."""
    return season_reasons.sensitivity(now(crop, inputs.lake, inputs.as_of).answer)


def similar(crop: Crop, inputs: Inputs) -> pl.DataFrame:
    """Past seasons like this one, with what they gave: `season, rank, like, distance, relative, output`."""
    here = now(crop, inputs.lake, inputs.as_of)
    rows = season_reasons.similar(here.answer)
    given, kg = season_rivals.relative(here.facts, here.answer.season), harvests(here.facts.yields)
    return rows.with_columns(
        season=pl.lit(here.answer.season, pl.Int64),
        relative=pl.col("like").replace_strict(given, default=None, return_dtype=pl.Float64),
        output=pl.col("like").replace_strict(kg, default=None, return_dtype=pl.Float64).round().cast(pl.Int64),
    )


def hazards(crop: Crop, inputs: Inputs) -> pl.DataFrame:
    """What may hit the crop, see `forecast.season_hazards`."""
    here = now(crop, inputs.lake, inputs.as_of)
    place, season = settings.county(), here.answer.season
    last = here.facts.weather["ds"].max()
    assert isinstance(last, date)
    known = (here.facts.weather, here.facts.ahead, last)
    found = season_hazards.hazards(*known, crop.closed(season), float(place["latitude"]))
    return found.with_columns(season=pl.lit(season, pl.Int64))


def months(crop: Crop, inputs: Inputs) -> pl.DataFrame:
    """The harvest's flow: `season, town, variety, month, kg`, adding up to the outlook exactly."""
    here = now(crop, inputs.lake, inputs.as_of)
    parts = outlook(crop, here.facts, here.answer).filter(pl.col("town") != ALL, pl.col("variety") != ALL)
    calendar = pl.DataFrame(list(crop.calendar), ["variety", "month", "weight"], orient="row")
    told = flow(parts.select("town", "variety", kg="mean"), calendar)
    return told.with_columns(season=pl.lit(here.answer.season, pl.Int64))


def grades(crop: Crop, inputs: Inputs) -> pl.DataFrame:
    """Size grades of the county's varieties and of all: `season, variety, grade, low, high, share, kg` (whole).

    The growth curve gives the diameter at harvest, carried by what this season's survey measured, where it did.
    """
    here = now(crop, inputs.lake, inputs.as_of)
    kinds = outlook(crop, here.facts, here.answer).filter(pl.col("town") == ALL, pl.col("variety") != ALL)
    kilograms = dict(kinds.select("variety", "mean").iter_rows())
    ripe = float(pl.select(fruit.diameter(pl.lit(RIPE))).item()) * (here.facts.size or 1.0)
    rows = sizes(kilograms, dict.fromkeys(kilograms, ripe))
    whole = [part for _, each in rows.group_by("variety", maintain_order=True) for part in split(each)]
    rows = rows.with_columns(kg=pl.Series(whole, dtype=pl.Int64))
    weighed = (pl.col("share") * pl.col("all")).sum() / pl.col("all").sum()
    every = (
        rows.with_columns(all=pl.col("kg").sum().over("variety"))
        .group_by("grade", "low", "high", maintain_order=True)
        .agg(pl.col("kg").sum(), share=weighed)
        .with_columns(variety=pl.lit(ALL))
    )
    found = pl.concat([every.select(rows.columns), rows])
    return found.with_columns(season=pl.lit(here.answer.season, pl.Int64))


def split(grades_of_one: pl.DataFrame) -> list[int]:
    """One variety's kilograms by grade as whole numbers that add up."""
    values = grades_of_one["kg"].to_numpy()
    return [int(part) for part in shared(round(float(values.sum())), values)]


def record(crop: Crop, inputs: Inputs) -> pl.DataFrame:
    """Past seasons asked again as they were known at a few dates, beside the mean and the line, kg/mu."""
    here = now(crop, inputs.lake, inputs.as_of)
    past = season_rivals.county(here.facts, here.answer.season)
    truth = dict(past.select("season", "y").iter_rows())
    rows = []
    for season in sorted(truth)[-LOOKED_BACK:]:
        memory: Memory = {}
        for month, day in RECORD:
            try:
                at = made(crop, inputs.lake, end_of(date(season, month, day)), season, memory)
            except MissingData:
                continue
            area, told = float(at.answer.areas.sum()), county(at.answer)
            spread = {name: None if (value := told[name]) is None else value / area for name in RANGE}
            rows.append(
                {"season": season, "due_month": month, "due_day": day, "y": truth[season], "seasons": at.answer.seasons}
                | season_rivals.held(at.facts, at.answer)
                | spread
            )
    names = ["season", "due_month", "due_day", "seasons"]
    values = ["y", "ours", *RANGE, "mean", "mean5", "last", "trend"]
    schema = dict.fromkeys(names, pl.Int64) | dict.fromkeys(values, pl.Float64)
    return pl.DataFrame(rows, schema)


def published(rows: pl.DataFrame) -> pl.DataFrame:
    """An outlook as it is verified: towns' yields (kg/mu), against the first release and the final one apart."""
    towns = rows.filter(pl.col("town") != ALL, pl.col("variety") == ALL, pl.col("area") > 0)
    per = [(pl.col(name) / pl.col("area")).alias(name) for name in ("mean", *QUANTILES)]
    towns = towns.with_columns(per).with_columns(ds="closed").drop("area")
    named = [towns.with_columns(unique_id=pl.format("{}/{}", "town", pl.lit(name))) for name in RELEASES]
    return pl.concat(named)


RELEASES = ("yield", "yield_first")
"""Measures of the panel of releases: final and first."""
FIRM = pl.col("measured")
SCORES: Mapping[str, pl.Expr] = {
    "mae": metrics.mae().filter(FIRM).mean(),
    "bias": metrics.bias().filter(FIRM).mean(),
    "coverage_80": metrics.coverage(0.8).filter(FIRM).mean(),
    "width_80": metrics.width(0.8).filter(FIRM).mean(),
}
"""A year that was filled in between published ones is no truth and earns no score."""


def products(crop: Crop, owner: str) -> dict[str, Product]:
    """A crop's products by name, for `PRODUCTS` of its domain."""
    own = tuple(f"{crop.name}_{table}" for table in RENEWED)
    plain: dict[str, Callable[[Crop, Inputs], pl.DataFrame]] = {
        "funnel": funnel, "causes": why, "sensitivity": sensitivity, "similar": similar, "hazards": hazards,
        "flow": months, "sizes": grades, "record": record,
    }  # fmt: skip
    made = {name: Product(partial(make, crop), own=own, due=due, owner=owner) for name, make in plain.items()}
    main = Product(partial(county_outlook, crop), f"{crop.name}_released", published, SCORES, reach=REACH)
    made["outlook"] = replace(main, own=own, due=due, owner=owner)
    return {f"{crop.name}_{name}": product for name, product in made.items()}
