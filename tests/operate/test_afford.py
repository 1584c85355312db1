"""What a task's budget leaves out, on models of known cost."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import polars as pl

from workbench.domain import Entry
from workbench.forecast.algorithms.climatology import Climatology
from workbench.forecast.algorithms.persistence import Persistence
from workbench.forecast.model import Fitted, Model
from workbench.forecast.task import Split, Task
from workbench.operate.afford import MANY, affordable
from workbench.operate.known import Known

TASK = Task("t", "t", "t", "1", "data", "t", "1d", 2, (7,), zone="UTC", budget=3600)


@dataclass(frozen=True)
class Slow:
    """Persistence that first counts for a while."""

    rounds: int

    def fit(self, task: Task, split: Split) -> Fitted:
        sum(range(self.rounds * split.past.get_column("unique_id").n_unique()))
        return Persistence().fit(task, split)


def data(series: int, budget: int = 3600) -> Known:
    days = [date(2026, 1, 1) + timedelta(days=day) for day in range(60)]
    known = [datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) for day in days]
    one = pl.DataFrame({"ds": days, "known_at": known, "y": [float(day % 7) for day in range(60)]})
    names = pl.DataFrame({"unique_id": [f"s{number}/x" for number in range(series)]})
    panel = names.join(one, how="cross").with_columns(pl.col("known_at").cast(pl.Datetime("us", "UTC")))
    entry: Any = SimpleNamespace(task=replace(TASK, budget=budget))
    assert Entry.__annotations__.keys() >= {"task"}
    return Known(entry, datetime(2026, 3, 2, 20, tzinfo=UTC), panel, None, "", False)


def models(rounds: int) -> dict[str, Model]:
    return {"persistence": Persistence(), "climatology": Climatology(), "quick": Slow(1), "slow": Slow(rounds)}


def test_few_series_are_fitted_without_being_measured() -> None:
    kept, said = affordable(data(3, budget=0), models(1))
    assert (list(kept), said) == (["persistence", "climatology", "quick", "slow"], "")


def test_the_dearest_goes_first_and_baseline_and_climatology_stay() -> None:
    kept, said = affordable(data(MANY, budget=20), models(30_000_000))
    assert list(kept) == ["persistence", "climatology", "quick"]
    assert said.startswith("left out for the budget of 20 s: slow")


def test_with_room_to_spare_nothing_is_left_out() -> None:
    assert affordable(data(MANY), models(1))[1] == ""
