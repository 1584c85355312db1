"""Days are the sums of their hours, in panels, forecasts and paths; checked by slow loops and by hand."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from workbench.errors import InputError
from workbench.forecast import keep
from workbench.forecast.algorithms.seasonal_naive import SeasonalNaive
from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.forecast.task import Split, Task
from workbench.forecast.temporal import FittedStepped, Stepped, coarser, sums

from .worlds import DAILY, HOURLY, START, FittedSpread, Spread, at, daily, frame, short

TASK = short(HOURLY, name="gate", horizon=60, seasons=(24,), bounds=(0.0, None), adds_to=("1d",), zone="Asia/Shanghai")
AT = date(2024, 2, 10)


def hours(days: int = 60) -> pl.DataFrame:
    """Visitors through two gates by the hour: none at night."""
    random = np.random.default_rng(5)
    moments = [START + timedelta(hours=i + 1) for i in range(days * 24)]
    shape = np.array([max(0.0, 100 * np.sin((m.hour - 22) % 24 * np.pi / 12)) for m in moments])
    day = np.repeat(np.exp(0.4 * random.normal(size=days)), 24)
    parts = [
        frame(name, moments, np.round(shape * day * k), timedelta(hours=1)) for k, name in ((1, "a/x"), (3, "b/x"))
    ]
    return pl.concat(parts)


PANEL = hours()


def local(moment: datetime) -> date:
    return (moment - timedelta(hours=1)).astimezone(ZoneInfo(TASK.zone)).date()


def by_day(rows: pl.DataFrame, column: str) -> dict[tuple[str, date], list[float]]:
    found: dict[tuple[str, date], list[float]] = defaultdict(list)
    for name, moment, value in rows.sort("ds").select("unique_id", "ds", column).iter_rows():
        found[name, local(moment)].append(value)
    return found


def test_a_day_is_the_sum_of_its_hours() -> None:
    found = coarser(PANEL, "1h", "1d", TASK.zone)
    slow = {key: sum(values) for key, values in by_day(PANEL, "y").items() if len(values) == 24}
    assert {(name, day): y for name, day, y in found.select("unique_id", "ds", "y").iter_rows()} == slow
    assert found.filter(unique_id="a/x")["known_at"][0] == datetime(2024, 1, 2, 17, tzinfo=UTC)


def test_a_day_with_a_gap_has_no_sum() -> None:
    hole = datetime(2024, 1, 10, 5, tzinfo=UTC)
    gap = PANEL.with_columns(y=pl.when(unique_id="a/x", ds=hole).then(None).otherwise("y"))
    lost = coarser(PANEL, "1h", "1d", TASK.zone).join(
        coarser(gap, "1h", "1d", TASK.zone), on=["unique_id", "ds"], how="anti"
    )
    assert lost.select("unique_id", "ds").rows() == [("a/x", date(2024, 1, 10))]


def test_a_day_of_23_hours_is_whole() -> None:
    moments = [datetime(2024, 3, 29, tzinfo=UTC) + timedelta(hours=i + 1) for i in range(96)]
    found = coarser(frame("a/x", moments, np.ones(96), timedelta(0)), "1h", "1d", "Europe/Berlin")
    assert dict(found.select("ds", "y").rows()) == {date(2024, 3, 30): 24, date(2024, 3, 31): 23, date(2024, 4, 1): 24}


def test_months_of_days_and_years_of_quarters() -> None:
    days = daily(np.arange(121.0), start=date(2023, 1, 1))
    assert coarser(days, "1d", "1mo", "UTC")["y"].to_list() == [465, 1246, 2294, 3135]  # by the formula of Gauss
    quarters = days.head(9).with_columns(ds=pl.Series([date(2020 + i // 4, 1 + 3 * (i % 4), 1) for i in range(9)]))
    assert coarser(quarters, "1q", "1y", "UTC").select("ds", "y").rows() == [
        (date(2020, 1, 1), 6),
        (date(2021, 1, 1), 22),
    ]


@pytest.mark.parametrize(("every", "coarse"), [("1d", "1h"), ("1d", "1d"), ("1h", "6h")])
def test_a_step_that_does_not_add_up_is_refused(every: str, coarse: str) -> None:
    with pytest.raises(InputError, match="do not add up to"):
        coarser(PANEL, every, coarse, "UTC")


@dataclass(frozen=True)
class Sure(Spread):
    """Every step the same centre, with a spread of its own: wide where the hour is odd."""

    def fit(self, task: Task, split: Split) -> "FittedSure":
        """Nothing to learn."""
        return FittedSure(self.centre, self.width)


@dataclass(frozen=True)
class FittedSure(FittedSpread):
    """See Sure."""

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        """Odd hours three times as wide."""
        by = pl.when(pl.col("ds").dt.hour() % 2 == 1).then(3 * self.width).otherwise(self.width)
        rows = future.select("unique_id", "ds", mean=pl.lit(self.centre))
        quantiles = [
            (self.centre + by * (level - 0.5) * 2).alias(q) for q, level in zip(QUANTILES, LEVELS, strict=True)
        ]
        return rows.with_columns(quantiles)


def test_the_day_moves_its_hours_by_their_spread() -> None:
    """By hand: 24 × 10 against a day of 300 as wide as an even hour: the gap of 60 is shared by squared spreads."""
    split = at(TASK, PANEL, AT)
    found = Stepped(Sure(10.0, 1.0), Spread(300.0, 1.0)).fit(TASK, split).predict(split.past, split.future)
    even, odd, total = 1.0, 9.0, 12 * 1 + 12 * 9 + 1
    inside = {key: rows for key, rows in by_day(found, "mean").items() if len(rows) == 24}
    assert len(inside) == 2 * 2
    for values in inside.values():
        assert sorted(set(np.round(values, 9))) == pytest.approx([10 + 60 * even / total, 10 + 60 * odd / total])
    outside = [values for rows in by_day(found, "mean").values() if len(rows) < 24 for values in rows]
    assert set(outside) == {10.0}


@pytest.fixture(scope="module")
def fitted() -> FittedStepped:
    return Stepped(SeasonalNaive(), SeasonalNaive()).fit(TASK, at(TASK, PANEL, AT))


def test_hours_stay_inside_their_bounds_and_are_kept(fitted: FittedStepped, tmp_path: Path) -> None:
    split = at(TASK, PANEL, AT)
    found = fitted.predict(split.past, split.future)
    assert found.select("unique_id", "ds").equals(split.future.select("unique_id", "ds"))
    assert found.select(pl.all_horizontal(pl.col("mean", *QUANTILES) >= 0).all()).item()
    keep.save(fitted, tmp_path / "kept")
    assert keep.load(tmp_path / "kept").predict(split.past, split.future).equals(found)
    mixed = fitted.predict(split.past.sample(fraction=1, shuffle=True, seed=1), split.future.reverse())
    assert mixed.sort("unique_id", "ds").equals(found.sort("unique_id", "ds"))


def test_the_day_is_read_off_the_paths_of_its_hours(fitted: FittedStepped) -> None:
    split = at(TASK, PANEL, AT)
    found = fitted.predict(split.past, split.future)
    drawn = found.select("unique_id", "ds", "q10", "q50", "q90").unpivot(index=["unique_id", "ds"], value_name="y")
    drawn = drawn.with_columns(path=pl.col("variable").replace_strict({"q10": 0, "q50": 1, "q90": 2}))
    days = sums(found, drawn, "1h", "1d", TASK.zone)
    means = {key: sum(rows) for key, rows in by_day(found, "mean").items() if len(rows) == 24}
    middle = {key: sum(rows) for key, rows in by_day(found, "q50").items() if len(rows) == 24}
    told = {
        (name, day): (mean, q50) for name, day, mean, q50 in days.select("unique_id", "ds", "mean", "q50").iter_rows()
    }
    assert told.keys() == means.keys()
    for key, (mean, q50) in told.items():
        assert mean == pytest.approx(means[key], abs=1e-6)
        assert q50 == pytest.approx(middle[key], abs=1e-6)


def test_a_task_that_adds_to_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="adds to no coarser step"):
        Stepped(Spread(), Spread()).fit(DAILY, at(DAILY, daily(np.ones(30)), date(2020, 1, 20)))
