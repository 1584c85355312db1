"""The plan of a batch (饲养批次): which air it wants when, when it moults, is fed, mounts, is harvested, and its yield.

Set-points, durations, meals and yields are reference tables with effective dates; a scheme names one of several
published ones. Warmth is gathered as degree-days (`workbench.science.sericulture`); what lies ahead is reckoned at the
set-points, with the published spread of durations. Times are aware datetimes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from workbench.science import sericulture
from workbench.science.psychrometrics import Floats
from workbench.science.sericulture import Load, Progress, Stage

DEFAULT = "default"
MOULTS = ("moult_first", "moult_second")


@dataclass(frozen=True)
class Band:
    """The air a stage wants: °C, %, ppm, and the table's source. `stage` is 1 … 5, a moult, mounting or incubation."""

    stage: str
    t_set: float
    t_lo: float
    t_hi: float
    rh_set: float
    rh_lo: float
    rh_hi: float
    co2_max: float
    source: str

    def holds(self, t: float, rh: float) -> bool:
        return self.t_lo <= t <= self.t_hi and self.rh_lo <= rh <= self.rh_hi


IDLE = Band("empty", 20.0, 5.0, 35.0, 65.0, 20.0, 95.0, 5000.0, "")
"""A room without larvae: only frost and heat are kept away."""


def in_force(table: pl.DataFrame, scheme: str, day: date, column: str = "scheme") -> pl.DataFrame:
    """The rows of a scheme in force on a day: of each stage the newest that has begun."""
    rows = table.filter(pl.col(column) == scheme, pl.col("valid_from") <= day)
    return rows.sort("valid_from").unique(["stage"], keep="last", maintain_order=True)


def bands(table: pl.DataFrame, scheme: str, day: date) -> dict[str, Band]:
    """What each stage wants by a scheme on a day; what it leaves open (CO₂, mounting) is the default's.

    Moults keep the warmth of their instar, so that `band` must be asked for them. A scheme without moults keeps the
    humidity of the instar through them.
    """
    usual = {row["stage"]: row for row in in_force(table, DEFAULT, day).rows(named=True)}
    own = {row["stage"]: row for row in in_force(table, scheme, day).rows(named=True)}
    rows = {stage: row for stage, row in usual.items() if stage not in MOULTS} | own
    found = {}
    for stage, row in rows.items():
        given = {name: value for name, value in row.items() if value is not None}
        base = replace(IDLE, co2_max=usual.get(stage, {}).get("co2_max") or IDLE.co2_max)
        names = ("t_set", "t_lo", "t_hi", "rh_set", "rh_lo", "rh_hi", "co2_max")
        known: dict[str, Any] = {name: given[name] for name in names if name in given}
        found[stage] = replace(base, stage=stage, source=str(row["document"]), **known)
    return found


def band(wanted: dict[str, Band], stages: Sequence[Stage], where: Progress) -> Band:
    """What larvae want where they are: warmth of the instar, in a moult its own humidity, then mounting."""
    if where.phase == "mounting":
        return wanted["mounting"]
    own = wanted[stages[where.instar].name]
    moult = wanted.get(where.phase)
    if moult is None:
        return own
    return replace(own, stage=where.phase, rh_set=moult.rh_set, rh_lo=moult.rh_lo, rh_hi=moult.rh_hi)


@dataclass(frozen=True)
class Milestone:
    """Something to come: `kind` is moult (入眠), rise (起蚕), mounting (上蔟) or harvest (采茧); which instar, when."""

    kind: str
    instar: int
    early: datetime
    expected: datetime
    late: datetime


def milestones(
    stages: tuple[Stage, ...], wanted: dict[str, Band], gathered: float, now: datetime, spin_days: float
) -> tuple[Milestone, ...]:
    """Everything still to come for larvae that have gathered so many degree-days, kept at the set-points from now on.

    Mounting done, only the harvest is left, whose day is then reckoned from the degree-days beyond the last instar.
    """
    warm = [wanted[stage.name].t_set for stage in stages]
    found = []
    ends = np.cumsum([stage.degree_days for stage in stages])
    for k, stage in enumerate(stages):
        if gathered >= ends[k]:
            continue
        days = sericulture.days_to(stages, gathered, k, warm)
        early, expected, late = (now + timedelta(days=each) for each in days)
        last = k == len(stages) - 1
        before = timedelta(hours=stage.moult_hours)
        if not last and expected - before > now:
            found.append(Milestone("moult", k + 1, max(early - before, now), expected - before, late - before))
        found.append(Milestone("mounting" if last else "rise", k + 1, early, expected, late))
    since = float(gathered - ends[-1]) / max(wanted["mounting"].t_set - stages[-1].base, 1.0)
    mounted = found[-1] if found else None
    harvest = [
        (now - timedelta(days=max(since, 0.0)) if mounted is None else getattr(mounted, name)) + timedelta(days=days)
        for name, days in (("early", spin_days - 1), ("expected", spin_days), ("late", spin_days + 1))
    ]
    return (*found, Milestone("harvest", len(stages), *harvest))


def gathered(brushed: datetime, times: Sequence[datetime], temperatures: Sequence[float], usual: float) -> float:
    """Degree-days since brushing, from hourly temperatures (any order); hours not read count at `usual` °C.

    `times` are the ends of hours; the last is the end of what is counted. None given: 0.
    """
    if not times:
        return 0.0
    span = (max(times) - brushed).total_seconds() / 3600
    inside = [t for when, t in zip(times, temperatures, strict=True) if when > brushed and np.isfinite(t)]
    read = float(np.sum(sericulture.degree_days(np.array(inside, dtype=np.float64), 1.0)))
    return read + float(sericulture.degree_days(usual, max(span - len(inside), 0.0)))


@dataclass(frozen=True)
class Meal:
    """The next feeding (给桑): when the room is aired for it, when it is given, and how much leaf, kg."""

    air_at: datetime
    at: datetime
    leaf: float


def next_meal(meals: dict[str, Any], leaf_a_day: float, where: Progress, local: datetime) -> Meal | None:
    """The next meal of the day's even round, from the row of `rearing_meals`; none in a moult or at mounting.

    >>> row = {"meals": 3, "first_hour": 7, "last_hour": 21, "air_minutes": 8}
    >>> meal = next_meal(row, 60.0, Progress(4, 0.5, "feeding"), datetime(2026, 5, 1, 12))
    >>> meal.at.hour, meal.air_at.minute, meal.leaf
    (14, 52, 20.0)
    """
    if where.phase != "feeding":
        return None
    hours = np.linspace(meals["first_hour"], meals["last_hour"], int(meals["meals"]))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    times = [midnight + timedelta(days=day, hours=float(hour)) for day in (0, 1) for hour in hours]
    at = next(time for time in times if time > local)
    return Meal(at - timedelta(minutes=meals["air_minutes"]), at, leaf_a_day / meals["meals"])


@dataclass(frozen=True)
class Departure:
    """What departures have meant: °C·h and %·h outside the band, hours outside, and their effect as an indication.

    `mortality` % of the larvae (2.6 in good air); `weight` is the cocoon weight against that in good air; both are
    reckoned on instars 4 and 5 alone, from which their source measured, and None before.
    """

    degree_hours: float
    humid_hours: float
    hours: float
    mortality: float | None
    weight: float | None


def departures(t: Floats, rh: Floats, wanted: Floats, grown: np.ndarray) -> Departure:
    """From hourly air (n), the bands then (n × 4: t_lo, t_hi, rh_lo, rh_hi), and whether larvae were in instar 4–5."""
    read = np.isfinite(t) & np.isfinite(rh)
    t, rh, wanted, grown = t[read], rh[read], wanted[read], grown[read]
    off = np.maximum(np.maximum(wanted[:, 0] - t, t - wanted[:, 1]), 0)
    damp = np.maximum(np.maximum(wanted[:, 2] - rh, rh - wanted[:, 3]), 0)
    outside = float(np.sum((off > 0) | (damp > 0)))
    if not grown.any():
        return Departure(float(off.sum()), float(damp.sum()), outside, None, None)
    deaths = [sericulture.mortality(a, b) for a, b in zip(t[grown], rh[grown], strict=True)]
    weights = [sericulture.cocoon_factor(a) for a in t[grown]]
    return Departure(float(off.sum()), float(damp.sum()), outside, float(np.mean(deaths)), float(np.mean(weights)))


def yields(table: pl.DataFrame, season: str, boxes: float, day: date, so_far: Departure) -> tuple[float, float, float]:
    """Cocoons to expect, kg: low, middle, high of the season's published yield, less what departures have cost."""
    row = in_force(table.with_columns(stage=pl.col("season")), season, day, "season").row(0, named=True)
    lost = 1.0 if so_far.mortality is None else (100 - so_far.mortality) / (100 - sericulture.mortality(25, 75))
    share = lost * (so_far.weight or 1.0)
    low, middle, high = (float(row[name]) * boxes * share for name in ("low", "middle", "high"))
    return low, middle, high


@dataclass(frozen=True)
class Hour:
    """What a batch wants and gives off in an hour, kept at the set-points."""

    where: Progress
    band: Band
    load: Load


NOTHING = Load(0.0, 0.0, 0.0, 0.0)


def course(stages: tuple[Stage, ...], wanted: dict[str, Band], boxes: float, hours: int) -> list[Hour]:
    """The first `hours` hours of a batch as planned: known on the day of brushing, whatever the room then does."""
    found, warmth = [], 0.0
    for _ in range(hours):
        hour = stand(stages, wanted, boxes, warmth)
        found.append(hour)
        warmth += float(sericulture.degree_days(hour.band.t_set, 1.0))
    return found


def stand(stages: tuple[Stage, ...], wanted: dict[str, Band], boxes: float, warmth: float) -> Hour:
    """Where larvae are that have gathered `warmth` degree-days, what they want and what they give off."""
    k = next((i for i, end in enumerate(np.cumsum([s.degree_days for s in stages])) if warmth < end), len(stages))
    warm = wanted[stages[min(k, len(stages) - 1)].name].t_set
    where = sericulture.progress(stages, warmth, warm)
    own = band(wanted, stages, where)
    if where.phase == "mounting":
        return Hour(where, own, NOTHING)
    stage = stages[where.instar]
    start = sum(s.degree_days for s in stages[: where.instar])
    through = (warmth - start) / stage.degree_days
    days = stage.degree_days / float(sericulture.degree_days(warm, 24, stage.base))
    given = sericulture.load(stage, boxes, days, through)
    return Hour(where, own, given if where.phase == "feeding" else replace(given, leaf=0.0))


def price(table: pl.DataFrame, tariff: str, hour: int, day: date) -> float | None:
    """Price of electricity in a local hour, yuan/kWh, by the tariff in force; None where the table does not say."""
    rows = table.filter(
        pl.col("tariff") == tariff,
        pl.col("valid_from") <= day,
        pl.col("valid_to").is_null() | (pl.col("valid_to") >= day),
        pl.col("from_hour") <= hour,
        pl.col("to_hour") > hour,
    )
    return float(rows.sort("valid_from")["yuan_per_kwh"][-1]) if rows.height else None
