"""Figures and amounts of a harvest: the narrowing range, towns as tiles, factors, months, hazards.

Kilograms come in; the reader's unit (万吨 or kt) goes out. Whole tonnes shown in a table add up to the total shown.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
import polars as pl

from workbench.forecast.season_flow import shared
from workbench.present.chart import base, nothing
from workbench.present.fan import BANDS
from workbench.present.palette import ACCENT, GRID, GROUND, INK, MUTED, SERIES, thin
from workbench.present.words import Words, number, percent

MONTHS_WIDE = 12


def scaled(kg: float | None, words: Words) -> float | None:
    """Kilograms in the reader's unit of amounts."""
    return None if kg is None else kg / float(words("harvest.scale"))


def digits(kg: float) -> int:
    """How many digits after the point a county's or a town's amount carries in 万吨.

    >>> digits(5e8), digits(2e7), digits(-3e6)
    (1, 2, 2)
    """
    return 1 if abs(kg) >= 1e8 else 2


def amount(kg: float | None, words: Words, unit: bool = True, sign: bool = False) -> str:
    """Kilograms as the reader says them.

    >>> amount(512_340_117, Words("zh")), amount(-12_000_000, Words("zh"), sign=True), amount(512_340_117, Words("en"))
    ('51.2 万吨', '−1.20 万吨', '512 kt')
    """
    if kg is None:
        return "—"
    places = digits(kg) - (0 if words.zh else 1)
    said = number(abs(scaled(kg, words) or 0), places)
    minus = "−" if kg < 0 else "+" if sign and kg > 0 else ""
    return f"{minus}{said} {words('harvest.unit')}" if unit else f"{minus}{said}"


def reach(low: float | None, high: float | None, words: Words, unit: bool = True) -> str:
    """A range of kilograms; a dash where so few seasons give none."""
    if low is None or high is None:
        return "—"
    places = digits(high) - (0 if words.zh else 1)
    one, other = (number(scaled(end, words), places) for end in (low, high))
    said = one if one == other else f"{one}–{other}"
    return f"{said} {words('harvest.unit')}" if unit else said


def whole(values: Sequence[float], scale: float = 1.0) -> list[int]:
    """Parts over a scale as whole numbers that add up to the rounded sum; parts below zero are rounded one by one.

    >>> whole([1400, 1400, 1400], 1000)
    [2, 1, 1]
    """
    amounts = np.array(values, dtype=float) / scale
    if not amounts.size or amounts.sum() <= 0 or (amounts < 0).any():
        return [round(value) for value in amounts.tolist()]
    return [int(part) for part in shared(round(amounts.sum()), amounts)]


def tonnes(kg: Sequence[float]) -> list[int]:
    """Kilograms as whole tonnes that add up."""
    return whole(kg, 1000)


def funnel(issues: pl.DataFrame, words: Words) -> go.Figure:
    """The county's issues: `due, kind, mean`, the fifteen quantiles. Hollow points were worked out afterwards."""
    if issues.is_empty():
        return nothing(words)
    rows, unit = issues.sort("due"), words("harvest.unit")
    figure, days = base(368, legend=True), rows["due"].to_list()
    for name, low, high, share in BANDS:
        both = rows.drop_nulls([low, high])
        if both.height:
            ends = [[round(scaled(v, words) or 0, 2) for v in both[column]] for column in (low, high)]
            x = both["due"].to_list()
            figure.add_scatter(
                x=[*x, *reversed(x)], y=[*ends[1], *reversed(ends[0])], fill="toself", mode="lines",
                fillcolor=thin(ACCENT, share), line={"width": 0}, hoverinfo="skip",
                name=words("chart.range", level=name),
            )  # fmt: skip
    middle = [round(scaled(v, words) or 0, 2) for v in rows["mean"]]
    said = [
        f"{words.short(r['due'])}<br><b>{amount(r['mean'], words)}</b><br>80 %: {reach(r['q10'], r['q90'], words)}"
        for r in rows.rows(named=True)
    ]
    figure.add_scatter(
        x=days, y=middle, mode="lines", line={"color": ACCENT, "width": 2.5}, hoverinfo="skip", showlegend=False
    )
    for kind, fill in (("replayed", GROUND), ("issued", ACCENT)):
        which = [i for i, each in enumerate(rows["kind"]) if each == kind]
        if which:
            figure.add_scatter(
                x=[days[i] for i in which], y=[middle[i] for i in which], text=[said[i] for i in which],
                mode="markers", marker={"size": 8, "color": fill, "line": {"color": ACCENT, "width": 2}},
                name=words(f"harvest.{kind}"), hovertemplate="%{text}<extra></extra>",
            )  # fmt: skip
    marks = days[:: max(1, -(-len(days) // 5))]
    figure.update_xaxes(tickvals=marks, ticktext=[words.short(day) for day in marks])
    figure.update_yaxes(title_text=unit, rangemode="tozero")
    return figure


def tiles(towns: pl.DataFrame, places: Mapping[str, Sequence[int]], words: Words) -> go.Figure:
    """Towns as tiles in a schematic grid: `town, mean, share, said` (the tool tip). `places`: town → column, row."""
    known = [row for row in towns.rows(named=True) if row["town"] in places]
    if not known:
        return ranked(towns, words)
    wide, tall = (max(places[row["town"]][i] for row in known) + 1 for i in (0, 1))
    values: list[list[float | None]] = [[None] * wide for _ in range(tall)]
    said = [[""] * wide for _ in range(tall)]
    figure, top = base(56 * tall + 32), max(row["mean"] for row in known)
    for row in known:
        column, line = places[row["town"]][:2]
        values[line][column], said[line][column] = scaled(row["mean"], words), row["said"]
        dark = row["mean"] > 0.68 * top
        figure.add_annotation(
            x=column, y=line, showarrow=False, font={"size": 11, "color": GROUND if dark else INK},
            text=f"{row['town']}<br>{amount(row['mean'], words, unit=False)}",
        )  # fmt: skip
    figure.add_heatmap(
        z=values, text=said, xgap=3, ygap=3, hoverongaps=False, zmin=0, hovertemplate="%{text}<extra></extra>",
        colorscale=[[0, "#e6f0f3"], [0.35, "#9cc5d2"], [0.7, "#3c8aa5"], [1, "#12394a"]], showscale=False,
    )  # fmt: skip
    figure.update_xaxes(visible=False, range=[-0.5, wide - 0.5])
    figure.update_yaxes(visible=False, range=[tall - 0.5, -0.5])
    figure.update_layout(margin={"l": 0, "r": 0, "t": 8, "b": 8})
    return figure


def ranked(towns: pl.DataFrame, words: Words) -> go.Figure:
    """Towns by output, most above: where no places are known."""
    if towns.is_empty():
        return nothing(words)
    rows = towns.sort("mean")
    figure = base(22 * rows.height + 56)
    figure.add_bar(
        y=rows["town"].to_list(), x=[scaled(v, words) for v in rows["mean"]], orientation="h", marker_color=ACCENT,
        text=rows["said"].to_list(), textposition="none", hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title_text=words("harvest.unit"), rangemode="tozero")
    return figure


def factors(rows: pl.DataFrame, words: Words) -> go.Figure:
    """What each factor adds or takes: `name, kg`, without the level, which would dwarf them."""
    kept = rows.filter(pl.col("kg") != 0)
    if kept.is_empty():
        return nothing(words)
    kept = kept.reverse()
    figure, kg = base(28 * kept.height + 72), kept["kg"].to_list()
    figure.add_bar(
        y=kept["name"].to_list(), x=[scaled(v, words) for v in kg], orientation="h",
        marker_color=[SERIES[1] if v < 0 else ACCENT for v in kg],
        text=[amount(v, words, unit=False, sign=True) for v in kg], textposition="auto", hoverinfo="skip",
        cliponaxis=False,
    )  # fmt: skip
    low, high = (scaled(end, words) or 0 for end in (min([0, *kg]), max([0, *kg])))
    room = 0.18 * (high - low)
    span = [low - room * (low < 0), high + room * (high > 0)]
    figure.update_xaxes(title_text=words("harvest.unit"), zeroline=True, zerolinecolor=MUTED, range=span)
    return figure


def months(flow: pl.DataFrame, order: Sequence[str], words: Words) -> go.Figure:
    """Kilograms by month, a colour a variety: `variety, month, kg` without sums; `order` of the months."""
    if flow.is_empty():
        return nothing(words)
    names = [words(f"harvest.month_{month}") for month in order]
    figure = base(320, legend=True)
    largest = flow.group_by("variety").agg(pl.col("kg").sum()).sort("kg", "variety", descending=[True, False])
    for i, variety in enumerate(largest["variety"]):
        own = dict(flow.filter(pl.col("variety") == variety).select("month", "kg").iter_rows())
        figure.add_bar(
            x=names, y=[scaled(own.get(month, 0), words) for month in order], name=variety,
            marker_color=SERIES[i % len(SERIES)],
            customdata=[amount(own.get(month, 0), words) for month in order],
            hovertemplate=f"{variety} %{{x}}<br><b>%{{customdata}}</b><extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="stack", bargap=0.25)
    figure.update_yaxes(title_text=words("harvest.unit"), rangemode="tozero")
    return figure


def hazards(rows: pl.DataFrame, kinds: Sequence[str], words: Words) -> go.Figure:
    """Chances of hazards as squares: `label` (day or month), `kind, chance, said`; one line a kind."""
    if rows.is_empty():
        return nothing(words)
    labels = rows["label"].unique(maintain_order=True).to_list()
    there = [kind for kind in kinds if kind in set(rows["kind"])]
    cell = {(row["kind"], row["label"]): row for row in rows.rows(named=True)}
    z = [[cell[kind, x]["chance"] if (kind, x) in cell else None for x in labels] for kind in there]
    said = [[cell[kind, x]["said"] if (kind, x) in cell else "" for x in labels] for kind in there]
    figure = base(40 * len(there) + 64)
    figure.add_heatmap(
        z=z, x=labels, y=[words(f"harvest.{kind}") for kind in there], text=said, zmin=0, zmax=1, xgap=2, ygap=2,
        colorscale=[[0, GRID], [0.02, "#f6e3d8"], [0.3, "#e8966f"], [1, "#8c2f12"]], hoverongaps=False,
        colorbar={"thickness": 8, "tickformat": ".0%"}, hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    few = len(labels) <= MONTHS_WIDE
    for (kind, x), row in cell.items() if few else []:
        if row["chance"] >= 0.01:
            figure.add_annotation(
                x=x, y=words(f"harvest.{kind}"), text=percent(row["chance"]), showarrow=False,
                font={"size": 11, "color": GROUND if row["chance"] > 0.5 else "#1c2430"},
            )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False)
    shown_labels = labels[:: max(1, -(-len(labels) // 4))] if not few else labels
    figure.update_xaxes(type="category", tickangle=0, tickvals=shown_labels)
    return figure
