"""A county from a sample: exact where the sample is a fixed part, in range as often as it says where it wanders."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from workbench.errors import MissingData
from workbench.science.expansion import LEAST, MONTH, coverage, learn, months


def world(n: int, seed: int, share: float = 0.03, scatter: float = 0.12, fixed: float = 0.0) -> pl.DataFrame:
    """Months of a sample and of the county whose part wanders; `fixed` parcels come whatever the sample does."""
    random = np.random.default_rng(seed)
    sample = np.exp(random.normal(6.5, 0.6, n)).round()
    county = (sample / share + fixed) * np.exp(random.normal(0, scatter, n))
    return pl.DataFrame({"month": np.arange(n), "sample": sample, "county": county})


def test_a_fixed_part_is_found_exactly() -> None:
    line = learn(world(12, 1, scatter=0.0))
    drawn = line.draws(np.array([300.0]))
    assert np.allclose(drawn, 10_000, rtol=1e-6)
    assert line.slope == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(("n", "fixed"), [(LEAST, 0.0), (12, 0.0), (22, 9000.0)])
def test_ranges_hold_as_often_as_they_say(n: int, fixed: float) -> None:
    held = []
    for seed in range(300):
        whole = world(n + 1, seed, fixed=fixed)
        line = learn(whole.head(n))
        low, high = np.quantile(line.draws(whole["sample"].tail(1).to_numpy(), seed=seed), (0.1, 0.9))
        held.append(low <= whole["county"][n] <= high)
    assert np.mean(held) == pytest.approx(0.8, abs=0.07)


def test_paths_add_their_own_uncertainty_and_days_scale() -> None:
    line = learn(world(24, 3))
    paths = np.random.default_rng(0).lognormal(6.5, 0.4, 500)
    one, many = line.draws(np.array([float(np.median(paths))])), line.draws(paths)
    assert np.quantile(many, 0.9) / np.quantile(many, 0.1) > 1.5 * np.quantile(one, 0.9) / np.quantile(one, 0.1)
    half = line.draws(np.array([300.0]), days=MONTH / 2) * 2
    assert np.median(half) == pytest.approx(np.median(line.draws(np.array([600.0]))), rel=1e-9)


def test_a_month_is_told_without_its_own_report() -> None:
    whole = world(15, 5).with_columns(month=pl.date_range(date(2025, 1, 1), date(2026, 3, 1), "1mo", eager=True))
    told = months(whole.select("month", "sample"), whole.select("month", "county"))
    changed = whole.with_columns(county=pl.when(pl.col("month") == date(2025, 8, 1)).then(1e9).otherwise("county"))
    again = months(changed.select("month", "sample"), changed.select("month", "county"))
    at = pl.col("month") == date(2025, 8, 1)
    assert told.filter(at)["q50"].item() == again.filter(at)["q50"].item()
    assert told.filter(~at)["q50"].to_list() != again.filter(~at)["q50"].to_list()
    known = told.drop_nulls("county").tail(12)
    assert coverage(told) == pytest.approx(known["sample"].sum() / known["county"].sum())


def test_too_few_months_are_told() -> None:
    with pytest.raises(MissingData, match="6 are needed"):
        learn(world(LEAST - 1, 0))
    short = world(3, 0)
    assert months(short.select("month", "sample"), short.select("month", "county"))["q50"].null_count() == 3
