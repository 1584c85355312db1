"""Real-time JSON: a list of records, one a station or city and time, under whatever name the sender wraps it.

Known shapes: the national release (`TimePoint`, `StationCode`, `PM2_5` …, values as text, `—`, `NA` and `/`
for missing, times without zone or as `/Date(ms)/`), PM25.in (`time_point`, `station_code` …) and Juhe (`result`).
Cities' day values give the daily table. PM25.in ends its local times in `Z`; they are read as local: all its stations
are Chinese. Lists that carry only levels or sub-indices hold no concentration and are refused.
"""

from collections.abc import Iterator
from typing import Any

import polars as pl

from pipelines.readers import _json
from pipelines.readers._columns import naming, only_days
from workbench.errors import UnreadableFile
from workbench.lake import cells
from workbench.lake.catalogue import Table
from workbench.lake.files import SourceFile
from workbench.lake.headers import Headers, named, understand
from workbench.lake.reading import Parsed

TITLE_ZH = "实时发布 JSON"
TITLE_EN = "real-time JSON"

DEEPEST = 4  # wrappers around the list of records


def matches(file: SourceFile, table: Table) -> bool:
    """True for JSON that holds records with the table's key, and is no Open-Meteo answer."""
    if not _json.looks_like(file):
        return False
    with naming(file):
        return any(_key(understand(list(rows[0]), table), table) for rows in _lists(_json.load(file)))


def _lists(value: Any, depth: int = 0) -> Iterator[list[dict[str, Any]]]:
    """Every list of flat records in the document, and single records as lists of one; the widest records first."""
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        names = dict.fromkeys(name for item in value for name in item)
        rows = [{name: item.get(name) for name in names} for item in value]
        yield rows
        if depth < DEEPEST and len(value) == 1:
            yield from _lists(value[0], depth + 1)
    elif isinstance(value, dict) and depth < DEEPEST:
        for inner in value.values():
            if isinstance(inner, list | dict):
                yield from _lists(inner, depth + 1)
        yield [value]


def _key(headers: Headers, table: Table) -> bool:
    return headers.has(*table.key)


def read(file: SourceFile, table: Table) -> Parsed:
    """The records under the contract's names."""
    document = _json.load(file)
    best: tuple[int, list[dict[str, Any]], Headers] | None = None
    for rows in _lists(document):
        with naming(file):
            headers = understand(list(rows[0]), table)
        if _key(headers, table) and (best is None or len(headers.meanings) > best[0]):
            best = (len(headers.meanings), rows, headers)
    if best is None:
        raise UnreadableFile(f"{file.name}: no list of records with {', '.join(table.key)}", "fetch it again")
    _, rows, headers = best
    names = list(rows[0])
    if table.measures and not any(headers.has(name) for name in table.measures):
        raise UnreadableFile(
            f"{file.name}: {len(rows)} records without a concentration; they carry {', '.join(names[:12])}",
            f"{table.name} needs one of {', '.join(table.measures)}: levels and sub-indices cannot be turned back",
        )
    frame = pl.DataFrame({"_row": range(1, len(rows) + 1)}, schema={"_row": pl.Int64})
    notes = list(headers.notes)
    for position, meaning in headers.meanings.items():
        texts = [_text(row[names[position]]) for row in rows]
        cell = pl.Series(meaning.column.name, texts, pl.String)
        if meaning.column.type in ("number", "integer"):
            cell, more = cells.numbers(cell, meaning)
            notes += more
        elif meaning.column.type in ("datetime", "date"):
            cell = _moment(cell, names, table.zone, notes)
            if meaning.column.type == "date":
                only_days(file, cell, table)
        frame = frame.with_columns(cell.alias(meaning.column.name))
    notes += [f"not used: {named(headers.unused.values(), table)}"] if headers.unused else []
    return Parsed(frame, "realtime_json", tuple(notes))


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _moment(cell: pl.Series, names: list[str], zone: str, notes: list[str]) -> pl.Series:
    """Times for the contract: PM25.in's false `Z` taken off, minutes of a release cut down to its hour."""
    if "time_point" in names and "primary_pollutant" in names and cell.str.ends_with("Z").any():
        cell = cell.str.strip_suffix("Z")
        notes.append("time_point: the Z is not UTC in this format; read as local time")
    cell = cells.moments(cell, zone)
    minutes = cell.str.contains(r"[ T]\d{1,2}:(?:0[1-9]|[1-5]\d)").fill_null(False)
    if minutes.any():
        cell = cell.str.replace(r"([ T]\d{1,2}):\d{2}(?::\d{2})?(?:\.\d+)?", "$1:00")
        notes.append(f"{minutes.sum()} times of release cut down to their hour")
    return cell
