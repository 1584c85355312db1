"""What a reader may ask of the harvest with figures of their own: what if, an insurance policy, hands and lorries."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from dash import dcc, html

from dashboards import components as ui
from dashboards import harvest_view as view
from dashboards.harvest_view import Scene
from workbench.errors import WorkbenchError
from workbench.forecast.season_flow import season_name
from workbench.operate import harvest_read as facts
from workbench.operate import harvest_said as said
from workbench.present import harvest as drawn
from workbench.present.words import Words, number, percent
from workbench.science.harvest import ALL
from workbench.science.harvest_costs import Payout, Rates

IFS = ("rain", "warmer", "freeze", "freeze_day", "area_town", "area")
TERMS = ("steps", "insured", "premium", "index", "from", "to")
RATES = ("kg_a_day", "days_a_month", "wage", "stored", "store_days", "store_cost", "lorry", "lorry_cost")


def field(name: str, id: str, value: Any, kind: str = "number", off: bool = False) -> html.Label:
    """A figure to type in, with its name."""
    typed: Any = {"type": kind, "step": "any"} if kind == "number" else {"type": kind}
    return html.Label([name, dcc.Input(id=id, value=value, disabled=off, autoComplete="off", **typed)])


def choose(name: str, id: str, options: list[dict[str, str]], value: str) -> html.Label:
    """One of several, with its name."""
    return html.Label([name, dcc.Dropdown(options, value, id=id, clearable=False, searchable=False)])


def what_if(scene: Scene) -> html.Details:
    """A dry summer, a freeze, other areas: typed in here, worked out at a click."""
    words, free = scene.words, view.open_windows(scene)
    over = {name: factor not in free for name, factor in (("rain", "summer_drought"), ("warmer", "august_heat"))}
    towns = [{"label": scene.name(t), "value": t} for t in (ALL, *facts.towns(scene.harvest)["town"])]
    marks = {name: words("harvest.over") if gone else "" for name, gone in over.items()}
    fields = [
        field(words("harvest.rain") + marks["rain"], "harvest-if-rain", None, off=over["rain"]),
        field(words("harvest.warmer") + marks["warmer"], "harvest-if-warmer", None, off=over["warmer"]),
        field(words("harvest.freeze"), "harvest-if-freeze", -3),
        field(words("harvest.freeze_day"), "harvest-if-freeze_day", f"{scene.issue['season']}-12-20", "text"),
        choose(words("harvest.area_town"), "harvest-if-area_town", towns, ALL),
        field(words("harvest.area_by"), "harvest-if-area", None),
    ]
    button = html.Button(words("harvest.calculate"), id="harvest-if-go", className="button main")
    note = html.P(words("harvest.what_if_note"), className="note")
    hint = words("harvest.what_if_hint")
    told = html.Div(id="harvest-if-told", role="status")
    return ui.fold(
        words("harvest.what_if"), html.Div(fields, className="form even"), html.Div(button), told, note, hint=hint
    )


def otherwise(scene: Scene, rows: pl.DataFrame) -> html.Div:
    """The answer: the county, then the towns and varieties, whose changes add up to the county's."""
    words = scene.words
    town, variety = pl.col("town") == ALL, pl.col("variety") == ALL
    wanted = pl.concat([rows.filter(town, variety), rows.filter(town, ~variety), rows.filter(~town, variety)])
    body = [
        [
            named(r, scene), drawn.amount(r["was"], words), drawn.amount(r["mean"], words),
            drawn.amount(r["change"], words, sign=True), drawn.reach(r["q10"], r["q90"], words),
        ]
        for r in wanted.rows(named=True)
    ]  # fmt: skip
    heads = ["", *(words(f"harvest.{key}") for key in ("was", "after", "difference", "range"))]
    return html.Div(ui.rows(heads, body, numbers=(1, 2, 3, 4)))


def named(row: Mapping[str, Any], scene: Scene) -> Any:
    """Whose row it is."""
    if row["town"] == ALL == row["variety"]:
        return html.Strong(scene.words("harvest.all_towns"))
    return row["variety"] if row["town"] == ALL else row["town"]


def insurance(scene: Scene, query: Mapping[str, Any]) -> html.Details:
    """The reader's own policy, tried on the past."""
    words = scene.words
    query = view.terms(scene.today) | {name: value for name, value in query.items() if value}
    kinds = {"insured": "number", "premium": "number"}
    index = [{"label": words(f"harvest.{name}"), "value": name} for name in ("tmin", "tmax")]
    fields = [
        choose(words("harvest.index"), "harvest-in-index", index, str(query.get("index") or "tmin"))
        if name == "index"
        else field(words(f"harvest.{name}"), f"harvest-in-{name}", query.get(name), kinds.get(name, "text"))
        for name in TERMS
    ]
    button = html.Button(words("harvest.calculate"), id="harvest-in-go", className="button main")
    told = html.Div(paid_or_told(scene, query), id="harvest-in-told", role="status")
    note = html.P(words("harvest.insurance_note"), className="note")
    return ui.fold(words("harvest.insurance"), note, html.Div(fields, className="form even"), html.Div(button), told)


def paid_or_told(scene: Scene, query: Mapping[str, Any]) -> html.Div:
    """The payout of the terms given, or what is wrong with them."""
    try:
        return paid(scene, view.insured(scene, view.policy(query)))
    except WorkbenchError as error:
        return ui.notice(error.message, error.hint)


def paid(scene: Scene, found: Payout) -> html.Div:
    """Expected payout beside the premium, and the seasons that would have been paid."""
    words = scene.words
    ratio = "—" if not found.premium else f"{found.expected / found.premium:.0%}"
    unit = words("harvest.money_unit")
    cards = [
        ui.card(words("harvest.expected"), money(found.expected, words), unit, ""),
        ui.card(words("harvest.premium_sum"), money(found.premium, words), unit, ""),
        ui.card(words("harvest.ratio"), ratio, "", ""),
        ui.card(words("harvest.any_paid"), percent(found.chance), "", f"{words('harvest.seasons')} {found.seasons}"),
    ]
    rows = view.by_season(found).filter(pl.col("yuan") > 0).sort("yuan", descending=True).head(6)
    body = [
        [season_name(r["season"]), f"{number(r['extreme'], 1)} °C".replace("-", "−"), money(r["yuan"], words)]
        for r in rows.rows(named=True)
    ]
    heads = [words("harvest.worst"), words("harvest.index"), f"{words('harvest.expected')} ({unit})"]
    return html.Div([html.Div(cards, className="cards"), ui.rows(heads, body, numbers=(1, 2))], className="stack")


def yuan(words: Words) -> float:
    """How many yuan the reader's unit of sums has."""
    return float(words("harvest.money_scale"))


def money(amount: float, words: Words) -> str:
    """Yuan in the reader's unit of sums."""
    return number(amount / yuan(words))


def planning(scene: Scene, query: Mapping[str, Any]) -> html.Details:
    """Hands, stores and lorries by month, at the reader's rates."""
    words = scene.words
    usual = {name: getattr(Rates(), name) * (100 if name == "stored" else 1) for name in RATES}
    fields = [
        field(words(f"harvest.{name}"), f"harvest-plan-{name}", query.get(name) or f"{usual[name]:g}") for name in RATES
    ]
    button = html.Button(words("harvest.calculate"), id="harvest-plan-go", className="button main")
    told = html.Div(planned_or_told(scene, query), id="harvest-plan-told", role="status")
    note = html.P(words("harvest.plan_note"), className="note")
    return ui.fold(words("harvest.plan"), note, html.Div(fields, className="form even"), html.Div(button), told)


def planned_or_told(scene: Scene, query: Mapping[str, Any]) -> html.Div:
    """The plan at the rates given, or what is wrong with them."""
    words = scene.words
    try:
        rows = view.needs(scene, view.rates(query))
    except WorkbenchError as error:
        return ui.notice(error.message, error.hint)
    sums = {"kg": 1000.0, "person_days": 1.0, "wages": yuan(words), "store_cost": yuan(words), "trip_cost": yuan(words)}
    shown = {name: drawn.whole(rows[name].to_list(), scale) for name, scale in sums.items()}
    body: list[list[Any]] = [
        [
            said.month(r["month"], words), number(shown["kg"][i]), number(r["people"]), number(shown["person_days"][i]),
            number(shown["wages"][i]), number(r["store_t"]), number(shown["store_cost"][i]), number(r["trips"]),
            number(shown["trip_cost"][i]),
        ]
        for i, r in enumerate(rows.rows(named=True))
    ]  # fmt: skip
    total = {name: number(sum(values)) for name, values in shown.items()}
    body.append([
        html.Strong(words("harvest.sum")), total["kg"], "", total["person_days"], total["wages"], "",
        total["store_cost"], number(int(rows["trips"].sum())), total["trip_cost"],
    ])  # fmt: skip
    heads = [words(f"harvest.{key}") for key in ("month", "tonnes", "people", "person_days", "wages", "store_t",
                                                 "store_sum", "trips", "trip_sum")]  # fmt: skip
    return html.Div(ui.rows(heads, body, numbers=range(1, 9)))
