"""The model that a room's controller plans with: air, one slow mass and water, driven by the room's five devices.

    dT/dt = (loss + fan·v)·(T_out − T) + exchange·(M − T) + heat·u₁ − cold·u₂ − mist·u₃ + dry·u₄ + sun·G + body·q
    dM/dt = (T − M)/mass_hours
    dW/dt = (leak + fan_w·v)·(W_out − W) + soak·(B − W) − take·u₂ + wet·u₃ − dried·u₄ + sweat·w
    dB/dt = (W − B)/mass_hours_w

per hour; T, M °C; W, B g water per kg dry air; u, v duties 0–1; G kW/m²; q kW and w kg/h as the larvae are reckoned to
give. M and B are known from the past of T and W alone. It is identified on the room's own log by its errors up to two
hours ahead; `spread` holds each parameter's standard error.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares
from scipy.signal import lfilter

from workbench.errors import MissingData
from workbench.science.psychrometrics import Floats

HEAT = ("loss", "fan", "exchange", "mass_hours", "heat", "cold", "mist", "dry", "sun", "body")
WATER = ("leak", "fan_w", "soak", "mass_hours_w", "take", "wet", "dried", "sweat")
NAMES = HEAT + WATER
START = (0.8, 0.8, 2.0, 20.0, 12.0, 9.0, 5.0, 4.0, 1.5, 1.0, 0.5, 3.0, 0.3, 8.0, 5.0, 25.0, 10.0, 2.0)
HIGH = (10, 10, 30, 200, 100, 100, 60, 60, 50, 20, 10, 30, 20, 100, 100, 200, 100, 30)


@dataclass(frozen=True)
class RoomLog:
    """Even readings: `t` °C, `w` g/kg (n), `duty` (n × 5), `outside` (n × 5: °C, g/kg, kW/m², larvae's kW, kg/h)."""

    t: Floats
    w: Floats
    duty: Floats
    outside: Floats
    hours: float


@dataclass(frozen=True)
class Room:
    """Parameters in the order of NAMES with their standard errors, and the one-step errors' deviation (°C, g/kg)."""

    values: tuple[float, ...]
    spread: tuple[float, ...]
    noise: tuple[float, float]

    def rates(self, fan: Floats) -> tuple[Floats, Floats]:
        """Per hour at this fan duty (any shape): A (… × 4 × 4) over T, M, W, B; B (4 × 5) over the duties, no fan."""
        p = dict(zip(NAMES, self.values, strict=True))
        fan = np.asarray(fan, dtype=np.float64)
        a = np.zeros((*fan.shape, 4, 4))
        a[..., 0, 0] = -(p["loss"] + p["fan"] * fan + p["exchange"])
        a[..., 0, 1] = p["exchange"]
        a[..., 1, 0], a[..., 1, 1] = 1 / p["mass_hours"], -1 / p["mass_hours"]
        a[..., 2, 2] = -(p["leak"] + p["fan_w"] * fan + p["soak"])
        a[..., 2, 3] = p["soak"]
        a[..., 3, 2], a[..., 3, 3] = 1 / p["mass_hours_w"], -1 / p["mass_hours_w"]
        b = np.zeros((4, 5))
        b[0, :4] = p["heat"], -p["cold"], -p["mist"], p["dry"]
        b[2, :4] = 0.0, -p["take"], p["wet"], -p["dried"]
        return a, b

    def drive(self, fan: Floats, outside: Floats) -> Floats:
        """What outside and the larvae add per hour (… × 4); `outside` (… × 5) as in RoomLog."""
        p = dict(zip(NAMES, self.values, strict=True))
        found = np.zeros((*np.shape(fan), 4))
        found[..., 0] = (p["loss"] + p["fan"] * fan) * outside[..., 0] + p["sun"] * outside[..., 2]
        found[..., 0] += p["body"] * outside[..., 3]
        found[..., 2] = (p["leak"] + p["fan_w"] * fan) * outside[..., 1] + p["sweat"] * outside[..., 4]
        return found

    @property
    def fans(self) -> tuple[float, float]:
        """Exchange per hour of the fan at full duty, for heat and for water."""
        return self.values[NAMES.index("fan")], self.values[NAMES.index("fan_w")]

    @property
    def lags(self) -> tuple[float, float]:
        """Hours of the slow mass and of the slow water."""
        return self.values[NAMES.index("mass_hours")], self.values[NAMES.index("mass_hours_w")]


def slow(x: Floats, hours: float, lag: float) -> Floats:
    """A slow follower of `x` with this lag, started where `x` is."""
    keep = np.exp(-hours / lag)
    return np.asarray(lfilter([1 - keep], [1, -keep], x, zi=[keep * x[0]])[0])


def identify(log: RoomLog, steps: tuple[int, ...] = (1, 3, 6, 12), every: int = 2) -> Room:
    """Fit to errors at `steps` ahead of every `every`-th reading. MissingData for less than two days."""
    n, far = len(log.t), max(steps)
    if n * log.hours < 48:
        raise MissingData(f"{n * log.hours:.0f} h of log are too few to identify the room", "log two days or more")
    origins = np.arange(round(6 / log.hours), n - far - 1, every)
    duty = log.duty[origins[:, None] + np.arange(far)]
    outside = log.outside[origins[:, None] + np.arange(far)]
    target = np.stack([np.stack([log.t[origins + s], log.w[origins + s]]) for s in steps])

    def ahead(values: Floats) -> Floats:
        room = Room(tuple(values), (), (1, 1))
        mass, moist = (slow(x, log.hours, lag) for x, lag in zip((log.t, log.w), room.lags, strict=True))
        x = np.stack([log.t[origins], mass[origins], log.w[origins], moist[origins]], axis=1)
        found = []
        for k in range(far):
            fan = duty[:, k, 4]
            a, b = room.rates(fan)
            add = room.drive(fan, outside[:, k]) + duty[:, k] @ b.T
            for _ in range(4):
                x = x + (np.einsum("nij,nj->ni", a, x) + add) * log.hours / 4
            if k + 1 in steps:
                found.append(np.stack([x[:, 0], x[:, 2]]))
        return np.stack(found)

    scale = np.array([0.3, 0.5])[None, :, None]

    def errors(values: Floats) -> Floats:
        return np.asarray(np.clip((ahead(values) - target) / scale, -1e3, 1e3)).ravel()

    low = np.full(len(NAMES), 1e-4)
    low[[NAMES.index("mass_hours"), NAMES.index("mass_hours_w")]] = 1.0
    fit = least_squares(errors, START, bounds=(low, HIGH), loss="soft_l1", x_scale=np.array(START), max_nfev=60)
    weight = float(np.mean(fit.fun**2)) * len(steps) * every
    spread = np.sqrt(np.maximum(np.diag(np.linalg.pinv(fit.jac.T @ fit.jac)) * weight, 0))
    first = (ahead(fit.x) - target)[0].std(axis=1)
    return Room(tuple(map(float, fit.x)), tuple(map(float, spread)), (float(first[0]), float(first[1])))
