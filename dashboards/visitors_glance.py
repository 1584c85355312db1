"""The next days of every area at a glance: a row an area, the tightest first, a cell a day."""

from typing import Any

from dash import dcc, html

from dashboards import components as ui
from dashboards import visitors_view as view
from dashboards.visitors_parts import figures, reach, row_id
from dashboards.visitors_view import COUNTY, Scene
from workbench.present.words import percent

WATCH = 0.2
"""A chance from which on a cell is tinted."""


def glance(scene: Scene) -> html.Section:
    """Median and chances by area and day; each cell is where the sentence leads, and tells its figures when pointed."""
    words = scene.words
    order = view.tightest(scene.rows)["area"].unique(maintain_order=True).to_list()
    days = scene.rows["date"].unique().sort().to_list()
    head = [html.Th(words("visitors.area"), scope="col")]
    head += [html.Th([words.short(day), html.Br(), words.weekday(day)], className="n", scope="col") for day in days]
    lines = []
    for area in [*order, COUNTY]:
        link = dcc.Link(scene.name(area), href=f"/visitors?area={area}")
        cells = [cell(scene, row) for row in scene.of(area).to_dicts()]
        lines.append(html.Tr([html.Th(link, scope="row"), *cells]))
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(lines)], className="rows glance")
    return ui.panel(
        words("visitors.glance"),
        html.Div(table, className="scroll"),
        html.P(words("visitors.glance_note", share=percent(WATCH)), className="note"),
    )


def cell(scene: Scene, row: dict[str, Any]) -> html.Td:
    """A day: the median, below it the chance of 80 % of the maximum where there is any."""
    tight = row["p_any"] if row["area"] == COUNTY else row["p80"]
    full = row["p_any"] if row["area"] == COUNTY else row["p100"]
    inside: list[Any] = [figures(row["q50"])]
    if tight is not None and tight >= 0.01:
        inside.append(html.Small(percent(tight)))
    tone = "full" if (full or 0) >= WATCH else "watch" if (tight or 0) >= WATCH else ""
    return html.Td(
        html.Span(inside, className="over"),
        id=row_id(row["area"], row["date"]),
        className=f"n {tone}".strip(),
        title=told(scene, row),
    )


def told(scene: Scene, row: dict[str, Any]) -> str:
    """All of a day in words: range, load, chances, bookings."""
    words = scene.words
    parts = [f"{scene.name(row['area'])} {words.day(row['date'])}", f"{words('visitors.range')} {reach(row)}"]
    if row["load"] is not None:
        parts.append(f"{words('visitors.load')} {row['load']:.0%}")
    names = ("p_any",) if row["area"] == COUNTY else ("p80", "p90", "p100", "p_best", "p_cars")
    parts += [f"{words(f'visitors.{name}')} {percent(row[name])}" for name in names if row[name] is not None]
    if row["booked"] is not None:
        parts.append(f"{words('visitors.booked')} {figures(row['booked'])}")
    return " · ".join(parts)
