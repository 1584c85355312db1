"""Relays: they give what was asked in the long run, and never hurry."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.control.equipment import COOLER, HEATER, HUMIDIFIER, Equipment, Relays, apart


def ran(duty: float, minutes: int = 600) -> np.ndarray:
    relays = Relays(1)
    asked = np.zeros((1, 5))
    asked[0, HUMIDIFIER] = duty
    return np.array([relays.follow(asked)[0, HUMIDIFIER] for _ in range(minutes)])


@pytest.mark.parametrize("duty", [0.0, 0.1, 0.37, 0.5, 0.93, 1.0])
def test_in_the_long_run_a_duty_is_given(duty: float) -> None:
    assert ran(duty).mean() == pytest.approx(duty, abs=0.02)


@given(st.lists(st.tuples(*[st.floats(0, 1)] * 5), min_size=30, max_size=60))
def test_no_state_is_left_before_its_time_and_heat_and_cold_never_run_together(asked: list[tuple[float, ...]]) -> None:
    relays = Relays(1)
    outputs = np.array([relays.follow(np.array([duty]))[0] for duty in asked])
    assert not np.any((outputs[:, HEATER] > 0) & (outputs[:, COOLER] > 0))
    for device in range(4):
        changes = np.flatnonzero(np.diff(outputs[:, device]) != 0)
        assert np.all(np.diff(changes) >= 3)
    assert np.all(outputs[:, 4] == np.array(asked)[:, 4])


def test_heat_against_cold_leaves_the_difference() -> None:
    assert apart(np.array([[0.7, 0.2, 0.1, 0.4, 1.5]])) == pytest.approx(np.array([[0.5, 0, 0, 0.3, 1.0]]))


def test_the_cooler_takes_water_with_a_quarter_of_its_cold() -> None:
    assert Equipment(cold=10_000, share_latent=0.25).condensing == pytest.approx(3.6)
