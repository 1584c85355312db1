"""How a house's air and moisture move on from where they are: a ridge over changes, trees over what that leaves.

The physical core of `climate` is run from every reading; how far it was off lately, and at the same hour a day before,
is known, and so is what it foresees. With these stand the changes of every input from the last hour to the hours ahead.
Nothing enters by its level: what a log of winter has never seen (open vents, high sun) it has seen change, and lines
through changes hold where those through levels run off. One pair of learners a lead; nothing read after the origin is
looked at but the inputs ahead, which the caller knows.
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

SHADE = 0.8
"""Share of the sun that a drawn screen keeps out, where it is a feature; the core identifies its own."""


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


def drivers(inputs: Floats) -> Floats:
    """The inputs, the vents' opening (roots, summed) and the sun behind the screens: (n × 11)."""
    opening = np.sqrt(np.maximum(inputs[:, 2], 0)) + np.sqrt(np.maximum(inputs[:, 3], 0))
    sunshine = inputs[:, 1] * (1 - SHADE * inputs[:, 6]) * (1 - SHADE * inputs[:, 7])
    return np.column_stack([inputs, opening, sunshine])


def features(log: Log, core: Floats, mass: Floats, origins: np.ndarray, lead: int) -> Floats:
    """Changes known at each origin, and of the inputs up to `lead` steps on; origins from the third day on."""
    day, at, ends, given = log.per_day, origins, origins + lead, drivers(log.inputs)
    totals = np.vstack([np.zeros(given.shape[1]), np.cumsum(given, axis=0)])

    def mean(first: np.ndarray, last: np.ndarray) -> Floats:
        return (totals[last + 1] - totals[first]) / (last - first + 1)[:, None]

    def off(steps: int, where: np.ndarray) -> Floats:
        return log.air[where] - core[where - steps, steps]

    lately = mean(at - 3, at)
    parts = [given[ends] - given[at], given[ends] - given[ends - day]]
    parts += [mean(at + 1, ends) - lately, mean(ends - 1, ends) - lately]
    if lead > 4:
        parts += [mean(ends - 3, ends) - lately, mean(ends - 11, ends) - mean(at - 11, at)]
    found = [log.air[at] - log.air[at - k] for k in (1, 2, 4, 12)]
    found += [log.air[at] - mass[at], core[at, lead] - log.air[at], log.air[ends - day] - log.air[at]]
    found += [off(k, at) for k in (*BACK, day)]
    found += [off(min(lead, 24), ends - day), off(lead, ends - day)]
    found += [log.vapour[at] - log.vapour[at - 4], log.vapour[ends - day] - log.vapour[at]]
    colder = log.inputs[:, 0] - log.air
    found += [given[ends, -2] * (log.inputs[ends, 0] - log.air[at]) - given[at, -2] * colder[at]]
    return np.column_stack([*parts, *found])


@dataclass(frozen=True)
class Moves:
    """The learners of one lead; `predict` gives how far the air (or the moisture) moves on from the origin."""

    ridge: Pipeline
    trees: Any

    @classmethod
    def fit(cls, x: Floats, y: Floats, penalty: float = 1000.0) -> "Moves":
        """Fit to moves `y` (n) under features `x`; trees see every second row, for neighbours are alike."""
        ridge = make_pipeline(StandardScaler(), Ridge(penalty)).fit(x, y)
        trees = LGBMRegressor(
            n_estimators=150,
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
        ).fit(x[::2], (y - ridge.predict(x))[::2])
        return cls(ridge, trees.booster_)

    def predict(self, x: Floats) -> Floats:
        return np.asarray(self.ridge.predict(x) + self.trees.predict(x), dtype=np.float64)
