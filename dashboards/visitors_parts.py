"""The sections of the visitors page, each made from frames that the API gives too."""

from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go
import polars as pl
from dash import dcc, html

from dashboards import components as ui
from dashboards import visitors_view as view
from dashboards.visitors_view import COUNTY, Scene
from workbench.errors import MissingData
from workbench.forecast import decide
from workbench.operate.archive import Archive
from workbench.present import fan
from workbench.present.sentences import Clause, when
from workbench.present.words import Words, number, percent
from workbench.science.holidays import RANK
from workbench.settings import now

PAST = timedelta(days=28)


def festival(name: str, words: Words) -> str:
    """A festival's name in the reader's language."""
    return words(f"visitors.festival{RANK.index(name) + 1}") if name in RANK else name


def row_id(area: str, day: date) -> str:
    """The id of an area's day on the page."""
    return f"{'county' if area == COUNTY else area}-{day.isoformat()}"


def figures(value: float | None) -> str:
    """A count with no more digits than a range supports: tens from a thousand on."""
    return number(None if value is None else round(value, -1) if abs(value) >= 1000 else value)


def reach(row: dict[str, Any]) -> str:
    """The 80 % range of a row."""
    low, high = figures(row["q10"]), figures(row["q90"])
    return low if low == high else f"{low}–{high}"


def clauses(scene: Scene) -> tuple[Clause, ...]:
    """The sentence: tomorrow, the tightest place, car parks, the next holiday."""
    words, told = scene.words, []
    tomorrow = scene.rows.filter(
        pl.col("date") == scene.today + timedelta(days=1), pl.col("area") == scene.area
    ).to_dicts()
    if tomorrow:
        row = tomorrow[0]
        said = words("visitors.tomorrow", day=words("time.tomorrow"), area=scene.name(scene.area), range=reach(row))
        told.append(Clause(said, row_id(row["area"], row["date"])))
    tight = view.likeliest(scene.rows)
    if tight:
        row = tight[0]
        named = {"area": scene.name(row["area"]), "day": when(row["date"], scene.today, words)}
        if row["p80"] >= 0.01:
            said = words("visitors.tight", **named, p80=percent(row["p80"]), p100=percent(row["p100"]))
        else:
            said = words("visitors.calm")
        told.append(Clause(said, row_id(row["area"], row["date"])))
    cars = scene.rows.filter(pl.col("p_cars") >= 0.05).sort("p_cars", descending=True).head(1).to_dicts()
    if cars:
        row = cars[0]
        named = {"area": scene.name(row["area"]), "day": when(row["date"], scene.today, words)}
        told.append(Clause(words("visitors.cars", **named, p=percent(row["p_cars"])), row_id(row["area"], row["date"])))
    coming = next_holiday(scene)
    if coming:
        first = coming[0]
        said = words(
            "visitors.next_holiday", festival=festival(first["festival"], words), start=words.short(first["date"]),
            length=first["length"],
        )  # fmt: skip
        told.append(Clause(said, "planner"))
    joined: list[Clause] = []
    for number_, clause in enumerate(told):
        joined += [Clause(words("visitors.join"))] * (number_ > 0) + [clause]
    return (*joined, Clause(words("visitors.stop")))


def next_holiday(scene: Scene) -> list[dict[str, Any]]:
    """The county's days of the next holiday from today on; empty where none is within reach."""
    try:
        days = view.ahead(Archive(), scene.today).filter(pl.col("area") == COUNTY)
    except MissingData:
        return []
    first = days.head(1)
    return days.join(first.select("festival", "year"), on=["festival", "year"]).sort("date").to_dicts()


def cards(scene: Scene) -> html.Div:
    """Tomorrow, the next weekend, the tightest place, the next holiday."""
    words, own = scene.words, scene.of(COUNTY)
    made, unit = [], words("visitors.unit")
    tomorrow = own.filter(pl.col("date") == scene.today + timedelta(days=1)).to_dicts()
    made += [ui.card(words("visitors.card_tomorrow"), reach(r), unit, words.day(r["date"])) for r in tomorrow]
    weekend = own.filter(pl.col("date") > scene.today, pl.col("date").dt.weekday() == 6).head(1).to_dicts()
    made += [ui.card(words("visitors.card_weekend"), reach(r), unit, words.day(r["date"])) for r in weekend]
    tight = view.likeliest(scene.rows)
    for row in tight:
        note = f"{scene.name(row['area'])} · {words.day(row['date'])}"
        made.append(ui.card(words("visitors.card_tight"), percent(row["p80"]), words("visitors.p80"), note))
    coming = next_holiday(scene)
    if coming:
        sums = view.holiday_sums(pl.DataFrame(coming, infer_schema_length=None)).to_dicts()[0]
        change = sums["change"]
        told = words("visitors.no_last") if change is None else words("visitors.changed", change=f"{change:+.0%}")
        name = f"{festival(sums['festival'], words)} · {told}"
        made.append(ui.card(words("visitors.card_holiday"), figures(sums["daily"]), unit, name))
    return html.Div(made, className="cards")


def chart(scene: Scene) -> html.Section:
    """The fan of the area looked at, with what it can hold."""
    title, drawn = figure(scene)
    return ui.panel(title, ui.chart(drawn, scene.seen, title, "visitors-fan"))


def figure(scene: Scene) -> tuple[str, go.Figure]:
    """That fan, and its title."""
    words, own = scene.words, scene.of(scene.area)
    counted = view.history(scene.lake).filter(
        pl.col("area") == scene.area, pl.col("ds") >= scene.today - PAST, pl.col("ds") < scene.today
    )
    grid = pl.DataFrame({"ds": pl.date_range(scene.today - PAST, scene.today - timedelta(days=1), eager=True)})
    past = grid.join(counted.select("ds", "y"), on="ds", how="left")
    lines = []
    held = own.select(pl.col("daily_max", "daily_best").min()).row(0)
    if held[0] is not None:
        for key, value in (("share80", 0.8 * held[0]), ("share90", 0.9 * held[0]), ("daily_max", held[0])):
            lines.append((value, words("visitors.limit", what=words(f"visitors.{key}"), value=number(value))))
    if held[1] is not None:
        lines.append((held[1], words("visitors.limit", what=words("visitors.daily_best"), value=number(held[1]))))
    title = words("visitors.fan_title", area=scene.name(scene.area))
    return title, fan.fan(past, view.quantiles(own), now(), words, words("visitors.unit"), lines)


def table(scene: Scene, tools: Any) -> html.Section:
    """The days of the area looked at, or the tightest of all areas."""
    words = scene.words
    body = []
    for row in view.listed(scene).to_dicts():
        most = number(row["daily_max"]) if row["daily_max"] is not None else words("visitors.unset")
        inst = "" if row["instant_max"] is None else f"（{number(row['instant_max'])}）"
        body.append(
            [
                html.Span(words.day(row["date"]), className="nowrap"),
                scene.name(row["area"]),
                reach(row),
                "—" if row["load"] is None else f"{row['load']:.0%}",
                *(percent(row[name]) for name in ("p80", "p90", "p100", "p_best", "p_cars")),
                number(row["booked"]),
                most + inst,
            ]
        )
    names = ("day", "area", "range", "load", "p80", "p90", "p100", "p_best", "p_cars", "booked", "capacity")
    heads = [words(f"visitors.{name}") for name in names]
    note = html.P(words("visitors.turnover_note"), className="note")
    title = words("visitors.table_county" if scene.area == COUNTY else "visitors.table", area=scene.name(scene.area))
    return ui.panel(title, ui.rows(heads, body, numbers=range(2, 11)), note, tools=tools)


def plan(scene: Scene, given: dict[str, float]) -> html.Section:
    """Tickets, buses and people for each area and day, by the reader's own costs."""
    words, costs = scene.words, view.costs(given)
    fields = []
    for row in costs.rows(named=True):
        cells: list[Any] = [row[f"name_{words.language}"]]
        cells += [
            dcc.Input(
                id=f"visitors-{row['item']}-{name}", type="number", min=0, value=row[name],
                disabled=row["item"] == "tickets" and name == "serves", className="short",
            )
            for name in ("serves", "cost", "loss")
        ]  # fmt: skip
        fields.append([*cells, percent(decide.critical(row["cost"], row["loss"]))])
    heads = [words(f"visitors.{name}") for name in ("item", "serves", "cost", "loss", "cover")]
    button = html.Button(words("visitors.recompute"), id="visitors-recompute", className="button")
    return ui.panel(
        words("visitors.plan"),
        ui.rows(heads, fields, numbers=(4,)),
        button,
        html.Div(planned(scene, costs), id="visitors-planned", className="scroll"),
        html.P(words("visitors.plan_note"), className="note"),
    )


def planned(scene: Scene, costs: pl.DataFrame) -> html.Div:
    """What to provide, the tightest days first."""
    words = scene.words
    rows = view.plan(view.tightest(scene.rows), costs).head(12).rows(named=True)
    body = [
        [words.day(r["date"]), scene.name(r["area"]), reach(r), *(number(r[name]) for name in view.ITEMS)] for r in rows
    ]
    heads = [words(f"visitors.{name}") for name in ("day", "area", "range", *view.ITEMS)]
    return ui.rows(heads, body, numbers=range(2, 6))
