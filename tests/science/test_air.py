"""AQI under both rule sets: every cell of the tables, every published vector, and a slow exact oracle."""

from datetime import date
from fractions import Fraction
from itertools import pairwise
from math import ceil

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import MissingData, UnknownName
from workbench.science import air
from workbench.settings import PROJECT

POINTS = pl.read_csv(PROJECT / "data/reference/aqi_breakpoints.csv")
OLD, NEW = air.RULES

# HJ 633-2012 table 1 and HJ 633-2026 table 3, typed again here by row: pollutant, scale, concentrations at 0 … 500.
INDEX = (0, 50, 100, 150, 200, 300, 400, 500)
TABLE_2012 = {
    ("so2", "day"): (0, 50, 150, 475, 800, 1600, 2100, 2620),
    ("so2", "hour"): (0, 150, 500, 650, 800),
    ("no2", "day"): (0, 40, 80, 180, 280, 565, 750, 940),
    ("no2", "hour"): (0, 100, 200, 700, 1200, 2340, 3090, 3840),
    ("pm10", "day"): (0, 50, 150, 250, 350, 420, 500, 600),
    ("co", "day"): (0, 2, 4, 14, 24, 36, 48, 60),
    ("co", "hour"): (0, 5, 10, 35, 60, 90, 120, 150),
    ("o3", "hour"): (0, 160, 200, 300, 400, 800, 1000, 1200),
    ("o3_8h", "day"): (0, 100, 160, 215, 265, 800),
    ("pm2_5", "day"): (0, 35, 75, 115, 150, 250, 350, 500),
}
TABLE_2026 = TABLE_2012 | {
    ("pm10", "day"): (0, 50, 120, 250, 350, 420, 500, 600),
    ("pm2_5", "day"): (0, 35, 60, 115, 150, 250, 350, 500),
}
TABLES = {OLD: TABLE_2012, NEW: TABLE_2026}
CELLS = [
    (rules, name, scale, c, i)
    for rules, table in TABLES.items()
    for (name, scale), row in table.items()
    for c, i in zip(row, INDEX, strict=False)
]

VECTORS = {  # µg/m³, index of 2012, index of 2026
    "pm2_5": (
        (12, 18, 18),
        (35, 50, 50),
        (36, 52, 52),
        (48, 67, 76),
        (50, 69, 80),
        (60, 82, 100),
        (61, 83, 101),
        (70, 94, 110),
        (75, 100, 114),
        (76, 102, 115),
        (90, 119, 128),
        (115, 150, 150),
        (150, 200, 200),
        (180, 230, 230),
        (250, 300, 300),
        (350, 400, 400),
        (500, 500, 500),
    ),
    "pm10": (
        (50, 50, 50),
        (80, 65, 72),
        (100, 75, 86),
        (120, 85, 100),
        (121, 86, 101),
        (150, 100, 112),
        (200, 125, 131),
        (250, 150, 150),
        (350, 200, 200),
        (420, 300, 300),
        (600, 500, 500),
    ),
}

CO_TRAPS = (65.4, 66.9, 68.4, 69.9, 71.4, 72.9, 74.4, 75.9, 129.3, 130.8, 132.3, 133.8, 135.3, 136.8, 138.3, 139.8,
            141.3, 142.8, 144.3, 145.8, 147.3, 148.8)  # fmt: skip


def index(name: str, scale: air.Scale, rules: str, values: list[float | None]) -> list[int | None]:
    frame = pl.DataFrame({name: values}, schema={name: pl.Float64})
    return frame.select(air.iaqi(name, scale, rules, POINTS)).to_series().to_list()


def oracle(name: str, scale: str, rules: str, value: Fraction) -> int | None:
    """The standard by hand: round, find the stretch, the line, round up."""
    row = TABLES[rules].get((name, scale)) or TABLES[rules].get((name, "day")) or TABLES[rules][name, "hour"]
    step = Fraction(1, 1000) if rules == OLD else Fraction(1, 10) if name == "co" else Fraction(1)
    c = round(value / step) * step  # Python rounds a Fraction half to even
    if c < 0:
        return None
    nodes = list(zip(row, INDEX, strict=False))
    for (c0, i0), (c1, i1) in pairwise(nodes):
        if c <= c1:
            return ceil(Fraction(i1 - i0, c1 - c0) * (c - c0) + i0)
    return None if rules == OLD and len(row) < len(INDEX) else nodes[-1][1]


@pytest.mark.parametrize(("rules", "name", "scale", "c", "i"), CELLS)
def test_every_cell_of_both_tables_is_its_own_index(rules: str, name: str, scale: air.Scale, c: float, i: int) -> None:
    assert index(name, scale, rules, [c]) == [i]


def test_the_reference_table_holds_exactly_the_cells_of_the_standards() -> None:
    stored = set(POINTS.select("rules", "pollutant", "scale", "concentration", "iaqi").rows())
    assert stored == set(CELLS)
    assert len(POINTS) == len(CELLS) == 150


def test_the_reference_table_is_dated_like_the_switch() -> None:
    starts = dict(POINTS.select("rules", "valid_from").unique().rows())
    assert starts[NEW] == air.SWITCH.isoformat()
    assert starts[OLD] < starts[NEW]


@pytest.mark.parametrize("name", VECTORS)
def test_published_vectors(name: str) -> None:
    values, old, new = zip(*VECTORS[name], strict=True)
    assert index(name, "day", OLD, list(values)) == list(old)
    assert index(name, "day", NEW, list(values)) == list(new)


@pytest.mark.parametrize("rules", air.RULES)
def test_binary_fractions_do_not_lift_carbon_monoxide(rules: str) -> None:
    assert index("co", "day", rules, [2.2]) == [55]
    expected = [oracle("co", "hour", rules, Fraction(str(v))) for v in CO_TRAPS]
    assert index("co", "hour", rules, list(CO_TRAPS)) == expected
    floats = []
    for v in CO_TRAPS:  # the trap is real: plain floats are one too high at every one of them
        c0, c1, i0, i1 = (60, 90, 200, 300) if v < 90 else (120, 150, 400, 500)
        floats.append(ceil((i1 - i0) / (c1 - c0) * (v - c0) + i0))
    assert floats == [e + 1 for e in expected if e is not None]


@pytest.mark.parametrize("rules", air.RULES)
@pytest.mark.parametrize(("name", "scale"), list(TABLE_2012))
def test_agrees_with_exact_fractions_on_a_fine_grid(rules: str, name: str, scale: air.Scale) -> None:
    top = TABLES[rules][name, scale][-1]
    values = [Fraction(k * top * 11, 10 * 4000) for k in range(4001)]
    values = [Fraction(round(v * 10), 10) for v in values]
    assert index(name, scale, rules, [float(v) for v in values]) == [oracle(name, scale, rules, v) for v in values]


@settings(deadline=None)
@given(
    thousandths=st.integers(-5_000, 5_000_000),
    rules=st.sampled_from(air.RULES),
    key=st.sampled_from(sorted(TABLE_2012)),
)
def test_agrees_with_exact_fractions_anywhere(thousandths: int, rules: str, key: tuple[str, air.Scale]) -> None:
    value = Fraction(thousandths, 1000)
    assert index(*key, rules, [float(value)]) == [oracle(*key, rules, value)]


@settings(deadline=None)
@given(
    values=st.lists(st.floats(0, 5000), min_size=2, max_size=20),
    rules=st.sampled_from(air.RULES),
    key=st.sampled_from(sorted(TABLE_2012)),
)
def test_more_pollution_never_lowers_the_index(values: list[float], rules: str, key: tuple[str, air.Scale]) -> None:
    got = [i for i in index(*key, rules, sorted(values)) if i is not None]
    assert got == sorted(got)
    assert all(0 <= i <= 500 for i in got)


def test_ties_go_to_the_even_number_in_2026_only() -> None:
    assert index("pm2_5", "day", NEW, [60.5, 60.6, 61.5, 61.4996]) == [100, 101, 102, 101]
    assert index("pm2_5", "day", OLD, [60.5]) == [82]
    assert index("co", "day", NEW, [0.25, 0.35, 0.45, 1.15, 4.05]) == index("co", "day", NEW, [0.2, 0.4, 0.4, 1.2, 4.0])
    assert index("pm2_5", "day", NEW, [1452 / 24]) == [100]
    assert index("pm2_5", "day", NEW, [61.5 - 1e-13, 62.5 + 1e-13]) == index("pm2_5", "day", NEW, [62.0, 62.0])


@settings(deadline=None)
@given(k=st.integers(0, 1_500))
def test_decimal_ties_of_carbon_monoxide_are_seen_as_ties(k: int) -> None:
    value = Fraction(2 * k + 1, 20)
    assert index("co", "hour", NEW, [float(value)]) == [oracle("co", "hour", NEW, value)]


def test_above_the_last_breakpoint() -> None:
    assert index("pm2_5", "day", OLD, [500.1, 1771.2, 9e9]) == [500, 500, 500]
    assert index("so2", "hour", OLD, [800, 801]) == [200, None]
    assert index("so2", "hour", NEW, [800, 801, 5000]) == [200, 200, 200]
    assert index("o3_8h", "day", OLD, [800, 801]) == [300, None]
    assert index("o3_8h", "day", NEW, [800, 801]) == [300, 300]


def test_null_nan_negative_and_infinite_values() -> None:
    assert index("pm2_5", "day", NEW, [None, float("nan"), -1.0, -0.4, float("inf")]) == [None, None, None, 0, 500]


def test_particles_by_the_hour_use_the_scale_of_the_day() -> None:
    assert index("pm2_5", "hour", NEW, [60.0]) == [100]
    assert index("pm10_24h", "hour", OLD, [150.0]) == [100]


def test_unknown_rules_and_missing_rows_say_what_is_wrong() -> None:
    with pytest.raises(UnknownName, match="no rule set 'hj633_2013'"):
        air.iaqi("co", "day", "hj633_2013", POINTS)
    with pytest.raises(MissingData, match="no rows for voc under hj633_2026"):
        air.iaqi("voc", "day", NEW, POINTS)


def test_the_rule_set_switches_with_the_day_of_observation() -> None:
    assert [air.rules_at(date(2026, 2, 28)), air.rules_at(date(2026, 3, 1))] == [OLD, NEW]
    days = pl.DataFrame({"date": [date(2026, 2, 28), date(2026, 3, 1)], "pm2_5": [75.0, 75.0]})
    out = air.aqi_in_force(days, POINTS, planned=("pm2_5",)).sort("date")
    assert out.select("aqi", "rules").rows() == [(100, OLD), (114, NEW)]
