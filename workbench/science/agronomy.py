"""Agronomy of citrus from daily weather: heat, chill, bloom, hot dry wind, drought, freeze, water demand.

Temperatures are °C of a day (`tmax`, `tmin`), rain and evapotranspiration mm/d, wind m/s at 2 m, humidity %. Each
function takes Polars expressions and returns one, so that any frame of days can be given; a day without a value has
none. Thresholds that no paper gives are marked *assumed* and are arguments.
"""

import math
from dataclasses import dataclass

import polars as pl

BASE_BRAZIL, BASE_EGYPT, CAP_EGYPT = 12.8, 13.0, 35.0
INDUCTION_BELOW, INDUCTION_HOURS, INDUCTION_LIGHT_CROP = 20.0, 850, 750
FULL_BLOOM_HEAT = 100.0  # °C·d above 13 °C from 1 February; assumed: gives mid-April at 300 m in the Three Gorges
FIRST_DROP, SECOND_DROP = (15, 45), (60, 75)  # days after full bloom: May and mid to late June in Yunyang


@dataclass(frozen=True)
class Organ:
    """What freezes, from which minimum (°C) harm begins, and from which it is severe."""

    name: str
    begins: float
    severe: float


FREEZE = {
    "fruit": Organ("fruit", -2.2, -4.0),
    "shoot": Organ("shoot", -2.0, -4.0),
    "leaf": Organ("leaf", -4.0, -7.0),
    "limb": Organ("limb", -5.0, -9.0),
    "tree": Organ("tree", -6.5, -10.0),
}
"""Orange organs: fruit from 28 °F (California), severe drop at −4; sweet-orange leaf −4, limb −5, death −6.5 …
(extension texts; generic citrus in Shanghai: leaf −7, framework −9, death −10)."""


def degree_days(tmax: pl.Expr, tmin: pl.Expr, base: float = BASE_EGYPT, cap: float = CAP_EGYPT) -> pl.Expr:
    """Growing degree-days of a day, °C·d: the mean of the capped maximum and the minimum, above the base.

    Base 13.0 with the maximum held at 35 is the Egyptian navel convention (Horticulturae 2024, 10(7) 712); base 12.8
    that of Brazil (Scientia Agricola, 'Folha Murcha'). Valid for daily extremes from −20 to 50.

    >>> pl.select(degree_days(pl.lit(37.0), pl.lit(25.0))).item()
    17.0
    """
    return ((tmax.clip(upper_bound=cap) + tmin) / 2 - base).clip(0)


def hours_below(tmax: pl.Expr, tmin: pl.Expr, threshold: float = INDUCTION_BELOW) -> pl.Expr:
    """Hours of a day below a temperature, 0 … 24, with the day a sine between its extremes.

    Below 20 °C (68 °F) they induce flowers: about 850 h after a heavy or moderate crop, 750 h after a light one
    (University of Florida, CREC flower-bud induction advisories 2004–2017).

    >>> pl.select(hours_below(pl.lit(24.0), pl.lit(16.0))).item()
    12.0
    """
    middle, swing = (tmax + tmin) / 2, (tmax - tmin) / 2
    place = pl.when(swing > 0).then((threshold - middle) / swing).otherwise((threshold - middle).sign())
    return 12 + 24 / math.pi * place.clip(-1, 1).arcsin()


def induced(hours: pl.Expr, light_crop_before: pl.Expr) -> pl.Expr:
    """Share of the flower induction that is done, 0 … 1, from the hours below 20 °C summed since autumn."""
    needed = pl.when(light_crop_before).then(INDUCTION_LIGHT_CROP).otherwise(INDUCTION_HOURS)
    return (hours / needed).clip(0, 1)


def bloom(days: pl.DataFrame, heat: float = FULL_BLOOM_HEAT) -> pl.DataFrame:
    """Full bloom of every place and year: the first day on which the heat above 13 °C since 1 February suffices.

    `days` has `place, date, tmax, tmin`; returns `place, year, bloom`, null where the heat has not come by the last
    day given. Heat above 13 °C and radiation explain sprouting with r² 0.79 (Rev. Bras. Frutic., Santa Fe); the sum
    needed is assumed. Valid where winter stops growth.
    """
    spring = days.filter(pl.col("date").dt.month().is_between(2, 6)).sort("place", "date")
    spring = spring.with_columns(
        year=pl.col("date").dt.year(),
        sum=degree_days(pl.col("tmax"), pl.col("tmin")).fill_null(0).cum_sum().over("place", pl.col("date").dt.year()),
    )
    reached = pl.col("date").filter(pl.col("sum") >= heat).min().alias("bloom")
    return spring.group_by("place", "year").agg(reached).sort("place", "year")


def hot_dry_wind(
    tmax: pl.Expr, humidity: pl.Expr, wind: pl.Expr, hot: float = 33, dry: float = 50, windy: float = 3
) -> pl.Expr:
    """True on a day hot, dry and windy enough to shed young fruit.

    Heat harms most, then dryness, then wind (Satsuma, first drop peak). 33 °C and 50 % are assumed: the Jiangxi navel
    index is published without its numbers. `humidity` is the day's lowest, `wind` its mean.
    """
    return (tmax >= hot) & (humidity <= dry) & (wind >= windy)


def drought(rain: pl.Expr, demand: pl.Expr, reserve: float = 100.0) -> pl.Expr:
    """Water short (mm, ≥ 0) on each day in order: the soil's reserve (mm) filled by rain, emptied by demand.

    What is lacking beyond an empty reserve since the first day given, less what rain has brought back. Take it `over`
    place and year. Simple bucket, full at the start; the reserve of a citrus root zone is assumed.
    """
    balance = (rain.fill_null(0) - demand.fill_null(0)).cum_sum()
    full = balance.cum_max().clip(0)
    return (full - balance - reserve).clip(0)


def freeze_depth(tmin: pl.Expr, organ: str = "fruit") -> pl.Expr:
    """Degrees (≥ 0) by which a night went below the temperature at which the organ is first harmed."""
    return (FREEZE[organ].begins - tmin).clip(0)


def freeze_severity(tmin: pl.Expr, organ: str = "fruit") -> pl.Expr:
    """Harm to an organ, 0 (none) … 1 (severe), straight between its two temperatures.

    >>> pl.select(freeze_severity(pl.lit(-3.1))).item()
    0.5
    """
    at = FREEZE[organ]
    return ((at.begins - tmin) / (at.begins - at.severe)).clip(0, 1).round(9)


def lapse(temperature: pl.Expr, station: float, place: pl.Expr) -> pl.Expr:
    """A temperature carried from a station's height to a place's, both in metres, 0 … 1400.

    0.675 °C per 100 m to 1000 m and 0.725 above (annual means of Fengjie's height bands 16.4, 13.7, 10.8 °C; below
    600 m the same is assumed).

    >>> round(pl.select(lapse(pl.lit(16.4), 600, pl.lit(1000.0))).item(), 1)
    13.7
    """
    low, high = 0.675 / 100, 0.725 / 100
    fall = low * (place.clip(upper_bound=1000) - min(station, 1000)) + high * (place.clip(1000) - max(station, 1000))
    return temperature - fall


def sky_radiation(day_of_year: pl.Expr, latitude: float) -> pl.Expr:
    """Radiation at the top of the air, MJ m⁻² d⁻¹ (FAO-56, eq. 21); latitude in degrees, within ±65.

    >>> round(pl.select(sky_radiation(pl.lit(246), -20)).item(), 1)
    32.2
    """
    phi, angle = math.radians(latitude), 2 * math.pi * day_of_year / 365
    distance, tilt = 1 + 0.033 * angle.cos(), 0.409 * (angle - 1.39).sin()
    sunset = (-math.tan(phi) * tilt.tan()).clip(-1, 1).arccos()
    height = sunset * math.sin(phi) * tilt.sin() + math.cos(phi) * tilt.cos() * sunset.sin()
    return 24 * 60 / math.pi * 0.0820 * distance * height


def evaporation(tmax: pl.Expr, tmin: pl.Expr, sky: pl.Expr) -> pl.Expr:
    """Reference evapotranspiration by Hargreaves, mm/d (FAO-56, eq. 52), where only temperatures are at hand.

    >>> round(pl.select(evaporation(pl.lit(26.6), pl.lit(14.8), pl.lit(40.55))).item(), 1)
    5.0
    """
    return (0.0023 * ((tmax + tmin) / 2 + 17.8) * (tmax - tmin).clip(0).sqrt() * 0.408 * sky).clip(0)


@dataclass(frozen=True)
class Air:
    """The day's air for Penman–Monteith: vapour pressure (kPa), wind at 2 m (m/s), radiation received (MJ m⁻² d⁻¹)."""

    vapour: pl.Expr
    wind: pl.Expr
    radiation: pl.Expr


def penman_monteith(tmax: pl.Expr, tmin: pl.Expr, air: Air, sky: pl.Expr, elevation: float) -> pl.Expr:
    """Reference evapotranspiration of short grass, mm/d (FAO-56, eq. 6); elevation in m; soil heat of a day is 0."""
    mean = (tmax + tmin) / 2
    slope = 4098 * saturation(mean) / (mean + 237.3) ** 2
    gamma = 0.665e-3 * 101.3 * ((293 - 0.0065 * elevation) / 293) ** 5.26
    clear = (0.75 + 2e-5 * elevation) * sky
    cloud = 1.35 * (air.radiation / clear).clip(0, 1) - 0.35
    black = 4.903e-9 * ((tmax + 273.16) ** 4 + (tmin + 273.16) ** 4) / 2
    net = 0.77 * air.radiation - black * (0.34 - 0.14 * air.vapour.sqrt()) * cloud
    short = (saturation(tmax) + saturation(tmin)) / 2 - air.vapour
    above = 0.408 * slope * net + gamma * 900 / (mean + 273) * air.wind * short
    return (above / (slope + gamma * (1 + 0.34 * air.wind))).clip(0)


def saturation(temperature: pl.Expr) -> pl.Expr:
    """Saturation vapour pressure, kPa (FAO-56, eq. 11).

    >>> round(pl.select(saturation(pl.lit(24.5))).item(), 3)
    3.075
    """
    return 0.6108 * (17.27 * temperature / (temperature + 237.3)).exp()
