"""The backtest inside the training data stays inside it."""

from datetime import date, timedelta
from itertools import pairwise

import polars as pl

from workbench.forecast.replay import replay, replay_origins

from .worlds import DAILY, HOURLY, Spread, at, daily, hourly

SPLIT = at(HOURLY, hourly(200, places=1, measures=("x",)), date(2024, 7, 10))


def test_origins_are_spread_evenly_over_the_span_and_end_at_the_cutoff() -> None:
    found = replay_origins(HOURLY, SPLIT, 10, 60)
    assert len(found) == 10
    assert found[-1] == SPLIT.cutoff
    steps = {later - earlier for earlier, later in pairwise(found)}
    assert steps <= {timedelta(days=6), timedelta(days=7)}


def test_at_most_two_fifths_of_history_are_replayed_and_nothing_below_five_days() -> None:
    found = replay_origins(HOURLY, SPLIT, 1000, 365)
    assert (found[-1] - found[0]).days == int(191 * 0.4) - 1
    assert len(set(found)) == len(found)
    assert replay_origins(HOURLY, at(HOURLY, hourly(20), date(2024, 1, 12)), 10, 60) == []


def test_days_are_replayed_at_their_hour_of_issue() -> None:
    split = at(DAILY, daily(pl.arange(0, 300, eager=True).to_numpy() * 1.0), date(2020, 9, 1))
    found = replay_origins(DAILY, split, 5, 30)
    assert found[-1] == DAILY.origin(date(2020, 8, 31))


def test_replayed_forecasts_meet_a_truth_that_is_known() -> None:
    found = replay(HOURLY, SPLIT, {"a": Spread(40.0)}, replay_origins(HOURLY, SPLIT, 5, 60), "30d")
    assert found.get_column("y").null_count() == 0
    assert found.get_column("ds").max() <= SPLIT.past.get_column("ds").max()
    assert replay(HOURLY, SPLIT, {"a": Spread(40.0)}, [], "30d").is_empty()
