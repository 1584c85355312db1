"""The audit log: complete, in order, and any tampering shows."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from workbench.errors import InputError, WorkbenchError
from workbench.operate import audit
from workbench.operate.database import location


def filled(count: int = 5) -> None:
    for number in range(count):
        audit.record("export", f"table {number}", "ok", "li", "10.0.0.7")


def tamper(statement: str, *values: object) -> None:
    """Write to the file as an intruder would: with the triggers taken away first."""
    with sqlite3.connect(location()) as connection:
        connection.execute("drop trigger if exists audit_is_written_once")
        connection.execute("drop trigger audit_is_kept_half_a_year")
        connection.execute(statement, values)


def test_an_entry_says_when_who_where_what_and_how_it_ended(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time (UTC), user, address, event, object, result."""
    monkeypatch.setenv("WORKBENCH_NOW", "2026-11-23T18:00:00+08:00")
    audit.record("export", "air_daily", "refused", "li", "10.0.0.7")
    row = audit.entries().row(0, named=True)
    expected = ("2026-11-23T10:00:00", "li", "10.0.0.7", "export", "air_daily", "refused")
    assert expected == tuple(row[name] for name in audit.FIELDS)


def test_an_untouched_log_proves_itself(home: Path) -> None:
    """Every entry follows from the one before it."""
    assert 0 == audit.verify().entries
    filled()
    proof = audit.verify()
    assert (5, audit.entries()["digest"][0]) == (proof.entries, proof.head)


@pytest.mark.parametrize("column", [*audit.FIELDS, "previous", "digest"])
def test_a_changed_field_breaks_the_chain_where_it_was_changed(home: Path, column: str) -> None:
    """Whatever field of an entry is rewritten, the walk stops there."""
    filled()
    tamper(f"update audit set {column} = 'x' where number = 3")
    with pytest.raises(WorkbenchError, match="broken at entry 3"):
        audit.verify()


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_removed_entry_is_missed_wherever_it_stood(home: Path, number: int) -> None:
    """The first, one in the middle, and the last, which leaves a chain that is sound but too short."""
    filled()
    tamper("delete from audit where number = ?", number)
    with pytest.raises(WorkbenchError, match=f"broken at entry {number}: it is missing"):
        audit.verify()


def test_a_log_rewritten_as_a_whole_misses_the_head_noted_before(home: Path) -> None:
    """Who forges every digest makes a sound chain, but not one with the head that somebody wrote down."""
    filled()
    head = audit.verify().head
    assert 5 == audit.verify(head).entries
    tamper("delete from audit")
    with sqlite3.connect(location()) as connection:
        connection.execute("delete from sqlite_sequence")
    for number in range(6):
        audit.record("export", f"another table {number}", "ok", "li", "10.0.0.7")
    assert 6 == audit.verify().entries
    with pytest.raises(WorkbenchError, match="noted head is not in the log"):
        audit.verify(head)


def test_the_database_itself_refuses_to_rewrite_or_shorten_the_log(home: Path) -> None:
    """Triggers stop updates, and deletions of what is younger than half a year."""
    filled()
    with sqlite3.connect(location()) as connection:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("update audit set user = 'x'")
        with pytest.raises(sqlite3.IntegrityError, match="six months"):
            connection.execute("delete from audit")


def test_pruning_keeps_half_a_year_and_the_chain(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old entries go, the removal is an entry itself, and the rest still proves itself."""
    today = datetime.now(UTC)
    for days in (500, 450, 300, 1):
        monkeypatch.setenv("WORKBENCH_NOW", (today - timedelta(days=days)).isoformat())
        audit.record("export", f"{days} days ago")
    monkeypatch.setenv("WORKBENCH_NOW", today.isoformat())
    assert 2 == audit.prune()
    assert ["prune", "export", "export"] == audit.entries()["event"].to_list()
    assert 3 == audit.verify().entries
    assert 0 == audit.prune()
    with pytest.raises(InputError, match="184 days at least"):
        audit.prune(100)


def test_a_first_entry_removed_after_pruning_is_missed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The prune entry names the digest up to which entries went, and no further."""
    today = datetime.now(UTC)
    for days in (500, 300, 250):
        monkeypatch.setenv("WORKBENCH_NOW", (today - timedelta(days=days)).isoformat())
        audit.record("export", f"{days} days ago")
    monkeypatch.setenv("WORKBENCH_NOW", today.isoformat())
    audit.prune()
    tamper("delete from audit where number = 2")
    with pytest.raises(WorkbenchError, match="is missing"):
        audit.verify()


def test_entries_are_found_by_user_event_and_time(home: Path) -> None:
    """The audit administrator's filters."""
    filled(2)
    audit.record("sign-in", "", "ok", "wang", "10.0.0.8")
    assert 1 == audit.entries(user="wang").height
    assert 2 == audit.entries(event="export").height
    assert 0 == audit.entries(since=datetime.now(UTC) + timedelta(hours=1)).height
