"""What a booster looks at: lags, levels and swings of a series, its network and its covariates.

Everything is an array `[series, step]`, and the value at step k uses steps up to k only. A row of a table is one
(origin, series, lead): the signals as they were known at the origin, plus what is certain of the target time. Training
origins and the origin of a forecast go through the same functions, so they cannot differ.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.forecast.clock import Clock
from workbench.forecast.task import Task

Array = NDArray[np.float32]
Ints = NDArray[np.int64]
Columns = dict[str, Array]


@dataclass(frozen=True)
class Spans:
    """How far back to look, in steps. `swings`: changes; `levels`: means, and for the middle ones spread and extremes;
    `stale`: how old a last value may be; `beside`: levels and swings of covariates and of the network. For a global
    learner: `lags` single values before the origin (0 the last), `each` season's echo for itself, the first one with
    `near` steps to either side; `groups` levels of the series that share a part of their name."""

    swings: tuple[int, ...] = (1, 2, 3, 6, 12, 18, 24, 48, 72)
    levels: tuple[int, ...] = (3, 6, 12, 24, 48, 72, 168, 720)
    beside: tuple[int, ...] = (3, 12, 24, 72)
    stale: int = 48
    lags: tuple[int, ...] = ()
    each: bool = False
    near: int = 0
    groups: tuple[int, ...] = ()

    @property
    def memory(self) -> int:
        """Steps of history that the signals at one step rest on."""
        return max(*self.levels, *self.swings, *self.beside, *self.lags, *self.groups, 14) + self.stale


@dataclass(frozen=True)
class History:
    """The past of one measure's series on one clock: `values[name][series, step]`, NaN where unknown."""

    ids: tuple[str, ...]
    first: int  # number of step 0
    values: dict[str, Array] = field(repr=False)

    @classmethod
    def of(cls, past: pl.DataFrame, task: Task, ids: tuple[str, ...], until: int, back: int | None = None) -> "History":
        """From rows of one measure in any order; steps end with number `until`, and `back` of them are kept."""
        clock = Clock(task.every)
        own = past.get_column("unique_id").head(1).str.split("/").list.last()
        names = ["y", *(name for name in task.past_only if name in past.columns and name not in own)]
        rows = past.select("unique_id", clock.number().alias("number"), *names)
        rows = rows.filter(pl.col("number") <= until, pl.col("unique_id").is_in(ids))
        if back is not None:
            rows = rows.filter(pl.col("number") > until - back)
        low = rows.get_column("number").min()
        first = until - back + 1 if back is not None else int(low) if low is not None else until  # type: ignore[arg-type]
        series = rows.get_column("unique_id").cast(pl.Enum(ids)).to_physical().to_numpy()
        step = rows.get_column("number").to_numpy() - first
        values = {}
        for name in names:
            grid = np.full((len(ids), until - first + 1), np.nan, dtype=np.float32)
            grid[series, step] = rows.get_column(name).cast(pl.Float32).to_numpy()
            values[name] = grid
        return cls(ids, first, values)

    @property
    def steps(self) -> int:
        return int(self.values["y"].shape[1])


def filled(values: Array, stale: int) -> tuple[Array, Array]:
    """The last value known at each step, at most `stale` steps old, and its age in steps."""
    steps = np.arange(values.shape[1])
    last = np.maximum.accumulate(np.where(np.isnan(values), -1, steps), axis=1)
    age = (steps - last).astype(np.float32)
    gone = (last < 0) | (age > stale)
    out = np.take_along_axis(values, np.maximum(last, 0), axis=1)
    return np.where(gone, np.nan, out), np.where(gone, np.nan, age)


@dataclass(frozen=True)
class Sums:
    """Running totals of one covariate, from which the mean and spread of any window at any step are a difference."""

    count: NDArray[np.float64]
    total: NDArray[np.float64]
    square: NDArray[np.float64]

    @classmethod
    def of(cls, values: Array) -> "Sums":
        known = ~np.isnan(values)
        whole = np.where(known, values, 0.0).astype(np.float64)
        return cls(*(np.pad(np.cumsum(part, axis=1), ((0, 0), (1, 0))) for part in (known, whole, whole**2)))

    def level(self, window: int, at: Ints, share: float = 1 / 3) -> tuple[Array, Array]:
        """Mean and standard deviation of the last `window` steps at those steps, where that share of them is known."""
        low = np.maximum(at + 1 - window, 0)
        count, total, square = (part[:, at + 1] - part[:, low] for part in (self.count, self.total, self.square))
        mean = np.where(count >= max(1, int(window * share)), total / np.maximum(count, 1), np.nan)
        spread = np.sqrt(np.maximum(square / np.maximum(count, 1) - mean**2, 0))
        return mean.astype(np.float32), spread.astype(np.float32)


def extremes(values: Array, window: int, at: Ints) -> tuple[Array, Array]:
    """Smallest and largest of the last `window` steps at those steps, NaN where none is known."""
    place = at[:, None] - np.arange(window)
    seen = np.where(place >= 0, values[:, np.maximum(place, 0)], np.nan)
    return np.fmin.reduce(seen, axis=2), np.fmax.reduce(seen, axis=2)


def network(values: Array) -> Array:
    """The mean over all series at each step, given to each."""
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
    return np.broadcast_to(mean, values.shape)


def earlier(values: Array, at: Ints, steps: int) -> Array:
    """The values `steps` before those steps."""
    return np.where(at >= steps, values[:, np.maximum(at - steps, 0)], np.nan)


def signals(history: History, spans: Spans, at: Ints) -> dict[str, Array]:
    """Every signal by name at the steps `at` (places in the history): each `[series, len(at)]`."""
    out: dict[str, Array] = {}
    y = history.values["y"]
    last, age = filled(y, spans.stale)
    out["last"], out["age"] = last[:, at], age[:, at]
    for steps in spans.swings:
        out[f"swing_{steps}"] = out["last"] - earlier(last, at, steps)
    for steps in spans.lags:
        out[f"lag_{steps}"] = earlier(last, at, steps)
    sums = Sums.of(y)
    for window in spans.levels:
        out[f"level_{window}"], spread = sums.level(window, at)
        if window in spans.swings and window > 6:
            out[f"spread_{window}"] = spread
            out[f"low_{window}"], out[f"high_{window}"] = extremes(y, window, at)
    if len(history.ids) > 1 and not spans.groups:
        around = network(last)
        beside(out, "network", around, around, spans, at)
        out["network_low"], out["network_high"] = (
            np.broadcast_to(edge.reduce(out["last"], axis=0), out["last"].shape) for edge in (np.fmin, np.fmax)
        )
    for name, values in history.values.items():
        if name != "y" and not np.isnan(values).all():
            latest, _ = filled(values, spans.stale)
            beside(out, name, latest, values, spans, at)
            if len(history.ids) > 1 and not np.array_equal(mean := network(latest), latest, equal_nan=True):
                out[f"{name}_network"] = mean[:, at]
                out[f"{name}_network_{spans.beside[-2]}"] = Sums.of(mean).level(spans.beside[-2], at)[0]
    return out


def beside(out: dict[str, Array], name: str, latest: Array, values: Array, spans: Spans, at: Ints) -> None:
    """Last value, levels and swings of a covariate."""
    out[name] = latest[:, at]
    sums = Sums.of(values)
    for steps in spans.beside:
        out[f"{name}_level_{steps}"] = sums.level(steps, at)[0]
        out[f"{name}_swing_{steps}"] = out[name] - earlier(latest, at, steps)


@dataclass(frozen=True)
class Rows:
    """Which rows a table has: for each its origin (number of a step), series and lead, all of one length."""

    origin: Ints
    series: Ints
    lead: Ints

    @classmethod
    def every(cls, origins: Ints, series: int, leads: Ints) -> "Rows":
        """All leads of all series at all origins."""
        grid = np.meshgrid(origins, np.arange(series), leads, indexing="ij")
        return cls(*(part.ravel().astype(np.int64) for part in grid))

    @classmethod
    def sample(cls, origins: Ints, series: int, band: tuple[int, int], leads: int, seed: int) -> "Rows":
        """`leads` leads of each series at each origin, spread evenly over the band from a random start."""
        rows = cls.every(origins, series, np.arange(leads))
        start = np.repeat(np.random.default_rng(seed).random(len(origins) * series), leads)
        width = (band[1] - band[0]) / leads
        return cls(rows.origin, rows.series, band[0] + 1 + ((rows.lead + start) * width).astype(np.int64))

    def only(self, keep: NDArray[np.bool_]) -> "Rows":
        return Rows(self.origin[keep], self.series[keep], self.lead[keep])


def certain(numbers: Ints, task: Task) -> dict[str, Array]:
    """What the calendar says of step numbers, by local time: hour, weekday, and the day of the year on a circle."""
    start = int(numbers.min()) if len(numbers) else 0
    span = np.arange(start, (int(numbers.max()) if len(numbers) else 0) + 1)
    stamps = Clock(task.every).starts(span).cast(pl.Datetime("us")).alias("at").to_frame()
    local = pl.col("at").dt.replace_time_zone("UTC")
    local = local if task.daily else local.dt.convert_time_zone(task.zone)
    angle = 2 * np.pi / 365.25 * (local.dt.ordinal_day() + local.dt.hour() / 24)
    columns = {"weekday": local.dt.weekday(), "season_sin": angle.sin(), "season_cos": angle.cos()}
    if not task.daily:
        columns["hour"] = local.dt.hour()
    found = stamps.select(expr.cast(pl.Float32).alias(name) for name, expr in columns.items())
    return {name: found.get_column(name).to_numpy()[numbers - start] for name in columns}


def echoes(last: Array, rows: Rows, at: Ints, target: Ints, task: Task, spans: Spans) -> dict[str, Array]:
    """The latest value known one or more whole seasons before the target, and the mean over some seasons."""
    out = {}
    for season in task.seasons:
        many = min(7, spans.levels[-1] // season)
        if many < 1:
            continue
        back = target - season * -((at - target) // season)
        past = [
            np.where(place >= 0, last[rows.series, np.maximum(place, 0)], np.nan)
            for place in back - season * np.arange(many)[:, None]
        ]
        known = ~np.isnan(past)
        total = np.where(known, past, 0).sum(axis=0)
        out[f"echo_{season}"] = past[0]
        out[f"echo_{season}_level"] = np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)
        if spans.each:
            out |= {f"echo_{season}_{k}": past[k] for k in range(1, many)}
        for off in (off for off in range(-spans.near, spans.near + 1) if off):
            place = np.minimum(back + off, at)
            out[f"echo_{season}_near_{off}"] = np.where(place >= 0, last[rows.series, np.maximum(place, 0)], np.nan)
    return out


def phase(task: Task) -> int:
    """Number of the step, within a day, that is the cutoff of the task's usual origin."""
    cutoff = task.cutoff(task.origin(datetime(2026, 1, 2, tzinfo=UTC).date()))
    return int(pl.DataFrame({"ds": [cutoff]}).select(Clock(task.every).phase()).item())


def table(history: History, rows: Rows, origins: Ints, delay: int, task: Task, spans: Spans) -> dict[str, Array]:
    """Columns by name: signals as known at each row's origin (one of `origins`), echoes, calendar, lead, series."""
    at = rows.origin - delay - history.first
    target = rows.origin + rows.lead - history.first
    place = np.searchsorted(origins, rows.origin)
    found = signals(history, spans, origins - delay - history.first)
    columns = {name: values[rows.series, place] for name, values in found.items()}
    columns |= echoes(filled(history.values["y"], spans.stale)[0], rows, at, target, task, spans)
    columns |= certain(rows.origin + rows.lead, task)
    columns["lead"] = rows.lead.astype(np.float32)
    columns["series"] = rows.series.astype(np.float32)
    return columns
