"""The promotion planner: what another price would do to a product on days ahead, and what that rests on."""

from datetime import date
from typing import Any

import polars as pl
from dash import Input, Output, State, callback, dcc, html

from dashboards import components as ui
from dashboards import sales_view
from dashboards.memory import shared
from dashboards.reader import reader
from dashboards.sales_view import Scene
from workbench import domain
from workbench.errors import MissingData, UnknownName, WorkbenchError
from workbench.lake.store import Lake
from workbench.operate.archive import Archive
from workbench.present.words import Words, number, span
from workbench.science import demand, orders, promotion
from workbench.science.orders import MEASURES
from workbench.science.promotion import Answer, Move

FIELDS = ("change", "elasticity", "error")


def products(scene: Scene) -> list[str]:
    """Products that the issue forecasts, by name."""
    pieces = pl.col("unique_id").str.split("/").list
    sums = scene.ahead.filter(pieces.get(0) != "*", pieces.get(1) == "*", pieces.get(2) == "*")
    return sums.select(pieces.get(0).alias("name")).to_series().unique().sort().to_list()


def effects(lake: Lake) -> pl.DataFrame:
    """See `demand.responses`, of weekly kilograms by product and platform; empty where sales are too few to tell."""
    return _effects(lake.root, lake.digest("orders"), lake.digest("sale_products"))


@shared(2)
def _effects(root: str, sold: str, named: str) -> pl.DataFrame:
    tables = domain.frames(["orders", "sale_products"], Lake(root))
    lines = orders.by_product(tables["orders"].filter(kind="sale").collect(), tables["sale_products"].collect())
    live = (pl.col("channel") == "live").fill_null(value=False) & (pl.col("value") > 0)
    weekly = lines.group_by("product", pl.col("platform").alias("place"), pl.col("time").dt.truncate("1w")).agg(
        units=pl.col("kilograms").sum(),
        price=pl.col("value").sum() / pl.col("kilograms").sum(),
        live=pl.col("kilograms").filter(live).sum() / pl.col("kilograms").sum(),
    )
    step = (pl.col("time") - pl.col("time").min()).dt.total_days() // 7
    weekly = weekly.with_columns(step=step).filter((pl.col("units") > 0) & (pl.col("price") > 0))
    try:
        return demand.responses(weekly, demand.Drivers(promotions=("live",)))
    except MissingData:
        return pl.DataFrame()


def answer(lake: Lake, product: str, elasticity: float | None, error: float | None) -> Answer:
    """The reader's own elasticity, else the measured one where it supports a plan, else that of the literature."""
    if elasticity is not None:
        return Answer(elasticity, 0.0 if error is None else error, "given")
    found = effects(lake)
    measured = promotion.supported(found, product) if found.height else None
    return measured or promotion.LITERATURE_ANSWER


def planned(scene: Scene, product: str, move: Move, how: Answer) -> pl.DataFrame:
    """See `promotion.moved`; UnknownName for a product that is not forecast, MissingData without joint paths."""
    if product not in products(scene):
        raise UnknownName("product", product, products(scene))
    return promotion.moved(sales_view.paths(scene, product + "/*/*", MEASURES), move, how)


def section(scene: Scene) -> html.Details:
    """The form; the answer comes at a click."""
    words = scene.words
    days = [d for d in scene.ahead["ds"].unique().sort().to_list() if d >= scene.today]
    named = [{"label": scene.called(name), "value": name} for name in products(scene)]
    choices = [{"label": words.day(d), "value": d.isoformat()} for d in days]
    fields: list[Any] = [
        dcc.Dropdown(named, named[0]["value"] if named else None, id="sales-if-product", clearable=False),
        picked(words("sales.from"), "sales-if-first", choices, 0),
        picked(words("sales.to"), "sales-if-last", choices, min(6, len(choices) - 1)),
        *(typed(words(f"sales.{name}"), f"sales-if-{name}", -10 if name == "change" else None) for name in FIELDS),
        html.Button(words("sales.count"), id="sales-if-go", className="button"),
    ]
    return ui.fold(
        words("sales.planner"),
        html.Div(fields, className="filters"),
        html.Div(id="sales-if-told"),
        html.P(words("sales.planner_note"), className="note"),
        hint=words("sales.planner_hint"),
        id="sales-planner",
    )


def picked(name: str, id: str, choices: list[dict[str, str]], at: int) -> html.Label:
    """A day to choose."""
    value = choices[at]["value"] if choices else None
    return html.Label([name, dcc.Dropdown(choices, value, id=id, clearable=False)])


def typed(name: str, id: str, value: float | None) -> html.Label:
    """A number to type in; empty means: as measured."""
    return html.Label([name, dcc.Input(id=id, type="number", value=value, step="any", className="short")])


def told(found: pl.DataFrame, move: Move, how: Answer, words: Words) -> html.Div:
    """The answer: parcels, weight and value of all days, then parcels by day, and what the elasticity rests on."""
    total = found.filter(pl.col("ds").is_null())
    heads = ["", words("sales.as_forecast"), words("sales.as_planned"), words("sales.gain")]
    body = [
        [
            words(f"sales.{row['measure']}"),
            f"{number(row['before_q50'])} ({span(row['before_q10'], row['before_q90'])})",
            f"{number(row['after_q50'])} ({span(row['after_q10'], row['after_q90'])})",
            "—" if row["gain_q50"] is None else gain(row),
        ]
        for row in total.rows(named=True)
    ]
    days = found.drop_nulls("ds").filter(measure="parcels")
    daily = [
        [words.day(row["ds"]), number(row["before_q50"]), number(row["after_q50"]),
         span(row["after_q10"], row["after_q90"])]
        for row in days.rows(named=True)
    ]  # fmt: skip
    names = [words("sales.day"), words("sales.as_forecast"), words("sales.as_planned"), words("sales.range80")]
    basis = words(
        f"sales.basis_{how.basis}", elasticity=f"{how.elasticity:.2f}", error=f"{how.error:.2f}",
        change=f"{move.change:+.0%}",
    )  # fmt: skip
    return html.Div(
        [ui.rows(heads, body, numbers=(1, 2, 3)), html.P(basis, className="note"),
         ui.rows(names, daily, numbers=(1, 2, 3))],
        className="stack",
    )  # fmt: skip


def gain(row: dict[str, Any]) -> str:
    """The change with its range, e.g. +32% (+4% … +67%)."""
    low, middle, high = (f"{row[f'gain_q{level}']:+.0%}".replace("-", "−") for level in (10, 50, 90))
    return middle if low == high else f"{middle} ({low} … {high})"


@callback(
    Output("sales-if-told", "children"),
    Input("sales-if-go", "n_clicks"),
    State("sales-if-product", "value"),
    State("sales-if-first", "value"),
    State("sales-if-last", "value"),
    [State(f"sales-if-{name}", "value") for name in FIELDS],
    prevent_initial_call=True,
)
def ask(_: int, product: str, first: str, last: str, change: float | None, *own: float | None) -> Any:
    """A price moved."""
    seen, lake = reader(), Lake()
    try:
        scene = sales_view.scene(seen, lake, Archive())
        move = Move((change or 0.0) / 100, date.fromisoformat(first), date.fromisoformat(last))
        how = answer(lake, product, *own)
        return told(planned(scene, product, move, how), move, how, seen.words)
    except WorkbenchError as error:
        return ui.notice(error.message, error.hint)
