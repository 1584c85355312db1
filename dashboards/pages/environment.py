"""The environment bureau's page: how clean the air will be, how sure that is, and what it rests on."""

from datetime import timedelta
from typing import Any

import dash
import polars as pl
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html

from dashboards import air_chart, air_history, air_parts, air_record, air_status, air_view, air_why, air_year
from dashboards import components as ui
from dashboards.air_sentence import chosen, clauses, gaps, headline, warned
from dashboards.air_view import Scene
from dashboards.air_wall import slide
from dashboards.export import download
from dashboards.memory import remembered
from dashboards.reader import reader
from workbench.errors import MissingData
from workbench.lake.store import Lake
from workbench.operate import verify
from workbench.operate.archive import Archive
from workbench.present import polar
from workbench.present.palette import dress
from workbench.present.words import Words
from workbench.science.air_day import HOURLY
from workbench.settings import now

dash.register_page(
    __name__, path="/environment", order=1, title="环境空气质量 Air quality", name="Air quality",
    name_zh="环境空气", name_en="Air quality", bureau="environment", headline=headline, wall=slide,
    warm=lambda: [{"station": name} for name in air_history.stations(Lake())["station"]],
)  # fmt: skip


def layout(**query: str) -> html.Div:
    """The page for the station in the address; what is missing is said, and how to bring it."""
    seen, lake, archive = reader(query), Lake(), Archive()
    words, stations = seen.words, air_history.stations(lake)
    if stations.is_empty():
        return ui.page(ui.empty(words("state.empty_title"), words("air.empty_body"), words("air.empty_command"), words))
    station = chosen(stations, query)
    try:
        scene = air_view.scene(seen, lake, archive, station)
    except MissingData:
        body = ui.empty(words("state.empty_forecast"), words("air.empty_body"), "workbench forecast", words)
        return ui.page(switch(stations, station, words), body)
    asked = tuple(sorted((name, str(value)) for name, value in query.items() if name in air_view.FILTERS))
    said, kept = remembered((*scene.key, asked), lambda: (clauses_of(scene), parts(scene, query)))
    upto, old = air_view.age(lake, scene.name)
    return ui.page(
        top(scene, stations, said),
        ui.stale(upto, words) if old and upto is not None else None,
        *kept[:-4],
        air_status.panel(archive, scene.view, scene.today, words),
        *kept[-4:],
        dcc.Store(id="air-station", data=scene.name),
        html.Div(id="air-remembered", hidden=True),
        stale=old,
    )


def parts(scene: Scene, query: dict[str, str]) -> list[Any]:
    """Everything on the page that depends on the data alone; the last four are folded at first."""
    return [
        air_parts.cards(scene.view, scene.today, scene.words),
        gaps(scene),
        air_chart.panel(scene, query),
        table(scene),
        air_parts.chances(scene.view, air_view.shares(scene.view.days), scene.today, scene.seen),
        triggers(scene),
        *folds(scene, query),
    ]


def switch(stations: pl.DataFrame, here: dict[str, Any], words: Words) -> html.Nav:
    """The stations as links: the address says which one is shown."""
    return html.Nav(
        [
            dcc.Link(
                row[f"name_{words.language}"],
                href=f"/environment?station={row['station']}",
                className="badge here" if row["station"] == here["station"] else "badge",
            )
            for row in stations.rows(named=True)
        ],
        className="badges",
        **ui.aria(words("air.station")),
    )


def clauses_of(scene: Scene) -> Any:
    """The sentence."""
    return clauses(scene.lake, scene.archive, scene.station, scene.view, scene.words)


def top(scene: Scene, stations: pl.DataFrame, said: Any) -> html.Section:
    """Badges, sentence, passport, stations."""
    words, issue = scene.words, scene.view.issue
    badges: list[Any] = [ui.sample_badge(words)] if issue["sample"] else []
    if issue["level"] > 0:
        badges.append(ui.badge(words("state.degraded"), warn=True, title=issue["reason"]))
    badges.append(ui.badge(words(f"state.{issue['status']}")))
    held = verify.coverage(air_view.PRODUCT)
    below = html.Div([ui.passport(issue, held, words), switch(stations, scene.station, words)], className="below")
    return ui.headline(words("air.title"), said, badges, below)


def table(scene: Scene) -> html.Section:
    """The days as rows, with export."""
    words, issued_at = scene.words, scene.view.issue["issued_at"]
    daily = air_view.concentrations(scene.lake, scene.archive, issued_at, scene.name)
    buttons = [html.Button(words(f"export.{kind}"), id=f"air-{kind}", className="button") for kind in ("csv", "xlsx")]
    tools = html.Div([*buttons, dcc.Download(id="air-file")], className="actions")
    return ui.panel(words("air.table"), air_parts.week(scene.view, scene.today, daily, words), tools=tools)


def triggers(scene: Scene) -> html.Section | None:
    """The panel of warning conditions."""
    found = warned(scene.lake, scene.archive, scene.view, scene.name)
    days = scene.view.days.filter(pl.col("date") > scene.today).height
    return None if found is None else air_parts.warnings(found, days, scene.words)


def folds(scene: Scene, query: dict[str, str]) -> list[Any]:
    """Why, history and target, wind, record: folded at first."""
    words, seen, today = scene.words, scene.seen, scene.today
    year = int(query["year"]) if query.get("year", "").isdigit() else today.year
    goal = air_year.year(scene, air_year.asked(query.get("target", "")))
    return [
        air_why.fold(scene),
        ui.fold(
            words("air.history"),
            ui.panel(words("air.good_days"), *air_parts.target(goal, seen)),
            ui.panel(years(scene, year), *air_parts.year_map(scene.history, year, seen)),
            ui.panel(words("air.both_rules"), *air_parts.two_rules(scene.history, today, seen)),
            hint=words("air.good_days"),
            open="year" in query or "target" in query,
        ),
        ui.fold(
            words("air.polar"),
            html.P(words("air.polar_note"), className="note"),
            html.Div([rose(scene, pollutant) for pollutant in ("pm2_5", "o3")], className="two"),
            hint=words("air.last_year"),
        ),
        ui.fold(words("air.quality"), *air_record.quality(scene), hint=words("air.quality_hint")),
    ]


def rose(scene: Scene, pollutant: str) -> html.Div:
    """Wind and concentration of one pollutant over the last year."""
    words, place = scene.words, scene.station["place"]
    winds = air_history.wind(scene.lake, scene.name, place, pollutant, now() - timedelta(days=365))
    name = words(f"air.{pollutant}")
    return html.Div(
        [html.H3(name), ui.chart(polar.polar(winds, words, "µg/m³"), scene.seen, f"{words('air.polar')} {name}")]
    )


def years(scene: Scene, year: int) -> Any:
    """The title of the calendar, with the years there are as links."""
    words = scene.words
    links = [
        dcc.Link(
            str(known),
            href=f"/environment?station={scene.name}&year={known}",
            className="badge here" if known == year else "badge",
        )
        for known in scene.history["date"].dt.year().unique().sort()
    ]
    title = words("air.heat", year=year, rules=words("air.rules_in_force"))
    return html.Span([title, " ", *links], className="badges")


@callback(
    Output("air-fan", "figure"),
    Output("air-fan-title", "children"),
    Input("air-pollutant", "value"),
    Input("air-scale", "value"),
    State("air-station", "data"),
    prevent_initial_call=True,
)
def redraw(pollutant: str, scale: str, station: str) -> tuple[Any, str]:
    """Another pollutant or step: only the chart changes."""
    seen, lake = reader(), Lake()
    stations = air_history.stations(lake)
    if pollutant not in HOURLY or scale not in air_chart.PAST or station not in stations["station"]:
        raise dash.exceptions.PreventUpdate
    scene = air_view.scene(seen, lake, Archive(), chosen(stations, {"station": station}))
    key = (*scene.key, "fan", pollutant, scale)
    drawn = remembered(key, lambda: dress(air_chart.figure(scene, pollutant, scale), seen.dark))
    return drawn, air_chart.title(scene.station, pollutant, seen.words)


clientside_callback(
    ClientsideFunction("workbench", "remember"),
    Output("air-remembered", "children"),
    Input("air-pollutant", "value"),
    Input("air-scale", "value"),
    prevent_initial_call=True,
)


@callback(
    Output("air-file", "data"),
    Input("air-csv", "n_clicks"),
    Input("air-xlsx", "n_clicks"),
    State("air-station", "data"),
    prevent_initial_call=True,
)
def save(csv: int | None, xlsx: int | None, station: str) -> Any:
    """The outlook as a file, every row with its issue, status and the nature of its data."""
    if not (csv or xlsx):
        raise dash.exceptions.PreventUpdate
    words, view = reader().words, air_view.outlook(Archive(), station)
    kind = str(dash.ctx.triggered_id).removeprefix("air-")
    return download(view.days, view.issue, f"air_outlook_{station}", kind, words)
