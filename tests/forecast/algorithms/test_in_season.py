"""Silences closed up: against a slow reckoning, with the last season where it was, and no line drawn through summer."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from workbench.forecast import keep
from workbench.forecast.algorithms.climatology import Climatology
from workbench.forecast.algorithms.in_season import InSeason, closed_up
from workbench.forecast.algorithms.persistence import Persistence
from workbench.forecast.task import Split, Task

TASK = Task("t", "", "", "CNY/kg", "o", "p", "1d", 14, (1,), bounds=(0, None))
FIRST = date(2024, 10, 1)


def panel(days: list[int], series: str = "a/b", seed: int = 0) -> pl.DataFrame:
    """A wandering price on some days after `FIRST`."""
    random = np.random.default_rng(seed)
    y = 6 * np.exp(np.cumsum(random.normal(0, 0.02, len(days))))
    ds = [FIRST + timedelta(days=day) for day in days]
    known = [datetime(day.year, day.month, day.day, 20, tzinfo=UTC) for day in ds]
    frame = pl.DataFrame({"unique_id": [series] * len(days), "ds": ds, "y": y, "known_at": known})
    return frame.cast({"known_at": pl.Datetime("us", "UTC")})


def split(past: pl.DataFrame, day: int) -> Split:
    """What is known on the evening of a day after `FIRST`."""
    return TASK.split(past, None, TASK.origin(FIRST + timedelta(days=day)))


@given(st.sets(st.integers(0, 120), min_size=1, max_size=40), st.integers(1, 30))
def test_places_are_those_of_a_slow_reckoning(days: set[int], silent: int) -> None:
    ordered = sorted(days)
    place = {ordered[-1]: ordered[-1]}
    for day, after in zip(reversed(ordered[:-1]), reversed(ordered), strict=False):
        gap = after - day
        place[day] = place[after] - (1 if gap > silent else gap)
    found = closed_up(panel(ordered), "1d", silent)
    assert [(day - FIRST).days for day in found["ds"]] == [place[day] for day in ordered]


def test_one_unbroken_season_is_left_as_it_is() -> None:
    own = split(panel(list(range(90))), 90)
    model = Persistence(stale=21)
    plain = model.fit(TASK, own).predict(own.past, own.future)
    assert_frame_equal(InSeason(model).fit(TASK, own).predict(own.past, own.future).select(plain.columns), plain)


def test_out_of_season_climatology_answers_and_a_saved_one_says_the_same(tmp_path: Path) -> None:
    past = panel([*range(200), *range(365, 500)])
    own = split(past, 540)
    fitted = InSeason(Persistence(stale=21)).fit(TASK, own)
    found = fitted.predict(own.past, own.future)
    usual = Climatology().fit(TASK, own).predict(own.past, own.future)
    assert_frame_equal(found, usual.select(found.columns))
    keep.save(fitted, tmp_path / "kept")
    assert_frame_equal(keep.load(tmp_path / "kept").predict(own.past, own.future), found)
