"""A season's harvest as figures to act on: what it would be under a change, and how it falls into size grades.

Everything is a plain function of frames, so that a page may ask again for every number that a reader enters. Kilograms
are whole. A town `*` is the county, a variety `*` all varieties together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import erf, sqrt

import polars as pl

from workbench.errors import InputError
from workbench.science import agronomy, fruit

ALL = "*"
OUTLOOK: dict[str, pl.DataType] = {
    "season": pl.Int64(),
    "closed": pl.Date(),
    "due": pl.Date(),
    "town": pl.String(),
    "variety": pl.String(),
    "place": pl.String(),
    "area": pl.Float64(),
    "mean": pl.Int64(),
    "base": pl.Int64(),
    "before": pl.Int64(),
}
"""One row a town and variety, with the fifteen quantiles (kg, null where so few seasons cannot carry one) beside.

`season` 2026 is 2026/27, `closed` its last day, `due` the ten-day date of the issue; `place` the weather's height band
(null for the county); `area` mu in full bearing; `mean` the kg expected, which add up exactly over towns and varieties;
`base` the same without weather; `before` the season before as finally released, null where it is not published.
"""
LOST_AT_WORST = 0.75
"""Of the fruit on the trees, in a night that is severe for fruit: Danjiangkou lost about half at −3.4 °C (November 2009),
two thirds of the way from first harm to severe."""  # noqa: E501
SPREAD = 7.0
"""Standard deviation of the diameters of one variety, mm; assumed."""
GRADES = (0.0, 65.0, 70.0, 75.0, 80.0, 85.0, 90.0)
"""Where size grades begin, mm; marketed best at 75–90. Assumed: no county standard is published."""
MONTHS = ("11", "12", "01", "02", "03", "04", "05", "06")


def month_of(season: int, month: str) -> date:
    """The first day of a harvest month in its season: '11' of 2026 lies in 2026, '03' in 2027."""
    number = int(month)
    return date(season + (number < 9), number, 1)


# -- what if ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """What a reader would change: July–August rain, a freeze, areas.

    `summer_rain`: share of normal that falls in July and August (1 = normal, None = as forecast); `summer_heat`: °C by
    which August is warmer than normal (None = as forecast); `freeze`: the lowest temperature (°C) of a night at
    `freeze_place`'s height — every place takes the same — on `freeze_day`; `area`: town (or `*`) → factor on its area.
    """

    summer_rain: float | None = None
    summer_heat: float | None = None
    freeze: float | None = None
    freeze_day: date | None = None
    area: Mapping[str, float] | None = None


def changed(outlook: pl.DataFrame, sensitivity: pl.DataFrame, flow: pl.DataFrame, change: Change) -> pl.DataFrame:
    """The outlook under a change: the same rows and columns, `mean` and quantiles anew, and `was`, the mean before.

    `sensitivity` and `flow` are the products of the same issue. The weather of windows that are over cannot be changed
    any more and is refused, as are a freeze without a day or outside the season, and areas below zero. Rain and heat act
    through the learnt or believed loss of each town; a freeze takes its share of the fruit still on the trees that day.
    """  # noqa: E501
    season = int(outlook["season"][0])
    parts = outlook.filter(pl.col("town") != ALL, pl.col("variety") != ALL).with_columns(factor=pl.lit(1.0))
    for name, value in (("summer_drought", change.summer_rain), ("august_heat", change.summer_heat)):
        if value is not None:
            parts = _weather(parts, sensitivity, name, value)
    if change.freeze is not None:
        parts = _frozen(parts, flow, season, change)
    for town, factor in (change.area or {}).items():
        if factor < 0:
            raise InputError(f"the area of {town} times {factor} is below nothing", "give a factor of 0 or more")
        here = pl.lit(value=True) if town == ALL else pl.col("town") == town
        grown = pl.when(here).then(factor).otherwise(1.0)
        parts = parts.with_columns(factor=pl.col("factor") * grown, area=pl.col("area") * grown)
    return _summed(outlook, parts)


def _weather(parts: pl.DataFrame, sensitivity: pl.DataFrame, name: str, value: float) -> pl.DataFrame:
    rows = sensitivity.filter(pl.col("factor") == name)
    if rows.is_empty():
        raise InputError(f"this forecast does not look at '{name}'", "change something else")
    if rows["decided"].min() >= 1:  # type: ignore[operator]
        raise InputError(f"'{name}' of this season is over and measured", "change what is still to come")
    to = pl.col("normal") * value if name == "summer_drought" else pl.col("normal") + value
    raw = (to - pl.col("normal")) / pl.col("spread") * pl.col("harm")
    z = pl.when(pl.col("beyond").is_null()).then(raw).otherwise((raw - pl.col("beyond")).clip(0))
    rows = rows.select("town", more=(z - pl.col("expected")) * pl.col("loss"))
    joined = parts.join(rows, on="town", how="left", maintain_order="left")
    kept = (pl.col("mean") - pl.col("more").fill_null(0) * pl.col("base")) / pl.col("mean").clip(1)
    return joined.with_columns(factor=pl.col("factor") * kept.clip(0)).drop("more")


def _frozen(parts: pl.DataFrame, flow: pl.DataFrame, season: int, change: Change) -> pl.DataFrame:
    day, depth = change.freeze_day, change.freeze
    if day is None or not date(season, 9, 1) <= day <= date(season + 1, 6, 30):
        raise InputError("a freeze needs a day from September to June of its season", f"give one from {season}-09-01")
    severity = pl.select(agronomy.freeze_severity(pl.lit(depth))).item()
    hanging = on_tree(flow, season, day)
    joined = parts.join(hanging, on=["town", "variety"], how="left", maintain_order="left")
    lost = LOST_AT_WORST * severity * pl.col("hanging").fill_null(1)
    return joined.with_columns(factor=pl.col("factor") * (1 - lost)).drop("hanging")


def on_tree(flow: pl.DataFrame, season: int, day: date) -> pl.DataFrame:
    """The share of each town's variety that is still on the trees at the beginning of that day: `town, variety, hanging`.

    A month's fruit is taken to be picked evenly over its days.
    """  # noqa: E501
    starts = pl.DataFrame({"month": MONTHS, "begin": [month_of(season, month) for month in MONTHS]})
    rows = flow.join(starts, on="month")
    length = (pl.col("begin").dt.offset_by("1mo") - pl.col("begin")).dt.total_days()
    left = (1 - (pl.lit(day) - pl.col("begin")).dt.total_days() / length).clip(0, 1)
    whole = pl.col("kg").sum()
    return rows.group_by("town", "variety").agg(
        hanging=pl.when(whole > 0).then((pl.col("kg") * left).sum() / whole).otherwise(0.0)
    )


def _summed(outlook: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Rows of towns' varieties with their factor, carried to every sum, in the outlook's order."""
    spread = [name for name in outlook.columns if name.startswith("q") and name[1:].isdigit()]
    new = parts.with_columns(new=(pl.col("mean") * pl.col("factor")).round().cast(pl.Int64), grown="area")
    levels = []
    for keys in (["town", "variety"], ["town"], ["variety"], []):
        total = {"new": pl.col("new").sum(), "grown": pl.col("grown").sum()}
        made = new.group_by(keys).agg(**total) if keys else new.select(**total)
        lacking = [pl.lit(ALL).alias(key) for key in ("town", "variety") if key not in keys]
        levels.append(made.with_columns(lacking).select("town", "variety", "new", "grown"))
    joined = outlook.join(pl.concat(levels), on=["town", "variety"], how="left", maintain_order="left")
    factor = pl.col("new") / pl.col("mean").clip(1)
    values = [pl.col(name) * factor for name in spread]
    return joined.with_columns(*values, mean="new", area="grown", was="mean").drop("new", "grown")


# -- sizes ------------------------------------------------------------------------------------------------------------


def sizes(kilograms: Mapping[str, float], diameters: Mapping[str, float], spread: float = SPREAD) -> pl.DataFrame:
    """How a variety's kilograms fall into size grades: `variety, grade, low, high, share, kg`; `high` null = open.

    `diameters`: mean mm at harvest by variety. Diameters are normal about it; a grade's share is that of the *fruit*,
    its kilograms weigh each fruit by the mass of the grade's middle, and add up to what was given.
    """
    rows = []
    for variety, whole in kilograms.items():
        shares = _shares(diameters[variety], spread)
        masses = pl.DataFrame({"mm": _middles()}).select(fruit.mass(pl.col("mm"))).to_series().to_list()
        weights = [share * mass for share, mass in zip(shares, masses, strict=True)]
        parts = [whole * weight / sum(weights) for weight in weights]
        for i, low in enumerate(GRADES):
            high = GRADES[i + 1] if i + 1 < len(GRADES) else None
            grade = f"≥{low:.0f}" if high is None else (f"<{high:.0f}" if i == 0 else f"{low:.0f}–{high:.0f}")
            rows.append((variety, grade, low, high, shares[i], parts[i]))
    names = {"variety": pl.String, "grade": pl.String, "low": pl.Float64, "high": pl.Float64}
    return pl.DataFrame(rows, {**names, "share": pl.Float64, "kg": pl.Float64}, orient="row")


def _shares(mean: float, spread: float) -> list[float]:
    below = [0.0, *((1 + erf((edge - mean) / spread / sqrt(2))) / 2 for edge in GRADES[1:]), 1.0]
    return [high - low for low, high in pairwise(below)]


def _middles() -> list[float]:
    return [GRADES[1] - 2.5, *((low + high) / 2 for low, high in pairwise(GRADES[1:])), 92.5]
