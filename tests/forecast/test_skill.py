"""Skill against the references, on the steps that all have answered."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from workbench.errors import MissingData
from workbench.forecast.backtest import backtest, origins
from workbench.forecast.skill import skill

from .worlds import DAILY, Spread, daily

PANEL = daily(np.full(100, 10.0))
MODELS = {"persistence": Spread(6.0), "climatology": Spread(5.0), "mine": Spread(8.0)}
FORECAST = backtest(DAILY, MODELS, PANEL, None, origins(DAILY, PANEL, date(2020, 2, 1), date(2020, 2, 5)))


def test_half_the_error_is_half_the_skill() -> None:
    found = skill(FORECAST, PANEL).filter(pl.col("model") == "mine")
    assert found.get_column("lead").to_list() == [1, 2, 3]
    assert found.get_column("skill_persistence").to_list() == pytest.approx([0.5] * 3)
    assert found.get_column("skill_climatology").to_list() == pytest.approx([0.6] * 3)
    assert found.get_column("count").to_list() == [5] * 3


def test_only_steps_answered_by_all_are_compared() -> None:
    """A model cannot gain by staying silent on the hard days."""
    silent = FORECAST.filter((pl.col("model") != "mine") | (pl.col("issued_at").dt.day() < 3))
    assert skill(silent, PANEL, by=["lead_day"]).get_column("count").unique().to_list() == [2]


def test_without_the_reference_the_skill_is_unknown() -> None:
    found = skill(FORECAST.filter(pl.col("model") != "climatology"), PANEL, metric="mae")
    assert found.get_column("skill_climatology").null_count() == found.height
    assert found.filter(pl.col("model") == "mine").get_column("skill_persistence").to_list() == [0.5] * 3


def test_nothing_to_judge_is_said() -> None:
    with pytest.raises(MissingData, match="no forecast to judge"):
        skill(FORECAST.clear(), PANEL)
