"""A backtest inside the training data: how wrappers learn ranges and weights without looking past the cutoff."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

import polars as pl

from workbench.forecast.backtest import backtest
from workbench.forecast.metrics import truth
from workbench.forecast.model import Model
from workbench.forecast.task import Split, Task

LEAST_DAYS = 5


def replay_origins(task: Task, split: Split, count: int, span: int) -> list[datetime]:
    """At most `count` issue instants before the cutoff, evenly over the last `span` days, at most 2/5 of history.

    A whole year shows every season; where history is short the newest part is taken. Empty below five days.
    """
    start = split.past.get_column("known_at").min()
    end = split.cutoff if isinstance(split.cutoff, datetime) else task.origin(split.cutoff)
    if not isinstance(start, datetime):
        return []
    days = min(span, int((end - start).days * 0.4))
    if days < LEAST_DAYS:
        return []
    last: date = end.date()
    chosen = sorted({round(i * (days - 1) / max(1, count - 1)) for i in range(count)})
    instants = [task.origin(last - timedelta(days=back)) for back in chosen]
    return sorted(instant for instant in instants if instant <= end)


def replay(task: Task, split: Split, models: Mapping[str, Model], origins: list[datetime], refit: str) -> pl.DataFrame:
    """FORECAST of each model at each origin, from what was known then, joined with `y`; empty without origins."""
    if not origins:
        return pl.DataFrame()
    frame = backtest(replace(task, refit=refit), models, split.past, split.vintages, origins)
    return frame.join(truth(split.past), on=["unique_id", "ds"], how="inner")
