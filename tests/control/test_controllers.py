"""The controllers that plan little: each acts in the right direction, and holds a band on the simulated house."""

from collections.abc import Callable

import numpy as np
import pytest

from workbench.control.controllers import (
    PRESSURE,
    Ahead,
    Controller,
    FuzzyPid,
    LookAhead,
    OnOff,
    Pid,
    Sight,
    airing,
    rules,
)
from workbench.control.equipment import COOLER, DEHUMIDIFIER, HEATER, HUMIDIFIER, VENT, Relays
from workbench.control.plant import Plant, Surroundings
from workbench.science import psychrometrics as moist


def full(*values: float) -> list[np.ndarray]:
    return [np.array([x]) for x in values]


MAKERS: dict[str, Callable[[], Controller]] = {
    "on-off": lambda: OnOff(*full(0.4, 2.5, 0.0, 0.0)),
    "pid": lambda: Pid(*full(0.35, 0.06, 30.0, 30.0, 1.0)),
    "fuzzy": lambda: FuzzyPid(*full(0.35, 0.06, 30.0, 30.0, 1.0)),
    "rules": lambda: rules(1),
}


def sight(t: float = 25.5, rh: float = 82.0, co2: float = 600.0, outdoor: float = 15.0, minute: int = 0) -> Sight:
    band = np.array([[24.5, 26.5, 77.0, 87.0]])
    vapour = moist.humidity_ratio(outdoor, 80.0, PRESSURE).reshape(1)
    return Sight(
        minute, np.array([t]), np.array([rh]), np.array([co2]), band, np.array([1100.0]), np.array([outdoor]), vapour
    )


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize(
    ("seen", "runs", "rests"),
    [
        (sight(t=23.0), HEATER, COOLER),
        (sight(t=29.0, outdoor=32.0), COOLER, HEATER),
        (sight(rh=65.0), HUMIDIFIER, DEHUMIDIFIER),
        (sight(rh=97.0), DEHUMIDIFIER, HUMIDIFIER),
    ],
)
def test_each_acts_against_the_error(name: str, seen: Sight, runs: int, rests: int) -> None:
    duty = MAKERS[name]().decide(seen)
    assert duty[0, runs] > 0.3
    assert duty[0, rests] == 0


@pytest.mark.parametrize("name", MAKERS)
def test_foul_air_opens_the_vent(name: str) -> None:
    assert MAKERS[name]().decide(sight(co2=1100.0))[0, VENT] == 1.0
    assert MAKERS[name]().decide(sight(co2=700.0))[0, VENT] == 0.0


def test_airing_begins_at_three_quarters_of_the_limit() -> None:
    assert [float(airing(sight(co2=x))[0]) for x in (825.0, 962.5, 1100.0, 3000.0)] == [0.0, 0.5, 1.0, 1.0]


def test_the_thermostat_stays_on_to_the_middle() -> None:
    controller = MAKERS["on-off"]()
    heats = [bool(controller.decide(sight(t=t))[0, HEATER]) for t in (25.2, 25.0, 25.3, 25.6, 25.3)]
    assert heats == [False, True, True, False, False]


def test_the_pid_removes_a_lasting_error_and_does_not_wind_up() -> None:
    controller = Pid(*full(0.2, 0.03, 20.0, 20.0, 0.0))
    first = float(controller.decide(sight(t=24.9))[0, HEATER])
    later = [float(controller.decide(sight(t=24.9))[0, HEATER]) for _ in range(30)][-1]
    assert later > first + 0.1
    for _ in range(500):
        controller.decide(sight(t=18.0))
    assert float(controller.decide(sight(t=28.0, outdoor=32.0))[0, HEATER]) < 0.6


def test_a_fuzzy_gain_grows_with_the_error() -> None:
    fuzzy = FuzzyPid(*full(0.2, 0.03, 30.0, 30.0, 0.0))
    near, far = (fuzzy.gains(np.array([e]), np.array([0.0]))[0] for e in (0.1, 5.0))
    assert float(far[0] / near[0]) == pytest.approx(2.0 / 0.7, rel=0.15)


def test_rules_lean_against_the_weather_that_comes() -> None:
    slots = np.full(8, 30.0)
    flat = np.zeros((1, 8))
    ahead = Ahead(slots, flat + 5.0, flat + 0.005, flat, flat, flat, flat, np.zeros((1, 8, 4)), flat + 0.5)
    seen = sight(t=25.1)
    cold = Sight(**{**vars(seen), "ahead": ahead})
    assert rules(1).decide(seen)[0, HEATER] == 0
    leaning = LookAhead(OnOff(*full(0.4, 2.5, 0.0, 0.0)))
    assert leaning.decide(cold)[0, HEATER] == 1
    assert leaning.inner.shift_t == pytest.approx([0.3])


@pytest.mark.parametrize("name", MAKERS)
def test_each_holds_the_room_on_a_cool_night(name: str) -> None:
    """Six hours at 12 °C outside: never further than 2.5 °C or 12 % from the middle after the first hour."""
    plant, relays, controller = Plant(1, seed=2), Relays(1), MAKERS[name]()
    plant.settle(np.array([25.5]), np.array([82.0]))
    outside = Surroundings(*full(12.0, 0.007, 0.0, 300.0, 0.4, 0.03, 0.0))
    off = []
    for minute in range(360):
        t, rh, co2 = plant.read()
        seen = sight(float(t[0]), float(rh[0]), float(co2[0]), 12.0, minute)
        plant.step(relays.follow(controller.decide(seen)), outside)
        off.append((abs(float(plant.air[0]) - 25.5), abs(float(plant.humidity[0]) - 82)))
    worst_t, worst_rh = np.array(off[60:]).max(axis=0)
    assert worst_t < 2.5
    assert worst_rh < 12
