"""The air outlook of the demo home, and the whole day's work that stands behind it."""

from pathlib import Path

import polars as pl
import pytest

from workbench import domain, settings
from workbench.lake.store import Lake
from workbench.operate import verify
from workbench.operate.archive import Archive
from workbench.operate.known import Inputs
from workbench.operate.outlook import air_outlook


def test_every_station_has_today_and_a_week_of_it(demo_home: Path) -> None:
    """Probabilities of levels and of the first pollutant sum to one; the quantiles are in order; sample says so."""
    rows = Archive().product("air_outlook")
    assert {8} == set(rows.group_by("station").len()["len"])
    assert rows["date"].min() == settings.now().astimezone(settings.county_zone()).date()
    levels = rows.select(pl.sum_horizontal(f"p{level}" for level in range(1, 7))).to_series()
    first = rows.select(pl.sum_horizontal(pl.col("^primary_.*$"))).to_series()
    assert [1.0] * rows.height == pytest.approx(levels.to_list())
    assert [1.0] * rows.height == pytest.approx(first.to_list())
    assert rows.select((pl.col("q10") <= pl.col("q90")).all()).item()
    assert [True] == rows["sample"].unique().to_list()


def test_the_demo_homes_past_issue_was_verified(demo_home: Path) -> None:
    """Skill against climatology by lead day and coverage are there for the page."""
    for task in domain.tasks():
        assert verify.coverage(task) is not None
        assert "climatology" in set(verify.skill(task)["reference"])


def test_without_joint_paths_there_is_no_outlook(demo_home: Path) -> None:
    """A level is a statement about several values at once."""
    with pytest.raises(Exception, match="no joint paths of air_hourly were issued"):
        air_outlook(Inputs({}, {}, {}, Lake(), settings.now()))
