"""The simulated house: it settles where its balances say, and its sensors are slow and coarse."""

import numpy as np
import pytest

from workbench.control.equipment import HEATER, HUMIDIFIER, VENT
from workbench.control.plant import LATENT, Plant, Surroundings


def around(rooms: int = 1, **given: float) -> Surroundings:
    fixed = {"outdoor": 10.0, "vapour": 0.006, "sun": 0.0, "heat": 0.0, "water": 0.0, "co2": 0.0, "door": 0.0} | given
    return Surroundings(**{name: np.full(rooms, value) for name, value in fixed.items()})


def settled(outputs: list[float], minutes: int = 9_000, **given: float) -> Plant:
    plant = Plant(1)
    for _ in range(minutes):
        plant.step(np.array([outputs]), around(**given))
    return plant


def test_heat_put_in_leaves_through_walls_roof_and_air() -> None:
    """In the end the heater's power is the loss: series of films and layers, roof, and air let in."""
    plant, h = settled([0.2, 0, 0, 0, 0]), Plant(1).house
    lift = float(plant.air[0] - 10.0)
    wall = 1 / (
        1 / (h.wall_film * h.wall_area) + 2 / (h.wall_between * h.wall_area) + 1 / (h.wall_outside * h.wall_area)
    )
    air = h.volume * h.leak * (0.6 + 0.05 * lift) / 3600 * 1.13 * 1006
    assert (wall + h.roof + air) * lift == pytest.approx(0.2 * 12_000 * (1 + 0.025 * 3), rel=0.01)


def test_carbon_dioxide_settles_where_breath_and_fresh_air_balance() -> None:
    plant = settled([0, 0, 0, 0, 1.0], minutes=3000, co2=0.5)
    h = plant.house
    flow = h.volume * h.leak * (0.6 + 0.05 * abs(10 - float(plant.air[0]))) + 1500
    assert float(plant.co2[0]) == pytest.approx(420 + 0.5 / 1.8 / flow * 1e6, rel=0.01)


def test_mist_wets_and_cools() -> None:
    dry, wet = Plant(1), Plant(1)
    for _ in range(10):
        dry.step(np.zeros((1, 5)), around(outdoor=22.0))
        wet.step(np.array([[0, 0, 1.0, 0, 0]]), around(outdoor=22.0))
    gained = float((wet.vapour - dry.vapour)[0]) * 300 * 1.13 * wet.house.damp_surfaces
    cooled = float((dry.air - wet.air)[0]) * wet.house.air_capacity
    cooled += float((dry.racks - wet.racks)[0]) * wet.house.rack_capacity
    assert gained > 0.3
    assert cooled == pytest.approx(gained * LATENT, rel=0.2)


def test_power_is_that_of_what_runs() -> None:
    outputs = np.zeros((2, 5))
    outputs[0, [HEATER, VENT]] = 1.0, 0.5
    outputs[1, HUMIDIFIER] = 1.0
    assert Plant(2).step(outputs, around(2)) == pytest.approx([4000 + 90, 450])


def test_sensors_lag_and_round() -> None:
    plant = Plant(1)
    plant.air = plant.air + 4
    t, rh, co2 = plant.read()
    assert float(t[0]) == pytest.approx(22.0, abs=0.3)
    assert t == np.round(t, 1)
    assert rh * 2 == np.round(rh * 2)
    assert co2 == np.round(co2, -1)
    for _ in range(20):
        plant.step(np.zeros((1, 5)), around(outdoor=26.0))
    assert float(plant.read()[0][0]) == pytest.approx(float(plant.air[0]), abs=0.5)


def test_a_seed_makes_the_same_readings() -> None:
    assert [np.concatenate(Plant(3, seed=4).read()).tolist()] == [np.concatenate(Plant(3, seed=4).read()).tolist()]
