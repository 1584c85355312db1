"""The pieces of every page: the frame, the sentence, cards, charts, tables, and the states of having nothing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import dash
import dash_ag_grid as ag
import dash_mantine_components as dmc
import plotly.graph_objects as go
import polars as pl
from dash import dcc, html

from dashboards.auth import current_user
from dashboards.reader import Reader, reader
from dashboards.theme import THEME
from workbench.present.chart import CONFIG
from workbench.present.palette import dress, on
from workbench.present.sentences import Clause
from workbench.present.words import Words, percent
from workbench.settings import county, now

Child = Any
WIDE = 40
"""A text broader than this may break into lines but keeps a least width (see `breadth`)."""


def shell() -> dmc.MantineProvider:
    """What surrounds every page: the bar with the pages that exist, the page, the foot."""
    seen = reader()
    return dmc.MantineProvider(
        [
            html.A(seen.words("shell.skip"), href="#page", className="skip"),
            html.Header(bar(seen), className="bar", id="bar"),
            html.Main(dash.page_container, id="page"),
            html.Footer(f"{_county(seen.words)} · {seen.words('shell.title')}", className="foot"),
        ],
        theme=THEME,
        forceColorScheme="dark" if seen.dark else "light",
    )


def aria(label: str) -> dict[str, Any]:
    """The name of an element for those who cannot see it."""
    return {"aria-label": label}


def switching(what: str, to: str) -> dict[str, Any]:
    """What `assets/prelude.js` does at a click: `data-lang` or `data-scheme`."""
    return {f"data-{what}": to}


def called(id: str | None) -> dict[str, Any]:
    """An id, where there is one."""
    return {"id": id} if id else {}


def bar(seen: Reader) -> list[Child]:
    """Brand, navigation (from the pages that exist), and the reader's own switches."""
    words, user = seen.words, current_user()
    pages = [item for item in dash.page_registry.values() if item.get("name_zh")]
    other = "zh" if words.language == "en" else "en"
    tools = [
        html.A(
            words("shell.language"), href=f"?lang={other}", lang="en" if other == "en" else "zh-CN",
            title=words("shell.language_label"), **switching("lang", other),
        ),
        html.A(
            words("shell.light" if seen.dark else "shell.dark"), href="#", role="button",
            title=words("shell.scheme_label"), **switching("scheme", "light" if seen.dark else "dark"),
        ),
    ]  # fmt: skip
    if user.name:
        tools.append(html.A(user.name, href="/account", className="who", title=words("shell.account")))
    return [
        html.A([_county(words), html.Small(words("shell.title"))], href="/", className="brand"),
        html.Nav(
            [dcc.Link(item[f"name_{words.language}"], href=item["path"]) for item in pages],
            className="nav",
            **aria(words("shell.menu")),
        ),
        html.Div(tools, className="tools"),
    ]


def _county(words: Words) -> str:
    return str(county()[f"name_{words.language}"])


def bureau(key: str, words: Words) -> str:
    """A bureau's name as the county writes it; the key itself where the county has none."""
    return str(county()["bureaus"].get(key, {}).get(words.language, key))


def page(*children: Child, stale: bool = False) -> html.Div:
    """The column that a page's parts stand in; greyed where the data are stale."""
    return html.Div(list(children), className="page stale" if stale else "page")


def sentence(clauses: Sequence[Clause]) -> html.P:
    """The answer, largest on the page; each clause leads to the row it came from."""
    return html.P(
        [
            html.A(clause.text, href=f"#{clause.row}", className="clause") if clause.row else clause.text
            for clause in clauses
        ],
        className="sentence",
        role="status",
    )


def headline(title: str, clauses: Sequence[Clause], badges: Sequence[Child], below: Child = None) -> html.Section:
    """Title, badges, sentence, passport: the first thing read."""
    return html.Section(
        [html.Div([html.H1(title), *badges], className="badges"), sentence(clauses), below], className="headline"
    )


def sample_badge(words: Words) -> html.Span:
    """示意数据（非实测): wherever a synthetic number appears."""
    return html.Span(words("shell.sample"), className="badge sample", title=words("shell.sample_why"))


def badge(text: str, warn: bool = False, title: str = "") -> html.Span:
    """A small state with its word."""
    return html.Span(text, className="badge warn" if warn else "badge", title=title)


def pill(level: Any, words: Words) -> html.Span:
    """An AQI level: the official colour never without its word."""
    return html.Span(words.both(level), className="pill", style={"background": level.hex, "color": on(level.hex)})


def passport(issue: Mapping[str, Any], held: float | str | None, words: Words) -> html.Details:
    """Issue time and age, data up to, degrade level, measured coverage (a share of the last 90 days, or in words); model
    and version one click behind."""  # noqa: E501
    moment, upto = issue["issued_at"], issue["cutoff"]
    shown = words.moment(upto) if isinstance(upto, datetime) else words.short(upto)
    line = " · ".join(
        [
            words("passport.issued", moment=words.moment(moment), age=words.age(now() - moment)),
            words("passport.upto", moment=shown),
            words(f"state.level{issue['level']}"),
            covered(held, words),
        ]
    )
    model = words("passport.model_is", model=issue["model"], version=issue["version"])
    return html.Details([html.Summary(line), html.P(model, className="small")], className="passport")


def covered(held: float | str | None, words: Words) -> str:
    """How often the 80 % range held, as a clause."""
    if isinstance(held, str):
        return held
    return words("passport.uncovered") if held is None else words("passport.covered", share=percent(held))


def chart(figure: go.Figure, seen: Reader, label: str, id: str | None = None, fill: bool = False) -> html.Figure:
    """A figure in the reader's light, with a name for those who cannot see it; `fill` takes the height of its box."""
    plain = dress(figure, seen.dark).to_plotly_json()  # as lists, which are written to the browser fastest
    size = {"height": "100%" if fill else figure.layout.height}
    graph = dcc.Graph(figure=plain, config=CONFIG, responsive=True, style=size, **called(id))
    return html.Figure(graph, className="chart", role="img", **aria(label))


def card(title: str, figure: str, unit: str, below: str) -> html.Article:
    """One figure with its unit, what it is above and what belongs to it below."""
    reading = html.Div([figure, html.Small(unit)], className="figure")
    return html.Article([html.Header(html.Strong(title)), reading, html.P(below, className="small")], className="card")


def panel(title: Child, *children: Child, tools: Child = None, id: str | None = None) -> html.Section:
    """A titled box."""
    head = html.Header([html.H2(title), tools] if tools is not None else [html.H2(title)])
    return html.Section([head, *children], className="panel", **called(id))


def fold(title: str, *children: Child, hint: str = "", open: bool = False, id: str | None = None) -> html.Details:
    """A part that opens at one click."""
    summary = html.Summary([title, html.Small(hint)] if hint else title)
    return html.Details(
        [summary, html.Div(list(children), className="inside")], className="fold", open=open, **called(id)
    )


def breadth(text: str) -> int:
    """How wide a text stands, in Latin letters: a Chinese character takes two.

    >>> breadth("AQI 范围")
    8
    """
    return sum(2 if character > "\u2e7f" else 1 for character in text)


def rows(
    heads: Sequence[str], body: Iterable[Sequence[Child]], ids: Sequence[str] = (), numbers: Sequence[int] = ()
) -> html.Div:
    """A plain table: `ids` name its rows, `numbers` are the columns set flush right."""
    numeric = set(numbers)
    named = [*ids]
    lines = []
    for i, cells in enumerate(body):
        cut = [
            html.Td(
                cell,
                className="n" if j in numeric else "wide" if isinstance(cell, str) and breadth(cell) > WIDE else "",
            )
            for j, cell in enumerate(cells)
        ]
        lines.append(html.Tr(cut, id=named[i]) if i < len(named) else html.Tr(cut))
    head = html.Tr([html.Th(text, className="n" if j in numeric else "", scope="col") for j, text in enumerate(heads)])
    return html.Div(html.Table([html.Thead(head), html.Tbody(lines)], className="rows"), className="scroll")


def notice(title: str, *lines: Child) -> html.Div:
    """Something the reader must know before trusting what follows."""
    return html.Div([html.Strong(title), *[html.P(line) for line in lines]], className="notice", role="alert")


def stale(upto: datetime, words: Words) -> html.Div:
    """Data too old: since when, and what is done about it."""
    length = words.length(now() - upto)
    return notice(words("state.stale", moment=words.moment(upto), length=length), words("state.stale_action"))


def empty(title: str, body: str, command: str, words: Words) -> html.Div:
    """Nothing yet: what is missing, and the one button or command that brings it."""
    return html.Div(
        [
            html.H2(title),
            html.P(body),
            html.A(words("state.go_data"), href="/data", className="button main"),
            html.P([words("state.command"), " ", html.Code(command)], className="small"),
        ],
        className="empty",
    )


def failed(number: str, words: Words) -> html.Div:
    """An error: a sentence and a number to quote, never a trace."""
    return notice(words("state.error_title"), words("state.error_number", number=number))


def grid(frame: pl.DataFrame, heads: Mapping[str, str], seen: Reader, id: str) -> ag.AgGrid:
    """Rows to sort and filter; at most a few hundred go to the browser."""
    words = seen.words
    numeric = {name for name, kind in frame.schema.items() if kind.is_numeric()}
    columns = [
        {"field": name, "headerName": head, **({"type": "rightAligned"} if name in numeric else {})}
        for name, head in heads.items()
    ]
    texts = {"noRowsToShow": words("chart.nothing"), "loadingOoo": words("shell.loading")}
    return ag.AgGrid(
        id=id,
        rowData=frame.to_dicts(),
        columnDefs=columns,
        columnSize="responsiveSizeToFit",
        defaultColDef={"sortable": True, "filter": True, "resizable": True, "minWidth": 88, "tooltipField": "message"},
        dashGridOptions={"localeText": texts, "domLayout": "autoHeight", "pagination": frame.height > 12,
                         "paginationPageSize": 12, "paginationPageSizeSelector": False, "animateRows": False},
        style={"height": None},
    )  # fmt: skip
