"""The road to the global learners: taken by what a task is."""

from datetime import date

from workbench.forecast.algorithms.seasonal_naive import FittedSeasonalNaive, SeasonalNaive
from workbench.forecast.averaged import FittedAveraged
from workbench.forecast.many import Many, Routed, look
from workbench.forecast.metrics import truth
from workbench.forecast.model import guard

from .worlds import HOURLY, at, hourly, short

ROUTED = Routed(SeasonalNaive(), Many(rounds=40, rows=15_000))
WEEK = short(HOURLY, seasons=(24, 168))


def test_long_series_with_a_day_and_a_week_go_to_the_global_learners() -> None:
    panel = hourly(250)
    split = at(WEEK, panel, date(2024, 9, 1))
    fitted = ROUTED.fit(WEEK, split)
    assert isinstance(fitted, FittedAveraged)
    made = guard(WEEK, fitted.predict(split.past, split.future), split.future, "many")
    naive = SeasonalNaive().fit(WEEK, split).predict(split.past, split.future)
    misses = [
        float((one["q50"] - one["y"]).abs().mean())  # type: ignore[arg-type]
        for one in (frame.join(truth(panel), on=["unique_id", "ds"]).drop_nulls("y") for frame in (made, naive))
    ]
    assert misses[0] < misses[1]


def test_short_ones_and_those_with_one_season_stay_local() -> None:
    panel = hourly(60)
    for task in (WEEK, HOURLY):
        assert isinstance(ROUTED.fit(task, at(task, panel, date(2024, 2, 20))), FittedSeasonalNaive)


def test_how_far_back_follows_the_seasons() -> None:
    assert look(short(HOURLY, seasons=(7,))).window == 49
    assert look(WEEK).window == 168
