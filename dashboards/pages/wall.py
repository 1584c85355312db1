"""The wall: no scrolling, legible from three metres, turning by itself through every page that has slides."""

from typing import Any

import dash
from dash import Input, Output, State, callback, dcc, html

from dashboards import components as ui
from dashboards.reader import Reader, reader
from workbench.errors import MissingData

SECONDS = 20

dash.register_page(__name__, path="/wall", order=99, title="大屏 Wall", name="Wall")


def layout(**query: str) -> html.Div:
    """The first turn; the clock brings the next."""
    seen = reader(query)
    return html.Div(
        [
            html.Div(shown(seen, 0), id="wall-shown", className="wall"),
            dcc.Interval(id="wall-clock", interval=SECONDS * 1000),
            dcc.Store(id="wall-language", data=seen.language),
        ]
    )


def shown(seen: Reader, turn: int) -> list[Any]:
    """The slide of a turn: pages take turns, each going through its own charts."""
    slides = [page["wall"] for page in dash.page_registry.values() if page.get("wall")]
    for offset in range(len(slides)):
        try:
            return slides[(turn + offset) % len(slides)](seen, turn // len(slides))
        except MissingData:
            continue
    return [ui.empty(seen.words("state.empty_title"), "", "workbench up", seen.words)]


@callback(
    Output("wall-shown", "children"),
    Input("wall-clock", "n_intervals"),
    State("wall-language", "data"),
    prevent_initial_call=True,
)
def turn(passed: int, language: str) -> list[Any]:
    """The next slide, with the data of now."""
    return shown(reader({"lang": language}), passed or 0)
