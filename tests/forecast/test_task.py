"""A task cuts history where its origin stands."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from workbench.errors import MissingData

from .worlds import DAILY, HOURLY, START, at, daily, hourly, short

PANEL = hourly(10)


def test_only_what_was_known_is_in_the_past() -> None:
    origin = HOURLY.origin(date(2024, 1, 6))
    split = HOURLY.split(PANEL, None, origin)
    assert split.past.get_column("known_at").max() == origin
    assert split.past.get_column("ds").max() == origin - timedelta(hours=1)
    assert split.cutoff == origin == datetime(2024, 1, 6, 10, tzinfo=UTC)


def test_the_grid_holds_every_step_of_every_series_once() -> None:
    future = at(HOURLY, PANEL, date(2024, 1, 6)).future
    assert future.height == future.unique(["unique_id", "ds"]).height == 4 * 24
    assert future.get_column("ds").min() == datetime(2024, 1, 6, 11, tzinfo=UTC)


def test_a_daily_task_begins_with_the_day_of_issue() -> None:
    split = at(DAILY, daily(pl.arange(0, 30, eager=True).to_numpy() * 1.0), date(2020, 1, 10))
    assert split.cutoff == date(2020, 1, 9)
    assert split.past.get_column("ds").max() == date(2020, 1, 9)
    assert split.future.get_column("ds").to_list() == [date(2020, 1, 10), date(2020, 1, 11), date(2020, 1, 12)]


def test_longer_steps_are_counted_in_steps() -> None:
    future = at(short(HOURLY, every="3h", horizon=2), PANEL, date(2024, 1, 6)).future
    assert future.get_column("ds").unique().dt.hour().sort().to_list() == [13, 16]


WINDY = short(HOURLY, known_ahead=("wind",))


def test_known_ahead_comes_from_the_newest_issue_that_covers_the_step() -> None:
    utc = pl.Datetime("us", "UTC")
    step = datetime(2024, 1, 6, 11, tzinfo=UTC)
    rows = [("0/o3", datetime(2024, 1, d, 1, tzinfo=UTC), step, float(d)) for d in (6, 5, 7)]
    vintages = pl.DataFrame(
        rows, schema={"unique_id": pl.String, "known_at": utc, "ds": utc, "wind": pl.Float64}, orient="row"
    )
    split = WINDY.split(PANEL, vintages, WINDY.origin(date(2024, 1, 6)))
    assert split.future.filter(pl.col("wind").is_not_null()).select("unique_id", "ds", "wind").rows() == [
        ("0/o3", step, 6.0)
    ]
    assert split.vintages is not None
    assert split.vintages.height == 2


def test_two_issues_known_at_one_instant_give_the_same_answer_in_any_row_order() -> None:
    utc = pl.Datetime("us", "UTC")
    known, step = datetime(2024, 1, 6, 1, tzinfo=UTC), datetime(2024, 1, 6, 11, tzinfo=UTC)
    rows = [("0/o3", known, step, wind) for wind in (1.0, 3.0, 2.0)]
    types = {"unique_id": pl.String, "known_at": utc, "ds": utc, "wind": pl.Float64}
    frame = pl.DataFrame(rows, schema=types, orient="row")
    for vintages in (frame, frame.reverse(), frame[[1, 0, 2]]):
        split = WINDY.split(PANEL, vintages, WINDY.origin(date(2024, 1, 6)))
        assert [3.0] == split.future["wind"].drop_nulls().to_list()


def test_nothing_known_yet_is_said() -> None:
    with pytest.raises(MissingData, match="nothing was known at 2023-12-01 10:00 UTC"):
        HOURLY.split(PANEL, None, HOURLY.origin((START - timedelta(days=31)).date()))


@pytest.mark.parametrize(
    ("every", "asked"),
    [
        ("1w", [date(2021, 3, 8), date(2021, 3, 15)]),
        ("1mo", [date(2021, 3, 1), date(2021, 4, 1)]),
        ("1q", [date(2021, 1, 1), date(2021, 4, 1)]),
        ("1y", [date(2021, 1, 1), date(2022, 1, 1)]),
    ],
)
def test_longer_steps_begin_with_the_one_that_runs(every: str, asked: list[date]) -> None:
    split = at(
        short(DAILY, every=every, horizon=2), daily(pl.arange(0, 500, eager=True).to_numpy() * 1.0), date(2021, 3, 9)
    )
    assert split.future.get_column("ds").to_list() == asked
