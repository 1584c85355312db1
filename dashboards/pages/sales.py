"""Online sales for the commerce bureau: what will be sent, what stands out, who sells, what to make ready."""

from datetime import date, datetime, time, timedelta
from typing import Any

import dash
import polars as pl
from dash import Input, Output, State, callback, dcc, html

from dashboards import components as ui
from dashboards import sales_county, sales_parts, sales_planner, sales_prices, sales_view
from dashboards.export import download
from dashboards.memory import remembered
from dashboards.reader import Reader, reader
from dashboards.sales_view import TASK, WHOLE, Scene
from dashboards.wall_slide import framed
from workbench.errors import InputError, MissingData
from workbench.lake.store import Lake
from workbench.operate import verify
from workbench.operate.archive import Archive
from workbench.present.sentences import Clause
from workbench.present.words import Words, number, percent, span
from workbench.science.orders import MEASURES
from workbench.settings import county_zone, now


def headline(words: Words) -> tuple[tuple[Clause, ...], Any, bool]:
    """For the home page: the sentence, the cards, whether it is sample data; MissingData without an issue."""
    scene = sales_view.scene(Reader(words), Lake(), Archive())
    return clauses(scene), sales_parts.cards(scene, sales_view.rates({})), bool(scene.issue["sample"])


def slide(seen: Reader, turn: int) -> list[Any]:
    """On the wall: all sales by each measure in turn; MissingData where nothing was issued."""
    scene = sales_view.scene(seen, Lake(), Archive())
    measure = MEASURES[turn % len(MEASURES)]
    said, cards = clauses(scene), sales_parts.cards(scene, sales_view.rates({}))
    head, drawn = (seen.words("sales.title"), scene.today), sales_parts.figure(scene, measure, WHOLE)
    badge = [ui.badge(seen.words("sales.scope"), warn=True)]
    return remembered((*scene.key, "wall", measure), lambda: framed(seen, head, scene.issue, said, cards, drawn, badge))


dash.register_page(
    __name__, path="/sales", order=3, title="电商销售 Online sales", name="Online sales", name_zh="电商销售",
    name_en="Online sales", bureau="commerce_tourism", headline=headline, wall=slide,
)  # fmt: skip


def layout(**query: str) -> html.Div:
    """The page for the series and the rates in the address."""
    seen, lake, archive = reader(query), Lake(), Archive()
    words = seen.words
    try:
        scene = sales_view.scene(seen, lake, archive)
    except MissingData:
        body = words("sales.empty_body")
        nothing = ui.empty(words("state.empty_forecast"), body, "workbench ingest orders FILE…", words)
        return ui.page(nothing, sales_prices.section(seen, lake, archive, query))
    measure, of = sales_view.measure(query), sales_view.of(scene, query)
    try:
        wanted, wrong = sales_view.rates(query), None
    except InputError as error:
        wanted, wrong = sales_view.rates({}), ui.notice(words("sales.bad_rates"), error.message, error.hint)
    kept = remembered((*scene.key, measure, of, wanted), lambda: parts(scene, measure, of, wanted))
    upto, old = age(scene)
    return ui.page(
        top(scene, words), ui.stale(upto, words) if old else None, wrong, *kept,
        sales_prices.section(seen, lake, archive, query), dcc.Store(id="sales-shown", data=[of, measure]), stale=old,
    )  # fmt: skip


def age(scene: Scene) -> tuple[datetime, bool]:
    """The end of the last day of sales, and whether it lies too far back."""
    last = scene.panel["ds"].max()
    assert isinstance(last, date)
    end = datetime.combine(last + timedelta(days=1), time(), county_zone())
    return end, scene.today - last > sales_view.STALE


def top(scene: Scene, words: Words) -> html.Section:
    """Badges, sentence, passport."""
    badges: list[Any] = [ui.sample_badge(words)] if scene.issue["sample"] else []
    badges.append(ui.badge(words("sales.scope"), warn=True, title=words("sales.scope_why")))
    if scene.issue["level"] > 0:
        badges.append(ui.badge(words("state.degraded"), warn=True, title=scene.issue["reason"]))
    passport = ui.passport(scene.issue, verify.coverage(TASK), words)
    return ui.headline(words("sales.title"), clauses(scene), badges, passport)


def clauses(scene: Scene) -> tuple[Clause, ...]:
    """The sentence: the week, its busiest day, and what stands out."""
    words = scene.words
    _, ahead = scene.series(WHOLE, "parcels")
    week = ahead.filter(pl.col("ds") >= scene.today).head(7)
    if not scene.joint:
        return (Clause(words("sales.no_paths")),)
    week_ahead = sales_view.total(scene, 7)
    said = [Clause(words("sales.sentence_week", span=span(week_ahead.q10, week_ahead.q90)))]
    if week.height:
        peak = week.sort("q50").row(-1, named=True)
        comma, stop = ("，", "。") if words.zh else ("; ", ". ")
        text = words("sales.sentence_peak", day=words.day(peak["ds"]), n=number(peak["q50"]))
        said.append(Clause(comma + text + stop, f"day-{peak['ds'].isoformat()}"))
    odd = sales_view.unusual(scene)
    if odd.is_empty():
        return (*said, Clause(words("sales.sentence_usual"))) if verify.coverage(TASK) is not None else tuple(said)
    worst = odd.row(0, named=True)
    key = "sales.sentence_more" if worst["way"] > 0 else "sales.sentence_less"
    name, share = sales_parts.name_of(scene, worst["unique_id"]), percent(abs(worst["size"] or 0))
    return (*said, Clause(words(key, name=name, day=words.day(worst["since"]), share=share), "sales-unusual"))


def parts(scene: Scene, measure: str, of: str, wanted: Any) -> list[Any]:
    """Everything that depends on the data and the address alone."""
    return [
        sales_parts.cards(scene, wanted),
        sales_parts.fan(scene, measure, of),
        sales_parts.odd(scene),
        sales_parts.planned(scene, wanted),
        sales_parts.split(scene, measure),
        sales_parts.table(scene, measure, of),
        sales_planner.section(scene),
        sales_county.section(scene, Lake()),
    ]


@callback(
    Output("sales-file", "data"),
    Input("sales-csv", "n_clicks"),
    Input("sales-xlsx", "n_clicks"),
    State("sales-shown", "data"),
    prevent_initial_call=True,
)
def save(csv: int | None, xlsx: int | None, shown: list[str]) -> Any:
    """The forecast of the series shown as a file, every row with its issue and the nature of its data."""
    if not (csv or xlsx):
        raise dash.exceptions.PreventUpdate
    scene = sales_view.scene(reader(), Lake(), Archive())
    _, ahead = scene.series(*shown)
    kind = str(dash.ctx.triggered_id).removeprefix("sales-")
    frame = ahead.select("unique_id", "ds", "mean", "q025", "q10", "q50", "q90", "q975", "model", "version")
    return download(frame, scene.issue, f"sales_{shown[1]}_{now():%Y%m%d}", kind, scene.words)
