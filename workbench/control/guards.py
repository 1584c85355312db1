"""What no command may do: limits met ahead, opposites kept apart, minimum times, a vent that moves slowly."""

from workbench.control.equipment import COOLER, DEHUMIDIFIER, DEVICES, HEATER, HUMIDIFIER, VENT
from workbench.control.safety import Air, Ask, Changed, Limits, Memory

RESTING_VENT, LITTLE, FOUL_VENT, VENT_RATE = 0.2, 0.2, 0.5, 0.25
OPPOSITES = ((HEATER, COOLER), (HUMIDIFIER, DEHUMIDIFIER))


def state(before: str, air: Air, limits: Limits) -> str:
    """The safe state that the air asks for (`resting`, `cooling`, `warming`) or none; left half a degree inside."""
    if air.t.low is None or air.t.high is None:
        return "resting"
    if air.t.high >= limits.t_high or (before == "cooling" and air.t.high > limits.t_high - 0.5):
        return "cooling"
    if air.t.low <= limits.t_low or (before == "warming" and air.t.low < limits.t_low + 0.5):
        return "warming"
    return ""


def safe(name: str, air: Air) -> tuple[float, ...]:
    """What a safe state wants of the five devices."""
    if name == "cooling":
        cooler_outside = air.outdoor is not None and air.t.low is not None and air.outdoor < air.t.low - 1
        return (0.0, 1.0, 0.0, 0.0, 1.0 if cooler_outside else LITTLE)
    if name == "warming":
        return (1.0, 0.0, 0.0, 0.0, LITTLE / 2)
    return (0.0, 0.0, 0.0, 0.0, RESTING_VENT)


def thermostat(air: Air, ask: Ask, on: tuple[float, ...]) -> tuple[float, ...]:
    """The shield's own rules, for when there is no plan: on outside the inner half of the band, off at its middle."""
    t_lo, t_hi, rh_lo, rh_hi = ask.band
    found = [0.0] * 4 + [LITTLE]
    for value, low, high, (up, down) in (
        (air.t.value, t_lo, t_hi, OPPOSITES[0]),
        (air.rh.value, rh_lo, rh_hi, OPPOSITES[1]),
    ):
        if value is None or not low < high:
            continue
        middle, gap = (low + high) / 2, (high - low) / 4
        found[up] = float(value < middle - gap or (on[up] > 0 and value < middle))
        found[down] = float(value > middle + gap or (on[down] > 0 and value > middle))
    return tuple(found)


def bars(air: Air, limits: Limits) -> dict[int, str]:
    """The devices that must be off now, and why."""
    found: dict[int, str] = {}
    if air.rh.value is None:
        found |= dict.fromkeys((HUMIDIFIER, DEHUMIDIFIER), "humidity not known")
    if air.t.value is None:
        return found | dict.fromkeys((HEATER, COOLER, HUMIDIFIER, DEHUMIDIFIER), "temperature not known")
    if air.warmest >= limits.t_high - limits.margin[0]:
        found |= dict.fromkeys((HEATER, DEHUMIDIFIER), "too warm")
    if air.coldest <= limits.t_low + limits.margin[0]:
        found |= dict.fromkeys((COOLER, HUMIDIFIER), "too cold")
    if air.dampest >= limits.rh_high - limits.margin[1]:
        found[HUMIDIFIER] = "too damp"
    if air.driest <= limits.rh_low + limits.margin[1]:
        found[DEHUMIDIFIER] = "too dry"
    return found


def guard(
    wanted: tuple[float, ...], air: Air, memory: Memory, at: float, limits: Limits
) -> tuple[tuple[float, ...], tuple[Changed, ...]]:
    """What may be commanded of what is wanted, and each device that differs with the reason."""
    barred, on = bars(air, limits), memory.commands
    given = [float(x > 0.5) for x in wanted[:4]] + [min(max(wanted[VENT], 0.0), 1.0)]
    why: dict[int, str] = {}
    for d in range(4):
        soon = at - memory.moved[d] < limits.minimum[d]
        if d in barred:
            if given[d] > 0 or on[d] > 0:
                why[d] = barred[d]
            given[d] = 0.0
        elif soon and given[d] != on[d] and not (memory.state and given[d] == 0):
            given[d], why[d] = float(on[d] > 0), "minimum time"
    for pair in OPPOSITES:
        for d, other in (pair, pair[::-1]):
            just_left = pair == OPPOSITES[0] and at - memory.moved[other] < limits.minimum[other]
            if given[d] > 0 and on[d] == 0 and (given[other] > 0 or just_left):
                given[d], why[d] = 0.0, "its opposite runs" if given[other] > 0 else "minimum time"
    given[VENT], why_vent = vent(given[VENT], air, on[VENT], limits)
    if why_vent:
        why[VENT] = why_vent
    changed = tuple(Changed(DEVICES[d], wanted[d], given[d], reason) for d, reason in sorted(why.items()))
    return tuple(given), changed


def vent(asked: float, air: Air, before: float, limits: Limits) -> tuple[float, str]:
    """The vent: little where outside air would push a limit, open in foul air, a quarter of its way a minute."""
    found, why = asked, ""
    if air.outdoor is None or air.t.value is None:
        harms = air.t.value is not None and (air.warmest >= limits.t_high or air.coldest <= limits.t_low)
    else:
        harms = air.warmest >= limits.t_high and air.outdoor >= air.t.value
        harms = harms or (air.coldest <= limits.t_low and air.outdoor <= air.t.value)
    if harms and found > LITTLE:
        found, why = LITTLE, "outside air would harm"
    if air.co2.high is not None and air.co2.high >= limits.co2_high and found < FOUL_VENT:
        found, why = FOUL_VENT, "foul air"
    slow = min(max(found, before - VENT_RATE), before + VENT_RATE)
    return slow, why or ("moves slowly" if slow != found else "")
