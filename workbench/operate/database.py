"""The one SQLite file of a home (`<home>/workbench.sqlite`): people, sessions, tokens, the audit log.

Every use opens it, does its work in one transaction and closes it, so that the server, the commands and a backup can
share it. Times are seconds since 1970 (UTC) except in the audit log, which people read.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.errors import Busy
from workbench.settings import home

SCHEMA = """
create table if not exists users (
  name text primary key collate nocase, role text not null, bureau text not null default '',
  password text not null default '', changed real not null default 0, one_time integer not null default 1,
  totp text not null default '', totp_step integer not null default 0,
  disabled integer not null default 0, created real not null);
create table if not exists passwords (name text collate nocase, password text, at real);
create table if not exists sessions (
  digest text primary key, name text not null collate nocase, csrf text not null, address text not null,
  created real not null, seen real not null, idle real not null);
create table if not exists attempts (at real not null, name text not null collate nocase, address text not null);
create table if not exists tokens (
  digest text primary key, name text not null collate nocase, title text not null, scope text not null,
  created real not null, expires real not null, used real);
create table if not exists audit (
  number integer primary key autoincrement, at text not null, user text not null, address text not null,
  event text not null, object text not null, result text not null, previous text not null, digest text not null);
create trigger if not exists audit_is_written_once before update on audit
  begin select raise(abort, 'the audit log is append-only'); end;
create trigger if not exists audit_is_kept_half_a_year before delete on audit
  when old.at > strftime('%Y-%m-%dT%H:%M:%S', 'now', '-184 days')
  begin select raise(abort, 'the audit log is kept at least six months'); end;
"""


def location() -> Path:
    """Where the file lies."""
    return home() / "workbench.sqlite"


@contextmanager
def database(write: bool = False) -> Iterator[sqlite3.Connection]:
    """Open the file for one piece of work; `write` takes the write lock at the start and commits at the end.

    Raises Busy where another process holds the lock for ten seconds.
    """
    file = location()
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
    connection = sqlite3.connect(file, timeout=10, isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        if (
            connection.execute("select 1 from sqlite_master where name = 'audit_is_kept_half_a_year'").fetchone()
            is None
        ):
            connection.execute("pragma journal_mode = wal")
            connection.executescript(SCHEMA)
        if write:
            connection.execute("begin immediate")
        yield connection
        if write:
            connection.execute("commit")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise Busy(f"{file.name} is in use by another process", "try again in a moment") from None
        raise
    finally:
        connection.close()  # what was not committed is undone
