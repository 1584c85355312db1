"""The environment bureau's page: how clean the air will be, how sure that is, and what it rests on."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import dash
import dash_mantine_components as dmc
import polars as pl
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html

from dashboards import air_history, air_parts, air_status, air_view
from dashboards import components as ui
from dashboards.air_sentence import chosen, clauses, headline, warned
from dashboards.air_view import Outlook
from dashboards.export import download
from dashboards.reader import Reader, reader
from workbench.errors import MissingData
from workbench.lake.store import Lake
from workbench.operate import verify
from workbench.operate.archive import Archive
from workbench.present import fan, polar
from workbench.present.words import Words
from workbench.science.air import LEVELS, rules_at
from workbench.settings import county, now

HOURLY = ("pm2_5", "pm10", "o3", "no2", "so2", "co")
PAST = {"hour": timedelta(days=3), "day": timedelta(days=14)}

dash.register_page(
    __name__, path="/environment", order=1, title="环境空气质量 Air quality", name="Air quality",
    name_zh="环境空气", name_en="Air quality", bureau="environment", headline=headline,
)  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """Everything that a section of the page may need."""

    seen: Reader
    lake: Lake
    archive: Archive
    station: dict[str, Any]
    view: Outlook
    history: pl.DataFrame
    today: date

    @property
    def words(self) -> Words:
        """The reader's words."""
        return self.seen.words

    @property
    def name(self) -> str:
        """The station's key."""
        return str(self.station["station"])


def layout(**query: str) -> html.Div:
    """The page for the station in the address; what is missing is said, and how to bring it."""
    seen, lake, archive = reader(query), Lake(), Archive()
    words, stations = seen.words, air_history.stations(lake)
    if stations.is_empty():
        return ui.page(ui.empty(words("state.empty_title"), words("air.empty_body"), words("air.empty_command"), words))
    station = chosen(stations, query)
    try:
        view = air_view.outlook(archive, station["station"])
    except MissingData:
        body = ui.empty(words("state.empty_forecast"), words("air.empty_body"), "workbench forecast", words)
        return ui.page(switch(stations, station, words), body)
    today = words.local(now()).date()
    scene = Scene(seen, lake, archive, station, view, air_history.days(lake, station["station"]), today)
    upto, old = air_view.age(lake, scene.name)
    return ui.page(
        top(scene, stations),
        ui.stale(upto, words) if old and upto is not None else None,
        air_parts.cards(view, today, words),
        fan_panel(scene, query),
        table(scene),
        air_parts.chances(view, air_view.shares(view.days), today, seen),
        triggers(scene),
        air_status.panel(archive, view, today, words),
        *folds(scene, query),
        dcc.Store(id="air-station", data=scene.name),
        html.Div(id="air-remembered", hidden=True),
        stale=old,
    )


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
        **{"aria-label": words("air.station")},
    )


def top(scene: Scene, stations: pl.DataFrame) -> html.Section:
    """Badges, sentence, passport, stations."""
    words, issue = scene.words, scene.view.issue
    badges: list[Any] = [ui.sample_badge(words)] if issue["sample"] else []
    if issue["level"] > 0:
        badges.append(ui.badge(words("state.degraded"), warn=True, title=issue["reason"]))
    badges.append(ui.badge(words(f"state.{issue['status']}")))
    said = clauses(scene.lake, scene.archive, scene.station, scene.view, words)
    below = html.Div(
        [ui.passport(issue, verify.coverage(air_view.TASK), words), switch(stations, scene.station, words)]
    )
    return ui.headline(words("air.title"), said, badges, below)


def fan_panel(scene: Scene, query: dict[str, str]) -> html.Section:
    """The chart that answers, with its filters; they are kept in the address."""
    words = scene.words
    pollutant = query.get("pollutant") if query.get("pollutant") in HOURLY else HOURLY[0]
    scale = "day" if query.get("scale") == "day" else "hour"
    tools = html.Div(
        [
            dmc.SegmentedControl(
                id="air-pollutant", value=pollutant, size="sm",
                data=[{"value": p, "label": words(f"air.{p}").split("（")[0].split(" (")[0]} for p in HOURLY],
            ),
            dmc.SegmentedControl(
                id="air-scale", value=scale, size="sm",
                data=[{"value": "hour", "label": words("air.hourly")}, {"value": "day", "label": words("air.daily")}],
            ),
        ],
        className="filters",
    )  # fmt: skip
    figure = fan_of(scene.lake, scene.archive, scene.name, (str(pollutant), scale), words)
    label = words("air.fan_title", pollutant=words(f"air.{pollutant}"), station=scene.station[f"name_{words.language}"])
    return ui.panel(html.Span(label, id="air-fan-title"), ui.chart(figure, scene.seen, label, "air-fan"), tools=tools)


def fan_of(lake: Lake, archive: Archive, station: str, what: tuple[str, str], words: Words) -> Any:
    """The fan of a pollutant by hour or by day, with the upper limits of the levels in force."""
    pollutant, scale = what
    daily = scale == "day"
    measure = "o3_8h" if daily and pollutant == "o3" else pollutant
    ahead = air_view.series(archive, station, measure, daily)
    since = (ahead["issued_at"][0] if ahead.height else now()) - PAST[scale]
    if daily:
        past = air_history.days(lake, station).filter(pl.col("date") >= since.date())
        observed = past.select(pl.col("date").alias("ds"), pl.col(measure).alias("y"))
        if ahead.height:
            observed = observed.filter(pl.col("ds") <= ahead["cutoff"][0])
    else:
        observed = air_history.observed(lake, station, pollutant, since)
    rules = rules_at(words.local(now()).date())
    named = {level.number: words.both(level) for level in LEVELS}
    limits = [
        (value, words("air.limit", level=named[n], value=f"{value:g}"))
        for value, n in air_view.limits(lake, measure, rules, daily)
    ]
    return fan.fan(observed, ahead, now(), words, "mg/m³" if pollutant == "co" else "µg/m³", limits)


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
    tomorrow = today + timedelta(days=1)
    facts = air_history.sky(scene.lake, scene.station["place"], tomorrow, now(), words.zone)
    winds = air_history.wind(scene.lake, scene.name, scene.station["place"], "pm2_5", now() - timedelta(days=365))
    done = air_view.record(scene.archive, scene.history, scene.name)
    gains, held = air_view.skills(scene.name)
    rivals = {"persistence": words("air.persistence"), "climatology": words("air.climatology")}
    year = int(query["year"]) if query.get("year", "").isdigit() else today.year
    ahead = air_view.year_ahead(scene.lake, scene.archive, scene.history, scene.view.issue["issued_at"])
    wanted = query.get("target", "")
    goal = int(wanted) if wanted.isdigit() else county().get("targets", {}).get("good_days")
    return [
        html.Div(
            ui.fold(words("air.why"), *air_parts.why(facts, tomorrow, words), hint=words("air.why_sky")), id="why"
        ),
        ui.fold(
            words("air.history"),
            ui.panel(words("air.good_days"), *air_parts.target(scene.history, ahead, goal, today, seen)),
            ui.panel(years(scene, year), *air_parts.year_map(scene.history, year, seen)),
            ui.panel(words("air.both_rules"), *air_parts.two_rules(scene.history, today, seen)),
            hint=words("air.good_days"),
        ),
        ui.fold(
            words("air.polar"),
            html.P(words("air.polar_note"), className="note"),
            ui.chart(polar.polar(winds, words, "µg/m³"), seen, words("air.polar")),
            hint="PM2.5",
        ),
        ui.fold(words("air.quality"), *air_parts.quality(gains, held, rivals, done, seen)),
    ]


def years(scene: Scene, year: int) -> Any:
    """The title of the calendar, with the years there are as links."""
    words = scene.words
    known = scene.history["date"].dt.year().unique().sort().to_list()
    named = words("air.rules_in_force")
    links = [
        dcc.Link(
            str(y), href=f"/environment?station={scene.name}&year={y}", className="badge here" if y == year else "badge"
        )
        for y in known
    ]
    return html.Span([words("air.heat", year=year, rules=named), " ", *links], className="badges")


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
    from workbench.present.palette import dress

    seen, lake = reader(), Lake()
    stations = air_history.stations(lake)
    if pollutant not in HOURLY or scale not in PAST or station not in stations["station"]:
        raise dash.exceptions.PreventUpdate
    figure = fan_of(lake, Archive(), station, (pollutant, scale), seen.words)
    named = chosen(stations, {"station": station})[f"name_{seen.language}"]
    title = seen.words("air.fan_title", pollutant=seen.words(f"air.{pollutant}"), station=named)
    return dress(figure, seen.dark), title


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
    words = reader().words
    view = air_view.outlook(Archive(), station)
    return download(
        view.days, view.issue, f"air_outlook_{station}", str(dash.ctx.triggered_id).removeprefix("air-"), words
    )
