"""The protocol that every controller keeps, and the four that plan little or nothing.

A controller is asked once a minute. It sees a `Sight` of its rooms (arrays over rooms; one room is an array of one) and
answers duties (rooms × 5, see DEVICES); it keeps its own memory between calls. What it answers goes through `Relays`
and the shield before any device moves. All of them air the room for CO₂ alike (`airing`).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from workbench.control.equipment import COOLER, DEHUMIDIFIER, HEATER, HUMIDIFIER
from workbench.science import psychrometrics as moist
from workbench.science.psychrometrics import Floats

PRESSURE = 98_000.0


@dataclass(frozen=True)
class Ahead:
    """What is foreseen for the slots of the horizon (rooms × slots) that begin now; `minutes` (slots) is their length.

    `outdoor` °C, `vapour` kg/kg, `sun` W/m²; larvae's `heat` W, `water` kg/h, `co2` kg/h; `band` (rooms × slots × 4);
    `price` yuan/kWh; `feeding` 1 where a feeding or another opening of the door is due (rooms × slots; None: not told).
    """

    minutes: Floats
    outdoor: Floats
    vapour: Floats
    sun: Floats
    heat: Floats
    water: Floats
    co2: Floats
    band: Floats
    price: Floats
    feeding: Floats | None = None


@dataclass(frozen=True)
class Sight:
    """What is read now (an array of rooms each) and what is foreseen; `band` is (rooms × 4): t_lo, t_hi, rh_lo, rh_hi.

    `minute` counts on by one a call; `t` and `outdoor` °C, `rh` %, `co2` and `co2_max` ppm, `vapour` kg/kg outside.
    `ahead` is needed every five minutes by those who plan; None where the weather is lost. `outputs` (rooms × 5) is
    what the devices were told in the minute before, where that is known.
    """

    minute: int
    t: Floats
    rh: Floats
    co2: Floats
    band: Floats
    co2_max: Floats
    outdoor: Floats
    vapour: Floats
    ahead: Ahead | None = None
    outputs: Floats | None = None

    @property
    def target(self) -> tuple[Floats, Floats]:
        return (self.band[:, 0] + self.band[:, 1]) / 2, (self.band[:, 2] + self.band[:, 3]) / 2


class Controller(Protocol):
    """Answers duties for what it sees."""

    def decide(self, sight: Sight) -> Floats: ...


def airing(sight: Sight) -> Floats:
    """Fresh air for CO₂: nothing below 75 % of the limit, all of the fan at the limit."""
    return np.clip((sight.co2 / sight.co2_max - 0.75) / 0.25, 0, 1)


def free_air(sight: Sight, too_warm: Floats, too_wet: Floats) -> Floats:
    """Open the vent where outside air cools or dries for nothing."""
    w = moist.humidity_ratio(sight.t, sight.rh, PRESSURE)
    cools = (too_warm > 0) & (sight.outdoor < sight.t - 1)
    dries = (too_wet > 0) & (sight.vapour < w - 0.0005) & (sight.outdoor > sight.t - 6)
    return np.where(cools, np.clip(too_warm, 0, 1), 0) + np.where(dries, np.clip(too_wet / 5, 0, 1), 0)


@dataclass
class OnOff:
    """Thermostat and hygrostat: on beyond `gap` from the middle of the band, off at the middle again.

    `rooms` × parameters: gap_t °C, gap_rh %, shift_t, shift_rh (of the middle).
    """

    gap_t: Floats
    gap_rh: Floats
    shift_t: Floats
    shift_rh: Floats
    on: Floats | None = None

    def decide(self, sight: Sight) -> Floats:
        t, rh = sight.target
        off_t, off_rh = sight.t - t - self.shift_t, sight.rh - rh - self.shift_rh
        on = np.zeros((len(t), 4), dtype=bool) if self.on is None else self.on.astype(bool)
        sides = (
            (HEATER, -off_t, self.gap_t),
            (COOLER, off_t, self.gap_t),
            (HUMIDIFIER, -off_rh, self.gap_rh),
            (DEHUMIDIFIER, off_rh, self.gap_rh),
        )
        for device, beyond, gap in sides:
            on[:, device] = np.where(beyond > gap, True, np.where(beyond < 0, False, on[:, device]))
        self.on = on.astype(np.float64)
        vent = np.maximum(airing(sight), free_air(sight, off_t - self.gap_t, off_rh - self.gap_rh))
        return np.concatenate([self.on, np.clip(vent, 0, 1)[:, None]], axis=1)


@dataclass
class Pid:
    """Two loops with anti-windup; positive output heats or wets, negative cools or dries.

    `gain_t` per °C, `gain_rh` per %, `reset_t`, `reset_rh` min, `lead` min (0: PI).
    """

    gain_t: Floats
    gain_rh: Floats
    reset_t: Floats
    reset_rh: Floats
    lead: Floats
    minutes: float = 1.0
    held: tuple[Floats, Floats] | None = None
    last: tuple[Floats, Floats] | None = None

    def gains(self, off_t: Floats, off_rh: Floats) -> tuple[Floats, Floats]:
        return self.gain_t, self.gain_rh

    def decide(self, sight: Sight) -> Floats:
        t, rh = sight.target
        e_t, e_rh = t - sight.t, rh - sight.rh
        sum_t, sum_rh = self.held or (np.zeros_like(t), np.zeros_like(t))
        was_t, was_rh = self.last or (sight.t, sight.rh)
        now_t = was_t + 0.2 * (sight.t - was_t)
        now_rh = was_rh + 0.2 * (sight.rh - was_rh)
        g_t, g_rh = self.gains(e_t, e_rh)
        raw_t = g_t * (e_t - self.lead * (now_t - was_t) / self.minutes) + sum_t
        raw_rh = g_rh * (e_rh - self.lead * (now_rh - was_rh) / self.minutes) + sum_rh
        self.last = (now_t, now_rh)
        free_t, free_rh = np.abs(raw_t) < 1, np.abs(raw_rh) < 1
        self.held = (
            np.clip(sum_t + np.where(free_t, g_t * e_t / self.reset_t * self.minutes, 0), -1, 1),
            np.clip(sum_rh + np.where(free_rh, g_rh * e_rh / self.reset_rh * self.minutes, 0), -1, 1),
        )
        duty = np.stack([raw_t, -raw_t, raw_rh, -raw_rh], axis=1).clip(0, 1)
        vent = np.maximum(airing(sight), free_air(sight, np.maximum(-e_t - 0.4, 0), np.maximum(-e_rh - 2, 0)))
        return np.concatenate([duty, vent.clip(0, 1)[:, None]], axis=1)


@dataclass
class FuzzyPid(Pid):
    """A PID whose gains grow with the error, by three overlapping sets (near, off, far) a loop.

    Far is an error of `far_t` °C or `far_rh` %: there the gain is `boost` times its own, near the target 0.7 times.
    """

    far_t: float = 1.5
    far_rh: float = 8.0
    boost: float = 2.0

    def gains(self, off_t: Floats, off_rh: Floats) -> tuple[Floats, Floats]:
        by_t, by_rh = self._grown(np.abs(off_t) / self.far_t), self._grown(np.abs(off_rh) / self.far_rh)
        return self.gain_t * by_t, self.gain_rh * by_rh

    def _grown(self, share: Floats) -> Floats:
        near, far = np.clip(1 - 2 * share, 0, 1), np.clip(2 * share - 1, 0, 1)
        return np.asarray(0.7 * near + (1 - near - far) + self.boost * far)


@dataclass
class LookAhead:
    """Rules that see `hours` ahead: the middle leans, `lean` °C a degree, against what the weather brings; then on–off.

    Cold ahead warms beforehand, heat ahead cools, at most `reach` °C. It is what automatic rooms fall back to.
    """

    inner: OnOff
    hours: float = 2.0
    lean: float = 0.03
    reach: float = 0.3

    def decide(self, sight: Sight) -> Floats:
        if sight.ahead is not None:
            inside = np.cumsum(sight.ahead.minutes) <= self.hours * 60
            change = sight.ahead.outdoor[:, inside].mean(axis=1) - sight.outdoor
            self.inner.shift_t = np.clip(-self.lean * np.nan_to_num(change), -self.reach, self.reach)
        return self.inner.decide(sight)


def rules(rooms: int) -> LookAhead:
    """The look-ahead rules with moderate gaps, for `rooms`: a controller that needs no tuning and no model."""
    return LookAhead(OnOff(*(np.full(rooms, x) for x in (0.4, 2.5, 0.0, 0.0))))
