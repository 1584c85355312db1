"""One record typed into a form: checked by the contract, new or a correction with its reason, and taken back again.

A record whose key is there already is corrected cell by cell, so that each keeps its history; nothing is overwritten.
The caller has asked whether the person may (`ingest` for a new record, `correct` for one that is there).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import polars as pl

from workbench.errors import BrokenContract, InputError
from workbench.lake import catalogue, contract, units
from workbench.lake.catalogue import Column
from workbench.lake.ingest import ingest_frame
from workbench.lake.store import Lake
from workbench.operate import audit, correction
from workbench.settings import now

By = tuple[str, str]
"""A person's name and address."""


@dataclass(frozen=True)
class Entered:
    """What became of a record: whether it was new, and the columns that were given or changed."""

    table: str
    key: dict[str, Any]
    kind: Literal["new", "corrected"]
    columns: tuple[str, ...]

    def sentence(self) -> str:
        """One line that says what happened."""
        told = " ".join(str(value) for value in self.key.values())
        return f"{self.table} {told}: {self.kind} {', '.join(self.columns)}"

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return asdict(self)


def convert(text: str, unit: str, column: Column) -> str:
    """A number as typed, in the unit of its column; what is no number is handed on for the contract to refuse.

    >>> convert("1.5", "万亩", Column("area", "number", "亩")), convert("many", "万亩", Column("area", "number", "亩"))
    ('15000', 'many')
    """
    text = text.strip().replace(",", "").replace("，", "")
    if not text or not unit or unit == column.unit:
        return text
    scale, shift = units.conversion(unit, column.unit, column.name)
    try:
        return f"{float(text) * scale + shift:.12g}"
    except ValueError:
        return text


def faults(table: str, values: Mapping[str, object]) -> pl.DataFrame:
    """What is wrong with a record, a line a cell: column, value, rule, message; empty where it keeps the contract."""
    return _checked(table, values).faults.drop(contract.ID)


def there(table: str, values: Mapping[str, object]) -> dict[str, Any] | None:
    """The record with that key as the lake holds it; None where there is none, or the key is not whole."""
    known, rows = catalogue.load(table), _checked(table, values).rows
    if rows.is_empty():
        return None
    keys = list(known.key)
    found = Lake().read(table).join(rows.lazy().select(keys), on=keys, how="semi").collect()
    return found.row(0, named=True) if found.height else None


def enter(table: str, values: Mapping[str, object], reason: str, by: By) -> Entered:
    """Keep a record. A cell without a value says nothing: it leaves what is there.

    Raises BrokenContract (every faulty cell named), InputError (a record that is there needs a reason; nothing new).
    """
    known, checked = catalogue.load(table), _checked(table, values)
    if checked.faults.height:
        told = "; ".join(f"{row['message']} ({row['value']})" for row in checked.faults.rows(named=True))
        raise BrokenContract(f"{table}: {checked.faults.height} cells refused: {told}", "mend these cells")
    row = checked.rows.select(list(known.columns)).row(0, named=True)
    key = {name: row[name] for name in known.key}
    given = tuple(n for n, value in row.items() if value is not None and n not in key)
    if not given:
        raise InputError("nothing was filled in beside the key", "give at least one value")
    held = there(table, values)
    if held is None:
        return _new(table, checked.rows.select(*key, *given), key, by)
    changed = tuple(name for name in given if held[name] != row[name])
    if not changed:
        raise InputError("the record is there already, with the same values", "change a value, or leave it")
    for name in changed:
        correction.correct(table, key, name, row[name], reason, *by)
    return Entered(table, key, "corrected", changed)


def undo(done: Entered, reason: str, by: By) -> Entered:
    """Take an entry back: corrections are undone, the values of a new record are taken away. Both stay on record."""
    for name in done.columns:
        if done.kind == "corrected":
            correction.undo(done.table, done.key, name, reason, *by)
        else:
            correction.correct(done.table, done.key, name, None, reason, *by)
    return done


def _new(table: str, rows: pl.DataFrame, key: dict[str, Any], by: By) -> Entered:
    who, address = by
    said = json.dumps([who, now().isoformat(), rows.to_dicts()], default=str, ensure_ascii=False)
    ingest_frame(Lake(), table, rows, f"form:{who}", hashlib.sha256(said.encode()).hexdigest(), now(), "observed")
    done = Entered(table, key, "new", tuple(name for name in rows.columns if name not in key))
    audit.record("enter", done.sentence(), user=who, address=address)
    return done


def _checked(table: str, values: Mapping[str, object]) -> contract.Checked:
    known = catalogue.load(table)
    cells = {name: [values.get(name)] for name in known.columns if name in known.key or values.get(name) is not None}
    return contract.check(pl.DataFrame(cells, strict=False), known)
