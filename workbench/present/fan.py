"""The fan: what was observed up to now, and the forecast as a median with its 50, 80 and 95 % ranges."""

from collections.abc import Sequence
from datetime import datetime

import plotly.graph_objects as go
import polars as pl

from workbench.present.chart import base, clock, day_axis, nothing, now_line, threshold
from workbench.present.palette import ACCENT, INK, MUTED, thin
from workbench.present.words import Words

BANDS: tuple[tuple[str, str, str, float], ...] = (
    ("95 %", "q025", "q975", 0.12),
    ("80 %", "q10", "q90", 0.2),
    ("50 %", "q25", "q75", 0.3),
)
"""Widest first: name, lower and upper quantile, how much of the hue each layer lets through."""
DOUBTFUL, FILLED = 1, 2


def fan(
    observed: pl.DataFrame,
    forecast: pl.DataFrame,
    now: datetime,
    words: Words,
    unit: str = "",
    thresholds: Sequence[tuple[float, str]] = (),
) -> go.Figure:
    """One series: `observed` (ds, y, optionally flag: 1 doubtful, 2 imputed) and `forecast` (a FORECAST).

    Gaps stay gaps: a missing step breaks the line. Thresholds above what the chart shows are left out, but the next
    one above the highest value is always kept, so that the distance to it can be seen.
    """
    if observed.is_empty() and forecast.is_empty():
        return nothing(words)
    figure = base(368, legend=True)
    past, ahead = observed.sort("ds"), forecast.sort("ds")
    if ahead.height:
        _forecast(figure, ahead, words, unit)
    if past.height:
        _observed(figure, past, words, unit)
    moments = clock([*past["ds"], *ahead["ds"]], words.zone)
    day_axis(figure, min(moments), max(moments), words)
    daily = not isinstance(moments[0], datetime)
    wall = words.local(now).replace(tzinfo=None)
    if min(moments) <= (wall.date() if daily else wall) <= max(moments):
        now_line(figure, wall, words)
    top = max([0.0, *past["y"].drop_nulls(), *(ahead["q975"] if ahead.height else [])])
    kept = sorted(thresholds)
    over = next((value for value, _ in kept if value > top), None)
    for value, label in kept:
        if value <= top or (value == over and value < top * 1.6):
            threshold(figure, value, label)
    shown = max([top, *([over] if over and over < top * 1.6 else [])])
    figure.update_yaxes(title_text=unit, range=[0, shown * 1.08 or 1])
    figure.update_layout(hovermode="x unified", margin_t=56)
    return figure


def _forecast(figure: go.Figure, ahead: pl.DataFrame, words: Words, unit: str) -> None:
    x = clock(ahead["ds"], words.zone)
    for name, low, high, share in BANDS:
        figure.add_scatter(
            x=[*x, *reversed(x)],
            y=[*_rounded(ahead[high]), *reversed(_rounded(ahead[low]))],
            fill="toself", fillcolor=thin(ACCENT, share), line={"width": 0}, mode="lines",
            name=words("chart.range", level=name), hoverinfo="skip",
        )  # fmt: skip
    ranges = [_rounded(ahead[column]) for _, low, high, _ in reversed(BANDS) for column in (low, high)]
    figure.add_scatter(
        x=x, y=_rounded(ahead["q50"]), mode="lines", line={"color": ACCENT, "width": 2.5}, name=words("chart.median"),
        customdata=list(zip(*ranges, strict=True)),
        hovertemplate=f"<b>%{{y}} {unit}</b><br>50 %: %{{customdata[0]}}–%{{customdata[1]}}"
        "<br>80 %: %{customdata[2]}–%{customdata[3]}<br>95 %: %{customdata[4]}–%{customdata[5]}<extra></extra>",
    )  # fmt: skip


def _observed(figure: go.Figure, past: pl.DataFrame, words: Words, unit: str) -> None:
    """What was measured as an inked line, doubtful values as hollow points on it, what was filled in dotted."""
    x, kind = clock(past["ds"], words.zone), pl.lit(0)
    if "flag" in past.columns:
        kind = pl.when(pl.col("y").is_not_null()).then(pl.col("flag")).otherwise(0)
    filled = kind == FILLED
    beside = filled | filled.shift(1, fill_value=False) | filled.shift(-1, fill_value=False)
    shown = {"chart.observed": ~filled, "chart.doubtful": kind == DOUBTFUL, "chart.imputed": filled, "bridge": beside}
    y = past.select(pl.when(where).then("y").alias(key) for key, where in shown.items())
    measured = {"color": INK, "width": 2}
    figure.add_scatter(
        x=x, y=y["chart.observed"].to_list(), mode="lines", line=measured, connectgaps=False,
        name=words("chart.observed"), hovertemplate=f"<b>%{{y}} {unit}</b><extra>{words('chart.observed')}</extra>",
    )  # fmt: skip
    if y["bridge"].count():
        figure.add_scatter(
            x=x, y=y["bridge"].to_list(), mode="lines", line=measured | {"dash": "dot"}, connectgaps=False,
            hoverinfo="skip", showlegend=False,
        )  # fmt: skip
    for key, symbol in (("chart.doubtful", "circle-open"), ("chart.imputed", "diamond-open")):
        some = [(moment, value) for moment, value in zip(x, y[key], strict=True) if value is not None]
        if some:
            figure.add_scatter(
                x=[moment for moment, _ in some], y=[value for _, value in some], mode="markers", name=words(key),
                marker={"symbol": symbol, "size": 7, "color": MUTED, "line": {"width": 1.5, "color": MUTED}},
                hovertemplate=f"%{{y}} {unit}<extra>{words(key)}</extra>",
            )  # fmt: skip


def _rounded(values: pl.Series) -> list[float]:
    """No more digits than a screen needs: two below ten, one above."""
    return [round(value, 2 if abs(value) < 10 else 1) for value in values]
