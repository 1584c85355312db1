"""The sericulture station's page: a room now and in the hours to come, what to do, the batch, alarms, the log."""

from typing import Any

import dash
from dash import ALL, Input, Output, State, callback, dcc, html

from dashboards import components as ui
from dashboards import rooms_control as control
from dashboards import rooms_orders as orders
from dashboards import rooms_parts as parts
from dashboards import rooms_view as view
from dashboards.auth import current_user
from dashboards.memory import remembered
from dashboards.reader import Reader, reader
from dashboards.rooms_orders import BUREAU
from dashboards.rooms_view import Scene
from workbench.control.desk import Order
from workbench.errors import MissingData, UnknownName, WorkbenchError
from workbench.operate import verify
from workbench.present.sentences import Clause
from workbench.present.words import Words
from workbench.settings import now


def headline(words: Words) -> tuple[tuple[Clause, ...], Any, bool]:
    """For the home page: the sentence and cards of the room that needs somebody most, and whether it is sample data."""
    from dashboards import rooms_facts as facts

    first = view.scene(Reader(words))
    scene = view.scene(Reader(words), facts.county(first)["room"][0])
    kept = remembered((*scene.key, "headline"), lambda: (parts.clauses(scene), parts.cards(scene)))
    return *kept, sample(scene)


def sample(scene: Scene) -> bool:
    """Whether the rooms are made up."""
    return scene.lake.origin(view.READINGS) == "sample"


dash.register_page(
    __name__, path="/silkworms", order=4, title="蚕室 Rearing rooms", name="Rearing rooms", name_zh="蚕室",
    name_en="Rearing rooms", bureau=BUREAU, headline=headline,
)  # fmt: skip


def layout(**query: str) -> html.Div:
    """The page for the room in the address; what is missing is said, and how to bring it."""
    seen = reader(query)
    words = seen.words
    try:
        scene = view.scene(seen, query.get("room", ""))
    except UnknownName:
        scene = view.scene(seen)
    except MissingData:
        body = words("rooms.empty_body")
        return ui.page(ui.empty(words("state.empty_forecast"), body, "workbench ingest rearing_rooms FILE", words))
    may = current_user().may("revise", BUREAU)
    said, kept = remembered((*scene.key, may), lambda: (parts.clauses(scene), sections(scene, may)))
    old = scene.here.read_at if scene.here.stale else None
    return ui.page(top(scene, said), ui.stale(old, words) if old else None, *kept)


def sections(scene: Scene, may: bool) -> list[Any]:
    """Everything below the sentence: what to do stands before the charts."""
    return [
        parts.cards(scene),
        parts.todo(scene),
        parts.alarms(scene, may),
        parts.charts(scene),
        parts.batch(scene),
        control.control(scene, may),
        control.plan(scene),
        parts.county(scene),
        control.log(scene),
    ]


def top(scene: Scene, said: Any) -> html.Section:
    """Badges, sentence, passport, rooms."""
    words, issue = scene.words, scene.issue
    badges: list[Any] = [ui.sample_badge(words)] if sample(scene) else []
    if issue.get("level"):
        badges.append(ui.badge(words("state.degraded"), warn=True, title=issue["reason"]))
    mode = parts.mode(scene.here)
    badges += [ui.badge(words(f"rooms.mode_{mode}"))] if mode else []
    links = [
        dcc.Link(scene.name(r), href=f"/silkworms?room={r}", className="badge here" if r == scene.room else "badge")
        for r in scene.standing
    ]
    lines: list[Any] = []
    if scene.here.read_at is not None:
        moment = scene.here.read_at
        line = words("rooms.read_at", time=words.moment(moment), age=words.age(now() - moment))
        lines.append(html.P(line, className="small"))
    if issue:
        lines.append(ui.passport(issue, verify.coverage(view.PANEL), words))
    switch = html.Nav(links, className="badges rooms", **ui.aria(words("rooms.room")))
    return ui.headline(words("rooms.title"), said, badges, html.Div([*lines, switch], className="below"))


@callback(
    Output("rooms-acked", "children"),
    Input({"type": "rooms-ack", "room": ALL, "code": ALL, "what": ALL}, "n_clicks"),
    prevent_initial_call=True,
)
def acknowledge(clicks: list[int | None]) -> Any:
    """Keep that somebody has seen an alarm."""
    sign = dash.ctx.triggered_id
    if not sign or not any(clicks):
        raise dash.exceptions.PreventUpdate
    words = reader().words
    try:
        orders.acknowledge(sign["room"], sign["code"], sign["what"])
    except WorkbenchError as error:
        return ui.notice(str(error))
    return html.P(words("rooms.ack_done"), className="note")


@callback(
    Output("rooms-posted", "children"),
    Input("rooms-grant", "n_clicks"),
    State("rooms-mode-wanted", "value"),
    State("rooms-minutes", "value"),
    State("rooms-reason", "value"),
    State("rooms-room", "data"),
    prevent_initial_call=True,
)
def grant(clicks: int | None, mode: str, minutes: float | None, reason: str | None, room: str) -> Any:
    """Hand a mode over to the process, for a time and with a reason."""
    if not clicks:
        raise dash.exceptions.PreventUpdate
    words = reader().words
    if not (reason or "").strip():
        return ui.notice(words("rooms.reason_needed"))
    try:
        orders.post(room, Order("mode", mode, float(minutes or 0), "", str(reason), ""))
    except WorkbenchError as error:
        return ui.notice(str(error))
    return html.P(words("rooms.posted"), className="note")
