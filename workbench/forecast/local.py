"""Models of one series at a time, run for many at once: [series, time] in, [series, horizon] out.

Each member is a frozen value and bends a series before it looks at it — square root or logarithm, where the series
allows — so that growth and swing may go with the level. What is quick enough to be run again at every origin of a
replay needs no stored state: a portfolio keeps weights and ranges only.
"""

from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.errors import UnreadableFile
from workbench.forecast.algorithms.arima import Order, arima
from workbench.forecast.algorithms.scale import Scale
from workbench.forecast.algorithms.smoothing import smooth
from workbench.forecast.algorithms.theta import theta

Array = NDArray[np.float64]
LEAST_TOTALS = 4
RARE = 0.1
"""A series with a larger share of zeros has no logarithm worth taking: its square root is taken instead."""


@dataclass(frozen=True)
class Bend:
    """How each series of a matrix is bent: `kind` 0 not, 1 by square root, 2 by logarithm; zeros count as `floor`."""

    kind: NDArray[np.int64]
    floor: Array

    @classmethod
    def of(cls, history: Array, scale: Scale) -> "Bend":
        """The wanted scale where a series has no negative value, and for the logarithm only few zeros."""
        known = np.isfinite(history)
        zeros = (history == 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        least = np.where(history > 0, history, np.inf).min(axis=1)
        kind = np.full(len(history), {"linear": 0, "sqrt": 1, "log": 2}[scale])
        kind = np.where((kind == 2) & ((zeros > RARE) | ~np.isfinite(least)), 1, kind)
        kind = np.where((history < 0).any(axis=1), 0, kind)
        return cls(kind, np.where(np.isfinite(least), least / 2, 1.0))

    def take(self, rows: NDArray[np.int64]) -> "Bend":
        """The same for some series, in that order."""
        return Bend(self.kind[rows], self.floor[rows])

    def forward(self, values: Array) -> Array:
        """Values [series, …] on the bent scale."""
        kind, floor = self.kind[:, None], self.floor[:, None]
        with np.errstate(invalid="ignore"):
            root = np.sqrt(np.maximum(values, 0.0))
            log = np.log(np.maximum(values, floor))
        return np.where(kind == 0, values, np.where(kind == 1, root, log))

    def backward(self, values: Array) -> Array:
        """Back in the unit of y."""
        kind = self.kind[:, None]
        squared = np.where(kind == 1, np.maximum(values, 0.0), 0.0) ** 2
        grown = np.exp(np.where(kind == 2, np.minimum(values, 700.0), 0.0))
        return np.where(kind == 0, values, np.where(kind == 1, squared, grown))


class Member(Protocol):
    """A model of single series. `name` tells it in explanations."""

    @property
    def name(self) -> str:
        """Short, for people."""
        ...

    def points(self, history: Array, season: int, horizon: int) -> Array:
        """[series, horizon] from [series, time], which may begin with NaN and must hold none later; NaN = cannot."""
        ...


@dataclass(frozen=True)
class Naive:
    """The last season again."""

    @property
    def name(self) -> str:
        """Short, for people."""
        return "seasonal naive"

    def points(self, history: Array, season: int, horizon: int) -> Array:
        """See Member."""
        return history[:, -season:][:, np.arange(horizon) % season]


@dataclass(frozen=True)
class Smoothing:
    """Exponential smoothing (`algorithms.smoothing`); `damping` (0.0,) is without a trend."""

    scale: Scale
    damping: tuple[float, ...] = (0.9, 0.97)

    @property
    def name(self) -> str:
        """Short, for people."""
        trend = "level" if self.damping == (0.0,) else "trend" if self.damping == (1.0,) else "damped"
        return f"smoothing {trend} {self.scale}"

    def points(self, history: Array, season: int, horizon: int) -> Array:
        """See Member."""
        bend = Bend.of(history, self.scale)
        return bend.backward(smooth(bend.forward(history), season, horizon, self.damping))


@dataclass(frozen=True)
class Arima:
    """ARIMA of fixed order (`algorithms.arima`)."""

    scale: Scale
    order: Order

    @property
    def name(self) -> str:
        """Short, for people."""
        own = self.order
        seasonal = f"({own.seasonal_p},{own.seasonal_d},{own.seasonal_q})" if any(own.counts[2:]) else ""
        return f"arima ({own.p},{own.d},{own.q}){seasonal} {self.scale}"

    def points(self, history: Array, season: int, horizon: int) -> Array:
        """See Member."""
        bend = Bend.of(history, self.scale)
        return bend.backward(arima(bend.forward(history), season, horizon, self.order))


@dataclass(frozen=True)
class Theta:
    """The theta method (`algorithms.theta`)."""

    scale: Scale = "log"
    share: float = 0.5

    @property
    def name(self) -> str:
        """Short, for people."""
        return f"theta {self.scale}"

    def points(self, history: Array, season: int, horizon: int) -> Array:
        """See Member."""
        bend = Bend.of(history, self.scale)
        return bend.backward(theta(bend.forward(history), season, horizon, self.share))


@dataclass(frozen=True)
class Recent:
    """A member that looks at the last `seasons` seasons only: what came before may have followed other rules."""

    inner: "Arima"
    seasons: int = 8

    @property
    def name(self) -> str:
        """Short, for people."""
        return f"{self.inner.name}, last {self.seasons} seasons"

    def points(self, history: Array, season: int, horizon: int) -> Array:
        """See Member."""
        part = history[:, -self.seasons * season :]
        return self.inner.points(part[:, int(np.isfinite(part).any(axis=0).argmax()) :], season, horizon)


@dataclass(frozen=True)
class Totals:
    """The totals of whole seasons forecast by `inner`, spread over the season as `shape` has it.

    A year's total is calmer than its months: trends show in it that the months hide (temporal aggregation). A series
    with fewer than `LEAST_TOTALS` of them is left to `shape`.
    """

    inner: "Smoothing | Arima | Theta"
    shape: "Smoothing"

    @property
    def name(self) -> str:
        """Short, for people."""
        return f"totals by {self.inner.name}"

    def points(self, history: Array, season: int, horizon: int) -> Array:
        """See Member."""
        whole = -(-horizon // season)
        fine = held(self.shape.points(history, season, whole * season), history)
        first = history.shape[1] % season
        totals = history[:, first:].reshape(len(history), -1, season).sum(axis=2)
        enough = np.isfinite(totals).sum(axis=1) >= LEAST_TOTALS
        factor = np.ones((len(history), whole))
        if enough.any():
            told = totals[enough]
            told = told[:, int(np.isfinite(told).any(axis=0).argmax()) :]
            ahead = held(self.inner.points(told, 1, whole), told)
            plain = fine[enough].reshape(-1, whole, season).sum(axis=2)
            sound = (plain > 0) & (ahead > 0)
            factor[enough] = np.where(sound, ahead / np.where(sound, plain, 1.0), 1.0)
        return (fine * np.repeat(factor, season, axis=1))[:, :horizon]


def held(points: Array, history: Array, reach: float = 1.5) -> Array:
    """Points kept within history's range widened by `reach` times itself; what a member cannot say is the naive's."""
    low = np.where(np.isfinite(history), history, np.inf).min(axis=1)[:, None]
    high = np.where(np.isfinite(history), history, -np.inf).max(axis=1)[:, None]
    last = np.broadcast_to(history[:, -1:], points.shape)
    return np.clip(np.where(np.isfinite(points), points, last), low - reach * (high - low), high + reach * (high - low))


NESTED = ("inner", "shape")
"""The names of members within members."""


def told(member: Member) -> dict[str, Any]:
    """A member as plain values for a file."""
    parts = {part.name: getattr(member, part.name) for part in fields(member)}  # type: ignore[arg-type]
    nested = {name: told(part) if name in NESTED else part for name, part in parts.items()}
    if isinstance(member, Arima):
        nested["order"] = asdict(member.order)
    return {"kind": type(member).__name__} | nested


def remade(given: dict[str, Any]) -> Member:
    """Back from `told`; UnreadableFile for a kind that there is not. Members are the dataclasses with `points`."""
    from workbench.forecast import drifted, library

    values = dict(given)
    places: dict[str, Any] = {**globals(), **vars(drifted), **vars(library)}
    kind: Any = places.get(values.pop("kind", ""))
    if not (isinstance(kind, type) and is_dataclass(kind) and hasattr(kind, "points")):
        raise UnreadableFile(f"'{given.get('kind')}' is not a member of a portfolio", "train again")
    values = {name: remade(part) if name in NESTED else part for name, part in values.items()}
    if "order" in values:
        values["order"] = Order(**values["order"])
    if "damping" in values:
        values["damping"] = tuple(values["damping"])
    made: Any = kind
    member: Member = made(**values)
    return member
