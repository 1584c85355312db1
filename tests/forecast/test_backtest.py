"""History is replayed as it was known then."""

from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl
import pytest

from workbench.errors import MissingData
from workbench.forecast.backtest import backtest, origins
from workbench.forecast.frames import FORECAST
from workbench.forecast.task import Split, Task

from .worlds import HOURLY, FittedSpread, Spread, hourly, short

PANEL = hourly(40)
DAYS = origins(HOURLY, PANEL, date(2024, 1, 20), date(2024, 1, 29))


@dataclass(frozen=True)
class Witness(Spread):
    """Writes down what it saw at each fit."""

    saw: list[datetime] = field(default_factory=list)

    def fit(self, task: Task, split: Split) -> FittedSpread:
        self.saw.append(split.past.get_column("known_at").max())  # type: ignore[arg-type]
        return super().fit(task, split)


def test_an_origin_a_day_from_the_first_to_the_last() -> None:
    assert [origin.date() for origin in DAYS] == [date(2024, 1, day) for day in range(20, 30)]
    assert {(origin.hour, origin.minute) for origin in DAYS} == {(10, 0)}  # 18:00 in Shanghai


def test_origins_may_be_spaced_and_begin_with_what_is_known() -> None:
    found = origins(HOURLY, PANEL, date(2023, 12, 28), date(2024, 1, 9), "3d")
    assert [origin.date() for origin in found] == [date(2024, 1, 3), date(2024, 1, 6), date(2024, 1, 9)]


def test_each_fit_sees_only_the_past_and_comes_on_the_cadence() -> None:
    witness = Witness()
    backtest(short(HOURLY, refit="4d"), {"w": witness}, PANEL, None, DAYS)
    assert witness.saw == [DAYS[0], DAYS[4], DAYS[8]]


def test_every_row_is_stamped_and_says_its_question() -> None:
    found = backtest(HOURLY, {"a": Spread(5.0), "b": Spread(6.0)}, PANEL, None, DAYS[:2])
    assert tuple(found.columns) == FORECAST
    assert found.height == 2 * 2 * 4 * 24
    stamps = found.select("task", "version", "level", "status").unique().row(0)
    assert stamps == ("hours", "backtest", 0, "machine")
    assert found.select(pl.col("issued_at").unique().sort()).to_series().to_list() == DAYS[:2]
    assert found.select((pl.col("ds") > pl.col("cutoff")).all(), (pl.col("cutoff") <= pl.col("issued_at")).all()).row(
        0
    ) == (True, True)


def test_the_order_of_origins_and_rows_does_not_matter() -> None:
    shuffled = PANEL.sample(fraction=1, shuffle=True, seed=3)
    one = backtest(HOURLY, {"a": Spread(5.0)}, PANEL, None, DAYS[:3])
    assert one.equals(backtest(HOURLY, {"a": Spread(5.0)}, shuffled, None, DAYS[:3][::-1]))


def test_progress_is_told_forecast_by_forecast() -> None:
    told: list[tuple[int, int]] = []
    backtest(
        HOURLY, {"a": Spread(), "b": Spread()}, PANEL, None, DAYS[:2], lambda done, todo: told.append((done, todo))
    )
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_no_origin_is_said() -> None:
    with pytest.raises(MissingData, match="no origin to replay"):
        backtest(HOURLY, {"a": Spread()}, PANEL, None, [])
