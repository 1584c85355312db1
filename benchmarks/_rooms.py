"""Rearing rooms to try controllers on: fixed weather and batches by season, with what was foreseen of them.

Weather is made from the season's means of a valley at 31° N (seeded), with a cold spell or a heat wave laid over it;
forecasts are the truth plus an error that lasts and grows with lead: of temperature as a weather model really erred
(`erring`), else AR(1) of 30 h and 1.5 °C; 8 % of vapour and 30 % of sun. Larvae follow the reference tables on their
set-points; their number differs from what the controller is told. Everything of one scenario comes from its own seed.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from workbench.control.controllers import PRESSURE, Ahead
from workbench.control.planner import SLOTS
from workbench.science import psychrometrics as moist
from workbench.science import sericulture
from workbench.settings import PROJECT

BOXES = 4.0
SEASONS = {
    "spring": (112, 18.0, 3.0),
    "summer": (159, 25.0, 2.0),
    "early autumn": (206, 28.5, 0.0),
    "late autumn": (261, 20.5, -4.0),
}
WINTER = {"winter, artificial diet": (335, 7.5, 0.0)}
"""Day of the year of brushing, mean °C, and its drift over the batch."""
SPELLS = ("normal", "cold spell", "heat wave")
FEEDINGS = (7, 12, 18, 22)
DAY = 1440


@dataclass(frozen=True)
class Scene:
    """What happens to the rooms, an array (rooms × minutes) each, and the forecast error to lay over it."""

    names: tuple[str, ...]
    outdoor: Any
    vapour: Any
    sun: Any
    heat: Any
    water: Any
    co2: Any
    told: Any
    door: Any
    band: Any
    co2_max: Any
    price: Any
    error: Any

    @property
    def minutes(self) -> int:
        return int(self.outdoor.shape[1])


def real_errors(file: Path, city: str = "chengdu", model: str = "p1_ifs") -> Any:
    """A weather model's errors of daily maxima, day by day, °C: the forecast of the day before less the station."""
    rows = pl.read_parquet(file).filter(pl.col("city") == city).sort("datum")
    return (rows[model] - rows["station_max"]).drop_nulls().to_numpy()


def erring(one: Scene, errors: Any, seed: int) -> Scene:
    """The scene with its temperature forecasts erring as on so many days running, drawn at random for each room."""
    rng, days = np.random.default_rng(seed), one.minutes // DAY + 2
    made = one.error.copy()
    for r in range(len(one.names)):
        first = int(rng.integers(0, len(errors) - days))
        made[r, :, 0] = np.interp(
            np.arange(one.minutes), np.arange(days) * DAY + 14 * 60 - DAY, errors[first : first + days]
        )
    return replace(one, error=made)


def window(one: Scene, first: int, days: int) -> Scene:
    """`days` of the scene from its day `first`, with half a day behind."""
    span = slice(first * DAY, (first + days) * DAY + 720)
    return replace(one, **{k: v[:, span] for k, v in vars(one).items() if k != "names"})


def shortened(one: Scene, minutes: int) -> Scene:
    """The first minutes of the scene, with half a day behind."""
    return replace(one, **{k: v[:, : minutes + 720] for k, v in vars(one).items() if k != "names"})


def scene(seed: int, days: int, seasons: tuple[str, ...] = tuple(SEASONS), spells: tuple[str, ...] = SPELLS) -> Scene:
    """All seasons × spells, `days` long with half a day behind to look ahead into; the same seed, the same scene."""
    n = (days * 24 + 12) * 60
    made = [
        _one(np.random.default_rng((seed, i, j)), s, p, n) for i, s in enumerate(seasons) for j, p in enumerate(spells)
    ]
    names = tuple(f"{s}, {p}" for s in seasons for p in spells)
    price = np.tile(_tariff("time_of_use"), (len(names), 1))[:, np.arange(n) % DAY]
    return Scene(names, *(np.stack([m[k] for m in made]) for k in range(10)), price, np.stack([m[10] for m in made]))


def _one(rng: Any, season: str, spell: str, n: int) -> list[Any]:
    start, mean, drift = (SEASONS | WINTER)[season]
    minute = np.arange(n)
    day, hour = minute / DAY, (minute / 60) % 24
    base = mean + drift * (day / day[-1] - 0.5) + _lasting(rng, n, 60, 2.0)
    rise = np.clip(day - 6, 0, 1) - np.clip(day - 9.5, 0, 1)
    long = np.clip(day - 14, 0, 1) - np.clip(day - 19, 0, 1)
    base = base + {"normal": 0.0, "cold spell": -8.0 * rise, "heat wave": 6.0 * long}[spell]
    clear = np.clip(0.6 + _lasting(rng, n, 20, 0.3), 0.1, 1)
    swing = 2.2 + 3.0 * clear
    outdoor = base + swing * np.sin(2 * np.pi * (hour - 9) / 24) + _lasting(rng, n, 0.5, 0.15)
    dew = base - 0.9 * swing - np.where(spell == "heat wave", 2.0 * long, 0) + _lasting(rng, n, 40, 1.0)
    vapour = moist.humidity_ratio(dew, 100.0, PRESSURE)
    length = 12.2 + 1.8 * np.sin(2 * np.pi * (start + day - 80) / 365)
    sun = (
        880
        * clear
        * np.maximum(0, np.sin(np.pi * (hour - 12 + length / 2) / length))
        * (np.abs(hour - 12) < length / 2)
    )
    _, told, band, co2_max = batch(n, "artificial_diet" if season in WINTER else "default")
    more = rng.uniform(0.85, 1.2)
    vary = 1 + 0.15 * np.sin(2 * np.pi * (hour - 10) / 24)
    heat, water, co2 = (told[:, k] * more * vary for k in range(3))
    door = np.zeros(n)
    for d in range(n // DAY + 1):
        for h in FEEDINGS:
            at = d * DAY + h * 60 + int(rng.integers(0, 15))
            door[at : at + 4] = 1
        at = d * DAY + int(rng.integers(8 * 60, 20 * 60))
        door[at : at + int(rng.integers(1, 5))] = 1
    error = np.stack([_lasting(rng, n, 30, s) for s in (1.5, 0.08, 0.3)], axis=-1)
    return [outdoor, vapour, sun, heat, water, co2, told, door, band, co2_max, error]


def _lasting(rng: Any, n: int, hours: float, spread: float) -> Any:
    """AR(1) noise with this memory, drawn every ten minutes and joined by straight lines."""
    from scipy.signal import lfilter

    k = n // 10 + 2
    keep = np.exp(-1 / 6 / hours)
    shocks = rng.normal(0, spread * np.sqrt(1 - keep**2), k)
    shocks[0] = rng.normal(0, spread)
    return np.interp(np.arange(n), np.arange(k) * 10, lfilter([1], [1, -keep], shocks))


def tables(scheme: str) -> tuple[tuple[sericulture.Stage, ...], dict[str, dict[str, Any]]]:
    """Instars, and the bands of one scheme by stage, those it does not name as in the default."""
    kind = {"stage": pl.String}
    stages = pl.read_csv(PROJECT / "data/reference/rearing_stages.csv", comment_prefix="#", schema_overrides=kind)
    points = pl.read_csv(PROJECT / "data/reference/rearing_setpoints.csv", comment_prefix="#", schema_overrides=kind)
    bands = {r["stage"]: r for name in ("default", scheme) for r in points.filter(pl.col("scheme") == name).to_dicts()}
    return sericulture.stages(stages), bands


def batch(n: int, scheme: str = "default") -> tuple[Any, Any, Any, Any]:
    """By minute from brushing, on the set-points: instar, load told (W, kg/h water, kg/h CO₂), band (4), CO₂ limit."""
    plan, bands = tables(scheme)
    stage, told, band, limit = np.zeros(n, dtype=int), np.zeros((n, 3)), np.zeros((n, 4)), np.zeros(n)
    gathered = 0.0
    for at in range(0, n, 60):
        where = sericulture.progress(plan, gathered, 25.0)
        k = min(where.instar, len(plan) - 1)
        row = bands[plan[k].name if where.phase != "mounting" else "mounting"]
        damp = bands[where.phase] if where.phase.startswith("moult") and scheme == "default" else row
        days = plan[k].degree_days / float(sericulture.degree_days(row["t_set"], 24))
        give = sericulture.load(plan[k], BOXES, days, where.through)
        span = slice(at, at + 60)
        stage[span], limit[span] = where.instar, row["co2_max"] or 1200
        told[span] = (give.heat, give.water, give.co2)
        band[span] = (row["t_lo"], row["t_hi"], damp["rh_lo"], damp["rh_hi"])
        gathered += float(sericulture.degree_days(row["t_set"], 1))
    return stage, told, band, limit


def _tariff(name: str) -> Any:
    rows = pl.read_csv(PROJECT / "data/reference/electricity_tariffs.csv", comment_prefix="#")
    price = np.zeros(DAY)
    for r in rows.filter(pl.col("tariff") == name).to_dicts():
        price[int(r["from_hour"]) * 60 : int(r["to_hour"]) * 60] = r["yuan_per_kwh"]
    return price


def repeated(one: Scene, times: int) -> Scene:
    """Each room `times` over, for as many trials at once."""
    parts = {k: np.repeat(v, times, axis=0) for k, v in vars(one).items() if k != "names"}
    return Scene(tuple(n for n in one.names for _ in range(times)), **parts)


def _feeding(one: Scene, begins: Any, ends: Any, perfect: bool) -> Any:
    """Whether the door is due in each slot: told by the feeding hours (up to a quarter of an hour late), or exactly."""
    if perfect:
        spans = [one.door[:, b:e].max(axis=1, initial=0) for b, e in zip(begins, ends, strict=True)]
        return np.stack(spans, axis=1)
    due = [
        any((b % DAY) < h * 60 + 19 and ((e - 1) % DAY) >= h * 60 for h in FEEDINGS)
        for b, e in zip(begins, ends, strict=True)
    ]
    return np.tile(np.array(due, dtype=float), (len(one.names), 1))


def ahead(one: Scene, minute: int, perfect: bool) -> Ahead:
    """What is foreseen at `minute` for the slots of a plan."""
    ends = np.cumsum(SLOTS).astype(int)
    begins = ends - SLOTS.astype(int)
    middle = np.minimum(minute + (begins + ends) // 2, one.minutes - 1)
    grown = 0.0 if perfect else 1 - np.exp(-(middle - minute) / 60 / 3)
    e = one.error[:, middle] * (grown[:, None] if not perfect else 0.0)
    told = one.told[:, middle]
    band = one.band[:, np.minimum(minute + ends - 1, one.minutes - 1)]
    return Ahead(
        minutes=SLOTS,
        outdoor=one.outdoor[:, middle] + e[..., 0],
        vapour=np.maximum(one.vapour[:, middle] * (1 + e[..., 1]), 5e-4),
        sun=np.maximum(one.sun[:, middle] * (1 + e[..., 2]), 0),
        heat=told[..., 0],
        water=told[..., 1],
        co2=told[..., 2],
        band=band,
        price=one.price[:, middle],
        feeding=_feeding(one, minute + begins, minute + ends, perfect),
    )
