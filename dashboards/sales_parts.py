"""The sections of the sales page, each made from frames: cards, fan, what stands out, plan, shares, table."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import plotly.graph_objects as go
import polars as pl
from dash import dcc, html

from dashboards import components as ui
from dashboards import sales_view
from dashboards.sales_view import PARTS, WHOLE, Scene
from workbench.present import fan as fans
from workbench.present.words import Words, number, percent, span
from workbench.science.orders import MEASURES
from workbench.science.sales import Rates
from workbench.settings import now

PAST = timedelta(days=56)
MOST = 6
"""Parts named one by one; the rest stand under `/api/v1/sales/shares`."""


def cards(scene: Scene, rates: Rates) -> html.Div:
    """The next week, the next four, the busiest day, and the hands that tomorrow wants."""
    words = scene.words
    if not scene.joint:
        return html.Div()
    plan = sales_view.plan(scene, rates)
    _, ahead = scene.series(WHOLE, "parcels")
    ahead = ahead.filter(pl.col("ds") >= scene.today)
    found = []
    for days in (7, 28):
        sum_ = sales_view.total(scene, days)
        found.append(
            ui.card(
                words("sales.card_days", days=sum_.days),
                number(sum_.q50),
                words("sales.parcels_unit"),
                words("sales.per_80", span=span(sum_.q10, sum_.q90)),
            )
        )
    peak = ahead.sort("q50").row(-1, named=True)
    found.append(
        ui.card(words("sales.card_peak"), number(peak["q50"]), words("sales.parcels_unit"), words.day(peak["ds"]))
    )
    tomorrow = plan.filter(pl.col("ds") > scene.today).row(0, named=True)
    hands = f"{words('sales.boxes')} {number(tomorrow['boxes'])} · {words('sales.enough', share=percent(rates.sure))}"
    found.append(ui.card(words("sales.card_hands"), number(tomorrow["pickers"]), words("sales.pickers"), hands))
    return html.Div(found, className="cards")


def name_of(scene: Scene, unique_id: str) -> str:
    """What readers call a series: its parts that are no sum, else all of it."""
    parts = [scene.called(one) for one in unique_id.split("/")[:3] if one != "*"]
    return " · ".join(parts) if parts else scene.words("sales.whole")


def address(measure: str, of: str) -> str:
    """The page's address for one series."""
    return "/sales?" + urlencode({"measure": measure, "of": of})


def fan(scene: Scene, measure: str, of: str) -> html.Section:
    """The chart of one series, with the measures and the sums as links."""
    words = scene.words
    title, drawn = figure(scene, measure, of)
    measures = [link(words(f"sales.{one}"), address(one, of), one == measure) for one in MEASURES]
    sums = [WHOLE, *totals(scene)]
    series = [link(name_of(scene, one + "/"), address(measure, one), one == of) for one in sums]
    tools = html.Nav(measures, className="badges", **ui.aria(words("sales.value")))
    picks = html.Nav(series, className="badges", **ui.aria(words("sales.shares")))
    return ui.panel(title, picks, ui.chart(drawn, scene.seen, title, "sales-fan"), tools=tools)


def figure(scene: Scene, measure: str, of: str) -> tuple[str, go.Figure]:
    """That chart and its title."""
    words, since = scene.words, scene.issue["cutoff"] - PAST
    past, ahead = scene.series(of, measure)
    past = past.filter(pl.col("ds") > since).select("ds", "y")
    title = words("sales.fan_title", measure=words(f"sales.{measure}"), name=name_of(scene, of + "/"))
    return title, fans.fan(past, ahead, now(), words, words(f"sales.{measure}_unit"))


def link(text: str, href: str, here: bool) -> dcc.Link:
    """A choice as a link: the address says what is shown."""
    return dcc.Link(text, href=href, className="badge here" if here else "badge")


def totals(scene: Scene) -> list[str]:
    """The largest products and platforms as series, for the choices above the chart."""
    return [
        "/".join(name if i == at else "*" for i in range(3))
        for at in (0, 1)
        for name in sales_view.shares(scene, PARTS[at], "parcels")["name"].head(MOST)
    ]


def odd(scene: Scene) -> html.Section:
    """What does not go as forecast."""
    words, found = scene.words, sales_view.unusual(scene)
    why = html.P(words("sales.unusual_why"), className="note")
    if found.is_empty():
        return ui.panel(
            words("sales.unusual"), html.P(words("sales.unusual_none"), className="plain"), id="sales-unusual"
        )
    heads = [words("sales.product"), words("sales.since"), words("sales.way"), words("sales.size")]
    body = [
        [
            name_of(scene, row["unique_id"]),
            words.day(row["since"]),
            words("sales.more" if row["way"] > 0 else "sales.less"),
            "—" if row["size"] is None else f"{row['size']:+.0%}".replace("-", "−"),
        ]
        for row in found.head(10).rows(named=True)
    ]
    return ui.panel(words("sales.unusual"), ui.rows(heads, body, numbers=(3,)), why, id="sales-unusual")


def planned(scene: Scene, rates: Rates) -> html.Section:
    """Two weeks of parcels, boxes and hands, with the packhouse's own rates to fill in."""
    words = scene.words
    if not scene.joint:
        return ui.panel(words("sales.plan"), html.P(words("sales.no_paths"), className="plain"))
    days = sales_view.plan(scene, rates).head(14)
    heads = [
        words(f"sales.{key}") for key in ("day", "ready_parcels", "ready_kilograms", "boxes", "pickers", "sold_out")
    ]
    body = [
        [
            words.day(row["ds"]),
            number(row["parcels_ready"]),
            number(row["kilograms_ready"]),
            number(row["boxes"]),
            number(row["pickers"]),
            percent(row["sold_out"]),
        ]
        for row in days.rows(named=True)
    ]
    note = html.P(words("sales.plan_note", share=percent(rates.sure)), className="note")
    return ui.panel(words("sales.plan"), form(rates, words), ui.rows(heads, body, numbers=(1, 2, 3, 4, 5)), note)


def form(rates: Rates, words: Words) -> html.Form:
    """The rates as fields; they are kept in the address."""
    fields = [
        html.Label(
            [
                words(f"sales.{name}"),
                dcc.Input(name=name, type="number", value=getattr(rates, name), step="any", className="short"),
            ]
        )
        for name in ("box", "picked", "stock", "sure")
    ]
    button = html.Button(words("sales.count"), type="submit", className="button")
    return html.Form([*fields, button], action="/sales", method="GET", className="filters")


def split(scene: Scene, measure: str) -> html.Section:
    """Shares by platform, product and destination: every column adds up to the whole."""
    words = scene.words
    boxes = []
    for part in ("platform", "product", "province"):
        found = sales_view.shares(scene, part, measure)
        body: list[list[Any]] = [
            [scene.called(name), number(amount), f"{share:.0%}"] for name, amount, share in found.iter_rows()
        ]
        body.append([html.Strong(words("sales.whole")), number(float(found["amount"].sum())), ""])
        heads = [words(f"sales.{part}"), words(f"sales.{measure}"), words("sales.share")]
        boxes.append(html.Div(ui.rows(heads, body, numbers=(1, 2))))
    return ui.panel(words("sales.shares"), html.Div(boxes, className="two"))


def table(scene: Scene, measure: str, of: str) -> html.Section:
    """The days as rows, with the same day a year before, and export."""
    words = scene.words
    past, ahead = scene.series(of, measure)
    before = dict(past.select(pl.col("ds").dt.offset_by("364d"), "y").iter_rows())
    days = ahead.filter(pl.col("ds") >= scene.today)
    heads = [words("sales.day"), words("chart.median"), words("sales.range80"), words("sales.last_year")]
    body = [
        [words.day(row["ds"]), number(row["q50"]), span(row["q10"], row["q90"]), number(before.get(row["ds"]))]
        for row in days.rows(named=True)
    ]
    ids = [f"day-{row.isoformat()}" for row in days["ds"]]
    buttons: list[Any] = [
        html.Button(words(f"export.{k}"), id=f"sales-{k}", className="button") for k in ("csv", "xlsx")
    ]
    tools = html.Div([*buttons, dcc.Download(id="sales-file")], className="actions")
    return ui.panel(words("sales.table"), ui.rows(heads, body, ids, (1, 2, 3)), tools=tools)
