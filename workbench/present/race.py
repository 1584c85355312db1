"""Evidence in one look: who errs least for how much computing, how cost grows, what comfort in a room costs."""

import plotly.graph_objects as go
import polars as pl

from workbench.present.chart import base, nothing
from workbench.present.palette import ACCENT, INK, MUTED, SERIES
from workbench.present.words import Words

SYMBOLS = ("circle", "circle-open", "square", "diamond", "cross")


def race(points: pl.DataFrame, metric: str, words: Words) -> go.Figure:
    """`points` (contender, cpu: seconds, error, ours: bool): each contender's error against its CPU seconds.

    The axis of seconds is logarithmic; down and left is better. Ours are filled and named in bold; `metric` names the
    error. Rows without either figure are left out.
    """
    drawn = points.drop_nulls().filter(pl.col("cpu") > 0)
    if drawn.is_empty():
        return nothing(words)
    figure = base(480)
    for ours in (False, True):
        some = drawn.filter(ours=ours).sort("cpu")
        names = some["contender"].to_list()
        figure.add_scatter(
            x=some["cpu"].to_list(), y=some["error"].to_list(), mode="markers+text",
            text=[f"<b>{name}</b>" for name in names] if ours else names, customdata=names,
            textposition="top center", textfont={"color": ACCENT if ours else INK, "size": 12},
            marker={"size": 14 if ours else 10, "color": ACCENT if ours else MUTED,
                    "symbol": "circle" if ours else "circle-open", "line": {"width": 2}},
            hovertemplate="%{customdata}<br>%{x:.3g} s<br>%{y:.4g}<extra></extra>", cliponaxis=False,
        )  # fmt: skip
    figure.update_xaxes(type="log", dtick=1, title_text=words("evidence.cpu"), showgrid=True, exponentformat="power")
    figure.update_yaxes(title_text=words("evidence.error", metric=metric), rangemode="normal")
    figure.update_layout(margin={"l": 16, "r": 96, "t": 32, "b": 16})
    return figure


def growth(points: pl.DataFrame, words: Words) -> go.Figure:
    """`points` (contender, series, wall: seconds): time against the number of series, both axes logarithmic.

    A thin line of slope one through each contender's largest run shows what exactly linear growth would be.
    """
    if points.is_empty():
        return nothing(words)
    figure = base(400, legend=True)
    for i, (name,) in enumerate(points.select("contender").unique(maintain_order=True).iter_rows()):
        mine = points.filter(contender=name).sort("series")
        x, y = mine["series"].to_list(), mine["wall"].to_list()
        figure.add_scatter(
            x=x, y=y, mode="lines+markers", name=name, line={"color": SERIES[i % 6], "width": 2}, marker={"size": 8},
            hovertemplate="%{x:,} · %{y:.3g} s<extra>" + name + "</extra>",
        )  # fmt: skip
        figure.add_scatter(
            x=x, y=[y[-1] * one / x[-1] for one in x], mode="lines", showlegend=False, hoverinfo="skip",
            line={"color": SERIES[i % 6], "width": 1, "dash": "dot"},
        )  # fmt: skip
    figure.update_xaxes(type="log", dtick=1, title_text=words("evidence.series"), showgrid=True)
    figure.update_yaxes(type="log", dtick=1, title_text=words("evidence.wall"))
    figure.update_layout(margin_t=40)
    return figure


def comfort(points: pl.DataFrame, words: Words) -> go.Figure:
    """`points` (contender, slice, yuan, humid_hours): %·h out of band against cost, a dot a batch.

    Down and left is better; the axis of hours is logarithmic, from a tenth up.
    """
    if points.is_empty():
        return nothing(words)
    figure = base(480, legend=True)
    for i, (name,) in enumerate(points.select("contender").unique(maintain_order=True).iter_rows()):
        mine = points.filter(contender=name)
        figure.add_scatter(
            x=mine["yuan"].to_list(), y=mine["humid_hours"].clip(0.1).to_list(), mode="markers", name=name,
            customdata=mine["slice"].to_list(), marker={"size": 11, "color": SERIES[i % 6], "symbol": SYMBOLS[i % 5]},
            hovertemplate="%{customdata}<br>%{x:.0f} · %{y:.1f}<extra>" + name + "</extra>",
        )  # fmt: skip
    figure.update_xaxes(title_text=words("evidence.yuan"), showgrid=True, rangemode="tozero")
    figure.update_yaxes(type="log", dtick=1, title_text=words("evidence.humid"))
    figure.update_layout(margin_t=40)
    return figure
