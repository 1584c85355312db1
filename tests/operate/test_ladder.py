"""The fallback ladder: a forecast always goes out, and says how good its inputs were."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from workbench.domain import Entry
from workbench.errors import MissingData, WorkbenchError
from workbench.forecast.frames import QUANTILES
from workbench.forecast.task import Task
from workbench.operate.known import Known
from workbench.operate.ladder import Cast, Player, climb

NOW = datetime(2026, 3, 10, 10, tzinfo=UTC)
CUTOFF = date(2026, 3, 9)
TASK = Task(
    name="toy", title_zh="", title_en="", unit="", owner="", panel="", every="1d", horizon=3, seasons=(7,),
    vintages="v", known_ahead=("wind",),
)  # fmt: skip


@dataclass(frozen=True)
class Says:
    """Answers one number everywhere, or the covariate known ahead, or fails."""

    value: float = 0.0
    wind: bool = False
    broken: bool = False

    def predict(self, past: pl.DataFrame, future: pl.DataFrame) -> pl.DataFrame:
        if self.broken:
            raise ZeroDivisionError("a model may fail in any way")
        answer = pl.col("wind") if self.wind else pl.lit(self.value)
        return future.select("unique_id", "ds", mean=answer, **dict.fromkeys(QUANTILES, answer))

    def save(self, folder: Path) -> None: ...

    @classmethod
    def load(cls, folder: Path) -> "Says":
        return cls()


def player(name: str, fitted: Says) -> Player:
    return Player(name, name[0], lambda: fitted)


SIMPLE, CLIMATE = player("simple", Says(3.0)), player("climate", Says(4.0))
CAST = Cast(player("champion", Says(1.0)), SIMPLE, CLIMATE)


def data(silent: dict[str, int], vintage_age: timedelta | None = None, covers: int = 3) -> Known:
    """A panel whose series were last heard so many days before the cutoff; daily weather issues, the newest so old."""
    rows = []
    for name, days in silent.items():
        for back in range(120):
            day = CUTOFF - timedelta(days=back)
            rows.append((name, day, NOW - timedelta(days=back + 1), None if back < days else 5.0))
    schema = {"unique_id": pl.String, "ds": pl.Date, "known_at": pl.Datetime("us", "UTC"), "y": pl.Float64}
    panel = pl.DataFrame(rows, schema=schema, orient="row")
    vintages = None
    if vintage_age is not None:
        issues = [NOW - vintage_age - timedelta(days=back) for back in range(20)]
        made = [
            (name, issue, issue.date() + timedelta(days=lead), float(issue.day))
            for name in silent
            for issue in issues
            for lead in range(covers + 1)
        ]
        types = {"unique_id": pl.String, "known_at": pl.Datetime("us", "UTC"), "ds": pl.Date, "wind": pl.Float64}
        vintages = pl.DataFrame(made, schema=types, orient="row")
    return Known(Entry("toy", TASK, {}), NOW, panel, vintages, "d", sample=False)


def levels(rows: pl.DataFrame) -> dict[str, int]:
    """Level by series."""
    return dict(rows.group_by("unique_id").agg(pl.col("level").first()).sort("unique_id").iter_rows())


def test_with_everything_in_time_the_champion_answers_in_full() -> None:
    """Level 0, no reason."""
    rows = climb(data({"A/x": 0, "B/x": 0}, timedelta(hours=10), covers=9), CAST)
    assert {"A/x": 0, "B/x": 0} == levels(rows)
    assert [""] == rows["reason"].unique().to_list()
    assert 6 == rows.height


def test_one_late_station_degrades_itself_alone() -> None:
    """Two days of silence: level 1; ten days, more than a season: climatology, level 4; the rest is untouched."""
    rows = climb(data({"A/x": 0, "B/x": 2, "C/x": 10}), CAST)
    assert {"A/x": 0, "B/x": 1, "C/x": 4} == levels(rows)
    assert [1.0, 1.0, 4.0] == rows.group_by("unique_id").agg(pl.col("q50").first()).sort("unique_id")["q50"].to_list()
    assert {"no value for more than 7 steps"} == set(rows.filter(pl.col("level") == 4)["reason"])


def test_a_station_that_closed_is_left_out() -> None:
    """Ninety days of silence; where all are closed the error says when the data end and how to replay."""
    rows = climb(data({"A/x": 0, "B/x": 95}), CAST)
    assert ["A/x"] == rows["unique_id"].unique().to_list()
    with pytest.raises(MissingData, match=r"the newest value is of 2025-12-\d\d.*\n→ .* --as-of 2025-12-"):
        climb(data({"A/x": 95}), CAST)


def test_a_late_weather_forecast_that_still_covers_the_days_is_level_one() -> None:
    """Daily issues, the newest four days old, nine days long."""
    rows = climb(data({"A/x": 0}, timedelta(days=4), covers=9), CAST)
    assert {"A/x": 1} == levels(rows)
    assert "the newest covariates known ahead are 96 h old" == rows["reason"][0]


def test_missing_weather_is_filled_from_the_season_before_and_said() -> None:
    """Level 2: three days long and four days old, so the last values known for the same weekday stand in."""
    windy = replace(CAST, champion=player("champion", Says(wind=True)))
    known = data({"A/x": 0}, timedelta(days=4), covers=3)
    rows = climb(known, windy)
    assert {"A/x": 2} == levels(rows)
    newest = known.vintages.sort("known_at").unique(["unique_id", "ds"], keep="last")  # type: ignore[union-attr]
    was = dict(newest.select("ds", "wind").iter_rows())
    for day, value in rows.select("ds", "q50").iter_rows():
        expected = next(
            was[day - timedelta(days=7 * back)] for back in (0, 1, 2) if day - timedelta(days=7 * back) in was
        )
        assert expected == value


def test_a_task_that_never_had_weather_misses_none() -> None:
    """Its champion learnt without."""
    empty = data({"A/x": 0}, timedelta(hours=1))
    empty = replace(empty, vintages=empty.vintages.clear())  # type: ignore[union-attr]
    assert {"A/x": 0} == levels(climb(empty, CAST))


def test_a_champion_that_learnt_with_weather_and_gets_none_says_so() -> None:
    """Level 2: no issue at all, or the only one does not reach; an only issue that reaches is enough."""
    cast = replace(CAST, champion=replace(CAST.champion, ahead=True))  # type: ignore[type-var]
    full = data({"A/x": 0}, timedelta(hours=1), covers=9)
    assert full.vintages is not None
    newest = pl.col("known_at") == pl.col("known_at").max()
    for some, level in ((pl.lit(False), 2), (newest & (pl.col("ds") <= NOW.date()), 2), (newest, 0)):
        rows = climb(replace(full, vintages=full.vintages.filter(some)), cast)
        assert {"A/x": level} == levels(rows)
        assert ("learnt with are missing" in rows["reason"][0]) == (level == 2)
    assert {"A/x": 2} == levels(climb(replace(full, vintages=None), cast))


def test_a_broken_champion_gives_way_to_the_simple_model_and_that_to_climatology(home: Path) -> None:
    """Levels 3 and 4; who failed is named with a number to look up."""
    broken = player("champion", Says(broken=True))
    rows = climb(data({"A/x": 0}), replace(CAST, champion=broken))
    assert {"A/x": 3} == levels(rows)
    assert rows["reason"][0].startswith("champion failed (number ")
    rows = climb(data({"A/x": 0}), replace(CAST, champion=broken, simple=player("simple", Says(broken=True))))
    assert {"A/x": 4} == levels(rows)
    assert [4.0] == rows["q50"].unique().to_list()


def test_an_incomplete_answer_counts_as_a_failure(home: Path) -> None:
    """Numbers that are not finite never go out."""
    rows = climb(data({"A/x": 0}), replace(CAST, champion=player("champion", Says(float("nan")))))
    assert {"A/x": 3} == levels(rows)


def test_without_a_champion_the_simple_model_issues() -> None:
    """And says why."""
    rows = climb(data({"A/x": 0}), replace(CAST, champion=None))
    assert {"A/x": 3} == levels(rows)
    assert "no champion learnt from these data yet" == rows["reason"][0]


def test_when_nobody_can_answer_it_is_an_error(home: Path) -> None:
    """All three failed: the message names them."""
    broken = Says(broken=True)
    cast = Cast(player("champion", broken), player("simple", broken), player("climate", broken))
    with pytest.raises(WorkbenchError, match=r"champion failed .* simple failed .* climate failed"):
        climb(data({"A/x": 0}), cast)
