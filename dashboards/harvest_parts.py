"""The first screen of the harvest page: the sentence, cards, the narrowing range, towns, trend and weather."""

from typing import Any

import polars as pl
from dash import dcc, html

from dashboards import components as ui
from dashboards import harvest_view as view
from dashboards.harvest_view import Scene
from workbench.operate import harvest_read as facts
from workbench.operate import harvest_said as said
from workbench.present import harvest as drawn
from workbench.present.sentences import Clause
from workbench.present.words import number, percent


def clauses(scene: Scene) -> tuple[Clause, ...]:
    """The sentence."""
    return said.clauses(scene.harvest, scene.words, scene.crop)


def cards(scene: Scene) -> html.Div:
    """Output, yield, what the weather does, and the season before — of the town looked at."""
    words, own = scene.words, facts.row(scene.harvest, scene.town)
    unit = words("harvest.unit")
    range_ = drawn.reach(own["q10"], own["q90"], words)
    below = words("harvest.range_none") if range_ == "—" else words("harvest.range_is", range=range_)
    area = own["area"] / float(words("harvest.area_scale"))
    areas = words("harvest.area_is", area=f"{number(area, 2)} {words('harvest.area_unit')}")
    per = number(own["mean"] / own["area"]) if own["area"] else "—"
    parts = facts.split(scene.harvest, scene.town)
    steady = words("harvest.weather_is", steady=drawn.amount(parts["steady"], words))
    before = own["before"]
    change = "—" if not before else f"{own['mean'] / before - 1:+.0%}".replace("-", "−")
    told = (
        words("harvest.before_none") if not before else words("harvest.before_is", before=drawn.amount(before, words))
    )
    made = [
        ui.card(words("harvest.card_total"), drawn.amount(own["mean"], words, unit=False), unit, below),
        ui.card(words("harvest.card_yield"), per, words("harvest.yield_unit"), areas),
        ui.card(words("harvest.card_weather"), drawn.amount(parts["weather"], words, False, True), unit, steady),
        ui.card(words("harvest.card_before"), change, "", told),
    ]
    return html.Div(made, className="cards")


def funnel(scene: Scene) -> html.Section:
    """The county's issues of the season, with their ranges."""
    words, rows = scene.words, facts.funnel(scene.harvest)
    chart = ui.chart(drawn.funnel(rows, words), scene.seen, words("harvest.funnel"))
    body = [
        [
            words.day(r["due"], year=True), drawn.amount(r["mean"], words), drawn.reach(r["q10"], r["q90"], words),
            "—" if r["width"] is None else percent(r["width"]), words(f"harvest.{r['kind']}"),
        ]
        for r in rows.reverse().rows(named=True)
    ]  # fmt: skip
    heads = [words(f"harvest.{key}") for key in ("due_head", "mean", "range", "width", "kind")]
    table = html.Details(
        [html.Summary(words("harvest.table")), ui.rows(heads, body, numbers=(1, 2, 3))], className="small"
    )
    note = html.P(f"{words('harvest.funnel_note')} {words('harvest.funnel_points')}", className="note")
    return ui.panel(words("harvest.funnel"), chart, note, table, id="harvest-funnel")


def town_lines(scene: Scene) -> pl.DataFrame:
    """Towns as shown: with whole `tonnes`, `mu` and `was` (tonnes of the season before) that add up, and `said`."""
    words, rows = scene.words, facts.towns(scene.harvest)
    known = rows["before"].fill_null(0).to_list()
    rows = rows.with_columns(
        tonnes=pl.Series(drawn.tonnes(rows["mean"].to_list()), dtype=pl.Int64),
        mu=pl.Series(drawn.whole(rows["area"].to_list()), dtype=pl.Int64),
        was=pl.Series(drawn.tonnes(known), dtype=pl.Int64),
    )
    tips = [
        f"<b>{r['town']}</b><br>{drawn.amount(r['mean'], words)} ({drawn.reach(r['q10'], r['q90'], words)})"
        f"<br>{words('harvest.weather')} {said.signed(r['weather'])}"
        for r in rows.rows(named=True)
    ]
    return rows.with_columns(said=pl.Series(tips, dtype=pl.String))


def towns(scene: Scene, tools: Any) -> html.Section:
    """Towns as tiles, and their table with its sum."""
    words, rows, places = scene.words, town_lines(scene), view.places()
    tiled = bool(set(rows["town"]) & set(places))
    chart = ui.chart(drawn.tiles(rows, places, words), scene.seen, words("harvest.map_tiles"))
    body: list[list[Any]] = [
        [
            dcc.Link(r["town"], href=f"/harvest?town={r['town']}"), number(r["tonnes"]),
            range_tonnes(r["q10"], r["q90"]), percent(r["share"]), number(r["yield"]), number(r["mu"]),
            said.signed(r["weather"]), "—" if r["before"] is None else number(r["was"]),
        ]
        for r in rows.rows(named=True)
    ]  # fmt: skip
    own = facts.row(scene.harvest)
    body.append([
        html.Strong(words("harvest.sum")), html.Strong(number(int(rows["tonnes"].sum()))),
        range_tonnes(own["q10"], own["q90"]), "100%", number(own["mean"] / own["area"]) if own["area"] else "—",
        number(int(rows["mu"].sum())), said.signed(share_of(scene)),
        "—" if own["before"] is None else number(int(rows["was"].sum())),
    ])  # fmt: skip
    heads = [words("harvest.town"), *(f"{words(f'harvest.{key}')} ({unit})" if unit else words(f"harvest.{key}")
             for key, unit in (("mean", words("harvest.tonnes")), ("range", words("harvest.tonnes")), ("share", ""),
                               ("yield", words("harvest.yield_unit")), ("area", words("harvest.mu")), ("weather", ""),
                               ("before", words("harvest.tonnes"))))]  # fmt: skip
    ids = [f"harvest-town-{i}" for i in range(rows.height)]
    placed = words("harvest.map_tiles") if tiled else words("harvest.no_tiles")
    note = f"{placed}{words('harvest.stop')} {words('harvest.map_note')}"
    return ui.panel(
        words("harvest.map"), chart, html.P(note, className="note"),
        html.Div(ui.rows(heads, body, ids, numbers=range(1, 8)), className="tight"), tools=tools, id="harvest-towns",
    )  # fmt: skip


def share_of(scene: Scene) -> float | None:
    """The county's weather as a share of its trend part."""
    parts = facts.split(scene.harvest)
    return parts["weather"] / parts["steady"] if parts["steady"] > 0 else None


def range_tonnes(low: float | None, high: float | None) -> str:
    """A range in tonnes; hundreds from ten thousand on, since a range supports no more."""
    if low is None or high is None:
        return "—"
    places = -2 if high >= 1e7 else -1
    return f"{number(round(low / 1000, places))}–{number(round(high / 1000, places))}"


def split(scene: Scene) -> html.Section:
    """What makes up the figure of the town looked at, and what moved the county's since the issue before."""
    words, rows = scene.words, facts.causes(scene.harvest, scene.town)
    title = words("harvest.split_title", town=scene.name(scene.town))
    kinds = {False: words("harvest.steady_part"), True: words("harvest.weather_part")}
    body: list[list[Any]] = [
        [said.factor(r["factor"], words), kinds[r["weather"]], said.plus(r["tonnes"])] for r in said.in_tonnes(rows)
    ]
    body.append(
        [html.Strong(words("harvest.sum")), "", html.Strong(number(sum(r["tonnes"] for r in said.in_tonnes(rows))))]
    )
    named = rows.with_columns(name=pl.Series([said.factor(name, words) for name in rows["factor"]], dtype=pl.String))
    chart = ui.chart(drawn.factors(named.filter(pl.col("factor") != "level"), words), scene.seen, title)
    heads = [words("harvest.factor"), words("harvest.kind"), f"{words('harvest.adds')} ({words('harvest.tonnes')})"]
    return ui.panel(
        words("harvest.split"), html.Div([html.Div([html.H3(title), chart]), ui.rows(heads, body, numbers=(2,))],
                                         className="two"),
        html.P(words("harvest.split_note"), className="note"), moved(scene), id="harvest-split",
    )  # fmt: skip


def moved(scene: Scene) -> html.Div:
    """What moved the county's figure since the issue before."""
    words, rows = scene.words, facts.moved(scene.harvest)
    if rows.is_empty():
        return html.Div([html.H3(words("harvest.moved")), html.P(words("harvest.moved_none"), className="note")])
    body = [[said.factor(r["factor"], words), said.plus(r["tonnes"])] for r in said.in_tonnes(rows)]
    summed = words("harvest.moved_sum", kg=drawn.amount(int(rows["kg"].sum()), words, sign=True))
    heads = [words("harvest.factor"), f"{words('harvest.adds')} ({words('harvest.tonnes')})"]
    return html.Div([html.H3(words("harvest.moved")), html.P(summed), ui.rows(heads, body, numbers=(1,))])
