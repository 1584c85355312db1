"""Publishing: what the machine issued, what forecasters made of it, and who signed; every step kept."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import dash
import polars as pl
from dash import Input, Output, State, callback, dcc, html

from dashboards import components as ui
from dashboards.air_view import PRODUCT, Outlook
from dashboards.auth import current_user, note, require
from dashboards.reader import reader
from workbench.errors import Refused, WorkbenchError
from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.operate.archive import Archive
from workbench.present.words import Words
from workbench.science import air
from workbench.science.air_outlook import level_chances

BUREAU = "environment"


def panel(archive: Archive, view: Outlook, today: date, words: Words) -> html.Details:
    """Status, its record, and for forecasters the means to revise, sign and take back."""
    may = current_user().may("revise", BUREAU)
    steps = archive.issues(PRODUCT, "product").filter(pl.col("issued_at") == view.issue["issued_at"])
    body = [
        [
            words(f"state.{row['status']}"),
            "—" if row["who"] == "machine" else row["who"],
            words.moment(row["written_at"]),
            row["note"] or "—",
        ]
        for row in steps.sort("written_at", descending=True).rows(named=True)
    ]
    heads = [words("air.status"), words("air.who"), words("air.when"), words("air.reason")]
    form = editor(view, today, words) if may else html.P(words("air.no_right"), className="note")
    return ui.fold(
        words("air.status"),
        ui.rows(heads, body),
        form,
        html.Div(id="air-said", role="status"),
        hint=words(f"state.{view.issue['status']}"),
    )


def editor(view: Outlook, today: date, words: Words) -> Any:
    """Day, range, reason; revise, sign, take back."""
    days = view.days.filter(pl.col("date") >= today)
    first = days.row(min(1, days.height - 1), named=True)
    signed = view.issue["status"] == "signed"
    fields = [
        html.Label([words("air.revise_day"), dcc.Dropdown(
            [{"label": words.day(day), "value": day.isoformat()} for day in days["date"]],
            first["date"].isoformat(), id="air-day", clearable=False, searchable=False,
        )]),
        bound("low", first["aqi_low"], words),
        bound("high", first["aqi_high"], words),
        html.Label([words("air.reason"), dcc.Input(id="air-reason", type="text", maxLength=200)], className="wide"),
    ]  # fmt: skip
    buttons = [
        html.Button(words("air.revise"), id="air-revise", className="button main", disabled=signed),
        html.Button(words("air.undo"), id="air-undo", className="button", disabled=view.issue["status"] != "revised"),
        html.Button(words("air.sign"), id="air-sign", className="button", disabled=signed),
    ]
    shown = dcc.Store(id="air-issued", data=view.issue["issued_at"].isoformat())
    return html.Div([html.Div(fields, className="form"), html.Div(buttons, className="actions"), shown])


def bound(side: str, value: float, words: Words) -> html.Label:
    """The field of one end of the range."""
    field = dcc.Input(id=f"air-{side}", type="number", min=0, max=500, step=1, value=round(value))
    return html.Label([words(f"air.revise_{side}"), field])


def moved(row: dict[str, Any], low: float, high: float) -> dict[str, float]:
    """The day's quantiles laid into a new 80 % range, each in its place between q10 and q90, and p1 … p6 from them.

    >>> row = {name: 50 + 50 * level for name, level in zip(QUANTILES, LEVELS)}
    >>> new = moved(row, 80, 120)
    >>> new["q10"], new["q50"], new["q90"]
    (80.0, 100.0, 120.0)
    >>> round(new["p2"], 3)  # the share below 100.5
    0.51
    """
    width = row["q90"] - row["q10"] or 1.0
    place = {name: (row[name] - row["q10"]) / width for name in QUANTILES}
    if row["q90"] == row["q10"]:
        place = {name: (level - 0.1) / 0.8 for name, level in zip(QUANTILES, LEVELS, strict=True)}
    new = {name: min(max(round(low + share * (high - low), 6), 0.0), 500.0) for name, share in place.items()}
    return new | level_chances(list(new.values()), LEVELS)


@callback(
    Output("air-said", "children"),
    Output("_pages_location", "search", allow_duplicate=True),
    Input("air-revise", "n_clicks"),
    Input("air-sign", "n_clicks"),
    Input("air-undo", "n_clicks"),
    State("air-day", "value"),
    State("air-low", "value"),
    State("air-high", "value"),
    State("air-reason", "value"),
    State("air-station", "data"),
    State("air-issued", "data"),
    prevent_initial_call=True,
)
def act(revise: Any, sign: Any, undo: Any, *form: Any) -> Any:
    """Revise a day's range, take the revisions back, or sign; each is audited, none overwrites what was issued."""
    day, low, high, reason, station, issued = form
    if not dash.ctx.triggered or not dash.ctx.triggered[0]["value"]:
        raise dash.exceptions.PreventUpdate
    words = reader().words
    why = (reason or "").strip()
    try:
        who = require("revise", BUREAU).name
        done = {"air-revise": _revise, "air-undo": _undo, "air-sign": _sign}[str(dash.ctx.triggered_id)]
        said, error = done(words, who, why, What(datetime.fromisoformat(issued), station, day, low, high))
    except WorkbenchError as refusal:
        return ui.notice(refusal.message, refusal.hint), dash.no_update
    if error:
        return html.P(said, className="bad"), dash.no_update
    note(str(dash.ctx.triggered_id).replace("air-", ""), f"{PRODUCT} {station} {day}")
    return html.P(said), f"?station={station}&done={dash.ctx.triggered_id}-{revise or 0}-{undo or 0}-{sign or 0}"


@dataclass(frozen=True)
class What:
    """What was on the forecaster's screen: the issue, the station, and the fields."""

    issued_at: datetime
    station: str
    day: str
    low: Any
    high: Any


def _shown(archive: Archive, words: Words, what: What) -> pl.DataFrame:
    """The newest issue; Refused where it is not the one on the screen."""
    present = archive.product(PRODUCT)
    if present["issued_at"][0] != what.issued_at:
        newest = words.moment(present["issued_at"][0])
        raise Refused(words("air.not_newest", shown=words.moment(what.issued_at), newest=newest), words("air.reload"))
    return present


def _revise(words: Words, who: str, why: str, what: What) -> tuple[str, bool]:
    low, high, day = what.low, what.high, date.fromisoformat(what.day)
    if len(why) < 4:
        return words("air.reason_needed"), True
    if low is None or high is None or not 0 <= low <= high <= 500:
        return words("air.range_needed"), True
    archive = Archive()
    mine = _shown(archive, words, what).filter(pl.col("station") == what.station, pl.col("date") == day)
    new: dict[str, Any] = {"station": [what.station], "date": [day]}
    new |= {name: [value] for name, value in moved(mine.row(0, named=True), low, high).items()}
    archive.revise(PRODUCT, pl.DataFrame(new), who, why, kind="product")
    return words("air.revised_done"), False


def _undo(words: Words, who: str, why: str, what: What) -> tuple[str, bool]:
    """Restate the machine's values as the newest revision: the record keeps both."""
    archive = Archive()
    present = _shown(archive, words, what)
    if present["status"][0] != "revised":
        return words("air.nothing_to_undo"), True
    every = archive.read(PRODUCT, present["issued_at"][0], "product")
    machine = every.filter(pl.col("status") == "machine", pl.col("issued_at") == present["issued_at"][0])
    edits = machine.select("station", "date", *QUANTILES, *(f"p{level.number}" for level in air.LEVELS))
    archive.revise(PRODUCT, edits, who, why or words("air.undo"), kind="product")
    return words("air.undone"), False


def _sign(words: Words, who: str, why: str, what: What) -> tuple[str, bool]:
    archive = Archive()
    _shown(archive, words, what)
    archive.sign(PRODUCT, who, why, kind="product")
    return words("air.signed_done"), False
