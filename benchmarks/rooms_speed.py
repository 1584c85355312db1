"""How long a room's plan takes, and a thousand rooms with a model each: one replanned after the other on one core."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import _rooms as rooms
from benchmarks._common import goal, report, result
from workbench.control.controllers import Sight, rules
from workbench.control.plant import Plant
from workbench.control.predictive import Predictive
from workbench.control.room import START, Room

NEEDS_DATA = False
ROOMS, CALLS, SEED = 1000, 3, 11
PROTOCOL = (
    f"{ROOMS} rooms, each with a model of its own (parameters within 30 % of the start values), at random hours of "
    f"twelve batches; each decides {CALLS} times, planning anew each time; wall time of the whole decision on one "
    "core, and of the plan alone; the total is of one decision a room"
)


def run(data: Path | None) -> dict[str, Any]:
    """The evidence of this suite; it needs no data."""
    rng, one = np.random.default_rng(SEED), rooms.scene(SEED, 20)
    n = len(one.names)
    plans, whole = [], np.zeros((CALLS, ROOMS))
    fell = 0
    for k in range(ROOMS):
        room = Room(tuple(v * f for v, f in zip(START, rng.uniform(0.7, 1.3, len(START)), strict=True)))
        controller = Predictive(room, 1, rules(1), every=0)
        at, plant = int(rng.integers(0, 19 * rooms.DAY)), Plant(1, seed=k)
        r = k % n
        alone = rooms.Scene((one.names[r],), **{p: v[r : r + 1] for p, v in vars(one).items() if p != "names"})
        plant.settle(alone.band[:, at, :2].mean(1) + rng.normal(0, 1, 1), alone.band[:, at, 2:].mean(1))
        for call in range(CALLS):
            m = at + call
            now = (alone.band[:, m], alone.co2_max[:, m], alone.outdoor[:, m], alone.vapour[:, m])
            sight = Sight(m, *plant.read(), *now, rooms.ahead(alone, m, False), np.zeros((1, 5)))
            started = time.perf_counter()
            controller.decide(sight)
            whole[call, k] = time.perf_counter() - started
        plans += controller.planner.seconds
        fell += controller.fell_back
    p50, p99 = (1000 * float(np.percentile(plans, q)) for q in (50, 99))
    total = float(whole[1:].mean(axis=0).sum())
    results = [
        result("workbench", "a plan", "p50", p50, "ms", "lower"),
        result("workbench", "a plan", "p99", p99, "ms", "lower"),
        result("workbench", "a plan", "longest", 1000 * float(np.max(plans)), "ms", "lower"),
        result("workbench", "a whole decision", "p99", 1000 * float(np.percentile(whole, 99)), "ms", "lower"),
        result("workbench", f"{ROOMS} rooms, one core", "total", total, "s", "lower"),
        result("workbench", "all", "left to the rules", fell, "decisions", "lower"),
    ]
    goals = [
        goal("workbench", "a plan", "p99", "< 100 ms", p99, p99 < 100),
        goal("workbench", f"{ROOMS} rooms, one core", "total", "< 300 s", total, total < 300),
    ]
    return report("rooms_speed", [], PROTOCOL, results, goals)
