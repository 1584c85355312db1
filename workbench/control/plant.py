"""A simulated rearing house, richer than any controller's model, for many rooms at once in steps of a minute.

Air, racks with leaf, and a wall of three layers hold heat; air and litter hold water; CO₂ is kept. Larvae breathe and
sweat; doors stand open at random; infiltration grows with wind and stack; the heat pump weakens with the outdoor
temperature and starts slowly; mist wets the air behind a lag; sensors lag, round and are noisy. Layered walls, moisture
buffer, starts and saturation are what a controller's two masses do not have.
"""

from dataclasses import dataclass, field

import numpy as np

from workbench.control.equipment import COOLER, DEHUMIDIFIER, HEATER, HUMIDIFIER, VENT, Equipment
from workbench.science import psychrometrics as moist
from workbench.science.psychrometrics import Floats

CP, LATENT, PRESSURE = 1006.0, 2.45e6, 98_000.0


@dataclass(frozen=True)
class House:
    """A brick house of 100 m² (placeholders, see `data/reference`): volumes m³, W/K, J/K, m²."""

    volume: float = 300.0
    wall_area: float = 130.0
    wall_film: float = 8.0
    wall_between: float = 7.0
    wall_outside: float = 20.0
    wall_layer: float = 130.0 * 130e3
    roof: float = 110.0
    air_capacity: float = 300.0 * 1.15 * CP * 4.0
    rack_capacity: float = 4.0e6
    rack_film: float = 1500.0
    sun_in: float = 3.0
    sun_wall: float = 0.02
    leak: float = 0.6
    damp_surfaces: float = 1.8
    buffer: float = 60.0
    buffer_hours: float = 6.0


@dataclass(frozen=True)
class Surroundings:
    """One minute outside and in the crop, an array of rooms each.

    `outdoor` °C, `vapour` kg/kg, `sun` W/m²; larvae's `heat` W, `water` kg/h and `co2` kg/h; `door` open, 0–1.
    """

    outdoor: Floats
    vapour: Floats
    sun: Floats
    heat: Floats
    water: Floats
    co2: Floats
    door: Floats


@dataclass
class Plant:
    """State of `rooms`; `step` moves it by a minute and `read` gives what the sensors show."""

    rooms: int
    house: House = field(default_factory=House)
    equipment: Equipment = field(default_factory=Equipment)
    seed: int = 0
    scale: Floats | None = None

    def __post_init__(self) -> None:
        n = self.rooms
        self.rng = np.random.default_rng(self.seed)
        self.air = np.full(n, 22.0)
        self.racks, self.walls = self.air.copy(), np.full((n, 3), 19.0)
        self.vapour = moist.humidity_ratio(self.air, 75.0, PRESSURE)
        self.litter = self.vapour.copy()
        self.co2 = np.full(n, 600.0)
        self.running = np.zeros((n, 5))
        self.felt_t, self.felt_rh = self.air.copy(), np.full(n, 75.0)
        self.size = np.ones(n) if self.scale is None else self.scale

    @property
    def humidity(self) -> Floats:
        return moist.relative_humidity(self.air, self.vapour, PRESSURE)

    def settle(self, air: Floats, rh: Floats) -> None:
        """Begin warm: everything inside at these, the wall half way down to outside."""
        self.air, self.racks, self.felt_t, self.felt_rh = air.copy(), air.copy(), air.copy(), rh.copy()
        self.walls = np.stack([air - 1, air - 3, air - 5], axis=1)
        self.vapour = moist.humidity_ratio(air, rh, PRESSURE)
        self.litter = self.vapour.copy()

    def step(self, outputs: Floats, now: Surroundings) -> Floats:
        """A minute with device `outputs` (rooms × 5); gives the electric power drawn, W."""
        h, e, dt = self.house, self.equipment, 60.0
        self.running += (outputs - self.running) * np.array([0.35, 0.35, 0.4, 0.25, 0.7])
        lift = now.outdoor - self.air
        cop_heat = np.clip(1 + 0.025 * (now.outdoor - 7), 0.55, 1.15)
        cop_cold = np.clip(1 - 0.018 * (now.outdoor - 30), 0.6, 1.15)
        heat = e.heat * cop_heat * self.running[:, HEATER] * self.size
        cold = e.cold * cop_cold * self.running[:, COOLER] * self.size
        rh = self.humidity
        mist = e.mist / 3600 * self.running[:, HUMIDIFIER] * np.clip((100 - rh) / 8, 0, 1)
        dew = moist.humidity_ratio(9.0, 100.0, PRESSURE)
        condensed = e.condensing / 3600 * self.running[:, COOLER] * np.clip((self.vapour - dew) / 0.006, 0, 1.6)
        dried = e.drying / 3600 * self.running[:, DEHUMIDIFIER] * np.clip((rh - 25) / 50, 0, 1.2)
        flow = h.volume * (h.leak * (0.6 + 0.05 * np.abs(lift)) + 9.0 * now.door) / 3600
        flow = flow + e.fresh / 3600 * self.running[:, VENT]
        dry = flow * 1.13
        wall = h.wall_film * h.wall_area * (self.walls[:, 0] - self.air)
        rack = h.rack_film * (self.racks - self.air)
        evaporating = now.water / 3600
        sensible = heat - cold * (1 - e.share_latent) + now.heat - LATENT * (mist + evaporating)
        sensible += LATENT * dried + e.power[DEHUMIDIFIER] * 0.9 * self.running[:, DEHUMIDIFIER]
        gains = sensible + wall + rack + (h.roof + dry * CP) * lift + 0.5 * h.sun_in * now.sun
        self.air = self.air + gains / h.air_capacity * dt
        self.racks = self.racks + (0.5 * h.sun_in * now.sun - rack) / h.rack_capacity * dt
        outer = h.wall_area * h.wall_outside * (now.outdoor + h.sun_wall * now.sun - self.walls[:, 2])
        inner, middle = np.moveaxis(h.wall_between * h.wall_area * np.diff(self.walls, axis=1), 1, 0)
        flows = np.stack([inner - wall, middle - inner, outer - middle], axis=1)
        self.walls = self.walls + flows / h.wall_layer * dt
        mass = h.volume * 1.13 * h.damp_surfaces
        full = moist.humidity_ratio(self.air, 100.0, PRESSURE)
        soak = h.buffer / h.buffer_hours / 3600 * (self.litter - self.vapour) * 40
        water = mist + evaporating - condensed - dried + dry * (now.vapour - self.vapour) + soak
        self.litter = self.litter - soak * dt / (h.buffer * 40)
        self.vapour = np.clip(self.vapour + water / mass * dt, 5e-4, full)
        self.co2 = self.co2 + (flow * (420 - self.co2) + now.co2 / 3600 / 1.8 * 1e6) / h.volume * dt
        self.felt_t = self.felt_t + (self.air - self.felt_t) / 3.0
        self.felt_rh = self.felt_rh + (self.humidity - self.felt_rh) / 4.0
        return (outputs * np.array(e.power) * np.stack([self.size, self.size, *[np.ones(self.rooms)] * 3], 1)).sum(1)

    def read(self) -> tuple[Floats, Floats, Floats]:
        """Temperature to 0.1 °C, humidity to 0.5 %, CO₂ to 10 ppm, as the sensors show them."""
        n = self.rooms
        t = np.round(self.felt_t + self.rng.normal(0, 0.05, n), 1)
        rh = np.round((self.felt_rh + self.rng.normal(0, 0.4, n)) * 2) / 2
        return t, np.clip(rh, 0, 100), np.round(self.co2 + self.rng.normal(0, 15, n), -1)
