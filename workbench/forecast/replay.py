"""A backtest inside the training data: how wrappers learn ranges and weights without looking past the cutoff."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

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
        (number,) = clock.numbers(split.cutoff)
        days = clock.starts(np.array([number - back for back in chosen])).to_list()
    else:
        days = [end.date() - timedelta(days=back) for back in chosen]
    return sorted(instant for instant in map(task.origin, days) if instant <= end)


def late_origins(task: Task, split: Split, count: int, share: float = 0.25) -> list[datetime]:
    """At most `count` issue instants whose whole horizon is known by now, half a horizon apart, the newest ones.

    They lie within the last `share` of history; one at least where it leaves three fifths before it.
    """
    clock = Clock(task.every)
    first, last = clock.numbers(split.past.get_column("ds").min(), split.cutoff)
    steps = last - first + 1
    reach = max(int(steps * share), task.horizon if task.horizon <= 0.4 * steps else 0)
    apart = max(1, round(task.horizon / 2 / clock.phases)) * clock.phases
    backs = range(task.horizon, reach + 1, apart)[:count]
    return sorted({issued_before(task, clock, last - back) for back in backs})


def issued_before(task: Task, clock: Clock, step: int) -> datetime:
    """The newest instant of issue at which no step after `step` was over."""
    begins = clock.starts(np.array([step + 1])).item()
    day = begins.astimezone(ZoneInfo(task.zone)).date() if isinstance(begins, datetime) else begins
    while clock.numbers(task.cutoff(instant := task.origin(day)))[0] > step:
        day -= timedelta(days=1)
    return instant


def replay(task: Task, split: Split, models: Mapping[str, Model], origins: list[datetime], refit: str) -> pl.DataFrame:
    """FORECAST of each model at each origin, from what was known then, joined with `y`; empty without origins."""
    if not origins:
        return pl.DataFrame()
    frame = backtest(replace(task, refit=refit), models, split.past, split.vintages, origins)
    return frame.join(truth(split.past), on=["unique_id", "ds"], how="inner")
