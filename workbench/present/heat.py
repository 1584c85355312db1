"""The year as a calendar: a square a day in the colour of its AQI level."""

from datetime import date

import plotly.graph_objects as go
import polars as pl

from workbench.present.chart import base, nothing
from workbench.present.palette import GROUND, MUTED
from workbench.present.words import Words
from workbench.science.air import LEVELS


def calendar(days: pl.DataFrame, year: int, words: Words) -> go.Figure:
    """`days` has date, aqi, level (1–6; null = not enough data) and optionally primary (list of pollutants).

    Weeks run from left to right, Monday on top. A day without a level stays empty; the level's word is in the
    tooltip and in the legend, so that no colour stands alone.
    """
    mine = days.filter(pl.col("date").dt.year() == year).sort("date")
    if mine["level"].drop_nulls().is_empty():
        return nothing(words, "chart.no_days")
    first = date(year, 1, 1)
    offset = first.isoweekday() - 1
    figure = base(192, legend=True)
    for level in LEVELS:
        some = mine.filter(pl.col("level") == level.number)
        if some.is_empty():
            continue
        slots = [(day - first).days + offset for day in some["date"]]
        figure.add_scatter(
            x=[slot // 7 for slot in slots], y=[slot % 7 for slot in slots], mode="markers",
            name=f"{words.both(level)} {some.height}",
            marker={"symbol": "square", "size": 13, "color": level.hex, "line": {"width": 0.5, "color": MUTED}},
            customdata=[[words.day(day, year=True), aqi, _first(primary, words)] for day, aqi, primary in _rows(some)],
            hovertemplate="%{customdata[0]}<br><b>AQI %{customdata[1]}</b> "
            + words.both(level) + "%{customdata[2]}<extra></extra>",
        )  # fmt: skip
    months = [date(year, month, 1) for month in range(1, 13)]
    figure.update_xaxes(
        tickvals=[((m - first).days + offset) / 7 for m in months], ticktext=[words.month(m) for m in months],
        range=[-0.8, 53.8], showline=False, zeroline=False,
    )  # fmt: skip
    figure.update_yaxes(
        tickvals=[0, 2, 4, 6], ticktext=[words(f"time.day{n}") for n in (1, 3, 5, 7)],
        range=[6.7, -0.7], showgrid=False, zeroline=False, showline=False,
    )  # fmt: skip
    figure.update_layout(margin={"l": 8, "r": 8, "t": 40, "b": 8}, hoverlabel_bgcolor=GROUND)
    return figure


def _rows(days: pl.DataFrame) -> list[tuple[date, int, list[str] | None]]:
    primary = days["primary"].to_list() if "primary" in days.columns else [None] * days.height
    return list(zip(days["date"], days["aqi"], primary, strict=True))


def _first(primary: list[str] | None, words: Words) -> str:
    return "" if not primary else "<br>" + words("air.primary") + " " + "、".join(words(f"air.{p}") for p in primary)
