"""Entry of a table on a bureau's page: a template to download and bring back, and a form for one record at a time.

Made from the table's contract, for any table; both ways are checked before anything is kept, and told cell by cell.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import dash
import polars as pl
from dash import ALL, Input, Output, State, callback, dcc, html

from dashboards import components as ui
from dashboards import data_intake as intake
from dashboards.auth import current_user, note, require
from dashboards.reader import Reader, reader
from dashboards.sharing import readable
from workbench import domain
from workbench.errors import BrokenContract, InputError, WorkbenchError
from workbench.lake import catalogue, units
from workbench.lake.catalogue import Column, Table
from workbench.lake.files import SourceFile
from workbench.lake.ingest import ingest, preview
from workbench.lake.store import Lake
from workbench.operate import correction, entry, template
from workbench.present.words import Words

MOST_CHOICES = 60
AREAS, MASSES = ("亩", "公顷", "万亩"), ("kg", "t", "万吨", "斤")
"""Units that a form offers where a column is in one of them."""


def panel(names: Sequence[str], seen: Reader, query: Mapping[str, str], path: str) -> html.Details:
    """The part of a page at `path`, for the table in the address (`entry=`), else the first of `names`; for those who may
    not enter data, the template alone."""  # noqa: E501
    asked = query.get("entry", "")
    name = asked if asked in names else names[0]
    words, table = seen.words, catalogue.load(name)
    get = html.Button(words("entry.template"), id="entry-template", className="button")
    store = [dcc.Store(id="entry-table", data=name), dcc.Download(id="entry-file")]
    links = [
        dcc.Link(words.both(catalogue.load(one), "title"), href=f"{path}?entry={one}#entry",
                 className="badge here" if one == name else "badge")
        for one in names
    ]  # fmt: skip
    parts: list[Any] = [html.Nav(links, className="badges", **ui.aria(words("entry.title")))]
    if current_user().may("ingest", table.bureau):
        parts += [*bringing(table, [get, *store], words), html.H3(words("entry.form")), form(table, words)]
    else:
        parts += [html.P(words("entry.not_allowed"), className="note"), html.Div([get, *store])]
    return ui.fold(words("entry.title"), *parts, hint=words("entry.hint"), id="entry", open=asked in names)


def bringing(table: Table, tools: Sequence[Any], words: Words) -> list[Any]:
    """The template out and back in."""
    drop = dcc.Upload(html.Strong(words("entry.upload_drop")), id="entry-upload", className="upload", max_size=8 << 20)
    confirm = html.Button(words("data.confirm"), id="entry-confirm", className="button main")
    sample = [html.P(words("entry.sample_leaves"), className="note")] * (Lake().origin(table.name) == "sample")
    return [
        *sample, html.Div(list(tools), className="actions"), html.H3(words("entry.upload")), drop,
        html.Div(id="entry-preview"), html.Div(confirm, id="entry-actions", hidden=True),
        html.Div(id="entry-brought", role="status"),
    ]  # fmt: skip


def choices(table: Table) -> dict[str, list[str]]:
    """What has been written in each text column of the key, where that is no long list."""
    texts = [name for name in table.key if table.columns[name].type == "string"]
    found = {}
    for name in texts:
        known = Lake().read(table.name).select(pl.col(name).unique().sort()).collect()[name].to_list()
        if 0 < len(known) <= MOST_CHOICES:
            found[name] = known
    return found


def form(table: Table, words: Words) -> html.Div:
    """A field a column, with its unit to choose where two are in use."""
    known = choices(table)
    fields: list[Any] = []
    for column in table.columns.values():
        if column.name == "reason":
            continue
        label: list[Any] = [words.both(column) + (" *" if column.name in table.key else "")]
        many: dict[str, Any] = {"list": f"entry-known-{column.name}"} if column.name in known else {}
        said = {"type": "entry-value", "name": column.name}
        label.append(dcc.Input(id=said, type="text", autoComplete="off", placeholder=expected(column, words), **many))
        if many:
            label.append(html.Datalist([html.Option(value=v) for v in known[column.name]], id=many["list"]))
        fields.append(html.Label(label))
        offered = next((u for u in (AREAS, MASSES) if units.clean(column.unit) in map(units.clean, u)), None)
        if offered:
            units_ = [{"label": words(f"entry.unit_{unit}"), "value": unit} for unit in offered]
            pick = dcc.Dropdown(
                units_, column.unit, id={"type": "entry-unit", "name": column.name}, clearable=False,
                searchable=False,
            )  # fmt: skip
            fields.append(html.Label([words("entry.unit"), pick]))
    reason = html.Label(
        [words("entry.reason"), dcc.Input(id="entry-reason", type="text", maxLength=200)], className="wide"
    )
    buttons = [
        html.Button(words("entry.save"), id="entry-save", className="button main"),
        html.Button(words("entry.undo"), id="entry-undo", className="button", disabled=True),
    ]
    return html.Div([
        html.Div([*fields, reason], className="form even"), html.Div(buttons, className="actions"),
        html.Div(id="entry-said", role="status"), dcc.Store(id="entry-last"),
    ])  # fmt: skip


def expected(column: Column, words: Words) -> str:
    """What to write into a field."""
    if column.type == "boolean":
        return f"{words('data.yes')} / {words('data.no')}"
    return "2027-06-30" if column.type == "date" else column.unit


@callback(Output("entry-file", "data"), Input("entry-template", "n_clicks"), State("entry-table", "data"),
          prevent_initial_call=True)  # fmt: skip
def hand_out(clicks: int | None, name: str) -> Any:
    """The template with the names known so far to pick from."""
    if not clicks:
        raise dash.exceptions.PreventUpdate
    return handed(name, reader().words)


def handed(name: str, words: Words) -> dict[str, Any]:
    """A table's template, for a download."""
    table = readable(name)
    content = template.workbook(table, words, choices(table))
    return {"filename": f"{name}.xlsx", "content": base64.b64encode(content).decode(), "base64": True}


def file_of(contents: str, name: str | None) -> SourceFile:
    """The file that the browser sent."""
    return SourceFile.of(name or "upload.xlsx", base64.b64decode(contents.split(",", 1)[-1]))


@callback(
    Output("entry-preview", "children"), Output("entry-actions", "hidden"),
    Output("entry-brought", "children", allow_duplicate=True),
    Input("entry-upload", "contents"), State("entry-upload", "filename"), State("entry-table", "data"),
    prevent_initial_call=True,
)  # fmt: skip
def look(contents: str | None, name: str | None, table: str) -> tuple[Any, bool, Any]:
    """What the filled-in template would do; nothing is written."""
    if not contents:
        return None, True, dash.no_update
    seen = reader()
    try:
        require("ingest", catalogue.load(table).bureau)
        found = preview(Lake(), table, file_of(contents, name), tuple(domain.readers().values()))
    except WorkbenchError as error:
        return intake.unread(error, catalogue.load(table), seen.words), True, None
    return intake.preview(found, seen), found.repeated, None


@callback(
    Output("entry-brought", "children"), Output("entry-upload", "contents"),
    Input("entry-confirm", "n_clicks"),
    State("entry-upload", "contents"), State("entry-upload", "filename"), State("entry-table", "data"),
    prevent_initial_call=True,
)  # fmt: skip
def bring(_: int, contents: str | None, name: str | None, table: str) -> tuple[Any, Any]:
    """Keep what the template holds."""
    if not contents:
        return None, None
    words = reader().words
    try:
        require("ingest", catalogue.load(table).bureau)
        report = ingest(Lake(), table, file_of(contents, name), tuple(domain.readers().values()))
    except WorkbenchError as error:
        return intake.unread(error, catalogue.load(table), words), dash.no_update
    note("ingest", f"{table} {report.file} {report.digest[:12]}")
    return intake.done(report, words), None


@callback(
    Output("entry-said", "children"), Output("entry-last", "data"), Output("entry-undo", "disabled"),
    Input("entry-save", "n_clicks"), Input("entry-undo", "n_clicks"),
    State({"type": "entry-value", "name": ALL}, "value"), State({"type": "entry-unit", "name": ALL}, "value"),
    State("entry-reason", "value"), State("entry-last", "data"), State("entry-table", "data"),
    prevent_initial_call=True,
)  # fmt: skip
def act(save: Any, undo: Any, values: list[Any], chosen: list[str], reason: str | None, last: Any, name: str) -> Any:
    """Check and keep a record, or take the last one back; both are audited."""
    if not dash.ctx.triggered or not dash.ctx.triggered[0]["value"]:
        raise dash.exceptions.PreventUpdate
    words, table = reader().words, catalogue.load(name)
    named = [one["id"]["name"] for one in dash.ctx.states_list[0]]
    units_of = dict(zip((one["id"]["name"] for one in dash.ctx.states_list[1]), chosen, strict=True))
    given = {key: str(value) for key, value in zip(named, values, strict=True) if value not in (None, "")}
    if dash.ctx.triggered_id == "entry-undo":
        return *taken_back(last, reason or words("entry.undo"), words), True
    record = {key: entry.convert(text, units_of.get(key, ""), table.columns[key]) for key, text in given.items()}
    return kept(table, record, (reason or "").strip(), words)


def kept(table: Table, record: dict[str, str], reason: str, words: Words) -> tuple[Any, Any, bool]:
    """What is said, what was entered (to take back), and whether there is nothing to take back."""
    try:
        user = require("ingest", table.bureau)
        held = entry.there(table.name, whole(record, table))
        if held is not None:
            require("correct", table.bureau)
            if len(reason) < correction.SHORTEST:
                raise InputError(words("entry.exists", n=correction.SHORTEST))
        done = entry.enter(table.name, whole(record, table), reason, (user.name, user.address))
    except BrokenContract:
        return refused(table, record, words), dash.no_update, dash.no_update  # type: ignore[return-value]
    except WorkbenchError as error:
        return ui.notice(error.message, error.hint), dash.no_update, dash.no_update  # type: ignore[return-value]
    said = words(f"entry.saved_{done.kind}", key=key_of(done, words), columns=columns_of(done, table, words))
    return html.P(html.Strong(said)), done.as_dict(), False


def whole(record: dict[str, str], table: Table) -> dict[str, str]:
    """A record with every part of the key, empty where nothing was typed."""
    return dict.fromkeys(table.key, "") | record


def refused(table: Table, record: dict[str, str], words: Words) -> html.Div:
    """Every cell that breaks a rule: the field by its name, what was typed, what is wrong."""
    rows = entry.faults(table.name, whole(record, table))
    body = [
        [words.both(table.columns[r["column"]]), r["value"] or "—", intake.fault(r, table, words)]
        for r in rows.rows(named=True)
    ]
    heads = [words("data.column"), words("data.value"), words("data.message")]
    return ui.notice(words("entry.refused", n=rows.height), ui.rows(heads, body))


def taken_back(last: Any, reason: str, words: Words) -> tuple[Any, Any]:
    """Undo the last entry of this page."""
    try:
        done = entry.Entered(last["table"], last["key"], last["kind"], tuple(last["columns"]))
        user = require("correct", catalogue.load(done.table).bureau)
        entry.undo(
            done, reason if len(reason) >= correction.SHORTEST else words("entry.undo"), (user.name, user.address)
        )
    except WorkbenchError as error:
        return ui.notice(error.message, error.hint), dash.no_update
    return html.P(html.Strong(words("entry.undone", key=key_of(done, words)))), None


def key_of(done: entry.Entered, words: Words) -> str:
    """The key of a record for people."""
    return " · ".join(str(value) for value in done.key.values())


def columns_of(done: entry.Entered, table: Table, words: Words) -> str:
    """The columns that were given, by name."""
    return words("sentence.list").join(words.both(table.columns[name]) for name in done.columns)
