"""Good days of the year: counted so far, expected to the end, and the year's target."""

from datetime import date, timedelta

import plotly.graph_objects as go
import polars as pl

from workbench.present.chart import base, day_axis, nothing, threshold
from workbench.present.palette import ACCENT, INK, thin
from workbench.present.words import Words


def goal(counted: pl.DataFrame, ahead: pl.DataFrame, target: int | None, words: Words) -> go.Figure:
    """`counted` (date, good: cumulated to that day), `ahead` (date, q10, q50, q90 of the cumulated count to 12-31)."""
    if counted.is_empty():
        return nothing(words, "chart.no_days")
    figure = base(280, legend=True)
    days, good = counted["date"].to_list(), counted["good"].to_list()
    if ahead.height:
        x = [days[-1], *ahead["date"]]
        low, middle, high = ([good[-1], *ahead[column]] for column in ("q10", "q50", "q90"))
        figure.add_scatter(
            x=[*x, *reversed(x)], y=[*high, *reversed(low)], fill="toself", fillcolor=thin(ACCENT, 0.2), mode="lines",
            line={"width": 0}, name=words("chart.range", level="80 %"), hoverinfo="skip",
        )  # fmt: skip
        figure.add_scatter(
            x=x, y=middle, mode="lines", line={"color": ACCENT, "width": 2.5}, name=words("chart.expected"),
            customdata=list(zip(low, high, strict=True)),
            hovertemplate="<b>%{y:.0f}</b> (80 %: %{customdata[0]:.0f}–%{customdata[1]:.0f})<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=days, y=good, mode="lines", line={"color": INK, "width": 2}, name=words("chart.counted"),
        hovertemplate="<b>%{y}</b><extra></extra>",
    )  # fmt: skip
    end = date(days[0].year, 12, 31)
    day_axis(figure, days[0], end + timedelta(days=1), words)
    months = [date(days[0].year, month, 1) for month in range(1, 13)]
    figure.update_xaxes(tickvals=[m.isoformat() for m in months], ticktext=[words.month(m) for m in months])
    if target is not None:
        threshold(figure, target, words("chart.target", n=target))
    figure.update_yaxes(title_text=words("chart.good_days"), rangemode="tozero")
    figure.update_layout(hovermode="x unified", margin_t=40)
    return figure
