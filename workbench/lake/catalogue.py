"""The catalogue: one TOML a table in `data/catalogue/`, found by its file. Nothing else lists the tables.

A catalogue entry says whose the table is, how it may be shared, how often it is renewed and how late it usually is,
what its key is, and for each column type, unit, plausible range and names. It is the written contract that
`contract.py` enforces and the source of every title and unit that a page shows.
"""

import re
import tomllib
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import cache
from typing import Any

import polars as pl

from workbench.errors import BrokenContract, UnknownName
from workbench.settings import PROJECT, county

FOLDER = PROJECT / "data" / "catalogue"

TYPES: dict[str, pl.DataType] = {
    "string": pl.String(),
    "datetime": pl.Datetime("us", "UTC"),
    "date": pl.Date(),
    "number": pl.Float64(),
    "integer": pl.Int64(),
    "boolean": pl.Boolean(),
}
"""The types a catalogue entry may name, and how Polars holds them."""


@dataclass(frozen=True)
class Column:
    """One column of a table's contract.

    `min` and `max` bound what can be true (outside: the value is quarantined); `step` bounds the change from one value
    to the next and `spike` a lone jump up and back; `stuck` is the number of equal values in a row that is doubtful,
    unless they lie at or below `detection`, the limit of detection. What is `keyed` is stored as a keyed hash only.
    A `season` is a year that may be written 2026/27. The reference table `register` lists under the same column what
    names there are (see `register.py`).
    """

    name: str
    type: str
    unit: str = ""
    min: float | None = None
    max: float | None = None
    step: float | None = None
    spike: float | None = None
    stuck: int | None = None
    detection: float | None = None
    zh: str = ""
    en: str = ""
    aliases: tuple[str, ...] = ()
    keyed: bool = False
    season: bool = False
    register: str = ""

    @property
    def dtype(self) -> pl.DataType:
        return TYPES[self.type]


@dataclass(frozen=True)
class Table:
    """A table's catalogue entry. `time` is the column with the valid time (None for a register such as stations);
    `issued` the column from which the usual delay counts where that is not `time` (a forecast's issue); of a `personal`
    table no raw file is kept, not even a refused one."""

    name: str
    title_zh: str
    title_en: str
    bureau: str
    source: str
    licence: str
    sharing: str
    cycle: timedelta
    delay: timedelta
    key: tuple[str, ...]
    columns: dict[str, Column]
    time: str | None = None
    issued: str | None = None
    zone: str = "Asia/Shanghai"
    reference: bool = False
    personal: bool = False

    @property
    def measures(self) -> list[str]:
        """The columns that hold quantities: numbers and integers outside the key."""
        return [c.name for c in self.columns.values() if c.type in ("number", "integer") and c.name not in self.key]

    @property
    def dtypes(self) -> dict[str, pl.DataType]:
        """The Polars type of each column, in the order of the contract."""
        return {name: column.dtype for name, column in self.columns.items()}

    @property
    def series(self) -> list[str]:
        """The key without its time: what tells one series of the table from another."""
        return [name for name in self.key if name != self.time]


def names() -> list[str]:
    """Every table of the catalogue, by file name."""
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


@cache
def load(name: str) -> Table:
    """The entry of that name. UnknownName where there is none, BrokenContract where the entry itself is wrong."""
    file = FOLDER / f"{name}.toml"
    if name not in names():
        raise UnknownName("table", name, names())
    return parse(name, file.read_text(encoding="utf-8"))


def parse(name: str, text: str) -> Table:
    """Read a catalogue entry. BrokenContract names the file, the fault and what is allowed."""
    try:
        entry = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BrokenContract(f"data/catalogue/{name}.toml is no TOML: {error}", "mend the line it names") from None
    entry.pop("pull", None)  # belongs to the source that pulls it
    known = {field.name for field in fields(Table)} - {"name"}
    _refuse_unknown(name, entry, known)
    missing = [field for field in ("title_zh", "title_en", "cycle", "delay", "key", "columns") if field not in entry]
    if missing:
        raise BrokenContract(f"data/catalogue/{name}.toml lacks {', '.join(missing)}", "every table says these")
    columns = {column: _column(name, column, spec) for column, spec in entry.pop("columns").items()}
    table = Table(
        name=name,
        columns=columns,
        cycle=span(name, entry.pop("cycle")),
        delay=span(name, entry.pop("delay")),
        key=tuple(entry.pop("key")),
        **{field: entry.get(field, "") for field in ("bureau", "source", "licence", "sharing")},
        **{
            field: entry[field]
            for field in ("title_zh", "title_en", "time", "issued", "reference", "personal")
            if field in entry
        },
        zone=entry.get("zone", county()["zone"]),
    )
    lost = [c for c in (*table.key, table.time, table.issued) if c is not None and c not in columns]
    if lost:
        raise BrokenContract(
            f"data/catalogue/{name}.toml names {', '.join(lost)} in key, time or issued", "add the column"
        )
    return table


def _column(table: str, name: str, spec: dict[str, Any]) -> Column:
    _refuse_unknown(f"{table}.toml [columns.{name}]", spec, {field.name for field in fields(Column)} - {"name"})
    if spec.get("type") not in TYPES:
        raise BrokenContract(
            f"data/catalogue/{table}.toml: column {name} has type {spec.get('type')!r}", f"one of {', '.join(TYPES)}"
        )
    return Column(name=name, **(spec | {"aliases": tuple(spec.get("aliases", ()))}))


def _refuse_unknown(where: str, entry: dict[str, Any], known: set[str]) -> None:
    for word in entry:
        if word not in known:
            raise UnknownName(f"field of catalogue entry {where},", word, known)


def span(name: str, text: str) -> timedelta:
    """A length of time such as `30m`, `1h`, `6h`, `365d`.

    >>> span("air_hourly", "1h")
    datetime.timedelta(seconds=3600)
    """
    units = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    found = re.fullmatch(r"(\d+)([mhdw])", text)
    if not found:
        raise BrokenContract(f"data/catalogue/{name}.toml: '{text}' is no length of time", "write it like 30m, 1h, 7d")
    return timedelta(**{units[found[2]]: int(found[1])})
