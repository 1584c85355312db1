"""What a room is like now, from coarse and slow readings: its state, what runs, and the load that its model misses.

A stationary Kalman filter a quantity (heat: T, M, load, what the thermometer shows; water: W, B, load, what the
hygrometer shows), minute by minute, for many rooms at once. The load makes plans free of offset where model and room
differ (Pannocchia & Rawlings 2003, AIChE J. 49:426–437).
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import solve_discrete_are

from workbench.control.room import PRESSURE, Room, humidity
from workbench.science import psychrometrics as moist
from workbench.science.psychrometrics import Floats

NOISE_T, NOISE_RH = 0.06, 0.45
"""Deviation of a thermometer's and a hygrometer's reading, with rounding: °C, %."""

UNREST = ((0.03, 0.01, 0.6, 1e-3), (0.03, 0.01, 0.3, 1e-3))
"""Deviation of what happens in a minute to air, mass, load (per hour) and sensor; °C, then g/kg."""

CALM = ((0.004, 0.002, 0.04, 1e-3), (0.004, 0.002, 0.03, 1e-3))
"""The same for a twin that follows its room only slowly, so that a sensor or relay at fault stands out against it."""


@dataclass
class Observer:
    """`state` (rooms × 4: T, M, W, B), `load` (rooms × 2 per hour), `running` (rooms × 5).

    `felt` (rooms × 2) is what the sensors should show; with `unrest=CALM` the shield compares them to it (`foreseen`).
    """

    room: Room
    rooms: int
    state: Floats | None = None
    unrest: tuple[tuple[float, ...], tuple[float, ...]] = UNREST
    load: Floats = field(init=False)
    running: Floats = field(init=False)
    felt: Floats = field(init=False)
    missed: Floats = field(init=False)

    def __post_init__(self) -> None:
        n = self.rooms
        self.load, self.felt, self.missed = np.zeros((n, 2)), np.zeros((n, 2)), np.zeros((n, 2))
        self.running = np.zeros((n, 5))
        r = self.room
        heat = (r["loss"] + r["exchange"], r["exchange"], r["mass_hours"], r["lag_t"])
        water = (r["leak"] + r["soak"], r["soak"], r["mass_hours_w"], r["lag_rh"])
        self._gains = (_gain(*heat, self.unrest[0], NOISE_T), _gain(*water, self.unrest[1], NOISE_RH / 5))

    def update(self, t: Floats, rh: Floats, outputs: Floats, outside: Floats) -> None:
        """Take in readings (rooms; nan is stepped over) after a minute of `outputs` and `outside` (rooms × 5 each)."""
        if self.state is None:
            if not np.all(np.isfinite(t + rh)):
                return
            w = 1000 * moist.humidity_ratio(t, rh, PRESSURE)
            self.state = np.stack([t, t - 0.5, w, w], axis=1)
            self.felt, self.running = np.stack([t, rh], axis=1), outputs.copy()
            return
        self.running = self.room.start(self.running, outputs)
        load = np.zeros_like(self.state)
        load[:, [0, 2]] = self.load
        x = self.room.minute(self.state, self.running, outside, load)
        lags = np.array([self.room["lag_t"], self.room["lag_rh"]])
        felt = self.felt + (np.stack([x[:, 0], humidity(x)], axis=1) - self.felt) / lags
        slope = 100 * PRESSURE / 0.622 / 1000 / moist.saturation_pressure(x[:, 0])
        self.missed = np.nan_to_num(np.stack([t, rh], axis=1) - felt, nan=0.0)
        off = self.missed / np.stack([np.ones_like(slope), slope], axis=1)
        for k, gain in enumerate(self._gains):
            x[:, 2 * k] += gain[0] * off[:, k]
            x[:, 2 * k + 1] += gain[1] * off[:, k]
            self.load[:, k] = np.clip(self.load[:, k] + gain[2] * off[:, k], -40, 40)
            felt[:, k] += gain[3] * self.missed[:, k]
        self.state, self.felt = x, felt


def _gain(fast: float, exchange: float, hours: float, lag: float, unrest: tuple[float, ...], noise: float) -> Floats:
    """Stationary gain over air, mass, load and sensor for one reading a minute."""
    f = np.eye(4)
    f[0, :3] += np.array([-fast, exchange, 1.0]) / 60
    f[1, :2] += np.array([1.0, -1.0]) / (60 * hours)
    f[2, 2] = 0.998
    f[3] = [1 / lag, 0, 0, 1 - 1 / lag]
    h = np.array([[0.0, 0, 0, 1]])
    p = solve_discrete_are(f.T, h.T, np.diag(np.square(unrest)), np.array([[noise**2]]))
    return np.asarray(p[:, 3] / (p[3, 3] + noise**2))
