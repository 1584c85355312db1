"""An Excel template (填报模板) of any table of the catalogue: one row a record, units named, choices to pick from.

What is filled in comes back through `ingest` like any file; the sheet checks itself while it is filled in, by the same
contract. The same template is the same bytes.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from workbench.errors import InputError
from workbench.lake import catalogue
from workbench.lake.catalogue import Column, Table
from workbench.present.words import Words

LINES = 500
"""Rows that can be filled in."""
MADE = datetime(2020, 1, 1)  # noqa: DTZ001  # a workbook's own clock has no zone; fixed, so that bytes repeat


@dataclass(frozen=True)
class Template:
    """A template written to disk."""

    table: str
    file: str
    columns: int

    def sentence(self) -> str:
        """What was written."""
        return f"{self.table}: template with {self.columns} columns → {self.file}"

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return {"table": self.table, "file": self.file, "columns": self.columns}


def write(table: str, file: Path, words: Words) -> Template:
    """The empty template of a table as a file. InputError where it cannot be written, or the table is reference."""
    known = catalogue.load(table)
    if known.reference:
        raise InputError(f"{table} is a reference table of the project", f"edit data/reference/{table}.csv instead")
    try:
        file.write_bytes(workbook(known, words))
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}", "choose another place") from None
    return Template(table, str(file), len(known.columns))


def workbook(
    table: Table,
    words: Words,
    choices: Mapping[str, Sequence[str]] | None = None,
    rows: pl.DataFrame | None = None,
) -> bytes:
    """The template as xlsx: a sheet to fill in, and one that says what each column means.

    `choices` are the values that may be picked in a column; `rows` stand in it already (columns of the table).
    """
    import xlsxwriter

    out, picks = io.BytesIO(), dict(choices or {})
    with xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        book.set_properties({"created": MADE, "title": words.both(table, "title")})
        form = {
            kind: book.add_format({"bold": True, "bg_color": colour, "border": 1, "text_wrap": True, "valign": "top"})
            for kind, colour in (("key", "#cfe3ea"), ("value", "#eef2f5"))
        }
        form["date"] = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet(words("entry.sheet"))
        told = book.add_worksheet(words("entry.guide"))
        lists = book.add_worksheet("_")
        lists.hide()
        sheet.freeze_panes(1, 0)
        for i, column in enumerate(table.columns.values()):
            kind = "key" if column.name in table.key else "value"
            sheet.set_column(i, i, 16, form["date"] if column.type == "date" else None)
            sheet.write_string(0, i, header(column, words), form[kind])
            if column.name in picks:
                lists.write_column(0, i, picks[column.name])
            rule = checking(column, words, picks.get(column.name), i)
            if rule:
                sheet.data_validation(1, i, LINES, i, rule)
        for j, row in enumerate(rows.rows(named=True) if rows is not None else []):
            for i, name in enumerate(table.columns):
                value = row.get(name)
                if isinstance(value, bool):
                    value = words("data.yes" if value else "data.no")
                if value is not None:
                    sheet.write(j + 1, i, value)
        guide(told, table, words, form["value"])
    return out.getvalue()


def header(column: Column, words: Words) -> str:
    """A column's name with its unit, as the readers understand it."""
    return f"{words.both(column)}（{column.unit}）" if column.unit else words.both(column)


def checking(column: Column, words: Words, picks: Sequence[str] | None, place: int) -> dict[str, Any] | None:
    """What Excel holds a cell to while it is filled in; None where anything goes."""
    import xlsxwriter.utility as cells

    unit, low, high = column.unit, column.min, column.max
    said = {"input_title": words.both(column)[:32], "error_title": words.both(column)[:32]}
    if picks:
        letter = cells.xl_col_to_name(place)
        return said | {
            "validate": "list", "source": f"='_'!${letter}$1:${letter}${len(picks)}",
            "input_message": words("entry.pick"), "error_type": "warning", "error_message": words("entry.unlisted"),
        }  # fmt: skip
    if column.type == "boolean":
        yes_no = [words("data.yes"), words("data.no")]
        return said | {"validate": "list", "source": yes_no, "input_message": words("entry.pick")}
    if column.type in ("number", "integer"):
        floor, top = -1e300 if low is None else low, 1e300 if high is None else high
        text = words("entry.limits", low="−∞" if low is None else f"{low:,.10g}",
                     high="∞" if high is None else f"{high:,.10g}", unit=unit)  # fmt: skip
        return said | {
            "validate": "integer" if column.type == "integer" else "decimal", "criteria": "between",
            "minimum": max(floor, -2e9) if column.type == "integer" else floor,
            "maximum": min(top, 2e9) if column.type == "integer" else top,
            "input_message": text, "error_message": text,
        }  # fmt: skip
    if column.type == "date":
        text = words("entry.day")
        first = datetime(1900, 1, 1)  # noqa: DTZ001
        return said | {
            "validate": "date", "criteria": ">=", "value": first, "input_message": text, "error_message": text,
        }  # fmt: skip
    return None


def guide(sheet: Any, table: Table, words: Words, bold: Any) -> None:
    """What each column means: a row a column, so that no reader takes it for the table."""
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 5, 18)
    for i, line in enumerate((words.both(table, "title"), words("entry.how"), words("entry.how_units"))):
        sheet.write_string(i, 0, line)
    heads = ("column", "type", "unit", "range", "needed")
    for i, name in enumerate(heads):
        sheet.write_string(4, i, words(f"entry.{name}"), bold)
    for j, column in enumerate(table.columns.values()):
        low = "" if column.min is None else f"{column.min:,.10g}"
        high = "" if column.max is None else f"{column.max:,.10g}"
        needed = words("data.yes") if column.name in table.key else ""
        spans = f"{low} – {high}" if low or high else ""
        cells = (words.both(column), words(f"data.type_{column.type}"), column.unit, spans, needed)
        for i, text in enumerate(cells):
            sheet.write_string(5 + j, i, text)
