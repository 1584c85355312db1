"""Quality flags and the quality report: what in a table is doubtful, missing, or dated wrongly.

A flag joins origin and reliability, three by three, plus *not checked*:

| `q_<column>` | original | completed | corrected |
|---|---|---|---|
| good | 1 | 4 | 7 |
| doubtful | 2 | 5 | 8 |
| bad | 3 | 6 | 9 |

0 = not checked: there is no value, or the catalogue gives no limits for it.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import polars as pl

from workbench.lake.catalogue import Column, Table

ORIGINS = ("original", "completed", "corrected")
RELIABILITIES = ("good", "doubtful", "bad")
GOOD, DOUBTFUL, BAD = 1, 2, 3
COMPLETED, CORRECTED = 4, 7
"""The lowest flags of a value that was filled in where the source had none, and of one that a person replaced."""


def completed(flag: pl.Expr) -> pl.Expr:
    """Whether a flag says that the value was filled in.

    >>> pl.DataFrame({"q_pm10": [1, 4, 6, 7]}).select(completed(pl.col("q_pm10")))["q_pm10"].to_list()
    [False, True, True, False]
    """
    return flag.is_between(COMPLETED, CORRECTED - 1)


def measured(columns: Iterable[str]) -> list[pl.Expr]:
    """Columns as truth, by their `q_<column>`: null where bad, and where filled in, which is no measurement.

    Use it wherever values are counted, averaged, learnt from or scored against; what is filled in is to be shown only.

    >>> pl.DataFrame({"pm10": [40, 41, 42], "q_pm10": [2, 3, 4]}).select(measured(["pm10"]))["pm10"].to_list()
    [40, None, None]
    """
    flags = {name: pl.col(f"q_{name}").fill_null(0) for name in columns}
    return [
        pl.when(~(flag.is_in([BAD, BAD + 3, BAD + 6]) | completed(flag))).then(pl.col(name)).alias(name)
        for name, flag in flags.items()
    ]


def meaning(flag: int) -> tuple[str, str] | None:
    """Origin and reliability of a flag; None for *not checked*.

    >>> meaning(2), meaning(7), meaning(0)
    (('original', 'doubtful'), ('corrected', 'good'), None)
    """
    return (ORIGINS[(flag - 1) // 3], RELIABILITIES[(flag - 1) % 3]) if flag else None


def flag(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Add `q_<column>` (UInt8) for each measure of the frame: range, step, spike and stuck by the catalogue.

    Each value is judged beside its neighbours in time, so hand in whole runs; a gap breaks a run. The first that
    applies counts: no value or no limits → 0, outside the range → 3, step, spike or stuck → 2, else 1.
    """
    order = [*table.series, table.time] if table.time else list(table.key)
    ranked = frame.with_row_index("_rank").sort(order)
    if table.time:
        joined = pl.col(table.time).diff() <= _every(table)
        for name in table.series:
            joined &= pl.col(name) == pl.col(name).shift()
    else:
        joined = pl.lit(False)
    ranked = ranked.with_columns(joined.fill_null(False).alias("_joined"))
    there = [table.columns[name] for name in table.measures if name in frame.columns]
    flags = [_flag(column).cast(pl.UInt8).alias(f"q_{column.name}") for column in there]
    return ranked.with_columns(flags).sort("_rank").drop("_rank", "_joined")


def _flag(column: Column) -> pl.Expr:
    limits = (column.min, column.max, column.step, column.spike, column.stuck)
    if all(limit is None for limit in limits):
        return pl.lit(0)
    value = pl.col(column.name)
    joined, joins = pl.col("_joined"), pl.col("_joined").shift(-1, fill_value=False)
    rise, fall = value - value.shift(), value - value.shift(-1)
    low = value < column.min if column.min is not None else pl.lit(False)
    high = value > column.max if column.max is not None else pl.lit(False)
    doubts = []
    if column.step is not None:
        doubts.append(joined & (rise.abs() > column.step))
    if column.spike is not None:
        lone = (rise.abs() > column.spike) & (fall.abs() > column.spike) & (rise.sign() == fall.sign())
        doubts.append(joined & joins & lone)
    if column.stuck is not None:
        run = (~joined | value.ne_missing(value.shift())).cum_sum()
        measurable = value > (column.detection if column.detection is not None else float("-inf"))
        doubts.append((pl.len().over(run) >= column.stuck) & measurable)
    doubtful = pl.any_horizontal(*doubts).fill_null(False) if doubts else pl.lit(False)
    return pl.when(value.is_null()).then(0).when(low | high).then(BAD).when(doubtful).then(DOUBTFUL).otherwise(GOOD)


def margin(table: Table) -> timedelta:
    """How far around new rows their neighbours matter: the longest stuck run, at least one step."""
    return _every(table) * max(column.stuck or 1 for column in table.columns.values())


GAIN = 0.13
"""Agreement that another lag must add before two columns count as shifted. Over four years of hours at twelve stations
of Beijing, weather included, nature's own lags add at most 0.11; a pollutant dated wrongly adds 0.15 to 0.6."""
FEWEST = 200
"""Steps with both columns below which nothing is said."""


def shifted_columns(frame: pl.DataFrame, table: Table, reach: int | None = None) -> pl.DataFrame:
    """Pairs of columns of one series that agree better at another lag than at none: one is dated wrongly.

    Agreement is the correlation of the changes from step to step: levels move together for days, changes only in the
    same step. `lag` is the number of steps by which `right` is dated late (below 0: early) against `left`; `at_zero`
    and `at_lag` are the correlations there, over `steps` steps. `reach` is the largest lag tried: 26 hours or 10 steps.

    A model that uses a column dated early reads tomorrow: look here before trusting any new table.
    """
    import numpy as np

    schema: dict[str, Any] = {
        **{name: table.dtypes[name] for name in table.series},
        "left": pl.String(),
        "right": pl.String(),
        "lag": pl.Int64(),
        "at_zero": pl.Float64(),
        "at_lag": pl.Float64(),
        "steps": pl.Int64(),
    }
    columns = [name for name in table.measures if name in frame.columns and frame[name].count() >= FEWEST]
    if table.time is None or len(columns) < 2:
        return pl.DataFrame(schema=schema)
    reach = reach or (26 if table.cycle <= timedelta(hours=1) else 10)
    found = []
    for key, part in frame.sort(table.time).partition_by(table.series, as_dict=True).items():
        place = ((pl.col(table.time) - pl.col(table.time).min()) / _every(table)).round()
        spot = part.select(place.cast(pl.Int64)).to_series().to_numpy()
        level = np.full((int(spot[-1]) + 1, len(columns)), np.nan)
        level[spot] = part.select(pl.col(columns).cast(pl.Float64)).to_numpy()
        change = np.diff(level, axis=0)
        if len(change) <= reach + FEWEST:
            continue
        agree, steps = _agreement(change, reach)
        for i, j in zip(*np.triu_indices(len(columns), 1), strict=True):
            best = int(np.argmax(np.abs(agree[:, i, j])))
            zero, there, n = agree[reach, i, j], agree[best, i, j], int(steps[best, i, j])
            if abs(there) - abs(zero) > max(GAIN, 6 / max(n, 1) ** 0.5):
                found.append((*key, columns[i], columns[j], best - reach, float(zero), float(there), n))
    return pl.DataFrame(found, schema=schema, orient="row")


def _agreement(change: Any, reach: int) -> tuple[Any, Any]:
    """Correlation of each column at t with each at t + lag, over the steps that have both, and the number of these."""
    import numpy as np

    there = ~np.isnan(change)
    mean = np.where(there.any(axis=0), np.nansum(change, axis=0) / np.maximum(there.sum(axis=0), 1), 0)
    value = np.where(there, change - mean, 0.0)
    there, square = there.astype(float), value * value
    n = len(change)
    agree, steps = [], []
    for lag in range(-reach, reach + 1):
        a, b = slice(max(0, -lag), n - max(0, lag)), slice(max(0, lag), n - max(0, -lag))
        count = there[a].T @ there[b]
        both = np.maximum(count, 1)
        left, right = value[a].T @ there[b] / both, there[a].T @ value[b] / both
        spread = (square[a].T @ there[b] / both - left**2) * (there[a].T @ square[b] / both - right**2)
        together = value[a].T @ value[b] / both - left * right
        sure = (count >= FEWEST) & (spread > 1e-18)
        agree.append(np.where(sure, together / np.sqrt(np.where(sure, spread, 1)), 0.0))
        steps.append(count)
    return np.array(agree), np.array(steps)


def _every(table: Table) -> timedelta:
    """The step of a table's time: its cycle, or a day where time is a date."""
    dated = table.time is not None and table.columns[table.time].type == "date"
    return max(table.cycle, timedelta(days=1)) if dated else table.cycle
