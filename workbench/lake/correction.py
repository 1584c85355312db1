"""A person replaces a value: a new version of the row, known from now on, with who and why in its source."""

import hashlib
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.errors import BrokenContract, InputError, UnknownName
from workbench.lake import catalogue, contract
from workbench.lake.catalogue import Table
from workbench.lake.quality import CORRECTED
from workbench.settings import now

if TYPE_CHECKING:
    from workbench.lake.store import Lake


def correct(lake: "Lake", name: str, key: dict[str, Any], column: str, value: object, source: str) -> None:
    """Append the row of `key` with one value replaced. The contract holds for it as for any other.

    Raises UnknownName (column), InputError (key not in the table, or part of the key), BrokenContract (value).
    """
    table = catalogue.load(name)
    if column not in table.columns:
        raise UnknownName(f"column of {name},", column, table.columns)
    if column in table.key or table.reference:
        raise InputError(f"{name}.{column} cannot be corrected by hand", "only values outside the key can")
    where = contract.check(pl.DataFrame({part: [key.get(part)] for part in table.key}, strict=False), table).rows
    with lake.writing(name):
        rows = lake.read(name).join(where.lazy().select(table.key), on=list(table.key), how="semi").collect()
        if len(rows) != 1:
            told = ", ".join(f"{part} {key.get(part)}" for part in table.key)
            raise InputError(f"{name} has no row with {told}", f"give {' and '.join(table.key)} of a row that is there")
        moment = now()
        row = rows.with_columns(
            _checked(table, rows, column, value),
            pl.lit(moment).cast(pl.Datetime("us", "UTC")).alias("known_at"),
            pl.lit("observed").alias("known_basis"),
            pl.lit(source).alias("source"),
            pl.lit(moment).cast(pl.Datetime("us", "UTC")).alias("written"),
            pl.lit(True).alias("revised"),
            *[pl.lit(CORRECTED, pl.UInt8).alias(f"q_{column}") for measure in table.measures if measure == column],
        )
        digest = hashlib.sha256(f"{name} {key} {column} {value} {source} {moment.isoformat()}".encode()).hexdigest()
        lake.append(table, row, pl.DataFrame(), digest)


def _checked(table: Table, rows: pl.DataFrame, column: str, value: object) -> pl.Series:
    """The new value under the contract; None takes a value away."""
    cell = pl.Series(column, [value], strict=False)
    checked = contract.check(rows.select(*table.key).with_columns(cell), table)
    if not checked.faults.is_empty():
        raise BrokenContract(
            f"{table.name}: {checked.faults['message'][0]} ({value})", "give a value the contract allows"
        )
    return checked.rows[column]
