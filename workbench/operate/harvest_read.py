"""What page, API and bulletin say of a harvest: plain functions of its products, made once for all three.

Kilograms in, kilograms out; a town or variety `*` is the sum. What moved a figure, what is trend and what weather, and
whether the record shows any skill at all are worked out here and nowhere else.
"""

import hashlib
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import MissingData, UnknownName
from workbench.operate.harvests import Harvest
from workbench.science.harvest import ALL

RIVALS = ("mean", "trend", "mean5", "last")
"""What a forecast must beat: the mean of all past seasons, their trend, the last five's mean, the season before."""
STEADY = ("level", "trend", "area", "crop_before", "survey")
"""Factors that are no weather of this season."""
SHUFFLES = 4000
SURE = 0.05
FEWEST = 6
"""Seasons below which nothing is said about skill."""
SEED = 20261127


def row(harvest: Harvest, town: str = ALL, variety: str = ALL) -> dict[str, Any]:
    """The outlook of a town and variety; UnknownName where there is none."""
    found = harvest.outlook.filter(pl.col("town") == town, pl.col("variety") == variety)
    if found.is_empty():
        known = harvest.outlook["town" if variety == ALL else "variety"].unique()
        raise UnknownName("town or variety", f"{town}/{variety}", [name for name in known if name != ALL])
    return found.row(0, named=True)


def stamp(version: str) -> str:
    """An issue's version short enough to be quoted: a long one names every table that the issue stands on.

    >>> stamp("2026-11-20|074885cdbd53f96b|128c05829d173b17"), stamp("7")
    ('ce884d3d5f43', '7')
    """
    return version if len(version) <= 16 else hashlib.sha256(version.encode()).hexdigest()[:12]


def towns(harvest: Harvest) -> pl.DataFrame:
    """All varieties together by town, most first: the outlook's columns, `share` of the county, `yield` (kg/mu), `weather`
    (what weather adds or takes, as a share of the town's crop without it; null where the issue does not say)."""  # noqa: E501
    rows = harvest.outlook.filter(pl.col("town") != ALL, pl.col("variety") == ALL)
    whole = pl.col("mean").sum()
    rows = rows.with_columns(
        share=pl.when(whole > 0).then(pl.col("mean") / whole),
        **{"yield": pl.when(pl.col("area") > 0).then(pl.col("mean") / pl.col("area"))},
    )
    parts = harvest.causes.filter(pl.col("due") == harvest.outlook["due"][0], pl.col("town") != ALL)
    steady = pl.col("factor").is_in(STEADY)
    base = pl.col("kg").filter(steady).sum()
    weather = parts.group_by("town").agg(weather=pl.when(base > 0).then(pl.col("kg").filter(~steady).sum() / base))
    return rows.join(weather, on="town", how="left", maintain_order="left").sort(
        "mean", "town", descending=[True, False]
    )


def varieties(harvest: Harvest) -> pl.DataFrame:
    """All towns together by variety, most first."""
    rows = harvest.outlook.filter(pl.col("town") == ALL, pl.col("variety") != ALL)
    return rows.sort("mean", "variety", descending=[True, False])


def funnel(harvest: Harvest) -> pl.DataFrame:
    """The county's issues, oldest first, with `width`: the 80 % range as a share of the middle (null = not given)."""
    width = pl.when(pl.col("mean") > 0).then((pl.col("q90") - pl.col("q10")) / pl.col("mean"))
    return harvest.funnel.sort("due").with_columns(width=width)


def causes(harvest: Harvest, town: str = ALL) -> pl.DataFrame:
    """What makes up the newest figure of a town: `factor, kg, weather` (is it this season's weather?), in the issue's
    order; they add up to the town's mean."""
    due = harvest.outlook["due"][0]
    rows = harvest.causes.filter(pl.col("due") == due, pl.col("town") == town)
    return rows.select("factor", "kg", weather=~pl.col("factor").is_in(STEADY))


def split(harvest: Harvest, town: str = ALL) -> dict[str, int]:
    """Trend and weather part of a town's figure, kg: `steady` and `weather`, which add up to its mean."""
    rows = causes(harvest, town)
    parts = {
        name: rows.filter(pl.col("weather") == flag)["kg"].sum()
        for name, flag in (("steady", False), ("weather", True))
    }
    return {name: int(value) for name, value in parts.items()}


def moved(harvest: Harvest) -> pl.DataFrame:
    """What moved the county's figure since the issue before: `factor, kg`, largest first; they add up to the change.

    Empty where there is no issue before.
    """
    dues = harvest.causes.filter(pl.col("town") == ALL)["due"].unique().sort()
    if len(dues) < 2:
        return pl.DataFrame(schema={"factor": pl.String, "kg": pl.Int64})
    now, before = (
        harvest.causes.filter(pl.col("town") == ALL, pl.col("due") == due).select("factor", "kg")
        for due in (dues[-1], dues[-2])
    )
    both = now.join(before, on="factor", how="full", coalesce=True, suffix="_before").fill_null(0)
    changed = both.select("factor", kg=pl.col("kg") - pl.col("kg_before")).filter(pl.col("kg") != 0)
    return changed.sort(pl.col("kg").abs(), "factor", descending=[True, False])


def errors(record: pl.DataFrame, first: int | None = None) -> pl.DataFrame:
    """The record by issue date, in the order of the season: `due_month, due_day, seasons`, root mean square errors
    (kg/mu) of ours and each rival, `best` (the best rival), `gain` (share of its error that is saved), `coverage` (of
    the 80 % range), `chance` (how often chance alone would give such a gain; null with fewer than six seasons). `first`
    is the month in which a season's issues begin (default: after the longest gap in the year)."""
    known = record.drop_nulls(["y", "ours"])
    if known.is_empty():
        return pl.DataFrame()
    first = first or _start(known)
    order = (pl.col("due_month") < first).cast(pl.Int64) * 12 + pl.col("due_month")
    rows = [_judged(own) for _, own in known.group_by("due_month", "due_day")]
    return pl.DataFrame(rows, infer_schema_length=None).sort(order, "due_day")


def begins(harvest: Harvest) -> int | None:
    """The month in which this season's issues began."""
    return harvest.funnel["due"].min().month if harvest.funnel.height else None  # type: ignore[union-attr]


def _start(record: pl.DataFrame) -> int:
    """The month in which a season's issues begin: the first after the longest gap in the year."""
    months = sorted(set(record["due_month"].to_list()))
    gaps = {month: (month - months[i - 1] - 1) % 12 for i, month in enumerate(months)}
    return max(gaps, key=lambda month: gaps[month])


def _judged(own: pl.DataFrame) -> dict[str, Any]:
    """One issue date over all its seasons."""
    square = {name: ((own[name] - own["y"]) ** 2).to_numpy() for name in ("ours", *RIVALS)}
    there = {name: values for name, values in square.items() if np.isfinite(values).all()}
    error = {name: float(np.sqrt(values.mean())) for name, values in there.items()}
    best = min((name for name in error if name != "ours"), key=lambda name: error[name], default=None)
    inside = own.drop_nulls(["q10", "q90"]).select(
        ((pl.col("y") >= pl.col("q10")) & (pl.col("y") <= pl.col("q90"))).mean()
    )
    found: dict[str, Any] = {"due_month": own["due_month"][0], "due_day": own["due_day"][0], "seasons": own.height}
    found |= {name: error.get(name) for name in ("ours", *RIVALS)}
    found |= {"best": best, "gain": None, "coverage": inside.item(), "chance": None}
    if best is not None and error[best] > 0:
        found["gain"] = 1 - error["ours"] / error[best]
        if own.height >= FEWEST:
            found["chance"] = luck(there[best] - there["ours"])
    return found


def luck(saved: NDArray[np.float64]) -> float:
    """How often chance would give a mean this high or higher, if each season's saving could as well have been a loss.

    A sign-flipping test: every pattern of signs for up to 12 seasons, else 4,000 drawn with a fixed seed.
    """
    count = len(saved)
    if count <= 12:
        signs = 1 - 2 * ((np.arange(2**count)[:, None] >> np.arange(count)) & 1)
    else:
        signs = np.random.default_rng(SEED).choice([-1, 1], (SHUFFLES, count))
        signs[0] = 1  # what happened is one of the patterns
    means = signs @ saved / count
    return float((means >= saved.mean() - 1e-12 * np.abs(saved).max()).mean())


def skill(record: pl.DataFrame, first: int | None = None) -> dict[str, Any]:
    """The verdict on the last issue date of a season: its line of `errors`, and `skilled`: true (better than the best
    rival, and hardly by chance), false, or None (too few seasons to say). MissingData without a record."""
    rows = errors(record, first)
    if rows.is_empty():
        raise MissingData("no season has been forecast and counted yet", "run `workbench forecast` through a season")
    last = rows.row(-1, named=True)
    known = last["chance"] is not None
    return last | {"skilled": bool(last["gain"] > 0 and last["chance"] < SURE) if known else None}


def hazards(harvest: Harvest, span: str) -> pl.DataFrame:
    """The likeliest band of each span and hazard: `first, last, kind, place, chance, value, unit, basis`."""
    rows = harvest.hazards.filter(pl.col("span") == span)
    return rows.sort("first", "kind", "chance", descending=[False, False, True]).unique(
        ["first", "kind"], keep="first", maintain_order=True
    )


def monthly(harvest: Harvest) -> pl.DataFrame:
    """Kilograms of the county by variety and month, with rows `*` for all varieties: `variety, month, kg`."""
    rows = harvest.flow.group_by("variety", "month").agg(pl.col("kg").sum())
    whole = rows.group_by("month").agg(pl.col("kg").sum()).select(pl.lit(ALL).alias("variety"), "month", "kg")
    return pl.concat([rows.select("variety", "month", "kg"), whole]).sort("variety", "month")
