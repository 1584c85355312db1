"""The part of the rooms page that speaks with a room's device process: mode, plan, and the log of every action."""

from datetime import datetime, timedelta
from typing import Any

import plotly.graph_objects as go
from dash import dcc, html

from dashboards import components as ui
from dashboards import rooms_facts as facts
from dashboards.rooms_parts import mode, named
from dashboards.rooms_view import Scene
from workbench.control.equipment import DEVICES
from workbench.control.safety import MODES
from workbench.present.chart import base, clock
from workbench.present.palette import SERIES
from workbench.present.words import Words, texts

KINDS = ("action", "alarm", "clear", "mode", "command", "acknowledge", "link", "process")


def control(scene: Scene, may: bool) -> html.Section:
    """The mode with its end, what the devices are told and what would be advised, and the form that hands over."""
    words, one = scene.words, scene.here
    notes = html.P(words("rooms.mode_note"), className="note")
    if one.live is None:
        none = html.P([words("rooms.mode_none"), " ", html.Code(f"workbench control {scene.room}")])
        return ui.panel(words("rooms.mode"), none, notes, id="rooms-mode")
    until = one.live.get("until")
    shown = words(f"rooms.mode_{mode(one)}")
    ends = words("rooms.until", time=words.moment(datetime.fromisoformat(until))) if until else ""
    rows = [
        [named(device, words), share(one.live["commands"][k]), share(one.live["allowed"][k])]
        for k, device in enumerate(DEVICES)
    ]
    table = ui.rows([words(f"rooms.{name}") for name in ("device", "commanded", "allowed")], rows, numbers=(1, 2))
    return ui.panel(
        words("rooms.mode"),
        html.P(html.Strong(f"{shown} {ends}", className="do")),
        table,
        form(scene) if may else None,
        html.Div(id="rooms-posted", role="status"),
        notes,
        id="rooms-mode",
    )


def share(value: float | None) -> str:
    """A duty as a percent; a dash where the device is left alone."""
    return "—" if value is None else f"{value:.0%}"


def form(scene: Scene) -> html.Div:
    """Mode, minutes, reason, and the button."""
    words = scene.words
    options = [{"label": words(f"rooms.mode_{name}"), "value": name} for name in MODES]
    fields = [
        html.Label([words("rooms.minutes"), dcc.Input(id="rooms-minutes", type="number", min=1, max=20160, value=480)]),
        html.Label([words("rooms.reason"), dcc.Input(id="rooms-reason", type="text", maxLength=200)], className="wide"),
        html.Button(words("rooms.grant"), id="rooms-grant", className="button main big"),
    ]
    choice = dcc.RadioItems(id="rooms-mode-wanted", options=options, value="advice", className="choices")
    return html.Div([choice, html.Div(fields, className="form"), dcc.Store(id="rooms-room", data=scene.room)])


def plan(scene: Scene) -> html.Details:
    """Why the controller does what it does: the outputs it plans and the air that it foresees."""
    words, live = scene.words, scene.here.live
    steps = (live or {}).get("plan") or []
    if not steps:
        return ui.fold(words("rooms.plan"), html.P(words("rooms.no_plan")))
    return ui.fold(words("rooms.plan"), ui.chart(drawn(scene, steps), scene.seen, words("rooms.plan"), "rooms-plan"))


def drawn(scene: Scene, steps: list[dict[str, Any]]) -> go.Figure:
    """Planned outputs as steps, the foreseen temperature as a line on its own axis."""
    words = scene.words
    figure = base(320, legend=True)
    times = clock([datetime.fromisoformat(step["from"]) for step in steps], words.zone)
    ends = times[-1] + timedelta(minutes=steps[-1]["minutes"])
    for k, device in enumerate(DEVICES):
        values = [100 * step["duty"][k] for step in steps]
        figure.add_scatter(
            x=[*times, ends],
            y=[*values, values[-1]],
            mode="lines",
            line={"shape": "hv", "color": SERIES[k], "width": 2},
            name=named(device, words),
        )
    warmth = [step["t"] for step in steps]
    figure.add_scatter(
        x=times,
        y=warmth,
        mode="lines",
        line={"dash": "dot", "color": SERIES[5], "width": 2},
        yaxis="y2",
        name=words("rooms.plan_t"),
    )
    figure.update_layout(
        yaxis={"title": words("rooms.plan_duty"), "range": [0, 105]},
        yaxis2={"title": "°C", "overlaying": "y", "side": "right", "showgrid": False},
    )
    return figure


def reason(row: dict[str, Any], words: Words) -> str:
    """Why, in the reader's language as far as it is the device's own word; what people wrote stays as it is."""
    text = str(row["reason"] or "")
    for key in (f"rooms.alarm_{text}", f"rooms.why_{text.replace(' ', '_')}"):
        if key in texts(words.language):
            return words(key)
    return text


def by(person: str, words: Words) -> str:
    """Who or what: a name as it is, a mode and the device in the reader's language."""
    key = f"rooms.mode_{person}"
    return words(key) if key in texts(words.language) else words("rooms.device") if person == "device" else person


def log(scene: Scene) -> html.Details:
    """The newest actions of the room."""
    words = scene.words
    rows = facts.actions(scene, scene.room).rows(named=True)
    body = [
        [
            words.moment(row["time"]) if row["time"] else "—",
            words(f"rooms.log_{row['kind']}") if row["kind"] in KINDS else row["kind"],
            by(named(row["what"], words), words),
            by(row["wanted"] or "", words),
            by(row["given"] or "", words),
            reason(row, words),
            by(row["person"] or "", words),
        ]
        for row in rows
    ]
    heads = [words(f"rooms.log_{name}") for name in ("time", "kind", "what", "wanted", "given", "reason", "person")]
    return ui.fold(words("rooms.log"), ui.rows(heads, body), hint=str(len(body)))
