"""The global learners, set up by what a task is."""

from datetime import date

from workbench.forecast.algorithms.seasonal_naive import SeasonalNaive
from workbench.forecast.many import Many, look
from workbench.forecast.metrics import truth
from workbench.forecast.model import guard

from .worlds import HOURLY, at, hourly, short

MANY = Many(rounds=40, rows=15_000)
WEEK = short(HOURLY, seasons=(24, 168))


def test_long_series_with_a_day_and_a_week_are_forecast_better_than_by_last_week() -> None:
    panel = hourly(250)
    split = at(WEEK, panel, date(2024, 9, 1))
    fitted = MANY.fit(WEEK, split)
    made = guard(WEEK, fitted.predict(split.past, split.future), split.future, "many")
    naive = SeasonalNaive().fit(WEEK, split).predict(split.past, split.future)
    misses = [
        float((one["q50"] - one["y"]).abs().mean())  # type: ignore[arg-type]
        for one in (frame.join(truth(panel), on=["unique_id", "ds"]).drop_nulls("y") for frame in (made, naive))
    ]
    assert misses[0] < misses[1]


def test_how_far_back_follows_the_seasons() -> None:
    assert look(short(HOURLY, seasons=(7,))).window == 49
    assert look(WEEK).window == 168
