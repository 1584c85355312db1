"""No forecast may leave what history makes believable."""

from datetime import date

import polars as pl
import pytest

from workbench.forecast.blowup import believed, blown, limits

from .worlds import same

PAST = pl.DataFrame({"unique_id": ["a/x"] * 3 + ["b/x"], "y": [0.0, 10.0, None, 30.0]})
ROWS = pl.DataFrame({"unique_id": ["a/x", "a/x", "b/x"], "ds": [date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 1)]})


def test_limits_are_the_range_widened_by_its_own_width() -> None:
    assert limits(PAST, 2.0).rows() == [("a/x", -20.0, 30.0), ("b/x", 30.0, 30.0), ("x", -60.0, 90.0)]


def test_a_series_never_seen_is_believed_like_its_measure_and_a_measure_never_seen_always() -> None:
    asked = pl.DataFrame({"unique_id": ["new/x", "new/z"]})
    found = believed(asked, limits(PAST, 2.0)).select("low", "high").rows()
    assert found == [(-60.0, 90.0), (-float("inf"), float("inf"))]


@pytest.mark.parametrize("value", [31.0, -21.0, float("nan"), float("inf"), None])
def test_one_wild_step_condemns_its_series_and_no_other(value: float | None) -> None:
    forecast = same(ROWS, value=30.0)
    assert blown(forecast, limits(PAST, 2.0)).to_list() == [False, False, False]
    wild = forecast.with_columns(
        q975=pl.when(pl.int_range(pl.len()) == 1).then(pl.lit(value, dtype=pl.Float64)).otherwise("q975")
    )
    assert blown(wild, limits(PAST, 2.0)).to_list() == [True, True, False]
