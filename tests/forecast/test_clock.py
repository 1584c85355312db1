"""Steps as whole numbers, against the calendar of the standard library."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.forecast.clock import Clock

DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))
DATED = ("1d", "2d", "1w", "1mo", "2mo", "1q", "1y")


def number(clock: Clock, day: date) -> int:
    return pl.DataFrame({"ds": [day]}).select(clock.number()).item()


@given(DAYS, st.sampled_from(DATED))
def test_a_step_begins_at_or_before_its_days_and_the_next_after_them(day: date, every: str) -> None:
    clock = Clock(every)
    here = number(clock, day)
    begins, ends = clock.starts(np.array([here, here + 1])).to_list()
    assert begins <= day < ends
    assert number(clock, begins) == here
    assert clock.after(begins, 1) == [ends]


@given(DAYS)
def test_weeks_begin_on_monday_months_on_the_first(day: date) -> None:
    week, month, quarter, year = (
        Clock(every).starts(np.array([number(Clock(every), day)])).item() for every in ("1w", "1mo", "1q", "1y")
    )
    assert week == day - timedelta(days=day.weekday())
    assert month == day.replace(day=1)
    assert quarter == day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    assert year == day.replace(month=1, day=1)


def test_hours_are_counted_in_utc() -> None:
    stamps = Clock("3h").starts(np.array([9]))
    assert stamps.to_list() == [datetime(1970, 1, 2, 3, tzinfo=UTC)]
    assert stamps.dtype == pl.Datetime("us", "UTC")


@pytest.mark.parametrize(
    ("every", "over"),
    [("1d", date(2026, 3, 14)), ("1w", date(2026, 3, 2)), ("1mo", date(2026, 2, 1)), ("1q", date(2025, 10, 1))],
)
def test_the_last_step_over_is_the_one_before_the_running_one(every: str, over: date) -> None:
    assert Clock(every).last_over(datetime(2026, 3, 15, 23, 59)) == over  # noqa: DTZ001


@pytest.mark.parametrize("every", ["1", "h", "0d", "1m", "d1", "1.5h", ""])
def test_what_is_no_step_is_refused(every: str) -> None:
    with pytest.raises(InputError, match="is not a step"):
        _ = Clock(every).hours
