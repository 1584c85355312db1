"""A model is replaced where the room has changed, and stays where a new one would foresee no better."""

import numpy as np
import pytest
from driven_rooms import TRUE, run

from workbench.control.renewal import drifted, last, missed, renewed
from workbench.control.room import NAMES, Room, RoomLog
from workbench.errors import MissingData

DAYS = 4 * 1440


def changed(**factors: float) -> Room:
    return Room(tuple(v * factors.get(n, 1.0) for n, v in zip(NAMES, TRUE.values, strict=True)))


def test_a_tired_heat_pump_is_seen_and_learnt() -> None:
    before, _ = run(TRUE, 2 * 1440)
    usual = missed(TRUE, before)
    log, _ = run(changed(heat=0.7), DAYS)
    assert drifted(TRUE, log, usual)
    found = renewed(TRUE, log, every=40, rounds=8)
    assert found.new
    assert found.after < 0.9 * found.before
    assert found.room["heat"] == pytest.approx(0.7 * TRUE["heat"], rel=0.12)


def test_the_same_room_keeps_its_model() -> None:
    log, _ = run(TRUE, DAYS)
    assert not drifted(TRUE, log, missed(TRUE, last(log, 2880)))
    found = renewed(TRUE, log, every=60, rounds=4)
    assert not found.new
    assert found.room is TRUE


def test_a_log_that_lies_cannot_make_the_model_worse() -> None:
    """Two days of a frozen thermometer, then two good ones: what was learnt from the first is not taken."""
    log, _ = run(TRUE, DAYS)
    t = log.t.copy()
    t[: DAYS - 2880] = 25.0 + np.random.default_rng(1).normal(0, 0.05, DAYS - 2880)
    found = renewed(TRUE, RoomLog(t, log.rh, log.outputs, log.outside), every=60, rounds=4)
    assert not found.new
    assert found.after > found.before


def test_too_short_a_log_is_refused() -> None:
    log, _ = run(TRUE, 3 * 1440)
    with pytest.raises(MissingData):
        renewed(TRUE, log)
