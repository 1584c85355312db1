"""The names that everything shares."""

import polars as pl

from workbench.forecast.frames import FORECAST, LEVELS, QUANTILES, measure, place


def test_a_quantile_is_named_after_its_level() -> None:
    assert QUANTILES[0] == "q025"
    assert QUANTILES[7] == "q50"
    assert [float(f"0.{name[1:]}") for name in QUANTILES] == list(LEVELS)


def test_levels_are_symmetric_and_rise() -> None:
    assert list(LEVELS) == sorted(LEVELS)
    assert all(abs(a + b - 1) < 1e-12 for a, b in zip(LEVELS, reversed(LEVELS), strict=True))


def test_a_forecast_has_each_column_once() -> None:
    assert len(set(FORECAST)) == len(FORECAST) == 25


def test_a_series_is_named_by_place_and_measure() -> None:
    assert pl.DataFrame({"unique_id": ["5001/pm2_5"]}).select(a=place(), b=measure()).row(0) == ("5001", "pm2_5")
