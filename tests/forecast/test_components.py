"""A path is taken apart into what is usual, level, trend and season, and the parts add up to it."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.forecast import explain
from workbench.forecast.components import PARTS, components
from workbench.forecast.recipe import FAST
from workbench.forecast.task import Task

MONTHLY = Task("monthly", "", "", "", "", "monthly", "1mo", 12, (12,), bounds=(0, None))


def test_trend_and_season_that_are_known_come_out() -> None:
    wave = np.array([3.0, -1.0, -4.0, 2.0])
    steps = np.arange(24)
    whole = 100 + 2.0 * steps + np.tile(wave, 6)
    parts = dict(zip(PARTS, components(whole[None, :16], whole[None, 16:], 4)[:, 0], strict=True))
    assert parts["season"] == pytest.approx(np.tile(wave, 2))
    assert np.diff(parts["trend"]) == pytest.approx(np.full(7, 2.0))
    assert parts["base"][0] == pytest.approx(whole[:16].mean())
    assert parts["base"][0] + parts["level"][0] == pytest.approx(whole[12:16].mean())


@given(st.integers(1, 6), st.integers(1, 15), st.integers(1, 9), st.integers(0, 99))
def test_parts_always_add_up(season: int, length: int, horizon: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    past, path = rng.normal(size=(2, length)), rng.normal(size=(2, horizon))
    past[0, : rng.integers(0, length)] = np.nan
    assert components(past, path, season).sum(axis=0) == pytest.approx(path)


def test_a_portfolio_explains_its_path() -> None:
    months = pl.date_range(date(2015, 1, 1), date(2024, 12, 1), "1mo", eager=True)
    rng, n = np.random.default_rng(1), np.arange(len(months))
    panel = pl.concat(
        pl.DataFrame({"unique_id": name, "ds": months, "y": size * (1 + 0.01 * n) * (1.5 + np.sin(n / 6 * np.pi))})
        for name, size in (("a/x", 50.0), ("b/x", 80.0))
    ).with_columns(y=pl.col("y") + pl.Series(rng.normal(0, 1, 2 * len(months))))
    panel = panel.with_columns(known_at=pl.col("ds").dt.offset_by("1mo").cast(pl.Datetime("us", "UTC")))
    split = MONTHLY.split(panel, None, MONTHLY.origin(date(2025, 1, 1) + timedelta(days=3)))
    fitted = FAST.fit(MONTHLY, split)
    forecast = fitted.predict(split.past, split.future)
    parts = explain.explain(fitted, split.past, split.future, forecast)
    both = parts.group_by("unique_id", "ds").agg(pl.col("value").sum()).join(forecast, on=["unique_id", "ds"])
    assert 24 == both.height
    assert both["value"].to_list() == pytest.approx(both["q50"].to_list())
    by_part = parts.filter(pl.col("unique_id") == "a/x").sort("ds").partition_by("part", as_dict=True)
    assert np.diff(by_part["trend",]["value"].to_numpy()).min() > 0, "the series grow"
    season = by_part["season",]["value"].to_numpy()
    assert season.max() > 20
    assert season.min() < -20
    assert abs(by_part["correction",]["value"]).max() < 1e-9
    few = explain.explain(fitted, split.past, split.future, forecast, 3)
    assert few.height * 3 == parts.height
