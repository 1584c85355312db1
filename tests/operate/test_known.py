"""What is known of a task: panel, covariates, digest, and that sample and real never meet."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench import domain
from workbench.domain import Entry
from workbench.errors import MissingData
from workbench.lake.ingest import ingest_frame
from workbench.lake.store import Lake
from workbench.operate.known import is_sample, known, measured, tables


def toy_weather(weather_hourly: pl.LazyFrame) -> pl.LazyFrame:
    """VINTAGES of temperature."""
    return weather_hourly.select("known_at", unique_id="place", ds=pl.col("time").dt.date(), warm="temperature")


@pytest.fixture
def warm(toy: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The toy with a weather of its own."""
    entry = domain.tasks()["toy"]
    task = type(entry.task)(**{**vars(entry.task), "vintages": "toy_weather", "known_ahead": ("warm",)})
    panels = {**domain.panels(), "toy_weather": toy_weather}
    monkeypatch.setattr(domain, "panels", lambda: panels)
    monkeypatch.setattr(domain, "tasks", lambda: {"toy": Entry("toy", task, entry.models)})
    return toy


def weather(toy: Any) -> pl.DataFrame:
    """One hour."""
    return pl.DataFrame({"place": ["A"], "time": [toy.now.replace(hour=8)], "temperature": [12.0]})


def test_arguments_are_the_tables(toy: Any) -> None:
    """A panel's argument names are the wiring; rules are no measured rows."""
    assert ["air_daily"] == tables("toy_panel") == measured("toy_panel")


def test_the_digest_changes_when_and_only_when_a_table_that_is_read_changes(warm: Any) -> None:
    """Weather counts too; another table does not."""
    first = known("toy").digest
    assert first == known("toy").digest
    ingest_frame(warm.lake, "stations", pl.DataFrame({"station": ["A"], "name_zh": ["甲"]}), "toy", "s")
    assert first == known("toy").digest
    ingest_frame(warm.lake, "weather_hourly", weather(warm), "toy", "w")
    assert first != known("toy").digest


def test_real_air_never_meets_sample_weather(warm: Any) -> None:
    """The covariates are read as empty until real ones come."""
    ingest_frame(warm.lake, "weather_hourly", weather(warm), "toy", "w1", sample=True)
    assert known("toy").vintages.is_empty()  # type: ignore[union-attr]
    ingest_frame(warm.lake, "weather_hourly", weather(warm), "toy", "w2")
    assert 1 == known("toy").vintages.height  # type: ignore[union-attr]
    assert not known("toy").sample


def test_a_panel_of_sample_rows_says_so(toy: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Until the first real row."""
    monkeypatch.setenv("WORKBENCH_LAKE", str(tmp_path / "other"))
    lake = Lake()
    ingest_frame(lake, "air_daily", toy.history().tail(30), "toy", "s", sample=True)
    assert is_sample("toy_panel", lake)
    assert known("toy").sample
    ingest_frame(lake, "air_daily", toy.history().tail(10), "toy", "r")
    assert not is_sample("toy_panel", lake)
    assert 10 == known("toy").panel.height


def test_an_empty_panel_is_an_error_with_the_command(toy: Any) -> None:
    """As of a day before everything."""
    with pytest.raises(MissingData, match="toy: no row of air_daily was known at 2020-01-01"):
        known("toy", None, toy.now.replace(year=2020, month=1, day=1))
