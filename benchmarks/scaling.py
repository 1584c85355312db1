"""How cost grows with the number of series: 1,000 … 100,000 synthetic monthly series, time and memory, a curve.

Each series is a level, a trend, a yearly shape and noise of its own, ten years long. What is shown is cost, not
accuracy.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from benchmarks._common import goal, report, result
from benchmarks._competition import KINDS, Competition, question
from benchmarks._contenders import FAST, OURS
from benchmarks._race import lap
from workbench.forecast.clock import Clock
from workbench.present.race import growth
from workbench.present.words import Words

NEEDS_DATA = False
SIZES: dict[str, tuple[int, ...]] = {FAST: (1_000, 3_000, 10_000, 30_000, 100_000), OURS: (1_000, 3_000, 10_000)}
"""Numbers of series for each recipe; the full one stops at ten thousand to keep the run short."""

LENGTH, SEED = 120, 20260301
LAST = date(2025, 12, 1)
PROTOCOL = (
    f"synthetic monthly series of {LENGTH} values (level, trend, yearly shape, noise; seed {SEED}), h 12, each size in "
    "its own process, warmed up on two series; growth = CPU time a series at the largest size over that at the smallest"
)


def run(data: Path | None) -> dict[str, Any]:
    """The evidence of this suite; it needs no data."""
    results, goals = [], []
    for contender, sizes in SIZES.items():
        each = []
        for size in sizes:
            cost = lap(contender, world(size))
            each.append(cost.cpu / size)
            where = f"{size} series"
            results += [
                result(contender, where, "wall", cost.wall, "s", "lower"),
                result(contender, where, "cpu", cost.cpu, "s", "lower"),
                result(contender, where, "a series", 1000 * cost.cpu / size, "ms of CPU", "lower"),
                result(contender, where, "memory", cost.memory, "GiB", "lower"),
            ]
        grown = each[-1] / each[0]
        where = f"{sizes[0]} to {sizes[-1]} series"
        goals.append(goal(contender, where, "growth of CPU a series", "<= 1.25 (linear)", grown, grown <= 1.25))
    return report("scaling", [], PROTOCOL, results, goals)


def world(size: int) -> Competition:
    """So many series; the truth is empty, for nothing is scored."""
    random = np.random.default_rng(SEED)
    months = np.arange(LENGTH)
    level, trend, height, phase, noise = random.uniform((20, -0.3, 0.0, 0, 0.02), (900, 0.6, 0.5, 12, 0.2), (size, 5)).T
    shape = 1 + height[:, None] * np.sin((months + phase[:, None]) * np.pi / 6)
    shaken = 1 + noise[:, None] * random.standard_normal((size, LENGTH))
    y = np.maximum((level[:, None] + trend[:, None] * months) * shape * shaken, 0)
    clock = Clock("1mo")
    (last,) = clock.numbers(LAST)
    ds = clock.starts(np.arange(last - LENGTH + 1, last + 1))
    names = [f"s{number:06d}/value" for number in range(size)]
    panel = pl.DataFrame(
        {
            "unique_id": pl.Series(names).repeat_by(LENGTH).explode(),
            "ds": pl.concat([ds] * size),
            "y": y.reshape(-1),
        }
    )
    known = pl.col("ds").dt.offset_by("1mo").cast(pl.Datetime("us", "UTC"))
    panel = panel.select("unique_id", "ds", known.alias("known_at"), "y")
    task = replace(question("scaling", KINDS["tourism_monthly"]), horizon=12)
    return Competition(
        task, Path(), panel, panel.select("unique_id", "ds", "y").clear(), 12, datetime(2026, 1, 1, tzinfo=UTC)
    )


def picture(document: dict[str, Any]) -> go.Figure:
    """Seconds against the number of series."""
    rows = [
        (row["contender"], int(row["slice"].split()[0]), row["value"])
        for row in document["results"]
        if row["metric"] == "wall"
    ]
    return growth(pl.DataFrame(rows, schema=["contender", "series", "wall"], orient="row"), Words("en"))
