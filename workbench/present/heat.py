"""The year as a calendar: a square a day in the colour of its AQI level."""

from datetime import date

import plotly.graph_objects as go
import polars as pl

from workbench.present.chart import base, nothing, year_axes, year_grid
from workbench.present.words import Words
from workbench.science.air import LEVELS


def calendar(days: pl.DataFrame, year: int, words: Words) -> go.Figure:
    """`days` has date, aqi, level (1–6; null = not enough data), optionally primary (list of pollutants) and audited.

    Weeks run from left to right, Monday on top. A day without a level stays empty; the level's word is in the
    tooltip and in the legend with its number of days, so that no colour stands alone.
    """
    mine = days.filter(pl.col("date").dt.year() == year).drop_nulls("level").sort("date")
    if mine.is_empty():
        return nothing(words, "chart.no_days")
    first = date(year, 1, 1)
    offset, weeks = year_grid(year)
    colours: list[list[int | None]] = [[None] * weeks for _ in range(7)]
    said: list[list[str]] = [[""] * weeks for _ in range(7)]
    for row in mine.rows(named=True):
        slot = (row["date"] - first).days + offset
        colours[slot % 7][slot // 7] = row["level"]
        word = words.both(LEVELS[row["level"] - 1])
        leads = _first(row.get("primary"), words)
        checked = row.get("audited")
        state = "" if checked is None else "<br>" + words("air.audited" if checked else "air.provisional")
        said[slot % 7][slot // 7] = (
            f"{words.day(row['date'], year=True)}<br><b>AQI {row['aqi']}</b> {word}{leads}{state}"
        )
    figure = base(192, legend=True)
    steps = [[share, level.hex] for level in LEVELS for share in ((level.number - 1) / 6, level.number / 6)]
    figure.add_heatmap(
        z=colours, text=said, colorscale=steps, zmin=0.5, zmax=6.5, showscale=False, xgap=2, ygap=2,
        hoverongaps=False, hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    for level in LEVELS:
        count = mine.filter(pl.col("level") == level.number).height
        if count:
            figure.add_scatter(
                x=[None], y=[None], mode="markers", name=f"{words.both(level)} {count}", hoverinfo="skip",
                marker={"symbol": "square", "size": 12, "color": level.hex},
            )  # fmt: skip
    year_axes(figure, year, words)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 40, "b": 8})
    return figure


def _first(primary: list[str] | None, words: Words) -> str:
    return "" if not primary else "<br>" + words("air.primary") + " " + "、".join(words(f"air.{p}") for p in primary)
