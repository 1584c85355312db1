"""What silkworms in a room eat and give off, how they develop with warmth, and what departures cost them.

Everything is for boxes (张) of 25,000 larvae. Heat, water and CO₂ follow from the dry matter that instars 4 and 5 take
in: 6.2 g a larva, 42 % digested, half of that respired (1.24 g) at 18.5 kJ/g, 1.55 g CO₂ and 0.55 g water per gram; the
leaf is three quarters water, of which 8.9 g a larva is given off to the air in a life.

Source: Horie & Watanabe 1983, Appl. Entomol. Zool. 18:70–80; leaf and durations as `data/reference/rearing_stages.csv`
names them. Mortality is a surface through the points of Hussain et al. 2011 (AJB) and no more than plausible.
"""

from dataclasses import dataclass
from math import exp

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from workbench.science.psychrometrics import Floats

BOX = 25_000
"""Larvae of one box of eggs."""

HEAT_CAP = 30.0
"""°C above which development gains no more."""

_RESPIRED = 1.24
_WATER_OFF = 8.9
_LATENT = 2.44e6


@dataclass(frozen=True)
class Load:
    """What a room's larvae give off: `heat` W (metabolic), `water` kg/h, `co2` kg/h; `leaf` kg/d that they are fed."""

    heat: float
    water: float
    co2: float
    leaf: float

    @property
    def latent(self) -> float:
        """Heat that the water takes with it when it evaporates, W: about as much as the metabolic heat."""
        return self.water / 3600 * _LATENT


@dataclass(frozen=True)
class Stage:
    """One instar of the reference table: `degree_days` above `base`, `share` of a life's load, `leaf` kg a box."""

    name: str
    base: float
    degree_days: float
    spread: float
    moult_hours: float
    leaf: float
    share: float


def stages(table: pl.DataFrame, scheme: str = "default") -> tuple[Stage, ...]:
    """The instars of one scheme, in order, from the reference table `rearing_stages`."""
    columns = ("stage", "base_c", "degree_days", "spread", "moult_hours", "leaf_kg", "load_share")
    rows = table.filter(pl.col("scheme") == scheme).sort("stage").select(columns)
    return tuple(Stage(*row) for row in rows.iter_rows())


def load(stage: Stage, boxes: float, days: float, through: float = 0.5) -> Load:
    """What `boxes` give off in this instar when it lasts `days`, `through` it (0 hatched or moulted … 1 done).

    In the fifth instar intake climbs from a quarter of its mean to 1.6 times in the middle and falls before spinning.

    >>> five = Stage("5", 10, 133, 0.15, 0, 385, 0.824)
    >>> peak = load(five, boxes=1, days=9.5)
    >>> round(peak.heat), round(peak.water, 2), round(peak.leaf)
    (830, 1.16, 58)
    """
    shape = 0.25 + 1.35 * np.sin(np.pi * min(max(through, 0.0), 1.0))
    share = stage.share * float(shape) / (0.25 + 1.35 * 2 / np.pi)
    gram = _RESPIRED * BOX * boxes * share / days
    return Load(
        heat=gram * 18_500 / 86_400,
        water=_WATER_OFF * BOX * boxes * share / days / 24 / 1000,
        co2=gram * 1.55 / 24 / 1000,
        leaf=stage.leaf * boxes * float(shape) / (0.25 + 1.35 * 2 / np.pi) / days,
    )


def degree_days(t: ArrayLike, hours: float, base: float = 10.0) -> Floats:
    """Warmth gathered in `hours` at temperature `t`: above `base`, and no more above 30 °C.

    >>> float(degree_days(24.0, 24))
    14.0
    """
    return np.clip(np.asarray(t, dtype=np.float64) - base, 0, HEAT_CAP - base) * hours / 24


@dataclass(frozen=True)
class Progress:
    """Where a batch is: index of the instar (number of stages = mounting), the share of it done, and its phase.

    The phase is `feeding` (食桑), `moult_first` (眠前半), `moult_second` (眠后半) or `mounting` (上蔟).
    """

    instar: int
    through: float
    phase: str


def progress(plan: tuple[Stage, ...], gathered: float, t: float) -> Progress:
    """Where larvae are that have gathered so many degree-days since brushing, at temperature `t` now.

    >>> one = Stage("1", 10, 70, 0.15, 20, 1, 0.002)
    >>> progress((one,), 35.0, 27.5).phase, progress((one,), 60.0, 27.5).phase, progress((one,), 71.0, 27.5).phase
    ('feeding', 'moult_first', 'mounting')
    """
    for k, stage in enumerate(plan):
        if gathered < stage.degree_days:
            moult = float(degree_days(t, stage.moult_hours, stage.base))
            before = stage.degree_days - gathered
            if before > moult or moult == 0:
                return Progress(k, gathered / stage.degree_days, "feeding")
            phase = "moult_first" if before > moult / 2 else "moult_second"
            return Progress(k, gathered / stage.degree_days, phase)
        gathered -= stage.degree_days
    return Progress(len(plan), 1.0, "mounting")


def days_to(plan: tuple[Stage, ...], gathered: float, instar: int, temperatures: list[float]) -> tuple[float, ...]:
    """Days until the end of this instar at the set-points `temperatures` (one a stage): early, expected, late.

    The range is the published spread of lifetimes (15 %), of the part that lies ahead.

    >>> two = (Stage("1", 10, 70, 0.15, 20, 1, 0.002), Stage("2", 10, 49.5, 0.15, 20, 3, 0.01))
    >>> [round(d, 1) for d in days_to(two, 0.0, 1, [27.5, 26.5])]
    [6.0, 7.0, 8.0]
    """
    days, start = 0.0, 0.0
    for stage, t in zip(plan[: instar + 1], temperatures, strict=False):
        left = max(0.0, min(stage.degree_days, start + stage.degree_days - gathered))
        days += left / max(float(degree_days(t, 24, stage.base)), 1e-9)
        start += stage.degree_days
    spread = plan[min(instar, len(plan) - 1)].spread
    return days * (1 - spread), days, days * (1 + spread)


def mortality(t: float, rh: float) -> float:
    """Larval mortality of instars 4–5, %, at this warmth and humidity, as an indication.

    >>> round(mortality(25, 75), 1), round(mortality(35, 55), 1)
    (2.6, 11.9)
    """
    return min(60.0, 2.6 * exp(0.110 * max(0.0, t - 26) + 0.0355 * max(0.0, 70 - rh)))


def cocoon_factor(t: float) -> float:
    """Cocoon weight against that at 23–25 °C in the fifth instar: one per cent less a degree above, half below.

    >>> round(cocoon_factor(28.0), 2), cocoon_factor(24.0), cocoon_factor(21.0)
    (0.97, 1.0, 0.99)
    """
    return 1 - 0.01 * max(0.0, t - 25) - 0.005 * max(0.0, 23 - t)
