"""The lower half of the harvest page: hazards, months, sizes, similar seasons, the record."""

from datetime import date
from typing import Any

import polars as pl
from dash import html

from dashboards import components as ui
from dashboards.harvest_view import Scene
from workbench.errors import MissingData
from workbench.forecast.season_flow import season_name
from workbench.operate import harvest_read as facts
from workbench.operate import harvest_said as said
from workbench.present import harvest as drawn
from workbench.present.words import Words, number, percent
from workbench.science.harvest import ALL, MONTHS

KINDS = ("frost", "heat", "drought", "drop", "wet")


def hazards(scene: Scene) -> html.Section:
    """Chances by hazard: the next 15 days, then the months of the season."""
    words, made = scene.words, []
    for span, title in (("day", "next_days"), ("month", "later")):
        rows = facts.hazards(scene.harvest, span)
        rows = rows.with_columns(
            label=pl.Series([label(r, span, words) for r in rows.rows(named=True)], dtype=pl.String),
            said=pl.Series([hazard_said(r, words) for r in rows.rows(named=True)], dtype=pl.String),
        )
        name = words(f"harvest.{title}")
        made.append(html.Div([html.H3(name), ui.chart(drawn.hazards(rows, KINDS, words), scene.seen, name)]))
    there = [kind for kind in KINDS if kind in set(scene.harvest.hazards["kind"])]
    colon = words("harvest.colon")
    told = words("harvest.join").join(f"{words(f'harvest.{k}')}{colon}{words(f'harvest.{k}_help')}" for k in there)
    note = html.P(f"{words('harvest.hazards_note')} {told}{words('harvest.stop')}", className="note")
    body = [
        [
            words(f"harvest.{r['kind']}"), label(r, "month", words), said.band(r["place"], words),
            percent(r["chance"]), said.degree(r), words(f"harvest.basis_{r['basis']}"),
        ]
        for r in facts.hazards(scene.harvest, "month").sort("chance", descending=True).head(8).rows(named=True)
        if r["chance"] >= 0.01
    ]  # fmt: skip
    heads = [words(f"harvest.{key}") for key in ("kind", "month", "place", "chance", "value", "basis")]
    table = ui.rows(heads, body, numbers=(3, 4))
    return ui.panel(words("harvest.hazards"), html.Div(made, className="two"), note, table, id="harvest-hazards")


def label(row: dict[str, Any], span: str, words: Words) -> str:
    """A day or a month on an axis."""
    day = row["first"]
    return (
        words.short(day) if span == "day" else f"{words.month(day)}" if words.zh else f"{words.month(day)} {day.year}"
    )


def hazard_said(row: dict[str, Any], words: Words) -> str:
    """The tool tip of a square."""
    when = words.day(row["first"]) if row["first"] == row["last"] else words.month(row["first"])
    basis = words(f"harvest.basis_{row['basis']}")
    place = said.band(row["place"], words)
    risk = f"{words('harvest.' + row['kind'])} {percent(row['chance'])}"
    return f"{when} · {place}<br><b>{risk}</b><br>{said.degree(row)} · {basis}"


def flow(scene: Scene) -> html.Section:
    """Varieties by month: a chart, and a table whose rows and columns add up."""
    words, rows = scene.words, facts.monthly(scene.harvest).filter(pl.col("variety") != ALL)
    chart = ui.chart(drawn.months(rows, MONTHS, words), scene.seen, words("harvest.flow"))
    cells = flow_tonnes(rows)
    names = facts.varieties(scene.harvest)["variety"].to_list()
    body: list[list[Any]] = [
        [name, *(number(cells.get((name, m), 0)) for m in MONTHS), number(sum(cells.get((name, m), 0) for m in MONTHS))]
        for name in names
    ]
    sums = [sum(cells.get((name, m), 0) for name in names) for m in MONTHS]
    body.append(
        [html.Strong(words("harvest.sum")), *(html.Strong(number(v)) for v in sums), html.Strong(number(sum(sums)))]
    )
    heads = [
        f"{words('harvest.variety')} ({words('harvest.tonnes')})",
        *(said.month(m, words) for m in MONTHS),
        words("harvest.sum"),
    ]
    table = ui.rows(heads, body, numbers=range(1, len(heads)))
    return ui.panel(
        words("harvest.flow"), chart, table, html.P(words("harvest.flow_note"), className="note"), id="harvest-flow"
    )


def flow_tonnes(rows: pl.DataFrame) -> dict[tuple[str, str], int]:
    """Variety and month → whole tonnes that add up to the rounded total."""
    shown = drawn.tonnes(rows["kg"].to_list())
    return {(v, m): t for (v, m), t in zip(rows.select("variety", "month").iter_rows(), shown, strict=True)}


def sizes(scene: Scene) -> html.Details:
    """Size grades of all varieties together."""
    words = scene.words
    rows = scene.harvest.sizes.filter(pl.col("variety") == ALL).sort("low")
    shown = drawn.tonnes(rows["kg"].to_list())
    body: list[list[Any]] = [
        [r["grade"], percent(r["share"]), number(t)] for r, t in zip(rows.rows(named=True), shown, strict=True)
    ]
    body.append([html.Strong(words("harvest.sum")), "100%", html.Strong(number(sum(shown)))])
    heads = [words("harvest.grade"), words("harvest.fruit_share"), f"{words('harvest.kg')} ({words('harvest.tonnes')})"]
    note = html.P(words("harvest.sizes_note"), className="note")
    return ui.fold(words("harvest.sizes"), ui.rows(heads, body, numbers=(1, 2)), note)


def similar(scene: Scene) -> html.Details:
    """The past seasons most like this one."""
    words = scene.words
    body = [
        [
            number(r["rank"]), season_name(r["like"]), number(r["distance"], 2),
            "—" if r["relative"] is None else f"{r['relative']:.0%}", drawn.amount(r["output"], words),
        ]
        for r in scene.harvest.similar.sort("rank").rows(named=True)
    ]  # fmt: skip
    heads = [words(f"harvest.{key}") for key in ("rank", "like", "distance", "relative", "output")]
    note = html.P(words("harvest.similar_note"), className="note")
    return ui.fold(words("harvest.similar"), ui.rows(heads, body, numbers=(2, 3, 4)), note, basis(scene))


def basis(scene: Scene) -> html.Div:
    """Each factor's window, how much of it is over, and whether its weight is learnt here or from literature."""
    words, rows = scene.words, scene.harvest.sensitivity
    each = rows.group_by("factor", maintain_order=True).agg(
        pl.col("first").first(), pl.col("last").first(), pl.col("decided").min(), pl.col("loss").mean(),
        pl.col("learnt").any(),
    )  # fmt: skip
    body = [
        [
            said.factor(r["factor"], words), f"{words.short(r['first'])}–{words.short(r['last'])}",
            f"{r['decided']:.0%}", percent(r["loss"]),
            words("harvest.learnt_yes" if r["learnt"] else "harvest.learnt_no"),
        ]
        for r in each.rows(named=True)
    ]  # fmt: skip
    heads = [words(f"harvest.{key}") for key in ("factor", "window", "decided", "loss", "learnt")]
    return html.Div(ui.rows(heads, body, numbers=(2, 3)))


def record(scene: Scene) -> html.Details:
    """The error by issue date against the rivals, coverage, and whether there is skill beyond chance."""
    words = scene.words
    try:
        found = facts.skill(scene.harvest.record, facts.begins(scene.harvest))
    except MissingData:
        told: Any = html.P(words("harvest.record_none"))
        return ui.fold(words("harvest.record"), told, hint=words("harvest.record_hint"), id="harvest-record")
    rows = facts.errors(scene.harvest.record, facts.begins(scene.harvest))
    body = [
        [
            words.short(r_day(r)), number(r["seasons"]), number(r["ours"]), *(number(r[name]) for name in facts.RIVALS),
            said.rival(r["best"], words), said.signed(r["gain"]), percent(r["coverage"]), percent(r["chance"]),
        ]
        for r in rows.rows(named=True)
    ]  # fmt: skip
    heads = [
        words("harvest.due_head"), words("harvest.seasons"), words("harvest.ours"),
        *(said.rival(name, words) for name in facts.RIVALS),
        words("harvest.best"), words("harvest.gain"), words("harvest.coverage"), words("harvest.chance_luck"),
    ]  # fmt: skip
    table = html.Div(ui.rows(heads, body, numbers=(1, 2, 3, 4, 5, 6, 8, 9, 10)), className="tight")
    return ui.fold(
        words("harvest.record"), html.P(html.Strong(said.verdict(found, words))), table,
        html.P(words("harvest.record_note"), className="note"), hint=words("harvest.record_hint"), id="harvest-record",
    )  # fmt: skip


def r_day(row: dict[str, Any]) -> date:
    """A date of a season's issue in some year that has it."""
    return date(2000, row["due_month"], row["due_day"])
