"""The audit log: who did what, from where, to what, with which result; append-only and chained by hashes.

Each entry carries the digest of the one before it, so that a changed, removed or inserted entry breaks the chain from
there on. `verify()` walks the chain; the head it returns may be noted elsewhere and given back to prove that nothing
was rewritten since. The database refuses updates, and deletions of anything younger than half a year (network logs are
kept at least six months by law).
"""

import hashlib
import json
import sqlite3
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from workbench.errors import InputError, WorkbenchError
from workbench.operate.database import database
from workbench.settings import now, settings

FIELDS = ("at", "user", "address", "event", "object", "result")
COLUMNS = {"number": pl.Int64, **dict.fromkeys((*FIELDS, "previous", "digest"), pl.String)}
SIX_MONTHS = 184


@dataclass(frozen=True)
class Proof:
    """The chain holds: so many entries, from the first to the last, ending in `head`."""

    entries: int
    first: str
    last: str
    head: str

    def sentence(self) -> str:
        """What was proved, for a person."""
        return (
            f"audit log unbroken: {self.entries} entries, {self.first or '–'} to {self.last or '–'}, head {self.head}"
        )

    def as_dict(self) -> dict[str, Any]:
        """What was proved, as plain data."""
        return asdict(self)


def digest(previous: str, values: tuple[str, ...]) -> str:
    """SHA-256 over the previous digest and the entry's fields.

    >>> digest("", ("2026-11-23T10:00:00", "li", "127.0.0.1", "sign-in", "", "ok"))[:16]
    'cef323097ded3968'
    """
    return hashlib.sha256(json.dumps([previous, *values], ensure_ascii=False).encode()).hexdigest()


def append(connection: sqlite3.Connection, values: tuple[str, ...]) -> int:
    """Add one entry inside a write transaction; returns its number."""
    last = connection.execute("select digest from audit order by number desc limit 1").fetchone()
    previous = last["digest"] if last else ""
    cursor = connection.execute(
        f"insert into audit ({', '.join(FIELDS)}, previous, digest) values (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (*values, previous, digest(previous, values)),
    )
    return int(cursor.lastrowid or 0)


def record(event: str, object: str = "", result: str = "ok", user: str = "", address: str = "") -> int:
    """Keep one event. `user` empty = nobody signed in; `address` empty = the command line. Returns its number."""
    at = now().strftime("%Y-%m-%dT%H:%M:%S")
    values = tuple(text[:300] for text in (at, user, address, event, object, result))
    with database(write=True) as connection:
        return append(connection, values)


def entries(user: str = "", event: str = "", since: datetime | None = None, limit: int = 1000) -> pl.DataFrame:
    """The newest entries first: number, at (UTC), user, address, event, object, result, previous, digest."""
    query = "select * from audit where (? = '' or user = ?) and (? = '' or event = ?) and at >= ? order by number desc"
    start = since.strftime("%Y-%m-%dT%H:%M:%S") if since else ""
    with database() as connection:
        rows = connection.execute(f"{query} limit ?", (user, user, event, event, start, limit)).fetchall()
    return pl.DataFrame([tuple(row) for row in rows], schema=COLUMNS, orient="row")


def events() -> list[str]:
    """Every kind of event in the log, by name."""
    with database() as connection:
        return [row["event"] for row in connection.execute("select distinct event from audit order by event")]


def verify(head: str = "") -> Proof:
    """Walk the whole chain. `head`: a digest noted earlier, which must still be in it.

    Raises WorkbenchError that names the first entry which does not follow from the one before it.
    """
    with database() as connection:
        rows = connection.execute("select * from audit order by number").fetchall()
        counted = connection.execute("select seq from sqlite_sequence where name = 'audit'").fetchone()
    previous = rows[0]["previous"] if rows else ""
    if (
        rows
        and rows[0]["number"] > 1
        and not any(row["event"] == "prune" and row["object"] == previous for row in rows)
    ):
        raise broken(1, "it is missing")
    expected = rows[0]["number"] if rows else 1
    for row in rows:
        if row["number"] != expected:
            raise broken(expected, "it is missing")
        if row["previous"] != previous or row["digest"] != digest(previous, tuple(row[name] for name in FIELDS)):
            raise broken(row["number"], "it was changed")
        previous, expected = row["digest"], expected + 1
    if counted and counted["seq"] >= expected:
        raise broken(expected, "it is missing")
    if head and all(row["digest"] != head for row in rows):
        raise broken(expected, "the noted head is not in the log")
    return Proof(len(rows), rows[0]["at"] if rows else "", rows[-1]["at"] if rows else "", previous)


def broken(number: int, why: str) -> WorkbenchError:
    """The error that says where the chain breaks."""
    return WorkbenchError(
        f"the audit log is broken at entry {number}: {why}",
        "keep the file as evidence, compare it with a backup, and tell the security administrator",
    )


def prune(days: int | None = None) -> int:
    """Remove entries older than `days` (default: the setting `audit_days`), never younger than half a year.

    The removal is itself an entry that names the last digest removed, so that the chain still proves itself.
    """
    days = settings().audit_days if days is None else days
    if days < SIX_MONTHS:
        raise InputError(f"audit entries are kept {SIX_MONTHS} days at least, {days} asked", "set audit_days higher")
    before = (now() - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S")
    with database(write=True) as connection:
        last = connection.execute("select max(number) as number from audit where at < ?", (before,)).fetchone()[
            "number"
        ]
        if last is None:
            return 0
        edge = connection.execute("select digest from audit where number = ?", (last,)).fetchone()["digest"]
        gone = connection.execute("delete from audit where number <= ?", (last,)).rowcount
        append(connection, (now().strftime("%Y-%m-%dT%H:%M:%S"), "", "", "prune", edge, f"{gone} entries"))
    return gone
