"""Averaged: several models as one, their means and quantiles averaged with fixed shares.

For few members that err differently and cost much to replay (trees and a linear one); `portfolio` learns its weights.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from workbench.forecast import keep
from workbench.forecast.empirical import VALUES
from workbench.forecast.explain import added, explain, similar
from workbench.forecast.model import Fitted, Model
from workbench.forecast.task import Split, Task


@dataclass(frozen=True)
class Averaged:
    """`members` with equal shares, or with `shares` as given (they are brought to sum 1)."""

    members: tuple[Model, ...]
    shares: tuple[float, ...] = ()

    def fit(self, task: Task, split: Split) -> "FittedAveraged":
        """Every member on everything."""
        shares = np.array(self.shares or [1.0] * len(self.members))
        fitted = tuple(member.fit(task, split) for member in self.members)
        return FittedAveraged(fitted, tuple((shares / shares.sum()).tolist()))


@dataclass(frozen=True)
class FittedAveraged:
    """The fitted members and their shares."""

    members: tuple[Fitted, ...]
    shares: tuple[float, ...]

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """The weighted mean, row by row as asked."""
        asked = future.select("unique_id", "ds")
        total = np.zeros((asked.height, len(VALUES)))
        for member, share in zip(self.members, self.shares, strict=True):
            told = member.predict(past, future)
            joined = asked.join(told, on=["unique_id", "ds"], how="left", maintain_order="left").select(VALUES)
            values = joined.to_numpy()
            total += share * np.column_stack([values[:, 0], np.sort(values[:, 1:], axis=1)])
        return asked.with_columns(pl.Series(name, total[:, i]) for i, name in enumerate(VALUES))

    def explain(self, past: pl.DataFrame, future: pl.DataFrame, every: int = 1) -> pl.DataFrame:
        """The members' parts by their shares; a member that does not explain itself is `whole` by its share."""
        told = [explain(one, past, future, one.predict(past, future), every) for one in self.members]
        shared = zip(told, self.shares, strict=True)
        return added(pl.concat(parts.with_columns(pl.col("value") * share) for parts, share in shared))

    def similar(self, split: Split, count: int = 5) -> pl.DataFrame:
        """What the first member recalls that recalls anything."""
        found = (similar(member, split, count) for member in self.members)
        return next((frame for frame in found if not frame.is_empty()), pl.DataFrame())

    def save(self, folder: Path) -> None:
        """Each member in a folder of its own."""
        for number, member in enumerate(self.members):
            keep.save(member, folder / f"member{number}")
        keep.write_json(folder / "parameters.json", {"shares": list(self.shares)})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        shares = tuple(keep.read_json(folder / "parameters.json")["shares"])
        return cls(tuple(keep.load(folder / f"member{number}") for number in range(len(shares))), shares)
