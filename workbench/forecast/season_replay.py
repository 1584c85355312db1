"""A season's forecasts replayed: every choice made inside what the split allows, at each issue date of the season.

The settings are weighed by their own inner replays; the errors of that mix, joined with what past weather could still
do to an unfinished season, make the range, which so narrows as the season goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.forecast.season_model import ALL, SETTINGS, Mask, Record, Setting, Told, answer, blend, factors
from workbench.forecast.season_splits import SPLITTERS, outer
from workbench.forecast.season_weather import Cube, Day, Numbers, Window, completed, measured

CAREFUL = Setting(0.85, False, float("inf"), ALL)
"""Where too few seasons are known to choose anything."""
FEWEST = 3  # inner seasons before a choice is made
FINE = 401  # errors that stand for all of them
POOL = 5.0  # seasons' worth of the common error in each place's own


Remembered = dict[tuple[bytes, int, Setting, int], Told]


@dataclass
class Replay:
    """One record with its weather, replayed by the splitter of that name.

    `places` are those of `record` in order, `stations` the place of `block` whose weather each has.
    """

    record: Record
    block: Cube
    places: tuple[str, ...]
    stations: tuple[str, ...]
    split: str = "forward"
    settings: tuple[Setting, ...] = SETTINGS
    _told: Remembered = field(default_factory=dict)
    _ahead: dict[tuple[int, int], Numbers] = field(default_factory=dict)

    def told(self, train: Mask, at: int, setting: Setting, known: int) -> Told:
        """The answer for the season at position `at` when the first `known` steps of its weather are over."""
        key = (train.tobytes(), at, setting, known)
        if key not in self._told:
            if (at, known) not in self._ahead:
                few = self.block.at(list(dict.fromkeys(self.stations)))
                told = completed(few, self.record.windows, self.record.seasons[at], known)
                self._ahead[at, known] = told[[few.places.index(station) for station in self.stations]]
            self._told[key] = answer(self.record, setting, train, at, self._ahead[at, known], self.normal(train, at))
        return self._told[key]

    def remember(self, told: Remembered) -> None:
        """Take over answers for whole past seasons from a replay that knew the same of them."""
        self._told |= told

    def remembered(self, at: int) -> Remembered:
        """The answers for whole seasons before a position: what comes later has no part in them (`forward`)."""
        whole = len(self.block.steps)
        return {key: value for key, value in self._told.items() if key[1] < at and key[3] == whole}

    def normal(self, train: Mask, at: int) -> Mask:
        """Seasons whose weather may be looked at: those before, or (years left out) those that teach."""
        if self.split == "forward":
            return np.arange(len(train)) < at
        return train | ~self.record.allowed

    def errors(self, train: Mask, setting: Setting) -> Numbers:
        """Relative errors of the inner replays, with the whole season known: (inner seasons, places)."""
        whole = len(self.block.steps)
        found = []
        for inner, at in SPLITTERS[self.split](train):
            told = self.told(inner, at, setting, whole)
            found.append((self.record.y[:, at] - told.mean) / told.unit)
        return np.array(found).reshape(-1, len(self.record.y))

    def weighed(self, train: Mask) -> tuple[dict[Setting, float], Numbers]:
        """The settings weighed by their inner errors, as so many seasons can tell them apart; the errors of the mix.

        A setting whose mean square is a tenth above the smallest has exp(−n/20) of its weight after n inner seasons.
        """
        tried = {setting: self.errors(train, setting) for setting in self.settings}
        seasons = len(tried[self.settings[0]])
        if seasons < FEWEST:
            return {CAREFUL: 1.0}, self.errors(train, CAREFUL)
        square = np.array([np.nanmean(errors**2) for errors in tried.values()])
        weights = np.exp(-seasons / 2 * (square / square.min() - 1))
        weights /= weights.sum()
        mix = np.einsum("g,gsp->sp", weights, np.array(list(tried.values())))
        return dict(zip(tried, weights.tolist(), strict=True)), mix

    def mixed(self, train: Mask, at: int, known: int) -> tuple[Told, Numbers]:
        """The weighed answer for one season, and the relative errors of its inner replays (inner seasons, places)."""
        weights, errors = self.weighed(train)
        answers = [self.told(train, at, setting, known) for setting in weights]
        return blend(answers, np.array(list(weights.values()))), errors

    def issue(self, train: Mask, at: int, known: int) -> pl.DataFrame:
        """The forecast of one season: place, season, known, mean, base, quantiles, what each factor took away."""
        told, errors = self.mixed(train, at, known)
        frame = pl.DataFrame({"mean": told.mean, "base": told.base})
        values = ranges(told, errors)
        seasons = int(train.sum())
        quantiles = [
            pl.Series(name, values[:, i] if supported(level, seasons) else [None] * len(values), pl.Float64)
            for i, (name, level) in enumerate(zip(QUANTILES, LEVELS, strict=True))
        ]
        lost = [pl.Series(f"by_{n}", told.parts[:, i]) for i, n in enumerate(factors(self.record.windows))]
        return frame.with_columns(
            pl.Series("place", self.places),
            pl.lit(self.record.seasons[at]).alias("season"),
            pl.lit(known).alias("known"),
            *quantiles,
            *lost,
        )

    def run(self, seasons: Sequence[int], days: Sequence[Day]) -> pl.DataFrame:
        """`issue` for each of these seasons at the end of each of these days, with `y` beside."""
        asked = [self.record.seasons.index(season) for season in seasons]
        steps = [self.block.known(day) for day in days]
        folds = outer(self.split, self.record.allowed, asked)
        frames = [
            self.issue(train, at, known).with_columns(y=pl.Series(self.record.y[:, at]).fill_nan(None))
            for train, at in folds
            for known in steps
        ]
        return pl.concat(frames)


def supported(level: float, seasons: int) -> bool:
    """Whether so many seasons can carry a quantile at all: one of them would have to lie outside.

    >>> supported(0.9, 9), supported(0.975, 26)
    (True, False)
    """
    return min(level, 1 - level) * (seasons + 1) >= 1 - 1e-9


def ranges(told: Told, errors: Numbers) -> Numbers:
    """Quantiles (places, 15) of every completion with every inner error.

    Not widened for their small number: every inner forecast was learned from fewer seasons than this one.
    """
    errors = np.where(np.isfinite(errors), errors, np.nan)
    common = float(np.nanmean(errors**2))
    there = np.isfinite(errors)
    own = np.sqrt((np.nansum(errors**2, axis=0) + POOL * common) / (there.sum(axis=0) + POOL))
    shape = (errors / own)[there]
    if len(shape) > FINE:
        shape = np.quantile(shape, (np.arange(FINE) + 0.5) / FINE)
    found = []
    for place in range(len(told.mean)):
        centre = told.members[place][np.isfinite(told.members[place])]
        centre = centre if len(centre) else told.mean[place : place + 1]
        centre = centre + told.mean[place] - centre.mean()
        spread = np.add.outer(centre, shape * own[place] * told.unit[place])
        found.append(np.quantile(np.maximum(spread, 0), LEVELS))
    return np.array(found)


def together(told: Told, errors: Numbers, areas: Numbers) -> Numbers:
    """The fifteen quantiles of the places' total, in yield × area.

    Places move together: a completion is the same weather for all, and an inner season's errors stay side by side.
    """
    known = np.isfinite(told.members).all(axis=0)
    members = told.members[:, known] if known.any() else told.mean[:, None]
    centred = members + (told.mean - members.mean(axis=1))[:, None]
    wrong = np.nan_to_num(errors) * told.unit
    totals = np.add.outer(areas @ centred, wrong @ areas)
    return np.asarray(np.quantile(np.maximum(totals, 0), LEVELS))


def permuted(replay: Replay, seed: int) -> Replay:
    """The same with the weather of whole seasons dealt out anew: what skill would chance give?"""
    order = np.random.default_rng(seed).permutation(len(replay.block.seasons))
    block = replace(replay.block, values={n: v[:, order] for n, v in replay.block.values.items()})
    record = replace(replay.record, raw=replay.record.raw[:, order])
    return Replay(record, block, replay.places, replay.stations, replay.split, replay.settings)


def recorded(
    yields: pl.DataFrame,
    weather: Cube,
    stations: dict[str, str],
    windows: tuple[Window, ...],
    alternation: float = 0.15,
) -> Replay:
    """A replay from `place, season, y` and the station whose weather each place has; others are left out."""
    places = sorted(stations)
    index = [weather.places.index(stations[place]) for place in places]
    y = np.full((len(places), len(weather.seasons)), np.nan)
    for place, season, value in yields.select("place", "season", "y").drop_nulls().iter_rows():
        if place in stations and season in weather.seasons:
            y[places.index(place), weather.seasons.index(season)] = value
    record = Record(weather.seasons, y, measured(weather, windows)[index], windows, alternation)
    return Replay(record, weather, tuple(places), tuple(stations[place] for place in places))
