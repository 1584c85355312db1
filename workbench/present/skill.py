"""How good the forecasts have been: skill against simple rivals, and how often the ranges held."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
import polars as pl

from workbench.present.chart import base, level_line, nothing
from workbench.present.palette import INK, MUTED, SERIES
from workbench.present.words import Words

COLUMNS = 2
"""Small panels side by side: two can be read on a phone."""
GAP = 0.06


def skill(scores: pl.DataFrame, rivals: Mapping[str, str], parts: Mapping[str, str], words: Words) -> go.Figure:
    """`scores` (measure, lead_day, reference, skill = 1 − our CRPS ∕ the reference's): above zero we are better.

    A small panel for each measure of `parts` (with its title), in it a line for each of `rivals` (with its name); what
    has no scores leaves a gap. All panels have one scale, so that none looks better than it is.
    """
    if scores.is_empty():
        return nothing(words, "chart.no_scores")
    rows = -(-len(parts) // COLUMNS)
    plain = base(64 + 128 * rows, legend=True).layout.to_plotly_json()
    across, up = plain.pop("xaxis"), plain.pop("yaxis")
    plain["margin"]["t"], plain["legend"]["y"], plain["annotations"] = 72, 1 + 36 / (128 * rows), []
    traces = []
    for n, (measure, title) in enumerate(parts.items()):
        row, column, name = n // COLUMNS, n % COLUMNS, str(n + 1) if n else ""
        left, top = column * (1 + GAP) / COLUMNS, 1 - row / rows
        x, y = [left, left + (1 - GAP) / COLUMNS], [top - 0.68 / rows, top]
        last = row == rows - 1
        plain[f"xaxis{name}"] = across | {
            "domain": x, "anchor": f"y{name}", "dtick": 1, "zeroline": False, "showticklabels": last,
            "title": across["title"] | {"text": words("chart.lead") if last else ""},
        }  # fmt: skip
        plain[f"yaxis{name}"] = up | {
            "domain": y, "anchor": f"x{name}", "tickformat": "+.0%", "nticks": 5, "zerolinecolor": MUTED,
            "showticklabels": not column,
        }  # fmt: skip
        if name:
            plain[f"xaxis{name}"]["matches"], plain[f"yaxis{name}"]["matches"] = "x", "y"
        plain["annotations"].append(_title(title, sum(x) / 2, top))
        traces += [
            _line(scores.filter(measure=measure, reference=reference), rival, i, (name, n))
            for i, (reference, rival) in enumerate(rivals.items())
        ]
    return go.Figure(traces, plain)


def _title(text: str, x: float, y: float) -> dict[str, Any]:
    place = {"xref": "paper", "yref": "paper", "xanchor": "center", "yanchor": "bottom", "showarrow": False}
    return {"text": text, "x": x, "y": y, "font": {"size": 13, "color": INK}} | place


def _line(scores: pl.DataFrame, rival: str, i: int, panel: tuple[str, int]) -> dict[str, Any]:
    """One rival's line in one panel (its axis number, its place); the legend names it once."""
    scores = scores.sort("lead_day")
    style = {"color": SERIES[i % 6], "width": 2, "dash": ("solid", "dash", "dot")[i % 3]}
    return {
        "type": "scatter", "x": scores["lead_day"].to_list(), "y": scores["skill"].to_list(), "mode": "lines+markers",
        "name": rival, "legendgroup": rival, "showlegend": panel[1] == 0, "xaxis": f"x{panel[0]}",
        "yaxis": f"y{panel[0]}", "line": style, "marker": {"size": 6},
        "hovertemplate": "%{y:+.0%}<extra>" + rival + "</extra>",
    }  # fmt: skip


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
