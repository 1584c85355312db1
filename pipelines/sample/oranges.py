"""The embedded sample county's oranges — 示意数据（非实测): 26 towns, six varieties, daily weather of three height bands.

The county's area and output follow the published anchors (data/reference/orange_county.csv), straight between them and
marked `imputed`; how they divide into towns and varieties is invented, and so is the weather, which has the shape of
Fuling's 1971–2000 normals carried to each band. Yields lose to heat at fruit set, a hot August, winter frost and a heavy
crop before (TRUTH); in a season with a published total the towns are scaled to it.
"""  # noqa: E501

from datetime import date, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.signal import lfilter

from pipelines.sample import _groves
from workbench.forecast.season_flow import shared
from workbench.lake import catalogue, reference

SEED, FIRST = 500236, 1990
TOWNS = {
    "安坪镇": 5.0, "永乐镇": 4.5, "朱衣镇": 4.2, "白帝镇": 4.0, "草堂镇": 3.8, "康乐镇": 3.5, "鹤峰乡": 2.2,
    "夔州街道": 2.0, "新民镇": 1.8, "甲高镇": 1.5, "五马镇": 1.2,
    **dict.fromkeys(("永安街道", "鱼复街道", "汾河镇", "大树镇", "竹园镇", "公平镇", "羊市镇", "吐祥镇", "兴隆镇",
                     "青龙镇", "青莲镇", "平安乡", "红土乡", "石岗乡", "康坪乡"), 4.6 / 15),
}  # fmt: skip
"""Town → share of the orange area (万亩 of 38.3): invented proportions."""
BANDS = {"band_200": 200, "band_350": 350, "band_500": 500}
VARIETIES = {
    "纽荷尔": 0.15, "凤早": 0.10, "凤园": 0.35, "凤晚": 0.11, "鲍威尔": 0.09, "伦晚": 0.20,
}  # fmt: skip
"""Variety → share of a town's area: invented; of 凤晚 about 40,000 mu are published."""
PICKED = {
    "纽荷尔": ("11", "12"), "凤早": ("11", "12"), "凤园": ("12", "01", "02", "03"), "凤晚": ("02", "03"),
    "鲍威尔": ("03", "04", "05"), "伦晚": ("03", "04", "05", "06"),
}  # fmt: skip
"""Variety → months in which it is sold."""
TRUTH = {"set_heat": 0.05, "august_heat": 0.04, "frost": 0.08, "crop_before": 0.30}
"""Share of a crop lost for each deviation of harm, as `season_model` and the suite oranges_sample measure it."""
NORMAL_MAX = (9.7, 12.1, 16.9, 22.5, 26.6, 29.2, 33.0, 33.9, 28.0, 22.0, 16.6, 11.2)
NORMAL_MIN = (5.7, 7.1, 10.5, 14.9, 18.7, 21.6, 24.3, 24.4, 20.8, 16.2, 11.8, 7.5)
NORMAL_RAIN = (17.0, 16.9, 41.5, 116.7, 176.2, 188.3, 153.0, 118.4, 114.2, 111.7, 53.8, 22.9)
KG_A_MU = 1000.0
Array = NDArray[np.float64]


def tables(until: datetime) -> dict[str, pl.DataFrame]:
    """Rows in contract columns: weather to the day before `until`, output of every season that closed before it."""
    day = until.date()
    beyond = climate(date(FIRST, 1, 1), day + timedelta(days=_groves.LEADS + 1))
    weather, season = beyond.filter(pl.col("date") < day), day.year if day >= date(day.year, 4, 1) else day.year - 1
    area = dict(county().select("season", "area_mu").iter_rows())
    months = {variety: [int(month) for month in each] for variety, each in PICKED.items()}
    return {
        "orange_weather": weather,
        "orange_output": output(weather, day),
        "orange_area": _groves.cohorts(area, _parts(), VARIETIES, day),
        "orange_surveys": _groves.surveys(hanging(weather, season), VARIETIES, SEED + 3, day),
        "orange_prices": _groves.prices(months, SEED + 4, day),
        "orange_weather_ahead": _groves.ahead(beyond, SEED + 5, day),
    }


def _parts() -> dict[str, float]:
    """Each town's share of the county, adding up to 1."""
    return {town: share / sum(TOWNS.values()) for town, share in TOWNS.items()}


def hanging(weather: pl.DataFrame, last: int) -> dict[int, dict[str, float]]:
    """Season → town → kg/mu on the trees before any winter, up to a season that is not picked yet."""
    rows = county()
    seasons = np.arange(FIRST, last + 1).astype(float)
    relative = yields(weather, seasons)
    frost = harmed(weather, seasons)["frost"]
    bands = list(BANDS)
    level = rows["output_kg"].to_numpy() / rows["area_mu"].to_numpy()
    level = np.append(level, np.repeat(level[-1], max(len(seasons) - len(level), 0)))
    areas, firm = np.array(list(TOWNS.values())), rows["imputed"].to_list()
    found: dict[int, dict[str, float]] = {}
    for j, season in enumerate(seasons.astype(int)):
        scale = level[j]
        if j < len(firm) and not firm[j]:
            scale /= float(np.average(relative[:, j], weights=areas))
        lost = [TRUTH["frost"] * frost[bands.index(town_band()[town]), j] for town in TOWNS]
        found[int(season)] = {town: float(scale * (relative[i, j] + lost[i])) for i, town in enumerate(TOWNS)}
    return found


@cache
def town_band() -> dict[str, str]:
    """The height band of every town: invented, in turn."""
    bands = list(BANDS)
    return {town: bands[i % len(bands)] for i, town in enumerate(TOWNS)}


def climate(first: date, last: date) -> pl.DataFrame:
    """Daily `place, date, tmax, tmin, rain` of the bands from `first` up to, not including, `last`; the same wherever it ends."""  # noqa: E501
    days = pl.date_range(first, last, "1d", closed="left", eager=True)
    month = days.dt.month().to_numpy() - 1
    around = (days.dt.ordinal_day().to_numpy() - 15.0) / 365.25 * 12
    rng = np.random.default_rng(SEED).spawn(3)
    slow = lfilter([1], [1, -0.985], rng[0].standard_normal(len(days))) * 0.17 * 2.0
    quick = lfilter([1], [1, -0.7], rng[1].standard_normal(len(days))) * 0.71 * 2.6
    wet = rng[2].random((len(days), 2))
    spread = np.where(month < 3, 1.2, 1.0)
    frames = []
    for place, height in BANDS.items():
        fall = 0.00675 * (height - 273)
        swing = (slow + quick) * spread
        warmest = _normal(NORMAL_MAX, around) - fall + swing
        coldest = _normal(NORMAL_MIN, around) - fall + 0.8 * swing
        chance = 0.42 - 0.03 * np.clip(swing, -4, 4)
        amount = np.array(NORMAL_RAIN)[month] / 30.4 / 0.42 * -np.log(np.maximum(wet[:, 1], 1e-9))
        rain = np.where(wet[:, 0] < chance, amount, 0)
        frames.append(
            pl.DataFrame(
                {
                    "place": place,
                    "date": days,
                    "tmax": warmest.round(1),
                    "tmin": coldest.round(1),
                    "rain": rain.round(1),
                }
            )
        )
    return pl.concat(frames)


def _normal(values: tuple[float, ...], around: Array) -> Array:
    """A year's course through twelve mid-month values."""
    return np.asarray(np.interp(around % 12, np.arange(-1, 14), [values[-1], *values, values[0], values[1]]))


def county() -> pl.DataFrame:
    """Area (mu), output (kg) and whether imputed, by season from 1990: the last of disagreeing figures of a year."""
    rows = reference.read(catalogue.load("orange_county")).filter(pl.col("used")).sort("year").collect()
    years = np.arange(FIRST, int(rows["year"].to_numpy().max()) + 2)
    known = rows.filter(pl.col("output_kg").is_not_null())
    area = np.interp(years, rows["year"], rows["area_mu"])
    total = np.interp(years, known["year"], known["output_kg"])
    per = np.interp(years, known["year"], (known["output_kg"] / known["area_mu"]))
    total = np.where(years < known["year"].to_numpy().min(), area * per, total)
    published = np.isin(years, known["year"].to_numpy())
    return pl.DataFrame({"season": years, "area_mu": area, "output_kg": total, "imputed": ~published})


def harmed(weather: pl.DataFrame, seasons: Array) -> dict[str, Array]:
    """Deviations of harm by driver: arrays (bands, seasons), of the same windows as `models` and suites use."""
    found = {}
    for name, column, first, last, how, sign, beyond in (
        ("set_heat", "tmax", (0, 5, 1), (0, 6, 20), "mean", 1, 0.5),
        ("august_heat", "tmax", (0, 8, 1), (0, 8, 31), "mean", 1, 0.5),
        ("frost", "tmin", (0, 12, 10), (1, 2, 20), "min", -1, 1.0),
    ):
        values = np.full((len(BANDS), len(seasons)), np.nan)
        for i, place in enumerate(BANDS):
            rows = weather.filter(pl.col("place") == place)
            for j, season in enumerate(seasons.astype(int)):
                begin, end = (date(season + off, m, d) for off, m, d in (first, last))
                part = rows.filter(pl.col("date").is_between(begin, end), pl.col("date").dt.strftime("%m%d") != "0229")[
                    column
                ]
                if len(part) > 20:
                    values[i, j] = part.mean() if how == "mean" else part.min()
        z = (values - np.nanmean(values, axis=1, keepdims=True)) / np.nanstd(values, axis=1, ddof=1, keepdims=True)
        found[name] = np.nan_to_num(np.maximum(z * sign - beyond, 0))
    return found


def yields(weather: pl.DataFrame, seasons: Array, noise: float = 0.05) -> Array:
    """Relative yield (towns, seasons) by TRUTH, about 1; towns alternate each by themselves."""
    rng = np.random.default_rng(SEED + 1)
    bands, harm = list(BANDS), harmed(weather, seasons)
    lost = sum(TRUTH[name] * values for name, values in harm.items())
    y = np.ones((len(TOWNS), len(seasons)))
    shock = rng.normal(0, noise, y.shape)
    for i, town in enumerate(TOWNS):
        band, before = bands.index(town_band()[town]), 0.0
        for j in range(len(seasons)):
            y[i, j] = 1 - lost[band, j] - TRUTH["crop_before"] * before + shock[i, j]  # type: ignore[index]
            before = float(np.clip(y[i, j] - 1, -0.5, 0.5))
    return y


def output(weather: pl.DataFrame, day: date) -> pl.DataFrame:
    """First (to 100 t) and final releases by town, variety and season; the final ones meet the published totals."""
    rows = county().filter(pl.date(pl.col("season") + 1, 6, 30) < day)
    relative = yields(weather, rows["season"].to_numpy().astype(float))
    shares = np.array(list(TOWNS.values()))
    found = []
    for j, (season, area, total, imputed) in enumerate(rows.iter_rows()):
        areas = shared(round(area), shares)
        factor = 1.0 if not imputed else float(np.average(relative[:, j], weights=areas))
        kilograms = shared(round(total * factor), areas * relative[:, j])
        for town, mu, kg in zip(TOWNS, areas, kilograms, strict=True):
            split = np.array(list(VARIETIES.values()))
            parts, weights = shared(int(mu), split), shared(int(kg), split)
            for variety, a, w in zip(VARIETIES, parts, weights, strict=True):
                row = (town, variety, season, date(season + 1, 6, 30))
                found.append((*row, "first", float(a), float(round(int(w), -5)), imputed))
                found.append((*row, "final", float(a), float(w), imputed))
    names = ["town", "variety", "season", "closed", "release", "bearing_area", "output", "imputed"]
    return pl.DataFrame(found, names, orient="row")
