"""The embedded sample county's rearing rooms — 示意数据（非实测): three invented rooms, run by the simulated house.

Larvae of an autumn batch each, weeks apart, stand in a simulated brick house under the rules with look-ahead; the
weather over it is the sample county's. Two probes a room, one of which reads a little warm and once froze for an hour;
what the room did is in the actuators' table, and the journal holds alarms of the last day.
"""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from pipelines.sample import _sky as sky
from pipelines.sample.air import PLACE, SEED
from workbench.control import controllers, plant
from workbench.control.equipment import DEVICES, Equipment, Relays
from workbench.control.plant import Plant, Surroundings
from workbench.lake.store import Lake
from workbench.science import batch_plan, sericulture
from workbench.science import psychrometrics as moist
from workbench.science.psychrometrics import Floats

DAYS = 13
EVERY = 2
"""Minutes between two looks of the controller."""

ROOMS = pl.DataFrame(
    {
        "room": ["R01", "R02", "R03"],
        "name_zh": ["示意一号蚕室", "示意二号蚕室", "示意三号蚕室"],
        "name_en": ["Sample room 1", "Sample room 2", "Sample room 3"],
        "town": ["永乐镇", "白帝镇", "兴隆镇"],
        "place": [PLACE] * 3,
        "area": [100.0, 100.0, 100.0],
        "height_above_sea": [320.0, 300.0, 1050.0],
        "tariff": ["flat", "time_of_use", "flat"],
    }
)
AGES = (15.2, 24.0, 8.5)  # days since brushing at `until`
BOXES = (4.0, 3.0, 4.0)
COLDER = (0.0, 0.0, -4.5)  # °C: the third room stands higher


def tables(until: datetime) -> dict[str, pl.DataFrame]:
    """Rows in contract columns for the `DAYS` days up to `until` (an aware moment)."""
    hour = until.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    batches = pl.DataFrame(
        {
            "room": ROOMS["room"],
            "batch": [f"{until.year}-C{i}" for i in (7, 6, 8)],
            "brushed_at": [(hour - timedelta(days=age)).replace(minute=0) for age in AGES],
            "ended_at": pl.Series([None] * 3, dtype=pl.Datetime("us", "UTC")),
            "boxes": BOXES,
            "variety": ["示意种"] * 3,
            "scheme": ["default"] * 3,
            "development": ["default"] * 3,
            "season": ["controlled"] * 3,
            "cocoons": pl.Series([None] * 3, dtype=pl.Float64),
        }
    )
    readings, actuators = simulate(hour, batches)
    return {
        "rearing_rooms": ROOMS,
        "rearing_batches": batches,
        "room_readings": readings,
        "room_actuators": actuators,
        "room_actions": journal(hour),
    }


def courses(batches: pl.DataFrame, start: datetime, hours: int) -> list[list[batch_plan.Hour]]:
    """What each room's batch wants and gives off in each hour from `start`."""
    lake = Lake()
    stages = sericulture.stages(lake.read("rearing_stages").collect())
    wanted = batch_plan.bands(lake.read("rearing_setpoints").collect(), "default", date(2026, 1, 1))
    found = []
    for row in batches.rows(named=True):
        before = round((start - row["brushed_at"]).total_seconds() / 3600)
        whole = batch_plan.course(stages, wanted, row["boxes"], max(before, 0) + hours)
        idle = batch_plan.Hour(whole[0].where, batch_plan.IDLE, batch_plan.NOTHING)
        found.append([idle] * max(-before, 0) + whole[max(before, 0) :][:hours])
    return [course[:hours] for course in found]


def simulate(hour: datetime, batches: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Readings of two probes and the devices' work, every five minutes."""
    n, hours = ROOMS.height, 24 * DAYS
    last = sky.hours_since_epoch(hour)
    span = np.arange(last - hours, last + 2)
    truth = sky.regimes(last + 192 + 25, SEED)  # as many as the air sample draws, so that it is the same sky
    weather = sky.weather(truth.at(span), span)
    planned = courses(batches, hour - timedelta(hours=hours), hours)
    house, relays = Plant(n, equipment=Equipment(), seed=SEED), Relays(n)
    keeper, rng = controllers.rules(n), np.random.default_rng(SEED + 9)
    house.settle(np.full(n, 23.0), np.full(n, 72.0))
    kept: dict[str, list[Floats]] = {"t": [], "rh": [], "co2": [], "duty": [], "power": []}
    worked, drawn, outputs = np.zeros((n, 5)), np.zeros(n), np.zeros((n, 5))
    for minute in range(hours * 60):
        k, part = divmod(minute, 60)
        if minute % 10 == 0:
            hourly = [course[k] for course in planned]
            band = np.array([[b.t_lo, b.t_hi, b.rh_lo, b.rh_hi] for b in (each.band for each in hourly)])
            limit = np.array([each.band.co2_max for each in hourly])
            heat, water, co2 = (np.array([getattr(h.load, name) for h in hourly]) for name in ("heat", "water", "co2"))
            outdoor, damp, sun = (_at(weather[name], k, part) for name in ("temperature", "humidity", "radiation"))
            outside = outdoor + np.array(COLDER)
            vapour = np.minimum(
                moist.humidity_ratio(outdoor, damp, plant.PRESSURE), moist.humidity_ratio(outside, 100, plant.PRESSURE)
            )
            door = (rng.random(n) < 0.03).astype(np.float64)
            now = Surroundings(outside, vapour, np.full(n, sun), heat, water, co2, door)
        if minute % EVERY == 0:
            t, rh, gas = house.read()
            sight = controllers.Sight(minute, t, rh, gas, band, limit, outside, vapour)
            outputs = relays.follow(keeper.decide(sight), EVERY)
        drawn = drawn + house.step(outputs, now)
        worked = worked + outputs
        if minute % 5 == 4:
            for name, value in zip(kept, (*house.read(), worked / 5, drawn / 5), strict=True):
                kept[name].append(value)
            worked, drawn = np.zeros((n, 5)), np.zeros(n)
    return frames({name: np.array(value) for name, value in kept.items()}, hour, rng)


def _at(values: sky.Array, k: int, part: int) -> float:
    """An hourly column between two of its hours."""
    return float(values[k] + (values[k + 1] - values[k]) * part / 60)


def frames(kept: dict[str, Floats], hour: datetime, rng: np.random.Generator) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The simulation as rows of `room_readings` and `room_actuators`."""
    steps = len(kept["t"])
    times = pl.datetime_range(
        hour - timedelta(minutes=5 * (steps - 1)), hour, "5m", time_zone="UTC", time_unit="us", eager=True
    )
    read, worked = [], []
    for i, room in enumerate(ROOMS["room"]):
        second = kept["t"][:, i] + 0.2 + rng.normal(0, 0.05, steps)
        frozen = slice(steps // 2, steps // 2 + 12)
        second[frozen] = second[steps // 2]
        probes = {"A": kept["t"][:, i], "B": second.round(1)}
        for probe, values in probes.items():
            damp = kept["rh"][:, i] + (0 if probe == "A" else rng.normal(0.5, 0.4, steps))
            gas = pl.Series(kept["co2"][:, i]) if probe == "A" else pl.Series([None] * steps, dtype=pl.Float64)
            told = {"time": times, "temperature": values, "humidity": damp.clip(0, 100).round(1), "co2": gas}
            read.append(pl.DataFrame(told).with_columns(room=pl.lit(room), sensor=pl.lit(probe)))
        duty = {name: kept["duty"][:, i, j].round(2) for j, name in enumerate(DEVICES)}
        frame = pl.DataFrame({"time": times, **duty, "power": kept["power"][:, i].round(0)})
        worked.append(frame.with_columns(room=pl.lit(room), mode=pl.lit("rules")))
    return pl.concat(read), pl.concat(worked)


def journal(hour: datetime) -> pl.DataFrame:
    """A few lines of a day, for the page to have a log."""
    lines = [
        ("R03", 20.0, "alarm", "B", "", "", "frozen", "device"),
        ("R03", 19.5, "acknowledge", "B", "", "", "frozen", "sample"),
        ("R01", 6.0, "mode", "advice", "advice", "advice", "sample", "sample"),
        ("R02", 3.0, "command", "vent", "1", "1", "sample", "sample"),
        ("R02", 2.9, "command", "vent", "0", "0", "sample", "sample"),
    ]
    head = ["room", "back", "kind", "what", "wanted", "given", "reason", "person"]
    frame = pl.DataFrame(lines, schema=head, orient="row").with_row_index("number")
    moments = [hour - timedelta(hours=float(back)) for back in frame["back"]]
    return frame.with_columns(number=pl.format("S{}", "number"), time=pl.Series(moments)).drop("back")
