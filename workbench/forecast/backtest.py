"""Replay history as it was known then: refit on the task's cadence, forecast at every origin, stamp the rest."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

import polars as pl

from workbench.errors import MissingData
from workbench.forecast.frames import FORECAST, UTC
from workbench.forecast.model import Fitted, Model, guard
from workbench.forecast.online import follow
from workbench.forecast.task import Split, Task

Progress = Callable[[int, int], None]
"""Called with (forecasts done, forecasts to do)."""


def origins(task: Task, panel: pl.DataFrame, first: date, last: date, every: str = "1d") -> list[datetime]:
    """The instants at which the task would have been issued on the local days first … last, one each `every`.

    Days before anything was known are left out.
    """
    days = pl.date_range(first, last, every, eager=True)
    known = panel.get_column("known_at").min()
    instants = [task.origin(day) for day in days]
    return [instant for instant in instants if known is not None and instant >= known]  # type: ignore[operator]


def backtest(
    task: Task,
    models: Mapping[str, Model],
    panel: pl.DataFrame,
    vintages: pl.DataFrame | None,
    origins: Sequence[datetime],
    progress: Progress | None = None,
) -> pl.DataFrame:
    """FORECAST of every model at every origin, each made from what `Task.split` lets it see.

    At the first origin, and whenever `task.refit` has passed since, each model is fitted anew; between, one Fitted is
    reused. Stamps: issued_at = the origin, version "backtest", level 0, status "machine".
    """
    if not origins:
        raise MissingData(f"{task.name}: no origin to replay", "choose days within the history of the panel")
    panel = panel.sort("unique_id", "ds")
    fitted: dict[str, Fitted] = {}
    waiting: dict[str, list[pl.DataFrame]] = {}
    due = min(origins)
    parts: list[pl.DataFrame] = []
    for number, origin in enumerate(sorted(origins)):
        split = task.split(panel, vintages, origin)
        if origin >= due:
            fitted = {name: model.fit(task, split) for name, model in models.items()}
            waiting = {name: [] for name in models}
            due = later(origin, task.refit)
        for at, name in enumerate(models, start=1):
            fitted[name], waiting[name] = follow(fitted[name], waiting[name], split.past)
            parts.append(stamp(task, issue(task, fitted[name], split, name), origin, split, name))
            waiting[name].append(parts[-1])
            if progress is not None:
                progress(number * len(models) + at, len(origins) * len(models))
    return pl.concat(parts)


def issue(task: Task, fitted: Fitted, split: Split, who: str) -> pl.DataFrame:
    """One guarded forecast: complete, finite, in order, inside the task's bounds."""
    return guard(task, fitted.predict(split.past, split.future), split.future, who)


def stamp(task: Task, forecast: pl.DataFrame, origin: datetime, split: Split, model: str) -> pl.DataFrame:
    """Make a prediction a FORECAST frame."""
    return forecast.with_columns(
        task=pl.lit(task.name),
        issued_at=pl.lit(origin, dtype=UTC),
        cutoff=pl.lit(split.cutoff, dtype=forecast.schema["ds"]),
        model=pl.lit(model),
        version=pl.lit("backtest"),
        level=pl.lit(0, dtype=pl.Int8),
        status=pl.lit("machine"),
    ).select(FORECAST)


def later(origin: datetime, every: str) -> datetime:
    """The instant one cadence (`90d`, `1y`, …) after the origin."""
    moved: datetime = pl.select(pl.lit(origin, dtype=UTC).dt.offset_by(every)).item()
    return moved
