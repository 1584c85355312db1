"""The jobs that run by themselves: what is next, what went wrong."""

from typing import Any

import dash
from dash import html

from dashboards import components as ui
from dashboards.reader import reader
from workbench.operate import schedule
from workbench.operate.schedule import State
from workbench.present.sentences import Clause
from workbench.present.words import Words, number
from workbench.settings import now, settings

dash.register_page(
    __name__, path="/schedule", order=9, title="任务 Jobs", name="Jobs", name_zh="任务", name_en="Jobs", bureau=""
)


def layout(**query: str) -> html.Div:
    """Every job, failed ones first, then by the next run."""
    words = reader(query).words
    states = schedule.listing()
    if not any(state.last_run for state in states):
        lead = words("schedule.lead_none", deadline=settings().issue_by)
    else:
        failed = sum(state.state == "failed" for state in states)
        coming = min((s for s in states if s.next_run), key=lambda s: s.next_run or now(), default=None)
        said = f"{name(coming, words)} {words.moment(coming.next_run)}" if coming and coming.next_run else "—"
        lead = words("schedule.lead", n=len(states), failed=failed, next=said)
    order = sorted(states, key=lambda s: (s.state != "failed", s.next_run or now()))
    heads = ("job", "result", "last", "duration", "next", "message")
    body = [line(state, words) for state in order]
    return ui.page(
        ui.headline(words("schedule.title"), [Clause(lead)], []),
        ui.panel(words("schedule.title"), ui.rows([words(f"schedule.{head}") for head in heads], body, numbers=(3,))),
    )


def name(state: State, words: Words) -> str:
    """A job's name as the reader says it."""
    verb, _, rest = state.name.partition(" ")
    return f"{words(f'schedule.job_{verb}')}{' · ' + rest if rest else ''}"


def line(state: State, words: Words) -> list[Any]:
    """A job as a row."""
    ran = words("schedule.never") if state.last_run is None else words.moment(state.last_run)
    badge = ui.badge(words(f"schedule.{state.state}"), warn=state.state == "failed")
    return [
        html.Span([name(state, words), " ", html.Code(state.rule)], title=" ".join(state.command)),
        badge,
        ran,
        "—" if state.seconds is None else f"{number(state.seconds, 1)} s",
        "—" if state.next_run is None else words.moment(state.next_run),
        html.Span((state.result.strip().splitlines() or [""])[-1][:160], className="small"),
    ]
