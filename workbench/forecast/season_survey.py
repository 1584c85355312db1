"""A county's crop from fruit counted and measured on sampled trees, as good as the surveys of past seasons were.

Counts on one random path of a tree are expanded by the chance of that path, fruit are weighed by their diameter, and
the trees of the county give a total (California's navel objective measurement). What a survey of late summer is to the
harvest — growth to come, drop, culls — is learnt from the past seasons that were both surveyed and released; the spread
of that ratio is the survey's measured error.
"""

from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl

from workbench.errors import InputError
from workbench.science import fruit
from workbench.science.fruit import Estimate

FEWEST = 3
"""Past seasons, surveyed and released, without which a survey is not blended in: its error is not known."""
BEARING = 3
"""Years after planting from which a tree bears."""


def surveyed(trees: pl.DataFrame, standing: Mapping[int, int]) -> dict[int, Estimate]:
    """Each season's total (kg) as the survey alone gives it, with its sampling error.

    `trees`: season, fruit (counted on the path), chance (of the path, 0 … 1], diameter (mm, null where not measured),
    one row a sampled tree; `standing`: season → bearing trees of the county. A season without trees standing known, or
    with fewer than two measured, is passed over.
    """
    found = {}
    for season, rows in trees.group_by("season", maintain_order=True):
        year = int(season[0])
        counts = fruit.expanded(rows["fruit"].to_numpy().astype(float), rows["chance"].to_numpy())
        masses = rows.select(fruit.mass(pl.col("diameter")) / 1000).to_series().fill_null(np.nan).to_numpy()
        try:
            found[year] = fruit.counted_and_measured(counts, masses, standing.get(year, 0))
        except InputError:
            continue
    return found


def calibrated(totals: Mapping[int, Estimate], harvests: Mapping[int, float], season: int) -> Estimate | None:
    """This season's harvest (kg) from its survey, by the ratios of harvest to survey before it; None where too few.

    The error is the spread of those ratios — as one more season would fall — times the survey's total.
    """
    past = [harvests[year] / totals[year].total for year in sorted(totals) if year < season and year in harvests]
    if season not in totals or len(past) < FEWEST:
        return None
    ratio, spread = float(np.mean(past)), float(np.std(past, ddof=1))
    return Estimate(totals[season].total * ratio, totals[season].total * spread * float(np.sqrt(1 + 1 / len(past))))


def size(trees: pl.DataFrame, bloom: date) -> float | None:
    """Fruit measured over what the growth curve gives on their days, 1 = as usual; None where none was measured."""
    usual = fruit.diameter((pl.col("date") - pl.lit(bloom)).dt.total_days())
    ratio = trees.filter(pl.col("diameter").is_not_null()).select((pl.col("diameter") / usual).mean()).item()
    return None if ratio is None else float(ratio)


def standing(cohorts: pl.DataFrame, seasons: range) -> dict[int, int]:
    """Bearing trees by season from `planted` (year) and `trees` of what stands now; what was grubbed up is missing."""
    return {s: int(cohorts.filter(pl.col("planted") <= s - BEARING)["trees"].sum()) for s in seasons}


def growth(cohorts: pl.DataFrame, since: int, season: int) -> pl.DataFrame:
    """`town, variety, factor`: the full-bearing area of a season over that of an earlier one, from what stands.

    `cohorts`: town, variety, `planted` (year) and `area`. What bore nothing then has no factor.
    """
    full = [(fruit.bearing(year - pl.col("planted")) * pl.col("area")).sum() for year in (season, since)]
    held = cohorts.group_by("town", "variety").agg(now=full[0], then=full[1]).filter(pl.col("then") > 0)
    return held.select("town", "variety", factor=pl.col("now") / pl.col("then"))
