"""A small real lake with a stopped clock, and a short way to bring CSV text into it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from lake_rows import NOW

from pipelines.readers import tidy
from workbench.lake.files import SourceFile
from workbench.lake.ingest import Report, ingest
from workbench.lake.store import Lake


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """An empty lake; it is 2026-11-23 10:00 UTC."""
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WORKBENCH_NOW", NOW.isoformat())
    return Lake()


@pytest.fixture
def bring(lake: Lake) -> Callable[..., Report]:
    """Ingest CSV text into air_hourly: `bring(text, written=instant)`."""

    def bring(text: str, written: datetime | None = None, known_at: datetime | None = None) -> Report:
        file = SourceFile.of("file.csv", text.encode(), written)
        return ingest(lake, "air_hourly", file, [tidy], known_at)

    return bring
