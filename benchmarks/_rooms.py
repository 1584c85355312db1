"""Rearing rooms to try controllers on: fixed weather and batches by season, their forecasts, and what is counted.

Weather is made from the season's means of a valley at 31° N (seeded), with a cold spell or a heat wave laid over it;
forecasts are the truth plus an error that lasts (AR(1), 30 h) and grows with lead to 1.5 °C, 8 % of vapour and 30 % of
sun. Larvae follow the reference tables on their set-points; their number differs from what the controller is told.
Everything of one scenario comes from its own seed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from workbench.control.controllers import PRESSURE, Ahead, Controller, Sight
from workbench.control.equipment import VENT, Relays
from workbench.control.plant import Plant, Surroundings
from workbench.control.predictive import SLOTS
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
    start, mean, drift = SEASONS[season]
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
    _, told, band, co2_max = batch(n)
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


def tables() -> tuple[tuple[sericulture.Stage, ...], dict[str, dict[str, Any]]]:
    """Instars, and the bands of the default scheme by stage."""
    kind = {"stage": pl.String}
    stages = pl.read_csv(PROJECT / "data/reference/rearing_stages.csv", comment_prefix="#", schema_overrides=kind)
    points = pl.read_csv(PROJECT / "data/reference/rearing_setpoints.csv", comment_prefix="#", schema_overrides=kind)
    bands = {r["stage"]: r for r in points.filter(pl.col("scheme") == "default").to_dicts()}
    return sericulture.stages(stages), bands


def batch(n: int) -> tuple[Any, Any, Any, Any]:
    """By minute from brushing, on the set-points: instar, load told (W, kg/h water, kg/h CO₂), band (4), CO₂ limit."""
    plan, bands = tables()
    stage, told, band, limit = np.zeros(n, dtype=int), np.zeros((n, 3)), np.zeros((n, 4)), np.zeros(n)
    gathered = 0.0
    for at in range(0, n, 60):
        where = sericulture.progress(plan, gathered, 25.0)
        k = min(where.instar, len(plan) - 1)
        row = bands[plan[k].name if where.phase != "mounting" else "mounting"]
        damp = bands[where.phase] if where.phase.startswith("moult") else row
        days = plan[k].degree_days / float(sericulture.degree_days(row["t_set"], 24))
        give = sericulture.load(plan[k], BOXES, days, where.through)
        span = slice(at, at + 60)
        stage[span], limit[span] = where.instar, row["co2_max"]
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
    )


@dataclass(frozen=True)
class Tally:
    """What was counted of each room (arrays): hours out of band, worst excursion, energy, cost, switches."""

    degree_hours: Any
    humid_hours: Any
    worst_t: Any
    worst_rh: Any
    kwh: Any
    yuan: Any
    switches: Any
    worst_co2: Any

    @property
    def burden(self) -> Any:
        """Cost, with 4 yuan for a °C·h and 0.8 for a %·h out of band: what every contender is tuned for."""
        return self.yuan + 4 * self.degree_hours + 0.8 * self.humid_hours


def play(
    one: Scene,
    controller: Controller,
    every: int,
    perfect: bool = False,
    seed: int = 0,
    log: list[Any] | None = None,
    stir: Callable[[int, Any], Any] | None = None,
) -> Tally:
    """Run the rooms under the controller, asked every `every` minutes; three minutes of airing before each feeding."""
    n, minutes = len(one.names), one.minutes - 720
    plant, relays = Plant(n, seed=seed), Relays(n)
    plant.settle(one.band[:, 0, :2].mean(1), one.band[:, 0, 2:].mean(1))
    sums = {k: np.zeros(n) for k in ("dh", "rh", "wt", "wr", "kwh", "yuan", "co2")}
    quiet = np.zeros(n)
    duty = np.zeros((n, 5))
    for m in range(minutes):
        if m % every == 0:
            t, rh, co2 = plant.read()
            foresight = ahead(one, m, perfect) if every >= 5 else None
            duty = controller.decide(
                Sight(m, t, rh, co2, one.band[:, m], one.co2_max[:, m], one.outdoor[:, m], one.vapour[:, m], foresight)
            )
            duty = duty if stir is None else stir(m, duty)
        now = duty.copy()
        open_soon = one.door[:, m : m + 8].max(axis=1) > 0
        now[open_soon, VENT] = np.maximum(now[open_soon, VENT], 0.5)
        outputs = relays.follow(now)
        if log is not None:
            log.append((t, rh, outputs, m))
        power = plant.step(outputs, _around(one, m))
        quiet = np.where(open_soon | (one.door[:, m] > 0), 30, np.maximum(quiet - 1, 0))
        band, humidity = one.band[:, m], plant.humidity
        out_t = np.maximum(band[:, 0] - plant.air, plant.air - band[:, 1]).clip(0)
        out_rh = np.maximum(band[:, 2] - humidity, humidity - band[:, 3]).clip(0)
        counted = (quiet == 0) & (m > 360)
        sums["dh"] += out_t / 60
        sums["rh"] += out_rh / 60
        sums["wt"] = np.where(counted, np.maximum(sums["wt"], out_t), sums["wt"])
        sums["wr"] = np.where(counted, np.maximum(sums["wr"], out_rh), sums["wr"])
        sums["co2"] = np.maximum(sums["co2"], plant.co2)
        sums["kwh"] += power / 60_000
        sums["yuan"] += power / 60_000 * one.price[:, m]
    return Tally(
        sums["dh"], sums["rh"], sums["wt"], sums["wr"], sums["kwh"], sums["yuan"], relays.switches.sum(1), sums["co2"]
    )


def _around(one: Scene, m: int) -> Surroundings:
    return Surroundings(
        one.outdoor[:, m],
        one.vapour[:, m],
        one.sun[:, m],
        one.heat[:, m],
        one.water[:, m],
        one.co2[:, m],
        one.door[:, m],
    )
