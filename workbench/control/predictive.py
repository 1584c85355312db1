"""Model-predictive control: the duties of the next six hours that keep the bands at least cost, planned anew each time.

The room's model is run ahead with weather, larvae and prices as foreseen; how the plan bends temperature and humidity
is linear around the last plan, so the best plan is a convex quadratic programme: cost of current, plus what leaving
the (slightly narrowed) bands costs, plus a little for moving. Bands are soft, duties hard. An observer carries what
the model does not explain as a constant load. One programme a room, solved by qpOASES through casadi with a bound on
iterations; where that fails, the fallback answers and `fell_back` says so. Steps grow from 5 min to an hour.

Source of the form: Maciejowski 2002, Predictive Control with Constraints; offset-free by a disturbance observer
(Pannocchia & Rawlings 2003, AIChE J. 49:426–437).
"""

import time
from dataclasses import dataclass, field
from typing import Any

import casadi
import numpy as np

from workbench.control.controllers import PRESSURE, Ahead, Controller, Sight, airing
from workbench.control.equipment import Equipment
from workbench.control.room import Room
from workbench.science import psychrometrics as moist
from workbench.science.psychrometrics import Floats

SLOTS = np.array([5.0] * 3 + [15.0] * 3 + [30.0] * 4 + [60.0] * 3)
"""Minutes of each step of the plan: six hours."""


@dataclass(frozen=True)
class Weights:
    """Yuan for an hour one °C, or one % RH, out of band; for the square of it; for moving; and how far bands narrow."""

    t: float = 4.0
    rh: float = 0.8
    squared: float = 1.0
    move: float = 0.02
    margin_t: float = 0.25
    margin_rh: float = 1.2


@dataclass
class Predictive:
    """Plans for rooms that share one model; `plan` (rooms × steps × 5) and what it foresees stay readable."""

    room: Room
    rooms: int
    fallback: Controller
    equipment: Equipment = field(default_factory=Equipment)
    weights: Weights = field(default_factory=Weights)
    minutes: float = 5.0
    seconds: list[float] = field(default_factory=list)
    fell_back: int = 0
    trust: float = 0.1

    def __post_init__(self) -> None:
        n, k = self.rooms, len(SLOTS)
        self.plan = np.zeros((n, k, 5))
        self.foreseen = np.zeros((n, k, 2))
        self.load = np.zeros((n, 2))
        self.state: Floats | None = None
        self.expected: Floats | None = None
        self.solver = _solver(k)

    def decide(self, sight: Sight) -> Floats:
        """Duties for the next `minutes`."""
        if sight.ahead is None:
            self.fell_back += self.rooms
            return self.fallback.decide(sight)
        started = time.perf_counter()
        self._observe(sight)
        free, bend = self._bend(sight.ahead)
        slope_t, slope_w, base = self._humidity(free, bend)
        shared = (time.perf_counter() - started) / self.rooms
        rules: Floats | None = None
        answer = np.empty((self.rooms, 5))
        low = self._airing(sight)
        for r in range(self.rooms):
            started = time.perf_counter()
            t_rows = bend[r, :, 0]
            rh_rows = slope_t[r, :, None] * bend[r, :, 0] + slope_w[r, :, None] * bend[r, :, 2]
            found = self._solve(r, (t_rows, rh_rows), (free[r, :, 0], base[r]), sight, low[r])
            self.seconds.append(shared + time.perf_counter() - started)
            if found is None:
                self.fell_back += 1
                rules = self.fallback.decide(sight) if rules is None else rules
                answer[r] = rules[r]
                continue
            self.plan[r] = found
            moved = found.ravel()
            self.foreseen[r, :, 0] = free[r, :, 0] + t_rows @ moved
            self.foreseen[r, :, 1] = base[r] + rh_rows @ moved
            answer[r] = found[0]
        self._expect(answer, sight)
        return answer

    def _observe(self, sight: Sight) -> None:
        """Take the readings in; half of what the last step missed becomes load, up to a limit."""
        w = 1000 * moist.humidity_ratio(sight.t, sight.rh, PRESSURE)
        read = np.stack([sight.t, w], axis=1)
        if self.state is None or self.expected is None:
            self.state = np.stack([sight.t, sight.t - 1.0, w, w], axis=1)
        else:
            miss = np.clip(read - self.expected[:, [0, 2]], -2, 2)
            self.load = np.clip(self.load + self.trust * miss / (self.minutes / 60), [-8, -20], [8, 20])
            self.state = self.expected.copy()
            self.state[:, [0, 2]] = self.expected[:, [0, 2]] + 0.5 * (read - self.expected[:, [0, 2]])

    def _expect(self, duty: Floats, sight: Sight) -> None:
        assert sight.ahead is not None and self.state is not None  # noqa: PT018
        a, b = self.room.rates(duty[:, 4])
        add = self.room.drive(duty[:, 4], outside(sight.ahead)[:, 0]) + duty @ b.T
        add[:, [0, 2]] += self.load
        x = self.state
        for _ in range(5):
            x = x + (np.einsum("nij,nj->ni", a, x) + add) * self.minutes / 60 / 5
        self.expected = x

    def _bend(self, ahead: Ahead) -> tuple[Floats, Floats]:
        """The run with no device (rooms × steps × 4), and what each duty adds (rooms × steps × 4 × steps·5)."""
        n, k = self.rooms, len(SLOTS)
        fan, given = self.plan[:, :, 4], outside(ahead)
        around = np.where(self.foreseen[:, :, :1] > 0, self.foreseen[:, :, :1], ahead.band[:, :, :2].mean(2)[..., None])
        a, b = self.room.rates(fan)
        add = self.room.drive(fan, given)
        add[..., [0, 2]] += self.load[:, None, :]
        w_set = self._vapour(ahead)
        effect = np.broadcast_to(b, (n, k, 4, 5)).copy()
        fan_t, fan_w = self.room.fans
        effect[..., 0, 4] = fan_t * (given[..., 0] - around[..., 0])
        effect[..., 2, 4] = fan_w * (given[..., 1] - w_set)
        add -= effect[..., 4] * fan[..., None]
        assert self.state is not None
        x, s = self.state, np.zeros((n, 4, k * 5))
        free, bend = np.empty((n, k, 4)), np.empty((n, k, 4, k * 5))
        for i in range(k):
            hours, parts = SLOTS[i] / 60, max(4, round(SLOTS[i] / 5))
            grow = np.eye(4) + a[:, i] * hours / parts
            for _ in range(parts):
                x = np.einsum("nij,nj->ni", grow, x) + add[:, i] * hours / parts
                s = grow @ s
                s[:, :, i * 5 : i * 5 + 5] += effect[:, i] * hours / parts
            free[:, i], bend[:, i] = x, s
        return free, bend

    @staticmethod
    def _vapour(ahead: Ahead) -> Floats:
        t, rh = ahead.band[:, :, :2].mean(2), ahead.band[:, :, 2:].mean(2)
        return 1000 * moist.humidity_ratio(t, rh, PRESSURE)

    def _humidity(self, free: Floats, bend: Floats) -> tuple[Floats, Floats, Floats]:
        """Slopes of RH over T and W around the last plan, and RH of the run with no device on that line."""
        along = free + np.einsum("nkij,nj->nki", bend, self.plan.reshape(self.rooms, -1))
        t, w = np.clip(along[..., 0], 5, 40), np.clip(along[..., 2], 2, 35)
        at = moist.relative_humidity(t, w / 1000, PRESSURE)
        slope_t = (moist.relative_humidity(t + 0.1, w / 1000, PRESSURE) - at) / 0.1
        slope_w = (moist.relative_humidity(t, (w + 0.1) / 1000, PRESSURE) - at) / 0.1
        return slope_t, slope_w, at + slope_t * (free[..., 0] - t) + slope_w * (free[..., 2] - w)

    def _airing(self, sight: Sight) -> Floats:
        """Least fan duty of each step: what CO₂ asks for now, fading over the plan to half."""
        fade = np.linspace(1, 0.5, len(SLOTS))
        return airing(sight)[:, None] * fade

    def _solve(
        self, r: int, rows: tuple[Floats, Floats], free: tuple[Floats, Floats], sight: Sight, least: Floats
    ) -> Floats | None:
        assert sight.ahead is not None
        k, w = len(SLOTS), self.weights
        hours, band = SLOTS / 60, sight.ahead.band[r]
        yuan = np.array(self.equipment.power)[None, :] / 1000 * sight.ahead.price[r][:, None] * hours[:, None]
        previous = np.concatenate([self.plan[r, 1:], self.plan[r, -1:]])
        quadratic = np.concatenate(
            [np.full(5 * k, 2 * w.move), 2 * w.squared * w.t * hours, 0.1 * w.squared * w.rh * hours]
        )
        linear = np.concatenate([yuan.ravel() - 2 * w.move * previous.ravel(), w.t * hours, w.rh * hours])
        slack = np.eye(k)
        none = np.zeros((k, k))
        matrix = np.block(
            [[rows[0], slack, none], [rows[0], -slack, none], [rows[1], none, slack], [rows[1], none, -slack]]
        )
        m_t = np.minimum(w.margin_t, (band[:, 1] - band[:, 0]) / 2 - 0.05)
        m_rh = np.minimum(w.margin_rh, (band[:, 3] - band[:, 2]) / 2 - 0.2)
        inf = np.full(k, np.inf)
        lower = np.concatenate([band[:, 0] + m_t - free[0], -inf, band[:, 2] + m_rh - free[1], -inf])
        upper = np.concatenate([inf, band[:, 1] - m_t - free[0], inf, band[:, 3] - m_rh - free[1]])
        floor = np.zeros((k, 5))
        floor[:, 4] = np.minimum(least, 1)
        try:
            answer = self.solver(
                h=np.diag(quadratic),
                g=linear,
                a=matrix,
                lba=lower,
                uba=upper,
                lbx=np.concatenate([floor.ravel(), np.zeros(2 * k)]),
                ubx=np.concatenate([np.ones(5 * k), np.full(2 * k, 200.0)]),
                x0=np.concatenate([previous.ravel(), np.zeros(2 * k)]),
            )
        except RuntimeError:
            return None
        if not self.solver.stats()["success"]:
            return None
        found = np.asarray(answer["x"]).ravel()[: 5 * k].reshape(k, 5)
        return np.clip(found, 0, 1) if np.all(np.isfinite(found)) else None


def outside(ahead: Ahead) -> Floats:
    """The drivers of the model (rooms × steps × 5): °C, g/kg, kW/m², larvae's kW, kg/h."""
    return np.stack([ahead.outdoor, ahead.vapour * 1000, ahead.sun / 1000, ahead.heat / 1000, ahead.water], axis=-1)


def _solver(k: int) -> casadi.Function:
    nz = 7 * k
    dense = casadi.Sparsity.dense(4 * k, nz)
    options: Any = {"printLevel": "none", "error_on_fail": False, "nWSR": 600}
    return casadi.conic("plan", "qpoases", {"h": casadi.Sparsity.dense(nz, nz), "a": dense}, options)
