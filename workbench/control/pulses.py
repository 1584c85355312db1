"""The next twelve minutes switch by switch: which on and off of the relays keeps a room nearest to its plan.

All patterns of two devices – heater or cooler, humidifier or dehumidifier – over four blocks of the minimum time are
run through the room's model, with its lags, and the best one's first step is taken; asked anew each minute (finite
control set prediction; Rodriguez et al. 2013, IEEE Trans. Ind. Inf. 9:1003–1016). A minimum time is kept because no
pattern that breaks it is run.
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
        self, state: Floats, running: Floats, around: tuple[Floats, Floats], want: tuple[Floats, Floats]
    ) -> Floats:
        """Outputs (rooms × 4) of this minute.

        `running` (rooms × 5) includes the vent, which stays; `around`: outside (rooms × 5), load (rooms × 2); `want`:
        target (rooms × 2: °C, %) and band (rooms × 4).
        """
        minutes = BLOCKS * self.minimum
        (target, band), (slopes, base) = want, self._line(state)
        nothing = np.zeros((self.rooms, 1, minutes, 2))
        idle = self._run(state, running, around, nothing, np.tile([HEATER, HUMIDIFIER], (self.rooms, 1)))
        water = 1000 * moist.humidity_ratio(target[:, 0], target[:, 1], PRESSURE)
        warm = self._side(HEATER, COOLER, idle[0][:, 0, -1] < target[:, 0])
        wet = self._side(HUMIDIFIER, DEHUMIDIFIER, idle[1][:, 0, -1] < water)
        sides = np.stack([warm, wet], axis=1)
        runs = np.repeat(np.stack([self._warm, self._wet], axis=-1), self.minimum, axis=1)
        t, w = self._run(state, running, around, np.broadcast_to(runs, (self.rooms, *runs.shape)), sides)
        rh = base[:, None, None] + slopes[:, 0, None, None] * t + slopes[:, 1, None, None] * w
        care, rooms = self.care, np.arange(self.rooms)
        cost = np.zeros(t.shape[:2])
        for value, k, a, out in ((t, 0, care.t, care.out_t), (rh, 1, care.rh, care.out_rh)):
            cost += a * np.mean((value - target[:, k, None, None]) ** 2, axis=2)
            low, high = band[:, 2 * k, None, None], band[:, 2 * k + 1, None, None]
            cost += out * np.mean(np.maximum(np.maximum(low - value, value - high), 0), axis=2)
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

    def _side(self, up: int, down: int, lacks: np.ndarray) -> np.ndarray:
        """Which of two opposite devices may run: one that must stay on, else the one that helps."""
        stays_up, stays_down = (self.on[:, d] & (self.since[:, d] < self.minimum) for d in (up, down))
        return np.where(stays_up | (~stays_down & lacks), up, down)

    def _line(self, state: Floats) -> tuple[Floats, Floats]:
        """Slopes of relative humidity over T and W (rooms × 2), and its value where both are nought on that line."""
        t, w = state[:, 0], np.maximum(state[:, 2], 1.0)
        at = moist.relative_humidity(t, w / 1000, PRESSURE)
        over_t = (moist.relative_humidity(t + 0.2, w / 1000, PRESSURE) - at) / 0.2
        over_w = (moist.relative_humidity(t, (w + 0.2) / 1000, PRESSURE) - at) / 0.2
        return np.stack([over_t, over_w], axis=1), at - over_t * t - over_w * w

    def _run(
        self, state: Floats, running: Floats, around: tuple[Floats, Floats], runs: Floats, sides: np.ndarray
    ) -> tuple[Floats, Floats]:
        """T and W (rooms × patterns × minutes) under `runs` (rooms × patterns × minutes × 2) of the devices `sides`."""
        outside, load = around
        a, b = self.room.rates(running[:, VENT])
        add = self.room.drive(running[:, VENT], outside)
        rooms, parts = np.arange(self.rooms), runs.shape[1]
        strength = [b[:, sides[:, k]].T for k in (0, 1)]
        on = [np.repeat(running[rooms, sides[:, k], None], parts, axis=1) for k in (0, 1)]
        fading = running[:, :4].copy()
        for k in (0, 1):
            fading[rooms, sides[:, k]] = 0.0
        keep = np.exp(-1 / self.room["lag_device"])
        t, mass, w, litter = (np.repeat(state[:, k, None], parts, axis=1) for k in range(4))
        found_t, found_w = np.empty(runs.shape[:3]), np.empty(runs.shape[:3])
        for m in range(runs.shape[2]):
            on = [keep * on[k] + (1 - keep) * runs[:, :, m, k] for k in (0, 1)]
            fading = fading * keep
            rest = fading @ b[:, :4].T
            push_t = add[:, 0] + load[:, 0] + rest[:, 0]
            push_w = add[:, 2] + load[:, 1] + rest[:, 2]
            dt = a[:, 0, 0, None] * t + a[:, 0, 1, None] * mass + push_t[:, None]
            dw = a[:, 2, 2, None] * w + a[:, 2, 3, None] * litter + push_w[:, None]
            for k in (0, 1):
                dt = dt + strength[k][:, 0, None] * on[k]
                dw = dw + strength[k][:, 2, None] * on[k]
            mass = mass + (t - mass) * a[:, 1, 0, None] / 60
            litter = litter + (w - litter) * a[:, 3, 2, None] / 60
            t, w = t + dt / 60, w + dw / 60
            found_t[:, :, m], found_w[:, :, m] = t, w
        return found_t, found_w
