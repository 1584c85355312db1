"""A greenhouse or rearing house by what its actuators do: two masses, positions and water temperatures for inputs.

Air and slow mass exchange heat; the air loses to outside through the envelope, less where screens are drawn, and more
where vents are open; pipes warm it by their excess, a little more than in proportion; sun comes in, less through
screens, part into the air at once and part into the mass; lamps add theirs. Per hour:

    dT/dt   = (T_out − T)·(loss·(1 − s·screens) + vents) + m·(T_mass − T) + pipes + sun + lamp + still
    dT_m/dt = ((T − T_mass) + mass_sun·sun)/τ

Every term is linear in its coefficient but for the exponents. The mass is known from the past of the air alone, so all
origins of a log are run at once as one array. Identification minimises the errors of several steps ahead together,
which weighs what a forecaster is asked for. Use it where heat is not metered; `network` is for metered heat.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares
from scipy.signal import lfilter

from workbench.science.psychrometrics import Floats

INPUTS = ("outdoor", "sun", "vent_lee", "vent_wind", "pipe_1", "pipe_2", "screen_1", "screen_2", "lamp")
"""°C, W/m², then shares 0–1, water °C, shares 0–1."""

NAMES = (
    "loss",
    "screened_1",
    "screened_2",
    "vent_lee",
    "vent_wind",
    "pipe_1",
    "pipe_2",
    "sun",
    "shade_1",
    "shade_2",
    "lamp",
    "exchange",
    "mass_hours",
    "mass_sun",
    "still",
)
START = (0.3, 0.3, 0.3, 1.0, 1.0, 0.02, 0.02, 0.006, 0.3, 0.3, 0.5, 1.0, 10.0, 0.5, 0.0)
LOW = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, -3.0)
HIGH = (5.0, 0.95, 0.95, 50.0, 50.0, 1.0, 1.0, 0.1, 0.95, 0.95, 10.0, 20.0, 100.0, 20.0, 3.0)
PIPE_EXPONENT = 1.25
"""Free convection from a warm pipe grows so with its excess over the air (ASHRAE Fundamentals 2017, ch. 9)."""

VENT_EXPONENT = 0.35
"""Air exchange grows slower than the opening: half open gives most of it."""


@dataclass(frozen=True)
class House:
    """Coefficients in the order of NAMES, per hour, with the standard error of each (nan at a bound)."""

    values: tuple[float, ...]
    spread: tuple[float, ...] = ()

    def mass(self, air: Floats, inputs: Floats, hours: float) -> Floats:
        """Temperature of the slow mass at each reading, from the air before it; `air` without gaps."""
        p = dict(zip(NAMES, self.values, strict=True))
        keep = np.exp(-hours / p["mass_hours"])
        driven = air + p["mass_sun"] * self.sunshine(inputs)
        start = np.mean(driven[: max(1, round(24 / hours))])
        return lfilter([1 - keep], [1, -keep], driven, zi=[keep * start])[0]

    def sunshine(self, inputs: Floats) -> Floats:
        """Warming by the sun behind the screens, °C/h."""
        p = dict(zip(NAMES, self.values, strict=True))
        open_1, open_2 = 1 - p["shade_1"] * inputs[..., 6], 1 - p["shade_2"] * inputs[..., 7]
        return p["sun"] * inputs[..., 1] * open_1 * open_2

    def run(self, air: Floats, mass: Floats, ahead: Floats, hours: float) -> Floats:
        """Air at each later step (origins × steps) from `air, mass` now and the inputs `ahead` (origins × steps × 9).

        Each step holds the mean of its inputs; within it the air goes exponentially to its balance.
        """
        p = dict(zip(NAMES, self.values, strict=True))
        sun = self.sunshine(ahead)
        loss = p["loss"] * (1 - p["screened_1"] * ahead[..., 6]) * (1 - p["screened_2"] * ahead[..., 7])
        open_lee = np.maximum(ahead[..., 2], 0) ** VENT_EXPONENT
        open_wind = np.maximum(ahead[..., 3], 0) ** VENT_EXPONENT
        out = loss + p["vent_lee"] * open_lee + p["vent_wind"] * open_wind
        fixed = sun + p["lamp"] * ahead[..., 8] + p["still"]
        keep = np.exp(-hours / p["mass_hours"])
        found = np.empty(ahead.shape[:2])
        for k in range(ahead.shape[1]):
            warm = np.zeros_like(air)
            for pipe, at in (("pipe_1", 4), ("pipe_2", 5)):
                warm += p[pipe] * np.maximum(ahead[:, k, at] - air, 0) ** PIPE_EXPONENT
            rate = out[:, k] + p["exchange"]
            balance = (out[:, k] * ahead[:, k, 0] + p["exchange"] * mass + fixed[:, k] + warm) / np.maximum(rate, 1e-9)
            after = balance + (air - balance) * np.exp(-rate * hours)
            mass = keep * mass + (1 - keep) * ((air + after) / 2 + p["mass_sun"] * sun[:, k])
            air = after
            found[:, k] = air
        return found


def windows(inputs: Floats, origins: np.ndarray, steps: int) -> Floats:
    """Inputs of the steps after each origin: (origins × steps × inputs)."""
    return inputs[origins[:, None] + np.arange(1, steps + 1)]


def identify(
    air: Floats, inputs: Floats, origins: np.ndarray, steps: tuple[int, ...], hours: float, rounds: int = 40
) -> House:
    """Fit to the errors at `steps` ahead of all `origins` together, robustly (soft absolute loss beyond 1 °C).

    `air` (n) and `inputs` (n × 9) without gaps; leave origins out whose targets were not read.
    """
    ahead = windows(inputs, origins, max(steps))
    targets = air[origins[:, None] + np.array(steps)]
    columns = np.array(steps) - 1

    def errors(values: Floats) -> Floats:
        house = House(tuple(values))
        mass = house.mass(air, inputs, hours)[origins]
        return (house.run(air[origins], mass, ahead, hours)[:, columns] - targets).ravel()

    found = least_squares(
        errors, START, bounds=(LOW, HIGH), loss="soft_l1", x_scale=np.maximum(START, 0.1), max_nfev=rounds
    )
    variance = float(np.mean(found.fun**2)) * len(steps)  # errors of one origin go together
    information = found.jac.T @ found.jac
    free = found.active_mask == 0
    spread = np.full(len(NAMES), np.nan)
    inside = np.ix_(free, free)
    spread[free] = np.sqrt(np.maximum(np.diag(np.linalg.pinv(information[inside])) * variance, 0))
    return House(tuple(float(v) for v in found.x), tuple(float(s) for s in spread))
