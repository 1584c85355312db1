"""The first page: every bureau's answer in a sentence, and whether the data are fresh."""

from typing import Any

import dash
import polars as pl
from dash import dcc, html

from dashboards import components as ui
from dashboards import data_parts
from dashboards.reader import reader
from workbench import domain
from workbench.domain import Entry
from workbench.errors import MissingData
from workbench.lake.store import Lake
from workbench.operate.archive import Archive
from workbench.present.words import Words
from workbench.settings import county, now

dash.register_page(
    __name__, path="/", order=0, title="首页 Home", name="Home", name_zh="首页", name_en="Home", bureau=""
)


def layout(**query: str) -> html.Div:
    """A panel a bureau that has a page or tasks, with its page's sentence; those that wait are named."""
    words, archive = reader(query).words, Archive()
    summary = Lake().summary()
    owned: dict[str, list[Entry]] = {}
    for entry in domain.tasks().values():
        owned.setdefault(entry.task.owner, []).append(entry)
    pages: dict[str, list[Any]] = {}
    for page in sorted(dash.page_registry.values(), key=lambda page: page["order"] or 0):
        if page.get("bureau"):
            pages.setdefault(page["bureau"], []).append(page)
    there = {*owned, *pages}
    bureaus = [key for key, bureau in county()["bureaus"].items() if "page" in bureau or key in there]
    live = sorted((key for key in bureaus if key in there), key=lambda key: key not in pages)
    soon = [ui.bureau(key, words) for key in bureaus if key not in there]
    return ui.page(
        html.H1(f"{words('home.title')} · {words.day(words.local(now()).date(), year=True)}"),
        *[bureau(key, pages.get(key, []), owned.get(key, []), archive, words) for key in live],
        freshness(summary, words),
        waiting(soon, words) if soon else None,
    )


def bureau(key: str, pages: list[Any], entries: list[Entry], archive: Archive, words: Words) -> html.Section:
    """One bureau: each of its pages' sentences and cards."""
    title = ui.bureau(key, words)
    parts: list[Any] = []
    links = [html.A(page[f"name_{words.language}"], href=page["path"], className="button") for page in pages]
    tools = html.Div(links, className="actions") if links else None
    for page in pages:
        if not page.get("headline"):
            continue
        try:
            clauses, figures, sample = page["headline"](words)
            badges = [ui.sample_badge(words)] if sample else []
            parts += [
                html.Div(badges, className="badges"),
                dcc.Link(ui.sentence(clauses), href=page["path"], className="quiet"),
                figures,
            ]
        except MissingData:
            parts.append(html.P(words("state.empty_forecast"), className="note"))
    parts += [tasks(entries, archive, words)] if entries else []
    return ui.panel(title, *parts, tools=tools)


def waiting(names: list[str], words: Words) -> html.Section:
    """The bureaus whose domain has no files yet."""
    listed = words("home.soon_list", names=("、" if words.zh else ", ").join(names))
    return ui.panel(
        words("home.soon"), html.P(listed, className="plain"), html.P(words("home.soon_why"), className="note")
    )


def tasks(entries: list[Entry], archive: Archive, words: Words) -> html.Div:
    """The bureau's forecasting tasks and when each was last issued."""
    body = []
    for entry in entries:
        task = entry.task
        try:
            newest = archive.latest(task.name).row(0, named=True)
            last = words(
                "home.latest", moment=words.moment(newest["issued_at"]), age=words.age(now() - newest["issued_at"])
            )
            state = ui.badge(words(f"state.level{newest['level']}"), warn=newest["level"] > 0)
        except MissingData:
            last, state = words("home.never"), html.Span()
        title = task.title_zh if words.zh else task.title_en
        body.append([html.Span([title, html.Small(last)], title=task.name, className="over"), state])
    return ui.rows([words("home.tasks"), ""], body)


def freshness(summary: pl.DataFrame, words: Words) -> html.Section:
    """One line on the tables, with the way to the data page."""
    overdue, empty = data_parts.late(summary), summary.filter(pl.col("rows") == 0)
    lines = []
    for key, those in (("overdue", overdue), ("empty", empty)):
        if those.height:
            names = words("sentence.list").join(those[f"title_{words.language}"])
            lines.append(words(f"home.{key}", n=those.height, names=names))
    said = lines or [words("home.all_fresh", n=summary.height)]
    tools = html.A(words("shell.data"), href="/data", className="button")
    return ui.panel(words("home.freshness"), *[html.P(text, className="plain") for text in said], tools=tools)
