"""Reference tables: read like any other, held to their contract, known from their date of publication."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workbench.errors import BrokenContract, InputError, MissingData
from workbench.lake import catalogue, reference, store
from workbench.lake.ingest import ingest_frame
from workbench.lake.store import Lake

ENTRY = """
title_zh = "规则"
title_en = "Rules"
bureau = "environment"
cycle = "365d"
delay = "0h"
key = ["name"]
reference = true
[columns.name]
type = "string"
[columns.limit]
type = "number"
min = 0
"""


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A reference table `rules` of the test's own; gives the path of its CSV."""
    (tmp_path / "rules.toml").write_text(ENTRY, encoding="utf-8")
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    monkeypatch.setattr(reference, "FOLDER", tmp_path)
    catalogue.load.cache_clear()
    yield tmp_path / "rules.csv"
    catalogue.load.cache_clear()


@pytest.mark.parametrize("name", [name for name in catalogue.names() if catalogue.load(name).reference])
def test_every_reference_table_of_the_project_keeps_its_contract(lake: Lake, name: str) -> None:
    frame = lake.read(name).collect()
    assert store.schema(catalogue.load(name)) == dict(frame.schema)
    assert not frame.is_empty()
    assert "real" == lake.origin(name)


def test_a_rule_counts_as_always_known_unless_the_file_says_since_when(lake: Lake, rules: Path) -> None:
    rules.write_text("name,limit\na,1\n", encoding="utf-8")
    assert 1 == lake.read("rules", datetime(2013, 1, 1, tzinfo=UTC)).collect().height
    rules.write_text("name,limit,known_at\na,1,\nb,2,2026-01-10 09:00\n", encoding="utf-8")
    assert ["a"] == lake.read("rules", datetime(2026, 1, 10, 0, 59, tzinfo=UTC)).collect()["name"].to_list()
    assert ["a", "b"] == lake.read("rules", datetime(2026, 1, 10, 1, tzinfo=UTC)).collect()["name"].to_list()


def test_an_edit_changes_the_digest_and_is_read_at_once(lake: Lake, rules: Path) -> None:
    rules.write_text("# a remark\nname,limit\na,1\n", encoding="utf-8")
    first = lake.digest("rules")
    rules.write_text("name,limit\na,2\n", encoding="utf-8")
    assert first != lake.digest("rules")
    assert [2.0] == lake.read("rules").collect()["limit"].to_list()


def test_a_fault_in_the_project_stops_the_read_and_is_named(lake: Lake, rules: Path) -> None:
    rules.write_text("name,limit\na,1\nb,-1\n", encoding="utf-8")
    with pytest.raises(BrokenContract, match=r"rules\.csv: 1 faults, first in row 2: limit is below 0 \(-1\.0\)"):
        lake.read("rules")


def test_a_lost_file_is_named(lake: Lake, rules: Path) -> None:
    with pytest.raises(MissingData, match=r"rules\.csv is not there"):
        lake.read("rules")


def test_nothing_is_ingested_into_a_reference_table(lake: Lake, rules: Path) -> None:
    rules.write_text("name,limit\na,1\n", encoding="utf-8")
    with pytest.raises(InputError, match="is a reference table of the project"):
        ingest_frame(lake, "rules", lake.read("rules").collect(), "x", "d1")
