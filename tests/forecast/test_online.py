"""A fitted model that learns on is given each forecast once, as soon as its truth is known and never before."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import polars as pl

from workbench.forecast.algorithms.open_days import FittedOpenDays
from workbench.forecast.backtest import backtest, origins
from workbench.forecast.coherent import FittedCoherent
from workbench.forecast.frames import QUANTILES
from workbench.forecast.hierarchy import Hierarchy
from workbench.forecast.online import Learning, caught_up, follow
from workbench.forecast.task import Split, Task
from workbench.forecast.widened import FittedWidened

from .worlds import HOURLY, FittedSpread, Spread, hourly, short

TASK = short(HOURLY, refit="1000d")
PANEL = hourly(40, places=1, measures=("x",))
DAYS = origins(TASK, PANEL, date(2024, 1, 20), date(2024, 1, 25))


@dataclass(frozen=True)
class Pupil(Spread):
    """A model whose fitted part writes down what it is given."""

    book: list[pl.DataFrame] = field(default_factory=list)

    def fit(self, task: Task, split: Split) -> "FittedPupil":
        return FittedPupil(self.centre, self.width, self.book)


@dataclass(frozen=True)
class FittedPupil(FittedSpread):
    """See Pupil."""

    book: list[pl.DataFrame]

    @property
    def learns(self) -> bool:
        return True

    def update(self, verified: pl.DataFrame) -> "FittedPupil":
        self.book.append(verified)
        return self


def test_each_forecast_comes_once_and_only_after_its_truth_was_known() -> None:
    pupil = Pupil(40.0)
    backtest(TASK, {"p": pupil}, PANEL, None, DAYS)
    known = PANEL.select("unique_id", "ds", "known_at")
    for origin, lesson in zip(DAYS[1:], pupil.book, strict=True):
        when = lesson.join(known, on=["unique_id", "ds"]).get_column("known_at").max()
        assert isinstance(when, datetime)
        assert when <= origin
    lessons = pl.concat(pupil.book)
    assert lessons.height == lessons.unique(["unique_id", "cutoff", "ds"]).height
    measured = PANEL.filter(pl.col("y").is_not_null(), pl.col("ds") > DAYS[0], pl.col("known_at") <= DAYS[-1]).height
    assert lessons.height == measured


def test_steps_never_measured_are_given_up() -> None:
    frame = pl.DataFrame({"unique_id": ["a/x"] * 4, "ds": [date(2024, 1, d) for d in (1, 2, 3, 4)], "q50": [1.0] * 4})
    frame = frame.with_columns(cutoff=pl.lit(date(2023, 12, 31)))
    past = pl.DataFrame({"unique_id": ["a/x"] * 2, "ds": [date(2024, 1, 1), date(2024, 1, 6)], "y": [1.0, 1.0]})
    _, waiting = follow(FittedPupil(0.0, 0.0, []), [frame], past)
    assert waiting[0].get_column("ds").to_list() == [date(2024, 1, 3), date(2024, 1, 4)]


def test_what_does_not_learn_keeps_nothing_waiting() -> None:
    fitted = FittedSpread(0.0, 0.0)
    assert follow(fitted, [PANEL], PANEL) == (fitted, [])


def test_from_the_archive_it_is_told_what_the_backtest_told_it() -> None:
    """The same lessons in the same order, and those that came after the last issue."""
    first, again = Pupil(40.0), Pupil(40.0)
    issued = backtest(TASK, {"p": first}, PANEL, None, DAYS)
    now = DAYS[-1] + timedelta(hours=5)
    past = PANEL.filter(pl.col("known_at") <= now)
    split = TASK.split(PANEL, None, DAYS[0])
    caught_up(again.fit(TASK, split), issued.sample(fraction=1, shuffle=True, seed=2), past)
    keys = ["cutoff", "unique_id", "ds"]
    told = [lesson.select(*keys, "y").sort(keys) for lesson in again.book]
    assert [lesson.select(*keys, "y").sort(keys).rows() for lesson in first.book] == [one.rows() for one in told[:-1]]
    assert told[-1].get_column("ds").max() <= now - timedelta(hours=1)  # type: ignore[operator]
    assert told[-1].height
    still = FittedSpread(0.0, 0.0)
    assert caught_up(still, issued, past) is still


def test_a_wrapper_learns_on_as_what_it_wraps_does() -> None:
    book: list[pl.DataFrame] = []
    pupil = FittedPupil(40.0, 1.0, book)
    coherent = FittedCoherent(pupil, Hierarchy(("place", "measure"), (("measure",),)), "bottom_up", (0, None))
    outer = FittedWidened(FittedOpenDays(coherent, "closed"), 1.4)
    days = [date(2024, 1, 1), date(2024, 1, 2)]
    shut = {name: [1.0, 0.0] for name in QUANTILES}
    lesson = pl.DataFrame({"unique_id": ["a/x"] * 2, "ds": days, "y": [2.0, 0.0], **shut})
    assert outer.learns
    outer.update(lesson)
    assert book[0].get_column("ds").to_list() == days[:1]  # a closed day, 0 at every quantile, teaches nothing
    deaf = FittedWidened(FittedSpread(0.0, 0.0), 1.4)
    assert isinstance(deaf, Learning)
    assert not deaf.learns
    assert deaf.update(lesson) is deaf
