"""Why the air will be so: what the forecast is made of, what changed since the issue before, days that were alike."""

from datetime import date, timedelta
from typing import Any

import dash
import dash_mantine_components as dmc
import polars as pl
from dash import Input, Output, State, callback, html

from dashboards import air_history, air_view
from dashboards import components as ui
from dashboards.air_view import Outlook, Scene
from dashboards.memory import remembered
from dashboards.reader import reader
from workbench.errors import MissingData
from workbench.lake.store import Lake
from workbench.operate.archive import Archive
from workbench.present import reasons
from workbench.present.sentences import Clause, when
from workbench.present.words import Words, number, percent, span
from workbench.science.air import POLLUTANTS
from workbench.settings import now

PRODUCT, SIMILAR = "air_reasons", "similar"
DAYS = 4
"""Days that can be looked at: today and the next three."""
EARLIER = timedelta(hours=12)
"""An issue at least so much older is what today's is compared with: the evening before, not the hour before."""
LISTED = 0.01
"""Parts that weigh less are listed together."""
UNITS = {
    "wind_speed": "m/s", "humidity": "%", "precipitation": "mm", "boundary_layer_height": "m", "radiation": "W/m²",
    "temperature": "°C", "dew_point": "°C", "pressure": "hPa",
}  # fmt: skip
FINE = {"wind_speed": 1, "precipitation": 1, "temperature": 1, "dew_point": 1, "others": 1}


def product(archive: Archive, at: Any) -> pl.DataFrame:
    """The reasons that stood at an instant; empty where there are none."""
    try:
        return archive.product(PRODUCT, at)
    except MissingData:
        return pl.DataFrame()


def of(archive: Archive, view: Outlook) -> pl.DataFrame:
    """The reasons of the outlook shown: made at the same instant, not changed by hand since."""
    issued_at = view.issue["issued_at"]
    found = product(archive, issued_at)
    if found.is_empty() or found["issued_at"][0] != issued_at:
        return pl.DataFrame()
    every = archive.issues(air_view.PRODUCT, "product")
    by_hand = every.filter(pl.col("issued_at") == issued_at, pl.col("status") == "revised")
    return pl.DataFrame() if by_hand.height else found


def leading(view: Outlook, day: date) -> str:
    """The pollutant that is likeliest to come first on a day."""
    row = view.days.filter(pl.col("date") == day)
    chances = {
        name: row[f"primary_{name}"][0] for name in POLLUTANTS if row.height and f"primary_{name}" in row.columns
    }
    return max(chances, key=lambda name: chances[name] or 0.0) if any(chances.values()) else POLLUTANTS[0]


def clauses(archive: Archive, view: Outlook, station: str, day: date, words: Words) -> tuple[Clause, ...]:
    """The reasons of a day's leading pollutant as a part of the sentence; empty where nothing stands out."""
    pollutant = leading(view, day)
    rows = reasons.of(of(archive, view), station, day, pollutant)
    if rows.is_empty():
        return ()
    near = when(day, words.local(now()).date(), words)
    head = words("reason.head", when=near if words.zh else near.lower(), pollutant=short(pollutant, words))
    return reasons.clauses(rows, head, words)


def short(pollutant: str, words: Words) -> str:
    """A pollutant without what is in brackets."""
    return words(f"air.{pollutant}").split("（")[0].split(" (")[0]


def unit(pollutant: str) -> str:
    """The unit of a pollutant."""
    return "mg/m³" if pollutant == "co" else "µg/m³"


def fold(scene: Scene) -> html.Div:
    """The folded part of the page: of tomorrow's leading pollutant at first, of any by two switches."""
    words, tomorrow = scene.words, scene.today + timedelta(days=1)
    found = of(scene.archive, scene.view)
    if found.is_empty():
        return html.Div(ui.fold(words("air.why"), *weather(scene, tomorrow), hint=words("air.why_sky")), id="why")
    pollutant = leading(scene.view, tomorrow)
    days = [scene.today + timedelta(days=i) for i in range(DAYS)]
    named = [{"value": day.isoformat(), "label": words.short(day)} for day in days]
    gases = [{"value": name, "label": short(name, words)} for name in POLLUTANTS]
    tools = html.Div(
        [
            dmc.SegmentedControl(id="air-why-day", value=tomorrow.isoformat(), size="sm", data=named),
            dmc.SegmentedControl(id="air-why-pollutant", value=pollutant, size="sm", data=gases),
        ],
        className="filters",
    )
    inside = html.Div(body(scene, tomorrow, pollutant), id="air-why-body", className="reasons")
    return html.Div(ui.fold(words("air.why"), tools, inside, hint=words("why.hint")), id="why")


def body(scene: Scene, day: date, pollutant: str) -> list[Any]:
    """What stands below the switches."""
    words = scene.words
    rows = reasons.of(of(scene.archive, scene.view), scene.name, day, pollutant)
    if rows.is_empty():
        return [html.P(words("why.nothing", day=words.short(day), pollutant=short(pollutant, words)), className="note")]
    before = earlier(scene, day, pollutant)
    label = f"{words('air.why')} {short(pollutant, words)} {words.short(day)}"
    return [
        html.P(summary(rows, day, pollutant, words), className="plain"),
        ui.chart(reasons.bars(rows, unit(pollutant), words), scene.seen, label),
        table(rows, before[1], pollutant, words),
        html.P(since(rows, before, pollutant, words), className="plain"),
        *alike(scene, rows, day, pollutant),
        html.P(words("why.method"), className="small"),
    ]


def summary(rows: pl.DataFrame, day: date, pollutant: str, words: Words) -> str:
    """From the usual to the median."""
    usual = reasons.median(rows.filter(pl.col("part") == "base"))
    digits = 2 if pollutant == "co" else 0
    ends = {"usual": number(usual, digits), "median": number(reasons.median(rows), digits)}
    kind = "why.eight" if pollutant == "o3_8h" else "why.mean"
    what = words(kind, pollutant=short(pollutant, words), day=words.day(day))
    return words("why.summary", what=what, unit=unit(pollutant), **ends)


def table(rows: pl.DataFrame, before: pl.DataFrame, pollutant: str, words: Words) -> html.Div:
    """Every part: what is behind it, what is usual, what it contributes, and what that was in the issue before."""
    was = dict(reasons.moved(rows, before).select("part", "change").iter_rows()) if comparable(rows, before) else {}
    digits, body, ids = 2 if pollutant == "co" else 1, [], []
    for row in reasons.gathered(rows, LISTED).rows(named=True):
        name = row["part"].removeprefix("ahead.")
        ids.append(reasons.row_id(row["part"]))
        told = [measured(name, row[key], pollutant, words) for key in ("driver", "usual")]
        step = reasons.signed(was[row["part"]], digits) if row["part"] in was else "—"
        text = reasons.phrase(row["part"], row["driver"], row["usual"], words)
        body.append([text, reasons.signed(row["value"], digits), *told, percent(row["share"]), step])
    heads = [words(f"why.{head}") for head in ("part", "value", "driver", "usual", "share", "change")]
    return ui.rows(heads, body, ids, numbers=(1, 2, 3, 4, 5))


def comparable(rows: pl.DataFrame, before: pl.DataFrame) -> bool:
    """Whether two explanations are of one task: the parts of an hourly and a daily model are not held against each
    other."""
    return before.height > 0 and rows["task"][0] == before["task"][0]


def measured(name: str, value: float | None, pollutant: str, words: Words) -> str:
    """A value behind a part with its unit."""
    if value is None:
        return "—"
    if name == "others":
        return words("why.times", n=number(value, 1))
    own = name not in UNITS
    digits = FINE.get(name, 2 if own and pollutant == "co" else 0)
    return f"{number(value, digits)} {unit(pollutant) if own else UNITS[name]}"


def earlier(scene: Scene, day: date, pollutant: str) -> tuple[Any, pl.DataFrame]:
    """The instant of the issue before (the evening before at best) and its rows of the same forecast."""
    found = product(scene.archive, scene.view.issue["issued_at"] - EARLIER)
    if found.is_empty() or found["sample"][0] != scene.view.issue["sample"]:
        return None, pl.DataFrame()
    return found["issued_at"][0], reasons.of(found, scene.name, day, pollutant)


def since(rows: pl.DataFrame, before: tuple[Any, pl.DataFrame], pollutant: str, words: Words) -> str:
    """How the median moved since the issue before, and which part moved it most."""
    issued_at, was = before
    if was.is_empty():
        return words("why.no_earlier")
    digits = 2 if pollutant == "co" else 0
    old, new = reasons.median(was), reasons.median(rows)
    told = {"moment": words.moment(issued_at), "old": number(old, digits), "new": number(new, digits)}
    same = words("why.since", **told, change=reasons.signed(new - old, digits), unit=unit(pollutant))
    most = reasons.moved(rows, was).filter(pl.col("change") * (new - old) > 0, ~pl.col("part").is_in(["base"]))
    if most.is_empty() or not comparable(rows, was) or abs(new - old) < 0.05 * max(abs(old), 1e-9):
        return same + words("sentence.stop")
    part, _, change = most.row(0)
    return same + words(
        "why.mostly", part=words(f"reason.{part.removeprefix('ahead.')}"), change=reasons.signed(change, digits)
    )


def alike(scene: Scene, rows: pl.DataFrame, day: date, pollutant: str) -> list[Any]:
    """Past days that looked alike to the model, and what came then."""
    words, title = scene.words, html.H3(scene.words("why.similar"))
    issued = air_view.series(scene, pollutant, daily=True)
    found = scene.archive.beside(SIMILAR, air_view.DAILY, issued["issued_at"][0]) if issued.height else pl.DataFrame()
    if found.height:
        found = found.filter(pl.col("unique_id") == f"{scene.name}/{pollutant}", pl.col("ds") == day)
    if found.is_empty():
        return [title, html.P(words("why.similar_none"), className="note")]
    digits = 2 if pollutant == "co" else 0
    came = sorted(found["y"].to_list())
    said = words(
        "why.similar_sentence", n=found.height, pollutant=short(pollutant, words), unit=unit(pollutant),
        span=span(came[0], came[-1], digits), median=number(reasons.median(rows), digits),
    )  # fmt: skip
    lines = [
        [
            words.day(row["then"], year=True),
            percent(row["share"]),
            number(row["before"], digits),
            number(row["y"], digits),
        ]
        for row in found.sort("share", descending=True).rows(named=True)
    ]
    heads = [words(f"why.{head}") for head in ("then", "alike", "before", "came")]
    return [
        title, html.P(said, className="plain"), ui.rows(heads, lines, numbers=(1, 2, 3)),
        html.P(words("why.similar_note"), className="small"),
    ]  # fmt: skip


def weather(scene: Scene, day: date) -> list[Any]:
    """Where the forecast has no parts: the weather forecast beside the last 30 days."""
    words = scene.words
    facts = air_history.sky(scene.lake, scene.station["place"], day, now(), words.zone)
    lines = [
        [words(f"sky.{name}"), *(measured(name, value, "pm2_5", words) for value in values)]
        for name, *values in facts.iter_rows()
    ]
    heads = [words("sky.factor"), f"{words('sky.expected')} {words.short(day)}", words("sky.usual")]
    return [html.P(words("air.why_note"), className="note"), ui.rows(heads, lines, numbers=(1, 2))]


@callback(
    Output("air-why-body", "children"),
    Input("air-why-day", "value"),
    Input("air-why-pollutant", "value"),
    State("air-station", "data"),
    prevent_initial_call=True,
)
def another(day: str, pollutant: str, station: str) -> list[Any]:
    """Another day or pollutant: only this part changes."""
    from dashboards.air_sentence import chosen

    seen, lake = reader(), Lake()
    stations = air_history.stations(lake)
    try:
        asked = date.fromisoformat(day)
    except (TypeError, ValueError):
        raise dash.exceptions.PreventUpdate from None
    if pollutant not in POLLUTANTS or station not in stations["station"]:
        raise dash.exceptions.PreventUpdate
    scene = air_view.scene(seen, lake, Archive(), chosen(stations, {"station": station}))
    return remembered((*scene.key, "why", asked, pollutant), lambda: body(scene, asked, pollutant))
