"""What comes back every year: a series' own season, and what its holidays add, read off the years before.

The place of a day in a holiday comes with the rows (`PLACE`, see `science.holidays`), so that Spring Festival meets
Spring Festival and its third day the third day, whatever their dates. Both are on the log scale and rest only on days
at least 300 before, so that they are known ahead for any horizon up to that.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import InputError
from workbench.forecast.task import Task

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
PLACE = ("festival", "nth", "back", "break_length")
"""Number of the festival (0: none), place from the first day off and from the last, days off: known ahead."""
MEMORY = ("season", "lift")
FAR = 300


@dataclass(frozen=True)
class Looks:
    """Half width in days over which ordinary days make the `base`, and over which bases make the season (`smooth`);
    how fast years fade (`fade`), and how many years the mean of all holidays of that length counts as (`pool`)."""

    base: int = 7
    smooth: int = 5
    fade: float = 0.8
    pool: float = 0.2
    years: int = 4


@dataclass(frozen=True)
class Days:
    """One series on consecutive days from `first`: `log` of y (NaN where unknown) and the place of each day."""

    first: date
    log: Array = field(repr=False)
    festival: Ints = field(repr=False)
    nth: Ints = field(repr=False)
    back: Ints = field(repr=False)
    length: Ints = field(repr=False)

    @classmethod
    def of(cls, rows: pl.DataFrame) -> "Days":
        """From rows of one series with `ds`, `y` and PLACE, in any order; days without a row are ordinary, unknown."""
        low, high = rows["ds"].min(), rows["ds"].max()
        assert isinstance(low, date)
        assert isinstance(high, date)
        grid = pl.date_range(low, high, eager=True).alias("ds").to_frame()
        whole = grid.join(rows.select("ds", "y", *PLACE), on="ds", how="left", maintain_order="left")
        y = whole["y"].cast(pl.Float64).fill_null(np.nan).to_numpy()
        log = np.log(np.where(y > 0, y, np.nan))
        places = [whole[name].fill_null(0).fill_nan(0).cast(pl.Int64).to_numpy() for name in PLACE]
        return cls(low, log, *places)

    @property
    def ordinary(self) -> NDArray[np.bool_]:
        """Days far from any holiday."""
        return self.festival == 0

    def base(self, half: int) -> Array:
        """The mean log of ordinary days within `half` days of each, half as far again where fewer than four are known
        there (in the middle of a long holiday), else NaN."""
        ordinary = np.where(self.ordinary, self.log, np.nan)
        near = window(ordinary, half, least=4)
        return np.where(np.isfinite(near), near, window(ordinary, half + half // 2 + 1, least=4))


def window(values: Array, half: int, least: int = 1) -> Array:
    """Mean of the known values within `half` places of each, NaN where fewer than `least` are known."""
    known = np.isfinite(values)
    sums = [np.concatenate([[0.0], np.cumsum(part)]) for part in (np.where(known, values, 0.0), known)]
    place = np.arange(len(values))
    low, high = np.maximum(place - half, 0), np.minimum(place + half + 1, len(values))
    total, count = (part[high] - part[low] for part in sums)
    return np.where(count >= least, total / np.maximum(count, 1), np.nan)


def season(days: Days, looks: Looks) -> Array:
    """The mean over past years of the smoothed base at the same date, NaN where no year before is known."""
    smooth = window(days.base(looks.base), looks.smooth)
    dates = np.datetime64(days.first) + np.arange(len(smooth))
    months = dates.astype("datetime64[M]")
    total, count = np.zeros(len(smooth)), np.zeros(len(smooth))
    for years in range(1, looks.years + 1):
        then = (months - 12 * years).astype("datetime64[D]") + (dates - months.astype("datetime64[D]"))
        place = (then - np.datetime64(days.first)).astype(np.int64)
        value = np.where(place >= 0, smooth[np.maximum(place, 0)], np.nan)
        known = np.isfinite(value)
        total += np.where(known, value, 0.0)
        count += known
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def lift(days: Days, looks: Looks) -> Array:
    """What holidays before added to the base at the same place: log, 0 on ordinary days and where none is known."""
    extra = days.log - days.base(looks.base)
    own: dict[int, dict[int, list[tuple[int, int, float]]]] = {}
    pool: dict[tuple[int, int], list[tuple[int, float]]] = {}
    out = np.zeros(len(extra))
    for number in np.flatnonzero(~days.ordinary).tolist():
        kind, key = int(days.festival[number]), place_of(days, number)
        before = own.get(kind, {}).get(key, []) or own.get(kind, {}).get(middle(days, number), [])
        past = [(age(number, then), value) for then, _, value in before if number - then > FAR]
        alike = [value for then, value in pool.get((min(int(days.length[number]), 4), key), []) if number - then > FAR]
        weight = np.array([looks.fade**years for years, _ in past])
        total = float(weight @ np.array([value for _, value in past])) if past else 0.0
        shared = looks.pool if alike else 0.0
        if past or alike:
            out[number] = (total + shared * (np.mean(alike) if alike else 0.0)) / (weight.sum() + shared)
        if np.isfinite(extra[number]):
            for place in {key, middle(days, number)}:
                own.setdefault(kind, {}).setdefault(place, []).append((number, key, float(extra[number])))
            alike_key = (min(int(days.length[number]), 4), key)
            pool.setdefault(alike_key, []).append((number, float(extra[number])))
    return out


def age(now: int, then: int) -> int:
    """Whole years between two day numbers."""
    return max(1, round((now - then) / 365.25))


def place_of(days: Days, number: int) -> int:
    """The place in a holiday: from its first day in the first half (1, 2 …), from its last in the second (-1, -2 …)."""
    nth, back, length = int(days.nth[number]), int(days.back[number]), int(days.length[number])
    return nth if nth <= length / 2 or nth <= 0 else -back - (0 if back > 0 else 100)


def middle(days: Days, number: int) -> int:
    """A name for any day in the middle of a holiday: a longer break than ever before has days that none had."""
    return 1000 if days.nth[number] > 2 and days.back[number] > 2 else place_of(days, number)


def remembered(past: pl.DataFrame, future: pl.DataFrame, looks: Looks) -> pl.DataFrame:
    """`unique_id, ds` of both with `season` and `lift`, from the past alone.

    A season never seen is the latest seen one, 0 where there is none: a series in its first year knows no better.
    """
    columns = ["unique_id", "ds", "y", *PLACE]
    there = pl.concat(
        [past.select(columns), future.with_columns(y=pl.lit(None, pl.Float64)).select(columns)], how="vertical_relaxed"
    )
    parts = []
    for (name,), rows in there.group_by("unique_id", maintain_order=True):
        days = Days.of(rows)
        span = pl.date_range(days.first, days.first + timedelta(days=len(days.log) - 1), eager=True)
        frame = pl.DataFrame(
            {"ds": span, "season": season(days, looks), "lift": lift(days, looks)}, nan_to_null=True
        ).with_columns(unique_id=pl.lit(name))
        parts.append(frame)
    carried = pl.col("season").forward_fill().over("unique_id", order_by="ds")
    ahead = pl.col("ds") >= future["ds"].min()
    filled = pl.when(ahead).then(carried.fill_null(0.0)).otherwise(carried)
    return pl.concat(parts).with_columns(season=filled).select("unique_id", "ds", *MEMORY)


def refuse(task: Task) -> None:
    """Only daily questions whose answer is nearer than the year before."""
    absent = [name for name in PLACE if name not in task.known_ahead]
    if task.every != "1d" or task.horizon > FAR - 10 or absent:
        raise InputError(
            f"{task.name}: what comes back every year needs days, {FAR - 10} ahead at most, and {', '.join(PLACE)}",
            "give the task those, or another model",
        )
