"""What the physical core of a house leaves over, learned: a ridge over its own recent errors, trees over the rest.

The core of `climate` is run from every reading; how far it was off lately, and at the same hour a day before, tells
much of how far it will be off. A ridge follows that smoothly; trees take what is left, where it bends with the inputs.
The ridge sees no input: its lines through a winter's vents and sun would run far off in summer; trees stay level there.
One correction a lead. Nothing read after the origin is looked at but the inputs ahead, which the caller knows.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from lightgbm import LGBMRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from workbench.control.climate import House, windows
from workbench.science.psychrometrics import Floats

BACK = (1, 2, 4, 12, 24)
"""How many steps ahead the runs started whose errors are looked at; a day's run besides."""

OWN = (0, 1, 2, *range(5, 20))
"""Features that hold no input of the hours ahead but through the core."""


@dataclass(frozen=True)
class Log:
    """A house's log at even steps: `air` °C and `vapour` g/kg (n each), `inputs` (n × 9), `per_day` steps.

    Gaps are filled with the last reading before; who uses the log leaves origins and targets in gaps out.
    """

    air: Floats
    vapour: Floats
    inputs: Floats
    per_day: int

    @property
    def hours(self) -> float:
        return 24 / self.per_day


def runs(house: House, log: Log) -> Floats:
    """The core run for a day from every reading: row i, column k = the air at reading i + k (column 0 = as read)."""
    n, day = len(log.air), log.per_day
    mass = house.mass(log.air, log.inputs, log.hours)
    found = np.full((n, day + 1), np.nan)
    found[:, 0] = log.air
    for part in np.array_split(np.arange(n - day), max(1, (n - day) // 4000)):
        found[part, 1:] = house.run(log.air[part], mass[part], windows(log.inputs, part, day), log.hours)
    return found


def features(log: Log, core: Floats, mass: Floats, origins: np.ndarray, lead: int) -> Floats:
    """What is known at each origin, and of the inputs up to `lead` steps on; origins from the third day on."""
    day, at, ends = log.per_day, origins, origins + lead

    def off(steps: int, where: np.ndarray) -> Floats:
        return log.air[where] - core[where - steps, steps]

    ahead = core[at, lead]
    hour = 2 * np.pi * (ends % day) / day
    found = [ahead, ahead - log.air[at], log.air[at] - mass[at], log.vapour[at], log.vapour[ends - day]]
    found += [off(k, at) for k in (*BACK, day)]
    found += [off(k, ends - day) for k in (*BACK[2:], day)]
    found += [log.air[ends - day] - log.air[at], log.air[ends - day] - ahead]
    found += [log.air[at] - log.air[at - 1], log.air[at] - log.air[at - 4]]
    found += [np.mean([off(4, at - k) for k in range(0, day, 2)], axis=0)]
    totals = np.vstack([np.zeros(log.inputs.shape[1]), np.cumsum(log.inputs, axis=0)])
    then = log.inputs[ends]
    parts = [then, then - log.inputs[ends - day], log.inputs[at], (totals[ends + 1] - totals[at + 1]) / lead]
    parts += [(totals[ends + 1] - totals[ends - 3]) / 4]
    found += [np.sin(hour), np.cos(hour), np.sin(2 * hour), np.cos(2 * hour)]
    colder = then[:, 0] - ahead
    found += [then[:, k] * colder for k in (2, 3, 6)]
    found += [then[:, 1] * then[:, 6], then[:, 1] * (1 - then[:, 6]) * (1 - then[:, 7]), then[:, 1] * then[:, 2]]
    return np.column_stack([*found, *parts])


@dataclass(frozen=True)
class Correction:
    """The learners of one lead; `predict` gives what to add."""

    ridge: Pipeline
    trees: Any

    @classmethod
    def fit(cls, x: Floats, y: Floats, penalty: float = 1000.0) -> "Correction":
        """Fit to errors `y` (n) under features `x`; trees see every second row, for neighbours are alike."""
        ridge = make_pipeline(StandardScaler(), Ridge(penalty)).fit(x[:, OWN], y)
        trees = LGBMRegressor(
            n_estimators=250,
            learning_rate=0.04,
            num_leaves=15,
            min_child_samples=200,
            colsample_bytree=0.5,
            subsample=0.5,
            subsample_freq=1,
            reg_lambda=10,
            random_state=1,
            verbose=-1,
            n_jobs=1,
        ).fit(x[::2], (y - ridge.predict(x[:, OWN]))[::2])
        return cls(ridge, trees.booster_)

    def predict(self, x: Floats) -> Floats:
        return np.asarray(self.ridge.predict(x[:, OWN]) + self.trees.predict(x), dtype=np.float64)
