"""What every panel must keep, found by name and never listed (DESIGN §4, contract 2).

Each contract is a function that is also given a pipeline which breaks it, and must then fail.
"""

import inspect
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from workbench import domain
from workbench.forecast.clock import Clock
from workbench.lake import catalogue
from workbench.lake.store import Lake

Pipeline = Callable[..., pl.LazyFrame]
Raw = dict[str, pl.LazyFrame]

DAYS = timedelta(days=40)
STEPS = {
    entry.task.panel: 6 * Clock(entry.task.every).length
    for entry in domain.tasks().values()
    if Clock(entry.task.every).hours > 24
}
"""Panels of longer steps need more of them."""
AHEAD = {entry.task.vintages for entry in domain.tasks().values()}


@cache
def raw(pipeline: Pipeline, lake: Path) -> Raw:
    """The last weeks of the tables that a pipeline names; tables without a time, or of years, whole."""
    tables = {name: Lake(lake).read(name).collect() for name in inspect.signature(pipeline).parameters}
    often = {name for name in tables if catalogue.load(name).cycle < timedelta(days=200)}
    dated = {name: table for name, table in tables.items() if name in often and table.height > 1000}
    if not dated:
        return {name: table.lazy() for name, table in tables.items()}
    ends = [table.get_column("known_at").max() for table in dated.values()]
    begin = min(end for end in ends if isinstance(end, datetime)) - STEPS.get(pipeline.__name__, DAYS)
    return {
        name: (table.filter(pl.col("known_at") >= begin) if name in dated else table).lazy()
        for name, table in tables.items()
    }


def known_by(tables: Raw, moment: datetime) -> Raw:
    """The tables as they were known at that moment; what has no `known_at` was always known."""
    return {
        name: table.filter(pl.col("known_at") <= moment) if "known_at" in table.collect_schema() else table
        for name, table in tables.items()
    }


def moments(panel: pl.DataFrame) -> list[datetime]:
    """Moments at which to cut: a round one, one in the night, and one in the middle of an hour."""
    last = panel.get_column("known_at").max()
    assert isinstance(last, datetime)
    day = last.replace(hour=0, minute=0, second=0, microsecond=0)
    return [
        day - timedelta(days=9) + timedelta(hours=10),
        day - timedelta(days=5, hours=7),
        day - timedelta(hours=31.5),
    ]


# --- the contracts ---------------------------------------------------------------------------------------------------


def commutes_with_time(pipeline: Pipeline, tables: Raw) -> None:
    """Contract 2: the panel of what was known by then is the panel of everything, cut at then."""
    whole = pipeline(**tables).collect()
    for moment in moments(whole):
        early = pipeline(**known_by(tables, moment)).collect()
        cut = whole.filter(pl.col("known_at") <= moment)
        assert early.height > 0
        order = [name for name in ("unique_id", "ds", "known_at") if name in cut.columns]
        assert_frame_equal(early.sort(order), cut.sort(order), rel_tol=1e-6)


def has_its_columns(panel: pl.DataFrame, ahead: bool) -> None:
    """`unique_id` = place/measure or more parts, `ds` a Date or UTC, `known_at` UTC, `y` unless it is known ahead."""
    utc = pl.Datetime("us", "UTC")
    assert panel.schema["unique_id"] == pl.String
    assert panel.schema["known_at"] == utc
    assert panel.schema["ds"] in (pl.Date, utc)
    assert ("y" in panel.columns) is not ahead
    assert panel.select(pl.col("unique_id").str.count_matches("/").ge(1).all()).item()
    assert panel.select("unique_id", "ds", "known_at").null_count().sum_horizontal().item() == 0


def has_each_row_once(panel: pl.DataFrame, ahead: bool) -> None:
    """Key: series and time, and the issue where it is known ahead."""
    key = ["unique_id", "ds", *(["known_at"] if ahead else [])]
    assert panel.unique(key).height == panel.height


def is_known_after_it_happened(panel: pl.DataFrame, zone: str = "Asia/Shanghai") -> None:
    """No measurement is known before its hour or its local day is over."""
    over = pl.col("ds")
    if panel.schema["ds"] == pl.Date:
        over = over.dt.offset_by("1d").cast(pl.Datetime("us")).dt.replace_time_zone(zone).dt.convert_time_zone("UTC")
    assert panel.filter(pl.col("known_at") < over).is_empty()


# --- kept by everything found ----------------------------------------------------------------------------------------


@pytest.fixture(params=domain.panels())
def found(request: pytest.FixtureRequest, sample_lake: Path) -> tuple[Pipeline, Raw, bool]:
    pipeline = domain.panels()[request.param]
    return pipeline, raw(pipeline, sample_lake), request.param in AHEAD


def test_a_pipeline_commutes_with_time(found: tuple[Pipeline, Raw, bool]) -> None:
    commutes_with_time(*found[:2])


def test_a_panel_has_its_columns_and_each_row_once(found: tuple[Pipeline, Raw, bool]) -> None:
    pipeline, tables, ahead = found
    panel = pipeline(**tables).collect()
    has_its_columns(panel, ahead)
    has_each_row_once(panel, ahead)


def test_nothing_is_known_before_it_happened(found: tuple[Pipeline, Raw, bool]) -> None:
    pipeline, tables, ahead = found
    panel = pipeline(**tables).collect()
    if ahead:
        assert panel.select((pl.col("known_at").dt.date() <= pl.col("ds").cast(pl.Date)).all()).item()
    else:
        is_known_after_it_happened(panel)


def test_a_pipeline_builds_from_empty_tables(found: tuple[Pipeline, Raw, bool]) -> None:
    pipeline, tables, _ = found
    empty = {name: table.filter(pl.lit(False)) for name, table in tables.items()}
    built = pipeline(**empty).collect()
    assert built.is_empty()
    assert built.schema == pipeline(**tables).collect_schema()


# --- and they bite ---------------------------------------------------------------------------------------------------


def straight(air_hourly: pl.LazyFrame) -> pl.LazyFrame:
    """A pipeline without a fault."""
    named = pl.format("{}/pm2_5", "station").alias("unique_id")
    return air_hourly.select(named, "known_at", ds="time", y="pm2_5")


def centred(air_hourly: pl.LazyFrame) -> pl.LazyFrame:
    """Smooths over the hours before and after."""
    mean = pl.col("y").rolling_mean(5, min_samples=1, center=True).over("unique_id", order_by="ds")
    return straight(air_hourly).with_columns(mean)


def standardised(air_hourly: pl.LazyFrame) -> pl.LazyFrame:
    """Divides by the mean of all time."""
    return straight(air_hourly).with_columns(pl.col("y") / pl.col("y").mean().over("unique_id"))


def doubled(air_hourly: pl.LazyFrame) -> pl.LazyFrame:
    """Holds every row twice."""
    return pl.concat([straight(air_hourly)] * 2)


def early(air_hourly: pl.LazyFrame) -> pl.LazyFrame:
    """Says that a value was known before its hour was over."""
    return straight(air_hourly).with_columns(pl.col("known_at").dt.offset_by("-2h"))


@pytest.mark.parametrize("pipeline", [centred, standardised])
def test_a_pipeline_that_looks_ahead_is_caught(pipeline: Pipeline, sample_lake: Path) -> None:
    commutes_with_time(straight, raw(straight, sample_lake))
    with pytest.raises(AssertionError):
        commutes_with_time(pipeline, raw(pipeline, sample_lake))


def test_a_row_twice_and_a_value_too_early_are_caught(sample_lake: Path) -> None:
    tables = raw(straight, sample_lake)
    with pytest.raises(AssertionError):
        has_each_row_once(doubled(**tables).collect(), ahead=False)
    with pytest.raises(AssertionError):
        is_known_after_it_happened(early(**tables).collect())
