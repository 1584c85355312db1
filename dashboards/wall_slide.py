"""The frame of every slide on the wall: title with the day, sentence, cards, one chart, when it was issued.

A page takes part by `wall=` in its registration: a function of the reader and of how often it has had its turn.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import plotly.graph_objects as go
from dash import html

from dashboards import components as ui
from dashboards.reader import Reader
from workbench.present.chart import enlarged
from workbench.present.sentences import Clause

Child = Any


def framed(
    seen: Reader,
    head: tuple[str, date],
    issue: Mapping[str, Any],
    said: Sequence[Clause],
    cards: Child,
    chart: tuple[str, go.Figure],
    notes: Sequence[Child] = (),
) -> list[Child]:
    """A slide: `head` is its title and day, `chart` its figure with a title, `notes` stand beside the issue time."""
    words, (title, day), (about, figure) = seen.words, head, chart
    badges = [ui.sample_badge(words)] if issue["sample"] else []
    told: list[Child] = [words("passport.at", moment=words.moment(issue["issued_at"])), *notes]
    return [
        html.H1([html.Span([title, " ", *badges], className="badges"), words.day(day, year=True)]),
        ui.sentence(said),
        cards,
        ui.panel(about, ui.chart(enlarged(figure), seen, about, fill=True)),
        html.Div(told, className="passport badges"),
    ]
