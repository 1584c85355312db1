"""Explanation of a forecast: from what is usual, part by part, to the median that was issued.

A Fitted that can say why is `Explaining`; one that remembers is `Recalling`. Wrappers pass both down. An explanation is
`unique_id, ds, part, value`: `value` in the unit of y, and the values of a step add up to its q50. Parts:

| part | what it stands for |
|---|---|
| `base` | what is usual: the mean over everything learnt from |
| `level` | recent values of the series, at the same time of earlier days too |
| `change` | how it moved over the last hours or days |
| `trend` | where a model of components sees it going |
| `season`, `calendar` | time of day and year; weekday and holidays |
| `network`, `others` | the same measure at other places; other measures of the past at this place |
| `observed`, `ahead.<name>` | covariates known ahead, as they were until now; one of them as it is expected |
| `lead`, `place` | how far ahead; which series |
| `correction` | from the middle of a distribution to its median, and what wrappers add to that |
| `whole` | the share of a model that does not explain itself |

It says what the model made of what it saw: association, not proof of a cause.
"""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.forecast.model import Fitted
from workbench.forecast.task import Split, Task

Floats = NDArray[np.float64]
BASE, CORRECTION, WHOLE = "base", "correction", "whole"
COLUMNS: dict[str, str] = {
    "last": "level",
    "age": "level",
    "level": "level",
    "spread": "level",
    "low": "level",
    "high": "level",
    "echo": "level",
    "swing": "change",
    "season": "season",
    "hour": "season",
    "weekday": "calendar",
    "holiday": "calendar",
    "network": "network",
    "lead": "lead",
    "series": "place",
}
"""The part of a feature by the first word of its name, where it is not a covariate's."""


@runtime_checkable
class Explaining(Protocol):
    """A Fitted that says what its forecast is made of."""

    def explain(self, past: pl.DataFrame, future: pl.DataFrame, every: int = 1) -> pl.DataFrame:
        """unique_id, ds, part, value of each `every`-th step of `future` (`past`, `future` as in `Fitted.predict`).

        Empty where a wrapper holds nothing that explains itself. What still lacks to the forecast's q50 is added
        outside, by `explain.explain`.
        """
        ...


@runtime_checkable
class Recalling(Protocol):
    """A Fitted that finds past situations which look to it like the present one."""

    def similar(self, split: Split, count: int = 5) -> pl.DataFrame:
        """The `count` most similar for every row of `split.future`: unique_id, ds, then, share, before, y.

        `then` is the time that was asked for in that situation, `share` how alike the two are (0–1), `before` the last
        value known then and `y` what came.
        """
        ...


def explain(
    fitted: Fitted, past: pl.DataFrame, future: pl.DataFrame, forecast: pl.DataFrame, every: int = 1
) -> pl.DataFrame:
    """What a `forecast` is made of that the model gave for `future`: unique_id, ds, part, value, adding up to its q50.

    Each `every`-th step is explained: that can cost more than to forecast. One part, `whole`, where the model says
    nothing.
    """
    parts = fitted.explain(past, future, every) if isinstance(fitted, Explaining) else pl.DataFrame()
    if not parts.is_empty():
        return completed(parts, forecast)
    place = pl.int_range(1, pl.len() + 1).over("unique_id", order_by="ds")
    return forecast.filter(place % every == 0).select("unique_id", "ds", part=pl.lit(WHOLE), value="q50")


def similar(fitted: Fitted, split: Split, count: int = 5) -> pl.DataFrame:
    """Similar past situations; empty where the model keeps none in mind."""
    return fitted.similar(split, count) if isinstance(fitted, Recalling) else pl.DataFrame()


def part_of(column: str, task: Task) -> str:
    """The part to which a feature of `algorithms.features` belongs; `others` for one that is not known here.

    >>> from workbench.forecast.task import Task
    >>> task = Task("t", "", "", "", "", "", "1h", 24, (24,), known_ahead=("wind",), past_only=("no2", "wind"))
    >>> [part_of(name, task) for name in ("swing_3", "wind_level_6", "wind_turn", "no2_network", "echo_24_level")]
    ['change', 'observed', 'ahead.wind', 'others', 'level']
    """
    covariates = {*task.known_ahead, *task.past_only}
    names = [name for name in covariates if column == name or column.startswith(f"{name}_")]
    if not names:
        return COLUMNS.get(column.split("_")[0], "others")
    name = max(names, key=len)
    rest = column.removeprefix(name)
    if name not in task.known_ahead:
        return "others"
    return f"ahead.{name}" if rest.startswith("_ahead") or rest == "_turn" else "observed"


def in_units(base: Floats, parts: Floats, back: Callable[[Floats], Floats]) -> Floats:
    """Contributions `parts` [row, part], which lead away from `base` on a scale, in the unit that `back` goes to.

    Each is stretched by the mean slope of the straight way (Aumann and Shapley 1974), so that what added up on the
    scale adds up in the unit: from back(base) to back(base + their sum).

    >>> in_units(np.array([5.0]), np.array([[2.0, -1.0]]), np.square).tolist()  # from 25 to 36
    [[22.0, -11.0]]
    """
    moved = parts.sum(axis=1)
    nudge = 1e-6 * np.maximum(1.0, np.abs(base))
    still = np.abs(moved) < nudge
    low, high = np.where(still, base - nudge, base), np.where(still, base + nudge, base + moved)
    slope = (back(high) - back(low)) / np.where(still, 2 * nudge, moved)
    return np.asarray(parts * slope[:, None], dtype=np.float64)


def completed(parts: pl.DataFrame, forecast: pl.DataFrame) -> pl.DataFrame:
    """Add to `correction` whatever lies between the parts and the q50 of a forecast, so that they add up to it."""
    sums = parts.group_by("unique_id", "ds").agg(pl.col("value").sum())
    gap = forecast.select("unique_id", "ds", "q50").join(sums, on=["unique_id", "ds"], how="inner")
    rest = gap.select("unique_id", "ds", part=pl.lit(CORRECTION), value=pl.col("q50") - pl.col("value"))
    return added(pl.concat([parts.select("unique_id", "ds", "part", "value"), rest]))


def added(parts: pl.DataFrame) -> pl.DataFrame:
    """One row a step and part, in order."""
    return parts.group_by("unique_id", "ds", "part").agg(pl.col("value").sum()).sort("unique_id", "ds", "part")
