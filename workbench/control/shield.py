"""The safety shield: every command passes it, whoever asked – planner, rules or a hand far away.

A pure state machine: `step(memory, seen, ask, limits)` once a minute gives the memory after it and a `Verdict`. It has
no clock, does no input or output and does not raise. What it holds, whatever it is fed:

- heater off at the upper hard limit, cooler off at the lower, mist off in wet air, drying off in dry air, all of them
  off where what they work on is not known; limits are met some minutes ahead, on where the reading is heading;
- heating and cooling, wetting and drying never together; no on/off device changes before its minimum time, except off
  for a limit or at hand-back; the vent moves a quarter a minute; foul air always opens it;
- 就地 (the selector at the cabinet) is never overridden: nothing is written then;
- in `shadow` and `advice` only what a hand commands is written; automatic is granted for a time (`grant`) and ends;
  what ran at the end is switched off once and then left alone.

Safe states by name: `rules` (own thermostat on the band, the plan being lost), `cooling`, `warming` (a hard limit is
reached), `resting` (temperature not known: all off, a little air). A stuck heater while it is too warm asks for the
main contactor (`cut`). The shield cannot replace the independent over-temperature cut-out (独立超温保护) that the
cabinet must have, nor a watchdog there that drops the relays when this process dies.
"""

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite

from workbench.control.equipment import COOLER, DEHUMIDIFIER, DEVICES, HEATER, HUMIDIFIER
from workbench.control.grants import Entry, grant, settle
from workbench.control.guards import guard, safe, state, thermostat
from workbench.control.safety import CODES, WARNINGS, Air, Alarm, Ask, Changed, Limits, Memory, Seen, Verdict
from workbench.control.senses import Believed, Reading, believed, feel

__all__ = [
    "CODES",
    "Alarm",
    "Ask",
    "Changed",
    "Entry",
    "Limits",
    "Memory",
    "Reading",
    "Seen",
    "Verdict",
    "grant",
    "step",
]


def step(memory: Memory, seen: Seen, ask: Ask, limits: Limits) -> tuple[Memory, Verdict]:
    """One minute: the memory after it, and what may be done."""
    memory, at, told = _clock(memory, seen.at)
    senses, faults = feel(memory.senses, at, seen.readings, seen.foreseen)
    memory, ended = settle(memory, at)
    air, slope = _air([believed(q, senses, faults) for q in ("t", "rh", "co2")], memory, at, (seen, limits))
    hand = {} if _older(seen.link_at, at, limits.link) else _sound(ask.manual)
    plan = ask.plan if _is_plan(ask.plan) else None
    planless = 0.0 if plan is not None else memory.planless + 1
    lost = planless >= limits.plan
    running = [memory.mode == "automatic" or d in hand for d in range(5)]
    suspects = {} if seen.local else _suspects(memory, air, seen, at, (limits, running))
    told += [(fault, sensor) for sensor, fault in faults.items()] + ended + _stuck(suspects, at, limits)
    told += _lost(seen, at, limits) + _beyond(air, limits)
    told += [("plan_unsound", "controller")] if ask.plan is not None and plan is None else []
    told += [("plan_lost", "controller")] if lost else []
    now = state(memory.state, air, limits)
    memory = replace(memory, state=now)
    wanted = safe(now, air) if now else thermostat(air, ask, memory.commands) if lost else plan or memory.commands
    allowed, changed = guard(tuple(hand.get(d, wanted[d]) for d in range(5)), air, memory, at, limits)
    commands = _written(allowed, memory, seen.local, running)
    alarms = tuple(
        Alarm(code, what, memory.alarms.get(f"{code} {what}", at), "warning" if code in WARNINGS else "alarm")
        for code, what in dict.fromkeys(told)
    )
    done = tuple(c or 0.0 for c in commands)
    after = replace(
        memory,
        at=at,
        senses=senses,
        commands=done,
        moved=tuple(at if done[d] != memory.commands[d] else memory.moved[d] for d in range(5)),
        share=tuple(s + (c - s) / limits.effect for s, c in zip(memory.share, done, strict=True)),
        planless=planless,
        slope=slope,
        last=(air.t.value, air.rh.value),
        suspects=suspects,
        alarms={f"{a.code} {a.what}": a.since for a in alarms},
    )
    automatic = now or ("rules" if lost else "automatic")
    mode = "local" if seen.local else "manual" if hand else automatic if memory.mode == "automatic" else memory.mode
    trusted = {"t": air.t.value, "rh": air.rh.value, "co2": air.co2.value}
    cut = now == "cooling" and ("stuck_on", DEVICES[HEATER]) in told
    return after, Verdict(commands, allowed, mode, alarms, trusted, changed, cut)


def _clock(memory: Memory, at: float) -> tuple[Memory, float, list[tuple[str, str]]]:
    """The minute to count by. A clock that stands or goes back is told and not followed for ten minutes, then it is."""
    if isfinite(at) and at > memory.at:
        return memory, at, []
    told = [("clock", "process")]
    if not isfinite(at) or memory.at - memory.alarms.get("clock process", memory.at) < 10:
        return memory, memory.at + 1, told
    until = None if memory.until is None else memory.until - memory.at + at
    return replace(memory, at=at, until=until, senses={}, moved=(at,) * 5, suspects={}, alarms={}), at, told


def _air(
    found: list[Believed], memory: Memory, at: float, given: tuple[Seen, Limits]
) -> tuple[Air, tuple[float, float]]:
    """The air as believed, its slopes a minute (smoothed), and the extremes that it has or is heading for."""
    seen, limits = given
    slopes, ends = [], []
    for now, last, slope, minutes in zip(found[:2], memory.last, memory.slope, limits.ahead, strict=True):
        fresh = 0.0 if now.value is None or last is None else (now.value - last) / min(max(at - memory.at, 1.0), 60.0)
        slopes.append(slope + (fresh - slope) / 2 if now.value is not None else 0.0)
        ahead = slopes[-1] * minutes
        ends.append(((now.high or 0.0) + max(ahead, 0.0), (now.low or 0.0) + min(ahead, 0.0)))
    outdoor = seen.outdoor if seen.outdoor is not None and isfinite(seen.outdoor) else None
    (warmest, coldest), (dampest, driest) = ends
    air = Air(found[0], found[1], found[2], warmest, coldest, dampest, driest, outdoor)
    return air, (slopes[0], slopes[1])


def _written(allowed: tuple[float, ...], memory: Memory, local: bool, running: list[bool]) -> tuple[float | None, ...]:
    """What is written: nothing in 就地, else what we may command, and one last 0 for what we commanded before."""
    if local:
        return (None,) * 5
    return tuple(allowed[d] if running[d] else 0.0 if memory.commands[d] > 0 else None for d in range(5))


def _is_plan(plan: tuple[float, ...] | None) -> bool:
    return plan is not None and len(plan) == 5 and all(isfinite(x) and -1e-6 <= x <= 1 + 1e-6 for x in plan)


def _sound(manual: Mapping[int, float]) -> dict[int, float]:
    return {d: float(x) for d, x in manual.items() if d in range(5) and isfinite(x) and 0 <= x <= 1}


def _older(heard: float | None, at: float, minutes: float) -> bool:
    return heard is not None and not at - heard <= minutes


def _lost(seen: Seen, at: float, limits: Limits) -> list[tuple[str, str]]:
    found = [("weather_lost", "weather")] if _older(seen.weather_at, at, limits.weather) else []
    return found + ([("link_lost", "network")] if _older(seen.link_at, at, limits.link) else [])


def _beyond(air: Air, limits: Limits) -> list[tuple[str, str]]:
    found = []
    if air.t.high is not None and air.t.low is not None:
        found += [("too_warm", "t")] if air.t.high >= limits.t_high else []
        found += [("too_cold", "t")] if air.t.low <= limits.t_low else []
    if air.rh.high is not None and air.rh.low is not None:
        found += [("too_damp", "rh")] if air.rh.high >= limits.rh_high else []
        found += [("too_dry", "rh")] if air.rh.low <= limits.rh_low else []
    foul = air.co2.high is not None and air.co2.high >= limits.co2_high
    return found + ([("foul_air", "co2")] if foul else [])


def _suspects(memory: Memory, air: Air, seen: Seen, at: float, given: tuple[Limits, list[bool]]) -> dict[str, float]:
    """Relays that do not do as told, by their contact or by the room's answer, with the minute it was first seen."""
    limits, running = given
    found = []
    for d, proof in enumerate(seen.proofs[:4]):
        if proof is not None and running[d] and proof != (memory.commands[d] > 0):
            found.append(f"contact stuck_{'on' if proof else 'off'} {DEVICES[d]}")
    pairs = ((air.t, 0, HEATER, COOLER), (air.rh, 1, HUMIDIFIER, DEHUMIDIFIER))
    for now, k, up, down in pairs:
        ideal = seen.foreseen[k] if seen.foreseen is not None else None
        if now.value is None or now.probes < 2 or ideal is None or not isfinite(ideal) or not running[up]:
            continue
        off = now.value - ideal
        if abs(off) > limits.amiss[k]:
            helps, hurts = (up, down) if off < 0 else (down, up)
            idle = memory.share[helps] < 0.3
            found.append(f"effect stuck_{'on' if idle else 'off'} {DEVICES[hurts if idle else helps]}")
    return {name: memory.suspects.get(name, at) for name in found}


def _stuck(suspects: Mapping[str, float], at: float, limits: Limits) -> list[tuple[str, str]]:
    found = []
    for name, since in suspects.items():
        by, code, device = name.split()
        if at - since >= (limits.stuck if by == "contact" else limits.effect):
            found.append((code, device))
    return found
