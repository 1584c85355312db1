"""A whole season issued again: 26 towns × 6 varieties at 36 dates, every choice made anew, timed."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._common import goal, report, result
from benchmarks._orchards import dekads, orchards

LIMIT = 60.0
PROTOCOL = (
    "156 series (26 towns × 6 varieties) of the invented county, 33 seasons, daily weather of three height bands; the "
    "season 2025/26 at 36 issue dates with all inner replays; one process, wall clock, reading and writing not counted"
)


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite; it needs no data from outside."""
    del data
    ours = orchards(varieties=True)
    start = time.perf_counter()
    frame = ours.run([2025], dekads())
    seconds = time.perf_counter() - start
    complete = frame.height == 156 * 36 and bool(np.isfinite(frame["mean"].to_numpy()).all())
    results = [
        result("workbench", "season 2025/26", "time", seconds, "s", "lower"),
        result("workbench", "season 2025/26", "forecasts", frame.height, "count", "report"),
    ]
    goals = [
        goal("workbench", "season 2025/26", "time", "< 60 s", seconds, seconds < LIMIT),
        goal("workbench", "season 2025/26", "complete", "5616", frame.height, complete),
    ]
    return report("season_speed", [], PROTOCOL, results, goals)
