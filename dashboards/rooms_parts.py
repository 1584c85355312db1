"""The sections of the rooms page, each made from frames that the API gives too; the phone first."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
from dash import dcc, html

from dashboards import components as ui
from dashboards import rooms_facts as facts
from dashboards import rooms_view as view
from dashboards.rooms_view import Scene, Standing
from workbench.forecast.frames import QUANTILES
from workbench.present import fan
from workbench.present.sentences import Clause
from workbench.present.words import Words, number, percent, span
from workbench.science import psychrometrics as moist
from workbench.science.rearing_advice import Advice
from workbench.settings import now

PAST = timedelta(hours=24)
UNITS = {"t": "°C", "rh": "%", "co2": "ppm"}
LONG = {"t": "temperature", "rh": "humidity", "co2": "co2"}


def stage(one: Standing, words: Words) -> str:
    """五龄食桑 · instar 5, feeding."""
    if one.hour is None:
        return words("rooms.phase_empty")
    where = one.hour.where
    name, phase = words(f"rooms.stage{where.instar + 1}"), words(f"rooms.phase_{where.phase}")
    return name + (phase if words.zh else f", {phase}")


def band(one: Standing, words: Words) -> str:
    """The band in figures."""
    comma = "，" if words.zh else ", "
    return f"{one.band.t_lo:g}–{one.band.t_hi:g} °C{comma}{one.band.rh_lo:g}–{one.band.rh_hi:g}%"


def clauses(scene: Scene) -> tuple[Clause, ...]:
    """The sentence: the air now, the next six hours, what comes."""
    words, one = scene.words, scene.here
    name = {"room": scene.name(one.room), "stage": stage(one, words)}
    t, rh = one.air["temperature"], one.air["humidity"]
    told = []
    if one.stale or t is None or rh is None:
        told.append(Clause(words("rooms.now_unread", **name), "rooms-now"))
    else:
        key = "rooms.now_inside" if one.inside else "rooms.now_outside"
        told.append(Clause(words(key, **name, t=number(t, 1), rh=number(rh), band=band(one, words)), "rooms-now"))
    hours = scene.ahead(one.room, 6)
    worst = facts.outside_chance(hours)
    if worst is not None and one.batch is not None:
        if worst > 0.5:
            warm, damp = pl.col("p_cold") + pl.col("p_warm"), pl.col("p_dry") + pl.col("p_damp")
            when = hours.sort(pl.max_horizontal(warm, damp), descending=True)["ds"][0]
            said = words("rooms.next_bad", time=words.moment(when, day=False), p=percent(worst))
        else:
            said = words("rooms.next_good", p=percent(1 - worst))
        told.append(Clause(said, "rooms-ahead"))
    coming = facts.milestones(scene, one)[:1]
    told += [
        Clause(words("rooms.next_what", what=kind(c, words), time=hourly(c.expected, words)), "batch") for c in coming
    ]
    joined: list[Clause] = []
    for k, clause in enumerate(told):
        joined += [Clause(words("rooms.join"))] * (k > 0) + [clause]
    return (*joined, Clause(words("rooms.stop")))


def kind(one: Any, words: Words) -> str:
    """A milestone by its name."""
    return words(f"rooms.kind_{one.kind}", n="一二三四五"[one.instar - 1] if words.zh else one.instar)


def cards(scene: Scene) -> html.Div:
    """Warmth, damp, the gap of the double thermometer, CO₂; the band under each."""
    words, one = scene.words, scene.here
    held, air = one.band, one.air
    middle = float(moist.wet_bulb_gap(held.t_set, held.rh_set))
    rows = [
        (
            "card_t",
            number(air["temperature"], 1),
            "°C",
            words("rooms.card_band", low=f"{held.t_lo:g}", high=f"{held.t_hi:g}"),
        ),
        (
            "card_rh",
            number(air["humidity"]),
            "%",
            words("rooms.card_band", low=f"{held.rh_lo:g}", high=f"{held.rh_hi:g}"),
        ),
        ("card_gap", number(one.gap, 1), "°C", words("rooms.card_gap_note", gap=number(middle, 1))),
        ("card_co2", number(air["co2"]), "ppm", words("rooms.card_co2_note", high=f"{held.co2_max:g}")),
    ]
    return html.Div([ui.card(words(f"rooms.{key}"), *rest) for key, *rest in rows], className="cards", id="rooms-now")


def todo(scene: Scene) -> html.Section:
    """What to do, in big words; what is next, with its time."""
    words, one = scene.words, scene.here
    told = facts.advice(scene, one)
    first = [each for each in told if each.at is None]
    later = [each for each in told if each.at is not None]
    big = [html.Div([html.Strong(words(f"rooms.do_{a.code}"), className="do"), html.P(note(a, words))]) for a in first]
    lines = [
        [words.moment(a.at, day=not today(a.at, words)), words(f"rooms.do_{a.code}"), note(a, words)]
        for a in later
        if a.at is not None
    ]
    parts: list[Any] = [html.Div(big, className="todo")]
    if mode(one) == "automatic":
        parts.insert(0, html.P(words("rooms.todo_automatic"), className="note"))
    if lines:
        parts += [html.H3(words("rooms.todo_later")), ui.rows(["", "", ""], lines)]
    return ui.panel(words("rooms.todo"), *parts, id="rooms-todo")


def hourly(moment: datetime, words: Words) -> str:
    """A moment to the hour: what is reckoned in days is not known to the minute."""
    return words.moment((moment + timedelta(minutes=30)).replace(minute=0, second=0, microsecond=0))


def today(moment: datetime, words: Words) -> bool:
    return words.local(moment).date() == words.local(now()).date()


def note(one: Advice, words: Words) -> str:
    """Why, or how much."""
    return words(f"rooms.do_{one.code}_note", value=one.value, percent=percent(one.value))


def mode(one: Standing) -> str:
    """The mode of a room's process; "" where none runs."""
    return str(one.live.get("mode", "")) if one.live else ""


def alarms(scene: Scene, may: bool) -> html.Section:
    """Alarms, each with its button; what was acknowledged stays until it is over."""
    words = scene.words
    rows: list[Any] = []
    for each in facts.alarms(scene, scene.here):
        what = named(each["what"], words)
        since = words("rooms.since", time=words.moment(datetime.fromisoformat(each["since"])))
        label = f"{words('rooms.' + each['level'])} · {words('rooms.alarm_' + each['code'])} · {what} · {since}"
        act: Any = html.Span(words("rooms.acked"), className="badge")
        if not each["acknowledged"]:
            sign = {"type": "rooms-ack", "room": scene.room, "code": each["code"], "what": each["what"]}
            act = html.Button(words("rooms.ack"), id=sign, className="button main big", disabled=not may)
        rows.append(html.Div([html.Strong(label), act], className="alarm" if each["acknowledged"] else "alarm open"))
    return ui.panel(
        words("rooms.alarms"),
        *(rows or [html.P(words("rooms.no_alarm"))]),
        html.Div(id="rooms-acked", role="status"),
        id="rooms-alarms",
    )


def named(what: str, words: Words) -> str:
    """A sensor or device by its name, as far as it has one."""
    known = ("t", "t2", "rh", "rh2", "co2", "heater", "cooler", "humidifier", "dehumidifier", "vent")
    return words(f"rooms.what_{what}") if what in known else what


def charts(scene: Scene) -> html.Section:
    """The last and the next 24 hours of warmth and damp with the band; CO₂ folded."""
    words, one = scene.words, scene.here
    if scene.rows.is_empty():
        return ui.panel(
            words("rooms.ahead"),
            html.P([words("rooms.no_outlook"), " ", html.Code("workbench forecast")]),
            id="rooms-ahead",
        )
    drawn = {
        short: ui.chart(fan_of(scene, short), scene.seen, title(scene, short), f"rooms-fan-{short}") for short in UNITS
    }
    return ui.panel(
        words("rooms.ahead"),
        ui.rows(heads(words), hours(scene, 6), numbers=(1, 2, 3, 4)),
        *(part for short in ("t", "rh") for part in (html.H3(title(scene, short)), drawn[short])),
        ui.fold(title(scene, "co2"), drawn["co2"]),
        ui.fold(words("rooms.table24"), ui.rows(heads(words), hours(scene, 24), numbers=(1, 2, 3, 4))),
        html.P(words("rooms.source", source=one.band.source), className="note"),
        id="rooms-ahead",
    )


def title(scene: Scene, short: str) -> str:
    return scene.words(f"rooms.fan_{short}", room=scene.name(scene.room))


def fan_of(scene: Scene, short: str) -> Any:
    """Observed hours, the fan, and the band as it stands now; warmth and damp do not begin at zero."""
    words, one = scene.words, scene.here
    rows = scene.ahead(scene.room)
    quantiles = rows.select("ds", *(pl.col(f"{short}_{q}").alias(q) for q in QUANTILES)).drop_nulls()
    past = view.history(scene.lake).filter(
        pl.col("room") == scene.room, pl.col("measure") == LONG[short], pl.col("ds") > now() - PAST
    )
    past = past.select("ds", "y")
    low, high = {
        "t": (one.band.t_lo, one.band.t_hi), "rh": (one.band.rh_lo, one.band.rh_hi), "co2": (None, one.band.co2_max),
    }[short]  # fmt: skip
    lines = [(high, words("rooms.high", value=f"{high:g}"))]
    lines += [(low, words("rooms.low", value=f"{low:g}"))] if low is not None else []
    figure = fan.fan(past, quantiles, now(), words, UNITS[short], lines)
    if short != "co2":
        values = [*past["y"].drop_nulls(), *quantiles["q025"], *quantiles["q975"], low, high]
        known = [float(value) for value in values if value is not None]
        pad = 1.0 if short == "t" else 3.0
        figure.update_yaxes(range=[min(known) - pad, max(known) + pad])
    return figure


def heads(words: Words) -> list[str]:
    return [words(f"rooms.{name}") for name in ("hour", "t", "rh", "gap", "p_out")]


def hours(scene: Scene, count: int) -> list[list[Any]]:
    """Hour by hour: 80 % ranges, the gap, the chance of being outside."""
    words = scene.words
    return [
        [
            words.moment(row["ds"], day=count > 6 and not today(row["ds"], words)),
            span(row["t_q10"], row["t_q90"], 1),
            span(row["rh_q10"], row["rh_q90"]),
            number(row["gap"], 1),
            percent(max(row["p_cold"] + row["p_warm"], row["p_dry"] + row["p_damp"])),
        ]
        for row in scene.ahead(scene.room, count).drop_nulls(("t_q10", "rh_q10", "p_cold", "p_dry")).rows(named=True)
    ]


def batch(scene: Scene) -> html.Section:
    """The batch: where it stands, what is to come with ranges, what departures cost, cocoons."""
    words, one = scene.words, scene.here
    if one.batch is None:
        return ui.panel(words("rooms.batch"), html.P(words("rooms.no_batch")), id="batch")
    day = (words.local(now()).date() - words.local(one.batch["brushed_at"]).date()).days + 1
    line = words(
        "rooms.batch_line", batch=one.batch["batch"], boxes=f"{one.batch['boxes']:g}", day=day,
        brushed=words.short(words.local(one.batch["brushed_at"]).date()), warmth=number(one.warmth),
    )  # fmt: skip
    body = [
        [kind(each, words), *(hourly(moment, words) for moment in (each.early, each.expected, each.late))]
        for each in facts.milestones(scene, one)
    ]
    parts: list[Any] = [html.P(f"{stage(one, words)} · {line}")]
    parts.append(ui.rows([words(f"rooms.{name}") for name in ("kind", "early", "expected", "late")], body))
    told = facts.cocoons(scene, one)
    if told is not None:
        low, middle, high = told
        boxes = one.batch["boxes"] or 1.0
        values = {"low": number(low), "middle": number(middle), "high": number(high)}
        parts.append(html.P(words("rooms.cocoons", **values, a=number(low / boxes, 1), b=number(high / boxes, 1))))
    past = facts.record(scene, one)
    parts.append(
        html.P(
            words("rooms.departed", hours=number(past.hours), t=number(past.degree_hours), rh=number(past.humid_hours))
        )
    )
    if past.mortality is not None and past.weight is not None:
        parts.append(
            html.P(words("rooms.cost", dead=number(past.mortality, 1), weight=f"{past.weight:.0%}"), className="note")
        )
    return ui.panel(words("rooms.batch"), *parts, id="batch")


def county(scene: Scene) -> html.Section:
    """Every room in a row, those that need somebody first."""
    words, body = scene.words, []
    for row in facts.county(scene).rows(named=True):
        one = scene.standing[row["room"]]
        state = "unread" if row["stale"] or row["inside"] is None else "inside" if row["inside"] else "outside"
        body.append(
            [
                dcc.Link(scene.name(row["room"]), href=f"/silkworms?room={row['room']}"),
                stage(one, words),
                number(row["temperature"], 1),
                number(row["humidity"]),
                number(row["gap"], 1),
                words(f"rooms.{state}"),
                percent(row["p_outside_6"]),
                percent(row["p_outside_24"]),
                str(row["alarms"]),
                words(f"rooms.do_{row['do']}"),
            ]
        )
    names = ("room", "stage", "t", "rh", "gap", "state", "p6", "p24", "alarms", "first")
    return ui.panel(
        words("rooms.county"), ui.rows([words(f"rooms.{n}") for n in names], body, numbers=(2, 3, 4, 6, 7, 8))
    )
