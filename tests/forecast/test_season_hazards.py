"""Hazards: chances by counting, errors that grow with the lead, and only in months in which they can harm."""

from datetime import date, timedelta
from math import erf, sqrt

import polars as pl
import pytest

from workbench.forecast.season_hazards import hazards, matters
from workbench.science import agronomy

DAY = date(2024, 12, 31)


def weather() -> pl.DataFrame:
    """Ten years of mild days; on 10 January of every even year −4 °C, on 20 July of 2020 39 °C and 80 mm."""
    days = pl.date_range(date(2015, 1, 1), DAY, "1d", eager=True)
    frame = pl.DataFrame({"place": "band", "ds": days, "tmax": 20.0, "tmin": 8.0, "rain": 3.0})
    ds = pl.col("ds")
    cold = (ds.dt.month() == 1) & (ds.dt.day() == 10) & (ds.dt.year() % 2 == 0)
    storm = ds == date(2020, 7, 20)
    return frame.with_columns(
        tmin=pl.when(cold).then(-4.0).otherwise("tmin"),
        tmax=pl.when(storm).then(39.0).otherwise("tmax"),
        rain=pl.when(storm).then(80.0).otherwise("rain"),
    )


def ahead() -> pl.DataFrame:
    """A forecast of three days: −1.2, −2.2 and 30 °C at night."""
    days = [DAY + timedelta(days=i) for i in (1, 2, 3)]
    return pl.DataFrame({"place": "band", "ds": days, "tmax": 40.0, "tmin": [-1.2, -2.2, 30.0], "rain": 0.0})


@pytest.fixture(scope="module")
def told() -> pl.DataFrame:
    return hazards(weather(), ahead(), DAY, date(2025, 7, 31), 31.0)


def test_a_forecast_night_is_as_cold_as_its_error_allows(told: pl.DataFrame) -> None:
    rows = told.filter(span="day", kind="frost", basis="forecast").sort("first")
    one = 0.5 * (1 + erf((-2.2 + 1.2) / 1.2 / sqrt(2)))
    assert rows["chance"].to_list() == [pytest.approx(one, abs=1e-4), 0.5, 0.0]


def test_beyond_the_forecast_past_years_are_counted(told: pl.DataFrame) -> None:
    """10 January is within a week of the 5th: one frost in 15 days of each even year, five of ten years."""
    row = told.filter(span="day", kind="frost", basis="climate", first=date(2025, 1, 5)).row(0, named=True)
    days = weather().filter(pl.col("ds").dt.ordinal_day().sub(5).abs().le(7) | pl.col("ds").dt.ordinal_day().ge(363))
    assert row["chance"] == pytest.approx((days["tmin"] <= -2.2).mean(), abs=2e-3)
    month = told.filter(span="month", kind="heat", first=date(2025, 7, 1)).row(0, named=True)
    assert (month["chance"], month["value"]) == (pytest.approx(0.1), 20.0)
    assert told.filter(span="month", kind="wet", first=date(2025, 7, 1))["chance"].item() == pytest.approx(0.1)


def test_a_dry_month_by_a_slow_loop(told: pl.DataFrame) -> None:
    row = told.filter(kind="drought", first=date(2025, 6, 1)).row(0, named=True)
    lacks = []
    for year in range(2015, 2025):
        lack = 0.0
        for day in range(30):
            at = (date(year, 6, 1) + timedelta(days=day)).timetuple().tm_yday
            sky = agronomy.sky_radiation(pl.lit(at), 31.0)
            lack += pl.select(agronomy.evaporation(pl.lit(20.0), pl.lit(8.0), sky)).item() - 3
        lacks.append(max(lack, 0))
    assert row["value"] == pytest.approx(sorted(lacks)[5], abs=0.5)
    assert row["chance"] == sum(lack > 100 for lack in lacks) / 10


def test_what_cannot_harm_then_is_not_told_and_nothing_lies_outside(told: pl.DataFrame) -> None:
    for kind, first, last in told.select("kind", "first", "last").iter_rows():
        assert kind == "drought" or matters(kind, first.month)
        assert DAY < first <= last <= date(2025, 7, 31)
    assert told.filter(span="day")["first"].max() == DAY + timedelta(days=15)
    assert told.filter(span="month")["first"].min() == DAY + timedelta(days=16)
    assert told.filter((pl.col("chance") < 0) | (pl.col("chance") > 1)).is_empty()
