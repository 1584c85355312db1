"""People who may sign in: one role each, one bureau or the whole county.

The three administrators exclude one another because a person has exactly one role: the system administrator keeps
accounts and jobs, the security administrator roles, unlocking and tokens, the audit administrator reads the audit log
and nothing else. Administrators' accounts are changed on the command line only, so that none can become another.
"""

import re
import sqlite3
from dataclasses import asdict, dataclass
from typing import Any

from workbench.errors import InputError, UnknownName
from workbench.operate import audit, passwords
from workbench.operate.database import database
from workbench.settings import county, now

RIGHTS: dict[str, frozenset[str]] = {
    "viewer": frozenset({"read"}),
    "forecaster": frozenset({"read", "ingest", "revise", "correct"}),
    "analyst": frozenset({"read", "ingest", "correct", "jobs"}),
    "system": frozenset({"read", "users", "jobs"}),
    "security": frozenset({"roles", "tokens"}),
    "audit": frozenset({"audit"}),
}
"""What each role may do."""

ROLES: dict[str, tuple[str, str]] = {
    "viewer": ("查看者", "viewer"),
    "forecaster": ("预报员", "forecaster"),
    "analyst": ("分析员", "analyst"),
    "system": ("系统管理员", "system administrator"),
    "security": ("安全管理员", "security administrator"),
    "audit": ("审计管理员", "audit administrator"),
}
ADMINISTRATORS = ("system", "security", "audit")
NAME = re.compile(r"[\w.@-]{2,40}")


@dataclass(frozen=True)
class User:
    """A person as the pages see one. `rights` may be narrower than the role's (a token's scope)."""

    name: str
    role: str
    bureau: str = ""
    rights: frozenset[str] = frozenset()
    one_time: bool = False  # the password must be changed before anything else
    csrf: str = ""
    address: str = ""

    def may(self, right: str, bureau: str = "") -> bool:
        """True where the person has the right, and for that bureau if one is named.

        >>> User("li", "forecaster", "environment", RIGHTS["forecaster"]).may("revise", "agriculture")
        False
        """
        return right in self.rights and (not bureau or not self.bureau or self.bureau == bureau)


@dataclass(frozen=True)
class Invitation:
    """A one-time password for a person; shown once and kept nowhere."""

    name: str
    role: str
    password: str

    def sentence(self) -> str:
        """How to sign in, for a person."""
        zh, en = ROLES[self.role]
        return f"用户 user {self.name} ({zh} {en}), 一次性口令 one-time password: {self.password}"

    def as_dict(self) -> dict[str, str]:
        """The same as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Account:
    """One line of the list of people."""

    name: str
    role: str
    bureau: str
    state: str  # active, one-time password, no password, locked, disabled
    second_factor: bool
    changed: float

    def sentence(self) -> str:
        """One line for a person."""
        factor = ", second factor" if self.second_factor else ""
        return f"{self.name:<20} {self.role:<11} {self.bureau or 'whole county':<20} {self.state}{factor}"

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return asdict(self)


def row_of(connection: sqlite3.Connection, name: str) -> sqlite3.Row:
    """The stored row of a person; UnknownName names the nearest."""
    row = connection.execute("select * from users where name = ?", (name,)).fetchone()
    if row is None:
        raise UnknownName("user", name, [r["name"] for r in connection.execute("select name from users")])
    return row


def check(role: str, bureau: str) -> None:
    """Raise UnknownName where the role or the bureau does not exist."""
    if role not in RIGHTS:
        raise UnknownName("role", role, RIGHTS)
    if bureau and bureau not in county()["bureaus"]:
        raise UnknownName("bureau", bureau, county()["bureaus"])


def add(name: str, role: str = "viewer", bureau: str = "", by: User | None = None) -> Invitation:
    """Add a person with a one-time password. `by`: the administrator on the page; None is the command line.

    Raises InputError where the name is taken or cannot be one.
    """
    check(role, bureau)
    if not NAME.fullmatch(name):
        raise InputError(
            f"不能用作用户名 '{name}' cannot be a user name",
            "2 至 40 个字母、汉字、数字或 . _ @ - 2 to 40 letters (Chinese is welcome), digits or . _ @ -",
        )
    password = passwords.one_time()
    with database(write=True) as connection:
        if connection.execute("select 1 from users where name = ?", (name,)).fetchone():
            raise InputError(
                f"用户已存在 there is already a user '{name}'",
                "请换一个用户名，或重置口令 choose another name, or reset the password",
            )
        connection.execute(
            "insert into users (name, role, bureau, password, created) values (?, ?, ?, ?, ?)",
            (name, role, bureau, passwords.hashed(password), now().timestamp()),
        )
    note("user added", f"{name} as {role}", by)
    return Invitation(name, role, password)


def first_admin() -> str:
    """On the first start make the three administrators; returns the one-time password of `admin`, else "".

    `security` and `audit` are made without a password: whoever runs the machine gives them to two other people with
    `workbench users reset security` and `… reset audit`.
    """
    with database(write=True) as connection:
        if connection.execute("select 1 from users").fetchone():
            return ""
        password = passwords.one_time()
        for name, role, kept in (
            ("admin", "system", passwords.hashed(password)),
            ("security", "security", ""),
            ("audit", "audit", ""),
        ):
            connection.execute(
                "insert into users (name, role, password, created) values (?, ?, ?, ?)",
                (name, role, kept, now().timestamp()),
            )
    audit.record("user added", "admin as system, security as security, audit as audit")
    return password


def everyone() -> list[Account]:
    """All people by name, with the state of each account."""
    from workbench.operate import sessions

    with database() as connection:
        rows = connection.execute("select * from users order by name").fetchall()
        locked = {row["name"] for row in rows if sessions.locked_until(connection, row["name"])}
    return [
        Account(
            row["name"],
            row["role"],
            row["bureau"],
            state(row, row["name"] in locked),
            bool(row["totp"]),
            row["changed"],
        )
        for row in rows
    ]


def state(row: sqlite3.Row, locked: bool) -> str:
    """The state of an account in two words."""
    if row["disabled"]:
        return "disabled"
    if not row["password"]:
        return "no password"
    if locked:
        return "locked"
    return "one-time password" if row["one_time"] else "active"


def account(name: str) -> Account:
    """One person's line; UnknownName if there is none."""
    found = [one for one in everyone() if one.name.casefold() == name.casefold()]
    if not found:
        raise UnknownName("user", name, [one.name for one in everyone()])
    return found[0]


def set_role(name: str, role: str, bureau: str = "", by: User | None = None) -> Account:
    """Give a person another role and bureau; sessions and tokens end, since they carry the old rights."""
    check(role, bureau)
    with database(write=True) as connection:
        row = guarded(connection, name, by, role)
        connection.execute("update users set role = ?, bureau = ? where name = ?", (role, bureau, row["name"]))
        end_all(connection, row["name"])
    note("role set", f"{name} as {role}, {bureau or 'whole county'}", by)
    return account(name)


def reset(name: str, by: User | None = None) -> Invitation:
    """A new one-time password; lifts a lock-out, takes away the second factor, ends all sessions and tokens."""
    password = passwords.one_time()
    with database(write=True) as connection:
        row = guarded(connection, name, by)
        connection.execute(
            "update users set password = ?, one_time = 1, totp = '', totp_step = 0, changed = 0 where name = ?",
            (passwords.hashed(password), row["name"]),
        )
        connection.execute("delete from attempts where name = ?", (row["name"],))
        end_all(connection, row["name"])
    note("password reset", row["name"], by)
    return Invitation(row["name"], row["role"], password)


def unlock(name: str, by: User | None = None) -> Account:
    """Lift a lock-out."""
    with database(write=True) as connection:
        row = guarded(connection, name, by)
        connection.execute("delete from attempts where name = ?", (row["name"],))
    note("unlocked", row["name"], by)
    return account(name)


def disable(name: str, disabled: bool = True, by: User | None = None) -> Account:
    """Close an account (or open it again); nothing of a person is ever deleted, the audit log names them."""
    with database(write=True) as connection:
        row = guarded(connection, name, by)
        connection.execute("update users set disabled = ? where name = ?", (int(disabled), row["name"]))
        end_all(connection, row["name"])
    note("disabled" if disabled else "enabled", row["name"], by)
    return account(name)


def guarded(connection: sqlite3.Connection, name: str, by: User | None, role: str = "") -> sqlite3.Row:
    """The row to change; on the pages administrators' accounts are out of reach, and nobody becomes one."""
    row = row_of(connection, name)
    if by is not None and (row["role"] in ADMINISTRATORS or role in ADMINISTRATORS):
        raise InputError(
            f"{row['name']}: administrators' accounts are changed on the command line only",
            "whoever runs the machine can: workbench users …",
        )
    return row


def end_all(connection: sqlite3.Connection, name: str, but: str = "") -> None:
    """End every session of a person, but for one, and every API token."""
    connection.execute("delete from sessions where name = ? and digest != ?", (name, but))
    connection.execute("delete from tokens where name = ?", (name,))


def note(event: str, object: str, by: User | None, result: str = "ok") -> None:
    """Keep in the audit log who changed an account, or tried to."""
    audit.record(event, object, result, user=by.name if by else "", address=by.address if by else "")
