"""Units as people write them, and what turns one into another. What cannot be turned is said, never guessed.

A unit belongs to a dimension; within one, `base = value * scale + shift`. Mixing ratios (ppb) are not here on purpose:
to turn them into µg/m³ one must know temperature and pressure, and which reference state the sender used.
"""

import re
import unicodedata

from workbench.errors import BrokenContract

DIMENSIONS: dict[str, dict[str, tuple[float, float]]] = {
    "concentration (µg/m3)": {"ug/m3": (1, 0), "mg/m3": (1e3, 0), "g/m3": (1e6, 0), "ng/m3": (1e-3, 0)},
    "temperature (°C)": {"°c": (1, 0), "k": (1, -273.15), "°f": (5 / 9, -160 / 9)},
    "speed (m/s)": {"m/s": (1, 0), "km/h": (1 / 3.6, 0), "kn": (1852 / 3600, 0), "mph": (0.44704, 0)},
    "pressure (hPa)": {"hpa": (1, 0), "pa": (0.01, 0), "kpa": (10, 0), "mmhg": (1.333224, 0)},
    "length (mm)": {"mm": (1, 0), "cm": (10, 0), "m": (1e3, 0), "km": (1e6, 0), "inch": (25.4, 0), "ft": (304.8, 0)},
    "irradiance (W/m2)": {"w/m2": (1, 0), "kw/m2": (1e3, 0)},
    "share (%)": {"%": (1, 0), "‰": (0.1, 0)},
    "angle (°)": {"°": (1, 0)},
    "mass (kg)": {
        "kg": (1, 0),
        "g": (1e-3, 0),
        "t": (1e3, 0),
        "斤": (0.5, 0),
        "担": (50, 0),
        "万斤": (5e3, 0),
        "万kg": (1e4, 0),
        "万吨": (1e7, 0),
    },
    "area (亩)": {"亩": (1, 0), "ha": (15, 0), "万亩": (1e4, 0), "km2": (1500, 0)},
    "price (元/kg)": {"元/kg": (1, 0), "元/斤": (2, 0), "元/t": (1e-3, 0)},
    "money (元)": {"元": (1, 0), "万元": (1e4, 0), "亿元": (1e8, 0)},
    "visits (人次)": {"人次": (1, 0), "万人次": (1e4, 0)},
}

SPELLINGS = {
    "微克/立方米": "ug/m3",
    "毫克/立方米": "mg/m3",
    "μg/m3": "ug/m3",
    "mcg/m3": "ug/m3",
    "℃": "°c",
    "摄氏度": "°c",
    "degc": "°c",
    "celsius": "°c",
    "c": "°c",
    "degf": "°f",
    "fahrenheit": "°f",
    "米/秒": "m/s",
    "mps": "m/s",
    "千米/时": "km/h",
    "公里/小时": "km/h",
    "kmh": "km/h",
    "knots": "kn",
    "kt": "kn",
    "mp/h": "mph",
    "mi/h": "mph",
    "百帕": "hpa",
    "千帕": "kpa",
    "帕": "pa",
    "mb": "hpa",
    "mbar": "hpa",
    "毫米": "mm",
    "厘米": "cm",
    "米": "m",
    "in": "inch",
    "度": "°",
    "deg": "°",
    "degree": "°",
    "degrees": "°",
    "percent": "%",
    "瓦/平方米": "w/m2",
    "千克": "kg",
    "万公斤": "万kg",
    "万千克": "万kg",
    "公斤": "kg",
    "克": "g",
    "吨": "t",
    "万t": "万吨",
    "市斤": "斤",
    "mu": "亩",
    "市亩": "亩",
    "hectare": "ha",
    "hectares": "ha",
    "元/公斤": "元/kg",
    "元/千克": "元/kg",
    "元/市斤": "元/斤",
    "元/吨": "元/t",
    "元/500g": "元/斤",
    "公顷": "ha",
    "平方公里": "km2",
}

MANY = ("mass (kg)", "area (亩)", "price (元/kg)")
"""Dimensions that people write in so many units that what stands in a header's brackets must be one of them."""

KNOWN = {unit: dimension for dimension, units in DIMENSIONS.items() for unit in units}


def clean(text: str) -> str:
    """A unit in the one spelling used here: no blanks, no superscripts, lower case, `u` for micro.

    >>> clean("μg/m³"), clean("微克每立方米"), clean("mg m-3"), clean("℃"), clean("KM/H")
    ('ug/m3', 'ug/m3', 'mg/m3', '°c', 'km/h')
    """
    plain = unicodedata.normalize("NFKC", text).strip().casefold().replace("每", "/").replace("^", "")
    plain = plain.replace("−", "-").replace("·", " ").replace("*", "")
    plain = re.sub(r"\s*m-([23])$", r"/m\1", plain).replace("m s-1", "m/s")
    plain = re.sub(r"\s+", "", plain).replace("μ", "u")
    return SPELLINGS.get(plain, plain)


def known(text: str) -> bool:
    """True where the text is a unit that can be turned into another."""
    return clean(text) in KNOWN


def conversion(source: str, target: str, what: str) -> tuple[float, float]:
    """`(scale, shift)` such that `target = source * scale + shift`. BrokenContract where there is no such pair.

    >>> conversion("mg/m³", "µg/m³", "PM2.5")
    (1000.0, 0.0)
    >>> scale, shift = conversion("°F", "°C", "temperature")
    >>> round(50 * scale + shift, 6)
    10.0
    """
    here, there = clean(source), clean(target)
    if here == there:
        return 1.0, 0.0
    if here not in KNOWN or KNOWN[here] != KNOWN.get(there):
        raise BrokenContract(
            f"column '{what}' is in {source.strip()}, which cannot be turned into {target}",
            f"export it in {target} and write the unit in the header",
        )
    (scale, shift), (to_scale, to_shift) = (DIMENSIONS[KNOWN[here]][unit] for unit in (here, there))
    return scale / to_scale, (shift - to_shift) / to_scale
