"""What comes back every year: found on a series that is made of nothing else, and never read off what comes later."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models.visitors import DAILY, DAYS
from workbench.errors import InputError
from workbench.forecast.algorithms.recurring import Recurring
from workbench.forecast.algorithms.yearly import PLACE, Looks, remembered
from workbench.forecast.decide import chance, critical, quantile
from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.forecast.task import Split
from workbench.science.holidays import RANK, inside, placed

TASK = replace(DAILY, hierarchy=None, horizon=60)
CUT = date(2025, 9, 20)


def made(last: date, noise: float = 0.0) -> pl.DataFrame:
    """Three years of a season, a week and holidays that lift every day off threefold."""
    days = placed(date(2022, 9, 1), last)
    code = {name: float(i) for i, name in enumerate(RANK, start=1)}
    rows = days.select(
        ds="date", off=inside(),
        festival=pl.col("festival").replace_strict(code, default=9.0).fill_null(0.0)
        * pl.col("festival").is_not_null().cast(pl.Float64),
        **{name: pl.col(name if name != "break_length" else "length").cast(pl.Float64).fill_null(0.0)
           for name in ("nth", "back", "break_length")},
    )  # fmt: skip
    season = 0.6 * (2 * np.pi * pl.col("ds").dt.ordinal_day() / 365.25).sin()
    week = pl.when(pl.col("festival") == 0).then(pl.when(pl.col("ds").dt.weekday() >= 6).then(0.3).otherwise(0.0))
    log = 8.0 + season + week.fill_null(0.0) + pl.col("off").cast(pl.Float64) * np.log(3.0)
    others = [pl.lit(0.0).alias(name) for name in DAYS if name not in PLACE]
    chance_ = pl.Series(np.random.default_rng(1).normal(0, noise or 1e-9, rows.height))
    return rows.with_columns(
        *others, unique_id=pl.lit("a/ticketed"), y=(log + chance_).exp(), rain=pl.lit(-1.0),
        known_at=pl.col("ds").cast(pl.Datetime("us", "UTC")).dt.offset_by("1d"),
    )  # fmt: skip


def split(rows: pl.DataFrame, cut: date = CUT) -> Split:
    after = rows.filter(pl.col("ds") > cut, pl.col("ds") <= cut + timedelta(days=TASK.horizon)).drop("y", "known_at")
    return Split(cut, rows.filter(pl.col("ds") <= cut), None, after)


def test_a_year_that_repeats_itself_is_foretold() -> None:
    rows = made(date(2025, 12, 31))
    one = split(rows)
    told = Recurring(Looks(pool=0.0)).fit(TASK, one).predict(one.past, one.future)
    truth = told.join(rows.select("ds", "y", "off"), on="ds")
    error = (truth["q50"] / truth["y"]).log().abs()
    assert error.mean() < 0.06
    assert error.filter(truth["off"]).max() < 0.2  # National Day with Mid-Autumn: eight days, never seen before


def test_what_is_remembered_rests_on_days_long_before() -> None:
    rows = made(date(2025, 12, 31), 0.1)
    one = split(rows)
    wild = pl.when(pl.col("ds") > CUT - timedelta(days=280)).then(pl.col("y") * 50).otherwise("y")
    changed = remembered(one.past.with_columns(y=wild), one.future, Looks())
    assert (
        remembered(one.past, one.future, Looks()).filter(pl.col("ds") > CUT).equals(changed.filter(pl.col("ds") > CUT))
    )


def test_a_question_without_days_is_refused() -> None:
    one = split(made(date(2025, 12, 31)))
    for task in (replace(TASK, known_ahead=("free",)), replace(TASK, horizon=320)):
        with pytest.raises(InputError, match="comes back every year"):
            Recurring().fit(task, one)


def test_chances_and_quantiles_are_each_other_s_reverse() -> None:
    values = np.sort(np.random.default_rng(2).lognormal(8, 0.4, (40, len(LEVELS))), axis=1)
    days = pl.DataFrame(values, schema=list(QUANTILES), orient="row")
    for level in (0.03, 0.2, 0.55, 0.96):
        limits = days.select(quantile(level).alias("limit"))["limit"]
        found = days.with_columns(limit=limits).select(chance(pl.col("limit")))["chance"]
        assert np.allclose(found.to_numpy(), 1 - level)
    assert critical(0, 5) == 1.0
    with pytest.raises(InputError):
        critical(0, 0)


def test_the_day_of_issue_does_not_matter_to_the_past() -> None:
    assert datetime(2025, 9, 21, 10, tzinfo=UTC) == TASK.origin(CUT + timedelta(days=1))
