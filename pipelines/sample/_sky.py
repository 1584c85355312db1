"""The sample county's weather: five hidden regimes turned into the columns of the weather tables, hour by hour.

A regime is a first-order autoregressive series of unit variance drawn from a fixed day on, so that the hours two
calls have in common are equal whenever they are asked for. A forecast mixes the true regime with an error that
wins as the lead grows: it is good tomorrow, half right after a week, and never impossible.

Monthly temperature and rain: Fuling 1971–2000, the nearest published table of the same river valley.
"""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from itertools import accumulate
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

EPOCH = datetime(2015, 1, 1)  # noqa: DTZ001  naive UTC, as numpy counts
LATITUDE, LONGITUDE = 31.02, 109.46
T_MAX = np.array([9.7, 12.1, 16.9, 22.5, 26.6, 29.2, 33.0, 33.9, 28.0, 22.0, 16.6, 11.2])
T_MIN = np.array([5.7, 7.1, 10.5, 14.9, 18.7, 21.6, 24.3, 24.4, 20.8, 16.2, 11.8, 7.5])
RAIN_MM = np.array([17.0, 16.9, 41.5, 116.7, 176.2, 188.3, 153.0, 118.4, 114.2, 111.7, 53.8, 22.9])
RAIN_DAYS = np.array([8.9, 9.0, 11.7, 15.7, 16.1, 16.0, 13.1, 10.9, 13.3, 15.4, 11.9, 9.4])
RAIN_HOURS_A_DAY = 7.0  # of a day with rain, assumed


@dataclass(frozen=True)
class Regime:
    """The hidden state of the sky, each a series of unit variance."""

    stagnant: Array
    moist: Array
    warm: Array
    gust: Array
    heavy: Array

    def at(self, hours: NDArray[np.int64]) -> "Regime":
        """The state at hours counted from EPOCH (any shape)."""
        return Regime(*(getattr(self, field.name)[hours] for field in fields(self)))


MEMORY = {"stagnant": 44.0, "moist": 14.0, "warm": 72.0, "gust": 5.0, "heavy": 3.0}  # hours
FORESIGHT = {"stagnant": 300.0, "moist": 120.0, "warm": 300.0, "gust": 60.0, "heavy": 30.0}  # lead at 1/e


def remember(noise: Array, memory: float) -> Array:
    """A series of unit variance that forgets by 1/e in `memory` hours, from unit white noise along the last axis."""
    keep = float(np.exp(-1 / memory))
    fresh = noise * np.sqrt(1 - keep**2)
    fresh[..., 0] = noise[..., 0]
    if noise.ndim == 1:
        return np.fromiter(accumulate(fresh.tolist(), lambda last, new: keep * last + new), float, len(noise))
    for step in range(1, noise.shape[-1]):
        fresh[..., step] += keep * fresh[..., step - 1]
    return fresh


def regimes(hours: int, seed: int) -> Regime:
    """The true state of the first `hours` hours after EPOCH."""
    streams = np.random.default_rng(seed).spawn(len(MEMORY))
    return Regime(
        *(remember(rng.standard_normal(hours), memory) for rng, memory in zip(streams, MEMORY.values(), strict=True))
    )


def foreseen(truth: Regime, issues: NDArray[np.int64], leads: int, seed: int) -> Regime:
    """The state as forecast at each issue (day numbers from EPOCH, issued 00 UTC) for leads 1 … `leads` hours."""
    lead = np.arange(1, leads + 1)
    streams = np.random.default_rng(seed + 1).spawn(len(MEMORY))
    seen = truth.at(issues[:, None] * 24 + lead)
    mixed = {}
    for rng, name in zip(streams, MEMORY, strict=True):
        wrong = remember(
            rng.standard_normal((int(issues[-1]) + 1, leads), dtype=np.float32)[issues].astype(float), MEMORY[name]
        )
        right = np.exp(-lead / FORESIGHT[name])
        mixed[name] = right * getattr(seen, name) + np.sqrt(1 - right**2) * wrong
    return Regime(**mixed)


def calendar(hours: NDArray[np.int64]) -> tuple[Array, Array, NDArray[np.int64]]:
    """For hours that END at that count after EPOCH: local hour (middle), day of the year, month 0–11 — UTC+8."""
    middle = np.datetime64(EPOCH) + hours.astype("timedelta64[h]") + np.timedelta64(7 * 60 + 30, "m")
    day = middle.astype("datetime64[D]")
    hour = (middle - day) / np.timedelta64(1, "h")
    of_year = (day - middle.astype("datetime64[Y]").astype("datetime64[D]")) / np.timedelta64(1, "D")
    month = middle.astype("datetime64[M]").astype(np.int64) % 12
    return hour, of_year, month


def seasonal(monthly: Array, of_year: Array) -> Array:
    """Monthly figures as a smooth curve over the year."""
    middles = np.arange(-0.5, 13) * 365.25 / 12
    return np.interp(of_year, middles, np.concatenate([monthly[-1:], monthly, monthly[:1]]))


def weather(state: Regime, hours: NDArray[np.int64]) -> dict[str, Array]:
    """The weather columns of the contract for hours that end at that count after EPOCH."""
    hour, of_year, month = calendar(hours)
    cloud = 1 / (1 + np.exp(-1.3 * (state.moist - 0.1 + 0.5 * np.cos(2 * np.pi * (of_year - 15) / 365))))
    declination = np.radians(-23.44) * np.cos(2 * np.pi * (of_year + 10) / 365.25)
    angle = np.radians(15 * (hour - 12 - (120 - LONGITUDE) / 15))
    height = np.sin(np.radians(LATITUDE)) * np.sin(declination)
    height = height + np.cos(np.radians(LATITUDE)) * np.cos(declination) * np.cos(angle)
    radiation = 1080 * np.clip(height, 0, None) ** 1.15 * (1 - 0.78 * cloud)
    calm = 0.35 * state.stagnant - 0.25 * np.cos(2 * np.pi * (hour - 15.5) / 24) - 0.3 * state.gust
    wind = np.clip(1.55 * np.exp(-calm), 0.1, 20)
    swing = (seasonal(T_MAX, of_year) - seasonal(T_MIN, of_year)) / 2
    temperature = (seasonal(T_MAX, of_year) + seasonal(T_MIN, of_year)) / 2 + 2.4 * state.warm + 0.6 * state.stagnant
    temperature = temperature + 1.5 * swing * (1 - 0.7 * cloud) * np.cos(2 * np.pi * (hour - 15) / 24)
    share = RAIN_DAYS / 30.4 * RAIN_HOURS_A_DAY / 24
    wet = state.moist > np.array([NormalDist().inv_cdf(1 - float(x)) for x in share])[month]
    burst = np.exp(0.9 * state.heavy - 0.405)  # mean 1
    rain = np.where(wet, np.clip((RAIN_MM / (730 * share))[month] * burst, 0.1, 60), 0.0)
    depression = np.clip(1.2 + 7 * (1 - cloud) * (1 + 0.5 * np.cos(2 * np.pi * (hour - 15) / 24)), 0.4, None)
    depression = np.where(wet, 0.25 * depression, depression)
    dew = temperature - depression
    humidity = 100 * np.exp(17.62 * dew / (243.12 + dew) - 17.62 * temperature / (243.12 + temperature))
    uphill = (hour > 9) & (hour < 19)
    direction = np.where(uphill, 75.0, 255.0) + 30 * state.gust + 15 * state.warm
    mixing = np.clip((160 + 1.45 * radiation) * np.exp(-0.3 * state.stagnant) * (wind / 1.55) ** 0.4, 40, 4000)
    pressure = 986 + 9 * np.cos(2 * np.pi * (of_year - 15) / 365) - 2.2 * state.warm + 1.5 * state.stagnant
    return {
        "temperature": temperature.round(1),
        "dew_point": dew.round(1),
        "humidity": humidity.round(0),
        "pressure": pressure.round(1),
        "precipitation": rain.round(1),
        "wind_speed": wind.round(1),
        "wind_direction": (direction % 360).round(0) % 360,
        "radiation": radiation.round(0),
        "boundary_layer_height": mixing.round(0),
    }


def stamp(hours: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """Hours after EPOCH as microsecond instants, UTC."""
    return (np.datetime64(EPOCH) + hours.astype("timedelta64[h]")).astype("datetime64[us]")


def hours_since_epoch(moment: datetime) -> int:
    """Whole hours from EPOCH to an aware moment."""
    return int((moment.replace(tzinfo=None) - (moment.utcoffset() or timedelta()) - EPOCH) // timedelta(hours=1))
