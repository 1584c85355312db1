"""The sample county's groves — 示意数据: trees by year of planting, fruit counted at the end of August, prices, and the
weather forecasts that were issued. Everything here is invented around the crop that `oranges` makes."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

DENSITY = 50  # trees a mu, the most that the geographical indication allows
FIRST_SURVEY, GROVES = 2015, 60
LEADS, ISSUES = 10, 280
METHOD = 0.03  # how far a whole survey is off, beyond its sampling
PRICE = 4.8  # yuan/kg at the farm gate, 2024
MONTHLY = {11: 1.1, 12: 1.0, 1: 0.9, 2: 0.92, 3: 1.1, 4: 1.3, 5: 1.45, 6: 1.5}
Array = NDArray[np.float64]


def cohorts(areas: dict[int, float], shares: dict[str, float], varieties: dict[str, float], day: date) -> pl.DataFrame:
    """What stands on 30 June of the newest year over, by town, variety and year of planting.

    `areas`: mu of the county by season. What stood in the first of them was planted over the fifteen years before; what
    a year adds was planted five years earlier, when it comes into bearing.
    """
    counted = date(day.year if day > date(day.year, 6, 30) else day.year - 1, 6, 30)
    first = min(areas)
    planted = {first - 15 + i: areas[first] / 15 for i in range(15)}
    for year in sorted(areas)[1:]:
        planted[year - 5] = planted.get(year - 5, 0.0) + max(areas[year] - areas[year - 1], 0.0)
    rows = [
        (town, variety, year, counted, round(area * part * share, 1), round(area * part * share * DENSITY))
        for year, area in planted.items()
        for town, share in shares.items()
        for variety, part in varieties.items()
        if area * part * share >= 1
    ]
    return pl.DataFrame(rows, ["town", "variety", "planted", "counted", "area", "trees"], orient="row")


def surveys(
    crop: dict[int, dict[str, float]], varieties: dict[str, float], seed: int, day: date, first: int = FIRST_SURVEY
) -> pl.DataFrame:
    """Two trees of each of sixty groves on 1 September of every season from `first` on and before `day`.

    `crop`: season → town → kg/mu on the trees; towns and varieties take part in turn and by their shares.
    """
    rows = []
    for season, towns in crop.items():
        if season < first or date(season, 9, 1) >= day:
            continue
        rng = np.random.default_rng((seed, season))
        off = rng.lognormal(0, METHOD)
        size = rng.normal(58, 1)
        names, kinds = list(towns), list(varieties)
        for grove in range(GROVES):
            town, variety = names[grove % len(names)], rng.choice(kinds, p=list(varieties.values()))
            for tree in (1, 2):
                crop_of_tree = towns[town] / DENSITY / 0.2 * off * rng.gamma(9, 1 / 9)
                chance = 1 / int(rng.integers(8, 25))
                row = (town, str(variety), date(season, 9, 1), f"{grove + 1:03d}", tree)
                fruit, mm = int(rng.poisson(crop_of_tree * chance)), round(rng.normal(size, 3), 1)
                rows.append((*row, fruit, chance, mm if grove % 3 == 0 else None))
    names = ["town", "variety", "date", "grove", "tree", "fruit", "chance", "diameter"]
    return pl.DataFrame(rows, names, orient="row", schema_overrides={"diameter": pl.Float64})


def prices(calendar: dict[str, list[int]], seed: int, day: date) -> pl.DataFrame:
    """Farm-gate prices on the first of every month in which a variety is picked, the last four seasons."""
    rng = np.random.default_rng(seed)
    rows = []
    for season in range(day.year - 4, day.year + 1):
        level = PRICE * rng.lognormal(0, 0.08)
        for variety, months in calendar.items():
            for month in months:
                at = date(season + (month < 9), month, 1)
                price = round(level * MONTHLY[month] * rng.lognormal(0, 0.03), 2)
                if at < day:
                    rows.append((variety, "地头", at, price))
    return pl.DataFrame(rows, ["variety", "market", "date", "price"], orient="row")


def ahead(weather: pl.DataFrame, seed: int, day: date) -> pl.DataFrame:
    """Every evening's forecast of the next ten days for the last `ISSUES` days: what came, and an error that grows."""
    frames = []
    for i in range(ISSUES):
        issued = day - timedelta(days=i + 1)
        last = issued + timedelta(days=LEADS)
        rows = weather.filter(pl.col("date") > issued, pl.col("date") <= last).sort("place", "date")
        lead = (rows["date"] - issued).dt.total_days().to_numpy()
        rng = np.random.default_rng((seed, issued.toordinal()))
        off = rng.normal(0, 0.8 + 0.25 * lead)
        wet = rng.lognormal(0, 0.2 + 0.06 * lead)
        moment = datetime(issued.year, issued.month, issued.day, 12, tzinfo=UTC)
        frames.append(
            rows.with_columns(
                tmax=(pl.col("tmax") + pl.Series(off)).round(1),
                tmin=(pl.col("tmin") + pl.Series(0.7 * off)).round(1),
                rain=(pl.col("rain") * pl.Series(wet)).round(1),
                issued_at=pl.lit(moment, pl.Datetime("us", "UTC")),
            )
        )
    return pl.concat(frames)
