"""Reference tables: rules with effective dates, kept with the project as `data/reference/<table>.csv`.

They are catalogued (`reference = true`) and read like any other table; the contract holds for every cell, and a
fault stops the read, since only a slip in the project can cause it. A column `known_at` in the CSV says from when a
row was public; without it a rule counts as always known.
"""

import hashlib
from datetime import UTC, datetime
from functools import lru_cache

import polars as pl

from workbench.errors import BrokenContract, MissingData
from workbench.lake import casting, contract
from workbench.lake.catalogue import Column, Table
from workbench.lake.files import SourceFile
from workbench.settings import PROJECT

FOLDER = PROJECT / "data" / "reference"
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""`known_at` of what has no time of its own: it has always been so."""


def read(table: Table) -> pl.LazyFrame:
    """A reference table's rows with known_at, known_basis, source, sample and (unchecked) flags."""
    return _load(table.name, _bytes(table)).lazy()


def digest(table: Table) -> str:
    return hashlib.sha256(_bytes(table)).hexdigest()[:16]


def _bytes(table: Table) -> bytes:
    file = FOLDER / f"{table.name}.csv"
    if not file.is_file():
        raise MissingData(f"data/reference/{table.name}.csv is not there", "it belongs to the project: restore it")
    return SourceFile.open(file).data


@lru_cache(maxsize=64)
def _load(name: str, data: bytes) -> pl.DataFrame:
    from workbench.lake import catalogue

    table = catalogue.load(name)
    frame = pl.read_csv(data, infer_schema=False, comment_prefix="#")
    checked = contract.check(frame, table)
    if not checked.faults.is_empty():
        first = checked.faults.row(0, named=True)
        raise BrokenContract(
            f"data/reference/{name}.csv: {len(checked.faults)} faults, first in row {first['row']}: "
            f"{first['message']} ({first['value']})",
            "mend the CSV or its catalogue entry",
        )
    known = pl.lit(ALWAYS, pl.Datetime("us", "UTC")).alias("known_at")
    if "known_at" in frame.columns:
        stated = casting.cast(casting.tidy(frame["known_at"]), Column("known_at", "datetime"), table.zone)
        known = pl.lit(stated).fill_null(ALWAYS).alias("known_at")
    return checked.rows.drop(contract.ID, contract.ROW).with_columns(
        known,
        pl.lit("stated" if "known_at" in frame.columns else "assumed").alias("known_basis"),
        pl.lit(f"data/reference/{name}.csv").alias("source"),
        pl.lit(False).alias("sample"),
        *[pl.lit(0, pl.UInt8).alias(f"q_{measure}") for measure in table.measures],
    )
