"""How good the forecasts have been: skill against simple rivals, and how often the ranges held."""

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl

from workbench.present.chart import base, level_line, nothing
from workbench.present.palette import MUTED, SERIES
from workbench.present.words import Words


def skill(scores: pl.DataFrame, rivals: Mapping[str, str], words: Words) -> go.Figure:
    """`scores` (lead_day, reference, skill = 1 − our CRPS ∕ the reference's): a line a rival, above zero we are better.

    `rivals` are the references to draw with their names; one without scores at a lead leaves a gap.
    """
    figure = base(256, legend=True)
    for i, (reference, name) in enumerate(rivals.items()):
        mine = scores.filter(pl.col("reference") == reference).sort("lead_day") if scores.height else scores
        if mine.is_empty():
            continue
        figure.add_scatter(
            x=mine["lead_day"].to_list(), y=mine["skill"].to_list(), mode="lines+markers", name=name,
            line={"color": SERIES[i % 6], "width": 2, "dash": ("solid", "dash", "dot")[i % 3]}, marker={"size": 7},
            hovertemplate="%{y:+.0%}<extra>" + name + "</extra>",
        )  # fmt: skip
    if not figure.data:
        return nothing(words, "chart.no_scores")
    level_line(figure, 0, {"color": MUTED, "width": 1})
    figure.update_xaxes(title_text=words("chart.lead"), dtick=1, zeroline=False)
    figure.update_yaxes(title_text=words("chart.better"), tickformat=".0%")
    figure.update_layout(margin_t=40)
    return figure


def coverage(shares: pl.DataFrame, words: Words) -> go.Figure:
    """`shares` (lead_day, level: 0.8 or 0.95, share: of outcomes inside the range, n): measured beside promised."""
    if shares.is_empty():
        return nothing(words, "chart.no_scores")
    figure = base(256, legend=True)
    for i, level in enumerate(sorted(shares["level"].unique())):
        mine = shares.filter(pl.col("level") == level).sort("lead_day")
        name = words("chart.range", level=f"{level:.0%}")
        figure.add_scatter(
            x=mine["lead_day"].to_list(), y=mine["share"].to_list(), mode="lines+markers", name=name,
            line={"color": SERIES[i], "width": 2}, marker={"size": 7, "symbol": ("circle", "square")[i % 2]},
            customdata=mine["n"].to_list(), hovertemplate="%{y:.0%} (n = %{customdata})<extra>" + name + "</extra>",
        )  # fmt: skip
        level_line(figure, level, {"color": SERIES[i], "width": 1, "dash": "dash"})
    figure.update_xaxes(title_text=words("chart.lead"), dtick=1, zeroline=False)
    figure.update_yaxes(title_text=words("chart.held"), tickformat=".0%", range=[0, 1.03])
    figure.update_layout(margin_t=40)
    return figure
