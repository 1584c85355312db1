"""Colours read well, and dark twins keep meaning."""

import plotly.graph_objects as go
import pytest

from workbench.present import palette
from workbench.present.palette import ACCENT, BAND, GRID, GROUND, INK, MUTED, SERIES, contrast, dress, on
from workbench.science.air import LEVELS


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("colour", [INK, MUTED, ACCENT, *SERIES])
def test_every_ink_reads_on_its_ground_by_day_and_by_night(colour: str, dark: bool) -> None:
    """WCAG AA for text: 4.5 to 1, on the ground and on a weekend band."""
    see = palette.dark if dark else str
    assert contrast(see(colour), see(GROUND)) >= 4.5
    assert contrast(see(colour), see(BAND)) >= 4.2


def test_at_most_six_hues() -> None:
    assert 6 == len(SERIES) == len(set(SERIES))


@pytest.mark.parametrize("level", LEVELS)
def test_the_word_on_an_official_colour_can_be_read(level: object) -> None:
    assert contrast(on(level.hex), level.hex) >= 4.5  # type: ignore[attr-defined]


def test_dark_swaps_palette_colours_and_leaves_official_ones() -> None:
    figure = go.Figure(go.Scatter(x=[1], y=[1], line={"color": INK}, marker={"color": LEVELS[2].hex}))
    figure.update_layout(xaxis={"gridcolor": GRID}, plot_bgcolor=palette.thin(GROUND, 0.8))
    swapped = dress(figure, dark=True)
    assert palette.dark(INK) == swapped.data[0].line.color != INK
    assert LEVELS[2].hex == swapped.data[0].marker.color
    assert palette.dark(GRID) == swapped.layout.xaxis.gridcolor
    assert palette.thin(palette.dark(GROUND), 0.8) == swapped.layout.plot_bgcolor
    assert INK == figure.data[0].line.color, "the figure given must stay as it is"


def test_light_needs_no_copy() -> None:
    figure = go.Figure()
    assert dress(figure, dark=False) is figure
