"""The sample county's oranges, of which the truth is known: drivers found, ranges that narrow, sums to the kilogram."""

from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks._common import goal, report, result
from benchmarks._orchards import END, dekads, orchards
from models._oranges import CALENDAR
from pipelines.sample import _groves
from pipelines.sample import oranges as sample
from pipelines.sample.oranges import TOWNS, TRUTH, VARIETIES
from workbench.forecast import season_survey
from workbench.forecast.frames import LEVELS
from workbench.forecast.season_flow import flow, shared
from workbench.forecast.season_model import factors
from workbench.forecast.season_outlook import WIDE
from workbench.forecast.season_replay import together
from workbench.science.fruit import Estimate, blended

TEST = range(2014, 2026)
SURVEYED = 2002
PROTOCOL = (
    "Invented county (示意): 26 towns, 1992–2025, daily weather of 3 height bands, harm by heat at fruit set, "
    "August heat, frost and a heavy crop before, 5 % noise; coefficients learned from the seasons before 2025; "
    "width of the 80 % range of the county's yield at 36 issue dates, mean of 2014–2025; fruit counted on 120 trees "
    "each 1 September since 2002, blended by its measured error; a season's output "
    "shared among towns, varieties and months in whole kilograms"
)


def drivers() -> dict[str, tuple[float, float]]:
    """Planted and found: share of a crop lost for each deviation, the mean of the towns."""
    ours = orchards()
    at = ours.record.seasons.index(2025)
    told, _ = ours.mixed(ours.record.allowed & (np.arange(len(ours.record.seasons)) < at), at, len(ours.block.steps))
    found = dict(zip(factors(ours.record.windows), told.coefficients.mean(axis=0).tolist(), strict=True))
    return {name: (TRUTH.get(name, 0.0), value) for name, value in found.items()}


def widths() -> tuple[list[float], float]:
    """Relative width of the county's 80 % range at each issue date, and the share of towns' yields inside theirs."""
    ours, low, high = orchards(), LEVELS.index(0.1), LEVELS.index(0.9)
    areas = np.array([TOWNS[place] for place in ours.places])
    steps = [ours.block.known(day) for day in dekads()]
    found = np.zeros((len(TEST), len(steps)))
    inside = []
    for i, season in enumerate(TEST):
        at = ours.record.seasons.index(season)
        train = ours.record.allowed & (np.arange(len(ours.record.seasons)) < at)
        for j, known in enumerate(steps):
            told, errors = ours.mixed(train, at, known)
            county = together(told, errors, areas)
            found[i, j] = (county[high] - county[low]) / (areas @ told.mean)
        rows = ours.run([season], [dekads()[-1]])
        inside.append(rows.select(pl.col("y").is_between("q10", "q90").mean()).item())
    return found.mean(axis=0).tolist(), float(np.mean(inside))


def counted() -> dict[str, float]:
    """RMSE (share of the mean) of the county's yield on 10 September: the engine, fruit counted on 120 trees, both.

    The survey sees what hangs before any frost; its ratio to the harvest and its error are learnt from the seasons
    surveyed before, 2002 on.
    """
    ours = orchards()
    seasons, areas = ours.record.seasons, np.array([TOWNS[place] for place in ours.places]) * 1e4
    weather = sample.climate(date(sample.FIRST, 1, 1), END)
    frost = sample.harmed(weather, np.array(seasons, float))["frost"] * TRUTH["frost"] * sample.KG_A_MU
    band = [list(sample.BANDS).index(sample.town_band()[place]) for place in ours.places]
    hanging = ours.record.y + frost[band]
    crop = {s: dict(zip(ours.places, hanging[:, i], strict=True)) for i, s in enumerate(seasons) if s >= SURVEYED}
    trees = _groves.surveys(crop, VARIETIES, 7, END, SURVEYED).with_columns(season=pl.col("date").dt.year())
    standing = dict.fromkeys(seasons, int(areas.sum() * _groves.DENSITY))
    totals = season_survey.surveyed(trees, standing)
    harvests = {s: float(areas @ ours.record.y[:, i]) for i, s in enumerate(seasons)}
    missed = []
    for season in TEST:
        at = seasons.index(season)
        train = ours.record.allowed & (np.arange(len(seasons)) < at)
        told, errors = ours.mixed(train, at, ours.block.known((0, 9, 10)))
        quantiles = together(told, errors, areas)
        width = float(quantiles[LEVELS.index(0.9)] - quantiles[LEVELS.index(0.1)])
        engine = Estimate(float(areas @ told.mean), width / WIDE)
        survey = season_survey.calibrated(totals, harvests, season)
        assert survey is not None
        both = blended([engine, survey])
        missed.append([each.total / harvests[season] - 1 for each in (engine, survey, both)])
    names = ("engine", "survey", "both")
    return dict(zip(names, np.sqrt(np.mean(np.square(missed), axis=0)).tolist(), strict=True))


def lost_kilograms() -> int:
    """By how many kilograms towns, varieties or months miss the total they were made from."""
    total = 507_000_001
    towns = shared(total, np.array(list(TOWNS.values())))
    rows = [
        (town, variety, int(kg))
        for town, whole in zip(TOWNS, towns, strict=True)
        for variety, kg in zip(VARIETIES, shared(int(whole), np.array(list(VARIETIES.values()))), strict=True)
    ]
    calendar = [(variety, month, weight) for variety, months in CALENDAR.items() for month, weight in months.items()]
    frame = pl.DataFrame(rows, ["town", "variety", "kg"], orient="row")
    months = flow(frame, pl.DataFrame(calendar, ["variety", "month", "weight"], orient="row"))
    by_town = months.group_by("town").agg(pl.col("kg").sum())
    told = dict(by_town.iter_rows())
    return sum(abs(told[town] - int(kg)) for town, kg in zip(TOWNS, towns, strict=True)) + abs(
        int(months["kg"].sum()) - total
    )


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite; it needs no data from outside."""
    del data
    results, goals = [], []
    for name, (planted, found) in drivers().items():
        results.append(result("the truth", name, "loss a deviation", planted, "share", "report"))
        results.append(result("workbench", name, "loss a deviation", found, "share", "report"))
        if planted:
            off = found / planted - 1
            goals.append(goal("workbench", name, "found over planted − 1", "within ±0.35", off, abs(off) <= 0.35))
    width, covered = widths()
    for (_, month, day), value in zip(dekads(), width, strict=True):
        results.append(result("workbench", f"issue of {month:02d}-{day:02d}", "width_80", value, "share", "lower"))
    results.append(result("workbench", "towns, last issue", "coverage_80", covered, "share", "report"))
    rise = max(later - earlier for earlier, later in pairwise(width))
    goals.append(goal("workbench", "36 issues", "largest rise of the width", "<= 0.002", rise, rise <= 0.002))
    fall = width[-1] / width[0]
    goals.append(goal("workbench", "last against first issue", "width ratio", "< 1", fall, fall < 1))
    blend = counted()
    for name, value in blend.items():
        results.append(result(name, "county, 10 September", "rmse", value, "share", "lower"))
    worse = blend["both"] / min(blend["engine"], blend["survey"])
    goals.append(
        goal("workbench", "engine and survey blended", "RMSE over the better", "<= 1.05", worse, worse <= 1.05)
    )
    lost = lost_kilograms()
    goals.append(goal("workbench", "towns, varieties, months", "kilograms lost", "0", lost, lost == 0))
    return report("oranges_sample", [], PROTOCOL, results, goals)
