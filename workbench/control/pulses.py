"""The next twelve minutes switch by switch: which on and off of the relays keeps a room nearest to its plan.

All patterns of two devices – heater or cooler, humidifier or dehumidifier – over four blocks of the minimum time are
foreseen by the room's model, with its lags, and the best one's first step is taken; asked anew each minute (finite
control set prediction; Rodriguez et al. 2013, IEEE Trans. Ind. Inf. 9:1003–1016). The model is linear while the vent
stays, so a pattern is the run with nothing on and the answers to its blocks. A minimum time is kept because no pattern
that breaks it is taken.
"""

from dataclasses import dataclass, field

import numpy as np

from workbench.control.equipment import COOLER, DEHUMIDIFIER, HEATER, HUMIDIFIER, VENT
from workbench.control.room import PRESSURE, Room
from workbench.science import psychrometrics as moist
from workbench.science.psychrometrics import Floats

BLOCKS = 4
PATTERNS = np.array([[p >> b & 1 for b in range(BLOCKS)] for p in range(2**BLOCKS)], dtype=np.float64)


@dataclass(frozen=True)
class Care:
    """Yuan for an hour: off the plan by one °C or % (squared), out of band by one (straight); for one switch."""

    t: float = 2.0
    rh: float = 0.08
    out_t: float = 8.0
    out_rh: float = 1.6
    switch: float = 0.06


@dataclass
class Pulses:
    """Keeps since when (minutes) each relay (rooms × 4) stands as it does."""

    room: Room
    rooms: int
    minimum: int = 3
    care: Care = field(default_factory=Care)

    def __post_init__(self) -> None:
        self.on = np.zeros((self.rooms, 4), dtype=bool)
        self.since = np.full((self.rooms, 4), 99)
        pairs = [(h, w) for h in range(len(PATTERNS)) for w in range(len(PATTERNS))]
        self._warm, self._wet = (PATTERNS[[p[k] for p in pairs]] for k in (0, 1))

    def seen(self, outputs: Floats) -> None:
        """What the relays were told in the minute before (rooms × 5)."""
        on = outputs[:, :4] > 0.5
        self.since = np.where(on == self.on, self.since + 1, 1)
        self.on = on

    def choose(
        self, state: Floats, running: Floats, around: tuple[Floats, Floats], want: tuple[Floats, Floats, Floats]
    ) -> Floats:
        """Outputs (rooms × 4) of this minute.

        `running` (rooms × 5) includes the vent, which stays; `around`: outside (rooms × 5), load (rooms × 2); `want`:
        target (rooms × 2: °C, %), band (rooms × 4) and the plan's duties (rooms × 5), which say who of two opposite
        target (rooms × 2: °C, %), band (rooms × 4) and duties of the plan (rooms × 5). They say who of two opposite
        """
        minutes = BLOCKS * self.minimum
        (target, band, duties), (slopes, base) = want, self._line(state)
        free, answers = self._answers(state, running, around)
        water = 1000 * moist.humidity_ratio(target[:, 0], target[:, 1], PRESSURE)
        warm = self._side(HEATER, COOLER, duties, free[:, -1, 0] < target[:, 0])
        wet = self._side(HUMIDIFIER, DEHUMIDIFIER, duties, free[:, -1, 1] < water)
        sides = np.stack([warm, wet], axis=1)
        every = np.arange(self.rooms)
        chosen = np.concatenate([answers[every, sides[:, 0]], answers[every, sides[:, 1]]], axis=1)
        ways = np.concatenate([self._warm, self._wet], axis=1)
        free, chosen = free[:, 1::2], chosen[..., 1::2, :]
        level = base[:, None] + np.einsum("nmk,nk->nm", free, slopes)
        bend = np.einsum("nbmk,nk->nbm", chosen, slopes)
        care, rooms = self.care, every
        cost = np.zeros((self.rooms, len(ways)))
        parts = ((free[..., 0], chosen[..., 0], 0, care.t, care.out_t), (level, bend, 1, care.rh, care.out_rh))
        for rest, answer, k, a, out in parts:
            off = (ways @ answer + (rest - target[:, k, None])[:, None]).astype(np.float32)
            cost += a * np.mean(off**2, axis=2)
            low, high = ((band[:, 2 * k + i] - target[:, k])[:, None, None].astype(np.float32) for i in (0, 1))
            cost += out * np.mean(np.maximum(np.maximum(low - off, off - high), 0), axis=2)
        cost *= minutes / 60
        for k, pattern in enumerate((self._warm, self._wet)):
            now = self.on[rooms, sides[:, k]].astype(float)
            switches = np.abs(pattern[None, :, 0] - now[:, None]) + np.abs(np.diff(pattern, axis=1)).sum(1)
            cost += care.switch * switches
            held = self.since[rooms, sides[:, k]] < self.minimum
            cost += 1e6 * (held[:, None] & (pattern[None, :, 0] != now[:, None]))
            other = sides[:, k] ^ 1
            busy = self.on[rooms, other] | ((self.since[rooms, other] < self.minimum) & (k == 0))
            cost += 1e6 * (busy[:, None] & (pattern[None, :, 0] > 0))
        best = np.argmin(cost, axis=1)
        outputs = np.zeros((self.rooms, 4))
        for k, pattern in enumerate((self._warm, self._wet)):
            outputs[rooms, sides[:, k]] = pattern[best, 0]
        return outputs

    def _side(self, up: int, down: int, duties: Floats, lacks: np.ndarray) -> np.ndarray:
        """Which of two opposite devices may run: one that must stay, else the planned one, else the one that helps."""
        lean = duties[:, up] - duties[:, down]
        lacks = np.where(np.abs(lean) > 0.05, lean > 0, lacks)
        stays_up, stays_down = (self.on[:, d] & (self.since[:, d] < self.minimum) for d in (up, down))
        return np.where(stays_up | (~stays_down & lacks), up, down)

    def _line(self, state: Floats) -> tuple[Floats, Floats]:
        """Slopes of relative humidity over T and W (rooms × 2), and its value where both are nought on that line."""
        t, w = state[:, 0], np.maximum(state[:, 2], 1.0)
        at = moist.relative_humidity(t, w / 1000, PRESSURE)
        over_t = (moist.relative_humidity(t + 0.2, w / 1000, PRESSURE) - at) / 0.2
        over_w = (moist.relative_humidity(t, (w + 0.2) / 1000, PRESSURE) - at) / 0.2
        return np.stack([over_t, over_w], axis=1), at - over_t * t - over_w * w

    def _answers(self, state: Floats, running: Floats, around: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
        """T and W with nothing on (rooms × minutes × 2), and what each block of each device adds.

        The latter is rooms × devices × blocks × minutes × 2.
        """
        outside, load = around
        n, minutes, cases = self.rooms, BLOCKS * self.minimum, 1 + 4 * BLOCKS
        told = np.zeros((minutes, cases, 5))
        for device in range(4):
            for block in range(BLOCKS):
                told[block * self.minimum : (block + 1) * self.minimum, 1 + device * BLOCKS + block, device] = 1.0
        told = np.tile(told, (1, n, 1))
        x, runs = (np.repeat(part, cases, axis=0) for part in (state, running))
        told[..., VENT] = runs[:, VENT]
        given, extra = np.repeat(outside, cases, axis=0), np.zeros((n * cases, 4))
        extra[:, [0, 2]] = np.repeat(load, cases, axis=0)
        path = np.empty((minutes, n * cases, 2))
        for m in range(minutes):
            runs = self.room.start(runs, told[m])
            x = self.room.minute(x, runs, given, extra)
            path[m] = x[:, [0, 2]]
        found = path.reshape(minutes, n, cases, 2).transpose(1, 2, 0, 3)
        free = found[:, 0]
        return free, (found[:, 1:] - free[:, None]).reshape(n, 4, BLOCKS, minutes, 2)
