"""Issuing: champion, references, paths and products into the archive; twice is once; real never meets sample."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench import domain
from workbench.domain import Product
from workbench.errors import MissingData, UnknownName, WorkbenchError
from workbench.forecast.algorithms.persistence import Persistence
from workbench.forecast.backtest import backtest
from workbench.forecast.conformal import Calibrated
from workbench.forecast.frames import FORECAST, QUANTILES
from workbench.lake.ingest import ingest_frame
from workbench.lake.store import Lake
from workbench.operate import tracking
from workbench.operate.archive import Archive
from workbench.operate.issue import issue
from workbench.operate.issued import Issued
from workbench.operate.known import Inputs
from workbench.operate.train import promote, train

Clock = Callable[[datetime], None]


def test_the_champion_issues_with_references_paths_and_products(trained: Any) -> None:
    """Every series and step once, in order, stamped."""
    made = issue()
    champion = tracking.champion("toy")
    assert champion is not None
    assert ["toy", "toy_peak"] == [one.name for one in made]
    assert (champion.model, champion.version, 0) == (made[0].model, made[0].version, made[0].level)
    archive = Archive()
    rows = archive.latest("toy")
    assert 6 == rows.height == rows.select("unique_id", "ds").n_unique()
    assert set(FORECAST) <= set(rows.columns)
    assert trained.now == rows["issued_at"][0]
    assert rows.select(pl.all_horizontal(pl.col(low) <= pl.col(high) for low, high in pairwise(QUANTILES)).all()).item()
    assert {"persistence", "climatology"} == set(archive.latest("toy", "reference")["model"])
    paths = archive.paths("toy")
    assert 6 * 200 == paths.height
    peak = archive.product("toy_peak")
    assert rows.filter(pl.col("unique_id") == "A/pm2_5")["q50"].max() == peak["peak"][0]


def test_issuing_twice_on_the_same_data_is_once(trained: Any, clock: Clock) -> None:
    """Also an hour later: the key is task, cutoff, data digest and version."""
    assert [True, True] == [one.new for one in issue()]
    clock(trained.now + timedelta(hours=1))
    again = issue()
    assert [False, False] == [one.new for one in again]
    assert trained.now == again[0].issued_at
    assert "stood already" in again[0].sentence()
    assert 6 == Archive().read("toy").height
    correction = trained.history().tail(1).with_columns(pl.col("pm2_5") + 1)
    ingest_frame(trained.lake, "air_daily", correction, "toy", "toy-2", known_at=trained.now)
    assert [True, True] == [one.new for one in issue()]


def test_a_champion_that_learnt_from_sample_data_never_issues_on_real_data(
    trained: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nor the other way about: the simple model does, fitted on the spot, at level 3."""
    monkeypatch.setenv("WORKBENCH_LAKE", str(tmp_path / "sample"))
    ingest_frame(Lake(), "air_daily", trained.history(seed=9), "toy", "s-1", sample=True)
    made = issue()[0]
    assert ("persistence", "unregistered", 3, True) == (made.model, made.version, made.level, made.sample)
    assert "no champion learnt from these data yet" in made.reason
    assert "示意数据" in made.sentence()
    assert [True] == Archive().latest("toy")["sample"].unique().to_list()


def test_a_task_that_cannot_be_issued_does_not_stop_the_others(trained: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its Issued says why; where all fail it is an error; an unknown name is refused before anything is done."""
    both = domain.tasks() | {"empty": domain.tasks()["toy"]}
    monkeypatch.setattr(domain, "tasks", lambda: both)
    with pytest.raises(UnknownName, match="did you mean 'toy'"):
        issue(["toyy"])
    with pytest.raises(WorkbenchError, match="too old for"):
        issue(["toy"], trained.now + timedelta(days=200))


def test_a_product_that_fails_leaves_the_forecasts_standing(trained: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A domain's own code may fail in any way."""

    def broken(inputs: Inputs) -> pl.DataFrame:
        raise ZeroDivisionError

    def lacking(inputs: Inputs) -> pl.DataFrame:
        raise MissingData("no wind", "pull it")

    monkeypatch.setattr(domain, "products", lambda: {"broken": Product(broken), "lacking": Product(lacking)})
    made = {one.name: one for one in issue()}
    assert made["toy"].error == ""
    assert "something unforeseen, number" in made["broken"].error
    assert "no wind" in made["lacking"].sentence()


def test_a_product_takes_of_another_task_only_todays_issue_of_the_same_kind(
    trained: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Yesterday's issue of a task left out today is none of it, nor is one made from sample data."""
    toy, seen = domain.tasks()["toy"], []
    both = {"toy": toy, "other": replace(toy, task=replace(toy.task, name="other"))}

    def spy(inputs: Inputs) -> pl.DataFrame:
        seen.append(sorted(inputs.forecasts))
        return pl.DataFrame({"station": ["A"]})

    monkeypatch.setattr(domain, "tasks", lambda: both)
    monkeypatch.setattr(domain, "products", lambda: {"spy": Product(spy)})
    issue(["other"])
    issue(["toy"])
    trained.arrive(1)
    issue(["toy"])
    rows = Archive().latest("toy").with_columns(task=pl.lit("other"), version=pl.lit("s"))
    Archive().write(rows.select(FORECAST), "s", sample=True)
    trained.clock(trained.now + timedelta(days=1, minutes=10))
    issue(["toy"])
    assert [["other"], ["other", "toy"], ["toy"], ["toy"]] == seen


def test_near_the_deadline_fewer_paths_are_drawn(trained: Any, clock: Clock) -> None:
    """19:50 in the county: the forecast must be out by 20:00."""
    clock(trained.now + timedelta(hours=1, minutes=50))
    issue()
    assert 6 * 50 == Archive().paths("toy").height


def test_history_is_replayed_as_it_was_known(trained: Any) -> None:
    """`as_of` a month ago: nothing later is seen, and it is its own issue; no version fitted since then issues."""
    then = trained.now - timedelta(days=30)
    made = issue(None, then)[0]
    assert ("persistence", "unregistered", 3) == (made.model, made.version, made.level)
    assert "was fitted later, at 2026-11-16 10:00 UTC" in made.reason
    rows = Archive().latest("toy")
    assert {"unregistered"} == set(rows["version"]) | set(Archive().latest("toy", "reference")["version"])
    assert then == rows["issued_at"][0]
    assert (then - timedelta(days=1)).date() == rows["cutoff"][0]


def test_an_issue_says_itself() -> None:
    """One sentence."""
    line = Issued("toy", datetime(2026, 11, 16, 10, tzinfo=UTC), "booster", "3", 1, "late", 6, True, False)
    assert "toy: 6 rows by booster (version 3), level 1 (late)" == line.sentence()


def test_what_an_interrupted_issue_left_out_is_added_by_the_next_run(trained: Any) -> None:
    """The power went after the forecast was written and before its references and paths were."""
    issue()
    archive = Archive()
    for kind in ("reference", "paths"):
        shutil.rmtree(archive.root / kind)
    trained.clock(trained.now + timedelta(minutes=30))
    assert not issue()[0].new
    assert trained.now == archive.latest("toy", "reference")["issued_at"][0]
    assert 6 * 200 == archive.paths("toy", trained.now).height


def test_an_earlier_instant_with_the_same_cutoff_and_data_is_the_same_issue(trained: Any) -> None:
    """Half an hour before, nothing else was known of a daily task: the issue that stands is found."""
    trained.clock(trained.now + timedelta(hours=1))
    issue()
    made = issue(None, trained.now + timedelta(minutes=30))
    assert (False, trained.now + timedelta(hours=1), "") == (made[0].new, made[0].issued_at, made[0].error)


def test_a_champion_that_learns_on_issues_what_its_backtest_forecast(
    trained: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Day after day the archive holds what a replay of the same days with the same fit gives."""
    toy = domain.tasks()["toy"]
    learner = Calibrated(Persistence(), origins=8, rate=0.5)
    entry = replace(toy, models={"persistence": Persistence(), "learner": learner})
    monkeypatch.setattr(domain, "tasks", lambda: {"toy": entry})
    versions = {one.model: one.version for one in train("toy", origins=5).versions}
    promote("toy", versions["learner"], force=True)
    issue()
    for day in range(1, 5):
        trained.arrive(day)
        issue()
    days = [trained.now + timedelta(days=day) for day in range(5)]
    task = replace(entry.task, refit="400d")
    still, moving = replace(learner, rate=0.0), learner
    panel = domain.panel("toy_panel", trained.lake)
    replayed = backtest(task, {"still": still, "learner": moving}, panel, None, days)
    last = replayed.filter(pl.col("issued_at") == days[-1]).sort("unique_id", "ds")
    issued = Archive().latest("toy").sort("unique_id", "ds").select(QUANTILES).to_numpy()
    assert issued == pytest.approx(last.filter(model="learner").select(QUANTILES).to_numpy())
    assert issued != pytest.approx(last.filter(model="still").select(QUANTILES).to_numpy())
