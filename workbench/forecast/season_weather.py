"""The weather of whole seasons as one block of numbers, cut into windows, and an unfinished season completed from the past.

A season is named by the year in which its fruit sets (season 2026 = 2026/27). Its steps run from a start to an end given
as (years after that, month, day); 29 February is left out, so that all seasons have the same steps.
"""  # noqa: E501

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import InputError

Numbers = NDArray[np.float64]
Day = tuple[int, int, int]
"""Years after the season's year, month, day: (0, 12, 31) is the last day of the year of fruit set."""
ENOUGH = 0.8  # of a window's steps


@dataclass(frozen=True)
class Window:
    """One way in which weather can harm a crop, written down before any result is looked at.

    `column` of the weather over `first` … `last` is put together by `how`; `harm` = 1 where much of it harms, −1 where
    little does. `beyond` standard deviations from normal the harm begins (None: it is straight, and the other side
    helps). `prior` is the share of a crop believed lost for each standard deviation of harm, before any data.
    """

    name: str
    column: str
    first: Day
    last: Day
    how: Literal["mean", "sum", "min", "max"] = "mean"
    harm: Literal[1, -1] = 1
    beyond: float | None = None
    prior: float = 0.0


@dataclass(frozen=True)
class Cube:
    """Weather by place, season and step: `values[column]` has the shape (places, seasons, steps), NaN = not known."""

    places: tuple[str, ...]
    seasons: tuple[int, ...]
    steps: tuple[Day, ...]
    values: dict[str, Numbers]

    def known(self, day: Day) -> int:
        """How many steps are over at the end of that day of a season."""
        return sum(step <= day for step in self.steps)

    def at(self, places: Sequence[str]) -> "Cube":
        """The same with these places, each as often as it is named: several counties may share a station."""
        index = [self.places.index(place) for place in places]
        return replace(self, places=tuple(places), values={name: v[index] for name, v in self.values.items()})


def cube(weather: pl.DataFrame, first: Day, last: Day, monthly: bool = False) -> Cube:
    """From `place, ds` (Date; the first of a month where monthly) and number columns to seasons.

    Every season that the weather touches is there. InputError where a place has a day twice or there is none at all.
    """
    columns = [name for name in weather.columns if name not in ("place", "ds")]
    if weather.is_empty() or weather.select("place", "ds").is_duplicated().any():
        raise InputError("the weather of seasons needs each place's day once", "remove what is given twice")
    steps = tuple(_steps(first, last, monthly))
    years = weather.get_column("ds").dt.year()
    seasons = range(int(years.min()) - last[0], int(years.max()) - first[0] + 1)  # type: ignore[arg-type]
    grid = pl.DataFrame(
        {
            "season": [season for season in seasons for _ in steps],
            "ds": [date(season + off, month, day) for season in seasons for off, month, day in steps],
        }
    )
    places = weather.select(pl.col("place").unique().sort())
    full = places.join(grid, how="cross").join(weather, on=["place", "ds"], how="left", maintain_order="left")
    shape = (places.height, len(seasons), len(steps))
    values = {name: full.get_column(name).cast(pl.Float64).fill_null(np.nan).to_numpy() for name in columns}
    return Cube(
        tuple(places.to_series()), tuple(seasons), steps, {name: v.reshape(shape) for name, v in values.items()}
    )


def _steps(first: Day, last: Day, monthly: bool) -> list[Day]:
    """The days or months of a season; the years in the list are those after the season's own."""
    day, end = date(2001 + first[0], first[1], first[2]), date(2001 + last[0], last[1], last[2])
    found: list[Day] = []
    while day <= end:
        if (not monthly or day.day == 1) and (day.month, day.day) != (2, 29):
            found.append((day.year - 2001, day.month, day.day))
        day += timedelta(days=1)
    return found


def measured(block: Cube, windows: Sequence[Window]) -> Numbers:
    """The windows of every place and season: shape (places, seasons, windows), NaN where a window is not known."""
    return np.stack([_cut(block.values[w.column], block.steps, w) for w in windows], axis=-1)


def completed(block: Cube, windows: Sequence[Window], season: int, known: int) -> Numbers:
    """The windows of one season as if its steps after the first `known` went as in each season of the record.

    Shape (places, seasons, windows); a season whose own rest is not known gives NaN. A forecast of the next days is
    joined by writing it into the block and counting it as known.
    """
    here = block.seasons.index(season)
    joined = {}
    for name in {w.column for w in windows}:
        whole = block.values[name].copy()
        whole[:, :, :known] = whole[:, here : here + 1, :known]
        joined[name] = whole
    return np.stack([_cut(joined[w.column], block.steps, w) for w in windows], axis=-1)


def _cut(values: Numbers, steps: tuple[Day, ...], window: Window) -> Numbers:
    inside = [i for i, step in enumerate(steps) if window.first <= step <= window.last]
    if not inside or window.first < steps[0] or window.last > steps[-1]:
        raise InputError(f"window {window.name} lies outside the season", "start the season earlier, or end it later")
    part = values[:, :, inside[0] : inside[-1] + 1]
    there = np.isfinite(part)
    count = there.sum(axis=2)
    full = count >= ENOUGH * len(inside)
    if window.how in ("mean", "sum"):
        mean = np.where(there, part, 0).sum(axis=2) / np.maximum(count, 1)
        found = mean * len(inside) if window.how == "sum" else mean
    elif window.how == "min":
        found = np.where(there, part, np.inf).min(axis=2)
    else:
        found = np.where(there, part, -np.inf).max(axis=2)
    return np.where(full, found, np.nan)


def harm(raw: Numbers, normal: Numbers, windows: Sequence[Window]) -> Numbers:
    """Standard deviations of harm, against the seasons of `normal` (places, seasons, windows); not known = 0."""
    middle, spread = _moments(normal)
    z = (raw - middle) / spread * np.array([w.harm for w in windows])
    for i, w in enumerate(windows):
        if w.beyond is not None:
            z[..., i] = np.maximum(z[..., i] - w.beyond, 0)
    return np.nan_to_num(z)


def _moments(normal: Numbers) -> tuple[Numbers, Numbers]:
    there = np.isfinite(normal)
    count = np.maximum(there.sum(axis=1, keepdims=True), 1)
    middle = np.where(there, normal, 0).sum(axis=1, keepdims=True) / count
    spread = np.sqrt((np.where(there, normal - middle, 0) ** 2).sum(axis=1, keepdims=True) / np.maximum(count - 1, 1))
    return middle, np.where(spread > 0, spread, np.inf)
