"""AQI of ten million station-hours under both rule sets: exact, in seconds, in little memory.

The hours are made here from a seed, for their number and not for their weather. A random part of them is computed again
with fractions, and the usual short cut (`numpy.interp`, then `ceil`) runs beside for its time and its wrong hours.
"""

import resource
import time
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from itertools import pairwise
from math import ceil
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks._common import goal, report, result
from workbench.science import air
from workbench.settings import PROJECT

HOURS, BATCH, CHECKED, SEED = 10_000_000, 250_000, 2_000, 20260301
TYPICAL = {"pm2_5": 60.0, "pm10": 100.0, "so2": 20.0, "no2": 50.0, "co": 1.2, "o3": 80.0}
PROTOCOL = (
    f"{HOURS:,} made-up station-hours of six pollutants, one in a hundred missing, whole µg/m³ and tenths of mg/m³; "
    f"index, AQI, level and first pollutants of both rule sets in batches of {BATCH:,}; a process of its own; "
    f"{CHECKED:,} random hours a rule set computed again with fractions"
)


def run(data: Path | None) -> dict[str, Any]:
    """The evidence of this suite; needs no data."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        got = pool.submit(measure, HOURS).result()
    results = [result("workbench", name, metric, value, unit, "lower") for name, metric, value, unit in got["ours"]]
    results += [result("numpy_interp_ceil", n, m, v, unit, "lower") for n, m, v, unit in got["short_cut"]]
    reached = {metric: value for name, metric, value, _ in got["ours"] if name == "both"}
    goals = [
        goal("workbench", "both", "seconds", "< 10", reached["seconds"], reached["seconds"] < 10),
        goal("workbench", "both", "peak_memory", "< 4", reached["peak_memory"], reached["peak_memory"] < 4),
        goal("workbench", "both", "wrong", "0", reached["wrong"], reached["wrong"] == 0),
    ]
    return report("aqi_speed", [], PROTOCOL, results, goals)


def hours(count: int) -> pl.DataFrame:
    """Station-hours from the seed: gamma-distributed, rounded as stations report, some missing."""
    rng = np.random.default_rng(SEED)
    columns = {}
    for name, mean in TYPICAL.items():
        values = np.round(rng.gamma(2, mean / 2, count), 1 if name == "co" else 0)
        columns[name] = pl.Series(values).set(pl.Series(rng.random(count) < 0.01), None)
    return pl.DataFrame(columns)


def measure(count: int) -> dict[str, list[tuple[str, str, float, str]]]:
    """Time and check both rule sets on `count` hours: slice, metric, value, unit of ours and of the short cut."""
    points = pl.read_csv(PROJECT / "data/reference/aqi_breakpoints.csv")
    frame = hours(count)
    chosen = np.random.default_rng(SEED + 1).choice(count, min(CHECKED, count), replace=False)
    ours: list[tuple[str, str, float, str]] = []
    seconds = busy = wrong = 0.0
    for rules in air.RULES:
        named = frame.rename({"pm2_5": "pm2_5_24h", "pm10": "pm10_24h"}) if rules == air.RULES[0] else frame
        began, cpu = time.perf_counter(), time.process_time()
        parts = [air.aqi(part, rules, points, "hour") for part in named.iter_slices(BATCH)]
        out = pl.concat(part.select("aqi", "level", "primary") for part in parts)
        took = time.perf_counter() - began
        seconds, busy = seconds + took, busy + time.process_time() - cpu
        ours.append((rules, "seconds", round(took, 2), "s"))
        wrong += sum(slow(frame.row(i, named=True), rules, points) != out["aqi"][i] for i in map(int, chosen))
        if rules == air.RULES[0]:
            short_cut = _short_cut(frame, out["aqi"], points)
        del parts, out
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    ours += [
        ("both", "seconds", round(seconds, 2), "s"),
        ("both", "cpu_seconds", round(busy, 2), "s"),
        ("both", "peak_memory", round(peak, 2), "GiB"),
        ("both", "wrong", wrong, f"of {2 * len(chosen)} hours checked"),
    ]
    return {"ours": ours, "short_cut": short_cut}


def _nodes(name: str, rules: str, points: pl.DataFrame) -> list[tuple[int, int]]:
    rows = points.filter(rules=rules, pollutant=name)
    hourly = rows.filter(scale="hour")
    rows = (hourly if len(hourly) else rows).sort("iaqi")
    return [(int(c), int(i)) for c, i in rows.select("concentration", "iaqi").iter_rows()]


def slow(row: dict[str, float | None], rules: str, points: pl.DataFrame) -> int | None:
    """The real-time AQI of one hour with fractions, straight from the text of the standard."""
    found: list[int | None] = []
    for name, value in row.items():
        nodes, index = _nodes(name, rules, points), None
        if value is not None:
            c = Fraction(str(value))
            c = c if rules == air.RULES[0] else Fraction(round(c * 10), 10) if name == "co" else Fraction(round(c))
            index = nodes[-1][1] if rules != air.RULES[0] or nodes[-1][1] == 500 else None
            for (c0, i0), (c1, i1) in pairwise(nodes):
                if c <= c1:
                    index = ceil(Fraction(i1 - i0, c1 - c0) * (c - c0) + i0)
                    break
        found.append(index)
    worst = max((index for index in found if index is not None), default=None)
    if worst is None or rules == air.RULES[0]:
        return worst
    return max(worst, 1) if None not in found or worst > 100 else None


def _short_cut(frame: pl.DataFrame, exact: pl.Series, points: pl.DataFrame) -> list[tuple[str, str, float, str]]:
    """`numpy.interp` and `ceil` in floating point, 2012 rules: time and hours that differ from the exact index."""
    rules, began = air.RULES[0], time.perf_counter()
    worst = np.zeros(len(frame))
    for name in frame.columns:
        at, index = zip(*_nodes(name, rules, points), strict=True)
        worst = np.fmax(worst, np.ceil(np.interp(frame[name].to_numpy(), at, index)))
    took = time.perf_counter() - began
    off = int((pl.Series(worst) != exact.fill_null(0)).sum())
    return [(rules, "seconds", round(took, 2), "s"), (rules, "wrong", off, f"of {len(frame)} hours")]
