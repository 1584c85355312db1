"""The chart that answers: what was measured, the forecast as a fan, the limits of the levels."""

from datetime import timedelta
from typing import Any

import dash_mantine_components as dmc
import plotly.graph_objects as go
import polars as pl
from dash import html

from dashboards import air_history, air_view
from dashboards import components as ui
from dashboards.air_view import Scene
from workbench.present import fan
from workbench.present.words import Words
from workbench.science.air import LEVELS, rules_at
from workbench.science.air_day import HOURLY
from workbench.settings import now

PAST = {"hour": timedelta(days=3), "day": timedelta(days=14)}
"""How much of the past stands before the forecast, by scale."""


def panel(scene: Scene, query: dict[str, str]) -> html.Section:
    """The fan with its filters; they are kept in the address."""
    words = scene.words
    asked = query.get("pollutant", "")
    pollutant = asked if asked in HOURLY else HOURLY[0]
    scale = "day" if query.get("scale") == "day" else "hour"
    steps = [{"value": "hour", "label": words("air.hourly")}, {"value": "day", "label": words("air.daily")}]
    named = [{"value": p, "label": words(f"air.{p}").split("（")[0].split(" (")[0]} for p in HOURLY]
    tools = html.Div(
        [
            dmc.SegmentedControl(id="air-pollutant", value=pollutant, size="sm", data=named),
            dmc.SegmentedControl(id="air-scale", value=scale, size="sm", data=steps),
        ],
        className="filters",
    )
    label = title(scene.station, pollutant, words)
    drawn = ui.chart(figure(scene, pollutant, scale), scene.seen, label, "air-fan")
    return ui.panel(html.Span(label, id="air-fan-title"), drawn, tools=tools)


def title(station: dict[str, Any], pollutant: str, words: Words) -> str:
    """What the chart shows, of which station."""
    return words("air.fan_title", pollutant=words(f"air.{pollutant}"), station=station[f"name_{words.language}"])


def figure(scene: Scene, pollutant: str, scale: str) -> go.Figure:
    """The fan of a pollutant by hour or by day, with the upper limits of the levels in force."""
    daily, words = scale == "day", scene.words
    measure = "o3_8h" if daily and pollutant == "o3" else pollutant
    ahead = air_view.series(scene, measure, daily)
    since = (ahead["issued_at"][0] if ahead.height else now()) - PAST[scale]
    if daily:
        past = scene.history.filter(pl.col("date") >= since.date())
        past = past.filter(pl.col("date") <= ahead["cutoff"][0]) if ahead.height else past
        observed = past.select(pl.col("date").alias("ds"), pl.col(measure).alias("y"))
    else:
        observed = air_history.observed(scene.lake, scene.name, pollutant, since)
    rules = rules_at(scene.today)
    named = {level.number: words.both(level) for level in LEVELS}
    limits = [
        (value, words("air.limit", level=named[n], value=f"{value:g}"))
        for value, n in air_view.limits(scene.lake, measure, rules, daily)
    ]
    return fan.fan(observed, ahead, now(), words, "mg/m³" if pollutant == "co" else "µg/m³", limits)
