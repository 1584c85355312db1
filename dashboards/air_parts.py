"""The sections of the environment page, each made from frames: cards, tables, chances, target, record."""

from datetime import date, timedelta
from typing import Any

import polars as pl
from dash import dcc, html

from dashboards import components as ui
from dashboards.air_view import Outlook
from dashboards.air_year import Year
from dashboards.reader import Reader
from workbench.present import goal, heat, levels, rules
from workbench.present.sentences import level_of, level_span, polluted, row_id, when
from workbench.present.words import Words, change, number, percent, span


def cards(view: Outlook, today: date, words: Words) -> html.Div:
    """Today and the next three days: range, level in colour and word, first pollutant, change since the last issue."""
    before = dict(view.before.iter_rows()) if view.before.height else {}
    four = view.days.filter(pl.col("date") >= today).head(4)
    return html.Div(
        [card(row, today, before.get(row["date"]), words) for row in four.rows(named=True)], className="cards"
    )


def card(row: dict[str, Any], today: date, before: float | None, words: Words) -> html.Article:
    """One day: the figure is the 80 % range, the colour that of the median's level."""
    level, reach = level_of(row["aqi_mid"]), span(row["aqi_low"], row["aqi_high"])
    step = change(row["aqi_mid"], before)
    changed = words("air.first_issue") if before is None else words("air.changed", change=step)
    if step == "±0":
        changed = words("air.unchanged")
    named = (row["date"] - today).days > 2
    day = words.weekday(row["date"]) if named else when(row["date"], today, words)
    leads = row["primary"] not in (None, "none")
    first = f"{words('air.primary')} {words('air.' + row['primary'])}" if leads else words("air.no_primary")
    return html.Article(
        [
            html.Header([html.Strong(day), html.Span(words.short(row["date"]) if named else words.day(row["date"]))]),
            html.Div(
                [html.Div([reach, html.Small("AQI")], className="figure"), ui.pill(level, words)], className="reading"
            ),
            html.Div(first, className="pair"),
            html.P(f"{words('chart.median')} {number(row['aqi_mid'])} · {changed}", className="small"),
        ],
        className="card level",
        style={"--level": level.hex},
    )


def week(view: Outlook, today: date, concentrations: pl.DataFrame, words: Words) -> html.Div:
    """The list to act on: a row a day, the rows that the sentence's clauses lead to."""
    daily = {(day, measure): (low, high) for day, measure, low, high in concentrations.iter_rows()}
    body, ids = [], []
    for row in view.days.filter(pl.col("date") >= today).rows(named=True):
        leads = row["primary"] not in (None, "none")
        share = row.get(f"primary_{row['primary']}")
        ids.append(row_id(row["date"]))
        body.append(
            [
                html.Span(words.day(row["date"]), className="nowrap"),
                span(row["aqi_low"], row["aqi_high"]),
                html.Span(
                    ui.pill(level_of(row["aqi_mid"]), words), title=level_span(row["aqi_low"], row["aqi_high"], words)
                ),
                percent(polluted(row)),
                f"{words('air.' + row['primary'])} {percent(share)}" if leads else words("air.no_primary"),
                *(span(*daily.get((row["date"], measure), (None, None))) for measure in ("pm2_5", "o3_8h")),
                words.both(level_of(row["aqi_high"]), "advice"),
            ]
        )
    heads = ("date", "aqi_range", "level", "probability_polluted", "primary", "concentration", "o3_column", "advice")
    return ui.rows([words(f"air.{head}") for head in heads], body, ids, numbers=(1, 3, 5, 6))


def chances(view: Outlook, shares: pl.DataFrame, today: date, seen: Reader) -> html.Div:
    """Each level's and each first pollutant's probability, from joint paths."""
    words, ahead = seen.words, pl.col("date") >= today
    first = words("air.primaries" if view.issue["status"] == "machine" else "air.primaries_machine")
    return html.Div(
        [
            ui.panel(
                words("air.levels"), ui.chart(levels.levels(view.days.filter(ahead), words), seen, words("air.levels"))
            ),
            ui.panel(
                first,
                ui.chart(levels.primaries(shares.filter(ahead), words), seen, first),
            ),
        ],
        className="two",
    )


def warnings(found: pl.DataFrame, days: int, words: Words) -> html.Section:
    """Every grade's condition with its probability; unknown where the plan's text is. Never a warning."""
    plans = {
        "chongqing_2022": ("重庆市 2022 年预案", "Chongqing plan of 2022"),
        "national_2024": ("环大气〔2024〕6号口径", "national rule of 2024"),
    }
    body = [
        [
            words.either(*plans.get(row["plan"], (row["plan"], row["plan"]))),
            words.either(row["grade_zh"], row["grade_en"]),
            percent(row["probability"])
            if row["probability"] is not None
            else html.Span(words("air.unknown"), title=words("air.unknown_why")),
        ]
        for row in found.rows(named=True)
    ]
    heads = [words("air.trigger_plan"), words("air.trigger"), words("air.trigger_probability")]
    tag = ui.badge(words("air.days_ahead", n=days))
    note = html.P(words("air.triggers_why"), className="note")
    return ui.panel(words("air.triggers"), note, ui.rows(heads, body, numbers=(2,)), tools=tag, id="triggers")


def target(year: Year, seen: Reader) -> list[Any]:
    """The year's good days so far, to come, and the chance of the target."""
    words, so_far = seen.words, {"valid": year.valid, "good": year.good, "share": percent(year.share)}
    said = [words("air.goal_sentence", day=words.short(year.upto), **so_far)]
    if year.likely is not None:
        likely = span(*year.likely)
        if year.chance is None:
            said.append(words("air.goal_no_target", span=likely))
        else:
            said.append(words("air.goal_chance", target=year.target, share=percent(year.chance), span=likely))
    return [
        html.P(" ".join(said) if not words.zh else "".join(said), className="plain"),
        ui.chart(goal.goal(year.so_far, year.ahead, year.allowed, words), seen, words("air.good_days")),
        trial(year.station, year.target, words),
        html.P(words("air.goal_method"), className="small"),
    ]


def trial(station: str, wanted: int | None, words: Words) -> html.Form:
    """Another target to try; it is kept in the address."""
    return html.Form(
        [
            html.Label(words("air.try_target"), htmlFor="air-target"),
            dcc.Input(id="air-target", name="target", type="number", min=1, max=366, value=wanted, className="short"),
            dcc.Input(type="hidden", name="station", value=station),
            html.Button(words("air.try_go"), type="submit", className="button"),
        ],
        action="/environment",
        method="GET",
        className="filters",
    )


def two_rules(history: pl.DataFrame, today: date, seen: Reader) -> list[Any]:
    """The last twelve months under both rule sets."""
    words = seen.words
    since = date(today.year - 1, today.month, 1) + timedelta(days=32)
    year = history.filter(pl.col("date") >= since.replace(day=1), pl.col("date") < today)
    old, new = (int((year[f"aqi_{rule}"] <= 100).sum() or 0) for rule in ("2012", "2026"))
    return [
        html.P(words("air.both_rules_sentence", old=old, new=new, gap=old - new), className="plain"),
        ui.chart(rules.rules(year, words), seen, words("air.both_rules")),
        html.P(f"12 = {words('air.rules2012')} · 26 = {words('air.rules2026')}", className="small"),
    ]


def year_map(history: pl.DataFrame, year: int, seen: Reader) -> list[Any]:
    """The calendar of a year, and how much of the last month is audited."""
    words = seen.words
    last = history.sort("date").tail(30)
    audited = int(last["audited"].fill_null(value=False).sum())
    return [
        ui.chart(heat.calendar(history, year, words), seen, words("air.heat", year=year, rules="")),
        html.P(words("air.audited_sentence", audited=audited, provisional=last.height - audited), className="note"),
    ]
