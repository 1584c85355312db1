"""The folded sections of the visitors page: holidays, calendar, drivers, what if, data, months, record."""

import math
from datetime import date, timedelta
from typing import Any

import polars as pl
from dash import dcc, html

from dashboards import components as ui
from dashboards import visitors_past as past
from dashboards import visitors_view as view
from dashboards.visitors_parts import festival, figures, reach
from dashboards.visitors_view import COUNTY, Scene
from workbench.errors import MissingData
from workbench.operate import verify
from workbench.operate.archive import Archive
from workbench.present import visits
from workbench.present.words import Words, number, percent
from workbench.science.holidays import RANK

BRIER = ("brier_80", "brier_90", "brier_100")
KINDS = {"changed": "changed_level", "closed": "closed_kind", "event": "event_kind"}


def planner(scene: Scene) -> html.Details:
    """The holidays ahead of the area looked at: each day beside last year's, and what compares."""
    words = scene.words
    try:
        days = view.ahead(Archive(), scene.today).filter(pl.col("area") == scene.area)
    except MissingData:
        days = pl.DataFrame()
    parts: list[Any] = []
    for _, own in days.group_by("festival", "year", maintain_order=True) if days.height else ():
        sums = view.holiday_sums(own).to_dicts()[0]
        name = festival(sums["festival"], words)
        told = [
            f"{words('visitors.total')} {figures(sums['total'])}",
            f"{words('visitors.daily')} {figures(sums['daily'])}",
            f"{words('visitors.same_daily')} {figures(sums['same_daily'])}",
            f"{words('visitors.last_daily')} {figures(sums['last_daily'])}",
        ]
        if sums["change"] is not None:
            told.append(f"{words('visitors.change')} {sums['change']:+.0%}")
            told.append(
                words("visitors.comparable")
                if sums["comparable"]
                else words("visitors.incomparable", now=sums["length"], last=sums["last_length"])
            )
        status = ui.badge(words(f"visitors.{own['gazette'][0]}"))
        drawn = ui.chart(visits.holiday(own, words), scene.seen, f"{words('visitors.planner')} {name}")
        body = [
            [words("visitors.holiday_day", festival=name, n=r["nth"], day=words.short(r["date"])), reach(r),
             figures(r["last"]), "" if r["last_date"] is None else words.day(r["last_date"], year=True)]
            for r in own.rows(named=True)
        ]  # fmt: skip
        heads = [words(f"visitors.{key}") for key in ("day", "range", "last_year", "day")]
        parts.append(
            ui.panel(
                f"{name} {own['year'][0]}",
                html.P(" · ".join(told)),
                drawn,
                ui.rows(heads, body, numbers=(1, 2)),
                tools=status,
            )
        )
    parts = parts or [html.P(words("visitors.no_holiday"))]
    return ui.fold(words("visitors.planner"), *parts, report(scene), hint=words("visitors.planner_hint"), id="planner")


def report(scene: Scene) -> html.Section | None:
    """The last break's counted days beside the year before; None where there was none lately."""
    words = scene.words
    rows = past.report(scene.lake, scene.today)
    rows = rows.filter(pl.col("area") == scene.area) if rows.height else rows
    if rows.is_empty():
        return None
    name = festival(rows["festival"][0], words)
    body = [
        [words("visitors.holiday_day", festival=name, n=r["nth"], day=words.short(r["date"])),
         number(r["y"]), number(r["last"])]
        for r in rows.rows(named=True)
    ]  # fmt: skip
    heads = [words("visitors.day"), words("visitors.visitors"), words("visitors.last_year")]
    note = html.P(words("visitors.report_note"), className="note")
    return ui.panel(words("visitors.report"), ui.rows(heads, body, numbers=(1, 2)), note)


def calendar(scene: Scene, year: int, open: bool) -> html.Details:
    """The year as squares, the years there are as links."""
    words = scene.words
    days = view.history(scene.lake).filter(pl.col("area") == scene.area)
    links = [
        dcc.Link(
            str(known), href=f"/visitors?area={scene.area}&year={known}",
            className="badge here" if known == year else "badge",
        )
        for known in days["ds"].dt.year().unique().sort()
    ]  # fmt: skip
    title = words("visitors.calendar", year=year, area=scene.name(scene.area))
    drawn = ui.chart(visits.calendar(days, year, words), scene.seen, title)
    return ui.fold(
        words("visitors.calendar_fold"), ui.panel(html.Span([title, " ", *links], className="badges"), drawn), open=open
    )


def facts(known: dict[str, Any], words: Words) -> str:
    """What is known of a day, in words."""
    told = [words("visitors.free_day" if known["free"] else "visitors.workday")]
    if known["festival"]:
        name = RANK[int(known["festival"]) - 1] if known["festival"] <= len(RANK) else ""
        told.append(words("visitors.festival_day", festival=festival(name, words), n=int(known["nth"])))
    rain = known["rain"]
    told.append(words("visitors.fact_norain") if rain < 0 else words("visitors.fact_rain", mm=number(rain, 1)))
    told += [words("visitors.fact_event")] * (known["event"] > 0) + [words("visitors.fact_closed")] * (
        known["closed"] > 0
    )
    if known["booked"] > 0:
        told.append(words("visitors.fact_booked", n=number(math.expm1(known["booked"]))))
    return words("sentence.list").join(told)


def drivers(scene: Scene) -> html.Details:
    """What is known of tomorrow, and the past days most like it."""
    words, day = scene.words, scene.today + timedelta(days=1)
    known = view.coming(scene.lake, scene.area, day)
    rows = view.alike(scene.lake, scene.area, day)
    body = [[words.day(r["ds"], year=True), number(r["y"]), facts(r, words)] for r in rows.rows(named=True)]
    heads = [words("visitors.day"), words("visitors.seen"), ""]
    return ui.fold(
        words("visitors.drivers"),
        html.P(words("visitors.drivers_note", day=words.day(day), facts=facts(known, words))),
        ui.panel(words("visitors.similar"), ui.rows(heads, body, numbers=(1,))),
    )


def what_if(scene: Scene) -> html.Details:
    """Rain, an event, a closure, a price: chosen here, worked out at a click."""
    words = scene.words
    days = [{"label": words.day(d), "value": d.isoformat()} for d in scene.of(scene.area)["date"] if d > scene.today]
    boxes = [{"label": words(f"visitors.{name}"), "value": name} for name in ("rain", "event", "closed")]
    return ui.fold(
        words("visitors.what_if"),
        html.Div(
            [
                dcc.Dropdown(days, days[0]["value"] if days else None, id="visitors-if-day", clearable=False),
                dcc.Checklist(id="visitors-if", options=boxes, value=["rain"], inline=True),
                amount(words("visitors.price"), "visitors-if-price", 0),
                amount(words("visitors.elasticity"), "visitors-if-elasticity", -0.5),
                html.Button(words("visitors.calculate"), id="visitors-if-go", className="button"),
            ],
            className="filters",
        ),
        html.Div(id="visitors-if-told"),
        html.P(words("visitors.what_if_note"), className="note"),
    )  # fmt: skip


def amount(name: str, id: str, value: float) -> html.Label:
    """A number to type in, with its name."""
    return html.Label([name, " ", dcc.Input(id=id, type="number", value=value, step=0.1, className="short")])


def otherwise(found: dict[str, Any], words: Words) -> html.Div:
    """The answer to a what-if."""
    heads = ["", words("visitors.range"), words("chart.median")]
    body = [[words(f"visitors.{name}"), reach(found[name]), figures(found[name]["q50"])] for name in ("base", "after")]
    lines = []
    for name, one in found["factors"].items():
        said = words(f"visitors.{name}")
        if one is None:
            lines.append(words("visitors.factor_none", name=said))
        elif not one["days"]:
            lines.append(words("visitors.factor_assumed", name=said, factor=f"{one['factor']:.2f}"))
        else:
            low, high, days = f"{one['low']:.2f}", f"{one['high']:.2f}", number(one["days"])
            lines.append(
                words("visitors.factor", name=said, factor=f"{one['factor']:.2f}", low=low, high=high, days=days)
            )
    if found["county"]:
        before, after = (figures(found["county"][key]) for key in ("before", "after"))
        lines.append(words("visitors.county_after", before=before, after=after))
    return html.Div([ui.rows(heads, body, numbers=(1, 2)), *[html.P(line, className="note") for line in lines]])


def findings(scene: Scene) -> html.Details:
    """What is odd in the counts."""
    words = scene.words
    body = []
    for row in past.findings(scene.lake).rows(named=True):
        area = "" if row["area"] is None else scene.name(row["area"])
        value = row["value"]
        shown = "" if value is None else f"×{value:.2f}" if row["kind"] == "changed" else number(value)
        days = [words.day(day, year=True) if day else "" for day in (row["start"], row["end"])]
        kind = words(f"visitors.{KINDS.get(row['kind'], row['kind'])}")
        body.append([kind, area, *days, shown, row["text"] if row["kind"] in ("closed", "event") else ""])
    heads = [words(f"visitors.{key}") for key in ("kind", "area", "start", "end", "value", "note")]
    return ui.fold(words("visitors.findings"), ui.rows(heads, body, numbers=(4,)), hint=words("visitors.findings_hint"))


def monthly(scene: Scene) -> html.Details:
    """Months of the area looked at (and what was reported of the county), by definition."""
    words = scene.words
    area = pl.col("area") == scene.area
    wanted = area | (pl.col("area") == "county") if scene.area == COUNTY else area
    body = [
        [
            f"{row['month']:%Y-%m}", words(f"visitors.{row['definition']}"), number(row["visitors"]),
            words("visitors.partial", days=row["days"], of=row["of"]), words(f"visitors.{row['basis']}"),
        ]
        for row in past.monthly(scene.lake).filter(wanted).head(24).rows(named=True)
    ]  # fmt: skip
    heads = [words(f"visitors.{key}") for key in ("month", "definition", "visitors", "days", "basis")]
    note = html.P(words("visitors.definition_note"), className="note")
    return ui.fold(words("visitors.monthly"), ui.rows(heads, body, numbers=(2,)), note)


def record(scene: Scene) -> html.Details:
    """How often the ranges held, how far the median was off, and what the chances were worth, by days ahead."""
    words, found = scene.words, past.record()
    held = verify.coverage(view.PRODUCT)
    said = words("visitors.no_record") if held is None else words("passport.covered", share=percent(held))
    value = {(row["span"], row["metric"]): row["value"] for row in found.rows(named=True)}
    days = {row["span"]: row["days"] for row in found.filter(metric="mae").rows(named=True)}
    body = [
        [
            words("visitors.days_ahead", span=span.replace("-", "–")),
            *(percent(value[span, name]) for name in ("coverage_80", "coverage_95")),
            *(figures(value[span, name]) for name in ("mae", "bias")),
            *("—" if (span, name) not in value else number(value[span, name], 3) for name in BRIER),
            number(days[span]),
        ]
        for span in sorted(days)
    ]
    heads = [words(f"visitors.{name}") for name in ("ahead_by", "held_80", "held_95", "mae", "bias", *BRIER, "judged")]
    table = ui.rows(heads, body, numbers=range(1, 9)) if body else None
    note = html.P(words("visitors.record_note"), className="note") if body else None
    return ui.fold(words("visitors.record"), html.P(said), table, note, hint=words("visitors.record_hint"))


def asked_year(query: dict[str, str], today: date) -> int:
    """The year in the address, else this one."""
    return int(query["year"]) if query.get("year", "").isdigit() else today.year
