"""The shield: by example, each fault and each mode; and under anything at all, no unsafe command."""

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from math import inf, isfinite, nan
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.control.equipment import COOLER, DEHUMIDIFIER, HEATER, HUMIDIFIER, VENT
from workbench.control.senses import forgive
from workbench.control.shield import CODES, Ask, Limits, Memory, Reading, Seen, Verdict, grant, step
from workbench.errors import InputError, UnknownName

LIMITS = Limits()
HEAT = (1.0, 0.0, 0.0, 0.0, 0.2)


def automatic(minutes: float = 10_000) -> Memory:
    return grant(Memory(), "automatic", 0.0, minutes, "li", "test")[0]


def seen(at: float, **given: Any) -> Seen:
    """All sensors well, but as given: t, t2, rh, rh2, co2, and any field of Seen."""
    wiggle = 0.1 * (at % 3)
    values = {
        "t": 25 + wiggle,
        "t2": 25.1 + wiggle,
        "rh": 80 + wiggle,
        "rh2": 80.5 + wiggle,
        "co2": 600 + 10 * (at % 3),
    }
    values |= {k: given.pop(k) for k in list(given) if k in values}
    readings = {k: Reading(v, at) for k, v in values.items() if v is not None}
    return Seen(**({"at": at, "readings": readings, "outdoor": 15.0} | given))


def run(memory: Memory, minutes: Iterable[float], plan: Any = HEAT, **given: Any) -> tuple[Memory, list[Verdict]]:
    found = []
    for at in minutes:
        memory, verdict = step(memory, seen(float(at), **given), Ask(plan), LIMITS)
        found.append(verdict)
    return memory, found


def codes(verdict: Verdict) -> set[str]:
    return {f"{a.code} {a.what}" for a in verdict.alarms}


def test_a_sound_plan_passes_unchanged() -> None:
    _, found = run(automatic(), range(1, 60))
    assert found[-1].commands == HEAT
    assert (found[-1].mode, found[-1].alarms, found[-1].changed, found[-1].cut) == ("automatic", (), (), False)


@pytest.mark.parametrize("mode", ["shadow", "advice"])
def test_without_automatic_nothing_is_written_but_the_advice_is_there(mode: str) -> None:
    memory, entry = grant(Memory(), mode, 0.0, 0.0, "li", "look on first")
    assert (entry.before, entry.mode, entry.until, entry.by) == ("shadow", mode, None, "li")
    _, found = run(memory, range(1, 5))
    assert found[-1].commands == (None,) * 5
    assert found[-1].allowed[HEATER] == 1
    assert found[-1].mode == mode


def test_a_hand_far_away_passes_the_shield() -> None:
    memory, _ = grant(Memory(), "advice", 0.0, 0.0, "li", "advice")
    memory, verdict = step(memory, seen(1.0, t=24.0, t2=24.1), Ask(HEAT, {COOLER: 1.0}), LIMITS)
    assert verdict.commands == (None, 1.0, None, None, None)
    assert verdict.mode == "manual"
    memory, verdict = step(memory, seen(5.0, t=20.0, t2=20.1), Ask(HEAT, {COOLER: 1.0}), LIMITS)
    assert verdict.commands[COOLER] == 0.0
    assert [(c.device, c.reason) for c in verdict.changed][:1] == [("cooler", "too cold")]
    _, verdict = step(memory, seen(30.0, link_at=2.0), Ask(HEAT, {COOLER: 1.0}), LIMITS)
    assert verdict.commands[COOLER] is None, "a hand that no longer reaches us is let go"


def test_the_selector_at_the_cabinet_wins() -> None:
    memory, _ = run(automatic(), range(1, 10))
    _, found = run(memory, range(10, 14), local=True, t=35.0, t2=35.0)
    assert all(v.commands == (None,) * 5 and v.mode == "local" for v in found)


def test_automatic_ends_by_itself_and_leaves_nothing_running() -> None:
    _, found = run(automatic(60), range(1, 65))
    assert "handover_ends mode" in codes(found[40])
    assert found[58].commands[HEATER] == 1
    assert found[59].commands[HEATER] == 0
    assert found[60].commands == (None,) * 5
    assert found[60].mode == "advice"
    assert "handover_ended mode" in codes(found[60])


@pytest.mark.parametrize(
    ("mode", "minutes", "by"), [("automatic", 0, "li"), ("automatic", 1e9, "li"), ("advice", 5, " ")]
)
def test_a_grant_needs_a_name_and_a_lawful_time(mode: str, minutes: float, by: str) -> None:
    with pytest.raises(InputError):
        grant(Memory(), mode, 0.0, minutes, by, "why")


def test_a_mode_that_is_not_one_is_named() -> None:
    with pytest.raises(UnknownName, match="no mode 'automatik'"):
        grant(Memory(), "automatik", 0.0, 5, "li", "why")


@pytest.mark.parametrize("bad", [None, nan, inf, -300.0])
def test_a_dead_sensor_alarms_within_two_readings_and_both_dead_rest_the_room(bad: float | None) -> None:
    memory, _ = run(automatic(), range(1, 10))
    _, found = run(memory, range(10, 12), t=bad)
    assert codes(found[1]) == {"dead t"}
    assert found[1].trusted["t"] == pytest.approx(25.3, abs=0.3)
    _, found = run(memory, range(10, 12), t=bad, t2=bad)
    assert found[1].mode == "resting"
    assert found[1].commands == pytest.approx((0, 0, 0, 0, 0.2))


def test_a_frozen_sensor_is_told_by_its_partner_that_moves() -> None:
    memory, _ = run(automatic(), range(1, 10))
    found = []
    for at in range(10, 40):
        memory, verdict = step(memory, seen(float(at), t=25.0, t2=25.0 + 0.05 * (at - 10)), Ask(HEAT), LIMITS)
        found.append("frozen t" in codes(verdict))
    assert 15 <= found.index(True) <= 20
    assert verdict.trusted["t"] == pytest.approx(25 + 0.05 * 29)


def test_a_lone_frozen_sensor_is_told_by_itself() -> None:
    _, found = run(automatic(), range(1, 60), t=25.0, t2=None)
    assert "frozen t" in codes(found[-1])
    assert found[-1].mode == "resting"


def test_of_two_that_disagree_the_model_says_who_lies() -> None:
    memory, _ = run(automatic(), range(1, 10))
    _, found = run(memory, range(10, 20), t=22.0, foreseen=(25.2, 80.0))
    assert codes(found[-1]) == {"lying t"}
    assert found[-1].trusted["t"] == pytest.approx(25.2, abs=0.2)


def test_a_jump_that_no_room_can_make_is_a_lie_until_it_is_taken_back_or_forgiven() -> None:
    memory, _ = run(automatic(), range(1, 10), t2=None)
    lying, found = run(memory, range(10, 50), t2=None, t=21.0, foreseen=(21.2, 80.0))
    assert found[0].mode == "resting"
    assert "lying t" in codes(found[-1]), "that the model comes to agree is no proof"
    assert run(lying, range(50, 52), t2=None)[1][-1].mode == "automatic"
    pardoned = replace(lying, senses=forgive(lying.senses, "t"))
    assert run(pardoned, range(50, 52), t2=None, t=21.1)[1][-1].mode == "automatic"


def test_two_that_part_slowly_are_both_heard_by_the_guards_until_they_are_too_far_apart() -> None:
    memory = automatic()
    for at in range(1, 200):
        memory, verdict = step(memory, seen(float(at), t=29.0 - 0.02 * at, t2=29.0 + 0.002 * at), Ask(HEAT), LIMITS)
    assert {"lying t", "lying t2"} <= codes(verdict)
    assert verdict.mode == "resting"


def test_a_slow_drift_is_a_warning() -> None:
    memory = automatic()
    for at in range(1, 900):
        drifted = 25.0 + 0.1 * (at % 3) + at / 1000
        memory, verdict = step(memory, seen(float(at), t=drifted, foreseen=(25.1, 80.0)), Ask(HEAT), LIMITS)
    assert [(a.code, a.what, a.level) for a in verdict.alarms] == [("drifting", "t", "warning")]


def test_a_contact_that_contradicts_its_command_is_a_stuck_relay() -> None:
    memory, _ = run(automatic(), range(1, 10))
    _, found = run(memory, range(10, 15), proofs=(False, False, False, False, None))
    assert codes(found[-1]) == {"stuck_off heater"}
    memory, _ = run(automatic(), range(1, 10), plan=(0.0,) * 5, t=29.5, t2=29.6)
    _, found = run(memory, range(10, 20), plan=(0.0,) * 5, proofs=(True, None, None, None, None), t=30.5, t2=30.6)
    assert codes(found[-1]) == {"stuck_on heater", "too_warm t"}
    assert found[-1].cut
    assert found[-1].mode == "cooling"
    assert found[-1].commands[COOLER] == 1


def test_a_heater_that_does_not_heat_is_told_by_the_model() -> None:
    _, found = run(automatic(), range(1, 60), foreseen=(28.0, 80.0), t=25.0, t2=25.3)
    assert "stuck_off heater" in {c for v in found for c in codes(v)}


def test_limits_are_met_ahead() -> None:
    """At half a degree a minute the heater goes off well below 30 °C."""
    memory, _ = run(automatic(), range(1, 10))
    for at in range(10, 20):
        t = 25 + 0.5 * (at - 10)
        memory, verdict = step(memory, seen(float(at), t=t, t2=t), Ask(HEAT), LIMITS)
        if verdict.commands[HEATER] == 0:
            break
    assert 26 < t < 29


def test_foul_air_opens_the_vent_step_by_step() -> None:
    _, found = run(automatic(), range(1, 6), co2=4000.0)
    assert [v.commands[VENT] for v in found] == [0.25, 0.5, 0.5, 0.5, 0.5]
    assert "foul_air co2" in codes(found[-1])


def test_a_lost_plan_ends_in_the_rules_and_a_wrong_one_is_told() -> None:
    memory, _ = run(automatic(), range(1, 10))
    _, found = run(memory, range(10, 14), plan=None, t=24.1, t2=24.2)
    assert [v.mode for v in found] == ["automatic", "automatic", "rules", "rules"]
    assert "plan_lost controller" in codes(found[-1])
    assert found[-1].commands[HEATER] == 1
    _, found = run(memory, range(10, 12), plan=(nan, 0, 0, 0, 0))
    assert "plan_unsound controller" in codes(found[-1])


def test_lost_weather_and_network_are_warnings() -> None:
    _, found = run(automatic(), range(400, 402), weather_at=0.0, link_at=0.0)
    assert {(a.code, a.level) for a in found[-1].alarms} == {("weather_lost", "warning"), ("link_lost", "warning")}
    assert found[-1].mode == "automatic"


def test_a_clock_that_goes_back_is_not_followed_at_once() -> None:
    memory, _ = run(automatic(), range(1000, 1010))
    found = []
    for at in range(500, 520):
        memory, verdict = step(memory, seen(float(at)), Ask(HEAT), LIMITS)
        found.append((verdict.mode, "clock process" in codes(verdict)))
    assert found[3] == ("resting", True)
    assert found[-1] == ("automatic", False)


def test_a_memory_survives_json() -> None:
    memory, _ = run(automatic(), range(1, 10), t=None)
    assert Memory.restored(json.loads(json.dumps(asdict(memory)))) == memory


@pytest.mark.parametrize(
    ("device", "reads"),
    [
        (HEATER, {"t": 30.0, "t2": 30.1}),
        (DEHUMIDIFIER, {"t": 30.0, "t2": 30.1}),
        (COOLER, {"t": 20.0, "t2": 19.9}),
        (HUMIDIFIER, {"rh": 97.0, "rh2": 97.5}),
        (DEHUMIDIFIER, {"rh": 45.0, "rh2": 44.0}),
    ],
)
def test_no_hand_crosses_a_limit(device: int, reads: dict[str, float]) -> None:
    hand = {d: float(d == device) for d in range(4)}
    _, verdict = step(automatic(), seen(1.0, **reads), Ask((0.0,) * 5, hand), LIMITS)
    assert verdict.commands[device] == 0
    assert len(verdict.changed) >= 1


ODD = st.sampled_from([nan, inf, -inf, 1e300, -1e300, -40.0, 150.0, 0.0])
VALUES = {
    "t": st.one_of(st.floats(15, 35), ODD),
    "t2": st.one_of(st.floats(15, 35), ODD),
    "rh": st.one_of(st.floats(30, 100), ODD),
    "rh2": st.one_of(st.floats(30, 100), ODD),
    "co2": st.one_of(st.floats(300, 5000), ODD),
}
TIMES = st.one_of(st.just(0.0), st.just(0.0), st.floats(-6, 3), st.sampled_from([nan, -inf, inf]))
PLANS = st.one_of(
    st.none(),
    st.tuples(*[st.sampled_from([0.0, 1.0])] * 5),
    st.tuples(*[st.one_of(st.floats(-1, 2), ODD)] * 5),
    st.tuples(st.just(1.0), st.just(1.0)),
)


@st.composite
def minutes(draw: Any) -> tuple[Seen, Ask]:
    """Anything that a minute may bring; `at` is how far the clock goes on."""
    readings = {k: Reading(draw(v), draw(TIMES)) for k, v in VALUES.items() if draw(st.integers(0, 5)) > 0}
    at = draw(st.sampled_from([1.0] * 12 + [0.0, -3.0, 20.0, nan, inf]))
    proofs = draw(st.tuples(*[st.sampled_from([None, True, False])] * 5))
    foreseen = draw(st.one_of(st.none(), st.tuples(st.floats(15, 35), st.floats(30, 100)), st.just((nan, nan))))
    outdoor = draw(st.one_of(st.none(), st.floats(-10, 45), st.just(nan)))
    seen = Seen(
        at, readings, draw(st.integers(0, 9)) == 0, proofs, foreseen, nan, draw(st.sampled_from([None, 0.0])), outdoor
    )
    hand = draw(st.dictionaries(st.integers(-1, 6), st.one_of(st.floats(0, 1), ODD), max_size=2))
    return seen, Ask(draw(PLANS), hand, (24.0, 26.0, 70.0, 80.0))


def calm(t: float, rh: float, hand: int) -> tuple[Seen, Ask]:
    readings = {"t": Reading(t, 0.0), "t2": Reading(t, 0.0), "rh": Reading(rh, 0.0), "rh2": Reading(rh, 0.0)}
    return Seen(1.0, readings), Ask((1.0, 0.0, 1.0, 0.0, 0.1), {hand: 1.0})


STEADY = st.builds(
    calm,
    st.sampled_from([19.5, 20.4, 24.0, 25.0, 29.6, 30.3, 31.0]),
    st.sampled_from([43.0, 45.5, 70.0, 80.0, 96.5, 97.2, 99.0]),
    st.sampled_from([HEATER, COOLER, HUMIDIFIER, DEHUMIDIFIER, 9]),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.one_of(minutes(), STEADY, STEADY), min_size=3, max_size=25), st.sampled_from(["advice", "automatic"])
)
def test_no_unsafe_command_ever_leaves(run: list[tuple[Seen, Ask]], mode: str) -> None:
    """Whatever is read and asked; what is sound of the readings is judged here anew, apart from the shield."""
    memory, _ = grant(Memory(), mode, 0.0, 10_000, "li", "test")
    clock, since, before = 0.0, [-1e9] * 4, (0.0,) * 5
    newest = dict.fromkeys(VALUES, -inf)
    for raw, ask in run:
        clock = clock + raw.at
        at = clock if isfinite(clock) else 0.0
        seen = replace(raw, at=clock, readings={k: Reading(r.value, at + r.at) for k, r in raw.readings.items()})
        memory, verdict = step(memory, seen, ask, LIMITS)
        now, steady = memory.at, isfinite(clock)
        clock = clock if steady else now
        sound = {}
        for k, r in seen.readings.items():
            if isfinite(r.value) and isfinite(r.at) and newest[k] < r.at <= now + 0.5 and now - r.at < 2:
                newest[k] = r.at
                faulty = {a.what for a in verdict.alarms if a.code in ("lying", "frozen", "dead")}
                if k not in faulty:
                    sound[k] = r.value
        check(verdict, sound, seen)
        for d in range(4):
            given = verdict.commands[d] or 0.0
            if given != before[d]:
                forced = given == 0 and (not seen.local or verdict.commands[d] is None)
                assert forced or now - since[d] >= 3 or since[d] < 0
                since[d] = now
        before = tuple(c or 0.0 for c in verdict.commands)


def check(verdict: Verdict, sound: dict[str, float], seen: Seen) -> None:
    commands = verdict.commands
    if seen.local:
        assert commands == (None,) * 5
        return
    for d in range(4):
        assert commands[d] in (None, 0.0, 1.0)
    assert commands[VENT] is None or 0 <= commands[VENT] <= 1
    for asked in (commands, verdict.allowed):
        assert not (asked[HEATER] and asked[COOLER])
        assert not (asked[HUMIDIFIER] and asked[DEHUMIDIFIER])
        ts = [sound[k] for k in ("t", "t2") if k in sound and -20 <= sound[k] <= 60]
        rhs = [sound[k] for k in ("rh", "rh2") if k in sound and 0 <= sound[k] <= 100]
        assert not (asked[HEATER] and ts and max(ts) >= 30)
        assert not (asked[COOLER] and ts and min(ts) <= 20)
        assert not (asked[HUMIDIFIER] and rhs and max(rhs) >= 97)
        assert not (asked[DEHUMIDIFIER] and rhs and min(rhs) <= 45)
    if verdict.trusted["t"] is None:
        assert not any(commands[:4])
    if verdict.trusted["rh"] is None:
        assert not any(commands[2:4])
    assert all(a.code in CODES for a in verdict.alarms)
