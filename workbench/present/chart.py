"""What every chart shares: ground, type, margins, axes, Chinese dates, and the picture of nothing."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
import polars as pl

from workbench.present.palette import BAND, GRID, GROUND, INK, MUTED, thin
from workbench.present.words import Words

FACES = "'Noto Sans SC','Noto Sans CJK SC','PingFang SC','Microsoft YaHei','Workbench Sans',sans-serif"

CONFIG: Any = {"displayModeBar": False, "displaylogo": False, "responsive": True, "scrollZoom": False}
"""How the browser shows a chart: no tool bar, no link to elsewhere, follows its box."""


def base(height: int = 320, legend: bool = False) -> go.Figure:
    """An empty figure in the house style; `height` in px on the 8-px rhythm."""
    axis: dict[str, Any] = {
        "gridcolor": GRID,
        "linecolor": GRID,
        "zerolinecolor": GRID,
        "tickfont": {"color": MUTED, "size": 12},
        "title": {"font": {"color": MUTED, "size": 12}, "standoff": 8},
        "automargin": True,
        "fixedrange": True,
    }
    return go.Figure(
        layout={
            "height": height,
            "font": {"family": FACES, "color": INK, "size": 13},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 8, "r": 16, "t": 24, "b": 8},
            "showlegend": legend,
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 12}},
            "hoverlabel": {"bgcolor": GROUND, "bordercolor": GRID, "font": {"color": INK, "family": FACES, "size": 13}},
            "xaxis": axis | {"showgrid": False},
            "yaxis": axis,
            "dragmode": False,
            "template": None,
        }
    )


def year_grid(year: int) -> tuple[int, int]:
    """Of a year drawn as squares, weeks from left to right and Monday on top: the place of 1 January in its week, and
    the number of weeks. A day's slot is its days since then plus that place: row slot % 7, column slot // 7.

    >>> year_grid(2026)  # begins on a Thursday
    (3, 53)
    """
    first = date(year, 1, 1)
    offset = first.isoweekday() - 1
    return offset, ((date(year, 12, 31) - first).days + offset) // 7 + 1


def year_axes(figure: go.Figure, year: int, words: Words) -> None:
    """The axes of such a year: every other month below, every other weekday beside."""
    offset, _ = year_grid(year)
    months = [date(year, month, 1) for month in range(1, 13, 2)]
    figure.update_xaxes(
        tickvals=[((m - date(year, 1, 1)).days + offset) // 7 for m in months],
        ticktext=[words.month(m) for m in months], showline=False, zeroline=False, tickangle=0,
    )  # fmt: skip
    figure.update_yaxes(
        tickvals=[0, 2, 4, 6], ticktext=[words(f"time.day{n}") for n in (1, 3, 5, 7)],
        range=[6.5, -0.5], showgrid=False, zeroline=False, showline=False,
    )  # fmt: skip


def enlarged(figure: go.Figure, by: float = 1.6) -> go.Figure:
    """The figure for a wall: type and lines larger, the height that of its box."""
    big = go.Figure(figure)
    big.update_layout(height=None, autosize=True, font_size=round(13 * by), legend_font_size=round(12 * by))
    big.update_layout(margin_t=72, margin_r=48, bargap=0.1, uniformtext_minsize=round(9 * by))
    big.update_xaxes(tickfont_size=round(12 * by), title_font_size=round(12 * by))
    big.update_yaxes(tickfont_size=round(12 * by), title_font_size=round(12 * by))
    big.update_annotations(font_size=round(11 * by))
    for trace in big.data:
        if trace.type == "bar":
            trace.textfont.size = round(12 * by)
        elif trace.type != "scatter":
            continue
        elif trace.mode == "markers":
            trace.marker.size = round(trace.marker.size * by)
        elif trace.line.width:
            trace.line.width *= by
    return big


def nothing(words: Words, key: str = "chart.nothing", height: int = 240) -> go.Figure:
    """The picture of nothing to show: a sentence in the middle, no axes."""
    figure = base(height)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(
        text=words(key), x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False, font={"color": MUTED, "size": 14}
    )
    return figure


def clock(moments: Sequence[Any] | pl.Series, zone: str) -> list[Any]:
    """Instants as wall-clock times without a zone, the way a chart's axis wants them; dates stay dates."""
    local = ZoneInfo(zone)
    return [m.astimezone(local).replace(tzinfo=None) if isinstance(m, datetime) else m for m in moments]


def day_axis(figure: go.Figure, first: Any, last: Any, words: Words) -> None:
    """Mark local days: ticks of at most about ten days in the reader's language, weekends as pale bands."""
    start, end = _day(first), _day(last) + timedelta(days=1)
    days = [start + timedelta(days=i) for i in range((end - start).days + 1)]
    step = max(1, -(-len(days) // 9))
    anchor = [day for i, day in enumerate(days[:-1]) if i % step == 0]
    short = len(days) <= 16
    figure.update_xaxes(
        tickvals=[day.isoformat() for day in anchor],
        ticktext=[_tick(day, words, i == 0, short) for i, day in enumerate(anchor)],
        ticklabelmode="instant",
        ticks="outside",
        ticklen=4,
        tickcolor=GRID,
        range=[_start(first), _start(last)],
    )
    if len(days) > 60:
        return
    for day in days[:-1]:
        if day.isoweekday() > 5:
            across(figure, day.isoformat(), (day + timedelta(days=1)).isoformat(), BAND)


def across(figure: go.Figure, first: str, last: str, colour: str) -> None:
    """A band from top to bottom, below everything; laid by hand, since `add_vrect` looks through all subplots."""
    figure.add_shape(
        type="rect", x0=first, x1=last, yref="y domain", y0=0, y1=1, fillcolor=colour, line_width=0, layer="below"
    )


def _tick(day: date, words: Words, first: bool, weekday: bool) -> str:
    """A tick of two lines: the date (with its month where it could be doubted) and the weekday."""
    name = words.short(day) if first or day.day == 1 or not weekday else (f"{day.day}日" if words.zh else f"{day.day}")
    return f"{name}<br>{words.weekday(day)}" if weekday else name


def _day(moment: Any) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _start(moment: Any) -> str:
    return moment.isoformat()


def now_line(figure: go.Figure, moment: Any, words: Words) -> None:
    """The *now* line with its word."""
    place, line = moment.isoformat(), {"color": MUTED, "width": 1, "dash": "dot"}
    figure.add_shape(type="line", x0=place, x1=place, yref="y domain", y0=0, y1=1, line=line)
    figure.add_annotation(
        x=moment.isoformat(), y=1, yref="paper", xanchor="left", yanchor="top", xshift=4, text=words("chart.now"),
        showarrow=False,
        font={"color": MUTED, "size": 12},
    )  # fmt: skip


def level_line(figure: go.Figure, value: float, line: dict[str, Any], opacity: float = 1) -> None:
    """A line across at a value of y."""
    figure.add_shape(type="line", xref="x domain", x0=0, x1=1, y0=value, y1=value, line=line, opacity=opacity)


def threshold(figure: go.Figure, value: float, label: str) -> None:
    """A thin labelled line at a limit; the label sits at the left above the line."""
    level_line(figure, value, {"color": MUTED, "width": 1, "dash": "dash"}, opacity=0.7)
    figure.add_annotation(
        x=0, xref="paper", xanchor="left", y=value, yanchor="bottom", text=label, showarrow=False,
        font={"color": MUTED, "size": 11}, bgcolor=thin(GROUND, 0.8), borderpad=1,
    )  # fmt: skip
