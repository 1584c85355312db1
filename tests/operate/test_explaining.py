"""What an issue keeps of its reasons: rows that add up to the medians issued, beside them in the archive."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from workbench.forecast import explain
from workbench.forecast.algorithms.booster import Booster
from workbench.forecast.algorithms.features import Spans
from workbench.forecast.model import guard
from workbench.forecast.task import Split, Task
from workbench.operate import explaining, issue
from workbench.operate.archive import Archive

TASK = Task(
    name="airy", title_zh="", title_en="", unit="", owner="environment", panel="airy", every="1d", horizon=4,
    seasons=(7,), vintages="ahead", known_ahead=("wind",), past_only=("no2", "wind"), bounds=(0, None),
)  # fmt: skip
SMALL = Booster(trees=6, leaves=15, bins=16, leads=4, spans=Spans((1, 2), (2, 3, 7, 14), (1, 2, 3), 3))


def airy() -> Split:
    """Two stations whose air is the thinner the more wind; the wind of four days ahead is known exactly."""
    rng, days = np.random.default_rng(2), 200
    wind = rng.uniform(1, 5, days + 8)
    dates = [date(2026, 1, 1) + timedelta(days=i) for i in range(days + 8)]
    panel = pl.concat(
        pl.DataFrame(
            {"unique_id": f"{name}/pm2_5", "ds": dates[:days], "y": size / wind[:days], "no2": 9.0, "wind": wind[:days]}
        )
        for name, size in (("a", 60.0), ("b", 90.0))
    )
    known = pl.col("ds").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    issues = pl.concat(
        pl.DataFrame({"unique_id": f"{name}/pm2_5", "ds": dates[d : d + 6], "wind": wind[d : d + 6]}).with_columns(
            known_at=pl.lit(dates[d]).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        )
        for d in range(days + 2)
        for name in "ab"
    )
    return TASK.split(panel.with_columns(known_at=known), issues, TASK.origin(dates[days - 1]))


def test_an_issue_keeps_reasons_that_add_up_to_its_medians(demo_home: Path) -> None:
    """Simple models explain nothing and still keep that, each as a whole; the day's product is made of them."""
    archive = Archive()
    for task in ("air_hourly", "air_daily"):
        issued = archive.latest(task)
        kept = archive.beside("explanation", task, issued["issued_at"][0])
        both = kept.group_by("unique_id", "ds").agg(pl.col("value").sum()).join(issued, on=["unique_id", "ds"])
        assert both.height == kept.select("unique_id", "ds").unique().height
        assert both["value"].to_list() == pytest.approx(both["q50"].to_list())
        assert {"whole"} == set(kept["part"])
        assert [True] == kept["sample"].unique().to_list()
    product = archive.product("air_reasons")
    assert product["issued_at"][0] == archive.product("air_outlook")["issued_at"][0]
    assert 8 == product["date"].n_unique()


def test_behind_each_part_stands_its_value_and_what_is_usual() -> None:
    split = airy()
    fitted = SMALL.fit(TASK, split)
    issued = guard(TASK, fitted.predict(split.past, split.future), split.future, "booster")
    rows = explaining.made(TASK, fitted, split, issued)
    assert rows.height == rows.select("unique_id", "ds", "part").unique().height
    wind = rows.filter(pl.col("part") == "ahead.wind").join(split.future, on=["unique_id", "ds"])
    assert wind["driver"].to_list() == pytest.approx(wind["wind"].to_list())
    month = split.past.filter(pl.col("ds") > split.cutoff - timedelta(days=30))  # type: ignore[operator]
    assert wind["usual"].unique().to_list() == pytest.approx(
        [month.filter(pl.col("unique_id") == "a/pm2_5")["wind"].mean()]
    )
    last = split.past.sort("ds").group_by("unique_id").agg(pl.col("y").last(), before=pl.col("y").get(-2))
    level = rows.filter(pl.col("part") == "level").join(last, on="unique_id")
    base = rows.filter(pl.col("part") == "base").join(level, on=["unique_id", "ds"], suffix="_level")
    assert level["driver"].to_list() == level["y"].to_list()
    assert base["value"].to_list() == base["usual_level"].to_list()
    change = rows.filter(pl.col("part") == "change").join(last, on="unique_id")
    assert change["usual"].to_list() == change["before"].to_list()
    others = rows.filter(pl.col("part") == "others")
    assert {1.0} == set(others["driver"]) == set(others["usual"])


def test_similar_situations_of_a_daily_task_are_kept(trained: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A champion that recalls is asked for the nearest days; what it finds stands beside the issue."""
    data = issue.known("toy")
    cast = issue.players(data)[1]
    assert cast.champion is not None
    split, booster = data.split, replace(SMALL, trees=3)
    fitted = booster.fit(data.task, split)
    player = replace(cast.champion, fitted=lambda: fitted)
    rows = issue.stamped(data, issue.ladder.climb(data, replace(cast, champion=player)))
    explaining.keep(Archive(), data, replace(cast, champion=player), rows)
    moment = rows["issued_at"][0]
    alike = Archive().beside("similar", "toy", moment)
    assert {"then", "share", "before", "y"} <= set(alike.columns)
    assert 2 * 3 * 5 == alike.height
    parts = Archive().beside("explanation", "toy", moment)
    both = parts.group_by("unique_id", "ds").agg(pl.col("value").sum()).join(rows, on=["unique_id", "ds"])
    assert both["value"].to_list() == pytest.approx(both["q50"].to_list())


def test_an_explanation_that_fails_does_not_stop_the_issue(trained: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no reason")

    monkeypatch.setattr(explain, "explain", broken)
    done = issue.issue()
    assert [True, True] == [one.new for one in done]
    assert Archive().beside("explanation", "toy", done[0].issued_at).is_empty()
    monkeypatch.undo()


def test_issuing_twice_keeps_one_explanation(trained: Any) -> None:
    issue.issue()
    first = Archive().read("toy", kind="explanation")
    issue.issue()
    assert first.height == Archive().read("toy", kind="explanation").height > 0
