"""Wind and concentration: the mean concentration by wind direction and speed, as a rose of cells."""

import math

import plotly.graph_objects as go
import polars as pl

from workbench.present.chart import base, nothing
from workbench.present.palette import GRID, MUTED
from workbench.present.words import Words, number

SECTORS = 16
SPEEDS: tuple[float, ...] = (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0)
"""Lower edges of the speed classes, m/s; the last is open upward."""
FEWEST = 5
"""A cell of fewer hours is left empty: a mean of four hours says nothing."""
SCALE: tuple[tuple[float, str], ...] = ((0, "#e6f0f3"), (0.35, "#9cc5d2"), (0.65, "#3c8aa5"), (1, "#12394a"))
"""One hue, light to dark: not the AQI colours, for a mean of hours has no level."""


def cells(hours: pl.DataFrame) -> pl.DataFrame:
    """Means by wind cell: `hours` (wind_direction °, wind_speed m/s, y) → sector, speed, y, hours, with ≥ 5 hours each.

    Sector 0 is centred on north and counts clockwise; speed is the lower edge of its class.

    >>> north = {"wind_direction": [350.0, 10.0, 0.0, 5.0, 355.0], "wind_speed": [1.5] * 5, "y": [10.0] * 5}
    >>> cells(pl.DataFrame(north)).row(0)
    (0, 1.0, 10.0, 5)
    """
    width = 360 / SECTORS
    sector = ((pl.col("wind_direction") + width / 2) % 360 / width).floor().cast(pl.Int32)
    speed = pl.max_horizontal(pl.when(pl.col("wind_speed") >= edge).then(edge) for edge in SPEEDS)
    return (
        hours.drop_nulls(["wind_direction", "wind_speed", "y"])
        .group_by(sector.alias("sector"), speed.alias("speed"))
        .agg(pl.col("y").mean(), pl.len().cast(pl.Int64).alias("hours"))
        .filter(pl.col("hours") >= FEWEST)
        .sort("sector", "speed")
    )


def polar(hours: pl.DataFrame, words: Words, unit: str) -> go.Figure:
    """`hours` as for `cells`. Shows an association with the local wind; it is no proof of a source."""
    found = cells(hours)
    if found.is_empty():
        return nothing(words)
    top, edges = float(found["y"].max()), [*SPEEDS, SPEEDS[-1] + 2]  # type: ignore[arg-type]
    figure = base(400)
    for i, low in enumerate(SPEEDS):
        ring = found.filter(pl.col("speed") == low)
        by_sector = {sector: (y, hours) for sector, _, y, hours in ring.iter_rows()}
        figure.add_barpolar(
            theta=[sector * 360 / SECTORS for sector in range(SECTORS)],
            r=[edges[i + 1] - low if sector in by_sector else 0 for sector in range(SECTORS)],
            base=low, width=360 / SECTORS,
            marker={
                "color": [by_sector.get(s, (math.nan, 0))[0] for s in range(SECTORS)],
                "colorscale": [list(stop) for stop in SCALE], "cmin": 0, "cmax": top, "showscale": i == 0,
                "colorbar": {"title": {"text": unit, "font": {"color": MUTED}}, "thickness": 8, "len": 0.7,
                             "outlinewidth": 0, "tickfont": {"color": MUTED}},
                "line": {"width": 0},
            },
            customdata=[
                [words(f"wind.d{s}"), _class(i, words), number(mean, 1), n]
                for s, (mean, n) in ((s, by_sector.get(s, (None, 0))) for s in range(SECTORS))
            ],
            hovertemplate="%{customdata[0]} · %{customdata[1]}<br><b>%{customdata[2]} " + unit
            + "</b><br>" + words("chart.hours") + " %{customdata[3]}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(
        margin={"l": 32, "r": 8, "t": 32, "b": 32},
        polar={
            "bgcolor": "rgba(0,0,0,0)",
            "angularaxis": {
                "direction": "clockwise", "rotation": 90, "tickvals": [0, 90, 180, 270], "gridcolor": GRID,
                "linecolor": GRID, "tickfont": {"color": MUTED},
                "ticktext": [words(f"wind.d{s}") for s in (0, 4, 8, 12)],
            },
            "radialaxis": {
                "ticksuffix": " m/s", "gridcolor": GRID, "linecolor": GRID, "tickvals": list(SPEEDS[2::2]), "angle": 45,
                "tickangle": 0, "tickfont": {"size": 10, "color": MUTED},
                "range": [0, edges[list(SPEEDS).index(float(found["speed"].max())) + 1]],  # type: ignore[arg-type]
            },
        },
    )  # fmt: skip
    return figure


def _class(i: int, words: Words) -> str:
    low = SPEEDS[i]
    return f"{low:g}–{SPEEDS[i + 1]:g} m/s" if i + 1 < len(SPEEDS) else f"≥ {low:g} m/s"
