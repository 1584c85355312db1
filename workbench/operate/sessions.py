"""Signing in, sessions and API tokens.

A session is a random token in a cookie; the database keeps only its SHA-256. It ends after idle minutes and, whatever
happens, after twelve hours. Five failures in a quarter of an hour lock a name, twenty lock an address, both by time
alone, whether the name exists or not. API tokens are the same idea with a scope and an expiry date.
"""

import hashlib
import secrets
import sqlite3
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from workbench.errors import InputError
from workbench.operate import audit, passwords, users
from workbench.operate.database import database
from workbench.operate.users import RIGHTS, User
from workbench.settings import now, settings

WINDOW = 15 * 60
NAME_FAILURES = 5
ADDRESS_FAILURES = 20
ABSOLUTE = 12 * 3600
PREFIX = "wbt_"


@dataclass(frozen=True)
class SignIn:
    """How a sign-in ended: `reason` is "" (done), "wrong", "locked" or "busy" (too many failures from the address)."""

    reason: str
    token: str = ""


@dataclass(frozen=True)
class Token:
    """An API token; `secret` is shown once and kept nowhere."""

    title: str
    name: str
    scope: tuple[str, ...]
    expires: datetime
    secret: str = ""
    key: str = ""

    def sentence(self) -> str:
        """The token for a person to copy."""
        until = f"{self.expires:%Y-%m-%d}"
        return f"API token '{self.title}' for {self.name} ({' '.join(self.scope)}), until {until}: {self.secret}"

    def as_dict(self) -> dict[str, object]:
        """The same as plain data."""
        return asdict(self)


def sha(text: str) -> str:
    """SHA-256 in hex: enough for a secret of 256 random bits."""
    return hashlib.sha256(text.encode()).hexdigest()


def locked_until(connection: sqlite3.Connection, name: str) -> float:
    """When the lock-out of a name ends (seconds since 1970), 0 if it is not locked."""
    return limit(connection, "name", name, NAME_FAILURES)


def limit(connection: sqlite3.Connection, column: str, value: str, allowed: int) -> float:
    """A window after the newest of `allowed` failures, 0 if there were fewer in the window before now."""
    rows = connection.execute(
        f"select at from attempts where {column} = ? and at > ? order by at desc limit ?",  # noqa: S608
        (value, now().timestamp() - WINDOW, allowed),
    ).fetchall()
    return rows[0]["at"] + WINDOW if len(rows) == allowed else 0.0


def attempt(connection: sqlite3.Connection, name: str, address: str) -> tuple[str, int]:
    """Count a try before it is checked, so that many at once do not slip through.

    Returns "" and the number by which a right try is taken back, or why it is refused ("busy", "locked") and 0.
    """
    if limit(connection, "address", address, ADDRESS_FAILURES):
        return "busy", 0
    if locked_until(connection, name):
        return "locked", 0
    at = now().timestamp()
    connection.execute("delete from attempts where at < ?", (at - WINDOW,))
    return "", connection.execute("insert into attempts values (?, ?, ?)", (at, name, address)).lastrowid or 0


def sign_in(name: str, password: str, code: str, address: str) -> SignIn:
    """Check name, password and, where it is on, the one-time code; open a session. Every outcome is audited."""
    name = name.strip()[:100]
    with database(write=True) as connection:
        reason, _ = attempt(connection, name, address)
        row = connection.execute("select * from users where name = ?", (name,)).fetchone()
    if reason:
        return refused(reason, name, address)
    good = passwords.matches(row["password"] if row else "", password)
    step = passwords.code_step(row["totp"], code, row["totp_step"]) if good and row["totp"] else 0
    if not good or row["disabled"] or (row["totp"] and not step):
        return refused("wrong", name, address)
    token = open_session(row["name"], address, step)
    return SignIn("", token) if token else refused("wrong", name, address)


def refused(reason: str, name: str, address: str) -> SignIn:
    """Keep a refused sign-in in the audit log."""
    audit.record("sign-in", name, f"refused: {reason}", address=address)
    return SignIn(reason)


def open_session(name: str, address: str, step: int = 0) -> str:
    """A new session for a person; returns its token for the cookie, "" where the one-time code was used meanwhile."""
    token, at = secrets.token_urlsafe(32), now().timestamp()
    with database(write=True) as connection:
        once = "update users set totp_step = ? where name = ? and totp_step < ?"
        if step and not connection.execute(once, (step, name, step)).rowcount:
            return ""
        connection.execute("delete from attempts where name = ?", (name,))
        connection.execute("delete from sessions where created < ? or seen + idle < ?", (at - ABSOLUTE, at))
        connection.execute(
            "insert into sessions values (?, ?, ?, ?, ?, ?, ?)",
            (sha(token), name, secrets.token_urlsafe(16), address, at, at, settings().session_minutes * 60),
        )
    audit.record("sign-in", user=name, address=address)
    return token


def identify(token: str, address: str = "") -> User | None:
    """Who a session token belongs to, None where it does not exist, has expired or the account is closed."""
    at = now().timestamp()
    with database() as connection:
        row = connection.execute(
            "select s.csrf, s.created, s.seen, s.idle, u.* from sessions s join users u on u.name = s.name "
            "where s.digest = ? and u.disabled = 0",
            (sha(token),),
        ).fetchone()
        if row is None or at - row["seen"] > row["idle"] or at - row["created"] > ABSOLUTE:
            return None
        if at - row["seen"] > 60:
            connection.execute("update sessions set seen = ? where digest = ?", (at, sha(token)))
    old = at - row["changed"] > passwords.MAX_AGE_DAYS * 86400
    return User(
        row["name"], row["role"], row["bureau"], RIGHTS[row["role"]],
        one_time=bool(row["one_time"]) or old, csrf=row["csrf"], address=address,
    )  # fmt: skip


def sign_out(token: str, user: User) -> None:
    """End a session."""
    with database(write=True) as connection:
        connection.execute("delete from sessions where digest = ?", (sha(token),))
    users.note("sign-out", "", user)


def active() -> int:
    """How many sessions are open now."""
    at = now().timestamp()
    with database() as connection:
        query = "select count(*) as n from sessions where created > ? and seen + idle > ?"
        return int(connection.execute(query, (at - ABSOLUTE, at)).fetchone()["n"])


def issue_token(name: str, title: str, scope: tuple[str, ...], days: int = 90, by: User | None = None) -> Token:
    """A token for programs that act as a person, with some of that person's rights, for at most a year.

    On the pages nobody gets one that acts as an administrator: the three exclude one another.
    """
    with database(write=True) as connection:
        row = users.guarded(connection, name, by)
        beyond = set(scope) - RIGHTS[row["role"]]
        if not scope or beyond:
            raise InputError(
                f"范围不可授予 the role {row['role']} has no right to: {', '.join(sorted(beyond))}"
                if beyond
                else "请填写范围 a token needs a scope",
                f"可选 possible: {' '.join(sorted(RIGHTS[row['role']]))}",
            )
        if not 1 <= days <= 366:
            raise InputError(f"有效期须为 1 至 366 天 a token lives 1 to 366 days, not {days}")
        secret, at = PREFIX + secrets.token_urlsafe(32), now().timestamp()
        connection.execute(
            "insert into tokens values (?, ?, ?, ?, ?, ?, null)",
            (sha(secret), row["name"], title[:80], " ".join(scope), at, at + days * 86400),
        )
    users.note("token issued", f"{title} for {name}: {' '.join(scope)}, {days} days", by)
    return Token(title, row["name"], scope, datetime.fromtimestamp(at + days * 86400, UTC), secret)


def identify_token(secret: str, address: str = "") -> User | None:
    """Who an API token acts for, with its scope as the rights; None where it does not hold."""
    at = now().timestamp()
    with database() as connection:
        row = connection.execute(
            "select t.scope, t.expires, t.used, t.digest, u.* from tokens t join users u on u.name = t.name "
            "where t.digest = ? and u.disabled = 0",
            (sha(secret),),
        ).fetchone()
        if row is None or at > row["expires"]:
            return None
        if at - (row["used"] or 0) > 3600:
            connection.execute("update tokens set used = ? where digest = ?", (at, row["digest"]))
    rights = frozenset(row["scope"].split()) & RIGHTS[row["role"]]
    return User(row["name"], row["role"], row["bureau"], rights, address=address)


def tokens() -> list[Token]:
    """Every token that still holds, without its secret; `key` names it for revoking."""
    query = "select * from tokens where expires > ? order by created"
    with database() as connection:
        rows = connection.execute(query, (now().timestamp(),)).fetchall()
    return [
        Token(
            r["title"], r["name"], tuple(r["scope"].split()), datetime.fromtimestamp(r["expires"], UTC),
            key=r["digest"][:16],
        )
        for r in rows
    ]  # fmt: skip


def revoke(key: str, by: User | None = None) -> int:
    """End a token by its key; returns how many ended (0 or 1)."""
    with database(write=True) as connection:
        gone = connection.execute("delete from tokens where substr(digest, 1, 16) = ?", (key,)).rowcount
    users.note("token revoked", key, by)
    return gone
