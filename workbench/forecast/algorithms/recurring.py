"""Two models of days that come back every year: `Recurring` by rule, `Remembering` around any other model.

`Recurring` is for daily counts with a strong year and few of them (visitors): the level of the last days against the
year's usual course carries on and fades towards that of the last weeks, weekdays and the places in holidays are added.
`Remembering` gives its inner model the same memory as two covariates known ahead.
"""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from workbench.forecast import keep
from workbench.forecast.algorithms.yearly import MEMORY, Array, Days, Looks, refuse, remembered, window
from workbench.forecast.empirical import VALUES
from workbench.forecast.model import Fitted, Model
from workbench.forecast.online import Through
from workbench.forecast.task import Split, Task

LONG = 14
"""Days of silence from which what is usual stands in."""


@dataclass(frozen=True)
class Recurring:
    """`near` and `far` are half-lives in days of the level now and of the level it fades to, `keep` the share of the
    difference that is left a day later; holidays count `holiday` times as much as other days into either. Weekdays are
    learnt from the last `weeks` weeks. It answers with points."""

    looks: Looks = field(default_factory=Looks)
    near: float = 3.5
    far: float = 45.0
    keep: float = 0.96
    holiday: float = 0.2
    weeks: int = 57

    def fit(self, task: Task, split: Split) -> "FittedRecurring":
        """Nothing is learnt: all is read off the past that is given with a question."""
        refuse(task)
        return FittedRecurring(self)


@dataclass(frozen=True)
class FittedRecurring:
    """The recipe."""

    recipe: Recurring

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """The course as a point: mean and quantiles are the same (`blended` gives ranges)."""
        told = self.middle(past, future)
        told = future.select("unique_id", "ds").join(told, on=["unique_id", "ds"], how="left", maintain_order="left")
        return told.select("unique_id", "ds", *(pl.col("middle").exp().alias(name) for name in VALUES))

    def middle(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """unique_id, ds, lead and the middle on the log scale."""
        if not all(name in frame.columns for frame in (past, future) for name in MEMORY):
            memory, keys = remembered(past, future, self.recipe.looks), ["unique_id", "ds"]
            past, future = (part.join(memory, on=keys, how="left", maintain_order="left") for part in (past, future))
        parts = []
        for (name,), asked in future.group_by("unique_id", maintain_order=True):
            seen, ahead = past.filter(unique_id=name).sort("ds"), asked
            cut = seen["ds"].max()
            lead = (ahead["ds"] - cut).dt.total_days().to_numpy().astype(np.float64)
            value = self.course(seen, ahead, lead)
            parts.append(asked.select("unique_id", "ds").with_columns(lead=pl.Series(lead), middle=pl.Series(value)))
        return pl.concat(parts)

    def course(self, past: pl.DataFrame, ahead: pl.DataFrame, lead: Array) -> Array:
        """The way of one series on the log scale."""
        recipe, days = self.recipe, Days.of(past)
        if not np.isfinite(days.log).any():
            return np.zeros(ahead.height)
        grid = pl.DataFrame({"ds": np.datetime64(days.first) + np.arange(len(days.log))}, schema={"ds": pl.Date})
        told = grid.join(past.select("ds", *MEMORY), on="ds", how="left", maintain_order="left")
        usual, lift = (told[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in MEMORY)
        seen = np.flatnonzero(np.isfinite(usual))
        coming = ahead["season"].cast(pl.Float64).fill_null(float(usual[seen[-1]]) if len(seen) else 0.0).to_numpy()
        if not len(seen):  # a first year: nothing to go by but the level
            usual, coming = np.zeros_like(usual), np.zeros_like(coming)
        week = (grid["ds"].dt.weekday() - 1).to_numpy()
        effect = self.weekdays(days, week)
        plain = np.where(days.ordinary, effect[week], np.nan_to_num(lift))
        off = days.log - plain - usual
        weight = np.where(days.ordinary, 1.0, recipe.holiday) * np.isfinite(off)
        age = np.arange(len(off))[::-1]
        levels = []
        for half in (recipe.near, recipe.far):
            w = weight * 0.5 ** (age / half)
            levels.append(float((np.nan_to_num(off) * w).sum() / w.sum()) if w.sum() > 0 else 0.0)
        here = (ahead["ds"].dt.weekday() - 1).to_numpy()
        ordinary = ahead["festival"].fill_null(0).to_numpy() == 0
        extra = np.where(ordinary, effect[here], ahead["lift"].fill_null(0.0).to_numpy())
        fading: Array = recipe.keep**lead
        way: Array = coming + extra + levels[1] + (levels[0] - levels[1]) * fading
        return way

    def weekdays(self, days: Days, week: Array) -> Array:
        """What each weekday adds, Monday first, held towards nothing by three days."""
        around = window(np.where(days.ordinary, days.log, np.nan), self.recipe.looks.base, 5)
        off = np.where(days.ordinary, days.log - around, np.nan)
        off[: max(0, len(off) - 7 * self.recipe.weeks)] = np.nan
        found = [off[(week == day) & np.isfinite(off)] for day in range(7)]
        return np.array([part.sum() / (len(part) + 3) for part in found])

    def save(self, folder: Path) -> None:
        """JSON."""
        keep.write_json(folder / "parameters.json", asdict(self.recipe))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        given = keep.read_json(folder / "parameters.json")
        return cls(Recurring(**given | {"looks": Looks(**given["looks"])}))


@dataclass(frozen=True)
class Remembering:
    """The inner model, told the season and the lift of every day as known ahead.

    Where a series is silent for `LONG` days or more (closed for the winter), what is usual stands in for it, so that
    the inner model does not meet the reopening with nothing to go by.
    """

    inner: Model
    looks: Looks = field(default_factory=Looks)

    def fit(self, task: Task, split: Split) -> "FittedRemembering":
        """Fit the inner model on the widened task."""
        refuse(task)
        wide = replace(task, known_ahead=(*task.known_ahead, *MEMORY), past_only=(*task.past_only, *MEMORY))
        memory = remembered(split.past, split.future, self.looks)
        past, future = widened(split.past, split.future, memory)
        vintages = None
        if split.vintages is not None:
            vintages = split.vintages.join(memory, on=["unique_id", "ds"], how="left")
        inner = self.inner.fit(wide, Split(split.cutoff, past, vintages, future))
        return FittedRemembering(inner, self.looks)


@dataclass(frozen=True)
class FittedRemembering(Through):
    """The fitted inner model; the memory is read off whatever past it is asked from."""

    inner: Fitted
    looks: Looks

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """The inner model's answer."""
        return self.inner.predict(*widened(past, future, remembered(past, future, self.looks)))

    def save(self, folder: Path) -> None:
        """The inner model in a folder of its own."""
        keep.save(self.inner, folder / "inner")
        keep.write_json(folder / "parameters.json", asdict(self.looks))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        return cls(keep.load(folder / "inner"), Looks(**keep.read_json(folder / "parameters.json")))


def widened(past: pl.DataFrame, future: pl.DataFrame, memory: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both with the memory, long silences of the past filled with what is usual, or the mean of all before."""
    keys = ["unique_id", "ds"]
    told = past.join(memory, on=keys, how="left", maintain_order="left").sort(keys)
    known = pl.col("y").is_not_null()
    log = pl.when(pl.col("y") > 0).then(pl.col("y").log())
    mean = (log.fill_null(0.0).cum_sum() / log.is_not_null().cum_sum()).over("unique_id", order_by="ds")
    run = (pl.struct("unique_id", known.alias("known"))).rle_id()
    length = pl.len().over(run)
    usual = (pl.col("season") + pl.col("lift")).fill_null(mean)
    usual = pl.when(usual.is_finite()).then(usual.exp())
    filled = told.with_columns(y=pl.when(~known & (length >= LONG)).then(usual).otherwise("y"))
    return filled, future.join(memory, on=keys, how="left", maintain_order="left")
