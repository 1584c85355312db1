"""The race: contenders in processes of their own, measured alike, and goals, ratios and pictures from their figures."""

from pathlib import Path

import polars as pl
import pytest
from test_competition import hourly, monthly, spread

from benchmarks import _contenders, _contest, _peers, _race, scaling
from benchmarks._contest import Contest, Standing
from workbench.errors import WorkbenchError
from workbench.forecast.frames import QUANTILES


def test_a_lap_is_a_process_of_its_own_with_its_cost(tmp_path: Path) -> None:
    """The forecast comes back whole; CPU, wall and memory are those of the child."""
    found = hourly(tmp_path)
    lap = _race.lap("FLAIR", found)
    assert found.truth.select("unique_id", "ds").equals(lap.forecast.sort("unique_id", "ds").select("unique_id", "ds"))
    assert 0 < lap.cpu < 60
    assert 0 < lap.wall < 120
    assert 0.02 < lap.memory < 4


def test_a_contender_that_fails_is_named_with_its_last_words(tmp_path: Path) -> None:
    """The last line of what it said."""
    with pytest.raises(WorkbenchError, match=r"Nobody failed on m4_hourly: KeyError: 'Nobody'"):
        _race.lap("Nobody", hourly(tmp_path))


def test_intervals_of_a_peer_become_the_quantiles_of_the_same_level() -> None:
    """The 95 % interval ends at 0.025 and 0.975; all fifteen are there."""
    names = {f"M-{side}-{width}": [50.0 + sign * width] for side, sign in (("lo", -1), ("hi", 1)) for width in
             _peers.INTERVALS}  # fmt: skip
    answer = _peers.from_intervals(pl.DataFrame({"unique_id": ["a/x"], "ds": [1], "M": [50.0]} | names), "M")
    assert set(QUANTILES) < set(answer.columns)
    row = answer.row(0, named=True)
    assert (-45.0, -30.0, 30.0, 50.0, 70.0, 145.0) == tuple(
        row[name] for name in ("q025", "q10", "q40", "q50", "q60", "q975")
    )


def test_peers_see_history_only_and_their_answers_fall_on_the_steps_asked(tmp_path: Path) -> None:
    """Steps counted from one in each series; rows put back in order of time."""
    found = monthly(tmp_path)
    told = _peers.numbered(found)
    assert found.panel.height == told.height
    assert {1} == set(told.group_by("unique_id").agg(pl.col("ds").min())["ds"])
    answer = found.truth.sort("ds", descending=True).select("unique_id", "ds", M=pl.col("y"))
    assert _peers.placed(answer, found)["M"].equals(found.truth.sort("unique_id", "ds")["y"])


def test_the_median_is_taken_value_by_value(tmp_path: Path) -> None:
    """Of three forecasts the middle one, quantile by quantile."""
    one = spread(hourly(tmp_path))
    three = [one.with_columns(pl.col(*QUANTILES, "mean") + move) for move in (-5, 0, 90)]
    assert _contenders.median(three).equals(one.sort("unique_id", "ds"))


FIGURES = {"mase": 1.4, "msis": 10.0, "coverage_95": 0.93, "cpu": 20.0, "speed": 18.0, "wall": 12.0, "memory": 0.5}


def standings() -> dict[str, Standing]:
    """Ours, a rival that is twice as dear, one that failed, and the ensemble."""
    return {
        _contest.OURS: Standing({"all": FIGURES}),
        _contest.FAST: Standing({"all": FIGURES | {"speed": 70.0}}),
        "AutoETS": Standing({"all": FIGURES | {"msis": 12.0, "cpu": 40.0}}),
        "FLAIR": Standing({}, "out of memory"),
        _contest.ENSEMBLE: Standing({"all": FIGURES | {"cpu": 400.0}}),
    }


def test_goals_say_what_was_reached() -> None:
    """Accuracy, coverage, range, cost and speed; against a rival without a figure nothing is won."""
    contest = Contest("x", ("x",), goals=(("mase", "<=", 1.385),), fast=(("speed", ">=", 60.0),), cheaper=1 / 15)
    found = {(g["contender"], g["metric"]): (g["reached"], g["met"]) for g in _contest.goals(contest, standings())}
    assert (1.4, False) == found["workbench", "mase"]
    assert (70.0, True) == found["workbench fast", "speed"]
    off, met = found["workbench", "coverage_95 off by"]
    assert (pytest.approx(0.02), False) == (off, met)
    assert (10.0, True) == found["workbench", "msis below AutoETS"]
    assert (10.0, False) == found["workbench", "msis below FLAIR"]
    assert (0.05, True) == found["workbench", "cpu as a share of the ensemble's"]


def test_ratios_and_the_picture_leave_out_who_failed() -> None:
    """Twice our CPU seconds is 2; a point for everyone with figures, ours filled."""
    rows = _contest.ratios(standings(), "mase")
    assert {("AutoETS", "cpu"): 2.0, ("AutoETS", "msis"): 1.2} == {
        (r["contender"], r["metric"]): r["value"] for r in rows if r["contender"] == "AutoETS" and r["metric"] != "mase"
    }
    results = [row for name, one in standings().items() for row in _contest.rows(name, one)]
    assert ["out of memory"] == [row["value"] for row in results if row["contender"] == "FLAIR"]
    others, ours = _contest.picture({"results": results}).data
    assert {"AutoETS", _contest.ENSEMBLE} == set(others.customdata)
    assert {"workbench", "workbench fast"} == set(ours.customdata)


def test_the_synthetic_world_is_the_same_every_time_and_asks_twelve_months() -> None:
    """Ten years of each series, none below zero, known when the month is over."""
    world = scaling.world(7)
    assert world.panel.equals(scaling.world(7).panel)
    assert 7 * 120 == world.panel.height
    assert 7 * 12 == world.split().future.height
    assert world.panel["y"].min() >= 0  # type: ignore[operator]
    assert world.split().past.height == world.panel.height
