"""Slices follow the local calendar and what was known at issue."""

from datetime import UTC, date, datetime

import polars as pl

from workbench.forecast import slices

utc = pl.Datetime("us", "UTC")


def hours(*stamps: datetime) -> pl.DataFrame:
    """Hourly targets of the issue of 2024-02-28 18:00 local time."""
    issued = datetime(2024, 2, 28, 10, tzinfo=UTC)
    rows = {"unique_id": ["a/x"] * len(stamps), "issued_at": [issued] * len(stamps), "cutoff": [issued] * len(stamps)}
    return pl.DataFrame(rows | {"ds": stamps}, schema_overrides={"ds": utc, "issued_at": utc, "cutoff": utc})


def test_twenty_four_hundred_closes_its_own_day() -> None:
    midnight, after = datetime(2024, 2, 28, 16, tzinfo=UTC), datetime(2024, 2, 28, 17, tzinfo=UTC)
    found = slices.sliced(hours(midnight, after))
    assert found.get_column("lead_day").to_list() == [0, 1]
    assert found.get_column("lead").to_list() == [6, 7]


def test_a_leap_day_is_a_day() -> None:
    found = slices.sliced(hours(datetime(2024, 2, 29, 16, tzinfo=UTC), datetime(2024, 2, 29, 17, tzinfo=UTC)))
    assert found.get_column("lead_day").to_list() == [1, 2]
    assert found.get_column("season").to_list() == ["winter", "spring"]


def test_days_count_from_the_day_of_issue() -> None:
    issued = datetime(2024, 12, 31, 10, tzinfo=UTC)
    days = pl.DataFrame(
        {"unique_id": ["a/x"] * 2, "issued_at": [issued] * 2, "ds": [date(2024, 12, 31), date(2025, 1, 1)]}
    ).with_columns(cutoff=pl.lit(date(2024, 12, 30)), issued_at=pl.col("issued_at").cast(utc))
    found = slices.sliced(days)
    assert found.select("lead", "lead_day").rows() == [(1, 0), (2, 1)]


def test_place_measure_and_the_state_forecast() -> None:
    frame = hours(datetime(2024, 7, 1, tzinfo=UTC)).with_columns(q50=pl.lit(115.0))
    found = slices.sliced(frame).with_columns(state=slices.state(115))
    assert found.select("place", "measure", "season", "state").row(0) == ("a", "x", "summer", "high")
