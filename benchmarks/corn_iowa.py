"""Corn of 35 Iowa counties from daily weather: the oranges' season engine with other windows and nothing else.

Windows from the agronomy of maize, written down before any result: a wet planting, a hot July, dry air and little rain
over flowering and grain fill, and a storm that lays the stalks; the surest first, as the engine asks.
"""

from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks._common import goal, report, result
from workbench.forecast.season_replay import Replay, recorded
from workbench.forecast.season_weather import Day, Window, cube

FOLDER = "us_county_yield_hrrr"
CROPS = f"{FOLDER}/usda_county_yield_2016_2022.parquet"
WEATHER = f"{FOLDER}/iowa35_county_daily_weather_2017_2022.parquet"
WINDOWS = (
    Window("dry_air", "vpd", (0, 7, 1), (0, 8, 31), harm=1, beyond=0.5, prior=0.03),
    Window("july_heat", "tmax", (0, 7, 1), (0, 7, 31), harm=1, beyond=0.5, prior=0.02),
    Window("little_rain", "rain", (0, 6, 1), (0, 8, 31), "sum", harm=-1, beyond=0.5, prior=0.02),
    Window("wet_planting", "rain", (0, 4, 1), (0, 5, 31), "sum", harm=1, beyond=0.5, prior=0.02),
    Window("storm", "gust", (0, 7, 1), (0, 8, 31), "max", harm=1, beyond=1.0, prior=0.02),
)
ISSUES: dict[str, Day] = {
    "30 April": (0, 4, 30),
    "31 May": (0, 5, 31),
    "30 June": (0, 6, 30),
    "31 July": (0, 7, 31),
    "31 August": (0, 8, 31),
    "30 September": (0, 9, 30),
}
YEARS = range(2017, 2023)
PROTOCOL = (
    "Corn yield (bu/acre) of the 35 Iowa counties with daily weather 2017–2022 (yields from 2016); each year left out, "
    "every choice made by leaving out one more; six issue dates, the rest of the season filled from the other years; "
    "rivals: mean and straight line of the county's other years. Six years: one (2020, the derecho) can decide"
)
NAMES = {
    "Max Temperature (K)": "tmax",
    "Precipitation (kg m**-2)": "rain",
    "Vapor Pressure Deficit (kPa)": "vpd",
    "Wind Gust (m s**-1)": "gust",
}


def replay(data: Path) -> tuple[pl.DataFrame, Replay]:
    """The yields as place, season, y, and the record; 2016 has a yield and no weather."""
    days = pl.read_parquet(data / WEATHER).select(
        pl.date("Year", "Month", "Day").alias("ds"), place=pl.col("FIPS Code").cast(pl.String), **{
            new: pl.col(old) for old, new in NAMES.items()
        }
    )  # fmt: skip
    before = days.select("place").unique().with_columns(ds=pl.lit(date(2016, 1, 1)))
    block = cube(pl.concat([days, before], how="diagonal"), (0, 1, 1), (0, 12, 31))
    places = sorted(days["place"].unique())
    rows = pl.read_parquet(data / CROPS).filter(pl.col("commodity_desc") == "CORN", pl.col("fips").is_in(places))
    yields = rows.select(place="fips", season="year", y="yield_per_acre").sort("place", "season")
    found = recorded(yields, block, {place: place for place in places}, WINDOWS, alternation=0)
    return yields, replace(found, split="leave_years_out")


def rivals(yields: pl.DataFrame) -> pl.DataFrame:
    """Mean and line of a county's other years: place, season, rival, mean, y."""
    found = []
    for (place,), rows in yields.group_by("place", maintain_order=True):
        for season in YEARS:
            rest, truth = rows.filter(pl.col("season") != season), rows.filter(pl.col("season") == season)
            if rest.height >= 2 and truth.height:
                x, y = rest["season"].to_numpy() - season, rest["y"].to_numpy()
                for rival, value in (("mean", y.mean()), ("trend", np.polyval(np.polyfit(x, y, 1), 0))):
                    found.append((place, season, rival, float(value), truth["y"][0]))
    return pl.DataFrame(found, schema=["place", "season", "rival", "mean", "y"], orient="row")


def rmse(frame: pl.DataFrame) -> float:
    """Root mean square of mean − y."""
    return float(frame.drop_nulls("y").select(((pl.col("mean") - pl.col("y")) ** 2).mean().sqrt()).item())


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite."""
    yields, ours = replay(data)
    against = rivals(yields)
    out = {name: rmse(rows) for (name,), rows in against.group_by("rival", maintain_order=True)}
    results = [result(name, "2017–2022", "rmse", value, "bu/acre", "lower") for name, value in out.items()]
    asked = against.select("place", "season").unique()
    told = {name: rmse(ours.run(YEARS, [day]).join(asked, on=["place", "season"])) for name, day in ISSUES.items()}
    results += [result("workbench", name, "rmse", value, "bu/acre", "lower") for name, value in told.items()]
    ratio = max(told.values()) / min(out.values())
    steps = list(told.values())
    rises = sum(later > earlier for earlier, later in pairwise(steps))
    fall = steps[-1] / steps[0]
    goals = [
        goal("workbench", "worst issue date", "rmse ratio to the best of mean and trend", "<= 1", ratio, ratio <= 1),
        goal("workbench", "last against first issue", "rmse ratio", "< 1", fall, fall < 1),
        goal("workbench", "issue dates", "times the error rises", "0", rises, rises == 0),
    ]
    return report("corn_iowa", [data / CROPS, data / WEATHER], PROTOCOL, results, goals)
