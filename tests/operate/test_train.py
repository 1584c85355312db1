"""Replay, fit, register, promote, roll back, on a real MLflow store."""

import json
from typing import Any

import polars as pl
import pytest

from workbench import domain
from workbench.domain import Entry
from workbench.errors import MissingData, UnknownName
from workbench.forecast import keep
from workbench.forecast.algorithms.climatology import Climatology
from workbench.forecast.frames import LEVELS
from workbench.forecast.paths import Dependence
from workbench.lake.ingest import ingest_frame
from workbench.operate import tracking, train


def test_training_registers_every_model_and_crowns_the_first_champion(trained: Any, toy_built: Any) -> None:
    """The one that beats the baseline beyond chance, else the baseline; the ledger says why."""
    first = toy_built[1]
    assert ["persistence", "climatology", "naive"] == [one.model for one in first.versions]
    assert ["1", "2", "3"] == [one.version for one in first.versions]
    champion = tracking.champion("toy")
    assert champion is not None
    assert "persistence" == champion.model == first.promotion.model
    assert ["persistence"] == tracking.ledger("toy")["model"].to_list()
    assert first.promotion.reason == tracking.ledger("toy")["reason"][0]


def test_training_again_on_the_same_data_finds_what_is_there(trained: Any, toy_built: Any) -> None:
    """No second run, no second version."""
    again = train.train("toy", origins=20)
    assert toy_built[1].versions == again.versions
    assert again.promotion is None
    assert 3 == len(tracking.versions("toy"))


def test_a_run_keeps_what_an_auditor_asks_for(trained: Any) -> None:
    """Parameters, data and code version, metrics over all and by lead, scores by series, figures, dependence."""
    champion = tracking.champion("toy")
    assert champion is not None
    run = tracking.client().get_run(champion.run)
    assert "Persistence" == run.data.params["recipe"]
    assert "20" == run.data.params["origins"]
    assert {"digest", "code", "as_of", "backtest", "sample"} <= set(run.data.tags)
    assert {"crps", "coverage_80", "crps_by_lead_day"} <= set(run.data.metrics)
    assert 3 == len(tracking.client().get_metric_history(champion.run, "crps_by_lead_day"))
    scores = pl.read_parquet(champion.folder / "scores.parquet")
    assert {"A/pm2_5", "B/pm2_5"} == set(scores["unique_id"])
    assert float(champion.tags["crps"]) == pytest.approx(run.data.metrics["crps"], rel=1e-4)
    figure = json.loads((champion.folder / "figures" / "reliability.json").read_text())
    assert list(LEVELS) == figure["data"][0]["x"]
    assert ("A/pm2_5", "B/pm2_5") == Dependence.load(champion.folder / "dependence").ids
    assert hasattr(keep.load(champion.folder / "fitted"), "predict")


def test_the_gate_keeps_a_worse_challenger_out_and_force_lets_it_in(trained: Any) -> None:
    """Climatology knows no yesterday; the ledger keeps that it was forced."""
    refused = train.promote("toy", "2")
    assert not refused.promoted
    assert "against persistence" in refused.reason
    assert "persistence" == tracking.champion("toy").model  # type: ignore[union-attr]
    assert train.promote("toy", "2", force=True).promoted
    assert "climatology" == tracking.champion("toy").model  # type: ignore[union-attr]
    assert ["first version", "forced past the gate"][1] == tracking.ledger("toy")["reason"][-1]


def test_rolling_back_returns_to_the_champion_before(trained: Any) -> None:
    """And rolling back again undoes that."""
    with pytest.raises(MissingData, match="toy never had another champion"):
        train.rollback("toy")
    train.promote("toy", "2", force=True)
    assert "persistence" == train.rollback("toy").model
    assert "climatology" == train.rollback("toy").model
    assert 4 == tracking.ledger("toy").height


def test_promoting_the_champion_again_changes_nothing(trained: Any) -> None:
    """Twice is once."""
    assert "it is champion already" in train.promote("toy", "1").sentence()
    assert 1 == tracking.ledger("toy").height


def test_a_newer_fit_of_the_champions_recipe_replaces_it(trained: Any) -> None:
    """New data, same recipe: that is what the backtest replayed."""
    trained.arrive(3)
    train.train("toy", origins=20)
    renewed = train.promote("toy")
    assert ("persistence", True) == (renewed.model, renewed.promoted)
    assert "4" == tracking.champion("toy").version  # type: ignore[union-attr]
    older = train.promote("toy", "1")
    assert not older.promoted
    assert "newer fit" in older.reason


def test_a_better_challenger_wins_the_title(trained: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Persistence takes it from a crowned climatology through the gate, on the same origins."""
    train.promote("toy", "2", force=True)
    won = train.promote("toy")
    assert ("persistence", True) == (won.model, won.promoted)
    assert "against climatology: CRPS" in won.reason


def test_a_baseline_that_nobody_beats_issues(toy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first champion of a task whose other models are no better."""
    entry = domain.tasks()["toy"]
    models = {"persistence": entry.models["persistence"], "climatology": Climatology(window=10)}
    monkeypatch.setattr(domain, "tasks", lambda: {"toy": Entry("toy", entry.task, models)})
    trained = train.train("toy", origins=10)
    assert trained.promotion is not None
    assert ("persistence", "no model beats the baseline") == (trained.promotion.model, trained.promotion.reason)


def test_names_and_histories_that_are_not_there_are_said(home: Any, toy: Any) -> None:
    """Task, model, version; too little history; nothing trained."""
    with pytest.raises(UnknownName, match="did you mean 'toy'"):
        train.train("toi")
    with pytest.raises(UnknownName, match="did you mean 'naive'"):
        train.train("toy", models=["naiv"])
    with pytest.raises(MissingData, match="run `workbench train toy`"):
        train.promote("toy")
    assert tracking.champion("toy") is None
    assert tracking.ledger("toy").is_empty()
    with pytest.raises(MissingData, match="too short to replay"):
        train.backtest("toy", toy.now.replace(year=2024, month=1, day=4))


def test_sample_and_real_champions_do_not_compete(trained: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """A champion of sample data gives way to the first that learnt from real data, without a contest."""
    monkeypatch.setenv("WORKBENCH_LAKE", str(tmp_path / "sample"))
    from workbench.lake.store import Lake

    ingest_frame(Lake(), "air_daily", trained.history(seed=9), "toy", "s-1", sample=True)
    made = train.train("toy", origins=10)
    assert made.promotion is not None
    assert made.promotion.promoted
    assert "True" == tracking.champion("toy").tags["sample"]  # type: ignore[union-attr]


def test_what_is_due_is_trained_and_nothing_else(trained: Any) -> None:
    """A champion within its refit cadence stays; an older one is renewed; a task without any is trained."""
    assert [] == train.train_due()
    trained.arrive(95)
    renewed = train.train_due()
    assert ["4"] == [one.promotion.version for one in renewed if one.promotion]
    assert "schedule" == tracking.ledger("toy")["who"][-1]
    assert [] == train.train_due()
