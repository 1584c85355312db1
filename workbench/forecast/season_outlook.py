"""One season's answer for a crop as known on one day, of which `season_tables` makes figures that add up.

The engine of seasons (`season_replay`) gives yields; the areas are those last released, carried on by the trees' ages;
a survey of fruit, where there is one with a measured error, is blended in. Varieties share their town's crop as they
did in the last season released, and so do its quantiles.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from workbench.errors import MissingData
from workbench.forecast.frames import LEVELS
from workbench.forecast.season_model import Told
from workbench.forecast.season_replay import Remembered, Replay, ranges, recorded, together
from workbench.forecast.season_weather import Cube, Day, Numbers, Window, cube
from workbench.science.fruit import Estimate, blended

JOINED = 7
"""Days of a weather forecast that count as known; what is further away is taken from past years."""
ENOUGH = 3  # inner seasons before anything is put right by them
WIDE = 2.5631  # standard deviations between the quantiles 0.1 and 0.9 of a normal


@dataclass(frozen=True)
class Crop:
    """A crop by configuration: its tables begin with `name`; windows stand in the order of belief.

    `first` and `last` day of a season; `bloom`, from which on it is forecast; `calendar` rows: variety, month, share.
    """

    name: str
    windows: tuple[Window, ...]
    first: Day
    last: Day
    bloom: Day
    calendar: tuple[tuple[str, str, float], ...]
    alternation: float = 0.15

    def season(self, day: date) -> int:
        """The season that is forecast on a day: this year's from its bloom on.

        >>> Crop("x", (), (0, 1, 1), (0, 12, 31), (0, 4, 10), ()).season(date(2027, 4, 9))
        2026
        """
        return day.year - ((day.month, day.day) < self.bloom[1:])

    def closed(self, season: int) -> date:
        """The last day of a season."""
        return date(season + self.last[0], *self.last[1:])


Memory = dict[bytes, Remembered]


@dataclass(frozen=True)
class Facts:
    """What is known on `day`, in the crop's county.

    `yields`: town, season, y (kg/mu), area (mu), measured; `shares`: town, variety, share (output when last released),
    area (mu then) and factor, by which its trees' ages have carried the area on since;
    `places`: town → height band; `weather`, `ahead`: place, ds and the windows' columns, measured and forecast;
    `survey`: the county's kg from counted fruit; `size`: its diameters against the growth curve.
    """

    day: date
    yields: pl.DataFrame
    shares: pl.DataFrame
    places: Mapping[str, str]
    weather: pl.DataFrame
    ahead: pl.DataFrame
    survey: Estimate | None = None
    size: float | None = None


@dataclass(frozen=True)
class Answer:
    """A season answered: the engine's yields and errors, areas now and last (mu), the steps of weather known, how many
    seasons taught, and what its replays missed in the mean (kg/mu, in `told` already).

    A survey multiplies the means by `scale` and the ranges about them by `narrow`.
    """

    season: int
    replay: Replay
    told: Told
    errors: Numbers
    areas: Numbers
    before: Numbers
    known: int
    seasons: int
    missed: Numbers
    scale: float = 1.0
    narrow: float = 1.0

    @property
    def towns(self) -> tuple[str, ...]:
        return self.replay.places

    @property
    def at(self) -> int:
        """The position of the season in the record."""
        return self.replay.record.seasons.index(self.season)

    def county(self) -> Numbers:
        """The fifteen quantiles of the county, kg."""
        plain = together(self.told, self.errors, self.areas)
        return self._moved(plain, float(self.areas @ self.told.mean))

    def ranges(self) -> Numbers:
        """The fifteen quantiles of each town, kg: (towns, 15)."""
        values = ranges(self.told, self.errors) * self.areas[:, None]
        return self._moved(values, (self.areas * self.told.mean)[:, None])

    def _moved(self, values: Numbers, mean: "Numbers | float") -> Numbers:
        return np.maximum((values - mean) * self.narrow + mean * self.scale, 0)


def answered(crop: Crop, facts: Facts, season: int | None = None, memory: Memory | None = None) -> Answer:
    """Answer the season of the day (or another, later than all that taught).

    `memory` keeps the replays of past seasons between answers that know the same of them.

    MissingData where there is no weather of the season, or no measured season to learn from.
    """
    season = crop.season(facts.day) if season is None else season
    firm = facts.yields.filter("measured", pl.col("season") < season)
    towns = sorted(set(firm["town"].unique()) & set(facts.places))
    if firm.is_empty() or facts.weather.is_empty() or not towns:
        raise MissingData(
            f"{crop.name}: no season with measured yields and weather is known on {facts.day}",
            f"ingest {crop.name}_output and {crop.name}_weather first",
        )
    block, last = joined(crop, facts)
    stations = {town: facts.places[town] for town in towns}
    named = firm.select("season", "y", place="town")
    replay = recorded(named, block, stations, crop.windows, crop.alternation)
    if season not in block.seasons:
        raise MissingData(f"{crop.name}: no weather of season {season} is known", f"ingest {crop.name}_weather")
    at = block.seasons.index(season)
    train = replay.record.allowed & (np.arange(len(block.seasons)) < at)
    known = block.known((last.year - season, last.month, last.day))
    past = _past(replay, at)
    replay.remember((memory or {}).get(past, {}))
    told, errors, missed = steadied(*replay.mixed(train, at, known))
    if memory is not None:
        memory[past] = replay.remembered(at)
    newest = facts.yields.sort("season").group_by("town", maintain_order=True).last()
    held = dict(newest.select("town", "area").iter_rows())
    before = np.array([held[town] for town in towns])
    carried = (pl.col("area") * pl.col("factor")).sum() / pl.col("area").sum()
    factor = dict(facts.shares.filter(pl.col("area") > 0).group_by("town").agg(carried).iter_rows())
    grown = np.array([factor.get(town, 1.0) for town in towns])
    answer = Answer(season, replay, told, errors, before * grown, before, known, int(train.sum()), missed)
    return answer if facts.survey is None else counted(answer, facts.survey)


def _past(replay: Replay, at: int) -> bytes:
    """What the replays of the seasons before one hang on, as one key."""
    record = replay.record
    return b"|".join([str(record.y.shape).encode(), record.y[:, :at].tobytes(), record.raw[:, :at].tobytes()])


def steadied(told: Told, errors: Numbers) -> tuple[Told, Numbers, Numbers]:
    """The answer with what its inner replays missed on average put right, as far as that stands out from chance.

    A level that remembers stays behind a crop that grows year after year, and a range about it would lie beside the
    mean. With mean error m over n seasons whose own means spread by s, the share m² / (m² + s² / n) of it is added.
    """
    by_season = np.array([np.nanmean(row) for row in errors if np.isfinite(row).any()])
    if len(by_season) < ENOUGH:
        return told, errors, np.zeros_like(told.mean)
    m, square = by_season.mean(), by_season.var(ddof=1) / len(by_season)
    share = m * m / (m * m + square) * m
    more = np.maximum(share * told.unit, 0.05 * told.unit - told.mean)
    return replace(told, mean=told.mean + more, members=told.members + more[:, None]), errors - share, more


def joined(crop: Crop, facts: Facts) -> tuple[Cube, date]:
    """Measured weather with the next days' forecast behind it, as one block, and the last day that counts as known."""
    columns = ["place", "ds", *dict.fromkeys(window.column for window in crop.windows)]
    measured = facts.weather.select(columns)
    last = measured.group_by("place").agg(pl.col("ds").max())["ds"].min()
    assert isinstance(last, date)
    ahead = facts.ahead.select(columns) if facts.ahead.height else measured.clear()
    ahead = ahead.filter(pl.col("ds") > last, pl.col("ds") <= last + timedelta(days=JOINED))
    ahead = ahead.join(measured, on=["place", "ds"], how="anti")
    if ahead.height:
        reach = ahead.group_by("place").agg(pl.col("ds").max())
        whole = reach.height == measured["place"].n_unique()
        last = reach["ds"].min() if whole else last
        assert isinstance(last, date)
    return cube(pl.concat([measured, ahead]), crop.first, crop.last), last


def counted(answer: Answer, survey: Estimate) -> Answer:
    """The answer blended with a survey of fruit, both weighed by their errors; no range, no blending."""
    if not len(answer.errors):
        return answer
    quantiles = answer.county()
    width = float(quantiles[LEVELS.index(0.9)] - quantiles[LEVELS.index(0.1)])
    own = Estimate(float(answer.areas @ answer.told.mean), max(width / WIDE, 1.0))
    both = blended([own, survey])
    return replace(answer, scale=both.total / own.total, narrow=both.error / own.error)
