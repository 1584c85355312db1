"""The data page: is everything there, is it fresh, is it clean — and bringing in what is missing."""

import base64
from datetime import UTC, datetime
from typing import Any

import dash
from dash import Input, Output, State, callback, dcc, html

from dashboards import components as ui
from dashboards import data_cell, entry_form
from dashboards import data_intake as intake
from dashboards import data_parts as parts
from dashboards.auth import current_user, note, require
from dashboards.reader import Reader, reader
from dashboards.sharing import readable, readable_lines
from workbench import domain
from workbench.errors import WorkbenchError
from workbench.lake import catalogue
from workbench.lake.files import SourceFile
from workbench.lake.ingest import ingest, preview
from workbench.lake.store import Lake
from workbench.present.sentences import Clause
from workbench.present.words import Words

LARGEST_MB = 64

dash.register_page(
    __name__, path="/data", order=8, title="数据 Data", name="Data", name_zh="数据", name_en="Data", bureau=""
)


def layout(**query: str) -> html.Div:
    """The tables that the reader may read, the upload, and one table in full; Refused where it is not theirs."""
    seen, lake = reader(query), Lake()
    words, summary = seen.words, readable_lines(lake.summary())
    known, asked = summary["table"].to_list(), query.get("table", "")
    usual = "air_hourly" if "air_hourly" in known else summary.sort(summary["rows"] > 0)["table"][-1]
    table = readable(asked if asked in catalogue.names() else usual)
    sample = "sample" in summary["origin"]
    badges = [ui.sample_badge(words)] if sample else []
    return ui.page(
        ui.headline(words("data.title"), [Clause(parts.lead(summary, words))], badges),
        ui.panel(words("data.tables"), parts.tables(summary, table.name, words)),
        upload(seen, table.name) if current_user().may("ingest") else note_of("not_allowed", words),
        ui.panel(
            f"{table.title_zh if words.zh else table.title_en}",
            ui.fold(words("data.catalogue"), *parts.contract(table, words), hint=table.name),
            ui.fold(words("data.quality"), note_of("quality_why", words), parts.flags(lake, table, words), open=True),
            data_cell.panel(lake, table, query, seen),
            quarantined(lake, table.name, seen),
            ui.fold(words("data.shifted"), note_of("shifted_why", words), parts.shifted(lake, table, words)),
            id="table",
        ),
    )


def note_of(key: str, words: Words) -> html.P:
    """A line of explanation."""
    return html.P(words(f"data.{key}"), className="note")


def quarantined(lake: Lake, table: str, seen: Reader) -> html.Details:
    """The refused cells of a table."""
    words, refused = seen.words, lake.quarantine(table)
    if refused.is_empty():
        return ui.fold(words("data.quarantine"), html.P(words("data.quarantine_none"), className="note"), hint="0")
    names = ("when", "source", "row", "column", "value", "rule", "message")
    shown = intake.faults(refused, catalogue.load(table), names, seen, "data-quarantine")
    why = html.P(words("data.quarantine_why"), className="note")
    return ui.fold(words("data.quarantine"), why, shown, hint=f"{refused.height:,}")


def upload(seen: Reader, chosen: str) -> html.Section:
    """Drag a file in, see what would happen, confirm."""
    words = seen.words
    measured = [table for table in map(catalogue.load, catalogue.names()) if not table.reference]
    options = [{"value": t.name, "label": t.title_zh if words.zh else t.title_en} for t in measured]
    into = chosen if chosen in [t.name for t in measured] else measured[0].name
    return ui.panel(
        words("data.upload"),
        html.Div(
            [
                html.Label(words("data.upload_to"), htmlFor="data-into"),
                dcc.Dropdown(options, into, id="data-into", clearable=False, searchable=False, className="pick"),
                html.Button(words("entry.template"), id="data-template", className="button"),
                dcc.Download(id="data-template-file"),
            ],
            className="filters",
        ),
        dcc.Upload(
            [html.Strong(words("data.drop")), html.Br(), html.Small(words("data.drop_formats", size=LARGEST_MB))],
            id="data-upload", className="upload", max_size=LARGEST_MB << 20,
        ),
        dcc.Loading(html.Div(id="data-preview"), type="dot", delay_show=200),
        html.Div(
            [
                html.Button(words("data.confirm"), id="data-confirm", className="button main"),
                html.Button(words("data.cancel"), id="data-cancel", className="button"),
            ],
            id="data-actions", className="actions", hidden=True,
        ),
        html.Div(id="data-said", role="status"),
    )  # fmt: skip


def file_of(contents: str, name: str | None, modified: float | None) -> SourceFile:
    """The file that the browser sent, with the time it was written (seconds since 1970)."""
    written = datetime.fromtimestamp(modified, UTC) if modified else None
    return SourceFile.of(name or "upload", base64.b64decode(contents.split(",", 1)[-1]), written)


@callback(
    Output("data-preview", "children"),
    Output("data-actions", "hidden"),
    Output("data-said", "children", allow_duplicate=True),
    Input("data-upload", "contents"),
    Input("data-into", "value"),
    State("data-upload", "filename"),
    State("data-upload", "last_modified"),
    prevent_initial_call=True,
)
def look(contents: str | None, table: str, name: str | None, modified: float | None) -> tuple[Any, bool, Any]:
    """What the file would do to the table; nothing is written. What was said of the file before leaves."""
    if not contents:
        return None, True, dash.no_update
    seen = reader()
    try:
        require("ingest", catalogue.load(table).bureau)
        found = preview(Lake(), table, file_of(contents, name, modified), tuple(domain.readers().values()))
    except WorkbenchError as error:
        return intake.unread(error, catalogue.load(table), seen.words), True, None
    return intake.preview(found, seen), found.repeated, None


@callback(
    Output("data-template-file", "data"),
    Input("data-template", "n_clicks"),
    State("data-into", "value"),
    prevent_initial_call=True,
)
def hand_out(clicks: int | None, table: str) -> Any:
    """The template of the table chosen, to fill in and bring back here."""
    if not clicks:
        raise dash.exceptions.PreventUpdate
    return entry_form.handed(table, reader().words)


@callback(
    Output("data-said", "children"),
    Output("data-upload", "contents"),
    Input("data-confirm", "n_clicks"),
    Input("data-cancel", "n_clicks"),
    State("data-upload", "contents"),
    State("data-upload", "filename"),
    State("data-upload", "last_modified"),
    State("data-into", "value"),
    prevent_initial_call=True,
)
def bring(
    confirm: Any, cancel: Any, contents: str | None, name: str | None, modified: float | None, table: str
) -> tuple[Any, Any]:
    """Write it, or let it go."""
    if not contents or dash.ctx.triggered_id == "data-cancel":
        return None, None
    words = reader().words
    try:
        require("ingest", catalogue.load(table).bureau)
        report = ingest(Lake(), table, file_of(contents, name, modified), tuple(domain.readers().values()))
    except WorkbenchError as error:
        return intake.unread(error, catalogue.load(table), words), dash.no_update
    note("ingest", f"{table} {report.file} {report.digest[:12]}")
    return intake.done(report, words), None
