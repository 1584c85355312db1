"""Which of a room's sensors may be believed: dead, frozen, lying and drifting ones are told by rule, minute by minute.

A reading counts when it is finite, possible, newer than the last and not from the future. Two probes a quantity check
each other (`t` and `t2`, `rh` and `rh2`); what the room's model expects (`foreseen`) says which of the two is off, and
stands in for a second probe where there is none. Plain values in, plain values out: no clock, no memory of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite


@dataclass(frozen=True)
class Reading:
    """A value (°C, % or ppm) and the minute it was taken."""

    value: float
    at: float


@dataclass(frozen=True)
class Kind:
    """What holds for sensors of one quantity: possible values, then what tells a fault.

    `apart` is how far two probes, `amiss` how far a lone probe and the model may differ for `patience` min; `jump` is
    more than a reading can move in a minute; `moves` is how far partner or model go while a frozen one stands, `still`
    the minutes that none stands by itself; `drift` is the difference that may last for hours.
    """

    low: float
    high: float
    apart: float
    amiss: float
    jump: float
    moves: float
    drift: float
    patience: float = 5.0
    still: float = 45.0


KINDS = {
    "t": Kind(-20.0, 60.0, 1.0, 3.0, 1.5, 0.8, 0.5),
    "rh": Kind(0.0, 100.0, 7.0, 18.0, 12.0, 6.0, 4.0),
    "co2": Kind(200.0, 20_000.0, 1e9, 1e9, 1e9, 1e9, 1e9, still=90.0),
}
SENSORS = {"t": "t", "t2": "t", "rh": "rh", "rh2": "rh", "co2": "co2"}
PARTNER = {"t": "t2", "t2": "t", "rh": "rh2", "rh2": "rh"}
SLOW = 180.0
"""Minutes over which a drift is averaged."""


@dataclass(frozen=True)
class Sense:
    """What is remembered of a sensor: its last reading, since when it stands, what stood beside it then, its faults.

    `bias` and `miss` are its slow means against its partner and against the model; `leap` is how far it jumped.
    """

    value: float
    at: float
    changed: float
    beside: float | None = None
    off_since: float | None = None
    lying: bool = False
    bias: float = 0.0
    miss: float = 0.0
    leap: float = 0.0


@dataclass(frozen=True)
class Believed:
    """What a quantity is taken for (None: unknown), and the most and least that a live sensor says, for the guards."""

    value: float | None
    low: float | None
    high: float | None
    probes: int = 0


def possible(sensor: str, reading: Reading | None, at: float) -> bool:
    """Whether this can be a reading at all: finite, within the sensor's range, not from the future."""
    kind = KINDS[SENSORS[sensor]]
    if reading is None or not isfinite(reading.value) or not isfinite(reading.at):
        return False
    return kind.low <= reading.value <= kind.high and reading.at <= at + 0.5


def feel(
    before: Mapping[str, Sense], at: float, readings: Mapping[str, Reading], foreseen: tuple[float, float] | None
) -> tuple[dict[str, Sense], dict[str, str]]:
    """The memory after this minute, and the fault of each sensor that has one: dead, frozen, lying or drifting.

    A sensor that never spoke is not there, unless it is `t` or `rh`, which a room must have.
    """
    expected = _expected(foreseen)
    now = dict(before)
    for sensor in SENSORS:
        reading, last = readings.get(sensor), before.get(sensor)
        if not possible(sensor, reading, at) or reading is None or (last is not None and reading.at <= last.at):
            continue
        if last is None:
            now[sensor] = Sense(reading.value, reading.at, at)
        elif reading.value != last.value:
            now[sensor] = replace(last, value=reading.value, at=reading.at, changed=at, beside=None)
            jump = KINDS[SENSORS[sensor]].jump * min(max(reading.at - last.at, 1.0), 10.0)
            leap = reading.value - last.value
            if abs(leap) > jump:
                back = last.lying and abs(leap + last.leap) < abs(last.leap) / 2
                now[sensor] = replace(now[sensor], lying=not back, leap=0.0 if back else last.leap or leap)
        else:
            now[sensor] = replace(last, at=reading.at)
    faults = {s: "dead" for s in SENSORS if (s in now and at - now[s].at >= 2) or (s in ("t", "rh") and s not in now)}
    for sensor in [s for s in now if s not in faults]:
        other = _other(sensor, now, faults)
        ideal = expected.get(SENSORS[sensor])
        beside = other if other is not None else ideal
        if now[sensor].beside is None:
            now[sensor] = replace(now[sensor], beside=beside)
        if _frozen(sensor, now[sensor], at, beside):
            faults[sensor] = "frozen"
    compared = {s: _compare(s, now, faults, at, expected.get(SENSORS[s])) for s in now if s not in faults}
    for sensor, (sense, fault) in compared.items():
        now[sensor] = sense
        if fault:
            faults[sensor] = fault
    return now, faults


def forgive(senses: Mapping[str, Sense], sensor: str) -> dict[str, Sense]:
    """The memory after someone has looked at this sensor: believed again until it shows a fault anew."""
    return {
        k: replace(v, lying=False, leap=0.0, off_since=None, bias=0.0) if k == sensor else v for k, v in senses.items()
    }


def believed(quantity: str, senses: Mapping[str, Sense], faults: Mapping[str, str]) -> Believed:
    """The mean of the sensors that may be believed; the guards also hear those that only drift."""
    alive = [s for s in senses if SENSORS[s] == quantity and faults.get(s, "drifting") == "drifting"]
    values = [senses[s].value for s in alive]
    if not values:
        return Believed(None, None, None)
    return Believed(sum(values) / len(values), min(values), max(values), len(values))


def _expected(foreseen: tuple[float, float] | None) -> dict[str, float]:
    if foreseen is None or not all(isfinite(x) for x in foreseen):
        return {}
    return {"t": foreseen[0], "rh": foreseen[1]}


def _other(sensor: str, senses: Mapping[str, Sense], faults: Mapping[str, str]) -> float | None:
    partner = PARTNER.get(sensor, "")
    return senses[partner].value if partner in senses and partner not in faults else None


def _frozen(sensor: str, sense: Sense, at: float, beside: float | None) -> bool:
    kind, stands = KINDS[SENSORS[sensor]], at - sense.changed
    if stands >= kind.still:
        return True
    if beside is None or sense.beside is None:
        return False
    return stands >= 8 and abs(beside - sense.beside) > kind.moves


def _compare(
    sensor: str, senses: Mapping[str, Sense], faults: Mapping[str, str], at: float, ideal: float | None
) -> tuple[Sense, str]:
    """One live sensor against its partner and the model: the memory of it, and `lying`, `drifting` or nothing.

    Of two probes that part slowly none is called a liar before they are three times as far apart, unless the model
    tells; a lone liar is believed again when it jumps back or someone has looked (`forgive`).
    """
    kind, sense = KINDS[SENSORS[sensor]], senses[sensor]
    other = _other(sensor, senses, faults)
    gap = 0.0 if ideal is None else abs(sense.value - ideal)
    if other is None:
        off, patience, cleared = gap > kind.amiss, 3 * kind.patience, False
    else:
        apart = abs(sense.value - other)
        told = ideal is not None and gap > kind.apart and abs(other - ideal) < kind.apart / 2
        clean = ideal is not None and gap < kind.apart / 2 and abs(other - ideal) > kind.apart
        off = apart > (kind.apart if told else 3 * kind.apart) and not clean
        patience, cleared = kind.patience, apart < kind.apart / 2
    since = None if not off else at if sense.off_since is None else sense.off_since
    lying = (sense.lying and not cleared) or (since is not None and at - since >= patience)
    bias = sense.bias if other is None else sense.bias + (sense.value - other - sense.bias) / SLOW
    miss = sense.miss if ideal is None else sense.miss + (sense.value - ideal - sense.miss) / SLOW
    sense = replace(sense, off_since=since, lying=lying, bias=bias, miss=miss)
    if lying:
        return sense, "lying"
    worse = ideal is None or other is None or abs(miss) >= abs(senses[PARTNER[sensor]].miss)
    return sense, "drifting" if other is not None and worse and abs(bias) > kind.drift else ""
