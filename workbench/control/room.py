"""The model that a room's controller plans with: air, one slow mass and water, driven by the room's five devices.

    dT/dt = (loss + fan·v)·(T_out − T) + exchange·(M − T) + heat·u₁ − cold·u₂ − mist·u₃ + dry·u₄ + sun·G + body·q
    dM/dt = (T − M)/mass_hours
    dW/dt = (leak + fan_w·v)·(W_out − W) + soak·(B − W) − take·u₂ + wet·u₃ − dried·u₄ + sweat·w
    dB/dt = (W − B)/mass_hours_w

per hour; T, M °C; W, B g water per kg dry air; u, v outputs 0–1 of the devices behind a lag of `lag_device` minutes; G
kW/m²; q kW and w kg/h as the larvae are reckoned to give. What is read lags T by `lag_t` and relative humidity by
`lag_rh` minutes. It is identified on the room's own log, minute by minute, by its errors some minutes to hours ahead,
with weak log-normal priors that hold what a log cannot tell; `spread` is the standard error of each logarithm.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares
from scipy.signal import lfilter, savgol_filter

from workbench.errors import MissingData
from workbench.science import psychrometrics as moist
from workbench.science.psychrometrics import Floats

HEAT = ("loss", "fan", "exchange", "mass_hours", "heat", "cold", "mist", "dry", "sun", "body")
WATER = ("leak", "fan_w", "soak", "mass_hours_w", "take", "wet", "dried", "sweat")
LAGS = ("lag_device", "lag_t", "lag_rh")
NAMES = HEAT + WATER + LAGS
AT = {name: at for at, name in enumerate(NAMES)}
START = (0.6, 1.0, 5.0, 6.0, 30.0, 15.0, 12.0, 10.0, 3.0, 2.0, 0.5, 3.0, 0.5, 8.0, 5.0, 14.0, 8.0, 1.5, 2.5, 3.0, 4.0)
PRIOR = 1.0
"""Standard deviation of the logarithm of each parameter around START: a factor of e."""

AHEAD = (3, 8, 20, 60, 180)
PRESSURE = 98_000.0


@dataclass(frozen=True)
class RoomLog:
    """Minute by minute: `t` °C and `rh` % as read (n), `outputs` (n × 5), `outside` (n × 5).

    Row k of outputs and outside holds for the minute after reading k; outside is °C, g/kg, kW/m², larvae's kW, kg/h.
    """

    t: Floats
    rh: Floats
    outputs: Floats
    outside: Floats


@dataclass(frozen=True)
class Room:
    """Parameters in the order of NAMES, and the standard error of the logarithm of each."""

    values: tuple[float, ...]
    spread: tuple[float, ...] = ()

    def __getitem__(self, name: str) -> float:
        return self.values[AT[name]]

    def rates(self, fan: Floats) -> tuple[Floats, Floats]:
        """Per hour at this fan output (any shape): A (… × 4 × 4) over T, M, W, B; B (4 × 5) over outputs, no fan."""
        fan = np.asarray(fan, dtype=np.float64)
        a = np.zeros((*fan.shape, 4, 4))
        a[..., 0, 0] = -(self["loss"] + self["fan"] * fan + self["exchange"])
        a[..., 0, 1] = self["exchange"]
        a[..., 1, 0], a[..., 1, 1] = 1 / self["mass_hours"], -1 / self["mass_hours"]
        a[..., 2, 2] = -(self["leak"] + self["fan_w"] * fan + self["soak"])
        a[..., 2, 3] = self["soak"]
        a[..., 3, 2], a[..., 3, 3] = 1 / self["mass_hours_w"], -1 / self["mass_hours_w"]
        b = np.zeros((4, 5))
        b[0, :4] = self["heat"], -self["cold"], -self["mist"], self["dry"]
        b[2, :4] = 0.0, -self["take"], self["wet"], -self["dried"]
        return a, b

    def drive(self, fan: Floats, outside: Floats) -> Floats:
        """What outside and the larvae add per hour (… × 4); `outside` (… × 5) as in RoomLog."""
        found = np.zeros((*np.shape(fan), 4))
        found[..., 0] = (self["loss"] + self["fan"] * fan) * outside[..., 0] + self["sun"] * outside[..., 2]
        found[..., 0] += self["body"] * outside[..., 3]
        found[..., 2] = (self["leak"] + self["fan_w"] * fan) * outside[..., 1] + self["sweat"] * outside[..., 4]
        return found

    def minute(self, state: Floats, running: Floats, outside: Floats, load: Floats | float = 0.0) -> Floats:
        """`state` (n × 4) a minute on, under what runs (n × 5); `load` (n × 4) is added per hour."""
        a, b = self.rates(running[:, 4])
        slope = np.einsum("nij,nj->ni", a, state) + self.drive(running[:, 4], outside) + running @ b.T + load
        return np.asarray(state + slope / 60)

    def start(self, running: Floats, outputs: Floats) -> Floats:
        """What runs a minute after the relays were set to `outputs`."""
        return np.asarray(running + (outputs - running) * (1 - np.exp(-1 / self["lag_device"])))


def humidity(state: Floats) -> Floats:
    """Relative humidity, %, of states (… × 4)."""
    return moist.relative_humidity(state[..., 0], np.maximum(state[..., 2], 0.1) / 1000, PRESSURE)


def slow(x: Floats, minutes: float) -> Floats:
    """A follower of `x` (n × …) with this lag, started where `x` is."""
    keep = np.exp(-1 / minutes)
    return np.asarray(lfilter([1 - keep], [1, -keep], x, axis=0, zi=keep * x[:1])[0])


def misses(room: Room, log: RoomLog, every: int = 10) -> Floats:
    """Errors AHEAD of every `every`-th reading (2 × origins × leads): °C and %, as the sensors will show."""
    far, later = max(AHEAD), np.array(AHEAD)
    smooth_t, smooth_rh = (savgol_filter(x, 13, 2) for x in (log.t, log.rh))
    speed_t, speed_rh = (savgol_filter(x, 13, 2, deriv=1) for x in (log.t, log.rh))
    origins = np.arange(360, len(log.t) - far - 1, every)
    air = smooth_t + room["lag_t"] * speed_t
    damp = np.clip(smooth_rh + room["lag_rh"] * speed_rh, 5, 100)
    water = 1000 * moist.humidity_ratio(air, damp, PRESSURE)
    mass, litter = slow(air, 60 * room["mass_hours"]), slow(water, 60 * room["mass_hours_w"])
    running = slow(log.outputs, room["lag_device"])
    state = np.stack([air, mass, water, litter], axis=1)[origins]
    felt_t, felt_rh = smooth_t[origins], smooth_rh[origins]
    found = []
    for k in range(far):
        state = room.minute(state, running[origins + k], log.outside[origins + k])
        felt_t = felt_t + (state[:, 0] - felt_t) / room["lag_t"]
        felt_rh = felt_rh + (humidity(np.clip(state, -20, 60)) - felt_rh) / room["lag_rh"]
        if k + 1 in AHEAD:
            found.append(np.stack([felt_t, felt_rh]))
    read = np.stack([log.t[origins[:, None] + later], log.rh[origins[:, None] + later]])
    return np.asarray(np.stack(found, axis=-1) - read)


def scaled(off: Floats) -> Floats:
    """Errors by what is usual: 0.3 °C and 2 %, growing with the lead."""
    usual = np.array([0.3, 2.0])[:, None, None] * np.sqrt(1 + np.array(AHEAD) / 30)
    return np.clip(off / usual, -1e3, 1e3)


def identify(log: RoomLog, every: int = 10, rounds: int = 25, start: Room | None = None) -> Room:
    """Fit to errors AHEAD of every `every`-th reading. MissingData for less than two days of minutes."""
    if len(log.t) < 2 * 1440:
        raise MissingData(f"{len(log.t) / 60:.0f} h of log are too few to identify the room", "log two days or more")
    heavy = np.sqrt((len(log.t) - 360 - max(AHEAD)) / every / 300) / PRIOR

    def errors(logs: Floats) -> Floats:
        off = scaled(misses(Room(tuple(np.exp(logs))), log, every))
        return np.concatenate([off.ravel(), (logs - np.log(START)) * heavy])

    first = np.log(START if start is None else start.values)
    bounds = (np.log(START) - 3, np.log(START) + 3)
    fit = least_squares(errors, first, bounds=bounds, loss="soft_l1", max_nfev=rounds)
    weight = float(np.mean(fit.fun**2)) * len(AHEAD) * max(1.0, 60 / every)
    spread = np.sqrt(np.maximum(np.diag(np.linalg.pinv(fit.jac.T @ fit.jac)) * weight, 0))
    return Room(tuple(map(float, np.exp(fit.x))), tuple(map(float, spread)))
