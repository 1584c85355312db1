"""A task says how long it may take (`Task.budget`); models are measured on a few series and the dearest left out first.

What a model costs is measured on this machine, so a *tight* budget can leave out another model elsewhere; what was left
out is said (`Plan.sentence`) and belongs beside the result. With room to spare nothing is left out and nothing varies.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from workbench.errors import InputError
from workbench.forecast import parallel
from workbench.forecast.hierarchy import ALL, Hierarchy
from workbench.forecast.model import Model
from workbench.forecast.task import Split, Task


@dataclass(frozen=True)
class Plan:
    """Who runs and who does not: names in the order given, the seconds expected and allowed."""

    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    expected: float
    allowed: float

    def sentence(self) -> str:
        """What was decided.

        >>> Plan(("theta",), ("arima",), 12.3, 60).sentence()
        'left out for the budget of 60 s: arima; the rest is expected to take 12 s'
        """
        rest = f"the rest is expected to take {self.expected:.0f} s"
        if self.dropped:
            return f"left out for the budget of {self.allowed:.0f} s: {', '.join(self.dropped)}; {rest}"
        return f"nothing left out: {rest} of {self.allowed:.0f} s"


def within(seconds: Mapping[str, float], allowed: float) -> Plan:
    """Leave out the dearest until the rest fits; of equally dear ones the last named. The cheapest always stays.

    `seconds` is what each would take in all: CPU seconds a series (`measure`) × series × windows / workers.

    >>> within({"ets": 40.0, "arima": 900.0, "theta": 10.0}, 60).dropped
    ('arima',)
    """
    if not seconds:
        raise InputError("no model to plan for", "name one at least")
    kept = list(seconds)
    while len(kept) > 1 and sum(seconds[name] for name in kept) > allowed:
        kept.remove(max(reversed(kept), key=lambda name: seconds[name]))
    dropped = tuple(name for name in seconds if name not in kept)
    return Plan(tuple(kept), dropped, sum(seconds[name] for name in kept), allowed)


def measure(task: Task, split: Split, models: Mapping[str, Model], series: int = 3) -> dict[str, float]:
    """CPU seconds that each model takes to fit and forecast one series, from `series` of them, evenly chosen by name
    (of a hierarchy from the bottom, with their sums).

    Each is warmed up on one series first, so that neither imports nor compilation count. Nothing of the forecasts is
    looked at: cost is all that a choice may learn here.
    """
    names = split.future.get_column("unique_id").unique().sort()
    if task.hierarchy is not None:
        names = names.filter(~names.str.contains(ALL, literal=True))
    picked = names.gather_every(max(1, len(names) // series)).head(series)
    chosen = rooted(picked, task.hierarchy)
    some, one = part(split, chosen), part(split, rooted(picked.head(1), task.hierarchy))
    found = {}
    with parallel.alone():
        for name, model in models.items():
            model.fit(task, one).predict(one.past, one.future)
            started = time.process_time()
            model.fit(task, some).predict(some.past, some.future)
            found[name] = (time.process_time() - started) / len(chosen)
    return found


def rooted(bottom: pl.Series, hierarchy: Hierarchy | None) -> pl.Series:
    """The series with the sums that they enter, where there are sums."""
    if hierarchy is None:
        return bottom
    return pl.Series(sorted({*bottom, *(name for one in bottom for name in hierarchy.sums(one))}))


def part(split: Split, names: pl.Series) -> Split:
    """The same split with only those series."""
    here = pl.col("unique_id").is_in(names.implode())
    vintages = None if split.vintages is None else split.vintages.filter(here)
    return replace(split, past=split.past.filter(here), vintages=vintages, future=split.future.filter(here))
