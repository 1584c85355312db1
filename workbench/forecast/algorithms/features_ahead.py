"""What is known ahead, as columns for the booster: each step from the latest issue that was known at the origin."""

import numpy as np
import polars as pl

from workbench.forecast import frames
from workbench.forecast.algorithms.features import Array, History, Ints, Rows, Spans, Sums
from workbench.forecast.clock import Clock
from workbench.forecast.task import Task, ordered


def ahead(vintages: pl.DataFrame, task: Task, ids: tuple[str, ...], origins: Ints) -> dict[str, Array]:
    """What was known ahead at each origin: `[series, origin, lead - 1]`, each step from the latest issue known then.

    The rule of `Task.split`: a row holds for the origins from its own instant until that of the next for its step.
    """
    own = ordered(
        vintages.filter(pl.col("unique_id").is_in(ids)).select("unique_id", "ds", "known_at", *task.known_ahead)
    )
    series = own.get_column("unique_id").cast(pl.Enum(ids)).to_physical().to_numpy()
    number = own.select(Clock(task.every).number()).to_series().to_numpy()
    known = own.get_column("known_at").cast(frames.UTC).to_physical().to_numpy()
    until = np.full(len(own), np.iinfo(np.int64).max)
    same = (series[1:] == series[:-1]) & (number[1:] == number[:-1])
    until[:-1] = np.where(same, known[1:], until[:-1])
    issued = instants(origins, task).to_physical().to_numpy()
    low = np.maximum(np.searchsorted(issued, known), np.searchsorted(origins, number - task.horizon))
    many = np.maximum(np.minimum(np.searchsorted(issued, until), np.searchsorted(origins, number)) - low, 0)
    row = np.repeat(np.arange(len(own)), many)
    place = np.arange(len(row)) - np.repeat(np.cumsum(many) - many - low, many)
    out = {}
    for name in task.known_ahead:
        out[name] = np.full((len(ids), len(origins), task.horizon), np.nan, dtype=np.float32)
        values = own.get_column(name).cast(pl.Float32).to_numpy()
        out[name][series[row], place, number[row] - origins[place] - 1] = values[row]
    return out


def scatter(found: pl.DataFrame, task: Task, ids: tuple[str, ...], origins: Ints) -> dict[str, Array]:
    """Covariates of unique_id, origin, lead as arrays `[series, origin, lead - 1]`."""
    series = found.get_column("unique_id").cast(pl.Enum(ids)).to_physical().to_numpy()
    place = np.searchsorted(origins, found.get_column("origin").to_numpy())
    out = {}
    for name in task.known_ahead:
        grid = np.full((len(ids), len(origins), task.horizon), np.nan, dtype=np.float32)
        grid[series, place, found.get_column("lead").to_numpy() - 1] = (
            found.get_column(name).cast(pl.Float32).to_numpy()
        )
        out[name] = grid
    return out


def instants(numbers: Ints, task: Task) -> pl.Series:
    """The instants of issue whose cutoffs are those steps."""
    starts = Clock(task.every).starts(numbers + task.daily)
    return pl.Series([task.origin(day) for day in starts] if task.daily else starts, dtype=frames.UTC)


def table(
    known: dict[str, Array], columns: dict[str, Array], rows: Rows, origins: Ints, spans: Spans
) -> dict[str, Array]:
    """Columns from what was known ahead: at the target, its mean on the way there, and the turn from what is now."""
    place = np.searchsorted(origins, rows.origin)
    out = {}
    for name, grid in known.items():
        flat = grid.reshape(-1, grid.shape[2])
        here = rows.series * grid.shape[1] + place
        sums, every = Sums.of(flat), np.arange(grid.shape[2])
        out[f"{name}_ahead"] = flat[here, rows.lead - 1]
        for window in spans.beside[1:3]:
            out[f"{name}_ahead_{window}"] = sums.level(window, every, 0.0)[0][here, rows.lead - 1]
        if name in columns:
            out[f"{name}_turn"] = out[f"{name}_ahead"] - columns[name]
    return out


def since(known: dict[str, Array], history: History, asked: tuple[Rows, Ints, int], task: Task) -> dict[str, Array]:
    """How much a covariate differs from what it was at the target's echo one season back (and so may the value).

    `asked`: rows, their origins, and the delay; only covariates that are observed too can tell.
    """
    rows, origins, delay = asked
    at, target = rows.origin - delay - history.first, rows.origin + rows.lead - history.first
    place = np.searchsorted(origins, rows.origin)
    out = {}
    for name in (name for name in known if name in history.values):
        ahead = known[name][rows.series, place, rows.lead - 1]
        for season in task.seasons:
            back = target - season * -((at - target) // season)
            was = np.where(back >= 0, history.values[name][rows.series, np.maximum(back, 0)], np.nan)
            out[f"{name}_since_{season}"] = ahead - was
    return out
