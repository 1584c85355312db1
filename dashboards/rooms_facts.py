"""What is told of a rearing room: what comes, what to do, alarms, actions, what the batch has been through."""

from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl

from dashboards.rooms_view import LIVE, MEASURES, READINGS, Scene, Standing, history, plan_of
from workbench import domain
from workbench.control.desk import Desk, age_minutes
from workbench.science import batch_plan, rearing_advice
from workbench.science import psychrometrics as moist
from workbench.settings import now

GROWN = (3, 4)
"""Instars 4 and 5, counted from 0."""


def milestones(scene: Scene, one: Standing) -> tuple[batch_plan.Milestone, ...]:
    """What is to come of a room's batch."""
    if one.batch is None:
        return ()
    stages, wanted = plan_of(one.batch, scene.rules)
    return batch_plan.milestones(stages, wanted, one.warmth, now(), season(scene, one)["spin_days"])


def season(scene: Scene, one: Standing) -> dict[str, Any]:
    """The row of yields of a batch's season; `controlled` where none is told."""
    assert one.batch is not None
    table = scene.rules["cocoon_yields"]
    rows = table.filter(pl.col("season") == (one.batch["season"] or "controlled"))
    return (rows if rows.height else table.filter(pl.col("season") == "controlled")).row(-1, named=True)


def meal(scene: Scene, one: Standing) -> batch_plan.Meal | None:
    """The next meal of a room."""
    if one.batch is None or one.hour is None or one.hour.where.phase != "feeding":
        return None
    day = scene.words.local(now())
    stage = one.hour.band.stage
    rows = batch_plan.in_force(scene.rules["rearing_meals"], batch_plan.DEFAULT, day.date())
    rows = rows.filter(pl.col("stage") == stage)
    return (
        batch_plan.next_meal(rows.row(0, named=True), one.hour.load.leaf, one.hour.where, day) if rows.height else None
    )


def advice(scene: Scene, one: Standing) -> list[rearing_advice.Advice]:
    """What to do in a room, in order."""
    hours = scene.ahead(one.room)
    t, rh, co2 = (one.air[name] for name in MEASURES)
    vapour = hours["vapour"][0] if hours.height else None
    inside = None if t is None or rh is None else float(moist.humidity_ratio(t, rh))
    drier = vapour is not None and inside is not None and vapour < inside - 0.0005
    if one.batch is None or one.hour is None:
        return [rearing_advice.Advice("empty")]
    air = [] if one.stale else rearing_advice.now_wanted(one.band, t, rh, co2, drier)
    already = {each.code.split("_")[0].replace("blow", "dry") for each in air}
    soon = rearing_advice.soon_wanted(hours.rows(named=True), now(), already)
    batch = rearing_advice.batch_wanted(one.hour.where, meal(scene, one), milestones(scene, one), now())
    blind = [rearing_advice.Advice("unread")] if one.stale else air
    return rearing_advice.advise(blind, soon, batch)


def alarms(scene: Scene, one: Standing) -> list[dict[str, Any]]:
    """Alarms of a room: its process's, or where none runs what the readings say; each `acknowledged` or not."""
    age = age_minutes(one.live)
    acked = Desk(one.room).acknowledged()
    if one.live is not None and age is not None and age <= LIVE:
        found = [dict(each) for each in one.live.get("alarms", [])]
    else:
        found = _by_readings(one)
        if one.live is not None:
            found.append({"code": "process_lost", "what": "process", "since": one.live["at"], "level": "alarm"})
    for each in found:
        when = acked.get((each["code"], each["what"]))
        each["acknowledged"] = when is not None and when >= str(each["since"])
    return sorted(found, key=lambda each: (each["acknowledged"], each["level"] != "alarm", each["code"]))


def _by_readings(one: Standing) -> list[dict[str, Any]]:
    """Alarms from the newest reading alone."""
    since = (one.read_at or now()).isoformat(timespec="seconds")
    found = []
    if one.stale:
        found.append(("dead", "t"))
    else:
        t, rh, co2 = (one.air[name] for name in MEASURES)
        if t is not None and one.batch is not None:
            found += [("too_warm", "t")] * (t >= 30) + [("too_cold", "t")] * (t <= 20)
        if rh is not None and one.batch is not None:
            found += [("too_damp", "rh")] * (rh >= 97) + [("too_dry", "rh")] * (rh <= 45)
        if co2 is not None:
            found += [("foul_air", "co2")] * (co2 >= 3000)
    return [{"code": code, "what": what, "since": since, "level": "alarm"} for code, what in found]


def actions(scene: Scene, room: str, most: int = 100) -> pl.DataFrame:
    """The log of a room, newest first: what its process wrote, and what came in with files."""
    lines = [asdict(line) for line in Desk(room).journal(most)]
    kept = ["number", "time", "kind", "what", "wanted", "given", "reason", "person"]
    table = domain.frames(["room_actions", READINGS], scene.lake)["room_actions"]
    filed = table.filter(pl.col("room") == room).select(kept).sort("time").tail(most).collect()
    own = pl.DataFrame(lines, schema=dict.fromkeys(kept, pl.String)).with_columns(
        pl.col("time").str.to_datetime(time_zone="UTC", time_unit="us", strict=False)
    )
    both = pl.concat([filed, own]).unique("number", keep="last", maintain_order=True)
    return both.sort("time", "number", descending=True).head(most)


def record(scene: Scene, one: Standing) -> batch_plan.Departure:
    """What departures have meant for a batch so far, from its own hours."""
    if one.batch is None:
        return batch_plan.Departure(0.0, 0.0, 0.0, None, None)
    rows = history(scene.lake).filter(
        pl.col("room") == one.room, pl.col("measure") == "temperature", pl.col("ds") > one.batch["brushed_at"]
    )
    stages, plan = plan_of(one.batch, scene.rules)
    since = (rows["ds"] - one.batch["brushed_at"]).dt.total_hours().to_list()
    course = batch_plan.course(stages, plan, one.batch["boxes"] or 0.0, max([0, *since]) + 1)
    grown = np.array([course[k].where.instar in GROWN for k in since], dtype=bool)
    wanted = rows.select("t_lo", "t_hi", "rh_lo", "rh_hi").to_numpy().astype(np.float64)
    t, rh = (rows[name].to_numpy().astype(np.float64) for name in ("temperature", "humidity"))
    return batch_plan.departures(t, rh, wanted, grown)


def cocoons(scene: Scene, one: Standing) -> tuple[float, float, float] | None:
    """Cocoons to expect of a batch, kg: low, middle, high."""
    if one.batch is None:
        return None
    name, table = season(scene, one)["season"], scene.rules["cocoon_yields"]
    day = one.batch["brushed_at"].date()
    return batch_plan.yields(table, name, one.batch["boxes"] or 0.0, day, record(scene, one))


def outside_chance(rows: pl.DataFrame) -> float | None:
    """The largest hourly chance of being outside the band of warmth or damp."""
    if rows.is_empty():
        return None
    warm = pl.col("p_cold") + pl.col("p_warm")
    damp = pl.col("p_dry") + pl.col("p_damp")
    return rows.select(pl.max_horizontal(warm, damp).max()).item()


def county(scene: Scene) -> pl.DataFrame:
    """Every room in a row, those that need somebody first."""
    rows = []
    for name, one in scene.standing.items():
        told = alarms(scene, one)
        where = one.hour.where if one.hour else None
        rows.append(
            {
                "room": name,
                "instar": None if where is None else where.instar + 1,
                "phase": "empty" if where is None else where.phase,
                **one.air,
                "gap": one.gap,
                "t_lo": one.band.t_lo,
                "t_hi": one.band.t_hi,
                "rh_lo": one.band.rh_lo,
                "rh_hi": one.band.rh_hi,
                "inside": one.inside,
                "p_outside_6": outside_chance(scene.ahead(name, 6)),
                "p_outside_24": outside_chance(scene.ahead(name, 24)),
                "alarms": sum(not each["acknowledged"] for each in told),
                "mode": (one.live or {}).get("mode", "") if one.live else "",
                "read_at": one.read_at,
                "stale": one.stale,
                "do": advice(scene, one)[0].code,
            }
        )
    frame = pl.DataFrame(rows, infer_schema_length=None)
    urgent = pl.col("alarms") * 100 + pl.col("stale") * 50 + (~pl.col("inside").fill_null(value=False)) * 10
    return frame.sort(urgent + pl.col("p_outside_6").fill_null(0.0), "room", descending=[True, False])
