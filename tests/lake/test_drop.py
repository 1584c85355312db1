"""The drop folder: files go in by themselves, the refused lie beside their reason, nothing is taken half-written."""

import os
import time
from pathlib import Path
from types import ModuleType

import pytest

from pipelines.readers import tidy
from workbench.errors import Busy
from workbench.lake import drop
from workbench.lake.files import SourceFile
from workbench.lake.ingest import Report
from workbench.lake.store import Lake

TEXT = "station,time,PM2.5\nA,2026-11-23T08:00:00Z,{}\n"


def lay(home: Path, name: str, text: str, age: float = 60) -> Path:
    file = home / "drop" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    os.utime(file, (time.time() - age, time.time() - age))
    return file


def sweep(lake: Lake, home: Path) -> list[Report]:
    return drop.sweep(lake, home, [tidy], lambda error: f"7 {error!r}")


def test_files_go_in_oldest_first_and_move_to_done(lake: Lake, tmp_path: Path) -> None:
    lay(tmp_path, "air_hourly/b.csv", TEXT.format(40), age=600)
    lay(tmp_path, "air_hourly/a.csv", TEXT.format(41), age=60)
    assert ["b.csv", "a.csv"] == [report.file for report in sweep(lake, tmp_path)]
    assert {"a.csv", "b.csv"} == {file.name for file in (tmp_path / "drop/done/air_hourly").iterdir()}
    assert [] == list((tmp_path / "drop/air_hourly").iterdir())
    assert [41.0] == lake.read("air_hourly").collect()["pm2_5"].to_list()
    assert [] == sweep(lake, tmp_path)


def test_a_refused_file_lies_beside_its_reason_and_stops_no_other(lake: Lake, tmp_path: Path) -> None:
    lay(tmp_path, "air_hourly/bad.csv", "a cat sat on the mat", age=90)
    lay(tmp_path, "air_hourli/lost.csv", TEXT.format(40))
    lay(tmp_path, "air_hourly/good.csv", TEXT.format(40))
    assert ["good.csv"] == [report.file for report in sweep(lake, tmp_path)]
    assert "no known format" in (tmp_path / "drop/refused/air_hourly/bad.csv.txt").read_text(encoding="utf-8")
    reason = (tmp_path / "drop/refused/air_hourli/lost.csv.txt").read_text(encoding="utf-8")
    assert "did you mean 'air_hourly'" in reason


def test_a_name_already_taken_gets_a_number(lake: Lake, tmp_path: Path) -> None:
    for value in (40, 41, 42):
        lay(tmp_path, "air_hourly/latest.csv", TEXT.format(value))
        sweep(lake, tmp_path)
    done = {file.name for file in (tmp_path / "drop/done/air_hourly").iterdir()}
    assert {"latest.csv", "latest (2).csv", "latest (3).csv"} == done


def test_a_file_still_being_written_or_hidden_waits(lake: Lake, tmp_path: Path) -> None:
    fresh = lay(tmp_path, "air_hourly/fresh.csv", TEXT.format(40), age=0)
    hidden = lay(tmp_path, "air_hourly/.part.csv", TEXT.format(40))
    assert [] == sweep(lake, tmp_path)
    assert fresh.exists()
    assert hidden.exists()


def test_a_file_whose_table_is_busy_waits(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = lay(tmp_path, "air_hourly/a.csv", TEXT.format(40))

    def busy(*_: object) -> Report:
        raise Busy("air_hourly is held")

    with monkeypatch.context() as patch:
        patch.setattr(drop, "ingest", busy)
        assert [] == sweep(lake, tmp_path)
    assert file.exists()
    assert 1 == len(sweep(lake, tmp_path))


def test_an_error_that_nobody_foresaw_refuses_one_file_and_stops_no_other(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason gives the number of the fault."""
    lay(tmp_path, "air_hourly/odd.csv", TEXT.format(40), age=90)
    lay(tmp_path, "air_hourly/good.csv", TEXT.format(41))
    right = drop.ingest

    def ingest(lake: Lake, table: str, file: SourceFile, readers: tuple[ModuleType, ...]) -> Report:
        if file.name == "odd.csv":
            raise ZeroDivisionError
        return right(lake, table, file, readers)

    monkeypatch.setattr(drop, "ingest", ingest)
    assert ["good.csv"] == [report.file for report in sweep(lake, tmp_path)]
    reason = (tmp_path / "drop/refused/air_hourly/odd.csv.txt").read_text(encoding="utf-8")
    assert "odd.csv: something unforeseen, number 7 ZeroDivisionError()" in reason
    assert [] == list((tmp_path / "drop/air_hourly").iterdir())
