"""The plan of a room for the next six hours: duties that keep the bands at least cost, by quadratic programming.

The room's model is run ahead with weather, larvae and prices as foreseen. How duties bend temperature and humidity is
linear around the last plan (the vent multiplies, humidity curves), so the best plan is a convex quadratic programme:
cost of current, plus what leaving the narrowed bands costs, plus a little for moving. Bands are soft, duties hard. One
programme a room; DAQP through casadi, with a bound on its steps.

Source of the form: Maciejowski 2002, Predictive Control with Constraints.
"""

import time
from dataclasses import dataclass, field
from typing import Any

import casadi
import numpy as np

from workbench.control.controllers import Ahead
from workbench.control.equipment import Equipment
from workbench.control.room import PRESSURE, Room
from workbench.science import psychrometrics as moist
from workbench.science.psychrometrics import Floats

SLOTS = np.array([15.0] * 6 + [30.0] * 3 + [60.0] * 3)
"""Minutes of each step of the plan: six hours."""

PART = 5.0
"""Minutes of one step of the model inside a slot."""


@dataclass(frozen=True)
class Weights:
    """Yuan for an hour one °C, or one % RH, out of the narrowed band; for its square; for moving; by how much narrowed.

    Squares are of °C and of steps of 5 %, the half width of the usual bands.

    The margins leave room for the swing of relays that are on or off. `door_t` and `door_w` are the shares of the
    difference to outside that an opening of the door takes from the air; bands lean against it beforehand.
    """

    t: float = 4.0
    rh: float = 0.8
    squared: float = 1.0
    move: float = 0.02
    margin_t: float = 0.45
    margin_rh: float = 2.5
    door_t: float = 0.10
    door_w: float = 0.30


@dataclass
class Planner:
    """`plan` (rooms × slots × 5), what it foresees (`foreseen`, rooms × slots × 2: °C, %), `seconds` of each.

    A programme that took longer than `late` seconds counts as not solved.
    """

    room: Room
    rooms: int
    equipment: Equipment = field(default_factory=Equipment)
    weights: Weights = field(default_factory=Weights)
    slots: Floats = field(default_factory=lambda: SLOTS)
    solver: str = "daqp"
    late: float = 2.0
    seconds: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        k = len(self.slots)
        self.plan, self.foreseen = np.zeros((self.rooms, k, 5)), np.zeros((self.rooms, k, 2))
        self._solve = _solver(k, self.solver)
        self._fresh = True

    def renew(self, state: Floats, load: Floats, ahead: Ahead, least: Floats) -> np.ndarray:
        """Plan anew from `state` (rooms × 4), `load` (rooms × 2), `least` (rooms) duty of the vent; which succeeded."""
        solved = np.zeros(self.rooms, dtype=bool)
        for _ in range(3 if self._fresh else 1):
            started = time.perf_counter()
            free, bend = self._bend(state, load, ahead)
            slopes, base = self._humidity(free, bend)
            shared = (time.perf_counter() - started) / self.rooms
            for r in range(self.rooms):
                started = time.perf_counter()
                rows = (bend[r, :, 0], slopes[r, :, :1] * bend[r, :, 0] + slopes[r, :, 1:] * bend[r, :, 2])
                found = self._programme(r, rows, (free[r, :, 0], base[r]), ahead, float(least[r]))
                self.seconds.append(shared + time.perf_counter() - started)
                solved[r] = found is not None and self.seconds[-1] <= self.late
                if found is not None and solved[r]:
                    self.plan[r] = found
                    self.foreseen[r] = np.stack(
                        [free[r, :, 0] + rows[0] @ found.ravel(), base[r] + rows[1] @ found.ravel()], axis=1
                    )
        self._fresh = not bool(np.all(solved))
        return solved

    def _bend(self, state: Floats, load: Floats, ahead: Ahead) -> tuple[Floats, Floats]:
        """The run with no device (rooms × slots × 4), and what each duty adds (rooms × slots × 4 × slots·5)."""
        n, k = self.rooms, len(self.slots)
        fan, given = self.plan[:, :, 4], outside(ahead)
        a, b = self.room.rates(fan)
        steady = self.room.drive(fan, given)
        steady[..., [0, 2]] += load[:, None, :]
        effect = np.broadcast_to(b, (n, k, 4, 5)).copy()
        x, along, s = state, state, np.zeros((n, 4, k * 5))
        free, bend = np.empty((n, k, 4)), np.empty((n, k, 4, k * 5))
        for i in range(k):
            parts = round(self.slots[i] / PART)
            effect[:, i, 0, 4] = self.room["fan"] * (given[:, i, 0] - along[:, 0])
            effect[:, i, 2, 4] = self.room["fan_w"] * (given[:, i, 1] - along[:, 2])
            add = steady[:, i] - effect[:, i, :, 4] * fan[:, i, None]
            grow = np.eye(4) + a[:, i] * PART / 60
            mine = slice(i * 5, i * 5 + 5)
            for _ in range(parts):
                x = np.einsum("nij,nj->ni", grow, x) + add * PART / 60
                s = grow @ s
                s[:, :, mine] += effect[:, i] * PART / 60
            free[:, i], bend[:, i] = x, s
            along = x + np.einsum("nij,nj->ni", s, self.plan.reshape(n, -1))
        return free, bend

    def _humidity(self, free: Floats, bend: Floats) -> tuple[Floats, Floats]:
        """Slopes of RH over T and W around the last plan (… × 2), and RH of the run with no device on that line."""
        along = free + np.einsum("nkij,nj->nki", bend, self.plan.reshape(self.rooms, -1))
        t, w = np.clip(along[..., 0], 5, 40), np.clip(along[..., 2], 2, 35)
        at = moist.relative_humidity(t, w / 1000, PRESSURE)
        over_t = (moist.relative_humidity(t + 0.1, w / 1000, PRESSURE) - at) / 0.1
        over_w = (moist.relative_humidity(t, (w + 0.1) / 1000, PRESSURE) - at) / 0.1
        return np.stack([over_t, over_w], axis=-1), at + over_t * (free[..., 0] - t) + over_w * (free[..., 2] - w)

    def _narrowed(self, r: int, ahead: Ahead) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """The bands of T and RH that are planned with: margins off, and leaning against doors to come."""
        w, band = self.weights, ahead.band[r]
        t, rh = band[:, :2].mean(1), band[:, 2:].mean(1)
        due = np.zeros(len(self.slots)) if ahead.feeding is None else ahead.feeding[r]
        due = np.maximum(due, np.append(due[1:], 0.0))
        push_t = w.door_t * (ahead.outdoor[r] - t) * due
        water = moist.humidity_ratio(t, rh, PRESSURE)
        after = water + w.door_w * (ahead.vapour[r] - water) * due
        push_rh = moist.relative_humidity(t + push_t, after, PRESSURE) - rh
        found = []
        for low, high, margin, push in (
            (band[:, 0], band[:, 1], w.margin_t, push_t),
            (band[:, 2], band[:, 3], w.margin_rh, push_rh),
        ):
            margin = np.minimum(margin, (high - low) / 2 * 0.9)
            low, high = low + margin, high - margin
            found.append((np.clip(low - push, low, high), np.clip(high - push, low, high)))
        return found[0], found[1]

    def _programme(
        self, r: int, rows: tuple[Floats, Floats], free: tuple[Floats, Floats], ahead: Ahead, least: float
    ) -> Floats | None:
        k, w, hours = len(self.slots), self.weights, self.slots / 60
        yuan = np.array(self.equipment.power)[None, :] / 1000 * ahead.price[r][:, None] * hours[:, None]
        off = 2 * w.squared * np.concatenate([w.t * hours, w.rh / 5 * hours])
        quadratic = np.concatenate([np.full(5 * k, 2 * w.move), off])
        linear = np.concatenate([yuan.ravel() - 2 * w.move * self.plan[r].ravel(), w.t * hours, w.rh * hours])
        slack, none = np.eye(k), np.zeros((k, k))
        matrix = np.block(
            [[rows[0], slack, none], [rows[0], -slack, none], [rows[1], none, slack], [rows[1], none, -slack]]
        )
        inf = np.full(k, np.inf)
        (low_t, high_t), (low_rh, high_rh) = self._narrowed(r, ahead)
        low = np.concatenate([low_t - free[0], -inf, low_rh - free[1], -inf])
        high = np.concatenate([inf, high_t - free[0], inf, high_rh - free[1]])
        if not (np.all(np.isfinite(matrix)) and np.all(np.isfinite(linear)) and not np.any(np.isnan(low + high))):
            return None
        floor = np.zeros((k, 5))
        floor[:, 4] = min(least, 1.0)
        bounds = {
            "lbx": np.concatenate([floor.ravel(), np.zeros(2 * k)]),
            "ubx": np.concatenate([np.ones(5 * k), np.full(2 * k, 200.0)]),
        }
        start = np.concatenate([self.plan[r].ravel(), np.zeros(2 * k)])
        try:
            answer = self._solve(h=np.diag(quadratic), g=linear, a=matrix, lba=low, uba=high, x0=start, **bounds)
        except RuntimeError:
            return None
        if not self._solve.stats()["success"]:
            return None
        found = np.asarray(answer["x"]).ravel()[: 5 * k].reshape(k, 5)
        return np.clip(found, 0, 1) if np.all(np.isfinite(found)) else None


def outside(ahead: Ahead) -> Floats:
    """The drivers of the model (rooms × slots × 5): °C, g/kg, kW/m², larvae's kW, kg/h."""
    return np.stack([ahead.outdoor, ahead.vapour * 1000, ahead.sun / 1000, ahead.heat / 1000, ahead.water], axis=-1)


def _solver(k: int, name: str) -> casadi.Function:
    nz = 7 * k
    options: dict[str, Any] = {"error_on_fail": False}
    shape = {"h": casadi.Sparsity.diag(nz), "a": casadi.Sparsity.dense(4 * k, nz)}
    return casadi.conic("plan", name, shape, options)
