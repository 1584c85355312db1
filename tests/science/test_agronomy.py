"""Agronomy against published worked examples, slow loops and properties."""

import math
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.science import agronomy, fruit

MONTHS = [7.70, 9.60, 13.70, 18.70, 22.65, 25.40, 28.65, 29.15, 24.40, 19.10, 14.20, 9.35]
DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def one(expr: pl.Expr) -> float:
    return float(pl.select(expr).item())


def test_heat_of_a_year_in_the_river_valley() -> None:
    """Fuling 1971–2000: about 2,470 °C·d above 12.8 from monthly means."""
    t = pl.DataFrame({"t": MONTHS, "n": DAYS})
    year = t.select((agronomy.degree_days(pl.col("t"), pl.col("t"), 12.8, 99) * pl.col("n")).sum()).item()
    assert year == pytest.approx(2470, abs=40)


@given(st.floats(-10, 40), st.floats(0, 20), st.floats(-5, 35))
def test_hours_below_equal_a_finely_cut_day(low: float, swing: float, threshold: float) -> None:
    phase = (np.arange(4000) + 0.5) / 4000 * 2 * math.pi
    day = low + swing / 2 * (1 + np.sin(phase))
    told = one(agronomy.hours_below(pl.lit(low + swing), pl.lit(low), threshold))
    if swing > 0.01:
        assert told == pytest.approx(24 * np.mean(day < threshold), abs=0.1)
    assert 0 <= told <= 24


def test_penman_monteith_of_brussels() -> None:
    """FAO-56, example 18: 6 July, 3.9 mm; radiation at the top of the air 41.09."""
    sky = agronomy.sky_radiation(pl.lit(187), 50.8)
    assert one(sky) == pytest.approx(41.09, abs=0.05)
    air = agronomy.Air(pl.lit(1.409), pl.lit(2.078), pl.lit(22.07))
    et = agronomy.penman_monteith(pl.lit(21.5), pl.lit(12.3), air, sky, 100)
    assert one(et) == pytest.approx(3.88, abs=0.02)


def test_a_sudden_spring_blooms_when_its_heat_is_reached() -> None:
    days = pl.DataFrame({"date": [date(2026, 1, 1) + timedelta(days=i) for i in range(180)]}).with_columns(
        place=pl.lit("a"), tmax=pl.lit(23.0), tmin=pl.lit(23.0)
    )
    assert agronomy.bloom(days)["bloom"].item() == date(2026, 2, 10)
    assert agronomy.bloom(days.with_columns(tmax=pl.lit(9.0), tmin=pl.lit(1.0)))["bloom"].item() is None


def test_drought_equals_a_slow_bucket() -> None:
    rng = np.random.default_rng(3)
    rain, need = rng.gamma(0.3, 12, 200), rng.uniform(2, 7, 200)
    debt, want = 0.0, []
    for r, e in zip(rain, need, strict=True):
        debt = max(debt + e - r, 0.0)
        want.append(max(debt - 60, 0.0))
    told = pl.DataFrame({"r": rain, "e": need}).select(agronomy.drought(pl.col("r"), pl.col("e"), 60)).to_series()
    assert told.to_list() == pytest.approx(want, abs=1e-9)


def test_freeze_ladder_goes_from_fruit_to_tree() -> None:
    for organ in agronomy.FREEZE.values():
        assert one(agronomy.freeze_severity(pl.lit(organ.begins), organ.name)) == 0
        assert one(agronomy.freeze_severity(pl.lit(organ.severe), organ.name)) == 1
    assert one(agronomy.freeze_depth(pl.lit(-3.0))) == pytest.approx(0.8)


def test_lapse_over_both_bands() -> None:
    """16.4 °C at 600 m is 10.8 at 1400 m."""
    assert one(agronomy.lapse(pl.lit(16.4), 600, pl.lit(1400.0))) == pytest.approx(10.8, abs=0.01)
    assert one(agronomy.lapse(pl.lit(10.8), 1400, pl.lit(600.0))) == pytest.approx(16.4, abs=0.01)


def test_growth_and_mass_meet_the_published_table() -> None:
    days = [(date(2026, m, d) - date(2026, 4, 15)).days for m, d in ((5, 31), (7, 1), (9, 1), (10, 1), (12, 1))]
    told = pl.DataFrame({"d": days}).select(fruit.diameter(pl.col("d"))).to_series().to_list()
    assert told == pytest.approx([26, 37, 58, 65, 74.5], abs=0.7)
    weights = pl.DataFrame({"b": [60, 70, 75, 85, 90]}).select(fruit.mass(pl.col("b"))).to_series().to_list()
    assert weights == pytest.approx([114, 176, 212, 294, 341], abs=0.8)
    solids, acid = fruit.juice(pl.lit(15.5))
    assert (one(solids), one(acid)) == (10.5, 1.03)


RULES = pl.DataFrame(
    {"variety": ["early", "late"], "month": [11, 2], "day": [15, 20], "solids_min": [10.3, 10.4],
     "acid_max": [0.89, None]}
)  # fmt: skip


def test_lawful_picking() -> None:
    assert fruit.unlawful(RULES, "early", date(2026, 11, 14), 10.3, 0.89) == ["date"]
    assert fruit.unlawful(RULES, "early", date(2027, 1, 2), 10.2, 0.9) == ["solids", "acid"]
    assert fruit.unlawful(RULES, "late", date(2026, 12, 20), 12.0, None) == ["date"]
    assert fruit.unlawful(RULES, "late", date(2027, 2, 20), 10.4, None) == []
    with pytest.raises(InputError, match="no picking rule"):
        fruit.unlawful(RULES, "x", date(2026, 11, 14), 10.3, 0.89)


def test_bearing_grows_and_declines() -> None:
    told = pl.DataFrame({"a": [1, 2, 3, 4, 5, 6, 7, 25, 30, 40]}).select(fruit.bearing(pl.col("a"))).to_series()
    assert told.to_list() == pytest.approx([0, 0, 0.15, 0.45, 0.7, 0.85, 1, 1, 1, 0.85])


def test_survey_is_right_when_every_tree_is_seen() -> None:
    rng = np.random.default_rng(1)
    counts, masses = rng.poisson(100, 50).astype(float), rng.normal(0.2, 0.02, 50)
    told = fruit.counted_and_measured(counts, masses, 50)
    assert told.total == pytest.approx(float(counts @ masses))
    assert told.error == pytest.approx(0, abs=1e-6)
    assert fruit.expanded(np.array([7.0]), np.array([0.05]))[0] == pytest.approx(140)
    with pytest.raises(InputError):
        fruit.expanded(np.array([7.0]), np.array([0.0]))
    both = fruit.blended([fruit.Estimate(10, 1), fruit.Estimate(20, 2)])
    assert (both.total, both.error) == pytest.approx((12, 0.8**0.5))
