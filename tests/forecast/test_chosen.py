"""The recipe chosen by what a task is."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from workbench.errors import MissingData
from workbench.forecast.chosen import Chosen
from workbench.forecast.task import Split, Task

from .worlds import DAILY, Spread, at, daily


@dataclass(frozen=True)
class Short:
    """Always finds history too short."""

    def fit(self, task: Task, split: Split) -> Any:
        raise MissingData("too short")


@pytest.mark.parametrize(
    ("changes", "centre"), [({}, 1.0), ({"seasons": (7, 364)}, 2.0), ({"known_ahead": ("rain",)}, 2.0)]
)
def test_seasons_and_covariates_choose(changes: dict[str, Any], centre: float) -> None:
    split = at(DAILY, daily([1.0] * 20), date(2020, 1, 15))  # type: ignore[arg-type]
    split = replace(split, future=split.future.with_columns(rain=pl.lit(0.0)))
    fitted: Any = Chosen(Spread(1.0), Spread(2.0)).fit(replace(DAILY, **changes), split)
    assert fitted.centre == centre


def test_a_gap_in_what_is_known_ahead_is_named_not_passed_to_the_local_one() -> None:
    split = at(DAILY, daily([1.0] * 20), date(2020, 1, 15))  # type: ignore[arg-type]
    rain = pl.when(pl.int_range(pl.len()) != 1).then(0.0)
    task = replace(DAILY, known_ahead=("rain",))
    for future in (split.future, split.future.with_columns(rain=rain)):
        with pytest.raises(MissingData, match="rain"):
            Chosen(Spread(1.0), Short()).fit(task, replace(split, future=future))


def test_too_short_a_history_is_answered_by_the_local_one() -> None:
    split = at(DAILY, daily([1.0] * 20), date(2020, 1, 15))  # type: ignore[arg-type]
    fitted: Any = Chosen(Spread(1.0), Short()).fit(replace(DAILY, seasons=(7, 364)), split)
    assert fitted.centre == 1.0
