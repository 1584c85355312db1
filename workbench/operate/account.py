"""What a person changes in the own account: the password and the second factor."""

from workbench.errors import InputError, MissingData
from workbench.operate import passwords, sessions
from workbench.operate.database import database
from workbench.operate.users import User, end_all, note, row_of
from workbench.settings import now


def attempt(user: User, event: str) -> int:
    """Count a try as at sign-in, so that an open session is no place to guess; its number. InputError where locked."""
    with database(write=True) as connection:
        reason, number = sessions.attempt(connection, user.name, user.address)
    if reason:
        note(event, user.name, user, f"refused: {reason}")
        raise InputError(
            "失败次数过多，暂时锁定 too many failures, locked for now",
            f"请 {sessions.WINDOW // 60} 分钟后再试 try again in {sessions.WINDOW // 60} minutes",
        )
    return number


def take_back(number: int) -> None:
    """Forget one try, which was right; earlier failures stay."""
    with database(write=True) as connection:
        connection.execute("delete from attempts where rowid = ?", (number,))


def change_password(user: User, old: str, new: str, keep_session: str = "") -> None:
    """Change one's own password; other sessions and all tokens end.

    Raises InputError that names every rule broken, or that the old password is wrong; that counts as a failed sign-in.
    """
    number = attempt(user, "password change")
    codes = passwords.problems(new, user.name)
    with database() as connection:
        row = row_of(connection, user.name)
        query = "select password from passwords where name = ? order by rowid desc limit ?"
        used = [kept["password"] for kept in connection.execute(query, (user.name, passwords.HISTORY - 1))]
    if not passwords.matches(row["password"], old):
        note("password change", user.name, user, "refused: wrong old password")
        raise InputError("原口令不正确 the old password is wrong")
    take_back(number)
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
    """Turn the second factor on (a right code proves the app works) or, with an empty secret, off.

    Raises InputError where one is on already, or the code is wrong, which counts as a failed sign-in.
    """
    with database() as connection:
        kept = row_of(connection, user.name)
    if not secret and not kept["totp"]:
        raise MissingData("动态口令未启用 the second factor is not on")
    if secret and kept["totp"]:
        raise InputError("动态口令已启用 the second factor is on already", "请先停用 turn it off first")
    event = "second factor on" if secret else "second factor off"
    number = attempt(user, event)
    step = passwords.code_step(secret or kept["totp"], code, kept["totp_step"] if not secret else 0)
    if not step:
        note(event, user.name, user, "refused: wrong code")
        raise InputError(
            "动态口令不正确 the code is wrong",
            "请核对手机时间并使用最新口令 check the clock of the phone and take the newest code",
        )
    take_back(number)
    with database(write=True) as connection:
        once = "update users set totp = ?, totp_step = ? where name = ? and totp = ?"
        if not connection.execute(once, (secret, step, user.name, kept["totp"])).rowcount:
            raise InputError(
                "动态口令已在别处更改 the second factor was changed meanwhile", "请重新打开本页 open the page again"
            )
    note(event, user.name, user)
