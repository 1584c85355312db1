"""Kilograms add up to the last one."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.forecast.season_flow import MONTHS, flow, season_name, shared


@given(st.integers(0, 10**9), st.lists(st.floats(0, 1e6), min_size=1, max_size=30).filter(lambda w: sum(w) > 1e-3))
def test_parts_add_up_and_none_is_a_kilogram_off(total: int, weights: list[float]) -> None:
    w = np.array(weights)
    parts = shared(total, w)
    assert parts.sum() == total
    assert (np.abs(parts - total * w / w.sum()) <= 1 + 1e-6 * total).all()


def test_a_flow_keeps_each_town_and_variety_and_refuses_by_name() -> None:
    towns = pl.DataFrame({"town": ["a", "a", "b"], "variety": ["x", "y", "x"], "kg": [101, 7, 33]})
    calendar = pl.DataFrame({"variety": ["x", "x", "y"], "month": ["11", "12", "03"], "weight": [1.0, 2.0, 1.0]})
    told = flow(towns, calendar)
    assert told.group_by("town", "variety").agg(pl.col("kg").sum()).sort("town", "variety")["kg"].to_list() == [
        101,
        7,
        33,
    ]
    assert set(told["month"]) <= set(MONTHS)
    with pytest.raises(InputError, match="no harvest month is known for variety 'y' of a"):
        flow(towns, calendar.filter(variety="x"))
    with pytest.raises(InputError, match="cannot be shared"):
        shared(5, np.array([0.0]))


def test_a_season_is_written_with_both_years() -> None:
    assert (season_name(2026), season_name(2009), season_name(1999)) == ("2026/27", "2009/10", "1999/00")
