"""Quality flags and the quality report: what in a table is doubtful, missing, or dated wrongly.

A flag joins origin and reliability, three by three, plus *not checked*:

| `q_<column>` | original | completed | corrected |
|---|---|---|---|
| good | 1 | 4 | 7 |
| doubtful | 2 | 5 | 8 |
| bad | 3 | 6 | 9 |

0 = not checked: there is no value, or the catalogue gives no limits for it.
"""

from datetime import timedelta

import polars as pl

from workbench.lake.catalogue import Column, Table

ORIGINS = ("original", "completed", "corrected")
RELIABILITIES = ("good", "doubtful", "bad")
GOOD, DOUBTFUL, BAD = 1, 2, 3
CORRECTED = 7
"""The lowest flag of a value that a person replaced."""


def meaning(flag: int) -> tuple[str, str] | None:
    """Origin and reliability of a flag; None for *not checked*.

    >>> meaning(2), meaning(7), meaning(0)
    (('original', 'doubtful'), ('corrected', 'good'), None)
    """
    return (ORIGINS[(flag - 1) // 3], RELIABILITIES[(flag - 1) % 3]) if flag else None


def flag(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Add `q_<column>` (UInt8) for each measure: range, step, spike and stuck against the catalogue's limits.

    Each value is judged beside its neighbours in time, so hand in whole runs; a gap breaks a run. The first that
    applies counts: no value or no limits → 0, outside the range → 3, step, spike or stuck → 2, else 1.
    """
    order = [*table.series, table.time] if table.time else list(table.key)
    ranked = frame.with_row_index("_rank").sort(order)
    if table.time:
        step = timedelta(days=1) if table.columns[table.time].type == "date" else table.cycle
        joined = pl.col(table.time).diff() <= max(step, table.cycle)
        for name in table.series:
            joined &= pl.col(name) == pl.col(name).shift()
    else:
        joined = pl.lit(False)
    ranked = ranked.with_columns(joined.fill_null(False).alias("_joined"))
    flags = [_flag(table.columns[name]).cast(pl.UInt8).alias(f"q_{name}") for name in table.measures]
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
        doubts.append(pl.len().over(run) >= column.stuck)
    doubtful = pl.any_horizontal(*doubts).fill_null(False) if doubts else pl.lit(False)
    return pl.when(value.is_null()).then(0).when(low | high).then(BAD).when(doubtful).then(DOUBTFUL).otherwise(GOOD)


def margin(table: Table) -> timedelta:
    """How far around new rows their neighbours matter: the longest stuck run, at least one step."""
    longest = max((column.stuck or 1 for column in table.columns.values()), default=1)
    return max(table.cycle, timedelta(days=1)) if longest == 1 else table.cycle * longest + timedelta(days=1)
