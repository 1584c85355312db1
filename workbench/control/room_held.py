"""How a rearing room is held, learnt from its log: the grey box, its CO₂, and where its devices keep it in the band.

`run` lets a learnt room go on for hours: the air drifts as the grey box says, and is kept between two levels about the
middle of the band as far as the devices that were used of late are strong enough. CO₂ is leak and fan against larvae.
"""

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from scipy.optimize import least_squares

from workbench.control import room as grey
from workbench.control.equipment import COOLER, DEHUMIDIFIER, HEATER, HUMIDIFIER, VENT
from workbench.control.room import HEAT, LAGS, START, WATER, Room
from workbench.errors import MissingData
from workbench.science import psychrometrics as moist
from workbench.science.psychrometrics import Floats

FRESH = 420.0
"""CO₂ outside, ppm."""
PARTS = 4
"""Steps an hour is run in."""
LEAST = 0.02
"""Mean duty below which a device counts as not there."""
USUAL_MISS = (0.4, 2.5, 0.2)
"""Misses of a room of which little is known: °C, %, share of CO₂'s excess; they weigh as much as `FEW` replays."""
FEW = 10.0
JUMP = 1.5
"""°C between two hours by which a band's middle moves only where larvae come or go."""
SETTLED = 6
"""Hours a room takes to another band, and the fewest that tell how it is held."""
USUALLY = (-0.3, 0.1, -1.0, 1.0)
"""Levels of a room whose band is new."""


@dataclass(frozen=True)
class Hours:
    """A room's even hours: `air` (n × 3: °C, %, ppm), `duty` (n × 5), `outside` (n × 5), `gas` (n), `band` (n × 5).

    Gaps are bridged straight; `read` says which hours were read.
    """

    air: Floats
    duty: Floats
    outside: Floats
    gas: Floats
    band: Floats
    read: np.ndarray

    @property
    def water(self) -> Floats:
        """Humidity ratio, g/kg."""
        return 1000 * moist.humidity_ratio(self.air[:, 0], self.air[:, 1])


@dataclass(frozen=True)
class Known:
    """A room as learnt: the grey box, CO₂ by leak, fan (1/h) and load (ppm a kg), and how it is usually held.

    `held`: levels against the middle of the band (°C low, high, then % low, high). `has`: mean duty of each device.
    `spread` (leads × 3): standard deviation of the misses, °C, %, and for CO₂ as a share of its `excess`.
    """

    room: Room
    co2: tuple[float, float, float]
    held: tuple[float, float, float, float]
    has: tuple[float, ...]
    spread: tuple[tuple[float, float, float], ...]

    @classmethod
    def of(cls, given: dict[str, Any]) -> Self:
        """Back from JSON."""
        room = Room(*(tuple(given["room"][field.name]) for field in fields(Room)))
        spread = tuple((float(a), float(b), float(c)) for a, b, c in given["spread"])
        return cls(room, tuple(given["co2"]), tuple(given["held"]), tuple(given["has"]), spread)


def learn(hours: Hours, horizon: int, habit: int, widen: float) -> Known:
    """Identify a room. MissingData for less than two days."""
    room = identify(hours)
    held, has = habits(hours, habit)
    plain = Known(room, balance(hours), held, has, ())
    origins = np.arange(24, len(hours.air) - horizon - 1, 3)
    if not len(origins):
        raise MissingData("too few hours to say how far the room's model is off", "log two days or more")
    steps = origins[:, None] + np.arange(1, horizon + 1)
    ran = run(
        plain,
        start(plain, hours, origins),
        fan(hours, origins),
        (hours.outside[steps], hours.gas[steps], hours.band[steps]),
    )
    misses = ran - hours.air[steps]
    misses[..., 2] /= excess(ran[..., 2])
    power = (np.sum(misses**2, axis=0) + FEW * np.square(USUAL_MISS)) / (len(origins) + FEW)
    spread = widen * np.sqrt(power)
    return Known(room, plain.co2, held, has, tuple((float(a), float(b), float(c)) for a, b, c in spread))


def habits(hours: Hours, habit: int) -> tuple[tuple[float, float, float, float], tuple[float, ...]]:
    """`held` and `has` of `Known`, by a room's newest `habit` days.

    Days before the band jumped (larvae came, or went) tell nothing of it, nor do the hours until it has settled; a room
    whose band is that new is taken to be held as usual, with every device.
    """
    middle = (hours.band[:, [0, 2]] + hours.band[:, [1, 3]]) / 2
    jumps = np.flatnonzero(np.abs(np.diff(middle[:, 0])) > JUMP)
    begin = max(len(middle) - 24 * habit, int(jumps[-1]) + 1 + SETTLED if len(jumps) else 0)
    own = (hours.air[:, :2] - middle)[begin:]
    if len(own) < SETTLED:
        return USUALLY, (1.0,) * hours.duty.shape[1]
    low, high = np.quantile(own, 0.4, axis=0), np.quantile(own, 0.6, axis=0)
    has = tuple(float(x) for x in hours.duty[begin:].mean(axis=0))
    return (float(low[0]), float(high[0]), float(low[1]), float(high[1])), has


def onward(room: Room, x: Floats, fan: Floats, outside: Floats, add: Floats | float, dt: float) -> Floats:
    """State (n × 4) `dt` hours on, implicitly: hours are long beside the room's fastest exchange."""
    a, _ = room.rates(fan)
    given = x + (room.drive(fan, outside) + add) * dt
    return np.asarray(np.linalg.solve(np.eye(4) - a * dt, given[..., None])[..., 0], dtype=np.float64)


def identify(hours: Hours, steps: tuple[int, ...] = (1, 3)) -> Room:
    """Fit to hourly errors `steps` ahead, near a usual room. MissingData for less than two days.

    Means of an hour cannot tell the lags of devices and probes: those stay usual. `room.identify` is for minutes.
    """
    n, far = len(hours.air), max(steps)
    if n < 48:
        raise MissingData(f"{n} h of log are too few to identify the room", "log two days or more")
    origins = np.arange(6, n - far, max(1, n // 150))
    t, w = hours.air[:, 0], hours.water
    target = np.stack([np.stack([t[origins + s], w[origins + s]]) for s in steps])
    usual = np.log(START[: len(HEAT + WATER)])

    def errors(logs: Floats) -> Floats:
        room = Room((*np.exp(logs), *START[-len(LAGS) :]))
        x = np.stack([t, grey.slow(t, room["mass_hours"]), w, grey.slow(w, room["mass_hours_w"])], axis=1)[origins]
        found = []
        for k in range(1, far + 1):
            duty = hours.duty[origins + k]
            _, b = room.rates(duty[:, VENT])
            for _ in range(2):
                x = onward(room, x, duty[:, VENT], hours.outside[origins + k], duty @ b.T, 0.5)
            if k in steps:
                found.append(np.stack([x[:, 0], x[:, 2]]))
        off = (np.stack(found) - target) / np.array([0.3, 0.5])[None, :, None]
        return np.concatenate([np.clip(off, -1e3, 1e3).ravel(), (logs - usual) * 2])

    fit = least_squares(errors, usual, bounds=(usual - 3, usual + 3), loss="soft_l1", max_nfev=25)
    spread = np.sqrt(np.maximum(np.diag(np.linalg.pinv(fit.jac.T @ fit.jac)), 0))
    return Room((*map(float, np.exp(fit.x)), *START[-len(LAGS) :]), tuple(map(float, spread)))


def excess(co2: Floats) -> Floats:
    """CO₂ above the fresh air's, ppm, with a floor: misses grow with it."""
    return np.asarray(np.maximum(co2 - FRESH, 0) + 50.0)


def balance(hours: Hours) -> tuple[float, float, float]:
    """Leak, fan (1/h) and ppm a kg that make the misses of CO₂ up to half a day ahead least, near a usual room's."""
    far, usual = 12, np.log([0.6, 4.0, 2000.0])
    origins = np.arange(0, len(hours.air) - far, 3)
    steps = origins[:, None] + np.arange(1, far + 1)
    blown, gas, read = hours.duty[steps, VENT], hours.gas[steps], hours.air[steps, 2]

    def errors(log: Floats) -> Floats:
        leak, fanned, load = np.exp(log)
        c, off = hours.air[origins, 2], np.empty(read.shape)
        for k in range(far):
            rate = leak + fanned * blown[:, k]
            level = FRESH + load * gas[:, k] / rate
            c = level + (c - level) * np.exp(-rate)
            off[:, k] = c - read[:, k]
        return np.append(off.ravel() / 50, (log - usual) * 2)

    leak, fanned, load = np.exp(least_squares(errors, usual, loss="soft_l1", max_nfev=40).x)
    return float(leak), float(fanned), float(load)


def fan(hours: Hours, origins: np.ndarray) -> Floats:
    """Mean duty of the fan in the day before each origin."""
    whole = np.concatenate([[0.0], np.cumsum(hours.duty[:, VENT])])
    since = np.maximum(origins + 1 - 24, 0)
    return np.asarray((whole[origins + 1] - whole[since]) / (origins + 1 - since))


def start(known: Known, hours: Hours, origins: np.ndarray) -> Floats:
    """State at each origin (n × 5): T, slow T, W, slow W, CO₂."""
    t, w = hours.air[:, 0], hours.water
    slow = [grey.slow(t, known.room["mass_hours"]), grey.slow(w, known.room["mass_hours_w"])]
    return np.stack([t, slow[0], w, slow[1], hours.air[:, 2]], axis=1)[origins]


def run(known: Known, state: Floats, blown: Floats, ahead: tuple[Floats, ...]) -> Floats:
    """Air (n × steps × 3) from `state` (n × 5) with outside, gas and band ahead (n × steps …), held as usual."""
    outside, gas, band = ahead
    p = known.room
    x, c, dt = state[:, :4].copy(), state[:, 4].copy(), 1 / PARTS
    has = np.array(known.has) > LEAST
    leak, fanned, load = known.co2
    found = np.empty((*outside.shape[:2], 3))
    for k in range(outside.shape[1]):
        middle_t, middle_rh = (band[:, k, 0] + band[:, k, 1]) / 2, (band[:, k, 2] + band[:, k, 3]) / 2
        for _ in range(PARTS):
            airing = np.clip((c / np.maximum(band[:, k, 4], 1) - 0.75) / 0.25, 0, 1)
            v = np.maximum(blown, airing) if has[VENT] else np.zeros_like(c)
            free = onward(p, x, v, outside[:, k], 0.0, dt)
            bend = np.linalg.inv(np.eye(4) - p.rates(v)[0] * dt) * dt
            low, high = middle_t + known.held[0], middle_t + known.held[1]
            warm = np.clip((low - free[:, 0]) / (p["heat"] * bend[:, 0, 0]), 0, 1) * has[HEATER]
            cool = np.clip((free[:, 0] - high) / (p["cold"] * bend[:, 0, 0]), 0, 1) * has[COOLER]
            free += bend[:, :, 0] * (p["heat"] * warm - p["cold"] * cool)[:, None]
            full = 10 * moist.humidity_ratio(free[:, 0], 100.0)
            low, high = (middle_rh + known.held[2]) * full, (middle_rh + known.held[3]) * full
            wet = np.clip((low - free[:, 2]) / (p["wet"] * bend[:, 2, 2]), 0, 1) * has[HUMIDIFIER]
            dry = np.clip((free[:, 2] - high) / (p["dried"] * bend[:, 2, 2]), 0, 1) * has[DEHUMIDIFIER]
            free += bend[:, :, 2] * (p["wet"] * wet - p["dried"] * dry)[:, None]
            free[:, 2] = np.clip(free[:, 2], 0.1, 100 * full)
            rate = leak + fanned * v
            level = FRESH + load * gas[:, k] / rate
            c = level + (c - level) * np.exp(-rate * dt)
            x = free
        rh = moist.relative_humidity(x[:, 0], x[:, 2] / 1000)
        found[:, k] = np.stack([x[:, 0], np.clip(rh, 0, 100), c], axis=1)
    return found
