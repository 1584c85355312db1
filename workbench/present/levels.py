"""How likely each AQI level is, day by day: stacked bars in the official colours, each with its word."""

import plotly.graph_objects as go
import polars as pl

from workbench.present.chart import base, nothing
from workbench.present.palette import GROUND, SERIES, on
from workbench.present.words import Words, percent
from workbench.science.air import LEVELS


def levels(days: pl.DataFrame, words: Words) -> go.Figure:
    """`days` has date and p1 … p6 (probabilities of the six levels, 0–1, summing to 1 in each row)."""
    if days.is_empty():
        return nothing(words)
    names = [words.day(day) for day in days["date"]]
    figure = base(64 + 40 * days.height, legend=True)
    for level in LEVELS:
        shares = days[f"p{level.number}"].fill_null(0.0).to_list()
        word = words.both(level)
        if max(shares) < 0.005:
            continue
        figure.add_bar(
            y=names, x=shares, orientation="h", name=word,
            marker={"color": level.hex, "line": {"color": GROUND, "width": 1}},
            text=[f"{word} {percent(share)}" if share >= 0.12 else "" for share in shares],
            textposition="inside", insidetextanchor="middle", textangle=0, constraintext="inside",
            textfont={"color": on(level.hex), "size": 12},
            customdata=[percent(share) for share in shares],
            hovertemplate="%{y} " + word + " %{customdata}<extra></extra>",
        )  # fmt: skip
    return _shares(figure)


def primaries(shares: pl.DataFrame, words: Words) -> go.Figure:
    """`shares` has date, pollutant (`none` = no first pollutant, AQI ≤ 50) and probability: stacked bars a day."""
    if shares.is_empty():
        return nothing(words)
    dates = shares["date"].unique().sort().to_list()
    figure = base(64 + 40 * len(dates), legend=True)
    order = ["pm2_5", "o3_8h", "pm10", "no2", "so2", "co"]
    for pollutant in [*order, "none"]:
        mine = dict(shares.filter(pl.col("pollutant") == pollutant).select("date", "probability").iter_rows())
        values = [mine.get(day) or 0.0 for day in dates]
        if max(values) < 0.005:
            continue
        colour = SERIES[order.index(pollutant)] if pollutant != "none" else "#c9d1da"
        word = words(f"air.{pollutant}")
        short = words("air.none_short") if pollutant == "none" else word
        figure.add_bar(
            y=[words.day(day) for day in dates], x=values, orientation="h", name=word,
            marker={"color": colour, "line": {"color": GROUND, "width": 1}},
            text=[f"{short} {percent(value)}" if value >= 0.16 else "" for value in values],
            textposition="inside", insidetextanchor="middle", textangle=0, constraintext="inside",
            textfont={"color": on(colour), "size": 12},
            customdata=[percent(value) for value in values],
            hovertemplate="%{y} " + word + " %{customdata}<extra></extra>",
        )  # fmt: skip
    return _shares(figure)


def _shares(figure: go.Figure) -> go.Figure:
    figure.update_layout(barmode="stack", bargap=0.25, legend_traceorder="normal", margin_t=40)
    figure.update_layout(uniformtext={"minsize": 10, "mode": "hide"})  # a word that does not fit is left to the legend
    figure.update_xaxes(range=[0, 1], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure
