"""Hierarchies: which series are the sums of others, said by the parts of their names.

`unique_id` is a path of parts, e.g. `NSW/Sydney/holiday`. A sum keeps some of them and has `*` for the rest:
`NSW/*/*` is the state, `*/*/holiday` the purpose, `*/*/*` the whole country. Grouped structures — state × purpose — are
levels like any other.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from scipy import sparse

from workbench.errors import InputError

ALL = "*"
"""Stands in a name for a part that was summed over."""


@dataclass(frozen=True)
class Hierarchy:
    """How series add up. Plain data, so that a task can carry it.

    `parts` names the parts of `unique_id` in their order; each of `levels` names the parts that its sums keep (none:
    the grand total). The bottom, which keeps all parts, is not listed. Raises InputError where a level names a part
    that is not there, keeps all of them, or is named twice.

    >>> Hierarchy(("state", "purpose"), ((), ("state",), ("purpose",))).sums("NSW/holiday")
    ('*/*', 'NSW/*', '*/holiday')
    """

    parts: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        kept = [frozenset(level) for level in self.levels]
        for level, names in zip(self.levels, kept, strict=True):
            if names - set(self.parts) or names == set(self.parts) or kept.count(names) > 1:
                raise InputError(
                    f"{level} is not a level of sums of {'/'.join(self.parts)}",
                    "a level names some of the parts, not all, and stands once",
                )

    def sums(self, bottom: str) -> tuple[str, ...]:
        """The names of the sums that a bottom series enters, one a level."""
        given = self.split(bottom)
        return tuple(
            "/".join(own if part in level else ALL for part, own in zip(self.parts, given, strict=True))
            for level in self.levels
        )

    def level(self, series: str) -> tuple[str, ...]:
        """The parts that a series keeps: all of them at the bottom.

        >>> Hierarchy(("state", "purpose"), ((),)).level("NSW/*")
        ('state',)
        """
        return tuple(part for part, own in zip(self.parts, self.split(series), strict=True) if own != ALL)

    def split(self, series: str) -> list[str]:
        """The parts of a name; InputError where there are more or fewer than there should be."""
        given = series.split("/")
        if len(given) != len(self.parts):
            raise InputError(
                f"'{series}' has {len(given)} parts, a series of this hierarchy has {len(self.parts)}",
                f"name it {'/'.join(self.parts)}",
            )
        return given


@dataclass(frozen=True, eq=False)
class Tree:
    """A hierarchy with its series: `ids`, the sums first, the bottom last; `summing[i, j]` is 1 where j enters i."""

    ids: tuple[str, ...]
    summing: sparse.csr_array  # len(ids) × number of bottom series

    @classmethod
    def of(cls, hierarchy: Hierarchy, series: pl.Series) -> "Tree":
        """The tree above the bottom series among `series`, in an order that does not depend on theirs.

        Raises InputError where sums are among them that their bottom series do not make.
        """
        given = sorted(set(series))
        bottom = [one for one in given if ALL not in hierarchy.split(one)]
        above = [hierarchy.sums(one) for one in bottom]
        levels = [sorted({names[i] for names in above}) for i in range(len(hierarchy.levels))]
        ids = tuple(name for level in levels for name in level) + tuple(bottom)
        odd = sorted(set(given) - set(ids))
        if odd:
            raise InputError(
                f"{len(odd)} series are not sums of the {len(bottom)} bottom series; first '{odd[0]}'",
                "make the panel's sums with `hierarchy.aggregate`",
            )
        row = {name: i for i, name in enumerate(ids)}
        columns = [j for j, names in enumerate(above) for _ in range(len(names) + 1)]
        rows = [row[name] for one, names in zip(bottom, above, strict=True) for name in (*names, one)]
        shape = (len(ids), len(bottom))
        return cls(ids, sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape))

    @cached_property
    def bottom(self) -> int:
        """Number of bottom series: the last so many of `ids`."""
        return int(self.summing.shape[1])

    def add(self, bottom: np.ndarray) -> np.ndarray:
        """Every series from the bottom ones: the first axis is the series. Sums are exact for whole numbers."""
        flat = self.summing @ bottom.reshape(self.bottom, -1)
        return np.asarray(flat).reshape(len(self.ids), *bottom.shape[1:])

    def gap(self, values: np.ndarray) -> float:
        """How far values (series first) are from adding up: the largest gap, relative to 1 + the size of the sum."""
        sums = self.add(values[-self.bottom :])
        return float(np.max(np.abs(values - sums) / (1 + np.abs(sums)), initial=0.0))

    def table(self, frame: pl.DataFrame, column: str) -> np.ndarray:
        """A column of a frame (unique_id, ds) as an array series × ds; NaN where there is no row."""
        steps = frame.get_column("ds").unique().sort()
        wide = np.full((len(self.ids), len(steps)), np.nan)
        rows = frame.get_column("unique_id").cast(pl.Enum(self.ids)).to_physical().to_numpy()
        wide[rows, steps.search_sorted(frame.get_column("ds")).to_numpy()] = frame.get_column(column).to_numpy()
        return wide


def aggregate(panel: pl.DataFrame, hierarchy: Hierarchy) -> pl.DataFrame:
    """PANEL of every level from the PANEL of the bottom series: unique_id, ds, known_at, y.

    A sum is known when the last of its parts is, and there is none at a step where a series that has begun by then has
    no value: one that has closed must say 0. Covariates of the past cannot be summed in general and are left out.
    """
    known = panel.filter(pl.col("y").is_not_null()).select("unique_id", "ds", "known_at", "y")
    begun = known.group_by("unique_id").agg(first=pl.col("ds").min())
    tree = Tree.of(hierarchy, known.get_column("unique_id"))
    names = pl.DataFrame(
        [(one, name) for one in tree.ids[-tree.bottom :] for name in hierarchy.sums(one)],
        schema={"unique_id": pl.String, "sum": pl.String},
        orient="row",
    )
    firsts = names.join(begun, on="unique_id").group_by("sum", "first").agg(more=pl.len()).sort("sum", "first")
    due = firsts.with_columns(due=pl.col("more").cum_sum().over("sum")).select("sum", "due", ds="first")
    sums = (
        known.join(names, on="unique_id")
        .group_by("sum", "ds")
        .agg(pl.col("known_at").max(), pl.col("y").sort_by("unique_id").sum(), there=pl.len())
        .sort("ds", "sum")
    )
    whole = sums.join_asof(due.sort("ds"), on="ds", by="sum", check_sortedness=False).filter(
        pl.col("there") == pl.col("due")
    )
    upper = whole.select(pl.col("sum").alias("unique_id"), "ds", "known_at", "y")
    return pl.concat([upper, known]).sort("unique_id", "ds")
