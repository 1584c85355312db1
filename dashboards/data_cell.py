"""Looking into a table on the data page: the rows of a day, what one cell has held, and replacing its value by hand.

Rows and cell stand in the address, so that a link opens what the sender saw.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import dash
import polars as pl
from dash import Input, Output, State, callback, dcc, html

from dashboards import components as ui
from dashboards import data_parts
from dashboards.auth import current_user, require
from dashboards.memory import remembered
from dashboards.reader import Reader, reader
from dashboards.sharing import readable
from workbench.errors import BrokenContract, InputError, Refused, WorkbenchError
from workbench.lake.catalogue import Table
from workbench.lake.quality import meaning
from workbench.lake.store import Lake
from workbench.operate import correction
from workbench.present.words import Words

MOST = 120
"""Rows shown at once: a day of hours, a month of days."""
KEY = "|"
"""What stands between the parts of a row's key in the address."""


def panel(lake: Lake, table: Table, query: dict[str, str], seen: Reader) -> html.Details | None:
    """The rows of one series and day (of one month where rows are days), each cell a link to what it has held."""
    if table.reference or lake.origin(table.name) == "empty":
        return None
    said = tuple(query.get(name, "") for name in ("at", "day", "row", "cell"))
    may = current_user().may("correct", table.bureau)
    key = ("rows", lake.root, table.name, lake.digest(table.name), said, may, seen)
    return remembered(key, lambda: looked(lake, table, query, seen))


def looked(lake: Lake, table: Table, query: dict[str, str], seen: Reader) -> html.Details:
    """The panel."""
    words = seen.words
    parts: list[Any] = []
    try:
        day = chosen_day(lake, table, query.get("day", ""), words)
        known = [str(name) for name in lake.read(table.name).select(table.key[0]).unique().collect().to_series().sort()]
        at = query.get("at") or known[0]
        parts = [
            choice(table, known, at, day, words),
            cell(lake, table, query, words),
            rows(lake, table, at, day, words),
        ]
    except InputError as error:
        parts = [ui.notice(error.message, *filter(None, [error.hint]))]
    opened = any(query.get(name) for name in ("at", "day", "cell"))
    return ui.fold(
        words("data.look"), html.P(words("data.look_why"), className="note"), *parts, open=opened, id="rows",
        hint=words("data.look_hint"),
    )  # fmt: skip


def chosen_day(lake: Lake, table: Table, said: str, words: Words) -> date | None:
    """The day in the address, else the last one that has rows; None for a register. InputError where it is no day."""
    if table.time is None:
        return None
    if said:
        try:
            return date.fromisoformat(said)
        except ValueError:
            raise InputError(words("data.no_day", said=said)) from None
    last = lake.read(table.name).select(pl.col(table.time).max()).collect().item()
    return last if not isinstance(last, datetime) else local(pl.Series([last]), table)[0]


def local(moments: pl.Series, table: Table) -> pl.Series:
    """The local day of instants; one at midnight ends the day before."""
    return moments.dt.convert_time_zone(table.zone).dt.offset_by("-1us").dt.date()


def choice(table: Table, known: list[str], at: str, day: date | None, words: Words) -> html.Form:
    """Series and day to choose, and the way to the day before and after."""
    fields: list[Any] = [
        dcc.Input(type="hidden", name="table", value=table.name),
        html.Label(words.both(table.columns[table.key[0]]), htmlFor="rows-at"),
        dcc.Input(id="rows-at", name="at", value=at, list="rows-known", className="short"),
        html.Datalist([html.Option(value=name) for name in known], id="rows-known"),
    ]
    if day is not None:
        step = timedelta(days=31 if monthly(table) else 1)
        fields += [
            html.Label(words("data.day"), htmlFor="rows-day"),
            dcc.Input(id="rows-day", name="day", value=day.isoformat(), className="short", pattern=r"\d{4}-\d\d-\d\d"),
            html.Button(words("data.show"), type="submit", className="button"),
            dcc.Link(words("data.before"), href=address(table, at, day - step), className="button"),
            dcc.Link(words("data.after"), href=address(table, at, day + step), className="button"),
        ]
    return html.Form(fields, action="/data", method="GET", className="filters")


def monthly(table: Table) -> bool:
    """Whether a row is a day, so that a month is shown."""
    return table.time is not None and table.columns[table.time].type == "date"


def address(table: Table, at: str, day: date | None, row: str = "", column: str = "") -> str:
    """The page with these rows, and a cell opened where one is named."""
    query = {"table": table.name, "at": at, "day": day.isoformat() if day else "", "row": row, "cell": column}
    return f"/data?{urlencode({name: value for name, value in query.items() if value})}#{'cell' if column else 'rows'}"


def rows(lake: Lake, table: Table, at: str, day: date | None, words: Words) -> Any:
    """The table of cells."""
    frame = lake.read(table.name)
    if day is not None:  # a register is short: all of it
        frame = frame.filter(pl.col(table.key[0]) == at)
        time = pl.col(str(table.time))
        if monthly(table):
            frame = frame.filter(time.dt.year() == day.year, time.dt.month() == day.month)
        else:
            midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(table.zone)).astimezone(UTC)
            frame = frame.filter(time > midnight, time <= midnight + timedelta(days=1))
    found = frame.sort(table.key).head(MOST).collect()
    if found.is_empty():
        return html.P(words("data.no_rows"), className="note")
    body = []
    for row in found.rows(named=True):
        name = KEY.join(said(row[part]) for part in table.key)
        cells: list[Any] = [shown(row[part], words) for part in table.key]
        for column in (column for column in table.columns if column not in table.key):
            link = dcc.Link(shown(row[column], words), href=address(table, at, day, name, column), className="quiet")
            mark = told(row.get(f"q_{column}"), words, usual=False)
            cells.append(html.Span([link, " ", html.Small(mark)] if mark else link, className="nowrap"))
        body.append(cells)
    heads = [words.both(column) for column in table.columns.values() if column.name in table.key]
    heads += [words.both(column) for column in table.columns.values() if column.name not in table.key]
    return ui.rows(heads, body, numbers=range(len(table.key), len(heads)))


def said(value: object) -> str:
    """A part of a key in an address."""
    return value.isoformat() if isinstance(value, date) else str(value)


def shown(value: object, words: Words) -> str:
    """A cell for people: instants on the county's clock, numbers without a needless tail, a dash for none."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return words("data.yes" if value else "data.no")
    if isinstance(value, datetime):
        return f"{words.local(value):%Y-%m-%d %H:%M}"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def told(flag: int | None, words: Words, usual: bool = True) -> str:
    """A flag in words; where `usual` is false nothing is said of original good values and of unchecked ones."""
    meant = meaning(flag or 0)
    if meant is None:
        return words("data.unchecked") if usual else ""
    origin, sure = meant
    kept = [key for key, common in ((origin, "original"), (sure, "good")) if usual or key != common]
    return " ".join(words(f"data.{key}") for key in kept)


def cell(lake: Lake, table: Table, query: dict[str, str], words: Words) -> html.Section | None:
    """What the cell in the address has held, and for those who may the means to replace that and take it back."""
    column, row = query.get("cell", ""), query.get("row", "")
    if not column:
        return None
    key = dict(zip(table.key, row.split(KEY), strict=False))
    held = lake.cell(table.name, key, column)
    body = [
        [
            words.moment(version["known_at"]),
            shown(version["value"], words),
            told(version["flag"], words),
            version["who"] or version["source"],
            version["why"] or "—",
        ]
        for version in held.reverse().to_dicts()
    ]
    heads = [words(f"data.cell_{head}") for head in ("known", "value", "flag", "from", "why")]
    unit = table.columns[column].unit
    title = (
        f"{' · '.join(place(table, key, words))} · {words.both(table.columns[column])}{f' ({unit})' if unit else ''}"
    )
    may = current_user().may("correct", table.bureau)
    form = editor(held, words) if may else html.P(words("data.cell_not_allowed"), className="note")
    state = {"table": table.name, "key": key, "column": column, "versions": held.height}
    parts = [ui.rows(heads, body, numbers=(1,)), form, html.Div(id="cell-said", role="status")]
    return ui.panel(title, *parts, dcc.Store(id="cell-state", data=state), id="cell")


def place(table: Table, key: dict[str, str], words: Words) -> list[str]:
    """The key of a row for people."""
    typed = {"datetime": lambda text: shown(datetime.fromisoformat(text), words)}
    return [typed.get(table.columns[part].type, str)(value) for part, value in key.items()]


def editor(held: pl.DataFrame, words: Words) -> html.Div:
    """The new value, the reason, and the two acts."""
    last = held["value"][-1]
    fields = [
        html.Label([words("data.cell_new"), dcc.Input(
            id="cell-value", type="text", value="" if last is None else shown(last, words), autoComplete="off",
        )]),
        html.Label([words("data.cell_reason"), dcc.Input(id="cell-reason", type="text", maxLength=200)],
                   className="wide"),
    ]  # fmt: skip
    by_hand = held["who"][-1] is not None
    buttons = [
        html.Button(words("data.cell_confirm"), id="cell-confirm", className="button main"),
        html.Button(words("data.cell_undo"), id="cell-undo", className="button", disabled=not by_hand),
    ]
    note = html.P(words("data.cell_note"), className="small")
    return html.Div([html.Div(fields, className="form two-fields"), html.Div(buttons, className="actions"), note])


@callback(
    Output("cell-said", "children"),
    Output("_pages_location", "search", allow_duplicate=True),
    Input("cell-confirm", "n_clicks"),
    Input("cell-undo", "n_clicks"),
    State("cell-value", "value"),
    State("cell-reason", "value"),
    State("cell-state", "data"),
    State("_pages_location", "search"),
    prevent_initial_call=True,
)
def act(confirm: Any, undo: Any, value: str | None, reason: str | None, state: dict[str, Any], search: str) -> Any:
    """Replace the value or take the newest correction back; both are audited and none overwrites what stood there."""
    if not dash.ctx.triggered or not dash.ctx.triggered[0]["value"]:
        raise dash.exceptions.PreventUpdate
    words = reader().words
    table = readable(state["table"])
    where = (table.name, state["key"], state["column"])
    try:
        user = require("correct", table.bureau)
        held = Lake().cell(*where)
        if held.height != state["versions"]:
            raise Refused(words("data.cell_changed"), words("data.cell_reload"))
        if len((reason or "").strip()) < correction.SHORTEST:
            raise InputError(words("data.cell_reason_needed", n=correction.SHORTEST))
        by = (reason or "", user.name, user.address)
        if dash.ctx.triggered_id == "cell-undo":
            try:
                done = correction.undo(*where, *by)
            except InputError:
                raise InputError(words("data.cell_nothing")) from None
        else:
            done = correction.correct(*where, typed(table, state["column"], value or "", held, words), *by)
    except BrokenContract:
        column = table.columns[state["column"]]
        kind, limits = words(f"data.type_{column.type}"), data_parts.limits(column)
        return ui.notice(words("data.cell_refused", type=kind, range=limits)), dash.no_update
    except WorkbenchError as refusal:
        return ui.notice(refusal.message, *filter(None, [refusal.hint])), dash.no_update
    kept = "&".join(part for part in search.lstrip("?").split("&") if not part.startswith("done="))
    return None, f"?{kept}&done={done.known_at.timestamp():.0f}-{confirm or 0}-{undo or 0}"


def typed(table: Table, column: str, value: str, held: pl.DataFrame, words: Words) -> str:
    """A value as typed, for the contract: yes and no as the page shows them. InputError where it changes nothing."""
    value, last = value.strip(), held["value"][-1]
    if value == ("" if last is None else shown(last, words)):
        raise InputError(words("data.cell_same"))
    if table.columns[column].type != "boolean":
        return value
    return {words("data.yes"): "true", words("data.no"): "false"}.get(value, value)
