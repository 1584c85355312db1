"""The sample county's orchards as a record of seasons, of known truth: towns, or towns and varieties."""

from datetime import date

import numpy as np
import polars as pl

from models._oranges import FIRST, LAST, WINDOWS
from pipelines.sample import oranges as sample
from workbench.forecast.season_replay import Replay, recorded
from workbench.forecast.season_weather import cube

SEASONS = range(1992, 2026)
END = date(2026, 7, 1)


def orchards(varieties: bool = False) -> Replay:
    """Yields (kg/mu) by TRUTH, not scaled to any published total; `town` or `town/variety` is a place."""
    weather = sample.climate(date(sample.FIRST, 1, 1), END)
    seasons = np.array(list(SEASONS), float)
    relative = sample.yields(weather, seasons)
    rng = np.random.default_rng(sample.SEED + 2)
    parts = list(sample.VARIETIES) if varieties else [""]
    rows, stations = [], {}
    for i, town in enumerate(sample.TOWNS):
        for variety in parts:
            place = f"{town}/{variety}".rstrip("/")
            stations[place] = sample.town_band()[town]
            own = relative[i] * (1 + rng.normal(0, 0.03, len(seasons)) * bool(variety))
            rows += [
                (place, int(season), float(value) * sample.KG_A_MU) for season, value in zip(seasons, own, strict=True)
            ]
    yields = pl.DataFrame(rows, ["place", "season", "y"], orient="row")
    block = cube(weather.rename({"date": "ds"}), FIRST, LAST)
    return recorded(yields, block, stations, WINDOWS)


def dekads() -> list[tuple[int, int, int]]:
    """The 36 days of a year on which a ten-day issue goes out, from 10 April, when trees bloom, to the end of March."""
    ends = [(month, day) for month in range(1, 13) for day in (10, 20, 28)]
    return [(0, m, d) for m, d in ends if m >= 4] + [(1, m, d) for m, d in ends if m < 4]
