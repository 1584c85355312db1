"""The guard at the border refuses what is incomplete and mends what is out of order."""

import polars as pl
import pytest

from workbench.errors import WorkbenchError
from workbench.forecast.frames import QUANTILES
from workbench.forecast.model import guard

from .worlds import HOURLY, same

FUTURE = pl.DataFrame({"unique_id": ["a/x", "b/x"], "ds": [1, 1]})


def test_a_missing_row_is_the_models_error() -> None:
    with pytest.raises(WorkbenchError, match=r"mine on hours: 1 of 2 forecasts missing or not finite; .*b/x"):
        guard(HOURLY, same(FUTURE.head(1)), FUTURE, "mine")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_value_that_is_not_finite_is_the_models_error(value: float) -> None:
    with pytest.raises(WorkbenchError, match="2 of 2"):
        guard(HOURLY, same(FUTURE, q70=value), FUTURE, "mine")


def test_a_row_answered_twice_or_never_asked_is_the_models_error() -> None:
    with pytest.raises(WorkbenchError, match="more rows than asked"):
        guard(HOURLY, same(pl.concat([FUTURE, FUTURE.with_columns(ds=pl.col("ds") + 1)])), FUTURE, "mine")


def test_quantiles_are_put_in_order_and_inside_the_bounds() -> None:
    crossed = same(FUTURE, value=5.0, q025=9.0, q975=-1.0, mean=-3.0)
    held = guard(HOURLY, crossed, FUTURE, "mine")
    assert held.select(QUANTILES).row(0) == (0.0, *[5.0] * 13, 9.0)
    assert held.item(0, "mean") == 0.0
