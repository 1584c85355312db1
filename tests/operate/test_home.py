"""The home: made ready, locked, backed up, restored, carried across releases."""

import multiprocessing
import sqlite3
import tarfile
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import Busy, InputError, Refused, UnreadableFile
from workbench.lake.store import Lake
from workbench.operate import home as job
from workbench.operate.database import database


def test_preparing_twice_is_preparing_once(home: Path) -> None:
    """Folders and VERSION are there; what is in them stays."""
    (home / "drop" / "kept.txt").write_text("x")
    assert home == job.prepare()
    assert "1\n" == (home / "VERSION").read_text()
    assert (home / "drop" / "kept.txt").exists()


def test_a_home_of_a_newer_release_is_refused(home: Path) -> None:
    """Nothing is touched; the message names both layouts."""
    (home / "VERSION").write_text("7\n")
    with pytest.raises(Refused, match=r"written by a newer release \(layout 7; this one reads up to 1\)"):
        job.prepare()
    with pytest.raises(Refused, match="newer release"):
        job.migrate()


def test_a_version_that_is_no_number_is_refused(home: Path) -> None:
    """A damaged VERSION is said, not guessed at."""
    (home / "VERSION").write_text("banana")
    with pytest.raises(Refused, match="says 'banana', which is no layout number"):
        job.prepare()


def test_an_older_home_is_carried_step_by_step(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step runs once, in order; commands refuse the home before."""
    steps: list[int] = []
    monkeypatch.setattr(job, "LAYOUT", 3)
    monkeypatch.setattr(job, "STEPS", {1: lambda folder: steps.append(1), 2: lambda folder: steps.append(2)})
    with pytest.raises(Refused, match="run `workbench migrate` first"):
        job.prepare()
    assert "layout 3 (was 1)" in job.migrate().sentence()
    assert [1, 2] == steps
    assert "layout 3 (was 3)" in job.migrate().sentence()
    assert [1, 2] == steps


def hold(folder: Path, ready: "multiprocessing.synchronize.Event", done: "multiprocessing.synchronize.Event") -> None:
    """Hold a lock in another process until told."""
    with job.lock("train", folder):
        ready.set()
        done.wait(30)


def test_one_process_at_a_time_holds_a_heavy_job_and_its_death_frees_it(home: Path) -> None:
    """The second is told who is busy; a killed holder leaves nothing behind."""
    spawn = multiprocessing.get_context("spawn")
    ready, done = spawn.Event(), spawn.Event()
    other = spawn.Process(target=hold, args=(home, ready, done))
    other.start()
    assert ready.wait(60)
    with pytest.raises(Busy, match=f"process {other.pid} is busy with 'train'"), job.lock("train"):
        pass
    with job.lock("verify"):
        pass
    other.kill()
    other.join()
    with job.lock("train"):
        pass


def test_a_backup_brings_everything_back_elsewhere(toy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lake, SQLite in use, settings: all are as they were."""
    with database(write=True) as store:
        store.execute("create table note (text)")
        store.execute("insert into note values ('kept')")
    before = toy.lake.read("air_daily").collect().height
    with database() as open_store:
        open_store.execute("select * from note").fetchall()
        said = job.backup(tmp_path / "b.tar.gz")
    assert "backed up" in said.sentence()
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "elsewhere" / "home"))
    job.restore(tmp_path / "b.tar.gz")
    assert before == Lake().read("air_daily").collect().height
    with database() as store:
        assert "kept" == store.execute("select text from note").fetchone()[0]


def test_a_home_that_is_not_empty_is_replaced_only_when_told(home: Path, tmp_path: Path) -> None:
    """And then wholly: nothing of the old one stays."""
    job.backup(tmp_path / "b.tar.gz")
    (home / "drop" / "later.txt").write_text("x")
    with pytest.raises(Refused, match="is not empty"):
        job.restore(tmp_path / "b.tar.gz")
    job.restore(tmp_path / "b.tar.gz", force=True)
    assert not (home / "drop" / "later.txt").exists()
    assert [home] == [path for path in home.parent.iterdir() if path.name.lstrip(".").startswith("home")]


@pytest.mark.parametrize("damage", ["cut", "text", "strange", "absent"])
def test_a_file_that_is_no_backup_changes_nothing(home: Path, tmp_path: Path, damage: str) -> None:
    """Cut short, not a tar, a tar of something else, not there: the home is as it was."""
    file = tmp_path / "b.tar.gz"
    if damage == "cut":
        job.backup(file)
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif damage == "text":
        file.write_text("hello")
    elif damage == "strange":
        with tarfile.open(file, "w:gz") as tar:
            tar.add(__file__, arcname="something.py")
    (home / "drop" / "mine.txt").write_text("x")
    with pytest.raises(UnreadableFile):
        job.restore(file, force=True)
    assert (home / "drop" / "mine.txt").exists()
    assert (home / "VERSION").exists()


def test_a_backup_cannot_write_outside_the_home(home: Path, tmp_path: Path) -> None:
    """A tar with a path that climbs is refused."""
    file = tmp_path / "evil.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        tar.add(home / "VERSION", arcname="../evil.txt")
    with pytest.raises(UnreadableFile, match="cannot be restored"):
        job.restore(file, force=True)
    assert not (tmp_path / "evil.txt").exists()


def test_a_folder_that_is_no_home_is_not_backed_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no VERSION."""
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "nothing"))
    with pytest.raises(InputError, match="is no home of a workbench"):
        job.backup(tmp_path / "b.tar.gz")


def test_a_backup_of_a_database_in_the_middle_of_a_write_holds_what_was_committed(home: Path, tmp_path: Path) -> None:
    """SQLite's own backup is used: an open transaction is not in it."""
    with database(write=True) as store:
        store.execute("create table note (text)")
    with database(write=True) as store:
        store.execute("insert into note values ('half done')")
        job.backup(tmp_path / "b.tar.gz")
    with tarfile.open(tmp_path / "b.tar.gz") as tar:
        tar.extract("workbench.sqlite", tmp_path, filter="data")
    copy = sqlite3.connect(tmp_path / "workbench.sqlite")
    assert [] == copy.execute("select * from note").fetchall()
    copy.close()
