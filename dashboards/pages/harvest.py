"""The agricultural bureau's page: how much fruit, when, with what risk, and how far to trust it."""

import base64
from typing import Any

import dash
from dash import Input, Output, State, callback, dcc, html

from dashboards import components as ui
from dashboards import entry_form, harvest_wall
from dashboards import harvest_ask as ask
from dashboards import harvest_files as files
from dashboards import harvest_more as more
from dashboards import harvest_parts as parts
from dashboards import harvest_view as view
from dashboards.harvest_view import Scene
from dashboards.memory import remembered
from dashboards.reader import Reader, reader
from workbench.errors import MissingData, UnknownName, WorkbenchError
from workbench.present.sentences import Clause
from workbench.present.words import Words, percent
from workbench.science.harvest import ALL


def headline(words: Words) -> tuple[tuple[Clause, ...], html.Div, bool]:
    """For the home page: the county's sentence and cards, and whether it is sample data."""
    scene = view.scene(Reader(words))
    kept = remembered((*scene.key, "headline"), lambda: (parts.clauses(scene), parts.cards(scene)))
    return *kept, bool(scene.issue["sample"])


dash.register_page(
    __name__, path="/harvest", order=2, title="脐橙采收 Orange harvest", name="Orange harvest", name_zh="脐橙采收",
    name_en="Orange harvest", bureau=view.BUREAU, headline=headline, wall=harvest_wall.slide,
)  # fmt: skip


def layout(**query: str) -> html.Div:
    """The page for the town in the address; what is missing is said, and how to bring it."""
    seen = reader(query)
    words = seen.words
    entry = entry_form.panel(view.ENTERED, seen, query, "/harvest")
    try:
        scene = view.scene(seen, query.get("town", ALL))
    except UnknownName:
        scene = view.scene(seen)
    except MissingData:
        command = words("harvest.empty_command")
        return ui.page(ui.empty(words("state.empty_forecast"), words("harvest.empty_body"), command, words), entry)
    asked = tuple(sorted((name, str(value)) for name, value in query.items() if name != "entry"))
    said, kept = remembered((*scene.key, asked), lambda: (parts.clauses(scene), sections(scene, query)))
    old = view.old(scene)
    due = words.day(scene.issue["due"])
    return ui.page(
        top(scene, said),
        ui.notice(words("harvest.due_old", day=due), words("state.stale_action")) if old else None,
        *kept,
        entry,
        dcc.Store(id="harvest-town", data=scene.town),
        stale=old,
    )


def sections(scene: Scene, query: dict[str, str]) -> list[Any]:
    """Everything that depends on the data and the address alone."""
    return [
        parts.cards(scene),
        parts.funnel(scene),
        parts.towns(scene, export(scene.words)),
        parts.split(scene),
        more.hazards(scene),
        more.flow(scene),
        ask.what_if(scene),
        ask.planning(scene, query),
        ask.insurance(scene, query),
        more.sizes(scene),
        more.similar(scene),
        more.record(scene),
    ]


def export(words: Words) -> html.Div:
    """The buttons that save the workbook and the bulletin."""
    buttons = [html.Button(words(f"harvest.{kind}"), id=f"harvest-{kind}", className="button") for kind in files.KINDS]
    return html.Div([*buttons, dcc.Download(id="harvest-file")], className="actions")


def top(scene: Scene, said: Any) -> html.Section:
    """Badges, sentence, passport, the way to the county."""
    words, issue = scene.words, scene.issue
    badges: list[Any] = [ui.sample_badge(words)] if issue["sample"] else []
    if issue["level"]:
        badges.append(ui.badge(words("state.degraded"), warn=True, title=issue["reason"] or ""))
    badges += [ui.badge(words(f"state.{issue['status']}")), ui.badge(words("harvest.due", day=words.day(issue["due"])))]
    if scene.town != ALL:
        badges += [html.Span(scene.town, className="badge here"),
                   dcc.Link(words("harvest.all_towns"), href="/harvest", className="badge")]  # fmt: skip
    held = view.coverage(scene)
    told = None if held is None else words("harvest.covered", share=percent(held))
    return ui.headline(words("harvest.title", crop=scene.crop), said, badges, ui.passport(issue, told, words))


@callback(
    Output("harvest-if-told", "children"),
    Input("harvest-if-go", "n_clicks"),
    State("harvest-town", "data"),
    *[State(f"harvest-if-{name}", "value") for name in ask.IFS],
    prevent_initial_call=True,
)
def what_if(_: int, town: str, *given: Any) -> Any:
    """The harvest as it would be."""
    try:
        scene = view.scene(reader(), town)
        wanted = view.change(dict(zip(ask.IFS, given, strict=True)))
        return ask.otherwise(scene, view.otherwise(scene, wanted))
    except WorkbenchError as error:
        return ui.notice(error.message, error.hint)


@callback(
    Output("harvest-in-told", "children"),
    Input("harvest-in-go", "n_clicks"),
    *[State(f"harvest-in-{name}", "value") for name in ask.TERMS],
    prevent_initial_call=True,
)
def insure(_: int, *given: Any) -> Any:
    """What the reader's policy would pay."""
    return ask.paid_or_told(view.scene(reader()), dict(zip(ask.TERMS, given, strict=True)))


@callback(
    Output("harvest-plan-told", "children"),
    Input("harvest-plan-go", "n_clicks"),
    *[State(f"harvest-plan-{name}", "value") for name in ask.RATES],
    prevent_initial_call=True,
)
def plan(_: int, *given: Any) -> Any:
    """Hands, stores and lorries at the reader's rates."""
    return ask.planned_or_told(view.scene(reader()), dict(zip(ask.RATES, given, strict=True)))


@callback(
    Output("harvest-file", "data"),
    Input("harvest-book", "n_clicks"),
    Input("harvest-bulletin", "n_clicks"),
    prevent_initial_call=True,
)
def save(book: int | None, bulletin: int | None) -> Any:
    """The workbook or the bulletin."""
    if not (book or bulletin):
        raise dash.exceptions.PreventUpdate
    kind = str(dash.ctx.triggered_id).removeprefix("harvest-")
    name, content = files.made(view.scene(reader()), kind)
    return {"filename": name, "content": base64.b64encode(content).decode(), "base64": True}
