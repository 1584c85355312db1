"""What a person changes in the own account: the password and the second factor."""

from workbench.errors import InputError, MissingData
from workbench.operate import passwords
from workbench.operate.database import database
from workbench.operate.users import User, end_all, note, row_of
from workbench.settings import now


def change_password(user: User, old: str, new: str, keep_session: str = "") -> None:
    """Change one's own password; other sessions end.

    Raises InputError that names every rule broken, or that the old password is wrong.
    """
    codes = passwords.problems(new, user.name)
    with database() as connection:
        row = row_of(connection, user.name)
        used = [r["password"] for r in connection.execute(
            "select password from passwords where name = ? order by at desc limit ?", (user.name, passwords.HISTORY - 1)
        )]  # fmt: skip
    if not passwords.matches(row["password"], old):
        note("password change", "wrong old password", user)
        raise InputError("原口令不正确 the old password is wrong")
    if not codes and any(passwords.matches(kept, new) for kept in [row["password"], *used]):
        codes = ["used"]
    if codes:
        zh, en = ("；".join(passwords.RULES[c][0] for c in codes), "; ".join(passwords.RULES[c][1] for c in codes))
        raise InputError(f"新口令不符合要求：{zh} – the new password breaks a rule: {en}")
    with database(write=True) as connection:
        at = now().timestamp()
        connection.execute("insert into passwords values (?, ?, ?)", (user.name, row["password"], at))
        connection.execute(
            "update users set password = ?, one_time = 0, changed = ? where name = ?",
            (passwords.hashed(new), at, user.name),
        )
        end_all(connection, user.name, keep_session)
    note("password change", user.name, user)


def set_second_factor(user: User, secret: str, code: str) -> None:
    """Turn the second factor on (a right code proves the app works) or, with an empty secret, off."""
    with database() as connection:
        kept = row_of(connection, user.name)
    if not secret and not kept["totp"]:
        raise MissingData("动态口令未启用 the second factor is not on")
    step = passwords.code_step(secret or kept["totp"], code, kept["totp_step"] if not secret else 0)
    if not step:
        raise InputError("动态口令不正确 the code is wrong", "check the clock of the phone and take the newest code")
    with database(write=True) as connection:
        connection.execute("update users set totp = ?, totp_step = ? where name = ?", (secret, step, user.name))
    note("second factor on" if secret else "second factor off", user.name, user)
