"""The network's step against a fine Euler integration, and identification against the truth it was made from."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.control.identification import Record, identify, whiteness
from workbench.control.network import Network, kalman, simulate
from workbench.errors import MissingData

ROOM = Network(2e-3, 2e-2, 1.6e6, 1.5e7, 0.8, 1.5, 8.0, 0.02, 0.1, 0.03)


def weather(n: int, seed: int = 1) -> np.ndarray:
    rng, hour = np.random.default_rng(seed), np.arange(n) / 2
    outdoor = 12 + 6 * np.sin(2 * np.pi * (hour - 9) / 24) + np.cumsum(rng.normal(0, 0.1, n))
    heat = 2000 * (np.repeat(rng.random(n // 8 + 1), 8)[:n] > 0.5)
    return np.column_stack([outdoor, heat, 600 * np.maximum(0, np.sin(2 * np.pi * (hour - 6) / 24))])


@settings(max_examples=15, deadline=None)
@given(held=st.booleans(), r=st.floats(5e-4, 1e-2), c=st.floats(5e5, 1e7), sun=st.floats(0, 5), leak=st.floats(0, 50))
def test_a_step_is_what_small_steps_add_up_to(held: bool, r: float, c: float, sun: float, leak: float) -> None:
    """The slow oracle: Euler at two seconds, inputs run straight (or the heater held)."""
    room = replace(ROOM, r_in=r, c_air=c, sun_env=sun, leak=leak)
    inputs = weather(6)
    fine = np.array([20.0, 18.0])
    for k in range(5):
        for i in range(900):
            share = (i + 0.5) / 900
            out, heat, g = inputs[k] + share * (inputs[k + 1] - inputs[k])
            heat = inputs[k, 1] if held else heat
            air, env = fine
            fine = fine + 2 * np.array(
                [
                    ((env - air) / room.r_in + (out - air) * room.leak + heat + room.sun_air * g) / room.c_air,
                    ((air - env) / room.r_in + (out - env) / room.r_out + room.sun_env * g) / room.c_env,
                ]
            )
    assert simulate(room, 1800, np.array([20.0, 18.0]), inputs, held)[-1] == pytest.approx(fine[0], abs=0.02)


def record(n: int = 300) -> Record:
    """A log of ROOM with the noise that it says it has."""
    inputs, rng = weather(n), np.random.default_rng(3)
    f, before, after = ROOM.step(1800)
    x, read = np.array([20.0, 19.0]), []
    for k in range(n):
        if k:
            shake = rng.normal(0, [ROOM.drift_air, ROOM.drift_env]) * 0.5**0.5
            x = f @ x + before @ inputs[k - 1] + after @ inputs[k] + shake
        read.append(x[0] + rng.normal(0, ROOM.noise))
    return Record(np.array(read), inputs, 1800.0)


def test_the_room_is_found_again_within_its_ranges() -> None:
    log = record()
    found = identify([log], Network(1e-3, 1e-2, 1e6, 1e7, 1.0, 1.0, 10.0, 0.1, 0.1, 0.01))
    for name in ("r_in", "c_air", "c_env"):
        low, high = found.range95(name)
        assert low / 1.3 <= getattr(ROOM, name) <= high * 1.3, name
        assert high / low < 4, name
    assert found.network.loss == pytest.approx(ROOM.loss, rel=0.15)
    assert whiteness(kalman(found.network, 1800, log.readings, log.inputs))[1] > 0.01


def test_errors_of_a_wrong_room_are_not_white() -> None:
    log = record()
    wrong = replace(ROOM, c_air=5e6, r_out=5e-3)
    assert whiteness(kalman(wrong, 1800, log.readings, log.inputs))[1] < 1e-6


def test_gaps_are_stepped_over() -> None:
    log = record(120)
    broken = log.readings.copy()
    broken[40:60] = np.nan
    whole, holed = (kalman(ROOM, 1800, r, log.inputs) for r in (log.readings, broken))
    assert not np.any(holed.errors[40:60])
    assert holed.states[100] == pytest.approx(whole.states[100], abs=0.1)


def test_too_short_a_log_is_refused() -> None:
    with pytest.raises(MissingData, match="20 readings"):
        identify([record(20)], ROOM)


def test_time_constants_and_loss_are_those_of_the_circuit() -> None:
    """One mass alone: R·C."""
    lone = replace(ROOM, r_in=1e-6, c_air=1.0, leak=0.0)
    assert lone.time_constants[1] == pytest.approx(ROOM.r_out * ROOM.c_env / 3600, rel=1e-3)
