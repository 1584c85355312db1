"""Faults of sensors, devices and links as scripts, and a loop of room, shield and controller in which they happen.

All scripts run side by side, a room each, for the shield judges one room and the house and controllers take arrays.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import nan
from typing import Any

import numpy as np

from benchmarks._rooms import Scene, ahead
from benchmarks._rooms_play import PLAN_EVERY, _around
from workbench.control.controllers import Controller, Sight
from workbench.control.equipment import COOLER, DEHUMIDIFIER, DEVICES, HEATER, HUMIDIFIER, VENT, Relays
from workbench.control.observer import CALM, Observer
from workbench.control.plant import Plant
from workbench.control.room import Room
from workbench.control.shield import Ask, Limits, Memory, Reading, Seen, Verdict, grant, step

Readings = dict[str, Reading]
Bend = Callable[[float, float, int], float | None]
"""(true reading, reading when the fault began, minutes since) to what is shown; None: nothing."""

SHAPES: dict[str, Bend] = {
    "dead": lambda now, then, since: None,
    "not a number": lambda now, then, since: nan,
    "frozen": lambda now, then, since: then,
    "reads 4 high": lambda now, then, since: now + 4,
    "reads 4 low": lambda now, then, since: now - 4,
    "reads 20 high": lambda now, then, since: min(now + 20, 100),
    "reads 20 low": lambda now, then, since: max(now - 20, 0),
    "drifts up": lambda now, then, since: now + 0.3 * since / 60,
    "drifts down": lambda now, then, since: now - 0.3 * since / 60,
    "drifts wet": lambda now, then, since: min(now + 2.0 * since / 60, 100),
}


@dataclass(frozen=True)
class Fault:
    """One script: what fails how, the alarm codes that tell it, and the safe state it must end in (none: goes on)."""

    name: str
    sensors: dict[str, str] = field(default_factory=dict)
    stuck: tuple[int, float] | None = None
    link: str = ""
    codes: tuple[str, ...] = ()
    ends: str = ""


def scripts() -> list[Fault]:
    """Thirty-two faults."""
    found = [Fault(f"t {s}", {"t": s}, codes=("dead",)) for s in ("dead", "not a number")]
    found += [Fault("t frozen", {"t": "frozen"}, codes=("frozen", "lying"))]
    found += [Fault(f"t {s}", {"t": s}, codes=("lying",)) for s in ("reads 4 high", "reads 4 low")]
    found += [Fault(f"t {s}", {"t": s}, codes=("drifting", "lying")) for s in ("drifts up", "drifts down")]
    found += [Fault("both t dead", {"t": "dead", "t2": "dead"}, codes=("dead",), ends="resting")]
    found += [Fault("both t frozen", {"t": "frozen", "t2": "frozen"}, codes=("frozen",), ends="resting")]
    for shape, code in (("dead", "dead"), ("frozen", "frozen"), ("reads 4 high", "lying"), ("reads 4 low", "lying")):
        found.append(Fault(f"lone t {shape}", {"t": shape, "t2": "dead"}, codes=(code,), ends="resting"))
    found += [
        Fault("rh dead", {"rh": "dead"}, codes=("dead",)),
        Fault("rh frozen", {"rh": "frozen"}, codes=("frozen", "lying")),
    ]
    found += [Fault(f"rh {s}", {"rh": s}, codes=("lying", "frozen")) for s in ("reads 20 high", "reads 20 low")]
    found += [Fault("rh drifts wet", {"rh": "drifts wet"}, codes=("drifting", "lying"))]
    found += [Fault("both rh dead", {"rh": "dead", "rh2": "dead"}, codes=("dead",))]
    found += [Fault(f"co2 {s}", {"co2": s}, codes=(s,)) for s in ("dead", "frozen")]
    for device in (HEATER, COOLER, HUMIDIFIER, DEHUMIDIFIER):
        for how, value in (("on", 1.0), ("off", 0.0)):
            found.append(Fault(f"{DEVICES[device]} stuck {how}", stuck=(device, value), codes=(f"stuck_{how}",)))
    found += [
        Fault("weather lost", link="weather", codes=("weather_lost",)),
        Fault("network lost", link="network", codes=("link_lost",)),
    ]
    found += [Fault("plan lost", link="plan", codes=("plan_lost",), ends="rules")]
    found += [Fault("plan is nonsense", link="nonsense", codes=("plan_unsound",), ends="rules")]
    return [*found, Fault("clock goes back", link="clock", codes=("clock",))]


@dataclass
class Told:
    """What came of the scripts: minutes to the first fitting alarm, last mode, minutes beyond a limit by our action."""

    detected: list[float | None]
    modes: list[str]
    beyond: Any
    worst: Any
    false: int
    minutes: int


def suffer(
    one: Scene, controller: Controller, faults: list[Fault | None], room: Room | None, start: int = 360, seed: int = 5
) -> Told:
    """Run the rooms of the scene, one fault each (None: healthy) from minute `start`; contacts wired, two probes."""
    n, minutes = len(faults), one.minutes - 720
    plant, relays, rng = Plant(n, seed=seed), Relays(n), np.random.default_rng(seed)
    plant.settle(one.band[:, 0, :2].mean(1), one.band[:, 0, 2:].mean(1))
    twin = Observer(room, n, unrest=CALM) if room is not None else None
    memories = [grant(Memory(), "automatic", 0.0, 14 * 1440.0, "trial", "faults")[0] for _ in range(n)]
    plan, outputs, then = np.zeros((n, 5)), np.zeros((n, 5)), [dict[str, float]() for _ in range(n)]
    last = {"t": plant.felt_t.copy(), "rh": plant.felt_rh.copy(), "co2": plant.co2.copy()}
    told = Told([None] * n, [""] * n, np.zeros(n), np.zeros((n, 2)), 0, minutes)
    recent, seen_before = np.zeros((n, 5)), [set[str]() for _ in range(n)]
    for m in range(minutes):
        t, rh, co2 = plant.read()
        t2 = np.round(plant.felt_t + 0.1 + rng.normal(0, 0.05, n), 1)
        rh2 = np.clip(np.round((plant.felt_rh + 1 + rng.normal(0, 0.4, n)) * 2) / 2, 0, 100)
        verdicts: list[Verdict] = []
        for r, fault in enumerate(faults):
            shown = {"t": t[r], "t2": t2[r], "rh": rh[r], "rh2": rh2[r], "co2": co2[r]}
            active = fault if fault is not None and m >= start else None
            seen = _seen(m, shown, active, (then[r], start), _expected(twin, r))
            proofs = [bool(x > 0) for x in outputs[r, :4]]
            outdoor = float(one.outdoor[r, m])
            seen = Seen(
                seen.at, seen.readings, False, (*proofs, None), seen.foreseen, seen.weather_at, seen.link_at, outdoor
            )
            asked = _asked(plan[r], active)
            band = (
                float(one.band[r, m, 0]),
                float(one.band[r, m, 1]),
                float(one.band[r, m, 2]),
                float(one.band[r, m, 3]),
            )
            memories[r], verdict = step(memories[r], seen, Ask(asked, band=band), Limits())
            verdicts.append(verdict)
            codes = {a.code for a in verdict.alarms}
            if active is not None and told.detected[r] is None and codes & set(active.codes):
                told.detected[r] = float(m - start)
            if active is None:
                told.false += len({f"{a.code} {a.what}" for a in verdict.alarms if a.code in FAULTS} - seen_before[r])
            seen_before[r] = {f"{a.code} {a.what}" for a in verdict.alarms}
            told.modes[r] = verdict.mode
        commands = np.array([[c or 0.0 for c in v.commands] for v in verdicts])
        outputs = _stuck(commands, faults, m >= start)
        outputs[[v.cut for v in verdicts], HEATER] = 0.0
        recent = np.maximum(recent - 0.1, commands)
        for key, kept in last.items():
            for r, v in enumerate(verdicts):
                kept[r] = kept[r] if v.trusted[key] is None else v.trusted[key]
        now = (one.band[:, m], one.co2_max[:, m], one.outdoor[:, m], one.vapour[:, m])
        foresight = ahead(one, m, False) if m % PLAN_EVERY == 0 else None
        plan = relays.follow(controller.decide(Sight(m, last["t"], last["rh"], last["co2"], *now, foresight, commands)))
        if twin is not None:
            _follow(twin, verdicts, commands, one, m)
        plant.step(outputs, _around(one, m))
        _count(told, plant, recent, faults, m)
    return told


FAULTS = ("dead", "frozen", "lying", "drifting", "stuck_on", "stuck_off", "clock", "plan_lost", "plan_unsound")
"""Codes that are false where nothing is broken."""


def _expected(twin: Observer | None, r: int) -> tuple[float, float] | None:
    if twin is None or twin.state is None:
        return None
    return float(twin.felt[r, 0]), float(twin.felt[r, 1])


def _seen(
    m: int,
    shown: dict[str, float],
    fault: Fault | None,
    memory: tuple[dict[str, float], int],
    ideal: tuple[float, float] | None,
) -> Seen:
    then, start = memory
    if fault is None:
        return Seen(
            float(m),
            {k: Reading(float(v), float(m)) for k, v in shown.items()},
            foreseen=ideal,
            weather_at=m,
            link_at=m,
        )
    readings = {}
    for sensor, value in shown.items():
        shape = fault.sensors.get(sensor)
        given = value if shape is None else SHAPES[shape](value, then.setdefault(sensor, value), m - start)
        if given is not None:
            readings[sensor] = Reading(float(given), float(m))
    at = float(m - 200 if fault.link == "clock" else m)
    heard = {k: float(start if fault.link == k else m) for k in ("weather", "network")}
    return Seen(at, readings, foreseen=ideal, weather_at=heard["weather"], link_at=heard["network"])


def _asked(plan: Any, fault: Fault | None) -> tuple[float, ...] | None:
    if fault is not None and fault.link == "plan":
        return None
    if fault is not None and fault.link == "nonsense":
        return (nan, 7.0, -1.0, 0.0, 0.0)
    return tuple(map(float, plan))


def _stuck(commands: Any, faults: list[Fault | None], active: bool) -> Any:
    outputs = commands.copy()
    for r, fault in enumerate(faults):
        if active and fault is not None and fault.stuck is not None:
            outputs[r, fault.stuck[0]] = fault.stuck[1]
    return outputs


def _follow(twin: Observer, verdicts: list[Verdict], commands: Any, one: Scene, m: int) -> None:
    """The twin follows what is believed, under what was commanded."""
    t, rh = (np.array([nan if v.trusted[k] is None else v.trusted[k] for v in verdicts]) for k in ("t", "rh"))
    told = one.told[:, m]
    outside = [one.outdoor[:, m], one.vapour[:, m] * 1000, one.sun[:, m] / 1000, told[:, 0] / 1000, told[:, 1]]
    twin.update(t, rh, commands, np.column_stack(outside))


def _count(told: Told, plant: Plant, recent: Any, faults: list[Fault | None], m: int) -> None:
    """Minutes with the true air beyond a hard limit and what pushes it there commanded within the last ten."""
    limits, humidity = Limits(), plant.humidity
    ours = ((plant.air > limits.t_high) & (recent[:, HEATER] > 0)) | (
        (plant.air < limits.t_low) & (recent[:, COOLER] > 0)
    )
    ours |= (humidity > limits.rh_high + 2) & (recent[:, HUMIDIFIER] > 0) & (m > 60)
    ours |= (humidity < limits.rh_low - 2) & (recent[:, DEHUMIDIFIER] > 0)
    ours |= (plant.co2 > limits.co2_high + 200) & (recent[:, VENT] < 0.2)
    told.beyond += ours
    told.worst[:, 0] = np.maximum(told.worst[:, 0], np.maximum(plant.air - limits.t_high, limits.t_low - plant.air))
