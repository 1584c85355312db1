"""A table's written contract enforced: the catalogue entry compiled to a dataframely schema.

A fault in the structure — a key that is missing, repeated or of the wrong type — quarantines the row. A bad value
becomes null, and its original goes to the quarantine under the rule it broke. Nothing is dropped in silence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import polars as pl

from workbench.errors import BrokenContract
from workbench.lake import casting, register
from workbench.lake.catalogue import Column, Table
from workbench.lake.headers import plain

FAULTS: dict[str, pl.DataType] = {
    "row": pl.Int64(),
    "column": pl.String(),
    "value": pl.String(),
    "rule": pl.String(),
    "message": pl.String(),
}
"""One cell (or row) that broke a rule: row in the source, column, value as it was written, rule, what is wrong."""

ROW, ID = "_row", "_id"
"""Of a row: its number in the source (a wide source makes many rows of one), and its own number in the frame."""

TOLD: dict[str, pl.DataType] = {ID: pl.Int64(), **FAULTS}
LONGEST = 200
SAFE = r"^[^=+@\x00-\x1f\x7f-][^\x00-\x1f\x7f]*$"
"""Text that no spreadsheet takes for a formula and no terminal for a command."""

EARLIEST = date(1900, 1, 1)


@dataclass(frozen=True)
class Checked:
    """What the contract let through. `rows`: every column of the contract, plus `_id` and `_row`; unique by key.
    `faults`: FAULTS and the row's `_id`. `given`: the columns that the source had. `repeats`: rows said twice."""

    rows: pl.DataFrame = field(repr=False)
    faults: pl.DataFrame = field(repr=False)
    given: tuple[str, ...]
    repeats: int
    notes: tuple[str, ...]


def check(frame: pl.DataFrame, table: Table) -> Checked:
    """Hold a frame against its table's contract. BrokenContract where the key's columns are not there at all."""
    notes = _headers(frame, table)
    row = pl.col(ROW) if ROW in frame.columns else pl.col(ID) + 1
    frame = frame.with_row_index(ID).with_columns(pl.col(ID).cast(pl.Int64), row.cast(pl.Int64).alias(ROW))
    faults, renamed = [], []
    typed = frame.select(ID, ROW)
    for column in table.columns.values():
        if column.name not in frame.columns:
            typed = typed.with_columns(pl.lit(None, column.dtype).alias(column.name))
            continue
        cells = casting.tidy(frame[column.name])
        values = casting.cast(cells, column, table.zone)
        typed = typed.with_columns(values.alias(column.name))
        unread = cells.is_not_null() & values.is_null()
        if unread.any():
            faults.append(_faults(frame.filter(unread), column, cells.filter(unread), "type"))
        if column.register:
            named, strange, told = register.settled(values, column)
            unknown = values.is_in(list(strange))
            typed = typed.with_columns(named.set(unknown, None).alias(column.name))
            refused = _faults(frame.filter(unknown), column, values.filter(unknown), "unregistered")
            faults.append(refused.with_columns(message=pl.col("value").replace(strange)))
            renamed += told
    typed, repeated, repeats = _once(typed, table)
    faults.append(repeated)
    rows, broken = _filter(typed, table)
    found = pl.concat([*faults, broken], how="vertical").sort("row", "column", maintain_order=True)
    found = found.unique([ID, "column"], keep="first", maintain_order=True)  # a cell is told once: type first
    given = tuple(name for name in table.columns if name in frame.columns)
    return Checked(rows, found, given, repeats, (*notes, *renamed))


def _headers(frame: pl.DataFrame, table: Table) -> tuple[str, ...]:
    """Name unknown and missing columns, each with the nearest known name; refuse where a key column is missing."""
    unknown = [name for name in frame.columns if name not in table.columns and not name.startswith("_")]
    missing = [name for name in table.columns if name not in frame.columns]
    known = {plain(name): name for name in table.columns}

    def near(name: str) -> str:
        found = get_close_matches(plain(name), known, n=1)
        return f" (near {known[found[0]]})" if found else ""

    lost = [name for name in table.key if name in missing]
    if lost:
        raise BrokenContract(
            f"{table.name}: {len(lost)} of {len(table.key)} key columns missing: {', '.join(lost)}; "
            f"there are: {', '.join(f'{name}{near(name)}' for name in unknown) or 'none that are unknown'}",
            f"give them one of these names: {', '.join(n for k in lost for n in (k, *table.columns[k].aliases))}",
        )
    notes = []
    if unknown:
        notes.append(f"left out, not in the contract: {', '.join(f'{name}{near(name)}' for name in unknown)}")
    if missing:
        notes.append(f"not in the file: {', '.join(missing)}")
    return tuple(notes)


def _once(typed: pl.DataFrame, table: Table) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Keep the last row of each key (later lines mend earlier ones). Equal rows are repeats, others are quarantined."""
    whole = pl.all_horizontal(pl.col(name).is_not_null() for name in table.key)
    doubled = pl.struct(*table.key).is_duplicated() & whole
    double = typed.filter(doubled)
    if double.is_empty():
        return typed, pl.DataFrame(schema=TOLD), 0
    last = double.unique(list(table.key), keep="last", maintain_order=True)
    earlier = double.join(last.select(ID), on=ID, how="anti")
    values = list(table.columns)
    differing = earlier.join(last.select(values), on=values, how="anti", nulls_equal=True)
    key = pl.format(" ".join(["{}"] * len(table.key)), *[pl.col(name).cast(pl.String) for name in table.key])
    faults = differing.select(
        ID,
        pl.col(ROW).alias("row"),
        pl.lit(table.key[-1]).alias("column"),
        key.alias("value"),
        pl.lit("key|repeated").alias("rule"),
        pl.lit("the same key stands again further down with other values; the last one counts").alias("message"),
    )
    kept = typed.join(earlier.select(ID), on=ID, how="anti", maintain_order="left")
    return kept, faults, len(earlier) - len(differing)


def _filter(typed: pl.DataFrame, table: Table) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Apply the dataframely schema: bad keys drop their row, other bad cells become null; every fault is told."""
    _, failure = schema(table).filter(typed)
    if not len(failure):
        return typed, pl.DataFrame(schema=TOLD)
    detail = failure.details()
    rules = [name for name in detail.columns if name not in typed.columns]
    faults = []
    for rule in rules:
        name, _, check = rule.partition("|")
        bad = detail.filter(pl.col(rule) == "invalid")
        if not bad.is_empty() and name in table.columns:
            faults.append(_faults(bad, table.columns[name], bad[name], _RULES.get(check, check)))
    found = pl.concat(faults)
    structural = found.filter(pl.col("column").is_in(list(table.key)))
    rows = typed.join(structural, on=ID, how="anti", maintain_order="left")
    for (name,), cells in found.join(structural, on=ID, how="anti").partition_by("column", as_dict=True).items():
        rows = rows.with_columns(pl.when(~pl.col(ID).is_in(cells[ID].implode())).then(pl.col(name)))
    return rows, found


_RULES = {"nullability": "missing", "regex": "unsafe", "max_length": "long", "inf": "infinite", "nan": "infinite"}


def _faults(bad: pl.DataFrame, column: Column, values: pl.Series, rule: str) -> pl.DataFrame:
    return bad.select(
        ID,
        pl.col(ROW).alias("row"),
        pl.lit(column.name).alias("column"),
        pl.lit(casting.shown(values)).alias("value"),
        pl.lit(f"{column.name}|{rule}").alias("rule"),
        pl.lit(_message(column, rule)).alias("message"),
    )


def _message(column: Column, rule: str) -> str:
    match rule:
        case "min":
            return f"{column.name} is below {_bound(column, 'min')}{column.unit and ' ' + column.unit}"
        case "max":
            return f"{column.name} is above {_bound(column, 'max')}{column.unit and ' ' + column.unit}"
        case "type":
            return f"{column.name} is no {column.type}"
        case "missing":
            return f"{column.name} is missing, and it is part of the key"
        case "unsafe":
            return f"{column.name} begins like a formula or holds control characters"
        case "long":
            return f"{column.name} is longer than {LONGEST} characters"
        case _:
            return f"{column.name} breaks the rule {rule}"


def _bound(column: Column, side: str) -> object:
    value = getattr(column, side)
    return EARLIEST if value is None else f"{value:g}"


@lru_cache(maxsize=256)
def _compiled(key: tuple[str, ...], columns: tuple[Column, ...]) -> Any:
    import dataframely as dy

    def column(c: Column) -> Any:
        nullable = c.name not in key
        match c.type:
            case "string":
                return dy.String(nullable=nullable, regex=SAFE, max_length=LONGEST)
            case "datetime":
                earliest = datetime(EARLIEST.year, EARLIEST.month, EARLIEST.day, tzinfo=UTC)
                return dy.Datetime(nullable=nullable, min=earliest, time_zone="UTC", time_unit="us")
            case "date":
                return dy.Date(nullable=nullable, min=EARLIEST)
            case "number":
                return dy.Float64(nullable=nullable, min=c.min, max=c.max)
            case "integer":
                low, high = (None if v is None else int(v) for v in (c.min, c.max))
                return dy.Int64(nullable=nullable, min=low, max=high)
            case _:
                return dy.Bool(nullable=nullable)

    members: Mapping[str, Any] = {ID: dy.Int64(), ROW: dy.Int64()} | {c.name: column(c) for c in columns}
    return type("Contract", (dy.Schema,), dict(members))


def schema(table: Table) -> Any:
    """The table's contract as a dataframely schema (plus `_id` and `_row`); the key is made unique beforehand."""
    return _compiled(table.key, tuple(table.columns.values()))
