"""Peers of the room suites, tuned alike: thirty-two trials each on weather and days apart from what is measured."""

from collections.abc import Callable

import numpy as np
from scipy.stats import qmc

from benchmarks._rooms import Scene, repeated, scene, window
from benchmarks._rooms_play import play
from workbench.control.controllers import Controller, FuzzyPid, OnOff, Pid

TRIALS, SEED = 32, 500
SPACES: dict[str, dict[str, tuple[float, float]]] = {
    "on-off": {"gap_t": (0.1, 0.8), "gap_rh": (0.5, 4.0), "shift_t": (-0.5, 0.5), "shift_rh": (-3.0, 3.0)},
    "PID": {
        "gain_t": (0.05, 0.6),
        "gain_rh": (0.008, 0.12),
        "reset_t": (10, 150),
        "reset_rh": (10, 150),
        "lead": (0, 6),
    },
}
SPACES["fuzzy PID"] = SPACES["PID"]
KINDS: dict[str, Callable[..., Controller]] = {"on-off": OnOff, "PID": Pid, "fuzzy PID": FuzzyPid}
"""What is searched and between which values: gaps in °C and %, gains per °C and %, resets and lead in minutes."""


def made(name: str, best: dict[str, float], rooms: int) -> Controller:
    """The peer with these parameters, for so many rooms."""
    return KINDS[name](**{k: np.full(rooms, v) for k, v in best.items()})


def grounds() -> list[Scene]:
    """Where peers are tuned: two days in the third instar and its moult and two in the fifth, four seasons."""
    whole = scene(SEED, 20, spells=("normal",))
    return [window(whole, 9, 2), window(whole, 17, 2)]


def tuned(name: str, on: list[Scene]) -> tuple[dict[str, float], float]:
    """The parameters of least burden (cost and hours out of band) of TRIALS drawn evenly, and that burden a room."""
    space = SPACES[name]
    unit = qmc.Sobol(len(space), rng=np.random.default_rng(SEED)).random(TRIALS)
    low, high = np.array(list(space.values())).T
    drawn = low + unit * (high - low)
    burden = np.zeros(TRIALS)
    for one in on:
        rooms = len(one.names)
        values = {k: np.tile(drawn[:, i], rooms) for i, k in enumerate(space)}
        tally = play(repeated(one, TRIALS), KINDS[name](**values))
        burden += tally.burden.reshape(rooms, TRIALS).mean(axis=0)
    best = int(np.argmin(burden))
    return dict(zip(space, map(float, drawn[best]), strict=True)), float(burden[best])
