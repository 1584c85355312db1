"""A home with the sample county's oranges and one invented issue of the harvest, in the columns that a real one has.

The figures are made up and only there for page, API, workbook and bulletin to have something to show.
"""

from datetime import date, timedelta
from statistics import NormalDist

import numpy as np
import polars as pl

from models import _oranges
from pipelines.sample import oranges as sample
from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.forecast.season_flow import flow, shared
from workbench.lake.ingest import ingest_frame
from workbench.lake.store import Lake
from workbench.operate.archive import Archive
from workbench.science import harvest
from workbench.settings import now

SEASON, DUE, TOTAL = 2026, date(2026, 11, 20), 512_340_117
DUES = [date(2026, month, day) for month in range(4, 12) for day in (10, 20, 30)][:23]
BARE = ("q025", "q05", "q95", "q975")
FACTORS = ("level", "area", "set_heat", "august_heat", "frost", "crop_before")
SKILLED = 40.0
"""Error (kg/mu) of the invented record: about half of what its rivals have."""


def furnish(error: float = SKILLED) -> None:
    """Sample tables into the lake, one issue into the archive; `error` of the record's forecasts in kg/mu."""
    for name, frame in sample.tables(now()).items():
        ingest_frame(Lake(), name, frame, "sample:oranges", f"o:{name}", sample=True)
    issue(error)


def issue(error: float = SKILLED) -> None:
    """One issue into the archive."""
    archive, stamp = Archive(), {"issued_at": pl.lit(now()).cast(pl.Datetime("us", "UTC")), "level": pl.lit(0)}
    for name, frame in products(error).items():
        whole = frame.with_columns(pl.col(pl.Null).cast(pl.Float64), model=pl.lit("season"), **stamp)
        archive.write_product(f"orange_{name}", whole, "made", sample=True)


def spread(mean: float, deviation: float) -> dict[str, float | None]:
    """Quantiles about a mean; the outermost are not given."""
    normal = NormalDist()
    pairs = zip(QUANTILES, LEVELS, strict=True)
    return {n: None if n in BARE else mean * (1 + deviation * normal.inv_cdf(level)) for n, level in pairs}


def products(error: float) -> dict[str, pl.DataFrame]:
    """Every product by name."""
    cells = split()
    calendar = pl.DataFrame(
        [(v, m, w) for v, months in _oranges.CALENDAR.items() for m, w in months.items()],
        {"variety": pl.String, "month": pl.String, "weight": pl.Float64}, orient="row",
    )  # fmt: skip
    rows = pl.DataFrame([(t, v, kg) for (t, v), kg in cells.items()], ["town", "variety", "kg"], orient="row")
    frames = {
        "outlook": outlook(cells), "funnel": funnel(), "causes": causes(cells), "sensitivity": sensitivity(),
        "similar": similar(), "hazards": hazards(), "flow": flow(rows, calendar), "sizes": sizes(cells),
        "record": record(error),
    }  # fmt: skip
    return {
        name: frame.with_columns(season=pl.lit(SEASON, pl.Int64)) if name != "record" else frame
        for name, frame in frames.items()
    }


def split() -> dict[tuple[str, str], int]:
    """Kilograms by town and variety that add up to TOTAL."""
    towns = shared(TOTAL, np.array(list(sample.TOWNS.values())))
    varieties = np.array(list(sample.VARIETIES.values()))
    return {
        (town, variety): int(part)
        for town, kg in zip(sample.TOWNS, towns, strict=True)
        for variety, part in zip(sample.VARIETIES, shared(int(kg), varieties), strict=True)
    }


def outlook(cells: dict[tuple[str, str], int]) -> pl.DataFrame:
    """Towns and varieties, and their sums."""
    bands, found = sample.town_band(), []
    for town in (*sample.TOWNS, harvest.ALL):
        for variety in (*sample.VARIETIES, harvest.ALL):
            mine = [
                (k, kg) for k, kg in cells.items() if town in (k[0], harvest.ALL) and variety in (k[1], harvest.ALL)
            ]
            mean = sum(kg for _, kg in mine)
            area = sum(10_000 * sample.TOWNS[k[0]] * sample.VARIETIES[k[1]] for k, _ in mine)
            found.append(
                {"closed": date(2027, 6, 30), "due": DUE, "town": town, "variety": variety, "place": bands.get(town),
                 "area": area, "mean": mean, "base": round(mean * 1.05), "before": round(mean * 0.97),
                 **spread(mean, 0.07)}
            )  # fmt: skip
    return pl.DataFrame(found, infer_schema_length=None)


def funnel() -> pl.DataFrame:
    """Issues whose range narrows; the last is the outlook's."""
    means = [*(540_000_000 - 1_000_000 * i for i in range(len(DUES) - 1)), TOTAL]
    return pl.DataFrame(
        [
            {"due": due, "kind": "issued" if i > 19 else "replayed", "mean": mean, **spread(mean, 0.15 - 0.0035 * i)}
            for i, (due, mean) in enumerate(zip(DUES, means, strict=True))
        ],
        infer_schema_length=None,
    )


def causes(cells: dict[tuple[str, str], int]) -> pl.DataFrame:
    """Factors that add up: the county at every issue, the towns at the newest."""
    found = []
    for i, (due, mean) in enumerate(zip(DUES, funnel()["mean"], strict=True)):
        parts = {"area": 18_000_001, "set_heat": -min(i, 6) * 1_500_000, "frost": -3_000_000,
                 "august_heat": -min(max(i - 10, 0), 5) * 4_000_000, "crop_before": -11_000_000}  # fmt: skip
        parts = {"level": mean - sum(parts.values())} | parts
        found += [(due, harvest.ALL, name, parts[name]) for name in FACTORS]
    for town in sample.TOWNS:
        whole = sum(kg for (name, _), kg in cells.items() if name == town)
        parts = {"area": whole // 30, "set_heat": -whole // 50, "august_heat": -whole // 25, "frost": -whole // 100,
                 "crop_before": -whole // 50}  # fmt: skip
        parts = {"level": whole - sum(parts.values())} | parts
        found += [(DUE, town, name, parts[name]) for name in FACTORS]
    return pl.DataFrame(found, ["due", "town", "factor", "kg"], orient="row")


def sensitivity() -> pl.DataFrame:
    """Windows of weather: those of summer are over, frost is to come."""
    windows = (("set_heat", "tmax", date(2026, 5, 1), date(2026, 6, 20), 1, 1.0, 0.05),
               ("august_heat", "tmax", date(2026, 8, 1), date(2026, 8, 31), 1, 1.0, 0.04),
               ("frost", "tmin", date(2026, 12, 10), date(2027, 2, 20), -1, 0.0, 0.08))  # fmt: skip
    return pl.DataFrame(
        [
            {"town": town, "factor": name, "column": column, "first": first, "last": last, "harm": harm, "beyond": 0.5,
             "normal": 20.0, "spread": 2.0, "expected": 0.2, "decided": decided, "loss": loss,
             "learnt": name != "frost"}
            for town in sample.TOWNS for name, column, first, last, harm, decided, loss in windows
        ]
    )  # fmt: skip


def similar() -> pl.DataFrame:
    """Past seasons, one of them never published."""
    rows = [(1, 2013, 0.5, 0.97, 230_000_000), (2, 2018, 0.7, 1.02, None), (3, 2001, 1.1, None, None)]
    return pl.DataFrame(rows, ["rank", "like", "distance", "relative", "output"], orient="row")


def hazards() -> pl.DataFrame:
    """Frost and heat of the next 15 days, and of the months to come."""
    found = []
    for i, place in enumerate(sample.BANDS):
        for kind, chance, value, unit in (("frost", 0.02, -1.4, "°C"), ("heat", 0.0, 18.0, "°C")):
            days = [date(2026, 11, 24) + timedelta(days=n) for n in range(15)]
            found += [(place, "day", day, day, kind, chance * (i + 1), value, unit, "forecast") for day in days]
            for month in (date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1)):
                found.append(
                    (place, "month", month, month.replace(day=28), kind, chance * (i + 3), value, unit, "climate")
                )
    names = ["place", "span", "first", "last", "kind", "chance", "value", "unit", "basis"]
    return pl.DataFrame(found, names, orient="row")


def sizes(cells: dict[tuple[str, str], int]) -> pl.DataFrame:
    """Grades by variety and of all together, in whole kilograms that add up."""
    found = []
    for variety in (*sample.VARIETIES, harvest.ALL):
        whole = sum(kg for (_, name), kg in cells.items() if variety in (name, harvest.ALL))
        rows = harvest.sizes({variety: float(whole)}, {variety: 78.0})
        parts = shared(whole, rows["kg"].to_numpy())
        found.append(rows.with_columns(kg=pl.Series(parts)))
    return pl.concat(found)


def record(error: float) -> pl.DataFrame:
    """Twelve past seasons at every issue date: forecasts off by `error`, rivals by about 90 kg/mu."""
    rng, found = np.random.default_rng(7), []
    for season in range(2014, 2026):
        truth = 1200 + 90 * float(rng.standard_normal())
        other = [truth + 90 * float(rng.choice([-1, 1])) * (1 + 0.1 * i) for i in range(4)]
        for due in DUES:
            ours = truth + error * float(rng.choice([-1, 1]))
            found.append((season, due.month, due.day, truth, ours, ours - 100, ours + 100, *other, season - 1990))
    names = ["season", "due_month", "due_day", "y", "ours", "q10", "q90", "mean", "trend", "mean5", "last", "seasons"]
    return pl.DataFrame(found, names, orient="row")
