"""The embedded sample county's air and weather — 示意数据（非实测): invented, seeded, shaped like published figures.

Level and season: Fengjie's published months (January–March 2024: PM2.5 33, PM10 46, SO2 13, NO2 26 µg/m³, CO 1.0
mg/m³, O3 93 µg/m³; about 97 % good days) carried over the year with Chongqing's shape (winter about 2.7 times summer,
two peaks and two valleys a day, ozone in the afternoons of the warm half). Calm, a shallow mixing layer and dry air
make it worse; rain washes it out, with a memory of a day. The eve of the lunar new year has its fireworks, spring its
dust. Gaps, a stuck analyser and lone spikes are put in on purpose, for the quality flags to find.

The school's station exists; its values here do not. The other two stations are invented altogether.
"""

from datetime import UTC, datetime, timedelta
from itertools import accumulate

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.sample import _sky as sky

SEED = 500236  # the county's division code
HISTORY_DAYS = 730
LEAD_HOURS = 192  # 08:00 today to the end of the seventh day after
CALIBRATION = 4 * 8766  # hours after EPOCH over which the monthly means are met

PLACE = "fengjie"
STATIONS = pl.DataFrame(
    {
        "station": ["S5001", "S5002", "S5003"],
        "name_zh": ["奉节师范学校附属小学", "示意乡镇站", "示意对照站"],
        "name_en": ["Fengjie Normal School primary", "Sample township site", "Sample background site"],
        "city": ["奉节县"] * 3,
        "longitude": [109.4607, 109.53, 109.30],
        "latitude": [31.0175, 31.05, 30.72],
        "place": [PLACE] * 3,
        "background": [False, False, True],
    }
)

# January … December; PM and gases in µg/m³, CO in mg/m³, O3 as the hourly mean
MONTHLY = {
    "pm2_5": [41, 35, 29, 23, 19, 15, 12, 13, 17, 23, 30, 38],
    "pm10": [55, 48, 46, 40, 33, 25, 21, 23, 29, 36, 46, 53],
    "so2": [13, 13, 13, 11, 10, 9, 8, 8, 9, 10, 11, 13],
    "no2": [28, 23, 28, 25, 22, 18, 16, 17, 20, 24, 28, 30],
    "co": [1.0, 0.95, 0.75, 0.65, 0.6, 0.55, 0.5, 0.5, 0.6, 0.65, 0.8, 0.95],
    "o3": [27, 36, 50, 62, 68, 66, 68, 72, 58, 42, 31, 25],
}
SHARE = {"pm2_5": 1.0, "pm10": 0.95, "so2": 0.55, "no2": 0.65, "co": 0.45}  # how strongly the weather moves each
LEVEL = {  # of a station against the town
    "S5001": {"pm2_5": 1.0, "pm10": 1.0, "so2": 1.0, "no2": 1.0, "co": 1.0, "o3": 1.0},
    "S5002": {"pm2_5": 1.08, "pm10": 1.15, "so2": 0.9, "no2": 0.75, "co": 1.05, "o3": 1.05},
    "S5003": {"pm2_5": 0.62, "pm10": 0.6, "so2": 0.6, "no2": 0.4, "co": 0.75, "o3": 1.12},
}
DIGITS = {"co": 2}


def tables(until: datetime) -> dict[str, pl.DataFrame]:
    """Rows in contract columns for the two years up to `until` (an aware moment); forecasts reach eight days beyond.

    Two calls agree on every hour they have in common, so a later call only adds.

    >>> from datetime import UTC
    >>> made = tables(datetime(2026, 3, 2, tzinfo=UTC))
    >>> {name: frame.height for name, frame in made.items()}
    {'stations': 3, 'weather_hourly': 17520, 'weather_forecast': 140352, 'air_hourly': 52560}
    """
    last = sky.hours_since_epoch(until)
    first = last - 24 * HISTORY_DAYS
    truth = sky.regimes(last + LEAD_HOURS + 25, SEED)
    past = np.arange(last + 1)
    observed = sky.weather(truth.at(past), past)
    recent = slice(first + 1, last + 1)
    return {
        "stations": STATIONS,
        "weather_hourly": pl.DataFrame(
            {"place": PLACE, "time": sky.stamp(past[recent]), **{k: v[recent] for k, v in observed.items()}}
        ).with_columns(pl.col("time").dt.replace_time_zone("UTC")),
        "weather_forecast": forecasts(truth, first, last),
        "air_hourly": air(truth, observed, past, first),
    }


def forecasts(truth: sky.Regime, first: int, last: int) -> pl.DataFrame:
    """One weather forecast a day, issued 00 UTC (08:00 local), for each of the following 192 hours."""
    issues = np.arange(-(-first // 24), last // 24 + 1)
    hours = issues[:, None] * 24 + np.arange(1, LEAD_HOURS + 1)
    ahead = sky.weather(sky.foreseen(truth, issues, LEAD_HOURS, SEED), hours)
    issued = np.broadcast_to(issues[:, None] * 24, hours.shape)
    return pl.DataFrame(
        {
            "place": PLACE,
            "issued_at": sky.stamp(issued.ravel()),
            "time": sky.stamp(hours.ravel()),
            **{name: values.ravel() for name, values in ahead.items()},
        }
    ).with_columns(pl.col("issued_at", "time").dt.replace_time_zone("UTC"))


def air(truth: sky.Regime, weather: dict[str, sky.Array], hours: NDArray[np.int64], first: int) -> pl.DataFrame:
    """Six pollutants an hour at three stations, with gaps and faults; months audited once ten days have passed."""
    hour, of_year, month = sky.calendar(hours)
    loading = build_up(truth.at(hours), weather)
    fireworks = new_year_eve(hours, first)
    frames = []
    streams = np.random.default_rng(SEED + 2).spawn(len(LEVEL) + 1)
    shared = sky.remember(streams[-1].standard_normal(len(hours)), 30.0)
    for (station, level), rng in zip(LEVEL.items(), streams, strict=False):
        own, quick, faults = rng.spawn(3)
        local = loading + 0.2 * shared + 0.12 * sky.remember(own.standard_normal(len(hours)), 10.0)
        made: dict[str, sky.Array] = {}
        for pollutant, noise in zip(MONTHLY, quick.spawn(len(MONTHLY)), strict=True):
            white = noise.standard_normal(len(hours))
            shape = (
                ozone(weather, local) + 0.05 * white
                if pollutant == "o3"
                else np.exp(SHARE[pollutant] * local + 0.05 * white + rush(hour, pollutant))
            )
            target = sky.seasonal(np.array(MONTHLY[pollutant], float), of_year)
            made[pollutant] = level[pollutant] * target * centred(shape, month)
        made["pm2_5"] += 95 * level["pm2_5"] * fireworks
        dust = dust_days(truth.at(hours), of_year)
        made["pm10"] = np.maximum(made["pm10"] + 130 * fireworks + dust, made["pm2_5"] * 1.08)
        made["so2"] += 25 * fireworks
        frames.append(station_frame(station, hours, made, first, faults))
    return pl.concat(frames)


def build_up(state: sky.Regime, weather: dict[str, sky.Array]) -> sky.Array:
    """How loaded the air is (log scale): calm and shallow mixing gather over about 18 h, rain washes out over 12 h."""
    push = 0.42 * state.stagnant - 0.35 * np.log(weather["wind_speed"].clip(0.2) / 1.5)
    push = push - 0.12 * np.log(weather["boundary_layer_height"] / 400) + 0.12 * state.warm
    keep = np.exp(-1 / 18)
    gathered = list(accumulate(((1 - keep) * push).tolist(), lambda last, new: keep * last + new))
    wash = np.exp(-1 / 12)
    washed = list(accumulate((0.1 * weather["precipitation"].clip(0, 4)).tolist(), lambda last, new: wash * last + new))
    return 1.15 * np.array(gathered) - np.clip(washed, 0, 1.2)


def rush(hour: sky.Array, pollutant: str) -> sky.Array:
    """Two peaks a day, about 09 and 21 o'clock, larger for what comes out of an exhaust pipe (log scale)."""
    size = {"no2": 0.34, "co": 0.16, "so2": 0.12}.get(pollutant, 0.15)
    return size * (np.exp(-(((hour - 9) / 2.2) ** 2)) + np.exp(-(((hour - 21) / 2.6) ** 2))) - size * 0.4


def ozone(weather: dict[str, sky.Array], local: sky.Array) -> sky.Array:
    """Sun and heat make it over some five hours; evening traffic and rain take it away."""
    keep = np.exp(-1 / 5)
    heat = 0.4 + 0.6 / (1 + np.exp(-(weather["temperature"] - 18) / 6))
    sun = weather["radiation"] / 300 * heat
    made = np.array(list(accumulate(((1 - keep) * sun).tolist(), lambda last, new: keep * last + new)))
    return (0.35 + made) * np.exp(0.28 * np.clip(local, -1.5, 1.2))


def centred(shape: sky.Array, month: NDArray[np.int64]) -> sky.Array:
    """The shape with a mean of 1 in each month, measured over fixed early years so that it never moves."""
    early = slice(0, min(CALIBRATION, len(shape)))
    total = np.bincount(month[early], weights=shape[early], minlength=12)
    return shape / (total / np.maximum(np.bincount(month[early], minlength=12), 1))[month]


def dust_days(state: sky.Regime, of_year: sky.Array) -> sky.Array:
    """Coarse dust from the north, a few days each spring, in µg/m³ of PM10."""
    spring = np.exp(-(((of_year - 95) / 28) ** 2))
    return 220 * np.clip(state.warm * -1 - state.stagnant - 2.6, 0, 1.5) * spring


def new_year_eve(hours: NDArray[np.int64], first: int) -> sky.Array:
    """Fireworks: 1 at the end of the first hour of a lunar year, from 22 o'clock, gone by 06. Only after `first`."""
    from cnlunar import Lunar

    found = np.zeros(len(hours))
    start = sky.EPOCH + timedelta(hours=first)
    for year in range(start.year, (sky.EPOCH + timedelta(hours=int(hours[-1]))).year + 1):
        days = (datetime(year, 1, 20, 12) + timedelta(days=i) for i in range(33))  # noqa: DTZ001
        new_year = next(day for day in days if (found_day := Lunar(day)).lunarMonth == 1 == found_day.lunarDay)
        peak = sky.hours_since_epoch(new_year.replace(hour=0, tzinfo=UTC)) - 8 + 1
        for shift, strength in ((-2, 0.15), (-1, 0.4), (0, 1.0), (1, 0.8), (2, 0.55), (3, 0.35), (4, 0.2), (5, 0.1)):
            if 0 <= peak + shift < len(found):
                found[peak + shift] = strength
    return found


def station_frame(
    station: str, hours: NDArray[np.int64], made: dict[str, sky.Array], first: int, rng: np.random.Generator
) -> pl.DataFrame:
    """One station's last two years with its gaps and faults; a month counts as audited from the tenth of the next."""
    streams = rng.spawn(len(made) + 3)
    out = runs(streams[0], len(hours), once_in=1400, longest=12)  # power or line
    columns: dict[str, sky.Array] = {}
    for (pollutant, values), own in zip(made.items(), streams[3:], strict=True):
        values = np.maximum(values, 0.1 if pollutant == "co" else 1.0).round(DIGITS.get(pollutant, 0))
        values[out | (own.random(len(hours)) < 1 / 170)] = np.nan  # a span check about once a week
        columns[pollutant] = values
    if station == "S5002":  # a stuck analyser
        for start, length in spans(streams[1], len(hours), once_in=4200, longest=40):
            columns["pm10"][start : start + max(length, 16)] = columns["pm10"][start]
    if station == "S5003":  # a lone spike
        columns["pm2_5"][streams[2].random(len(hours)) < 1 / 5000] = 985.0
    recent = slice(first + 1, len(hours))
    time = pl.Series("time", sky.stamp(hours[recent])).dt.replace_time_zone("UTC")
    frame = pl.DataFrame({"station": station, "time": time, **{k: v[recent] for k, v in columns.items()}})
    local_end = pl.lit(time[-1]).dt.convert_time_zone("Asia/Shanghai")
    month = (pl.col("time") - pl.duration(hours=1)).dt.convert_time_zone("Asia/Shanghai").dt.truncate("1mo")
    return frame.with_columns(
        pl.col(list(made)).fill_nan(None), (month.dt.offset_by("1mo10d") <= local_end).alias("audited")
    )


def spans(rng: np.random.Generator, length: int, once_in: float, longest: int) -> list[tuple[int, int]]:
    """Where something lasting begins, and for how many hours; the same wherever the series ends."""
    draws = rng.random((length, 2))
    starts = np.flatnonzero(draws[:, 0] < 1 / once_in)
    return [(int(start), 2 + int(draws[start, 1] * (longest - 1))) for start in starts]


def runs(rng: np.random.Generator, length: int, once_in: float, longest: int) -> NDArray[np.bool_]:
    """True inside such spans."""
    inside = np.zeros(length, bool)
    for start, lasts in spans(rng, length, once_in, longest):
        inside[start : start + lasts] = True
    return inside
