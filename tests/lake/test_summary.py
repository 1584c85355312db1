"""The state of every table: rows, freshness, flags, refusals."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from lake_rows import NOW, hours

from workbench.lake import catalogue
from workbench.lake.ingest import Report, ingest_frame
from workbench.lake.store import Lake


def line(lake: Lake, table: str = "air_hourly") -> dict[str, object]:
    return lake.summary().filter(table=table).row(0, named=True)


def test_every_table_has_a_line_even_an_empty_one(lake: Lake) -> None:
    summary = lake.summary()
    assert catalogue.names() == summary["table"].to_list()
    empty = line(lake)
    assert (0, None, None, "empty", None, 0, 0) == tuple(
        empty[name] for name in ("rows", "first", "last", "origin", "overdue_hours", "flagged", "quarantined")
    )
    assert ("空气质量小时值", "environment") == (empty["title_zh"], empty["bureau"])


def test_rows_span_flags_and_refusals_are_counted(lake: Lake, bring: Callable[..., Report]) -> None:
    ingest_frame(lake, "air_hourly", hours([30.0, 31.0, 600.0, 32.0]), "x", "d1")
    bring("station,time,PM2.5,PM10\nB,2026-11-23T08:00:00Z,9999,x\n")
    state = line(lake)
    assert (5, NOW - timedelta(hours=3), NOW) == (state["rows"], state["first"], state["last"])
    assert ("real", 3, 2) == (state["origin"], state["flagged"], state["quarantined"])


def test_a_corrected_row_counts_once(lake: Lake) -> None:
    ingest_frame(lake, "air_hourly", hours([30.0, 31.0]), "x", "d1")
    ingest_frame(lake, "air_hourly", hours([30.0, 33.0]), "y", "d2")
    assert 2 == line(lake)["rows"]


@pytest.mark.parametrize(("later", "overdue"), [(0, 0.0), (2, 0.0), (3, 1.0), (26, 24.0)])
def test_a_table_is_overdue_from_when_its_next_row_was_due(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, later: int, overdue: float
) -> None:
    """Air comes hourly and an hour late: two hours after the last row nothing is amiss yet."""
    ingest_frame(lake, "air_hourly", hours([30.0]), "x", "d1")
    monkeypatch.setenv("WORKBENCH_NOW", (NOW + timedelta(hours=later)).isoformat())
    assert overdue == line(lake)["overdue_hours"]


def test_a_register_is_never_overdue(lake: Lake) -> None:
    assert line(lake, "stations")["overdue_hours"] is None
