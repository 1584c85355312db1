"""Moist air: saturation pressure, humidity ratio, wet bulb, dew point, enthalpy, over NumPy arrays of any shape.

Temperatures in °C, pressures in Pa, relative humidity in % (0–100), humidity ratio in kg water per kg dry air. Use it
wherever a room's humidity is reckoned: rules speak of % RH or of the gap between dry and wet bulb (干湿差), balances
only hold in humidity ratio.

Source: ASHRAE Handbook of Fundamentals 2017, chapter 1, equations 3, 5, 6, 20, 30, 33, 35.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

ATMOSPHERE = 101325.0
"""Standard pressure at sea level, Pa."""

_ICE = (-5.6745359e3, 6.3925247, -9.677843e-3, 6.2215701e-7, 2.0747825e-9, -9.484024e-13, 4.1635019)
_WATER = (-5.8002206e3, 1.3914993, -4.8640239e-2, 4.1764768e-5, -1.4452093e-8, 0.0, 6.5459673)
_MASSES = 0.621945
_DRY_GAS = 287.042


def saturation_pressure(t: ArrayLike) -> Floats:
    """Pressure of saturated vapour over ice below 0.01 °C, over water above; from -100 to 200 °C.

    >>> round(float(saturation_pressure(25.0)), 1)
    3169.2
    """
    t = np.asarray(t, dtype=np.float64)
    kelvin = t + 273.15
    return np.where(t < 0.01, _fit(_ICE, kelvin), _fit(_WATER, kelvin))


def _fit(c: tuple[float, ...], k: Floats) -> Floats:
    return np.exp(c[0] / k + c[1] + k * (c[2] + k * (c[3] + k * (c[4] + k * c[5]))) + c[6] * np.log(k))


def humidity_ratio(t: ArrayLike, rh: ArrayLike, pressure: ArrayLike = ATMOSPHERE) -> Floats:
    """Water per dry air, kg/kg, from temperature and relative humidity.

    >>> round(float(humidity_ratio(25.0, 100.0)), 4)
    0.0201
    """
    return ratio_of_vapour(saturation_pressure(t) * np.asarray(rh) / 100, pressure)


def ratio_of_vapour(vapour: ArrayLike, pressure: ArrayLike = ATMOSPHERE) -> Floats:
    """Humidity ratio where the vapour has this pressure."""
    vapour = np.asarray(vapour, dtype=np.float64)
    return _MASSES * vapour / (np.asarray(pressure) - vapour)


def vapour_pressure(w: ArrayLike, pressure: ArrayLike = ATMOSPHERE) -> Floats:
    """Pressure of the vapour in air of this humidity ratio."""
    w = np.asarray(w, dtype=np.float64)
    return np.asarray(pressure) * w / (_MASSES + w)


def relative_humidity(t: ArrayLike, w: ArrayLike, pressure: ArrayLike = ATMOSPHERE) -> Floats:
    """Relative humidity, %; above 100 where the air would be foggy."""
    return 100 * vapour_pressure(w, pressure) / saturation_pressure(t)


def ratio_of_wet_bulb(t: ArrayLike, wet_bulb: ArrayLike, pressure: ArrayLike = ATMOSPHERE) -> Floats:
    """Humidity ratio from dry and wet bulb; the wick is iced below 0 °C."""
    t, wet = np.asarray(t, dtype=np.float64), np.asarray(wet_bulb, dtype=np.float64)
    full = ratio_of_vapour(saturation_pressure(wet), pressure)
    water = ((2501 - 2.326 * wet) * full - 1.006 * (t - wet)) / (2501 + 1.86 * t - 4.186 * wet)
    ice = ((2830 - 0.24 * wet) * full - 1.006 * (t - wet)) / (2830 + 1.86 * t - 2.1 * wet)
    return np.where(wet >= 0, water, ice)


def wet_bulb(t: ArrayLike, rh: ArrayLike, pressure: ArrayLike = ATMOSPHERE) -> Floats:
    """Thermodynamic wet-bulb temperature by bisection, to 1e-6 °C.

    >>> round(float(27.5 - wet_bulb(27.5, 92.6, 98_000.0)), 1)
    1.0
    """
    t = np.asarray(t, dtype=np.float64)
    w = humidity_ratio(t, rh, pressure)
    low, high = np.broadcast_to(t - 80.0, w.shape).copy(), np.broadcast_to(t, w.shape).copy()
    for _ in range(27):
        middle = (low + high) / 2
        above = ratio_of_wet_bulb(t, middle, pressure) > w
        high, low = np.where(above, middle, high), np.where(above, low, middle)
    return (low + high) / 2


def wet_bulb_gap(t: ArrayLike, rh: ArrayLike, pressure: ArrayLike = ATMOSPHERE) -> Floats:
    """Dry minus wet bulb (干湿差), °C: what a rearing room's double thermometer shows."""
    return np.asarray(t, dtype=np.float64) - wet_bulb(t, rh, pressure)


def dew_point(t: ArrayLike, rh: ArrayLike) -> Floats:
    """Temperature at which this air begins to condense, by Newton steps on the logarithm of the pressure.

    >>> round(float(dew_point(25.0, 60.0)), 1)
    16.7
    """
    t = np.asarray(t, dtype=np.float64)
    target = np.log(saturation_pressure(t) * np.asarray(rh) / 100)
    found = np.broadcast_to(t, target.shape).astype(np.float64)
    for _ in range(30):
        slope = (np.log(saturation_pressure(found + 0.005)) - np.log(saturation_pressure(found - 0.005))) / 0.01
        found = np.maximum(found - (np.log(saturation_pressure(found)) - target) / slope, -100)
    return found


def enthalpy(t: ArrayLike, w: ArrayLike) -> Floats:
    """Heat in moist air above dry air at 0 °C, J per kg dry air."""
    t, w = np.asarray(t, dtype=np.float64), np.asarray(w, dtype=np.float64)
    return 1000 * (1.006 * t + w * (2501 + 1.86 * t))


def dry_air_density(t: ArrayLike, w: ArrayLike, pressure: ArrayLike = ATMOSPHERE) -> Floats:
    """Dry air in a cubic metre of moist air, kg/m³ (the inverse of the specific volume)."""
    t, w = np.asarray(t, dtype=np.float64), np.asarray(w, dtype=np.float64)
    return np.asarray(pressure) / (_DRY_GAS * (t + 273.15) * (1 + 1.607858 * w))


def pressure_at(height: float) -> float:
    """Pressure of the standard atmosphere, Pa, at a height of -5,000 to 11,000 m.

    >>> round(pressure_at(500))
    95461
    """
    return float(ATMOSPHERE * (1 - 2.25577e-5 * height) ** 5.2559)
