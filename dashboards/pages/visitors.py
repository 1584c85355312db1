"""The commerce and tourism bureau's page: how many come, where it gets tight, what to provide."""

from datetime import date
from typing import Any

import dash
import polars as pl
from dash import Input, Output, State, callback, dcc, html

from dashboards import components as ui
from dashboards import visitors_more as more
from dashboards import visitors_parts as parts
from dashboards import visitors_view as view
from dashboards.export import download
from dashboards.memory import remembered
from dashboards.reader import Reader, reader
from dashboards.visitors_glance import glance
from dashboards.visitors_view import COUNTY, If, Scene
from dashboards.wall_slide import framed
from workbench.errors import InputError, MissingData, UnknownName, WorkbenchError
from workbench.operate import verify
from workbench.present.sentences import Clause
from workbench.present.words import Words

FIELDS = [(item, name) for item in view.ITEMS for name in ("serves", "cost", "loss")]


def headline(words: Words) -> tuple[tuple[Clause, ...], html.Div, bool]:
    """For the home page: the county's sentence and cards, and whether it is sample data."""
    scene = view.scene(Reader(words))
    kept = remembered((*scene.key, "headline"), lambda: (parts.clauses(scene), parts.cards(scene)))
    return *kept, bool(scene.issue["sample"])


def slide(seen: Reader, turn: int) -> list[Any]:
    """On the wall: the county first, then area by area; MissingData where nothing was issued."""
    county = view.scene(seen)
    areas = [COUNTY, *county.rows.filter(pl.col("area") != COUNTY)["area"].unique().sort()]
    scene = view.scene(seen, areas[turn % len(areas)])
    head = (seen.words("visitors.title"), scene.today)
    said, cards = parts.clauses(county), parts.cards(county)
    return remembered((*scene.key, "wall"), lambda: framed(seen, head, scene.issue, said, cards, parts.figure(scene)))


dash.register_page(
    __name__, path="/visitors", order=3, title="游客 Visitors", name="Visitors", name_zh="游客", name_en="Visitors",
    bureau="commerce_tourism", headline=headline, wall=slide,
)  # fmt: skip


def layout(**query: str) -> html.Div:
    """The page for the area in the address; what is missing is said, and how to bring it."""
    seen = reader(query)
    words = seen.words
    try:
        scene = view.scene(seen, query.get("area", COUNTY))
    except UnknownName:
        scene = view.scene(seen)
    except MissingData:
        command = words("visitors.empty_command")
        return ui.page(ui.empty(words("state.empty_forecast"), words("visitors.empty_body"), command, words))
    asked = tuple(sorted((name, str(value)) for name, value in query.items()))
    wrong = refused(scene, query)
    shown = {} if wrong else query
    said, kept = remembered((*scene.key, bool(wrong), asked), lambda: (parts.clauses(scene), sections(scene, shown)))
    upto, old = view.age(scene.lake)
    return ui.page(
        top(scene, said),
        ui.stale(upto, words) if old and upto is not None else None,
        wrong,
        *kept,
        dcc.Store(id="visitors-area", data=scene.area),
        stale=old,
    )


def sections(scene: Scene, query: dict[str, str]) -> list[Any]:
    """Everything that depends on the data and the address alone."""
    return [
        parts.cards(scene),
        glance(scene),
        parts.chart(scene),
        parts.table(scene, export(scene.words)),
        parts.plan(scene, given(query)),
        more.planner(scene),
        more.calendar(scene, more.asked_year(query, scene.today), "year" in query),
        more.drivers(scene),
        more.what_if(scene),
        more.findings(scene),
        more.monthly(scene),
        more.record(scene),
    ]


def refused(scene: Scene, query: dict[str, str]) -> html.Div | None:
    """What is wrong with the costs in the address; the page then stands with the usual ones."""
    try:
        view.plan(scene.rows, view.costs(given(query)))
    except InputError as error:
        return ui.notice(error.message, error.hint)
    return None


def given(query: dict[str, str]) -> dict[str, float]:
    """Costs in the address; what is no number is passed over."""
    found = {}
    for item, name in FIELDS:
        text = query.get(f"{item}_{name}", "")
        try:
            found[f"{item}_{name}"] = float(text)
        except ValueError:
            continue
    return found


def export(words: Words) -> html.Div:
    """The buttons that save the list."""
    buttons = [
        html.Button(words(f"export.{kind}"), id=f"visitors-{kind}", className="button") for kind in ("csv", "xlsx")
    ]
    return html.Div([*buttons, dcc.Download(id="visitors-file")], className="actions")


def top(scene: Scene, said: Any) -> html.Section:
    """Badges, sentence, passport, areas."""
    words, issue = scene.words, scene.issue
    badges: list[Any] = [ui.sample_badge(words)] if issue["sample"] else []
    if issue["level"]:
        badges.append(ui.badge(words("state.degraded"), warn=True, title=issue["reason"]))
    badges += [ui.badge(words(f"state.{issue['status']}")), ui.badge(words("visitors.ticketed"))]
    areas = [COUNTY, *scene.rows.filter(pl.col("area") != COUNTY)["area"].unique().sort()]
    links = [
        dcc.Link(scene.name(a), href=f"/visitors?area={a}", className="badge here" if a == scene.area else "badge")
        for a in areas
    ]
    switch = html.Nav(links, className="badges", **ui.aria(words("visitors.area")))
    below = html.Div([ui.passport(issue, verify.coverage(view.PRODUCT), words), switch], className="below")
    return ui.headline(words("visitors.title"), said, badges, below)


@callback(
    Output("visitors-planned", "children"),
    Input("visitors-recompute", "n_clicks"),
    [State(f"visitors-{item}-{name}", "value") for item, name in FIELDS],
    prevent_initial_call=True,
)
def recompute(_: int, *values: float | None) -> Any:
    """The plan by the costs typed in."""
    costs = {
        f"{item}_{name}": float(value) for (item, name), value in zip(FIELDS, values, strict=True) if value is not None
    }
    seen = reader()
    try:
        scene = view.scene(seen)
        return parts.planned(scene, view.costs(costs))
    except WorkbenchError as error:
        return ui.notice(str(error))


@callback(
    Output("visitors-if-told", "children"),
    Input("visitors-if-go", "n_clicks"),
    State("visitors-if-day", "value"),
    State("visitors-if", "value"),
    State("visitors-if-price", "value"),
    State("visitors-if-elasticity", "value"),
    State("visitors-area", "data"),
    prevent_initial_call=True,
)
def ask(_: int, day: str, marks: list[str], price: float | None, elasticity: float | None, area: str) -> Any:
    """A day as it would be."""
    seen = reader()
    try:
        change = If(
            "rain" in marks,
            "event" in marks,
            "closed" in marks,
            (price or 0.0) / 100,
            -0.5 if elasticity is None else elasticity,
        )
        return more.otherwise(view.what_if(view.scene(seen, area), date.fromisoformat(day), change), seen.words)
    except (WorkbenchError, ValueError) as error:
        return ui.notice(str(error))


@callback(
    Output("visitors-file", "data"),
    Input("visitors-csv", "n_clicks"),
    Input("visitors-xlsx", "n_clicks"),
    prevent_initial_call=True,
)
def save(csv: int | None, xlsx: int | None) -> Any:
    """The list as a file, every row with its issue, status and the nature of its data."""
    if not (csv or xlsx):
        raise dash.exceptions.PreventUpdate
    seen = reader()
    scene = view.scene(seen)
    kind = str(dash.ctx.triggered_id).removeprefix("visitors-")
    return download(
        scene.rows.drop("sample", "status", strict=False), scene.issue, "visitors_outlook", kind, seen.words
    )
