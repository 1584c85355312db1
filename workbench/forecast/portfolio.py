"""Portfolio: many small models of single series as one, weighed and given ranges by their own replayed errors.

Fitting replays the last origins of every series inside the training data. Members are averaged; the average leans
towards what was better for the task and for the series, and far enough towards equal weights to keep the strength of a
plain mean. Ranges are pooled over the series (`spread`). A series is answered by the members for its season if it is
long enough to show one, by those for rare demand if it is mostly zero, else by those without a season — by what it is,
never by its name.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from workbench.forecast.clock import Clock
from workbench.forecast.drifted import taught
from workbench.forecast.history import Array, SeriesMatrix
from workbench.forecast.local import Bend, Member
from workbench.forecast.portfolio_fitted import LOOK, FittedPortfolio, Look, Pool, Rows, run
from workbench.forecast.spread import OVERLAP, Replayed, Spread, unrest
from workbench.forecast.task import Split, Task

SHARP = 10.0
"""A member that is surely 1 % better than the average weighs this many per cent more."""
OWN = 3.0
"""The same for one that was 1 % better for a single series, as far as its replays are believed."""


@dataclass(frozen=True)
class Portfolio:
    """Members averaged, with ranges.

    `seasonal` answer series with a season, `rare` those that are mostly zero (without any they count as the others),
    `plain` the rest. The last `windows` origins, `stride` horizons apart, are replayed. `trust` is how many of them
    weigh as much as the pool of all series in a series' own weights, and `hold` the same for the width of its ranges.
    With `rate` > 0 verified forecasts move the ranges on.
    """

    seasonal: tuple[Member, ...]
    plain: tuple[Member, ...]
    rare: tuple[Member, ...] = ()
    windows: int = 6
    stride: float = 0.5
    trust: float = 2.0
    hold: float = 6.0
    rate: float = 0.0
    look: Look = LOOK

    def fit(self, task: Task, split: Split) -> FittedPortfolio:
        """Replay, weigh, and measure the misses of the weighted average."""
        history = SeriesMatrix.of(split.past, Clock(task.every), max(task.seasons, default=1))
        pools = {}
        for kind, rows in self.look.groups(history, task.seasons).items():
            season = abs(kind)
            members = (kind < 0 and self.rare) or (self.seasonal if season > 1 else self.plain)
            replays = self.replay(history, rows, members, season, task.horizon)
            members = taught(members, history.tail(rows, 0, self.look.most(season)), season)
            pools[kind] = self.pool(replays, members, [history.ids[row] for row in rows], task.horizon, season)
        return FittedPortfolio(task.every, task.seasons, task.bounds, self.look, self.rate, pools)

    def replay(
        self, history: SeriesMatrix, rows: Rows, members: tuple[Member, ...], season: int, horizon: int
    ) -> list["Window"]:
        """The last origins of some series, the newest first; series too short before an origin are left out there."""
        found = []
        for number in range(self.windows):
            back = horizon + number * max(1, round(self.stride * horizon))
            here = np.flatnonzero(history.lengths[rows] - back >= self.look.least(season))
            if not len(here):
                break
            past = history.tail(rows[here], back, self.look.most(season))
            end = history.values.shape[1] - back
            truth = history.values[rows[here], end : end + horizon]
            found.append(Window(here, past, run(taught(members, past, season), past, season, horizon), truth, season))
        return found

    def pool(
        self, replays: list["Window"], members: tuple[Member, ...], ids: list[str], horizon: int, season: int
    ) -> Pool:
        """Weights and ranges from the replays of series with one season."""
        weights = weigh([(one.rows, one.losses) for one in replays], len(members), len(ids), self.trust)
        spread = Spread.learn([one.replayed(weights) for one in replays], tuple(ids), horizon, season, self.hold)
        frame = pl.DataFrame({"unique_id": ids}, schema={"unique_id": pl.String}).with_columns(
            pl.Series(f"w{number}", own) for number, own in enumerate(weights)
        )
        return Pool(members, frame, spread)


@dataclass(frozen=True)
class Window:
    """One replayed origin: numbers of series, their past, points[member, series, lead] and the truth."""

    rows: Rows
    past: Array
    points: Array
    truth: Array
    season: int

    @property
    def losses(self) -> Array:
        """Mean absolute error of each member [member, series] over the mean change of a season."""
        gap = self.season if self.past.shape[1] > self.season else 1
        change = np.abs(self.past[:, gap:] - self.past[:, :-gap])
        known = np.isfinite(change)
        size = np.where(known, change, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        return np.abs(self.points - self.truth).mean(axis=2) / np.where(size > 0, size, 1.0)

    def replayed(self, weights: Array) -> Replayed:
        """The weighted average on the bent scale."""
        bend = Bend.of(self.past, "sqrt")
        mean = (weights[:, self.rows, None] * self.points).sum(axis=0)
        size = unrest(self.past, self.season)
        some = size > 0
        return Replayed(self.rows[some], bend.forward(mean)[some], bend.forward(self.truth)[some], size[some])


def weigh(losses: list[tuple[Rows, Array]], members: int, series: int, trust: float) -> Array:
    """Weights [member, series] with sum 1: what the pool of all series shows, times what the series itself shows.

    A series' own ratio of losses weighs as many replays as it has, the pool's `trust` of them; without any all members
    weigh the same.
    """
    if not losses:
        return np.full((members, series), 1 / members)
    total, count = np.zeros((members, series)), np.zeros(series)
    for rows, loss in losses:
        total[:, rows] += loss
        count[rows] += 1
    pool = total.sum(axis=1)
    shared = (pool / pool.mean() if pool.mean() > 0 else np.ones(members))[:, None]
    mean = total.mean(axis=0)
    own = np.where(mean > 0, total / np.where(mean > 0, mean, 1.0), 1.0)
    ratio = (count * own + trust * shared) / (count + trust) / np.maximum(shared, 1e-3)
    pooled = evidence(np.array([loss.mean(axis=1) for _, loss in losses]))[:, None]
    weights = pooled / np.maximum(ratio, 1e-3) ** OWN
    return weights / weights.sum(axis=0)


def evidence(losses: Array) -> Array:
    """Weights [member] from mean losses [replay, member]: how much better, as far as it is so at every origin.

    All series of a task may be hit by the same shock, so that one origin is one observation, however many series it
    has. The mean log ratio to the members' average is shrunk by its own uncertainty over the origins.
    """
    ratio = np.log(np.maximum(losses, 1e-12) / np.maximum(losses.mean(axis=1, keepdims=True), 1e-12))
    mean = ratio.mean(axis=0)
    doubt = ratio.var(axis=0, ddof=1) * OVERLAP / len(ratio) if len(ratio) > 1 else np.abs(mean)
    return np.exp(-SHARP * mean * mean**2 / np.maximum(mean**2 + 2 * doubt, 1e-12))
