"""A room as two masses joined by resistances: the grey-box model that is identified and predicted with.

The inside air (with what follows it at once) and the envelope (with what follows it slowly) hold heat; the air is
warmed by the heater and its share of the sun, the envelope by its own, and heat leaves through envelope and leaks:

    C_air  dT_air/dt  = (T_env − T_air)/R_in + (T_out − T_air)·leak + heat + sun_air·G
    C_env  dT_env/dt  = (T_air − T_env)/R_in + (T_out − T_env)/R_out + sun_env·G

Temperatures °C, powers W, G W/m², R K/W, C J/K, leak W/K, apertures m². A step is exact for inputs that run straight
between their readings (van Loan 1978). Use it where heat is known as power; `workbench.control.climate` is for rooms
whose actuators are known as positions and temperatures.
"""

from dataclasses import astuple, dataclass, fields

import numpy as np
from scipy.linalg import expm

from workbench.science.psychrometrics import Floats

INPUTS = ("outdoor", "heat", "sun")


@dataclass(frozen=True)
class Network:
    """Physical parameters, and the noise of the model (`drift_*`, K/√h) and of the thermometer (`noise`, K)."""

    r_in: float
    r_out: float
    c_air: float
    c_env: float
    sun_air: float
    sun_env: float
    leak: float
    drift_air: float
    drift_env: float
    noise: float

    @classmethod
    def names(cls) -> tuple[str, ...]:
        return tuple(field.name for field in fields(cls))

    def as_array(self) -> Floats:
        return np.array(astuple(self), dtype=np.float64)

    @property
    def loss(self) -> float:
        """Heat lost per degree between inside and outside, W/K."""
        return 1 / (self.r_in + self.r_out) + self.leak

    @property
    def time_constants(self) -> tuple[float, float]:
        """The fast and the slow time constant, h."""
        a, _ = self.matrices()
        fast, slow = sorted(-1 / np.linalg.eigvals(a).real)
        return float(fast / 3600), float(slow / 3600)

    def matrices(self) -> tuple[Floats, Floats]:
        """Continuous A (2 × 2) and B (2 × 3, the inputs in order), per second."""
        a = np.array(
            [
                [-(1 / self.r_in + self.leak) / self.c_air, 1 / (self.r_in * self.c_air)],
                [1 / (self.r_in * self.c_env), -(1 / self.r_in + 1 / self.r_out) / self.c_env],
            ]
        )
        b = np.array(
            [
                [self.leak / self.c_air, 1 / self.c_air, self.sun_air / self.c_air],
                [1 / (self.r_out * self.c_env), 0.0, self.sun_env / self.c_env],
            ]
        )
        return a, b

    def step(self, seconds: float) -> tuple[Floats, Floats, Floats]:
        """Discrete F (2 × 2), G for the input now and G for the input at the end of the step (2 × 3 each)."""
        a, b = self.matrices()
        block = np.zeros((8, 8))
        block[:2, :2], block[:2, 2:5] = a * seconds, b * seconds
        block[2:5, 5:] = np.eye(3)
        whole = expm(block)
        at_end = whole[:2, 5:]
        return whole[:2, :2], whole[:2, 2:5] - at_end, at_end


@dataclass(frozen=True)
class Filtered:
    """One pass of the Kalman filter: one-step errors with their variances, and the state known at each reading."""

    errors: Floats
    variances: Floats
    states: Floats

    @property
    def deviance(self) -> float:
        """-2 log likelihood of the readings, but for its constant."""
        return float(np.sum(np.log(self.variances) + self.errors**2 / self.variances))


def kalman(network: Network, seconds: float, readings: Floats, inputs: Floats, held: bool = False) -> Filtered:
    """Filter indoor `readings` (n) under `inputs` (n × 3). A missing one (nan) is stepped over: error 0, variance 1.

    `held`: the power of the heater stays through a step instead of running straight to its next reading.
    """
    f, before, after = network.step(seconds)
    drive = _drive(before, after, inputs, held)
    process = np.diag([network.drift_air**2, network.drift_env**2]) * seconds / 3600
    first = readings[np.isfinite(readings)][0]
    share = network.r_in / (network.r_in + network.r_out)
    x = np.array([first, first + (inputs[0, 0] - first) * share])
    p = np.diag([network.noise**2 + 0.01, 4.0])
    n = len(readings)
    errors, variances, states = np.zeros(n), np.ones(n), np.zeros((n, 2))
    for k in range(n):
        if k:
            x = f @ x + drive[k - 1]
            p = f @ p @ f.T + process
        if np.isfinite(readings[k]):
            s = p[0, 0] + network.noise**2
            errors[k], variances[k] = readings[k] - x[0], s
            gain = p[:, 0] / s
            x = x + gain * errors[k]
            p = p - np.outer(gain, p[0])
        states[k] = x
    return Filtered(errors, variances, states)


def simulate(network: Network, seconds: float, start: Floats, inputs: Floats, held: bool = False) -> Floats:
    """Indoor temperature at each row of `inputs` (n × 3) from the state `start` at the first, with no more readings."""
    f, before, after = network.step(seconds)
    drive = _drive(before, after, inputs, held)
    states = np.empty((len(inputs), 2))
    states[0] = start
    for k in range(1, len(inputs)):
        states[k] = f @ states[k - 1] + drive[k - 1]
    return states[:, 0]


def _drive(before: Floats, after: Floats, inputs: Floats, held: bool) -> Floats:
    ends = inputs[1:].copy()
    if held:
        ends[:, 1] = inputs[:-1, 1]
    return inputs[:-1] @ before.T + ends @ after.T
