"""Pedestrians and trips of the engine's suites, put in as tables of visitors, come out as the very panels of these."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from benchmarks import pedestrians, tourism_hierarchy
from pipelines import visitors
from workbench.forecast.hierarchy import aggregate
from workbench.settings import settings

KEYS = ["unique_id", "ds"]


@pytest.fixture
def data() -> Path:
    folder = settings().bench_data
    if not folder:
        pytest.skip("the development data sets are not here")
    return Path(folder)


def test_pedestrians_are_hours_of_visitors(data: Path) -> None:
    panel, _ = pedestrians.read(data / pedestrians.FILE)
    rows = panel.select(
        area=pl.col("unique_id").str.strip_suffix("/count"), time="ds", known_at=pl.col("ds") + timedelta(0),
        visitors="y", q_visitors=pl.lit(1, pl.UInt8),
    )  # fmt: skip
    made = visitors.visitors_hourly(rows.lazy()).collect()
    assert_frame_equal(made.select(*KEYS, "y"), panel.select(*KEYS, "y").sort(KEYS))


def test_trips_are_reports_of_visitors(data: Path) -> None:
    panel = tourism_hierarchy.build(data / tourism_hierarchy.FILE)
    bottom = panel.filter(~pl.col("unique_id").str.contains("*", literal=True))
    parts = pl.col("unique_id").str.split("/")
    rows = bottom.select(
        area=parts.list.head(2).list.join("/"), definition=parts.list.last(), start="ds",
        end=pl.col("ds").dt.offset_by("3mo").dt.offset_by("-1d"), visitors="y", q_visitors=pl.lit(1, pl.UInt8),
        known_at="known_at",
    )  # fmt: skip
    made = visitors.visitors_reported(rows.lazy()).collect()
    hierarchy = tourism_hierarchy.TASK.hierarchy
    assert hierarchy is not None
    assert_frame_equal(aggregate(made, hierarchy).select(*KEYS, "y"), panel.select(*KEYS, "y").sort(KEYS))
