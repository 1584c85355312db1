"""What a portfolio has learnt — weights and ranges — and how it answers: the members are run again on what is known."""

from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import MissingData
from workbench.forecast import keep
from workbench.forecast.clock import Clock
from workbench.forecast.components import taken_apart
from workbench.forecast.empirical import VALUES
from workbench.forecast.frames import LEVELS, measure
from workbench.forecast.history import Array, SeriesMatrix
from workbench.forecast.local import Bend, Member, held, remade, told
from workbench.forecast.metrics import WEIGHTS
from workbench.forecast.model import ordered
from workbench.forecast.parallel import map as each
from workbench.forecast.spread import Spread, unrest

Rows = NDArray[np.int64]
BLOCK = 6144
"""Seasonal states that are run together: enough to be quick, few enough to stay in the cache."""


@dataclass(frozen=True)
class Look:
    """How much of the past is looked at: at most `seasons` seasons or `steps` steps, whichever is longer; and a season
    is believed where at least `cycles` of it are seen. A series of which more than `rare` of the steps looked at are
    zero, and none negative, is demand that comes now and then."""

    seasons: int = 20
    steps: int = 240
    cycles: int = 3
    rare: float = 0.5

    def most(self, season: int) -> int:
        """Steps looked at of a series with such a season."""
        return max(self.steps, self.seasons * season if season > 1 else 0)

    def least(self, season: int) -> int:
        """Steps without which a replay says nothing: two and a half seasons, five steps."""
        return max(5, int(2.5 * season) + 1 if season > 1 else 0)

    def groups(self, history: SeriesMatrix, seasons: tuple[int, ...]) -> dict[int, Rows]:
        """Row numbers by kind: the longest season that a series shows often enough, 1 for none; below 0 if rare."""
        choice = np.ones(len(history.ids), dtype=np.int64)
        for season in sorted(seasons):
            choice = np.where(history.lengths >= self.cycles * season, season, choice)
        recent = history.values[:, -self.most(1) :]
        zeros = (recent == 0).sum(axis=1) / np.maximum(np.isfinite(recent).sum(axis=1), 1)
        choice = np.where((zeros > self.rare) & ~(recent < 0).any(axis=1), -choice, choice)
        return {int(season): np.flatnonzero(choice == season) for season in np.unique(choice)}


LOOK = Look()


@dataclass(frozen=True)
class Pool:
    """Series of one kind: their members, `weights` (unique_id, w0, w1 …), and the spread of their misses."""

    members: tuple[Member, ...]
    weights: pl.DataFrame
    spread: Spread

    def of(self, ids: list[str]) -> tuple[Array, Array]:
        """Weights [member, series] and widths [series]; a series never seen has the mean weights and width 1."""
        names = [f"w{number}" for number in range(len(self.members))]
        mean = self.weights.select(pl.col(names).mean()).row(0)
        asked = pl.DataFrame({"unique_id": ids}, schema={"unique_id": pl.String})
        both = asked.join(self.weights, on="unique_id", how="left", maintain_order="left")
        weights = both.select(pl.col(name).fill_null(own) for name, own in zip(names, mean, strict=True))
        return weights.to_numpy().T, self.spread.width_of(ids)


@dataclass(frozen=True)
class FittedPortfolio:
    """Pools by kind of series. Nothing of a series' past is kept: it is given with every question."""

    every: str
    seasons: tuple[int, ...]
    bounds: tuple[float | None, float | None]
    look: Look
    rate: float
    pools: dict[int, Pool]

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """The weighted average of the members and its ranges; series without a value are answered by the others'."""
        clock = Clock(self.every)
        asked = future.select("unique_id", "ds", clock.number().alias("number")).with_row_index("row")
        wanted = past.join(asked.select("unique_id").unique(), on="unique_id", how="semi")
        history = SeriesMatrix.of(wanted, clock, max(self.seasons, default=1))
        values = np.full((asked.height, len(VALUES)), np.nan)
        for kind, rows in self.look.groups(history, self.seasons).items():
            ends = pl.DataFrame({"unique_id": [history.ids[i] for i in rows], "last": history.last[rows]})
            own = asked.join(ends.with_row_index("at"), on="unique_id", how="inner", maintain_order="left")
            if own.height:
                at, row = own.get_column("at").to_numpy(), own.get_column("row").to_numpy()
                lead = own.select(pl.col("number") - pl.col("last")).to_series().to_numpy()
                values[row] = self.answer(history, rows, kind, at, lead)
        unknown = np.isnan(values[:, 0])
        if unknown.any():
            values[unknown] = others(history, asked.get_column("unique_id").filter(pl.Series(unknown)))
        answered = asked.select("unique_id", "ds").with_columns(
            pl.Series(name, values[:, i]) for i, name in enumerate(VALUES)
        )
        return ordered(answered, self.bounds)

    def answer(self, history: SeriesMatrix, rows: Rows, kind: int, at: Rows, lead: Rows) -> Array:
        """Values for the questions `at` (series among `rows`) and `lead` (steps from its last value)."""
        pool, season = self.pools.get(kind) or next(iter(self.pools.values())), abs(kind)
        past = history.tail(rows, 0, self.look.most(season))
        reach = len(pool.spread.usual) + 2 * season
        near = np.where(lead <= reach, lead, reach - season + (lead - reach) % season)
        points = run(pool.members, past, season, int(near.max()))
        weights, widths = pool.of([history.ids[row] for row in rows])
        mean = (weights[:, :, None] * points).sum(axis=0)[at, near - 1]
        bend = Bend.of(past, "sqrt").take(at)
        middle = bend.forward(mean[:, None])[:, 0]
        quantiles = bend.backward(pool.spread.quantiles(middle, unrest(past, season)[at], widths[at], near))
        return np.column_stack([quantiles @ np.asarray(WEIGHTS), quantiles])

    def explain(self, past: pl.DataFrame, future: pl.DataFrame, every: int = 1) -> pl.DataFrame:
        """See `explain.Explaining`: the path that the members forecast together, taken apart as `components` does."""
        clock = Clock(self.every)
        forecast = self.predict(past, future).with_columns(clock.number().alias("number"))
        wanted = past.join(forecast.select("unique_id").unique(), on="unique_id", how="semi")
        history = SeriesMatrix.of(wanted, clock, max(self.seasons, default=1))
        parts = []
        for kind, rows in self.look.groups(history, self.seasons).items():
            ends, season = (
                pl.DataFrame({"unique_id": [history.ids[i] for i in rows], "last": history.last[rows]}),
                abs(kind),
            )
            parts.append(taken_apart(forecast, ends, history.tail(rows, 0, self.look.most(season)), season))
        step = clock.number() - forecast.get_column("number").min() + 1
        return pl.concat(parts).filter(step % every == 0) if parts else pl.DataFrame()

    @property
    def learns(self) -> bool:
        """True where verified forecasts move the ranges on."""
        return self.rate > 0

    def update(self, verified: pl.DataFrame) -> Self:
        """Move every level towards the share of truths that fell below it (FORECAST + y); each forecast once."""
        if verified.is_empty() or not self.learns:
            return self
        moved = {k: replace(pool, spread=pool.spread.met(verified, self.rate)) for k, pool in self.pools.items()}
        return replace(self, pools=moved)

    def save(self, folder: Path) -> None:
        """Parquet and JSON, a folder for each kind."""
        for kind, pool in self.pools.items():
            place = folder / f"kind{kind}"
            place.mkdir()
            pool.weights.write_parquet(place / "weights.parquet")
            pool.spread.save(place)
            keep.write_json(place / "members.json", {"members": [told(member) for member in pool.members]})
        given = {"every": self.every, "seasons": list(self.seasons), "bounds": list(self.bounds), "rate": self.rate}
        given |= {"look": asdict(self.look), "pools": sorted(self.pools)}
        keep.write_json(folder / "parameters.json", given)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back."""
        given = keep.read_json(folder / "parameters.json")
        pools = {}
        for kind in given["pools"]:
            place = folder / f"kind{kind}"
            members = tuple(remade(one) for one in keep.read_json(place / "members.json")["members"])
            pools[kind] = Pool(members, pl.read_parquet(place / "weights.parquet"), Spread.load(place))
        bounds, look = tuple(given["bounds"]), Look(**given["look"])
        return cls(given["every"], tuple(given["seasons"]), bounds, look, given["rate"], pools)


def run(members: tuple[Member, ...], past: Array, season: int, horizon: int) -> Array:
    """Points [member, series, lead], each held within what its history makes believable; in blocks, in parallel."""
    size = min(1024, max(32, BLOCK // season))
    blocks = [past[at : at + size] for at in range(0, len(past), size)]
    return np.concatenate(each(partial(points, members=members, season=season, horizon=horizon), blocks), axis=1)


def points(past: Array, members: tuple[Member, ...], season: int, horizon: int) -> Array:
    """One block of `run`."""
    past = past[:, int(np.isfinite(past).any(axis=0).argmax()) :]
    return np.stack([held(member.points(past, season, horizon), past) for member in members])


def others(history: SeriesMatrix, silent: pl.Series) -> Array:
    """For series of which nothing is known: the mean and quantiles of the last values of the others of their measure.

    Raises MissingData where there are none.
    """
    if not history.ids:
        raise MissingData(f"{silent[0]} and all others have no value yet", "ingest history first")
    measures = pl.DataFrame({"unique_id": history.ids}).select(measure()).to_series().to_numpy()
    last = history.values[:, -1]
    out = np.empty((len(silent), len(VALUES)))
    for row, own in enumerate(silent.to_frame().select(measure()).to_series()):
        like = last[measures == own] if (measures == own).any() else last
        out[row] = [like.mean(), *np.quantile(like, LEVELS)]
    return out
