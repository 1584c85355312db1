"""A backtest inside the training data: how wrappers learn ranges and weights without looking past the cutoff."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from workbench.forecast.backtest import backtest
from workbench.forecast.clock import Clock
from workbench.forecast.metrics import truth
from workbench.forecast.model import Model
from workbench.forecast.task import Split, Task

LEAST_ISSUES = 5


def replay_origins(task: Task, split: Split, count: int, span: int) -> list[datetime]:
    """At most `count` issue instants before the cutoff, evenly over the last `span` days, at most 2/5 of history.

    A whole year shows every season; where history is short the newest part is taken. Steps longer than a day are
    issued when one begins, and reach back over all of the 2/5. Empty below five issues.
    """
    start = split.past.get_column("known_at").min()
    end = split.cutoff if isinstance(split.cutoff, datetime) else task.origin(split.cutoff)
    if not isinstance(start, datetime):
        return []
    clock = Clock(task.every)
    long = clock.hours > 24
    between = int((end - start) / (clock.length if long else timedelta(days=1)) * 0.4)
    issues = between if long else min(span, between)
    if issues < LEAST_ISSUES:
        return []
    chosen = sorted({round(i * (issues - 1) / max(1, count - 1)) for i in range(count)})
    if long:
        number = int(pl.DataFrame({"ds": [split.cutoff]}).select(clock.number()).item())
        days = clock.starts(np.array([number - back for back in chosen])).to_list()
    else:
        days = [end.date() - timedelta(days=back) for back in chosen]
    return sorted(instant for instant in map(task.origin, days) if instant <= end)


def replay(task: Task, split: Split, models: Mapping[str, Model], origins: list[datetime], refit: str) -> pl.DataFrame:
    """FORECAST of each model at each origin, from what was known then, joined with `y`; empty without origins."""
    if not origins:
        return pl.DataFrame()
    frame = backtest(replace(task, refit=refit), models, split.past, split.vintages, origins)
    return frame.join(truth(split.past), on=["unique_id", "ds"], how="inner")
