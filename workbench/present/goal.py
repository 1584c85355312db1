"""The year's target of good days from its other side: how many days above 100 it allows, how many are used."""

from datetime import date

import plotly.graph_objects as go
import polars as pl

from workbench.present.chart import base, nothing, threshold
from workbench.present.palette import ACCENT, INK, thin
from workbench.present.words import Words


def goal(counted: pl.DataFrame, ahead: pl.DataFrame, allowed: int | None, words: Words) -> go.Figure:
    """Days with an AQI above 100, cumulated over the year.

    `counted` (date, over) up to now, `ahead` (date, q10, q50, q90 of the same count) to 31 December; `allowed` is how
    many the target leaves room for, None without a target.
    """
    if counted.is_empty():
        return nothing(words, "chart.no_days")
    figure = base(256, legend=True)
    days, over = counted["date"].to_list(), counted["over"].to_list()
    if ahead.height:
        x = [days[-1], *ahead["date"]]
        low, middle, high = ([over[-1], *ahead[column]] for column in ("q10", "q50", "q90"))
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
        x=days, y=over, mode="lines", line={"color": INK, "width": 2, "shape": "hv"}, name=words("chart.counted"),
        hovertemplate="<b>%{y}</b><extra></extra>",
    )  # fmt: skip
    year = days[0].year
    months = [date(year, month, 1) for month in range(1, 13, 2)]
    figure.update_xaxes(
        range=[f"{year}-01-01", f"{year + 1}-01-01"], tickangle=0,
        tickvals=[m.isoformat() for m in months], ticktext=[words.month(m) for m in months],
    )  # fmt: skip
    top = max([*over, *(ahead["q90"] if ahead.height else [])], default=0)
    if allowed is not None:
        threshold(figure, allowed, words("chart.allowed", n=allowed))
        top = max(top, allowed)
    figure.update_yaxes(title_text=words("chart.over_days"), range=[0, top * 1.15 + 1])
    figure.update_layout(hovermode="x unified", margin_t=40)
    return figure
