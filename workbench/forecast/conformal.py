"""Calibrated: wrap any model so that its ranges hold — split conformal by lead, level forecast and season.

The wrapped model is replayed inside its own training data; how far the truth fell from each of its fifteen quantiles
corrects that quantile (conformalised quantile regression, Romano et al. 2019, one side at a time). With n scores the
correction of level p is the ⌈(n+1)p⌉-th smallest above the median and the ⌊(n+1)p⌋-th below, so that for exchangeable
data P(y ≤ q_p) ≥ p holds for every upper level p ≤ n/(n+1); beyond, the largest score is all that can be said.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import polars as pl

from workbench.forecast import keep
from workbench.forecast.algorithms.scale import Scale
from workbench.forecast.cells import CELL, Cells, shrunk
from workbench.forecast.empirical import VALUES
from workbench.forecast.explain import Explaining, similar
from workbench.forecast.frames import LEVELS, QUANTILES, measure
from workbench.forecast.model import Fitted, Model, ordered
from workbench.forecast.replay import replay, replay_origins
from workbench.forecast.task import Split, Task

Bounds = tuple[float | None, float | None]


def forward(scale: Scale, name: str) -> pl.Expr:
    """A value on the scale where corrections add; `sqrt` and `log` are for values that cannot be negative."""
    value = pl.col(name)
    if scale == "linear":
        return value
    value = pl.max_horizontal(value, pl.lit(0.0))
    return value.sqrt() if scale == "sqrt" else (value + pl.col("offset")).log()


def backward(scale: Scale, value: pl.Expr) -> pl.Expr:
    """Back from the scale to the unit of y."""
    if scale == "linear":
        return value
    return pl.max_horizontal(value, pl.lit(0.0)) ** 2 if scale == "sqrt" else value.exp() - pl.col("offset")


def conformal(name: str, level: float) -> pl.Expr:
    """The finite-sample quantile of the scores in a column, an aggregation.

    >>> scores = pl.DataFrame({"s": list(range(1, 20))})        # 19 scores, so (n+1)·0.95 = 19
    >>> scores.select(a=conformal("s", 0.95), b=conformal("s", 0.05), c=conformal("s", 0.5)).row(0)
    (19.0, 1.0, 10.0)
    """
    scores, place = pl.col(name).sort(), (pl.len() + 1) * level
    above, below = (place - 1e-9).ceil(), (place + 1e-9).floor()
    upper, lower = (scores.get((at.cast(pl.Int64) - 1).clip(0, pl.len().cast(pl.Int64) - 1)) for at in (above, below))
    if level > 0.5:
        return upper.cast(pl.Float64)
    return lower.cast(pl.Float64) if level < 0.5 else (upper + lower) / 2


@dataclass(frozen=True)
class Calibrated:
    """A model whose quantiles are corrected by what its replayed forecasts missed.

    `origins` issue days over the last `span` days are replayed, the inner model refitted every `refit`. Cells are
    `buckets` of leads × states of the forecast median (cut at its quantiles `states`) × half-years (`halves`); a cell
    seen at n origins has weight n/(n + `shrink`) against the coarser one, and corrections run straight from the centre
    of one bucket to that of the next. `scale` is where the corrections add.
    With `rate` > 0 verified forecasts move them on (`FittedCalibrated.update`); 0.3 takes some thirty origins to follow
    a jump of one spread at the outer quantiles, much more makes them cross.
    """

    inner: Model
    origins: int = 60
    span: int = 365
    refit: str = "183d"
    buckets: int = 8
    states: tuple[float, ...] = (0.5, 0.85)
    halves: bool = True
    scale: Scale = "linear"
    shrink: float = 15.0
    rate: float = 0.0

    def fit(self, task: Task, split: Split) -> "FittedCalibrated":
        """Replay, learn the corrections, fit the inner model on everything; too short a history stays uncorrected."""
        fitted = self.inner.fit(task, split)
        cells = Cells(task.every, task.horizon, self.buckets, self.halves)
        plain = FittedCalibrated(fitted, cells, task.bounds, self.scale, self.rate)
        origins = replay_origins(task, split, self.origins, self.span)
        past = replay(task, split, {"inner": self.inner}, origins, self.refit)
        return plain if past.is_empty() else self.learn(plain, past)

    def learn(self, plain: "FittedCalibrated", past: pl.DataFrame) -> "FittedCalibrated":
        """Corrections from replayed forecasts (FORECAST + y)."""
        cuts = [pl.col("q50").quantile(level).alias(f"cut{i}") for i, level in enumerate(self.states)]
        cells = replace(plain.cells, cuts=past.group_by(measure().alias("measure")).agg(*cuts).sort("measure"))
        offset = (0.1 * pl.col("y").abs().mean().over("measure")).clip(lower_bound=1e-9)
        placed = cells.place(past).with_columns(offset=offset)
        scores = placed.with_columns(
            *((forward(self.scale, "y") - forward(self.scale, name)).alias(name) for name in QUANTILES),
            mean=pl.col("y") - pl.col("mean"),
            spread=forward(self.scale, "q90") - forward(self.scale, "q10"),
        )
        quantiles = {name: conformal(name, level) for name, level in zip(QUANTILES, LEVELS, strict=True)}
        means = {name: pl.col(name).mean() for name in ("mean", "spread", "offset")}
        return replace(plain, cells=cells, corrections=shrunk(scores, cells, means | quantiles, self.shrink))


@dataclass(frozen=True)
class FittedCalibrated:
    """The inner model, and for each cell what is added to its mean and quantiles (on `scale`).

    `corrections`: CELL, spread and offset of the scale, VALUES; None where there was nothing to learn from.
    `drift`: measure, bucket and the quantiles' further movement since, from `update`.
    """

    inner: Fitted
    cells: Cells
    bounds: Bounds
    scale: Scale
    rate: float
    corrections: pl.DataFrame | None = None
    drift: pl.DataFrame | None = None

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """The inner forecast, corrected; a measure never replayed stays uncorrected."""
        forecast = ordered(self.inner.predict(past, future).select("unique_id", "ds", *VALUES), self.bounds)
        if self.corrections is None:
            return forecast
        by_lead = self.cells.faded(self.moved(self.corrections), ("offset", *VALUES))
        keys = ["lead", *(name for name in CELL if name != "bucket")]
        placed = self.cells.place(forecast).join(by_lead, on=keys, how="left", suffix="_by", maintain_order="left")
        known = pl.col("offset").is_not_null()
        moved = placed.with_columns(
            pl.when(known).then(pl.col("mean") + pl.col("mean_by")).otherwise("mean").alias("mean"),
            *(
                pl.when(known)
                .then(backward(self.scale, forward(self.scale, name) + pl.col(f"{name}_by")))
                .otherwise(name)
                .alias(name)
                for name in QUANTILES
            ),
        )
        return ordered(moved.select("unique_id", "ds", *VALUES), self.bounds)

    def explain(self, past: pl.DataFrame, future: pl.DataFrame, every: int = 1) -> pl.DataFrame:
        """What the inner model says, if it says anything; calibration adds its share to `correction`."""
        return self.inner.explain(past, future, every) if isinstance(self.inner, Explaining) else pl.DataFrame()

    def similar(self, split: Split, count: int = 5) -> pl.DataFrame:
        """What the inner model recalls."""
        return similar(self.inner, split, count)

    def moved(self, corrections: pl.DataFrame) -> pl.DataFrame:
        """Corrections with the drift added."""
        if self.drift is None:
            return corrections
        with_drift = corrections.join(self.drift, on=["measure", "bucket"], how="left", suffix="_drift")
        return with_drift.with_columns(
            pl.col(name) + pl.col(f"{name}_drift").fill_null(0.0) for name in QUANTILES
        ).select(corrections.columns)

    @property
    def learns(self) -> bool:
        """True where verified forecasts move the corrections on."""
        return self.rate > 0 and self.corrections is not None

    def update(self, verified: pl.DataFrame) -> Self:
        """Learn from forecasts of its own that have just met their truth (FORECAST + y): adaptive conformal inference.

        Each quantile moves by `rate` × the spread × (its level - the share of truths that fell below it), by measure
        and lead (Gibbs and Candès 2021, in the quantile's own unit). The same forecast must be given only once.
        """
        if self.corrections is None or verified.is_empty() or not self.learns:
            return self
        placed = self.cells.place(verified)
        below = [(pl.col("y") <= pl.col(name)).mean().alias(name) for name in QUANTILES]
        seen = placed.group_by("measure", "bucket").agg(below)
        spread = self.corrections.group_by("measure", "bucket").agg(
            spread=(pl.col("spread") + pl.col("q90") - pl.col("q10")).mean()
        )
        steps = seen.join(spread, on=["measure", "bucket"], how="inner").select(
            "measure",
            "bucket",
            *(
                (self.rate * pl.col("spread") * (level - pl.col(name))).alias(name)
                for name, level in zip(QUANTILES, LEVELS, strict=True)
            ),
        )
        drift = steps if self.drift is None else pl.concat([self.drift, steps])
        return replace(self, drift=drift.group_by("measure", "bucket").sum().sort("measure", "bucket"))

    def save(self, folder: Path) -> None:
        """Parquet and JSON, the inner model in a folder of its own."""
        keep.save(self.inner, folder / "inner")
        self.cells.cuts.write_parquet(folder / "cuts.parquet")
        for name, frame in (("corrections", self.corrections), ("drift", self.drift)):
            if frame is not None:
                frame.write_parquet(folder / f"{name}.parquet")
        cells = {"every": self.cells.every, "horizon": self.cells.horizon}
        cells |= {"buckets": self.cells.buckets, "halves": self.cells.halves}
        given = {"cells": cells, "bounds": list(self.bounds), "scale": self.scale, "rate": self.rate}
        keep.write_json(folder / "parameters.json", given)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        given = keep.read_json(folder / "parameters.json")
        cells = Cells(**given.pop("cells"), cuts=pl.read_parquet(folder / "cuts.parquet"))
        for name in ("corrections", "drift"):
            file = folder / f"{name}.parquet"
            given[name] = pl.read_parquet(file) if file.exists() else None
        return cls(keep.load(folder / "inner"), cells, tuple(given.pop("bounds")), **given)
