"""Figures of visitors: the year as a calendar of how busy each day was, a holiday beside the last."""

from datetime import date

import plotly.graph_objects as go
import polars as pl

from workbench.present.chart import base, nothing, year_axes, year_grid
from workbench.present.palette import ACCENT, MUTED
from workbench.present.words import Words, number


def calendar(days: pl.DataFrame, year: int, words: Words) -> go.Figure:
    """`days` has ds and y of one area. Weeks from left to right, Monday on top; days without a figure stay empty."""
    mine = days.filter(pl.col("ds").dt.year() == year).drop_nulls("y").sort("ds")
    if mine.is_empty():
        return nothing(words, "chart.no_days")
    first = date(year, 1, 1)
    offset, weeks = year_grid(year)
    values: list[list[float | None]] = [[None] * weeks for _ in range(7)]
    said: list[list[str]] = [[""] * weeks for _ in range(7)]
    for day, y in mine.select("ds", "y").iter_rows():
        slot = (day - first).days + offset
        values[slot % 7][slot // 7] = y
        said[slot % 7][slot // 7] = f"{words.day(day, year=True)}<br><b>{number(y)}</b> {words('visitors.unit')}"
    figure = base(192)
    figure.add_heatmap(
        z=values, text=said, colorscale=[[0, "rgba(120,140,160,0.12)"], [1, ACCENT]], zmin=0, xgap=2, ygap=2,
        hoverongaps=False, hovertemplate="%{text}<extra></extra>",
        colorbar={"thickness": 8, "title": {"text": words("visitors.unit")}},
    )  # fmt: skip
    year_axes(figure, year, words)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 16, "b": 8})
    return figure


def holiday(days: pl.DataFrame, words: Words) -> go.Figure:
    """One holiday of one area by holiday day: `nth, q10, q50, q90, last` — the range ahead, and the year before."""
    if days.is_empty():
        return nothing(words)
    rows = days.sort("nth")
    x = [words("visitors.nth", n=n) for n in rows["nth"]]
    figure = base(260, legend=True)
    figure.add_bar(x=x, y=rows["last"].to_list(), name=words("visitors.last_year"), marker_color=MUTED, opacity=0.5)
    figure.add_scatter(
        x=x, y=rows["q50"].to_list(), mode="markers", name=words("visitors.ahead"),
        marker={"color": ACCENT, "size": 9},
        error_y={
            "type": "data", "symmetric": False, "color": ACCENT,
            "array": (rows["q90"] - rows["q50"]).to_list(), "arrayminus": (rows["q50"] - rows["q10"]).to_list(),
        },
    )  # fmt: skip
    figure.update_yaxes(title_text=words("visitors.unit"), rangemode="tozero")
    return figure
