"""How good the forecasts have been: skill against simple rivals, and how often the ranges held."""

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl

from workbench.present.chart import base, nothing
from workbench.present.palette import INK, MUTED, SERIES
from workbench.present.words import Words

COLUMNS = 2
"""Small panels side by side: two can be read on a phone."""


def skill(scores: pl.DataFrame, rivals: Mapping[str, str], parts: Mapping[str, str], words: Words) -> go.Figure:
    """`scores` (measure, lead_day, reference, skill = 1 − our CRPS ∕ the reference's): above zero we are better.

    A small panel for each measure of `parts` (with its title), in it a line for each of `rivals` (with its name); what
    has no scores leaves a gap. All panels have one scale, so that none looks better than it is.
    """
    if scores.is_empty():
        return nothing(words, "chart.no_scores")
    rows = -(-len(parts) // COLUMNS)
    figure = base(64 + 128 * rows, legend=True)
    style = {axis: figure.layout[axis].to_plotly_json() for axis in ("xaxis", "yaxis")}
    figure.set_subplots(
        rows, COLUMNS, shared_xaxes="all", shared_yaxes="all", vertical_spacing=0.32 / rows, horizontal_spacing=0.06,
        subplot_titles=list(parts.values()),
    )  # fmt: skip
    figure.update_xaxes(style["xaxis"]).update_yaxes(style["yaxis"])
    figure.update_annotations(font={"size": 13, "color": INK})
    for i, (reference, name) in enumerate(rivals.items()):
        for j, measure in enumerate(parts):
            mine = scores.filter(pl.col("reference") == reference, pl.col("measure") == measure).sort("lead_day")
            figure.add_scatter(
                x=mine["lead_day"].to_list(), y=mine["skill"].to_list(), mode="lines+markers", name=name,
                legendgroup=reference, showlegend=j == 0, row=j // COLUMNS + 1, col=j % COLUMNS + 1,
                line={"color": SERIES[i % 6], "width": 2, "dash": ("solid", "dash", "dot")[i % 3]}, marker={"size": 6},
                hovertemplate="%{y:+.0%}<extra>" + name + "</extra>",
            )  # fmt: skip
    figure.add_hline(y=0, line={"color": MUTED, "width": 1})
    figure.update_xaxes(dtick=1, zeroline=False)
    figure.update_xaxes(title_text=words("chart.lead"), row=rows)
    figure.update_yaxes(tickformat="+.0%", nticks=5)
    figure.update_layout(margin_t=72, legend_y=1 + 36 / (128 * rows))
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
        figure.add_hline(y=level, line={"color": SERIES[i], "width": 1, "dash": "dash"})
    figure.update_xaxes(title_text=words("chart.lead"), dtick=1, zeroline=False)
    figure.update_yaxes(title_text=words("chart.held"), tickformat=".0%", range=[0, 1.03])
    figure.update_layout(margin_t=40)
    return figure
