"""What is known of a crop at a moment, read from its tables, and the season's answer made from it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import polars as pl

from workbench import domain, settings
from workbench.forecast import season_survey
from workbench.forecast.season_outlook import Answer, Crop, Facts, Memory, answered
from workbench.lake.store import Lake

FULL_BLOOM = (4, 15)
"""Middle of April at 300 m (Hunan and Yunyang dates; first bloom 15–18 April in Dongkou)."""
TABLES = ("output", "weather", "weather_ahead", "area", "surveys", "towns")


def due(day: date) -> date:
    """The ten-day date that stands on a day: the newest of the 10th, the 20th and the last of a month.

    >>> due(date(2026, 11, 27)), due(date(2026, 11, 9)), due(date(2026, 11, 10))
    (datetime.date(2026, 11, 20), datetime.date(2026, 10, 31), datetime.date(2026, 11, 10))
    """
    if day.day < 10:
        return day.replace(day=1) - timedelta(days=1)
    tomorrow = day + timedelta(days=1)
    return day if tomorrow.day == 1 else day.replace(day=20 if day.day >= 20 else 10)


def dues(crop: Crop, day: date) -> list[date]:
    """Every ten-day date of the season that is forecast on a day, from bloom to that day."""
    season = crop.season(day)
    first = date(season, *crop.bloom[1:])
    span = [first + timedelta(days=i) for i in range((day - first).days + 1)]
    return [each for each in span if due(each) == each]


def facts(crop: Crop, lake: Lake, moment: datetime) -> Facts:
    """What was known of a crop at a moment, from its tables."""
    frames = domain.frames([f"{crop.name}_{table}" for table in TABLES], lake, moment)
    read = {table: frames[f"{crop.name}_{table}"] for table in TABLES}
    panel = domain.panels()[f"{crop.name}_yield"](**{f"{crop.name}_output": read["output"]}).collect()
    town = pl.col("unique_id").str.split("/").list.first()
    yields = panel.select("y", "area", "measured", town=town, season=pl.col("ds").dt.year() - crop.last[0])
    day = moment.astimezone(settings.county_zone()).date()
    output = read["output"].filter(pl.col("release") == "final").collect()
    ahead = read["weather_ahead"].filter(pl.col("issued_at") <= moment).sort("issued_at")
    ahead = ahead.unique(["place", "date"], keep="last", maintain_order=True)
    season = crop.season(day)
    cohorts, trees = read["area"].collect(), read["surveys"].with_columns(season=_season(crop)).collect()
    cohorts = cohorts.filter(pl.col("counted") == pl.col("counted").max())
    span = range(season - 40, season + 1)
    totals = season_survey.surveyed(trees, season_survey.standing(cohorts, span)) if trees.height else {}
    return Facts(
        day=day,
        yields=yields,
        shares=_shares(output, cohorts, season),
        places=dict(read["towns"].select("town", "place").collect().iter_rows()),
        weather=read["weather"].rename({"date": "ds"}).drop("known_at").collect(),
        ahead=ahead.rename({"date": "ds"}).drop("known_at").collect(),
        survey=season_survey.calibrated(totals, harvests(yields), season),
        size=season_survey.size(trees.filter(pl.col("season") == season), date(season, *FULL_BLOOM)),
    )


def _season(crop: Crop) -> pl.Expr:
    """The season whose fruit hangs on a date."""
    before = (
        pl.col("date").dt.month().cast(pl.Int64) * 100 + pl.col("date").dt.day() < crop.bloom[1] * 100 + crop.bloom[2]
    )
    return pl.col("date").dt.year().cast(pl.Int64) - before.cast(pl.Int64)


def harvests(yields: pl.DataFrame) -> dict[int, float]:
    """Measured kg of the county by season."""
    firm = yields.filter("measured").group_by("season").agg((pl.col("y") * pl.col("area")).sum())
    return dict(firm.iter_rows())


def _shares(output: pl.DataFrame, cohorts: pl.DataFrame, season: int) -> pl.DataFrame:
    """town, variety, share, area, factor: of the newest season that a town has released, and what came into bearing."""
    newest = output.filter(pl.col("season") == pl.col("season").max().over("town"), pl.col("output") > 0)
    rows = newest.select("town", "variety", "season", share="output", area="bearing_area")
    since = rows["season"].max()
    if since is None or cohorts.is_empty():
        return rows.drop("season").with_columns(factor=pl.lit(1.0))
    carried = season_survey.growth(cohorts, int(since), season)  # type: ignore[arg-type]
    rows = rows.drop("season").join(carried, on=["town", "variety"], how="left", maintain_order="left")
    return rows.with_columns(pl.col("factor").fill_null(1.0))


@dataclass(frozen=True)
class Made:
    """What was known at a moment, and the answer made of it."""

    facts: Facts
    answer: Answer


def made(crop: Crop, lake: Lake, moment: datetime, season: int | None = None, memory: Memory | None = None) -> Made:
    """Answer the season that is forecast at a moment, or a named one."""
    known = facts(crop, lake, moment)
    return Made(known, answered(crop, known, season, memory))


@lru_cache(maxsize=2)
def now(crop: Crop, lake: Lake, moment: datetime) -> Made:
    """The answer that the products of one issue share."""
    return made(crop, lake, moment)


def end_of(day: date) -> datetime:
    """The last instant of a local day."""
    night = datetime.combine(day + timedelta(days=1), time(), settings.county_zone())
    return night.astimezone(UTC) - timedelta(microseconds=1)
