"""What a booster has learnt for one measure and one band of leads: trees as text, and what fell into their leaves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.forecast import keep
from workbench.forecast.algorithms.features import Array, Columns, Ints
from workbench.forecast.frames import LEVELS


@dataclass(frozen=True)
class Machine:
    """What one measure has learnt for the leads up to `until`.

    Series in their order, columns, the release delay in steps, how far to lean to the boosted mean, booster texts (the
    forest, then the mean if there is one), the histogram's edges on the scale, `leaves[tree, leaf, bin]` (sum 1).
    """

    ids: tuple[str, ...]
    until: int
    columns: tuple[str, ...]
    delay: int
    lean: float
    texts: tuple[str, ...] = field(repr=False)
    edges: NDArray[np.float64] = field(repr=False)
    leaves: Array = field(repr=False)

    @cached_property
    def boosters(self) -> list[Any]:
        """The boosters, read from their text once."""
        import lightgbm

        return [lightgbm.Booster(model_str=text) for text in self.texts]

    @cached_property
    def middle(self) -> Any:
        """The forest with each leaf's value the mean of its histogram: it predicts the middle of `answer`."""
        import lightgbm

        means = iter(self.leaves @ ((self.edges[:-1] + self.edges[1:]) / 2))
        lines = []
        for line in self.texts[0].split("\n"):
            if line.startswith("leaf_value="):
                line = "leaf_value=" + " ".join(map(repr, next(means)[: line.count(" ") + 1].tolist()))
            if not line.startswith("tree_sizes="):  # sizes in bytes, which are others now and need not be given
                lines.append(line)
        return lightgbm.Booster(model_str="\n".join(lines))

    def contributions(self, table: Array) -> NDArray[np.float64]:
        """What each column adds to the middle of `answer`, and last what it is without any: [row, column + 1].

        Shapley values of the trees (Lundberg 2020), on the scale; a row adds up to the mean of its bins plus the shift.
        """
        forest, (_, *boosted) = self.middle, self.boosters
        whole = np.asarray(forest.predict(table, pred_contrib=True, num_threads=1), dtype=np.float64)
        shares = whole / forest.num_trees()
        for one in boosted:
            shares += self.lean * (one.predict(table, pred_contrib=True, num_threads=1) - shares)
        return shares

    def table(self, columns: Columns, rows: int) -> Array:
        """The columns that it learnt with, in their order; one that is missing is unknown."""
        unknown = np.full(rows, np.nan, dtype=np.float32)
        return np.column_stack([columns.get(name, unknown) for name in self.columns])

    def reached(self, table: Array) -> Ints:
        """The leaf that each row falls into: [row, tree]."""
        leaves = self.boosters[0].predict(table, pred_leaf=True, num_threads=1)
        return np.asarray(leaves, dtype=np.int64).reshape(len(table), -1)

    def answer(self, table: Array) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Quantiles [row, level] and probabilities of the bins [row, bin] on the scale, and the shift of the bins."""
        reached, boosted = self.reached(table), self.boosters[1:]
        mass = np.zeros((len(table), self.leaves.shape[2]))
        for tree in range(reached.shape[1]):
            mass += self.leaves[tree, reached[:, tree]]
        mass /= mass.sum(axis=1, keepdims=True)
        below = np.concatenate([np.zeros((len(table), 1)), np.cumsum(mass, axis=1)], axis=1)
        below += np.arange(below.shape[1]) * 1e-12
        quantiles = np.stack([np.interp(LEVELS, row, self.edges) for row in below])
        shift = np.zeros(len(table))
        for one in boosted:
            middle = mass @ (self.edges[:-1] + self.edges[1:]) / 2
            shift = self.lean * (one.predict(table, num_threads=1) - middle)
        return quantiles + shift[:, None], mass, shift

    def save(self, place: Path) -> None:
        """Boosters as text, leaves as Parquet, the rest as JSON."""
        place.mkdir(parents=True)
        for number, text in enumerate(self.texts):
            (place / f"{number}.txt").write_text(text, encoding="utf-8")
        pl.DataFrame({"mass": self.leaves.ravel()}).write_parquet(place / "leaves.parquet")
        about = {"ids": self.ids, "columns": self.columns, "delay": self.delay, "lean": self.lean, "until": self.until}
        about |= {"shape": self.leaves.shape, "edges": self.edges.tolist(), "texts": len(self.texts)}
        keep.write_json(place / "machine.json", about)

    @classmethod
    def load(cls, place: Path) -> Self:
        """Read back."""
        about = keep.read_json(place / "machine.json")
        texts = tuple((place / f"{i}.txt").read_text(encoding="utf-8") for i in range(about["texts"]))
        leaves = pl.read_parquet(place / "leaves.parquet").get_column("mass").to_numpy().reshape(about["shape"])
        ids, columns, edges = tuple(about["ids"]), tuple(about["columns"]), np.array(about["edges"])
        return cls(ids, about["until"], columns, about["delay"], about["lean"], texts, edges, leaves)


def count(reached: Ints, code: Ints, bins: int) -> Array:
    """Histogram of the targets in each leaf: [tree, leaf, bin], each summing to 1 (0 for a leaf that has none)."""
    many = int(reached.max()) + 1
    out = np.zeros((reached.shape[1], many, bins), dtype=np.float32)
    for tree in range(reached.shape[1]):
        out[tree] = np.bincount(reached[:, tree] * bins + code, minlength=many * bins).reshape(many, bins)
    return out / np.maximum(out.sum(axis=2, keepdims=True), 1)


Machines = tuple[Machine, ...]
"""Those of one measure, a band of leads each, nearest first."""


def fade(end: int) -> int:
    """How many leads to either side of a band's end its machine and the next one share: a quarter of it."""
    return end // 4


def shares(leads: Ints, ends: Sequence[int]) -> NDArray[np.float64]:
    """How much each machine says at each lead, `[machine, lead]`, sum 1: around its end a band fades into the next.

    >>> shares(np.array([18, 20, 24, 28, 31]), [24, 96])[0].round(2).tolist()
    [1.0, 0.85, 0.54, 0.23, 0.0]
    """
    later = [np.ones(len(leads))]
    for end in ends[:-1]:
        risen = (leads - end + fade(end)) / (2 * fade(end) + 1)
        later.append(np.minimum(np.clip(risen, 0, 1), later[-1]))
    return np.stack(later) - np.stack([*later[1:], np.zeros(len(leads))])
