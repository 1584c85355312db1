"""Combined: several models as one — their quantiles averaged, by weights learnt on replayed forecasts.

Weights minimise the CRPS of the average by measure and lead, and lean towards equal ones, which are hard to beat with
little evidence; a member that leaves what history makes believable is left out for that series.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from workbench.forecast import keep
from workbench.forecast.blowup import believed, blown, limits
from workbench.forecast.cells import Cells
from workbench.forecast.empirical import VALUES
from workbench.forecast.explain import added, explain, similar
from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.forecast.metrics import WEIGHTS
from workbench.forecast.model import Fitted, Model, ordered
from workbench.forecast.replay import replay, replay_origins
from workbench.forecast.task import Split, Task

ROWS = 4000
"""Replayed forecasts that enter the weights of a cell, at most (about)."""


@dataclass(frozen=True)
class Combined:
    """Members averaged quantile by quantile.

    Each is replayed at `origins` issue days over the last `span` days (refitted every `refit`); the weights in a cell
    (measure × `buckets` of leads) are the best ones there, mixed with equal weights as n : `shrink` for n origins. A
    member is left out for a series of which it forecasts anything beyond the range of history widened by `reach` times
    itself. To calibrate the whole, wrap it: `Calibrated(Combined((…)))` costs fewer fits than the other way round.
    """

    members: tuple[Model, ...]
    origins: int = 40
    span: int = 365
    refit: str = "366d"
    buckets: int = 5
    shrink: float = 5.0
    reach: float = 1.5

    def fit(self, task: Task, split: Split) -> "FittedCombined":
        """Learn the weights, then fit every member on everything; too short a history gives equal weights."""
        cells = Cells(task.every, task.horizon, self.buckets, halves=False)
        origins = replay_origins(task, split, self.origins, self.span)
        models = {str(number): member for number, member in enumerate(self.members)}
        past = replay(task, split, models, origins, self.refit)
        weights = None if past.is_empty() else self.learn(past, cells)
        fitted = tuple(member.fit(task, split) for member in self.members)
        return FittedCombined(fitted, cells, task.bounds, limits(split.past, self.reach), weights)

    def learn(self, past: pl.DataFrame, cells: Cells) -> pl.DataFrame:
        """Weights from replayed forecasts (FORECAST + y): measure, bucket, and w0, w1 … for each member, with sum 1."""
        rows: list[dict[str, object]] = []
        names = [str(number) for number in range(len(self.members))]
        placed = cells.place(past).sort("cutoff", "unique_id", "ds")
        for (measure, bucket), cell in placed.group_by("measure", "bucket", maintain_order=True):
            members = [cell.filter(pl.col("model") == name) for name in names]
            members = [member.gather_every(max(1, member.height // ROWS)) for member in members]
            values = np.stack([member.select(QUANTILES).to_numpy() for member in members])
            best = best_weights(values, members[0].get_column("y").to_numpy())
            origins = cell.get_column("cutoff").n_unique()
            trust = origins / (origins + self.shrink)
            mixed = trust * best + (1 - trust) / len(names)
            rows.append({"measure": measure, "bucket": bucket} | {f"w{i}": w for i, w in enumerate(mixed.tolist())})
        return pl.DataFrame(rows, schema_overrides={"bucket": pl.Int8}).sort("measure", "bucket")


def best_weights(quantiles: np.ndarray, y: np.ndarray, steps: int = 200) -> np.ndarray:
    """Weights on the simplex with the least CRPS of the averaged quantiles (members × rows × 15), from equal ones.

    Exponentiated gradient (Kivinen and Warmuth 1997): the loss is convex, and a member that only helps in company is
    found too, which weights from its own loss would miss. The mean over the steps is returned.
    """
    levels, shares = np.asarray(LEVELS), 2 * np.asarray(WEIGHTS)
    weights = np.full(len(quantiles), 1 / len(quantiles))
    total = np.zeros_like(weights)
    scale = max(float(np.abs(quantiles - y[:, None]).mean()), 1e-12)
    for _ in range(steps):
        slope = ((y[:, None] < np.tensordot(weights, quantiles, axes=1)) - levels) * shares
        gradient = np.einsum("rl,mrl->m", slope, quantiles) / len(y) / scale
        weights = weights * np.exp(-(gradient - gradient.min()) / 2)
        weights /= weights.sum()
        total += weights
    return total / steps


@dataclass(frozen=True)
class FittedCombined:
    """The fitted members, their weights by cell (None = equal) and the limits of what is believed of each series."""

    members: tuple[Fitted, ...]
    cells: Cells
    bounds: tuple[float | None, float | None]
    limits: pl.DataFrame
    weights: pl.DataFrame | None = None

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """Weighted mean of the members that can be believed; where none can, of all, held inside the limits."""
        asked = future.select("unique_id", "ds")
        forecasts = [self.of(member, past, future) for member in self.members]
        weights = self.sound(asked, forecasts)
        low, high = believed(asked, self.limits).select("low", "high").to_numpy().T[:, :, None]
        values = np.stack([np.clip(forecast.select(VALUES).to_numpy(), low, high) for forecast in forecasts])
        mixed = np.where(weights[:, :, None] > 0, values * weights[:, :, None], 0.0).sum(axis=0)
        return asked.with_columns(pl.Series(name, mixed[:, i]) for i, name in enumerate(VALUES))

    def sound(self, asked: pl.DataFrame, forecasts: list[pl.DataFrame]) -> np.ndarray:
        """Weights of each member in each row: none of those whose forecast cannot be believed, unless none can."""
        sound = np.stack([~blown(forecast, self.limits).to_numpy() for forecast in forecasts])
        sound |= ~sound.any(axis=0)
        weights = np.where(sound, self.weigh(asked), 0.0)
        return np.asarray(weights / weights.sum(axis=0))

    def explain(self, past: pl.DataFrame, future: pl.DataFrame, every: int = 1) -> pl.DataFrame:
        """The members' parts by their weights; a member that does not explain itself is `whole` by its weight."""
        asked = future.select("unique_id", "ds")
        forecasts = [self.of(member, past, future) for member in self.members]
        parts = []
        for member, forecast, weight in zip(self.members, forecasts, self.sound(asked, forecasts), strict=True):
            weighed = asked.with_columns(weight=pl.Series(weight)).filter(pl.col("weight") > 0)
            known = explain(member, past, future, forecast, every).join(weighed, on=["unique_id", "ds"], how="inner")
            parts.append(known.select("unique_id", "ds", "part", value=pl.col("value") * pl.col("weight")))
        return added(pl.concat(parts))

    def similar(self, split: Split, count: int = 5) -> pl.DataFrame:
        """What the first member recalls that recalls anything."""
        found = (similar(member, split, count) for member in self.members)
        return next((frame for frame in found if not frame.is_empty()), pl.DataFrame())

    def of(self, member: Fitted, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """One member's forecast in order, row by row as asked."""
        answer = future.select("unique_id", "ds").join(
            member.predict(past, future), on=["unique_id", "ds"], how="left", maintain_order="left"
        )
        return ordered(answer.select("unique_id", "ds", *VALUES), self.bounds)

    def weigh(self, asked: pl.DataFrame) -> np.ndarray:
        """Weights of each member in each row; equal ones for a measure never replayed."""
        names = [f"w{number}" for number in range(len(self.members))]
        if self.weights is None:
            return np.full((len(names), asked.height), 1 / len(names))
        placed = self.cells.place(asked).join(self.weights, on=["measure", "bucket"], how="left", maintain_order="left")
        return placed.select(pl.col(names).fill_null(1 / len(names))).to_numpy().T.copy()

    def save(self, folder: Path) -> None:
        """Parquet and JSON, each member in a folder of its own."""
        for number, member in enumerate(self.members):
            keep.save(member, folder / f"member{number}")
        self.limits.write_parquet(folder / "limits.parquet")
        if self.weights is not None:
            self.weights.write_parquet(folder / "weights.parquet")
        cells = {"every": self.cells.every, "horizon": self.cells.horizon}
        cells |= {"buckets": self.cells.buckets, "halves": self.cells.halves}
        given = {"members": len(self.members), "cells": cells, "bounds": list(self.bounds)}
        keep.write_json(folder / "parameters.json", given)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        given = keep.read_json(folder / "parameters.json")
        members = tuple(keep.load(folder / f"member{number}") for number in range(given["members"]))
        file = folder / "weights.parquet"
        weights = pl.read_parquet(file) if file.exists() else None
        bounds = tuple(given["bounds"])
        return cls(members, Cells(**given["cells"]), bounds, pl.read_parquet(folder / "limits.parquet"), weights)
