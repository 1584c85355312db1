"""Running controllers on the rooms of a scene, minute by minute, and counting what is in the manner of BOPTEST."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks._rooms import Scene, ahead
from workbench.control.controllers import Controller, Sight
from workbench.control.equipment import VENT, Relays
from workbench.control.plant import Plant, Surroundings
from workbench.control.room import RoomLog

PLAN_EVERY = 5
"""Minutes between two looks ahead."""


@dataclass(frozen=True)
class Tally:
    """What was counted of each room (arrays): hours out of band, worst excursion, energy, cost, switches."""

    degree_hours: Any
    humid_hours: Any
    worst_t: Any
    worst_rh: Any
    kwh: Any
    yuan: Any
    switches: Any
    worst_co2: Any

    @property
    def burden(self) -> Any:
        """Cost, with 4 yuan for a °C·h and 0.8 for a %·h out of band: what every contender is tuned for."""
        return self.yuan + 4 * self.degree_hours + 0.8 * self.humid_hours


@dataclass
class Diary:
    """What happened, a row a minute: readings, outputs, truth, and what a plan foresaw, for logs and figures."""

    t: list[Any]
    rh: list[Any]
    outputs: list[Any]
    air: list[Any]
    humidity: list[Any]

    @classmethod
    def empty(cls) -> "Diary":
        return cls([], [], [], [], [])

    def log(self, one: Scene, room: int) -> RoomLog:
        """The log of one room as a device process keeps it."""
        n = len(self.t)
        told = one.told[room, :n]
        outside = [one.outdoor[room, :n], one.vapour[room, :n] * 1000, one.sun[room, :n] / 1000]
        outside += [told[:, 0] / 1000, told[:, 1]]
        t, rh, outputs = (np.array(x)[:, room] for x in (self.t, self.rh, self.outputs))
        return RoomLog(t, rh, outputs, np.column_stack(outside))


def play(
    one: Scene,
    controller: Controller,
    perfect: bool = False,
    seed: int = 0,
    diary: Diary | None = None,
    stir: Callable[[int, Any], Any] | None = None,
    plant: Plant | None = None,
) -> Tally:
    """Run the rooms under the controller, asked every minute; eight minutes of airing before each door."""
    n, minutes = len(one.names), one.minutes - 720
    plant, relays = plant or Plant(n, seed=seed), Relays(n)
    plant.settle(one.band[:, 0, :2].mean(1), one.band[:, 0, 2:].mean(1))
    sums = {k: np.zeros(n) for k in ("dh", "rh", "wt", "wr", "kwh", "yuan", "co2")}
    quiet, outputs = np.zeros(n), np.zeros((n, 5))
    for m in range(minutes):
        t, rh, co2 = plant.read()
        now = (one.band[:, m], one.co2_max[:, m], one.outdoor[:, m], one.vapour[:, m])
        foresight = ahead(one, m, perfect) if m % PLAN_EVERY == 0 else None
        duty = controller.decide(Sight(m, t, rh, co2, *now, foresight, outputs))
        duty = (duty if stir is None else stir(m, duty)).copy()
        open_soon = one.door[:, m : m + 8].max(axis=1) > 0
        duty[open_soon, VENT] = np.maximum(duty[open_soon, VENT], 0.5)
        outputs = relays.follow(duty)
        if diary is not None:
            for kept, value in ((diary.t, t), (diary.rh, rh), (diary.outputs, outputs)):
                kept.append(value)
            diary.air.append(plant.air)
            diary.humidity.append(plant.humidity)
        power = plant.step(outputs, _around(one, m))
        quiet = np.where(open_soon | (one.door[:, m] > 0), 30, np.maximum(quiet - 1, 0))
        band, humidity = one.band[:, m], plant.humidity
        out_t = np.maximum(band[:, 0] - plant.air, plant.air - band[:, 1]).clip(0)
        out_rh = np.maximum(band[:, 2] - humidity, humidity - band[:, 3]).clip(0)
        counted = (quiet == 0) & (m > 360)
        sums["dh"] += out_t / 60
        sums["rh"] += out_rh / 60
        sums["wt"] = np.where(counted, np.maximum(sums["wt"], out_t), sums["wt"])
        sums["wr"] = np.where(counted, np.maximum(sums["wr"], out_rh), sums["wr"])
        sums["co2"] = np.maximum(sums["co2"], plant.co2)
        sums["kwh"] += power / 60_000
        sums["yuan"] += power / 60_000 * one.price[:, m]
    switches = relays.switches.sum(1)
    return Tally(sums["dh"], sums["rh"], sums["wt"], sums["wr"], sums["kwh"], sums["yuan"], switches, sums["co2"])


def _around(one: Scene, m: int) -> Surroundings:
    outside = (one.outdoor[:, m], one.vapour[:, m], one.sun[:, m])
    return Surroundings(*outside, one.heat[:, m], one.water[:, m], one.co2[:, m], one.door[:, m])


def stirred(seed: int, rooms: int) -> Callable[[int, Any], Any]:
    """Commissioning: half of the time, blocks of 6 to 30 minutes in which devices run at random beside the rules."""
    rng = np.random.default_rng(seed)
    until, push = np.zeros(rooms), np.zeros((rooms, 5))

    def stir(minute: int, duty: Any) -> Any:
        new = minute >= until
        until[new] = minute + rng.integers(6, 30, new.sum())
        drawn = rng.uniform(0, 1, (rooms, 5)) * (rng.uniform(0, 1, (rooms, 5)) < 0.3)
        push[new] = drawn[new] * (rng.uniform(0, 1, (rooms, 1)) < 0.5)[new]
        return np.clip(duty + push, 0, 1)

    return stir
