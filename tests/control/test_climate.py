"""The house by its actuators: against a slow loop, and found again from its own run."""

import numpy as np
import pytest

from workbench.control import climate
from workbench.control.moves import Log, features, runs

TRUE = climate.House((0.3, 0.3, 0.4, 0.8, 0.6, 0.01, 0.02, 0.012, 0.5, 0.3, 0.6, 1.0, 20.0, 0.5, 0.2))


def inputs(n: int) -> np.ndarray:
    rng, hour = np.random.default_rng(5), np.arange(n) / 4
    day = np.maximum(0, np.sin(2 * np.pi * (hour - 6) / 24))
    slow = np.repeat(rng.random((n // 12 + 1, 7)), 12, axis=0)[:n]
    columns = [8 + 6 * day + rng.normal(0, 0.3, n), 500 * day * slow[:, 6], slow[:, 0] * day, slow[:, 1] * day]
    columns += [25 + 40 * slow[:, 2], 22 + 30 * slow[:, 3], slow[:, 4].round(), slow[:, 5].round(), slow[:, 3].round()]
    return np.column_stack(columns)


def log(n: int = 900) -> Log:
    """A run of TRUE from a warm start, step by step with its own mass."""
    u = inputs(n)
    air = np.empty(n)
    air[0] = 18.0
    mass = np.array([18.0])
    p = dict(zip(climate.NAMES, TRUE.values, strict=True))
    keep = np.exp(-0.25 / p["mass_hours"])
    for k in range(1, n):
        air[k] = TRUE.run(air[k - 1 : k], mass, u[None, k : k + 1], 0.25)[0, 0]
        middle = (air[k] + air[k - 1]) / 2
        mass = keep * mass + (1 - keep) * (middle + p["mass_sun"] * TRUE.sunshine(u[k : k + 1]))
    return Log(air, np.full(n, 9.0), u, 96)


def test_a_run_of_a_day_is_its_steps_one_by_one() -> None:
    made = log(200)
    mass = TRUE.mass(made.air, made.inputs, 0.25)
    whole = TRUE.run(made.air[[100]], mass[[100]], climate.windows(made.inputs, np.array([100]), 96), 0.25)[0]
    assert whole == pytest.approx(made.air[101:197], abs=0.3)


def test_the_house_is_found_again() -> None:
    made = log()
    origins = np.arange(192, 800, 3)
    found = climate.identify(made.air, made.inputs, origins, (2, 4, 12, 24, 96), 0.25)
    later = found.run(
        made.air[origins],
        found.mass(made.air, made.inputs, 0.25)[origins],
        climate.windows(made.inputs, origins, 96),
        0.25,
    )
    assert np.sqrt(np.mean((later[:, -1] - made.air[origins + 96]) ** 2)) < 0.15
    assert dict(zip(climate.NAMES, found.values, strict=True))["sun"] == pytest.approx(0.012, rel=0.15)


def test_a_correction_looks_at_nothing_read_after_its_origin() -> None:
    """Poison every later reading of the air and the vapour: no feature moves."""
    made = log(600)
    poisoned = Log(
        np.where(np.arange(600) > 400, 1e9, made.air), made.vapour + 1e9 * (np.arange(600) > 400), made.inputs, 96
    )
    at = np.array([400])
    for lead in (4, 96):
        seen = []
        for one in (made, poisoned):
            with np.errstate(all="ignore"):
                core, mass = runs(TRUE, one), TRUE.mass(one.air, one.inputs, 0.25)
            seen.append(features(one, core, mass, at, lead))
        np.testing.assert_array_equal(*seen)
