"""The two rule sets beside each other on the same days: what the change of March 2026 does to the count of levels."""

from datetime import date

import plotly.graph_objects as go
import polars as pl

from workbench.present.chart import base, nothing
from workbench.present.palette import GROUND, on
from workbench.present.words import Words
from workbench.science.air import LEVELS


def counts(days: pl.DataFrame) -> pl.DataFrame:
    """Days by month and level under each rule set: `days` (date, level_2012, level_2026) → month, rules, level, days.

    >>> two = pl.DataFrame({"date": [date(2026, 1, 1), date(2026, 1, 2)], "level_2012": [2, 2], "level_2026": [2, 3]})
    >>> counts(two).filter(pl.col("rules") == "2026")["days"].to_list()
    [1, 1]
    """
    return (
        days.select(
            pl.col("date").dt.truncate("1mo").alias("month"),
            pl.col("level_2012").alias("2012"),
            pl.col("level_2026").alias("2026"),
        )
        .unpivot(["2012", "2026"], index="month", variable_name="rules", value_name="level")
        .drop_nulls("level")
        .group_by("month", "rules", "level")
        .agg(pl.len().alias("days"))
        .sort("month", "rules", "level")
    )


def rules(days: pl.DataFrame, words: Words) -> go.Figure:
    """Two bars a month, 2012 left and 2026 right, stacked by level; `days` as for `counts`."""
    found = counts(days)
    if found.is_empty():
        return nothing(words, "chart.no_days")
    months = found["month"].unique().sort().to_list()
    names = [_name(month, months, words) for month in months]
    outer = [name for name in names for _ in range(2)]
    inner = [words(f"air.rules{year}_short") for _ in names for year in (2012, 2026)]
    figure = base(320, legend=True)
    for level in LEVELS:
        mine = {(m, r): n for m, r, _, n in found.filter(pl.col("level") == level.number).iter_rows()}
        if not mine:
            continue
        values = [mine.get((month, year), 0) for month in months for year in ("2012", "2026")]
        word = words.both(level)
        figure.add_bar(
            x=[outer, inner], y=values, name=word, marker={"color": level.hex, "line": {"color": GROUND, "width": 0.5}},
            text=[str(value) if value > 2 else "" for value in values], textposition="inside", textangle=0,
            textfont={"color": on(level.hex), "size": 10}, insidetextanchor="middle",
            hovertemplate="%{x} " + word + " %{y} " + words("chart.days") + "<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="stack", bargap=0.15, margin_t=40)
    figure.update_xaxes(tickfont_size=10, showdividers=False)
    figure.update_yaxes(title_text=words("chart.days"))
    return figure


def _name(month: date, months: list[date], words: Words) -> str:
    first = month == months[0] or month.month == 1
    return f"{words.month(month)}<br>{month.year}" if first else words.month(month)
