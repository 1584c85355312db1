"""Wind and concentration: the mean concentration by wind direction and speed, as a rose of cells."""

import plotly.graph_objects as go
import polars as pl

from workbench.present.chart import base, nothing
from workbench.present.palette import GRID, MUTED
from workbench.present.words import Words, number
from workbench.science.wind import SECTORS

SCALE: tuple[tuple[float, str], ...] = ((0, "#e6f0f3"), (0.35, "#9cc5d2"), (0.65, "#3c8aa5"), (1, "#12394a"))
"""One hue, light to dark: not the AQI colours, for a mean of hours has no level."""
TOP = 8
"""The last ring holds every stronger wind (m/s)."""


def polar(cells: pl.DataFrame, words: Words, unit: str) -> go.Figure:
    """`cells` of one pollutant: direction (° the wind comes from; null = calm), speed (lower edge, m/s), hours, y.

    Shows an association with the local wind; it is no proof of a source. Calms have no direction: their mean is said
    in a line below.
    """
    known = cells.drop_nulls("y")
    blowing = known.drop_nulls("direction")
    if blowing.is_empty():
        return nothing(words)
    top, ring = float(known["y"].max()), float(blowing["speed"].max())  # type: ignore[arg-type]
    figure = base(400)
    figure.add_barpolar(
        theta=blowing["direction"].to_list(), base=blowing["speed"].to_list(), r=[1] * blowing.height,
        width=[360 / SECTORS] * blowing.height,
        marker={
            "color": blowing["y"].to_list(), "colorscale": [list(stop) for stop in SCALE], "cmin": 0, "cmax": top,
            "colorbar": {"title": {"text": unit, "font": {"color": MUTED, "size": 12}}, "thickness": 8, "len": 0.7,
                         "outlinewidth": 0, "tickfont": {"color": MUTED, "size": 12}},
            "line": {"width": 0},
        },
        customdata=[
            [words(f"wind.d{round(direction * SECTORS / 360) % SECTORS}"), _class(speed), number(mean, 1), n]
            for direction, speed, mean, n in blowing.select("direction", "speed", "y", "hours").iter_rows()
        ],
        hovertemplate="%{customdata[0]} · %{customdata[1]}<br><b>%{customdata[2]} " + unit
        + "</b><br>" + words("chart.hours") + " %{customdata[3]}<extra></extra>",
    )  # fmt: skip
    calm = known.filter(pl.col("direction").is_null())
    if calm.height:
        text = words("wind.calm", mean=f"{number(calm['y'][0], 1)} {unit}", n=calm["hours"][0])
        figure.add_annotation(
            text=text, x=0.5, y=-0.12, xref="paper", yref="paper", showarrow=False, font={"color": MUTED, "size": 12}
        )
    figure.update_layout(
        margin={"l": 32, "r": 8, "t": 32, "b": 56},
        polar={
            "bgcolor": "rgba(0,0,0,0)",
            "angularaxis": {
                "direction": "clockwise", "rotation": 90, "tickvals": [0, 90, 180, 270], "gridcolor": GRID,
                "linecolor": GRID, "tickfont": {"color": MUTED},
                "ticktext": [words(f"wind.d{s}") for s in (0, 4, 8, 12)],
            },
            "radialaxis": {
                "gridcolor": GRID, "linecolor": GRID, "angle": 45, "tickangle": 45, "range": [0, ring + 1],
                "tickvals": [2, 4, 6, 8], "ticktext": ["2 m/s", "4", "6", "8"],
                "tickfont": {"size": 11, "color": MUTED},
            },
        },
    )  # fmt: skip
    return figure


def _class(speed: float) -> str:
    """The speed class of a cell.

    >>> _class(2.0), _class(8.0)
    ('2–3 m/s', '≥ 8 m/s')
    """
    return f"≥ {speed:g} m/s" if speed >= TOP else f"{speed:g}–{speed + 1:g} m/s"
