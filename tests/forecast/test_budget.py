"""The dearest are left out first until the rest fits, and what is measured is the CPU of a few series."""

import time
from dataclasses import dataclass
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.forecast.budget import measure, within
from workbench.forecast.parallel import map as work
from workbench.forecast.task import Split, Task

from .worlds import HOURLY, FittedSpread, at, hourly

COSTS = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.floats(0.01, 1e4), min_size=1, max_size=6)


@given(COSTS, st.floats(0, 2e4))
def test_what_is_kept_fits_and_nothing_cheaper_was_left_out(seconds: dict[str, float], allowed: float) -> None:
    """Either it fits or only the cheapest is left; no model kept is dearer than one left out."""
    plan = within(seconds, allowed)
    assert set(seconds) == {*plan.kept, *plan.dropped}
    assert list(plan.kept) == [name for name in seconds if name in plan.kept]
    assert plan.expected <= allowed or 1 == len(plan.kept)
    assert max(seconds[name] for name in plan.kept) <= min([seconds[n] for n in plan.dropped], default=float("inf"))
    one_more = plan.expected + min([seconds[name] for name in plan.dropped], default=float("inf"))
    assert one_more > allowed
    assert all(name in plan.sentence() for name in plan.dropped)


def test_nothing_to_plan_for_is_refused() -> None:
    """An empty portfolio is a fault of the caller."""
    with pytest.raises(InputError, match="no model"):
        within({}, 10)


@dataclass(frozen=True)
class Busy:
    """Takes so many CPU seconds a series; at the first call as long again to start up."""

    seconds: float

    def fit(self, task: Task, split: Split) -> FittedSpread:
        """Turn the crank, through the one map."""
        work(self.turn, split.past.get_column("unique_id").unique().sort())
        return FittedSpread(0.0, 1.0)

    def turn(self, _: str) -> None:
        """Spin."""
        end = time.process_time() + self.seconds
        while time.process_time() < end:
            pass


def test_cost_is_cpu_seconds_a_series() -> None:
    """Ten times the work is measured dearer; series are sampled, not all run."""
    split = at(HOURLY, hourly(40, places=20), date(2024, 2, 5))
    assert 40 == split.past.get_column("unique_id").n_unique()
    started = time.process_time()
    costs = measure(HOURLY, split, {"light": Busy(0.005), "dear": Busy(0.05)})
    assert 0.05 <= costs["dear"] < 0.2
    assert 0.005 <= costs["light"] < 0.04
    assert time.process_time() - started < 1.5
    assert pl.Series(["dear"]).to_list() == list(within({n: 40 * c for n, c in costs.items()}, 1.0).dropped)
