"""Air quality index (AQI) of HJ 633-2012 and HJ 633-2026, exact to the last unit.

The index of one pollutant (IAQI) is a straight line between breakpoints, rounded **up** to a whole number; the AQI is
the largest of them. In binary floating point that goes wrong: CO at 2.2 mg/m³ gives 56 where the standard says 55.
So a concentration is first brought to whole steps (thousandths in 2012, which states no rounding; in 2026 whole µg/m³,
CO tenths of mg/m³, half to even as GB/T 8170 asks), and everything after that is whole-number arithmetic, done once for
every step between zero and the last breakpoint and then looked up.

Decided here where the standard is silent: above the last breakpoint the index stays at 500; below zero it is null.
SO₂ 1 h above 800 µg/m³ and O₃ 8 h above 800 µg/m³ have no index of their own in 2012 (null: the 24-hour mean of SO₂ and
the hourly O₃ speak instead) and stay at 200 and 300 in 2026 (notes b and c of its table 3).

Source: HJ 633-2012 table 1 and HJ 633-2026 table 3, both in `data/reference/aqi_breakpoints.csv`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import polars as pl

from workbench.errors import MissingData, UnknownName

Scale = Literal["day", "hour"]

RULES: tuple[str, ...] = ("hj633_2012", "hj633_2026")
SWITCH = date(2026, 3, 1)
"""The first day of HJ 633-2026, by date of observation."""

POLLUTANTS: tuple[str, ...] = ("pm2_5", "pm10", "so2", "no2", "co", "o3_8h")
"""The six of a daily report; an hourly one has `o3` (1 h) in place of `o3_8h`."""

INDICATORS: dict[tuple[str, Scale], tuple[str, ...]] = {
    ("hj633_2012", "day"): (*POLLUTANTS, "o3"),
    ("hj633_2012", "hour"): ("pm2_5_24h", "pm10_24h", "so2", "so2_24h", "no2", "co", "o3", "o3_8h"),
    ("hj633_2026", "day"): POLLUTANTS,
    ("hj633_2026", "hour"): ("pm2_5", "pm10", "so2", "no2", "co", "o3"),
}
"""The columns that count. In 2012 the daily report also has the largest hourly O₃ (`o3`), and the real-time one takes
particles as 24-hour and O₃ also as 8-hour sliding means (`air_day.sliding`); in 2026 all of it is hourly."""


@dataclass(frozen=True)
class Level:
    """One of the six levels: `low` ≤ AQI ≤ `high`, with class, official colour and advice."""

    number: int
    zh: str
    en: str
    colour_zh: str
    hex: str
    low: int
    high: int
    advice_zh: str
    advice_en: str


LEVELS: tuple[Level, ...] = (
    Level(1, "优", "Excellent", "绿色", "#00E400", 0, 50, "所有人都可照常活动。", "Everyone can be active as usual."),
    Level(2, "良", "Good", "黄色", "#FFFF00", 51, 100, "极少数特别敏感的人宜少在户外活动。",
          "The very few who are unusually sensitive should spend less time outdoors."),
    Level(3, "轻度污染", "Light pollution", "橙色", "#FF7E00", 101, 150,
          "儿童青少年、老年人和心肺疾病患者宜减少长时间、高强度的户外锻炼。",
          "Children, the elderly and people with heart or lung disease should cut down long, hard exercise outdoors."),
    Level(4, "中度污染", "Moderate pollution", "红色", "#FF0000", 151, 200,
          "儿童青少年、老年人和心肺疾病患者不宜长时间、高强度户外锻炼，其他人适当减少户外运动。",
          "Children, the elderly and heart or lung patients should avoid long, hard exercise outdoors; others less."),
    Level(5, "重度污染", "Heavy pollution", "紫色", "#99004C", 201, 300,
          "儿童青少年、老年人和心肺疾病患者宜留在室内、停止户外运动，其他人减少户外运动。",
          "Children, the elderly and heart or lung patients should stay indoors; others should cut outdoor sport."),
    Level(6, "严重污染", "Severe pollution", "褐红色", "#7E0023", 301, 500,
          "儿童青少年、老年人和病人宜留在室内、避免体力消耗，其他人避免户外活动。",
          "Children, the elderly and the ill should stay indoors and rest; everyone else should avoid going out."),
)  # fmt: skip
"""Annex A of both standards (2026 starts level 1 at 1). The purple is the Chinese 153, 0, 76, not the American one."""


def rules_at(day: date) -> str:
    """The rule set in force on a day of observation.

    >>> rules_at(date(2026, 2, 28)), rules_at(date(2026, 3, 1))
    ('hj633_2012', 'hj633_2026')
    """
    return RULES[day >= SWITCH]


def _checked(rules: str) -> str:
    if rules not in RULES:
        raise UnknownName("rule set", rules, RULES)
    return rules


def pollutant(column: str) -> str:
    """The pollutant that an indicator's column stands for: `pm2_5_24h` is `pm2_5`."""
    return column.removesuffix("_24h")


def steps(column: str, rules: str) -> int:
    """How many steps a unit of concentration is divided into before the index is computed."""
    if rules == "hj633_2012":
        return 1000
    return 10 if pollutant(column) == "co" else 1


def _in_steps(column: str, rules: str) -> pl.Expr:
    value = pl.col(column).cast(pl.Float64) * steps(column, _checked(rules))
    if rules == "hj633_2026":
        value = (value * 1e6).round() / 1e6
    return value.round(mode="half_to_even")


def rounded(column: str, rules: str) -> pl.Expr:
    """The concentration in whole steps (Int32) as the rule set reads it; null for a null, NaN or infinite value.

    2026 rounds half to even. A value is snapped to a millionth of a step first, so that a mean such as 1452/24 or a
    decimal such as 0.25 is a tie exactly when it is one on paper.

    >>> pl.DataFrame({"pm2_5": [60.5, 60.6, 61.5]}).select(rounded("pm2_5", "hj633_2026")).to_series().to_list()
    [60, 61, 62]
    """
    return _in_steps(column, rules).cast(pl.Int32, strict=False)


@lru_cache(maxsize=64)
def _staircase(nodes: tuple[tuple[int, int], ...], beyond: int | None) -> pl.Series:
    """The index of every step 0, 1, … of the last breakpoint, and of everything beyond it as the last entry.

    Between breakpoints (c₀, i₀) and (c₁, i₁) it is i₀ + ⌈(i₁ − i₀)(c − c₀) / (c₁ − c₀)⌉, in whole numbers.
    """
    step = pl.int_range(nodes[-1][0] + 1, dtype=pl.Int64, eager=True)
    pieces = [
        step[c0 + 1 : c1 + 1].to_frame("c").select(i0 + ((pl.col("c") - c0) * (i1 - i0) + (c1 - c0 - 1)) // (c1 - c0))
        for (c0, i0), (c1, i1) in pairwise(nodes)
    ]
    ends = [pl.Series([nodes[0][1]]), *(piece.to_series() for piece in pieces), pl.Series([beyond], dtype=pl.Int64)]
    return pl.concat([end.cast(pl.Int32).alias("iaqi") for end in ends])


def iaqi(column: str, scale: Scale, rules: str, breakpoints: pl.DataFrame) -> pl.Expr:
    """The index of one pollutant, Int32, null where the concentration is null, NaN or negative.

    `column` is a pollutant in µg/m³ (CO mg/m³), or its 24-hour sliding mean `<pollutant>_24h`; `scale` names the
    limits to use, and the other one is taken where the standard has only that (hourly particles on the day's scale).

    >>> from workbench.settings import PROJECT
    >>> points = pl.read_csv(PROJECT / "data/reference/aqi_breakpoints.csv")
    >>> pl.DataFrame({"co": [2.2]}).select(iaqi("co", "day", "hj633_2012", points)).item()
    55
    """
    rows = breakpoints.filter(pl.col("rules") == _checked(rules), pl.col("pollutant") == pollutant(column))
    if rows.is_empty():
        what = f"aqi_breakpoints: no rows for {pollutant(column)} under {rules}"
        raise MissingData(what, "restore data/reference/aqi_breakpoints.csv")
    wanted = rows.filter(pl.col("scale") == ("day" if column.endswith("_24h") else scale))
    rows = (rows if wanted.is_empty() else wanted).sort("iaqi")
    factor = steps(column, rules)
    nodes = tuple((round(c * factor), int(i)) for c, i in rows.select("concentration", "iaqi").iter_rows())
    top_step, top = nodes[-1]
    table = _staircase(nodes, None if rules == "hj633_2012" and top < 500 else top)
    step = _in_steps(column, rules).clip(upper_bound=top_step + 1).cast(pl.UInt32, strict=False)  # null below zero
    return pl.lit(table).gather(step).alias(f"iaqi_{column}")


def level(aqi: pl.Expr) -> pl.Expr:
    """The level 1 … 6 of an AQI, Int32.

    >>> pl.DataFrame({"aqi": [50, 51, 200, 201, 500]}).select(level(pl.col("aqi"))).to_series().to_list()
    [1, 2, 4, 5, 6]
    """
    return pl.sum_horizontal(pl.lit(1, pl.Int32), *((aqi > each.high).cast(pl.Int32) for each in LEVELS[:-1]))


def _named(flags: dict[str, pl.Expr], known: pl.Expr) -> pl.Expr:
    """The names whose flag is set, as list[str], null where not `known`: one number a row, looked up among lists."""
    names = list(flags)
    lists = pl.Series(
        [[name for bit, name in enumerate(names) if code >> bit & 1] for code in range(1 << len(names))],
        dtype=pl.List(pl.String),
    )
    code = pl.sum_horizontal(flag.cast(pl.UInt32) * (1 << bit) for bit, flag in enumerate(flags.values()))
    return pl.lit(lists).gather(pl.when(known).then(code))


def aqi(
    frame: pl.DataFrame,
    rules: str,
    breakpoints: pl.DataFrame,
    scale: Scale = "day",
    planned: Iterable[str] | None = None,
) -> pl.DataFrame:
    """Add `iaqi_<column>` of every indicator that the frame has, `aqi`, `level`, `primary` and `exceeding`.

    `primary` (list[str]) holds the pollutants with the largest index when the AQI is above 50, ties together; empty
    at 50 and below, null without an AQI. `exceeding`: all above 100, a notion of 2012 only, null under 2026.

    Missing pollutants: 2012 takes the AQI from the rest. 2026 (5.3.1) publishes it only above 100, else it is null;
    `planned` names the pollutants of the station's monitoring plan (default all six): others may be missing (5.3.2).
    The AQI of 2026 starts at 1. MissingData when the frame has no column of this report at all.
    """
    columns = [name for name in INDICATORS[_checked(rules), scale] if name in frame.columns]
    if not columns:
        raise MissingData(f"no AQI without any of {', '.join(INDICATORS[rules, scale])}", f"there are: {frame.columns}")
    out = frame.with_columns([iaqi(name, scale, rules, breakpoints) for name in columns])
    index = {name: pl.col(f"iaqi_{name}") for name in columns}
    if "so2_24h" in columns and "so2" in columns:  # note (2) of 2012: the 24-hour mean speaks where the hour cannot
        index["so2"] = pl.coalesce(index["so2"], index.pop("so2_24h"))
    worst = pl.max_horizontal(index.values())
    if rules == "hj633_2026":
        needed = INDICATORS[rules, scale] if planned is None else tuple(planned)
        missing = [index[name].is_null() if name in columns else pl.lit(True) for name in needed]
        worst = pl.when(~pl.any_horizontal(False, *missing) | (worst > 100)).then(worst.clip(lower_bound=1))
    out = out.with_columns(aqi=worst)
    largest = {pollutant(name): (each == pl.col("aqi")) & (pl.col("aqi") > 50) for name, each in index.items()}
    above = {pollutant(name): each > 100 for name, each in index.items()}
    known = pl.col("aqi").is_not_null()
    return out.with_columns(
        level=pl.when(known).then(level(pl.col("aqi"))),
        primary=_named(largest, known),
        exceeding=_named(above, known) if rules == RULES[0] else pl.lit(None, pl.List(pl.String)),
    )


def aqi_in_force(daily: pl.DataFrame, breakpoints: pl.DataFrame, planned: Iterable[str] | None = None) -> pl.DataFrame:
    """Daily AQI, each `date` under the rule set in force that day; adds `rules` to what `aqi` adds."""
    wanted = None if planned is None else tuple(planned)
    parts = []
    for rules in RULES:
        mine = (pl.col("date") >= SWITCH) == (rules == RULES[1])
        parts.append(aqi(daily.filter(mine), rules, breakpoints, "day", wanted).with_columns(rules=pl.lit(rules)))
    return pl.concat(parts, how="diagonal")
