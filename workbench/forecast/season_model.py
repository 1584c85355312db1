"""Yield of a season from few seasons: a level that remembers, and weather windows held to what agronomy believes.

With 15–35 seasons weather models often lose to the plain mean, so everything here is shrunk: a place's level towards
its long mean, its trend towards none, the windows' coefficients — one set for all places, each place's own deviation
held three times as hard — towards their priors, and never to the side that agronomy excludes. Yields are relative to
the place's mean, so that places of any size teach one another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from workbench.forecast.season_weather import Numbers, Window, harm

Mask = NDArray[np.bool_]
ROUNDS = 3  # of level and weather in turn
TO_MEAN = 1.0  # seasons' worth of the long mean in every level
TO_FLAT = 60.0  # seasons² that hold a trend towards none
OWN = 3.0  # how much harder a place's own deviation is held


@dataclass(frozen=True)
class Setting:
    """What is chosen inside the training seasons.

    `memory`: weight of a season a year further away (1 = the plain mean); `trend`: whether the level may lean;
    `strength`: seasons' worth of belief in the priors; infinite = the priors alone, so that a rare harm is
    not voted out by seasons that had none of it. `windows`: how many are used, counted from the most believed.
    """

    memory: float
    trend: bool
    strength: float
    windows: int


ALL = 99
SETTINGS = tuple(
    Setting(m, t, s, w) for w, s, t, m in product((1, ALL), (float("inf"), 20.0), (False, True), (1.0, 0.85, 0.7))
)


@dataclass(frozen=True)
class Record:
    """What is known: `y` (places, seasons), NaN = none; `raw` windows of whole seasons (places, seasons, windows).

    `windows` stand in the order of belief, the surest first.
    """

    seasons: tuple[int, ...]
    y: Numbers
    raw: Numbers
    windows: tuple[Window, ...]
    alternation: float = 0.15  # share of what the crop before had too much that is believed lost; 0 = no such thing

    @property
    def allowed(self) -> Mask:
        """Seasons of which any yield is known."""
        return np.asarray(np.isfinite(self.y).any(axis=0))


@dataclass(frozen=True)
class Told:
    """The answer for one season: the mean of each place, without the weather, and what weather could still add.

    `mean`, `base` (places); `members` (places, seasons of weather): the forecast under each completion, NaN where none;
    `parts` (places, windows + 1): how much each window and the crop before took away; all in the unit of `y`.
    `coefficients` (places, windows + 1): the share of a crop lost for each deviation of harm.
    """

    mean: Numbers
    base: Numbers
    members: Numbers
    parts: Numbers
    unit: Numbers
    coefficients: Numbers


def answer(record: Record, setting: Setting, train: Mask, at: int, ahead: Numbers, normal: Mask) -> Told:
    """Learn from the seasons of `train`, answer the season at position `at`.

    `ahead` are its windows under each completion (places, seasons, windows); only the seasons of `normal` — whose
    weather may be known — complete it and say what is normal.
    """
    y = np.where(train[None, :], record.y, np.nan)
    unit = _units(y)
    r = y / unit[:, None]
    past = record.raw[:, normal]
    x = harm(record.raw, past, record.windows)
    options = harm(ahead[:, normal], past, record.windows)
    options[~np.isfinite(ahead[:, normal]).all(axis=2)] = np.nan
    x[:, :, setting.windows :], options[:, :, setting.windows :] = 0, 0
    weights = _weights(len(train), setting.memory)
    prior = np.array([*(w.prior for w in record.windows), record.alternation])
    coefficients = np.zeros((len(y), len(prior)))
    level = _level(r, weights, setting.trend)
    full = np.concatenate([x, np.zeros_like(r)[:, :, None]], axis=2)
    for _ in range(ROUNDS):
        full[:, :, -1] = _before(r, level) if record.alternation else 0
        coefficients = _coefficients(full, level - r, prior, setting.strength)
        clean = r + np.einsum("psw,pw->ps", full, coefficients)
        level = _level(clean, weights, setting.trend)
    full[:, :, -1] = _before(r, level) if record.alternation else 0
    base = level[:, at]
    before = np.repeat(full[:, at : at + 1, -1], options.shape[1], axis=1)[:, :, None]
    lost = np.concatenate([options, before], axis=2) * coefficients[:, None, :]
    members = base[:, None] - lost.sum(axis=2)
    there = np.isfinite(members)[:, :, None]
    parts = np.where(there, lost, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    mean = np.maximum(base - parts.sum(axis=1), 0.05)
    return Told(
        mean * unit, base * unit, np.maximum(members, 0.05) * unit[:, None], parts * unit[:, None], unit, coefficients
    )


def _units(y: Numbers) -> Numbers:
    """Each place's mean, with one season's worth of the mean of all: a place without any has that."""
    there = np.isfinite(y)
    count, total = there.sum(axis=1), np.where(there, y, 0).sum(axis=1)
    common = total.sum() / max(count.sum(), 1)
    return np.asarray((total + common) / (count + 1))


def _weights(seasons: int, memory: float) -> Numbers:
    """How much each season (column) says about each (row); none about itself."""
    distance = np.abs(np.subtract.outer(np.arange(seasons), np.arange(seasons)))
    return np.where(distance > 0, memory ** (distance - 1.0), 0.0)


def _level(r: Numbers, weights: Numbers, trend: bool) -> Numbers:
    """Weighted level of every place at every season from its other seasons; it may lean, held towards flat."""
    there = np.isfinite(r).astype(float)
    value = np.nan_to_num(r)
    mean = (value.sum(axis=1) + TO_MEAN) / (there.sum(axis=1) + TO_MEAN)
    s0 = there @ weights.T + TO_MEAN
    t0 = value @ weights.T + TO_MEAN * mean[:, None]
    if not trend:
        return np.asarray(t0 / s0)
    away = np.subtract.outer(np.arange(len(weights)), np.arange(len(weights))).T  # [asked, other] = other − asked
    s1, s2 = there @ (weights * away).T, there @ (weights * away**2).T + TO_FLAT
    t1 = value @ (weights * away).T
    return np.asarray((s2 * t0 - s1 * t1) / (s0 * s2 - s1**2))


def _before(r: Numbers, level: Numbers) -> Numbers:
    """By how much the crop before was too large; 0 where it is not known."""
    found = np.zeros_like(r)
    found[:, 1:] = np.nan_to_num(r - level)[:, :-1]
    return np.clip(found, -0.5, 0.5)


def _coefficients(x: Numbers, lost: Numbers, prior: Numbers, strength: float) -> Numbers:
    """Ridge around the priors, first for all places together, then each place's deviation; none below zero."""
    if np.isinf(strength):
        return np.tile(prior, (len(x), 1))
    there = np.isfinite(lost)
    gap = np.where(there, lost, 0) - np.where(there, x @ prior, 0)
    z = np.where(there[:, :, None], x, 0)
    each = np.einsum("psv,psw->pvw", z, z)
    moment = np.einsum("psw,ps->pw", z, gap)
    one = np.eye(len(prior))
    common = np.linalg.solve(each.sum(axis=0) + strength * one, moment.sum(axis=0))
    rest = moment - each @ common
    own = np.linalg.solve(each + OWN * strength * one, rest[:, :, None])[:, :, 0]
    return np.maximum(prior + common + own, 0)


def factors(windows: Sequence[Window]) -> tuple[str, ...]:
    """What each of the `parts` of a `Told` stands for, in order."""
    return (*(w.name for w in windows), "crop_before")


def blend(answers: Sequence[Told], weights: Numbers) -> Told:
    """The weighted mean of several answers for the same season."""

    def mixed(name: str) -> Numbers:
        return np.asarray(np.average([getattr(told, name) for told in answers], axis=0, weights=weights))

    return Told(**{name: mixed(name) for name in Told.__dataclass_fields__})
