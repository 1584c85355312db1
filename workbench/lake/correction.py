"""A person replaces a value: a new version of the row, known from now on, that says who and why.

Nothing is overwritten. What a cell held stays to be read, and taking a correction back is a correction too.
"""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.errors import BrokenContract, InputError, UnknownName
from workbench.lake import catalogue, contract
from workbench.lake.catalogue import Table
from workbench.lake.quality import COMPLETED, CORRECTED
from workbench.settings import now

if TYPE_CHECKING:
    from workbench.lake.store import Lake

Who = tuple[str, str]
"""A person's name and reason."""


@dataclass(frozen=True)
class Correction:
    """What was done to one cell: before and after, its flag now (None where the column has none), since when."""

    table: str
    key: str
    column: str
    before: object
    after: object
    flag: int | None
    known_at: datetime

    def sentence(self) -> str:
        """One line that says what happened.

        >>> Correction("air_hourly", "A 16:00", "pm2_5", 400.0, 40.0, 7, datetime(2026, 11, 23)).sentence()
        'air_hourly A 16:00: pm2_5 400.0 → 40.0'
        """
        before, after = ("no value" if value is None else value for value in (self.before, self.after))
        return f"{self.table} {self.key}: {self.column} {before} → {after}"

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return asdict(self)


def correct(lake: "Lake", name: str, key: dict[str, Any], column: str, value: object, by: Who) -> Correction:
    """Append the row of `key` with one value replaced. The contract holds for it as for any other.

    A value where the source gave none (and where none was refused) is flagged completed, any other corrected; None
    takes a value away. Raises UnknownName (column), BrokenContract (value), InputError (key not in the table, part of
    the key, no change, no reason).
    """
    table = _table(name, column)
    with lake.writing(name):
        row = _row(lake, table, key)
        new, before = _checked(table, row, column, value), row[column]
        if new.eq_missing(before).all():
            raise InputError(f"{_told(row, table)}: {column} is {_said(before[0])} already", "give another value")
        if column not in table.measures:
            return _append(lake, table, (row, row.with_columns(new)), column, by)
        was = row[f"q_{column}"][0]
        filled = (was == 0 and before[0] is None) or COMPLETED <= was < CORRECTED
        flag = pl.lit(COMPLETED if filled else CORRECTED, pl.UInt8).alias(f"q_{column}")
        return _append(lake, table, (row, row.with_columns(new, flag)), column, by)


def undo(lake: "Lake", name: str, key: dict[str, Any], column: str, by: Who) -> Correction:
    """Append the row with the cell, value and flag, as it was before its newest correction by hand.

    Corrections come off one by one, newest first. Raises InputError where none is left or the source spoke since: what
    a source said is replaced by `correct`.
    """
    table = _table(name, column)
    with lake.writing(name):
        row = _row(lake, table, key)
        standing: list[dict[str, Any]] = []
        for version in _versions(lake, table, row, column).to_dicts():
            back = len(standing) > 1 and all(version[n] == standing[-2][n] for n in ("value", "flag"))
            if back and version["by"] is not None:
                standing.pop()  # this one took the one before it back
            else:
                standing.append(version)
        if len(standing) < 2 or standing[-1]["by"] is None:
            told = f"{_told(row, table)}: no correction of {column} is left to take back"
            raise InputError(told, "what a source said is replaced by a correction")
        was = {column: standing[-2]["value"]}
        was |= {f"q_{column}": standing[-2]["flag"]} if column in table.measures else {}
        cells = [pl.lit(value, row.schema[cell]).alias(cell) for cell, value in was.items()]
        return _append(lake, table, (row, row.with_columns(cells)), column, by)


def history(lake: "Lake", name: str, key: dict[str, Any], column: str) -> pl.DataFrame:
    """What a cell has held, oldest first: value, flag, known_at, source, and who and why where it was by hand."""
    table = _table(name, column)
    held = _versions(lake, table, _row(lake, table, key), column)
    why = pl.col("source").str.strip_prefix(pl.col("by") + ": ")
    hand = pl.col("by").is_not_null()
    return held.select(
        "value", "flag", "known_at", pl.when(~hand).then("source").alias("source"), pl.col("by").alias("who"),
        pl.when(hand).then(why).alias("why"),
    )  # fmt: skip


def _table(name: str, column: str) -> Table:
    table = catalogue.load(name)
    if column not in table.columns:
        raise UnknownName(f"column of {name},", column, table.columns)
    if column in table.key or table.reference:
        raise InputError(f"{name}.{column} cannot be corrected by hand", "only values outside the key can")
    return table


def _row(lake: "Lake", table: Table, key: dict[str, Any]) -> pl.DataFrame:
    """The newest version of the one row with that key, hidden columns too."""
    for part in key:
        if part not in table.key:
            raise UnknownName(f"key column of {table.name},", part, table.key)
    where = contract.check(pl.DataFrame({part: [key.get(part)] for part in table.key}, strict=False), table).rows
    rows = lake.read(table.name).join(where.lazy().select(table.key), on=list(table.key), how="semi").collect()
    if len(rows) != 1:
        told = ", ".join(f"{part} {key.get(part)}" for part in table.key)
        raise InputError(
            f"{table.name} has no row with {told}", f"give {' and '.join(table.key)} of a row that is there"
        )
    return rows


def _versions(lake: "Lake", table: Table, row: pl.DataFrame, column: str) -> pl.DataFrame:
    """value, flag, known_at, source, by: each version in which the cell became another one, oldest first."""
    keys = list(table.key)
    stored = lake.versions(table, row.select(keys), bool(row["sample"][0]), timedelta(0))
    flag = pl.col(f"q_{column}") if column in table.measures else pl.lit(None, pl.UInt8)
    held = stored.join(row.select(keys), on=keys, how="semi").sort("known_at")
    held = held.select(pl.col(column).alias("value"), flag.alias("flag"), "known_at", "source", "by")
    cell = pl.struct("value", "flag")
    return held.filter((pl.int_range(pl.len()) == 0) | cell.ne_missing(cell.shift()))


def _checked(table: Table, row: pl.DataFrame, column: str, value: object) -> pl.Series:
    """The new value under the contract; None takes a value away."""
    cell = pl.Series(column, [value], strict=False)
    checked = contract.check(row.select(*table.key).with_columns(cell), table)
    if not checked.faults.is_empty():
        raise BrokenContract(
            f"{table.name}: {checked.faults['message'][0]} ({value})", "give a value the contract allows"
        )
    return checked.rows[column]


def _append(lake: "Lake", table: Table, rows: tuple[pl.DataFrame, pl.DataFrame], column: str, by: Who) -> Correction:
    """Write a row, given as it was and as it shall be, as a new version; never at the instant of the one before."""
    before, after = rows
    who, reason = by[0], by[1].strip()
    if not reason:
        raise InputError("a correction needs a reason", "say in a few words why the value changes")
    moment = max(now(), before["known_at"][0] + timedelta(microseconds=1))
    stamp = pl.lit(moment).cast(pl.Datetime("us", "UTC"))
    new = after.with_columns(
        known_at=stamp, written=stamp, known_basis=pl.lit("observed"), source=pl.lit(f"{who}: {reason}"),
        by=pl.lit(who), revised=pl.lit(True),
    )  # fmt: skip
    told = _told(before, table)
    digest = hashlib.sha256(f"{table.name} {told} {column} {moment.isoformat()}".encode()).hexdigest()
    lake.append(table, new, pl.DataFrame(), digest)
    flag = new[f"q_{column}"][0] if column in table.measures else None
    return Correction(table.name, told, column, before[column][0], new[column][0], flag, moment)


def _told(row: pl.DataFrame, table: Table) -> str:
    return " ".join(str(value) for value in row.select(table.key).row(0))


def _said(value: object) -> str:
    return "empty" if value is None else str(value)
