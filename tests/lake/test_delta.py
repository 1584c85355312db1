"""Delta tables: what is opened is the latest, and compaction changes no row and forgets no file."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from workbench.lake import delta


def values(where: Path) -> list[int]:
    table = delta.opened(str(where))
    assert table is not None
    return pl.scan_delta(table).collect()["x"].sort().to_list()


def append(where: Path, value: int) -> None:
    delta.commit(str(where), pl.DataFrame({"x": [value]}), [], {f"digest {value}": 1})


def test_a_table_that_was_never_written_is_none(tmp_path: Path) -> None:
    assert delta.opened(str(tmp_path / "t")) is None


def test_every_commit_is_seen_and_between_commits_the_table_stays_open(tmp_path: Path) -> None:
    for value in range(30):
        append(tmp_path / "t", value)
        assert list(range(value + 1)) == values(tmp_path / "t")
    assert delta.opened(str(tmp_path / "t")) is delta.opened(str(tmp_path / "t"))


def test_a_restored_table_with_as_many_commits_is_another_table(tmp_path: Path) -> None:
    append(tmp_path / "t", 1)
    assert [1] == values(tmp_path / "t")
    append(tmp_path / "other", 2)
    shutil.rmtree(tmp_path / "t")
    shutil.move(tmp_path / "other", tmp_path / "t")
    assert [2] == values(tmp_path / "t")


def test_many_arrivals_are_compacted_and_read_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delta, "MANY_FILES", 5)
    for value in range(12):
        append(tmp_path / "t", value)
    table = delta.opened(str(tmp_path / "t"))
    assert table is not None
    assert len(table.file_uris()) <= 6
    assert list(range(12)) == values(tmp_path / "t")
    assert [1] * 12 == [table.transaction_version(f"digest {value}") for value in range(12)]


def test_a_column_gained_later_is_null_before(tmp_path: Path) -> None:
    append(tmp_path / "t", 1)
    delta.commit(str(tmp_path / "t"), pl.DataFrame({"x": [2], "y": ["new"]}), [], {"digest 2": 1})
    table = delta.opened(str(tmp_path / "t"))
    assert table is not None
    assert {(1, None), (2, "new")} == set(pl.scan_delta(table).select("x", "y").collect().rows())
