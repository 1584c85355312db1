"""A room that obeys its model exactly, driven at random: logs whose truth is known."""

import numpy as np

from workbench.control.room import START, Room, RoomLog, humidity

FACTORS = np.random.default_rng(1).uniform(0.75, 1.35, len(START))
TRUE = Room(tuple(v * f for v, f in zip(START, FACTORS, strict=True)))


def driven(minutes: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Outputs in blocks of 5 to 40 minutes, heated when cold and wetted when dry on the whole, and weather."""
    rng, outputs = np.random.default_rng(seed), np.zeros((minutes, 5))
    at = 0
    while at < minutes:
        block = slice(at, at + int(rng.integers(5, 40)))
        outputs[block, 0] = rng.uniform() < 0.42
        outputs[block, 1] = rng.uniform() < 0.06
        outputs[block, 2] = rng.uniform() < 0.35
        outputs[block, 3] = rng.uniform() < 0.1
        outputs[block, 4] = rng.uniform(0, 0.8) * (rng.uniform() < 0.3)
        at = block.stop
    hour = np.arange(minutes) / 60
    day = np.maximum(0, np.sin(2 * np.pi * (hour - 6) / 24))
    weather = [
        14 + 5 * day,
        8 + np.sin(hour / 9),
        0.7 * day,
        0.4 + 0.2 * np.sin(hour / 5),
        0.5 + 0.2 * np.cos(hour / 7),
    ]
    return outputs, np.column_stack(weather)


def run(room: Room, minutes: int) -> tuple[RoomLog, np.ndarray]:
    outputs, outside = driven(minutes)
    state, running = np.array([[24.0, 23.0, 15.0, 15.0]]), np.zeros((1, 5))
    felt, states = np.array([24.0, humidity(state)[0]]), np.empty((minutes, 4))
    t, rh = np.empty(minutes), np.empty(minutes)
    rng = np.random.default_rng(8)
    for k in range(minutes):
        states[k], t[k], rh[k] = state[0], felt[0] + rng.normal(0, 0.03), felt[1] + rng.normal(0, 0.2)
        running = room.start(running, outputs[k : k + 1])
        state = room.minute(state, running, outside[k : k + 1])
        felt = felt + (np.array([state[0, 0], humidity(state)[0]]) - felt) / [room["lag_t"], room["lag_rh"]]
    return RoomLog(t, rh, outputs, outside), states
