"""What to do in a rearing room and when, by rule: from the air now, the hours foreseen, and where the batch stands.

The rules are those of rearing practice: bring the air back into its band, before it leaves it where that is more likely
than not, air before a meal and when CO₂ is high, leave larvae in the moult unfed and in peace, have the frames ready
for mounting.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from workbench.science.batch_plan import Band, Meal, Milestone
from workbench.science.sericulture import Progress

LIKELY = 0.5
"""A departure that is more likely than not is acted on beforehand."""
SOON = timedelta(hours=6)
DAY = timedelta(hours=24)
FOUL = 0.9
"""Share of the CO₂ limit at which a person should air."""
SIDES = (("p_cold", "warm"), ("p_warm", "cool"), ("p_dry", "wet"), ("p_damp", "dry"))


@dataclass(frozen=True)
class Advice:
    """One thing to do: `code` names it, `at` is when (None: now), `value` belongs to it (°C, %, ppm, kg, share)."""

    code: str
    at: datetime | None = None
    value: float = 0.0


def now_wanted(band: Band, t: float | None, rh: float | None, co2: float | None, drier_outside: bool) -> list[Advice]:
    """What the air asks for at once; by how much it is outside its band. Damp air is blown out where outside is drier.

    >>> band = Band("5", 24, 23, 25, 70, 65, 75, 1200, "")
    >>> [(a.code, round(a.value, 1)) for a in now_wanted(band, 22.4, 80.0, 1150.0, True)]
    [('warm_now', 0.6), ('blow_now', 5.0), ('air_now', 1150.0)]
    """
    found = []
    if t is not None and t < band.t_lo:
        found.append(Advice("warm_now", value=band.t_lo - t))
    if t is not None and t > band.t_hi:
        found.append(Advice("cool_now", value=t - band.t_hi))
    if rh is not None and rh < band.rh_lo:
        found.append(Advice("wet_now", value=band.rh_lo - rh))
    if rh is not None and rh > band.rh_hi:
        found.append(Advice("blow_now" if drier_outside else "dry_now", value=rh - band.rh_hi))
    if co2 is not None and co2 > FOUL * band.co2_max:
        found.append(Advice("air_now", value=co2))
    return found


def soon_wanted(hours: Iterable[Mapping[str, object]], now: datetime, already: set[str]) -> list[Advice]:
    """The first hour of each departure that is likelier than not; `hours` hold ds and p_cold, p_warm, p_dry, p_damp.

    `already` names what is asked for now (warm, cool, wet, dry).
    """
    found: dict[str, Advice] = {}
    for hour in hours:
        when = hour["ds"]
        assert isinstance(when, datetime)
        if not now < when <= now + DAY:
            continue
        for chance, what in SIDES:
            share = hour[chance]
            likely = isinstance(share, float) and share > LIKELY
            if likely and what not in already and what not in found:
                found[what] = Advice(f"{what}_soon", when, float(share))  # type: ignore[arg-type]
    return sorted(found.values(), key=lambda one: one.at or now)


def batch_wanted(where: Progress, meal: Meal | None, to_come: Iterable[Milestone], now: datetime) -> list[Advice]:
    """What the larvae ask for: meals with airing before, peace in the moult, frames for mounting, the harvest."""
    found = []
    if where.phase in ("moult_first", "moult_second"):
        found.append(Advice("moult"))
    if where.phase == "mounting":
        found.append(Advice("mounting"))
    if meal is not None:
        found += [Advice("air_meal", meal.air_at), Advice("feed", meal.at, meal.leaf)]
    for one in to_come:
        if one.kind == "moult" and one.expected <= now + SOON:
            found.append(Advice("moult_soon", one.expected))
        if one.kind == "mounting" and one.early <= now + DAY:
            found.append(Advice("frames", one.expected))
        if one.kind == "harvest" and one.early <= now + DAY:
            found.append(Advice("harvest", one.expected))
    return found


def advise(air: list[Advice], soon: list[Advice], batch: list[Advice]) -> list[Advice]:
    """Everything in the order in which it is to be done; `hold` where nothing is wrong with the air."""
    timed = sorted((one.at, k, one) for k, one in enumerate([*soon, *batch]) if one.at is not None)
    return [*(air or [Advice("hold")]), *(one for one in batch if one.at is None), *(one for _, _, one in timed)]
