"""What a harvest forecast is held against: the mean, the last five, the last and the line, of what was known then."""

import numpy as np
import polars as pl

from workbench.forecast.season_outlook import Answer, Facts
from workbench.forecast.season_weather import Numbers

ENOUGH = 3
"""Seasons without which no line is drawn: their mean stands for it."""


def county(facts: Facts, season: int) -> pl.DataFrame:
    """The county's measured yields before a season, in order: `season, y, area` (kg/mu, mu)."""
    firm = facts.yields.filter("measured", pl.col("season") < season).drop_nulls("y")
    by = firm.group_by("season").agg(kg=(pl.col("y") * pl.col("area")).sum(), area=pl.col("area").sum())
    return by.filter(pl.col("area") > 0).select("season", "area", y=pl.col("kg") / pl.col("area")).sort("season")


def rivals(facts: Facts, season: int) -> dict[str, float]:
    """`mean`, `mean5`, `last` and `trend` of the county's yield, kg/mu."""
    past = county(facts, season)
    y, years = past["y"].to_numpy(), past["season"].to_numpy().astype(float)
    found = {"mean": float(y.mean()), "mean5": float(y[-5:].mean()), "last": float(y[-1])}
    if len(y) < ENOUGH:
        return found | {"trend": found["mean"]}
    return found | {"trend": line(years, y, float(season))}


def line(years: Numbers, y: Numbers, at: float) -> float:
    """The straight line through the seasons, not below zero."""
    slope, level = np.polyfit(years - years.mean(), y, 1)
    return float(max(level + slope * (at - years.mean()), 0.0))


def held(facts: Facts, answer: Answer) -> dict[str, float]:
    """Ours beside its rivals: `ours, mean, mean5, last, trend`, kg/mu."""
    ours = float(answer.areas @ answer.told.mean * answer.scale / answer.areas.sum())
    return {"ours": ours, **rivals(facts, answer.season)}


def relative(facts: Facts, season: int) -> dict[int, float]:
    """Each measured season's county yield over the line through all of them."""
    past = county(facts, season)
    if past.height < ENOUGH:
        return {}
    years, y = past["season"].to_numpy().astype(float), past["y"].to_numpy()
    return {int(s): float(v / max(line(years, y, float(s)), 1e-9)) for s, v in zip(years, y, strict=True)}
