"""Bringing a file in on the data page: what it would do, its faults by cell, and what became of it."""

from typing import Any

import polars as pl
from dash import html

from dashboards import components as ui
from dashboards.reader import Reader
from workbench import domain
from workbench.errors import UnreadableFile, WorkbenchError
from workbench.lake import catalogue
from workbench.lake.catalogue import Table
from workbench.lake.ingest import Preview, Report
from workbench.lake.store import Lake
from workbench.present.words import Words, number, texts

SHOWN = 500
"""Rows of quarantine or errors that go to the browser."""


def faults(frame: pl.DataFrame, table: Table, names: tuple[str, ...], seen: Reader, id: str) -> Any:
    """Refused cells as a grid that sorts and filters, told in the reader's language."""
    words = seen.words
    shown = frame.head(SHOWN)
    if "when" in names:
        local = pl.col("when").dt.convert_time_zone(words.zone)
        shown = shown.with_columns(local.dt.strftime("%Y-%m-%d %H:%M"))
    told = [fault(row, table, words) for row in shown.rows(named=True)]
    titles = {name: words.both(column) for name, column in table.columns.items()}
    shown = shown.with_columns(
        pl.Series("message", told, dtype=pl.String), pl.col("column").replace(titles).alias("column")
    )
    heads = {name: words(f"data.{name}") for name in names}
    return ui.grid(shown.select(names), heads, seen, id)


def fault(row: dict[str, Any], table: Table, words: Words) -> str:
    """What is wrong with a cell; the lake's own words for a rule that the texts do not know."""
    name, _, rule = str(row["rule"]).partition("|")
    column = table.columns.get(name)
    if f"data.fault_{rule}" not in texts(words.language):
        return str(row["message"])
    unit = f" {column.unit}" if column and column.unit else ""
    low, high = (f"{bound:g}{unit}" if bound is not None else "—" for bound in (
        (column.min, column.max) if column else (None, None)
    ))  # fmt: skip
    kind = words(f"data.type_{column.type}") if column else ""
    return words(f"data.fault_{rule}", low=low, high=high, type=kind)


NOTES = {"not in the file: ": "missing", "left out, not in the contract: ": "left", "not used: ": "unused"}
"""How the lake begins its notes, and the text that says the same in the reader's language."""


def remark(note: str, table: Table, words: Words) -> str:
    """A note of the lake in the reader's language; one that is not known stays as it is."""
    for begin, key in NOTES.items():
        if note.startswith(begin):
            names = note.removeprefix(begin).split(", ")
            titles = [words.both(table.columns[name]) if name in table.columns else name for name in names]
            return words(f"data.note_{key}", rest=("、" if words.zh else ", ").join(titles))
    return note


def preview(found: Preview, seen: Reader) -> html.Div:
    """What would happen, before it happens: reader, counts, faults by cell, the first rows."""
    words, table = seen.words, catalogue.load(found.table)
    titles = {name: words.both(column) for name, column in table.columns.items()}
    said = words(
        "data.counts", accepted=number(found.accepted), corrected=number(found.corrected),
        duplicate=number(found.duplicate), quarantined=number(sum(found.quarantined.values())),
    )  # fmt: skip
    parts: list[Any] = [
        html.P(
            [words("data.preview_reader", reader=reader_title(found.reader, words)), " · ", found.file],
            className="note",
        ),
        html.P(html.Strong(words("data.repeated") if found.repeated else said), className="plain"),
        *[html.P(remark(line, table, words), className="small") for line in found.notes],
    ]
    if Lake().origin(table.name) == "sample" and not found.repeated:
        parts.append(html.P(words("data.sample_leaves"), className="note"))
    if found.errors.height:
        parts += [
            html.H3(words("data.errors")),
            faults(found.errors, table, ("row", "column", "value", "rule", "message"), seen, "data-faults"),
        ]
    elif not found.repeated:
        parts.append(html.P(words("data.errors_none"), className="note"))
    if found.head.height:
        head = found.head.drop("_row", strict=False).head(10)
        lines = [[text(value) for value in row] for row in head.iter_rows()]
        parts += [
            html.H3(words("data.preview_first", n=head.height)),
            ui.rows([titles.get(name, name) for name in head.columns], lines),
        ]
    return html.Div(parts, className="stack")


def reader_title(name: str, words: Words) -> str:
    """The file format by its title."""
    module = domain.readers().get(name)
    return str(getattr(module, f"TITLE_{words.language.upper()}", name))


def text(value: object) -> str:
    """A cell as text."""
    return "" if value is None else str(value)


def done(report: Report, words: Words) -> html.Div:
    """What became of the file."""
    if report.repeated:
        return html.Div(html.P(words("data.repeated"), className="plain"))
    table = catalogue.load(report.table)
    said = words(
        "data.done", accepted=number(report.accepted), corrected=number(report.corrected),
        duplicate=number(report.duplicate), quarantined=number(sum(report.quarantined.values())),
    )  # fmt: skip
    rules = [html.Li(f"{broken(rule, table, words)}: {count:,}") for rule, count in report.quarantined.items()]
    return html.Div([html.P(html.Strong(said), className="plain"), html.Ul(rules) if rules else None])


def broken(rule: str, table: Table, words: Words) -> str:
    """A rule that cells broke: the column, and what is wrong with them."""
    name = rule.partition("|")[0]
    title = words.both(table.columns[name]) if name in table.columns else name
    return f"{title} {fault({'rule': rule, 'message': rule}, table, words)}"


def unread(error: WorkbenchError, table: Table, words: Words) -> html.Div:
    """A file that no reader takes: which kinds are known, what a table needs, and the reader's own words."""
    if not isinstance(error, UnreadableFile):
        return ui.notice(words("data.not_read"), error.message, error.hint)
    join = "、" if words.zh else ", "
    formats = join.join(reader_title(name, words) for name in domain.readers())
    needed = join.join(words.both(table.columns[name]) for name in table.key)
    known = words("data.known_formats", formats=formats, needed=needed)
    return ui.notice(words("data.not_read"), known, html.Small(f"{error.message} ({error.hint})"))
