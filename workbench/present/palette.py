"""Colours by role, and the one step that turns a light figure into a dark one.

Figures are drawn with the light colours below; `dress(figure, dark=True)` swaps each for its dark twin, so that no
figure function has to know how the screen is lit. The official AQI colours are never swapped: they mean a level.

Every ink on its ground has a contrast of at least 4.5:1 (tested); neighbouring series hues differ in lightness too,
so that they part in grey print and for the colour-blind.
"""

from typing import Any

import plotly.graph_objects as go

INK = "#1c2430"
"""Observed values and text."""
MUTED = "#5b6675"
"""Labels, axes, second-rank text."""
GRID = "#e3e7ec"
GROUND = "#ffffff"
BAND = "#f1f4f7"
"""Weekends and holidays behind a chart."""
ACCENT = "#1f6f8b"
"""The forecast: its median line and, thinned, its ranges."""

SERIES: tuple[str, ...] = ("#1f6f8b", "#b4532a", "#6b4c9a", "#4b7f3a", "#8a6d1f", "#8c3b6b")
"""At most six quiet hues for lines that are told apart."""

_DARK = {
    INK: "#e8ebef",
    MUTED: "#9aa6b4",
    GRID: "#333b45",
    GROUND: "#1b2027",
    BAND: "#232a33",
    SERIES[0]: "#6cc0db",
    SERIES[1]: "#e8966f",
    SERIES[2]: "#b79fe0",
    SERIES[3]: "#93c980",
    SERIES[4]: "#d9bd6a",
    SERIES[5]: "#dd8fbd",
    "#e6f0f3": "#1d333d",  # the scale of the wind rose: little stays near the ground, much stands out
    "#9cc5d2": "#2c6074",
    "#3c8aa5": "#5fb3cf",
    "#12394a": "#d3f0f8",
}


def thin(colour: str, share: float) -> str:
    """A hex colour let through to `share` (0–1).

    >>> thin("#1f6f8b", 0.25)
    'rgba(31, 111, 139, 0.25)'
    """
    red, green, blue = channels(colour)
    return f"rgba({red}, {green}, {blue}, {share:g})"


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of `#rrggbb`, each 0–255.

    >>> channels("#00E400")
    (0, 228, 0)
    """
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """Relative luminance 0–1 after WCAG 2.2.

    >>> round(luminance("#ffffff"), 3)
    1.0
    """
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in channels(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio 1–21 of two hex colours after WCAG 2.2.

    >>> contrast("#000000", "#ffffff")
    21.0
    """
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def on(colour: str) -> str:
    """The text colour that reads best on a ground of that colour: black or white.

    >>> on("#FFFF00"), on("#7E0023")
    ('#000000', '#ffffff')
    """
    return max(("#000000", "#ffffff"), key=lambda text: contrast(text, colour))


def dark(colour: str) -> str:
    """The twin of a palette colour on a dark screen; a colour outside the palette stays."""
    return _DARK.get(colour, colour)


def dress(figure: go.Figure, dark: bool) -> go.Figure:
    """A figure drawn in light colours, for a light or a dark screen; the one given is left as it is."""
    if not dark:
        return figure
    return go.Figure(_swap(figure.to_plotly_json()), skip_invalid=False)


_TWINS = _DARK | {
    thin(k, s): thin(v, s) for k, v in _DARK.items() for s in (0.12, 0.16, 0.2, 0.25, 0.3, 0.35, 0.5, 0.8)
}


def _swap(value: Any) -> Any:
    if isinstance(value, str):
        return _TWINS.get(value, value)
    if isinstance(value, dict):
        return {key: _swap(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_swap(item) for item in value]
    return value
