"""The room's model: its steps against an exact solution, and found again from its own run."""

import numpy as np
import pytest
from driven_rooms import TRUE, run
from scipy.linalg import expm

from workbench.control.observer import Observer
from workbench.control.room import NAMES, START, Room, RoomLog, identify, slow
from workbench.errors import MissingData


def test_minutes_add_up_to_the_exact_solution() -> None:
    room, fan = Room(START), 0.4
    running = np.array([[0.5, 0.0, 0.3, 0.0, fan]])
    outside = np.array([[12.0, 8.0, 0.3, 0.4, 0.6]])
    state = start = np.array([[24.0, 22.0, 15.0, 14.0]])
    for _ in range(120):
        state = room.minute(state, running, outside)
    a, b = room.rates(np.array([fan]))
    block = np.zeros((5, 5))
    block[:4, :4] = a[0]
    block[:4, 4] = room.drive(np.array([fan]), outside)[0] + b @ running[0]
    exact = expm(block * 2) @ np.append(start[0], 1.0)
    assert state[0] == pytest.approx(exact[:4], abs=0.05)


def test_a_follower_is_what_a_loop_makes_of_it() -> None:
    x = np.random.default_rng(2).normal(size=50)
    y = [x[0]]
    for value in x[1:]:
        y.append(y[-1] + (value - y[-1]) * (1 - np.exp(-1 / 7)))
    assert slow(x, 7.0) == pytest.approx(np.array(y))


def test_a_room_is_found_again_from_its_own_log() -> None:
    log, _ = run(TRUE, 4000)
    found = identify(log, every=25)
    for name in ("loss", "heat", "cold", "mist", "dry", "fan", "wet", "dried", "fan_w"):
        assert found[name] == pytest.approx(TRUE[name], rel=0.15), name
    assert found["lag_t"] == pytest.approx(TRUE["lag_t"], rel=0.25)
    assert len(found.values) == len(found.spread) == len(NAMES)
    assert found.spread[NAMES.index("heat")] < 0.2


def test_too_short_a_log_is_refused() -> None:
    with pytest.raises(MissingData, match="20 h of log are too few"):
        identify(RoomLog(np.zeros(1200), np.zeros(1200), np.zeros((1200, 5)), np.zeros((1200, 5))))


def test_the_observer_sees_through_lag_noise_and_an_unknown_load() -> None:
    """The truth loses 3 °C/h more than the model knows: the load finds it, and the air is seen within 0.15 °C."""
    wrong = Room(tuple(v * (1.0 if n != "loss" else 0.75) for n, v in zip(NAMES, TRUE.values, strict=True)))
    log, states = run(TRUE, 900)
    watch, off = Observer(wrong, 1), []
    for k in range(1, 900):
        watch.update(log.t[k : k + 1], log.rh[k : k + 1], log.outputs[k - 1 : k], log.outside[k - 1 : k])
        assert watch.state is not None
        off.append(watch.state[0] - states[k])
    rms = np.sqrt(np.mean(np.square(off[200:]), axis=0))
    assert rms[0] < 0.15
    assert rms[2] < 0.25
    missing = -0.25 * TRUE["loss"] * (states[-300:, 0] - log.outside[-300:, 0]).mean()
    assert float(watch.load[0, 0]) == pytest.approx(missing, abs=1.2)
