"""The rooms' suites in small: every fault script under two controllers, what is counted, and the scenes themselves."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import _rooms as rooms
from benchmarks._faults import scripts, suffer
from benchmarks._rooms_play import Tally, play
from benchmarks._rooms_tune import SPACES, made
from benchmarks.room_control import held
from benchmarks.room_faults import IDLE, controllers
from workbench.control.plant import Plant
from workbench.control.room import NAMES, Room

VALUES = "0.95 1.3 6.05 2.12 33.4 10.7 12.2 13.0 0.4 1.85 0.41 3.29 1.28 4.5 5.26 12.4 8.98 1.59 2.67 2.59 3.68"
ROOM = Room(tuple(map(float, VALUES.split())))
"""As identified of the simulated house from four days of its log."""


@pytest.mark.parametrize("name", ["look-ahead rules", "PID"])
def test_every_fault_is_told_and_no_limit_is_crossed_by_our_action(name: str) -> None:
    """Eight hours, the fault from the first: the whole suite runs the same loop for days and under all controllers."""
    faults = scripts()
    one = rooms.repeated(rooms.scene(9, 1, ("spring",), ("normal",)), len(faults))
    told = suffer(rooms.shortened(one, 480), controllers(len(faults), ROOM)[name], list(faults), ROOM, start=60)
    assert len(faults) >= 30
    assert told.beyond.tolist() == [0.0] * len(faults)
    for fault, after, mode in zip(faults, told.detected, told.modes, strict=True):
        assert after is not None or fault.name in IDLE, fault.name
        assert mode == fault.ends or not fault.ends, fault.name
        if fault.codes == ("dead",):
            assert after is not None
            assert after <= 1, "the second reading that is missing tells it"


def test_healthy_rooms_raise_no_alarm() -> None:
    one = rooms.shortened(rooms.scene(4, 1, ("summer",)), 360)
    told = suffer(one, controllers(3, ROOM)["look-ahead rules"], [None] * 3, ROOM)
    assert told.false == 0
    assert told.modes == ["automatic"] * 3


def test_a_scene_is_the_same_by_its_seed_and_its_forecast_errs_but_not_now() -> None:
    one, again = (rooms.scene(3, 1, ("spring",)) for _ in range(2))
    assert all(np.array_equal(getattr(one, k), getattr(again, k)) for k in vars(one) if k != "names")
    foreseen, true = rooms.ahead(one, 300, perfect=False), rooms.ahead(one, 300, perfect=True)
    off = np.abs(foreseen.outdoor - true.outdoor).mean(axis=0)
    assert off[0] < 0.1
    assert off[-1] > 0.2


def test_errors_of_a_weather_model_are_laid_over_day_by_day() -> None:
    one = rooms.erring(rooms.scene(3, 2, ("spring",), ("normal",)), np.full(30, 2.5), 1)
    assert one.error[0, :, 0] == pytest.approx(np.full(one.minutes, 2.5))


def test_bands_follow_the_batch() -> None:
    _, told, band, co2 = rooms.batch(27 * 1440)
    assert band[0].tolist() == [26.5, 28.5, 85.0, 95.0]
    assert band[-1].tolist() == [22.0, 24.5, 60.0, 70.0]
    assert told[:, 0].max() > 5 * told[0, 0]
    assert set(co2) == {900.0, 1000.0, 1100.0, 1200.0}
    assert set(map(tuple, rooms.batch(1440, "artificial_diet")[2])) == {(25.0, 30.0, 65.0, 75.0)}


def test_a_tally_counts_what_a_slow_loop_counts() -> None:
    one = rooms.shortened(rooms.scene(5, 1, ("late autumn",), ("normal",)), 300)
    tally = play(one, made("PID", {k: v[0] for k, v in SPACES["PID"].items()}, 1), plant=Plant(1, seed=1))
    plant, hours = Watched(1, seed=1), 0.0
    again = play(one, made("PID", {k: v[0] for k, v in SPACES["PID"].items()}, 1), plant=plant)
    for m, air in enumerate(plant.path):
        low, high = one.band[0, m, :2]
        hours += max(low - air, air - high, 0.0) / 60
    assert tally.degree_hours == pytest.approx(again.degree_hours)
    assert float(tally.degree_hours[0]) == pytest.approx(hours)
    assert float(tally.burden[0]) == pytest.approx(
        float(tally.yuan[0] + 4 * tally.degree_hours[0] + 0.8 * tally.humid_hours[0])
    )


class Watched(Plant):
    """The house, with its air written down minute by minute."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.path: list[float] = []

    def step(self, outputs: np.ndarray, now: object) -> np.ndarray:
        power = super().step(outputs, now)  # type: ignore[arg-type]
        self.path.append(float(self.air[0]))
        return power


def test_a_batch_is_won_by_comfort_at_no_more_cost_or_by_cost_at_equal_comfort() -> None:
    flat = np.ones(4)
    theirs = Tally(10 * flat, 50 * flat, flat, flat, flat, 100 * flat, flat, flat)
    ours = replace(
        theirs,
        degree_hours=np.array([2.0, 2.0, 9.0, 11.0]),
        humid_hours=np.array([15.0, 20.0, 50.0, 40.0]),
        yuan=np.array([99.0, 99.0, 80.0, 70.0]),
    )
    assert held(ours, theirs).tolist() == [True, False, True, False]


def test_the_room_of_these_tests_has_every_parameter() -> None:
    assert len(ROOM.values) == len(NAMES)
