"""A day adds up to what its hours said, ozone to its highest eight hours; unfilled days are those of the daily task."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from workbench.errors import MissingData
from workbench.lake.store import Lake
from workbench.operate.air_reasons import air_reasons
from workbench.operate.known import Inputs

FIRST = datetime(2026, 11, 25, 13, tzinfo=UTC)  # 21:00 in the county
DAY = date(2026, 11, 26)


def hours(measure: str, values: list[float]) -> pl.DataFrame:
    """Every third hour: a base of 10, the rest by wind and rain; the wind blows with 2 m/s, it rains 0.5 mm an hour."""
    times = [FIRST + timedelta(hours=3 * i) for i in range(len(values))]
    parts = {
        "base": [10.0] * len(values),
        "ahead.wind_u": [y - 12 for y in values],
        "ahead.wind_v": [1.0] * len(values),
    }
    parts |= {"ahead.precipitation": [1.0] * len(values)}
    drivers = {"ahead.precipitation": (0.5, 0.1), "ahead.wind_u": (2.0, 2.0)}
    rows = [
        (f"S/{measure}", time, part, each[i], *drivers.get(part, (None, None)))
        for part, each in parts.items()
        for i, time in enumerate(times)
    ]
    schema = {"unique_id": pl.String, "ds": pl.Datetime("us", "UTC"), "part": pl.String, "value": pl.Float64}
    return pl.DataFrame(rows, {**schema, "driver": pl.Float64, "usual": pl.Float64}, orient="row")


def days(measure: str, y: float) -> pl.DataFrame:
    rows = [(f"S/{measure}", DAY + timedelta(days=i), "base", y, None, None) for i in range(-1, 3)]
    schema = {"unique_id": pl.String, "ds": pl.Date, "part": pl.String, "value": pl.Float64}
    return pl.DataFrame(rows, {**schema, "driver": pl.Float64, "usual": pl.Float64}, orient="row")


def made(**reasons: pl.DataFrame) -> pl.DataFrame:
    return air_reasons(Inputs({}, {}, {}, Lake(), FIRST, reasons))


@pytest.fixture(autouse=True)
def somewhere(home: object) -> None:
    """A lake is opened and not read."""


def test_a_day_adds_up_to_the_mean_of_its_hours() -> None:
    values = [100.0, 200.0, *range(20, 28), 500.0]  # 21:00 and 24:00 of the 25th, the 26th, 03:00 of the 27th
    rows = made(air_hourly=hours("pm2_5", list(map(float, values))))
    assert {DAY} == set(rows["date"]), "only whole days"
    assert rows["value"].sum() == pytest.approx(23.5)
    by_part = {row["part"]: row for row in rows.rows(named=True)}
    assert by_part["ahead.wind_direction"]["value"] == pytest.approx(23.5 - 12 + 1)
    assert by_part["ahead.wind_direction"]["driver"] is None
    assert (12.0, pytest.approx(2.4)) == (
        by_part["ahead.precipitation"]["driver"],
        by_part["ahead.precipitation"]["usual"],
    )


def test_ozone_is_explained_in_its_highest_eight_hours() -> None:
    rows = made(air_hourly=hours("o3", [0.0, 0.0, 20.0, 30.0, 40.0, 90.0, 130.0, 110.0, 50.0, 30.0]))
    assert {"o3_8h"} == set(rows["pollutant"])
    assert rows["value"].sum() == pytest.approx(110.0), "12:00, 15:00 and 18:00 … not the mean of the day"


def test_days_that_hours_do_not_fill_come_from_the_daily_task() -> None:
    rows = made(air_hourly=hours("pm2_5", [1.0, 1.0] + [20.0] * 8), air_daily=days("pm2_5", 33.0))
    assert [33.0, 20.0, 33.0, 33.0] == rows.group_by("date").agg(pl.col("value").sum()).sort("date")["value"].to_list()
    assert ["air_daily", "air_hourly"] == sorted(rows["task"].unique())


def test_without_any_explanation_that_is_said() -> None:
    with pytest.raises(MissingData, match="no forecast of the air was explained"):
        made()
