"""Model-predictive control of rooms: an observer, a plan of hours renewed every few minutes, its switches each minute.

`Predictive` keeps the protocol of `controllers`. Where there is no weather, or the plan cannot be found in time, the
fallback answers for that room and `fell_back` counts it.
"""

from dataclasses import dataclass, field

import numpy as np

from workbench.control.controllers import Ahead, Controller, Sight, airing
from workbench.control.equipment import VENT, Equipment
from workbench.control.observer import Observer
from workbench.control.planner import SLOTS, Planner, Weights, outside
from workbench.control.pulses import Care, Pulses
from workbench.control.room import Room
from workbench.science.psychrometrics import Floats

STALE = 180
"""Minutes that an old look ahead is still planned with."""


@dataclass
class Predictive:
    """Plans for rooms that share one model; its parts (`planner`, `observer`, `pulses`) stay readable."""

    room: Room
    rooms: int
    fallback: Controller
    equipment: Equipment = field(default_factory=Equipment)
    weights: Weights = field(default_factory=Weights)
    care: Care = field(default_factory=Care)
    every: int = 10
    fell_back: int = 0

    def __post_init__(self) -> None:
        self.observer = Observer(self.room, self.rooms)
        self.planner = Planner(self.room, self.rooms, self.equipment, self.weights)
        self.pulses = Pulses(self.room, self.rooms, care=self.care)
        self.solved = np.zeros(self.rooms, dtype=bool)
        self._ahead: Ahead | None = None
        self._looked, self._planned = -(10**6), -(10**6)

    def decide(self, sight: Sight) -> Floats:
        """Outputs of this minute (rooms × 5): on or off, the vent a share."""
        if sight.ahead is not None:
            self._ahead, self._looked = sight.ahead, sight.minute
        rules = self.fallback.decide(sight)
        if self._ahead is None or sight.minute - self._looked > STALE:
            self.fell_back += self.rooms
            return rules
        outputs = np.zeros((self.rooms, 5)) if sight.outputs is None else sight.outputs
        around = outside(self._ahead)[:, self._slot(sight.minute - self._looked)]
        for k, now in ((0, sight.outdoor), (1, sight.vapour * 1000)):
            around[:, k] = np.where(np.isfinite(now), now, around[:, k])
        self.pulses.seen(outputs)
        self.observer.update(sight.t, sight.rh, outputs, around)
        if self.observer.state is None:
            self.fell_back += self.rooms
            return rules
        least = airing(sight)
        if sight.minute - self._planned >= self.every and sight.minute == self._looked:
            self.solved = self.planner.renew(self.observer.state, self.observer.load, self._ahead, least)
            self._planned = sight.minute
        age = sight.minute - self._planned
        duties = self.planner.plan[:, self._slot(age)]
        vent = np.maximum(duties[:, VENT], least)
        running = self.observer.running.copy()
        running[:, VENT] = np.maximum(vent, running[:, VENT])
        want = self._wanted(age + 8, sight)
        load = self.observer.load
        relays = self.pulses.choose(self.observer.state, running, (around, load), (want, sight.band, duties))
        self.fell_back += int(np.sum(~self.solved))
        return np.where(self.solved[:, None], np.column_stack([relays, vent]), rules)

    @staticmethod
    def _slot(age: float) -> int:
        return min(int(np.searchsorted(np.cumsum(SLOTS), age, side="right")), len(SLOTS) - 1)

    def _wanted(self, age: float, sight: Sight) -> Floats:
        """Where the plan wants to be this old (rooms × 2), inside the band of now."""
        ends = np.cumsum(SLOTS)
        after = min(int(np.searchsorted(ends, age)), len(ends) - 1)
        before = max(after - 1, 0)
        share = 1.0 if after == before else (age - ends[before]) / (ends[after] - ends[before])
        foreseen = self.planner.foreseen
        found = foreseen[:, before] + np.clip(share, 0, 1) * (foreseen[:, after] - foreseen[:, before])
        return np.clip(found, sight.band[:, [0, 2]], sight.band[:, [1, 3]])
