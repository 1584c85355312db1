"""Verification: scores as the truth arrives, once, beside the references; a slow loop as the oracle."""

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from workbench.operate import verify
from workbench.operate.archive import Archive
from workbench.operate.issue import issue


@pytest.fixture
def issued(trained: Any) -> Any:
    """The toy with one issue."""
    issue()
    return trained


def test_nothing_is_scored_before_the_truth_arrives(issued: Any) -> None:
    """And the sentence says so."""
    assert 0 == verify.verify()[0].scored
    assert "not known yet" in verify.verify()[0].sentence()
    assert verify.coverage("toy") is None


def test_scores_are_those_of_a_slow_loop_and_are_added_once(issued: Any) -> None:
    """Two stations, one day, three forecasters (ours and two references)."""
    truth = issued.arrive(1)
    assert 2 * 3 == verify.verify()[0].scored
    assert 0 == verify.verify()[0].scored
    scores = Archive().scores("toy")
    for row in Archive().latest("toy").filter(pl.col("ds") == truth["date"][0]).iter_rows(named=True):
        station = row["unique_id"].split("/")[0]
        y = truth.filter(pl.col("station") == station)["pm2_5"][0]
        mine = scores.filter((pl.col("unique_id") == row["unique_id"]) & (pl.col("role") == "issued"))
        found = dict(mine.select("metric", "value").iter_rows())
        assert abs(y - row["q50"]) == pytest.approx(found["mae"])
        assert float(row["q10"] <= y <= row["q90"]) == found["coverage_80"]
    assert [0] == scores["lead_day"].unique().to_list()


def test_a_late_station_is_scored_when_it_comes(issued: Any) -> None:
    """Each series and lead day waits for its own truth."""
    issued.arrive(1, ("A",))
    assert 3 == verify.verify()[0].scored
    issued.arrive(2)
    assert 3 + 6 == verify.verify()[0].scored


def test_revised_values_are_scored_apart_from_the_machines(issued: Any) -> None:
    """The forecaster's skill can be seen beside the model's."""
    day = Archive().latest("toy")["ds"].min()
    edits = pl.DataFrame({"unique_id": ["A/pm2_5"], "ds": [day], "mean": [1.0]})
    Archive().revise("toy", edits, "li", "fog")
    issued.arrive(1)
    verify.verify()
    scores = Archive().scores("toy").filter((pl.col("metric") == "bias") & (pl.col("unique_id") == "A/pm2_5"))
    assert ["machine", "revised"] == sorted(scores.filter(pl.col("role") == "issued")["status"])


def test_a_replay_earns_no_score(trained: Any) -> None:
    """Written days after the instant that it stands for; its references neither."""
    issue(None, trained.now - timedelta(days=5))
    assert 0 == verify.verify()[0].scored


def test_skill_and_coverage_over_the_last_days_feed_the_passport(issued: Any) -> None:
    """Twelve days of issues: skill against each reference by lead day, coverage between 0 and 1."""
    for day in range(1, 13):
        issued.arrive(day)
        issue()
    verify.verify()
    held = verify.coverage("toy")
    assert held is not None
    assert 0.4 <= held <= 1.0
    skill = verify.skill("toy")
    assert {"persistence", "climatology"} == set(skill["reference"])
    assert [0, 1, 2] == skill["lead_day"].unique().sort().to_list()
    beside = skill.filter((pl.col("reference") == "climatology") & (pl.col("lead_day") == 0)).row(0, named=True)
    assert 1 - beside["crps"] / beside["crps_reference"] == pytest.approx(beside["skill"])
    issued.clock(issued.now + timedelta(days=200))
    assert verify.coverage("toy") is None
    assert verify.skill("toy").is_empty()
