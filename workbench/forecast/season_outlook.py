"""One season's answer for a crop as known on one day: towns, varieties and the county in whole kilograms that add up.

The engine of seasons (`season_replay`) gives yields; the areas are those last released, carried on by the trees' ages;
a survey of fruit, where there is one with a measured error, is blended in. Varieties share their town's crop as they
did in the last season released, and so do its quantiles.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import MissingData
from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.forecast.season_flow import shared
from workbench.forecast.season_model import Told, factors
from workbench.forecast.season_replay import Remembered, Replay, ranges, recorded, supported, together
from workbench.forecast.season_weather import Cube, Day, Numbers, Window, cube
from workbench.science.fruit import Estimate, blended
from workbench.science.harvest import ALL

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

    `yields`: town, season, y (kg/mu), area (mu), measured; `shares`: town, variety, share of the town's output;
    `places`: town → height band; `weather`, `ahead`: place, ds and the windows' columns, measured and forecast;
    `growth`: season → factor of the full-bearing area on the season before; `survey`: the county's kg from counted
    fruit; `size`: its diameters against the growth curve.
    """

    day: date
    yields: pl.DataFrame
    shares: pl.DataFrame
    places: Mapping[str, str]
    weather: pl.DataFrame
    ahead: pl.DataFrame
    growth: Mapping[int, float]
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
    since = int(newest["season"].max())  # type: ignore[arg-type]
    before = np.array([held[town] for town in towns])
    grown = float(np.prod([facts.growth.get(year, 1.0) for year in range(since + 1, season + 1)]))
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


def outlook(crop: Crop, facts: Facts, answer: Answer) -> pl.DataFrame:
    """`science.harvest.OUTLOOK` with quantiles: every town and variety, and every sum of them."""
    means = whole(answer.areas * answer.told.mean * answer.scale)
    bases = whole(answer.areas * answer.told.base)
    spread, county = answer.ranges() if len(answer.errors) else None, answer.county() if len(answer.errors) else None
    last = facts.yields.filter("measured", pl.col("season") == answer.season - 1)
    before = {town: round(y * area) for town, y, area in last.select("town", "y", "area").drop_nulls().iter_rows()}
    rows = []
    for i, town in enumerate(answer.towns):
        mine = facts.shares.filter(pl.col("town") == town).sort("variety")
        share = mine["share"].to_numpy()
        split = (shared(int(means[i]), share), shared(int(bases[i]), share))
        was = shared(before[town], share).tolist() if town in before else [None] * len(share)
        for j, variety in enumerate(mine["variety"]):
            part = share[j] / share.sum()
            given = [None] * len(LEVELS) if spread is None else (spread[i] * part).tolist()
            rows.append((town, variety, answer.areas[i] * part, int(split[0][j]), int(split[1][j]), was[j], *given))
    numbers = {"area": pl.Float64, "mean": pl.Int64, "base": pl.Int64, "before": pl.Int64}
    schema = {"town": pl.String, "variety": pl.String, **numbers, **dict.fromkeys(QUANTILES, pl.Float64)}
    frame = summed(pl.DataFrame(rows, schema, orient="row"), county)
    unsupported = [name for name, level in zip(QUANTILES, LEVELS, strict=True) if not supported(level, answer.seasons)]
    return frame.with_columns(
        pl.lit(answer.season).alias("season"),
        *(pl.lit(None, pl.Float64).alias(name) for name in unsupported),
        closed=pl.lit(crop.closed(answer.season)),
        place=pl.col("town").replace_strict(dict(facts.places), default=None, return_dtype=pl.String),
        seasons=pl.lit(answer.seasons),
    )


def county(answer: Answer) -> dict[str, float | None]:
    """The county's `mean` and quantiles, kg; null what so few seasons cannot carry."""
    values = answer.county() if len(answer.errors) else None
    given = {
        name: float(values[i]) if values is not None and supported(LEVELS[i], answer.seasons) else None
        for i, name in enumerate(QUANTILES)
    }
    return {"mean": round(float((answer.areas * answer.told.mean * answer.scale).sum())), **given}


def whole(values: Numbers) -> NDArray[np.int64]:
    """Kilograms as whole numbers whose sum is the rounded sum."""
    return shared(round(float(values.sum())), values)


def summed(parts: pl.DataFrame, county: Numbers | None) -> pl.DataFrame:
    """Towns' varieties with their sums: towns, varieties of the county, the county.

    A town's varieties share its range; the county's varieties share the county's, where `county` gives its quantiles.
    """
    add = [pl.col("area", "mean", "base", *QUANTILES).sum(), whole_or_null("before")]
    towns = parts.group_by("town", maintain_order=True).agg(*add).with_columns(variety=pl.lit(ALL))
    kinds = parts.group_by("variety", maintain_order=True).agg(*add).with_columns(town=pl.lit(ALL))
    all_ = parts.select(*add).with_columns(town=pl.lit(ALL), variety=pl.lit(ALL))
    total = all_["mean"].item()
    given = [None] * len(QUANTILES) if county is None else county.tolist()
    part = pl.col("mean") / max(total, 1)
    values = [(pl.lit(v, pl.Float64) * part).alias(name) for name, v in zip(QUANTILES, given, strict=True)]
    frames = [all_.with_columns(values), kinds.with_columns(values), towns, parts]
    if county is None:
        gone = [pl.lit(None, pl.Float64).alias(name) for name in QUANTILES]
        frames = [frame.with_columns(gone) for frame in frames]
    return pl.concat([frame.select(parts.columns) for frame in frames])


def whole_or_null(name: str) -> pl.Expr:
    """The sum of a column, null where one part is not known."""
    return pl.when(pl.col(name).null_count() == 0).then(pl.col(name).sum()).alias(name)


def causes(answer: Answer, towns: bool = False) -> pl.DataFrame:
    """What made the figure, in kg: `town, factor, kg`; the factors of a town add up to its mean.

    `level` is what the place's own past says on last season's area, `trend` what its replays missed in the mean, `area`
    what trees come into bearing add; then the windows, the crop before, and what a survey of fruit moved.
    """
    names = ("level", "trend", "area", *factors(answer.replay.record.windows), "survey")
    means = whole(answer.areas * answer.told.mean * answer.scale)
    told = answer.told
    found = [told.base * answer.before, answer.missed * answer.areas, told.base * (answer.areas - answer.before)]
    found += [-told.parts[:, i] * answer.areas for i in range(told.parts.shape[1])]
    found += [answer.areas * told.mean * (answer.scale - 1)]
    each = np.round(np.array(found)).astype(np.int64)
    each[0] += means - each.sum(axis=0)
    rows = [(ALL, name, int(each[i].sum())) for i, name in enumerate(names)]
    if towns:
        rows += [(t, name, int(each[i, j])) for j, t in enumerate(answer.towns) for i, name in enumerate(names)]
    return pl.DataFrame(rows, {"town": pl.String, "factor": pl.String, "kg": pl.Int64}, orient="row")
