"""Climatology answers with the samples of its season and hour."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from workbench.errors import MissingData
from workbench.forecast.algorithms.climatology import Climatology
from workbench.forecast.empirical import VALUES, describe

from ..worlds import DAILY, HOURLY, START, at, daily, frame, hourly


def test_a_day_is_forecast_by_the_days_around_it_in_all_years() -> None:
    """Three years whose value is the day of the year; the cell of 30 June holds ±20 days of each."""
    days = [date(2020, 1, 1) + timedelta(days=i) for i in range(1096)]
    y = np.array([day.timetuple().tm_yday for day in days], dtype=float)
    split = at(DAILY, daily(y), date(2022, 12, 30))
    fitted = Climatology().fit(DAILY, split)
    asked = pl.DataFrame({"unique_id": ["a/x"], "ds": [date(2023, 6, 30)]})
    forecast = fitted.predict(split.past, asked)
    assert forecast.item(0, "q50") == pytest.approx(182.6, abs=1.5)  # centre of the tenth-month bin, half a year
    assert forecast.item(0, "q975") - forecast.item(0, "q025") == pytest.approx(40 * 0.95, abs=2)


def test_an_hour_is_forecast_by_its_own_hour() -> None:
    hours = np.arange(24 * 80)
    panel = frame("a/x", [START + timedelta(hours=int(h)) for h in hours], hours % 24 * 1.0, timedelta(hours=1))
    split = at(HOURLY, panel, date(2024, 3, 10))
    forecast = Climatology().fit(HOURLY, split).predict(split.past, split.future)
    assert forecast.get_column("q50").to_list() == forecast.get_column("ds").dt.hour().cast(pl.Float64).to_list()


def test_cells_hold_what_a_slow_loop_collects() -> None:
    panel = hourly(50, places=1, measures=("x",))
    split = at(HOURLY, panel, date(2024, 2, 18))
    fitted = Climatology(window=400).fit(HOURLY, split)
    first = split.future.head(1)
    hour = first.item(0, "ds").hour
    own = split.past.filter(pl.col("ds").dt.hour() == hour).get_column("y").drop_nulls().to_numpy()
    assert fitted.predict(split.past, first).select(VALUES).row(0) == pytest.approx(describe(own, 1), rel=1e-4)


def test_a_series_never_seen_gets_its_measures_and_a_measure_never_seen_is_refused() -> None:
    split = at(HOURLY, hourly(50), date(2024, 2, 18))
    fitted = Climatology().fit(HOURLY, split)
    asked = split.future.head(5).with_columns(unique_id=pl.lit("new/o3"))
    assert fitted.predict(split.past, asked).null_count().sum_horizontal().item() == 0
    with pytest.raises(MissingData, match="no history of the measure of new/co"):
        fitted.predict(split.past, asked.with_columns(unique_id=pl.lit("new/co")))


def test_weekends_may_stand_apart() -> None:
    days = [date(2020, 1, 1) + timedelta(days=i) for i in range(400)]
    y = np.array([10.0 if day.weekday() >= 5 else 1.0 for day in days])
    split = at(DAILY, daily(y), date(2021, 2, 1))
    asked = pl.DataFrame({"unique_id": ["a/x"] * 2, "ds": [date(2021, 2, 5), date(2021, 2, 6)]})
    apart = Climatology(weekend=True, minimum=8).fit(DAILY, split).predict(split.past, asked)
    assert apart.get_column("q50").to_list() == [1.0, 10.0]
    together = Climatology().fit(DAILY, split).predict(split.past, asked)
    assert together.get_column("q50").to_list() == [1.0, 1.0]


def test_nothing_measured_at_all_is_said() -> None:
    empty = frame("a/x", [datetime(2024, 1, 1, tzinfo=UTC)], np.array([np.nan]), timedelta(hours=1))
    with pytest.raises(MissingData, match="hours: every value of a/x is missing"):
        Climatology().fit(HOURLY, at(HOURLY, empty, date(2024, 1, 2)))


def test_one_value_is_enough_to_answer() -> None:
    lone = frame("a/x", [datetime(2024, 1, 1, tzinfo=UTC)], np.array([7.0]), timedelta(hours=1))
    split = at(HOURLY, lone, date(2024, 1, 2))
    forecast = Climatology().fit(HOURLY, split).predict(split.past, split.future)
    assert forecast.select(VALUES).unique().row(0) == (7.0,) * 16
