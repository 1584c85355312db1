"""Fruit count × size on real trees: is the estimator's error what theory says, at every sample size?

The trees' crops are measured (Batchelor & Reed 1918; agridat); how a crop divides into fruits and their mass is not, so a
tree's mean mass is invented once from a seed (200 g, 8 % between trees, lighter on a full tree) and its count follows.
"""  # noqa: E501

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks._common import goal, report, result
from workbench.science.fruit import counted_and_measured

FOLDER = "navel_orange_trees"
ORCHARDS = ("navel1_arlington_1915_16", "navel2_antelope_1916", "valencia_villapark_1916")
SIZES, EVERY, RUNS, POUND = (20, 40, 80, 160), 3, 2000, 0.45359237
PROTOCOL = (
    "Single trees of three orchards (1,000 and 495 navels, 240 Valencias); n trees drawn without putting back, fruit "
    "counted on all and weighed on every third, 2,000 draws a size; relative RMSE of the total against the true total, "
    "the theory (variance of a two-phase ratio estimator, from all trees), and the error that the estimator states"
)


def orchard(file: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fruits and mean mass (kg) of every tree; their product is the measured crop."""
    crop = pl.read_csv(file).get_column("yield").cast(pl.Float64).drop_nulls().to_numpy() * POUND
    noise = np.random.default_rng(1918).normal(0, 0.08, len(crop))
    mass = 0.200 * np.exp(noise - 0.10 * np.log(crop / crop.mean()))
    return crop / mass, mass


def theory(counts: NDArray[np.float64], masses: NDArray[np.float64], n: int) -> float:
    """Standard error of the estimated total over the total, from the whole orchard (Cochran 1977)."""
    trees, measured = len(counts), len(range(0, n, EVERY))
    crop = counts * masses
    ratio = crop.sum() / counts.sum()
    rest = crop - ratio * counts
    shared = float(np.cov(rest, counts, ddof=1)[0, 1])
    variance = ratio**2 * counts.var(ddof=1) * (1 / n - 1 / trees) + rest.var(ddof=1) * (1 / measured - 1 / trees)
    return float(np.sqrt(variance + 2 * ratio * shared * (1 / n - 1 / trees)) / crop.mean())


def drawn(counts: NDArray[np.float64], masses: NDArray[np.float64], n: int) -> tuple[float, float, float]:
    """Over many draws: relative RMSE of the total, its relative bias, and the root mean square of the stated error."""
    rng = np.random.default_rng(n)
    truth = float(counts @ masses)
    off, stated = [], []
    for _ in range(RUNS):
        chosen = rng.choice(len(counts), n, replace=False)
        seen = np.full(n, np.nan)
        seen[::EVERY] = masses[chosen[::EVERY]]
        told = counted_and_measured(counts[chosen], seen, len(counts))
        off.append(told.total / truth - 1)
        stated.append(told.error / truth)
    return float(np.sqrt(np.mean(np.square(off)))), float(np.mean(off)), float(np.sqrt(np.mean(np.square(stated))))


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite."""
    results, worst = [], 0.0
    files = [data / FOLDER / f"{name}.csv.gz" for name in ORCHARDS]
    for file, name in zip(files, ORCHARDS, strict=True):
        counts, masses = orchard(file)
        for n in SIZES:
            expected, (error, bias, stated) = theory(counts, masses, n), drawn(counts, masses, n)
            worst = max(worst, abs(error / expected - 1))
            where = f"{name}, {n} trees"
            results += [
                result("workbench", where, "relative rmse", error, "share", "lower"),
                result("theory", where, "relative rmse", expected, "share", "report"),
                result("workbench", where, "error it states", stated, "share", "report"),
                result("workbench", where, "bias", bias, "share", "report"),
            ]
    noise = 3 / np.sqrt(2 * RUNS)
    wanted = goal(
        "workbench", "worst of 12", "rmse over theory − 1", f"<= {noise:.3f} (3 s.e.)", worst, bool(worst <= noise)
    )
    return report("fruit_survey", files, PROTOCOL, results, [wanted])
