"""What a person changes in the own account."""

from pathlib import Path

import pyotp
import pytest

from workbench.errors import InputError, MissingData
from workbench.operate import account, audit, passwords, sessions, users
from workbench.operate.database import database

FIRST = "Orange-2026-grove"

pytestmark = pytest.mark.usefixtures("cheap_hashing")


@pytest.fixture
def li(home: Path) -> users.User:
    """Li, with a password of their own."""
    invited = users.add("li")
    user = sessions.identify(sessions.open_session("li", ""))
    assert user is not None
    account.change_password(user, invited.password, FIRST)
    return user


def test_the_old_password_must_be_right(li: users.User) -> None:
    """A session left open is not enough to take an account over."""
    with pytest.raises(InputError, match="old password is wrong"):
        account.change_password(li, "guess", "Another-2026-one")


def test_a_weak_password_is_refused_with_every_rule_it_breaks(li: users.User) -> None:
    """In both languages."""
    with pytest.raises(InputError, match=r"至少 10 个字符.*at least 10 characters"):
        account.change_password(li, FIRST, "Short-1")


def test_the_last_five_passwords_are_not_taken_again(li: users.User) -> None:
    """The first comes back only after five others."""
    present = FIRST
    for number in range(5):
        with pytest.raises(InputError, match="last 5"):
            account.change_password(li, present, FIRST)
        account.change_password(li, present, f"Grove-number-{number}")
        present = f"Grove-number-{number}"
    account.change_password(li, present, FIRST)


def test_a_change_ends_the_other_sessions(li: users.User) -> None:
    """The one in which it is changed goes on."""
    here, elsewhere = sessions.open_session("li", ""), sessions.open_session("li", "")
    account.change_password(li, FIRST, "Another-2026-one", sessions.sha(here))
    assert sessions.identify(here) is not None
    assert sessions.identify(elsewhere) is None


def test_the_second_factor_is_turned_on_and_off_with_a_code(li: users.User, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong code does neither."""
    secret = passwords.new_secret()
    monkeypatch.setenv("WORKBENCH_NOW", "2026-11-23T18:00:00+08:00")
    with pytest.raises(InputError, match="code is wrong"):
        account.set_second_factor(li, secret, "12345")
    assert not users.account("li").second_factor
    account.set_second_factor(li, secret, pyotp.TOTP(secret).at(passwords.now()))
    assert users.account("li").second_factor
    monkeypatch.setenv("WORKBENCH_NOW", "2026-11-23T18:01:00+08:00")
    with pytest.raises(InputError, match="code is wrong"):
        account.set_second_factor(li, "", "")
    account.set_second_factor(li, "", pyotp.TOTP(secret).at(passwords.now()))
    assert not users.account("li").second_factor
    with pytest.raises(MissingData, match="not on"):
        account.set_second_factor(li, "", "123456")


def test_a_second_factor_that_is_on_is_not_replaced(li: users.User) -> None:
    """A code of a new secret proves nothing: who has only the session cannot put their own phone in place."""
    first, second = passwords.new_secret(), passwords.new_secret()
    account.set_second_factor(li, first, pyotp.TOTP(first).at(passwords.now()))
    with pytest.raises(InputError, match="is on already"):
        account.set_second_factor(li, second, pyotp.TOTP(second).at(passwords.now()))
    with database() as connection:
        assert first == users.row_of(connection, "li")["totp"]


def test_a_change_of_password_ends_the_tokens(li: users.User) -> None:
    """Whoever took the old password may have had one issued."""
    secret = sessions.issue_token("li", "nightly", ("read",)).secret
    account.change_password(li, FIRST, "Another-2026-one")
    assert sessions.identify_token(secret) is None


def test_wrong_old_passwords_lock_the_name_as_at_sign_in(li: users.User) -> None:
    """Five guesses in an open session, then even the right one waits, here and at the sign-in; it is audited."""
    for _ in range(5):
        with pytest.raises(InputError, match="old password is wrong"):
            account.change_password(li, "guess", "Another-2026-one")
    with pytest.raises(InputError, match="too many failures"):
        account.change_password(li, FIRST, "Another-2026-one")
    assert "locked" == sessions.sign_in("li", FIRST, "", "10.0.0.9").reason
    tries = audit.entries(user="li", event="password change")["result"].to_list()
    assert ["refused: locked", *["refused: wrong old password"] * 5, "ok"] == tries


def test_wrong_codes_lock_the_name_as_at_sign_in(li: users.User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Turning the second factor off is no place to guess codes; enrolling anew does not start the count again."""
    monkeypatch.setenv("WORKBENCH_NOW", "2026-11-23T18:00:00+08:00")
    for _ in range(2):
        with pytest.raises(InputError, match="old password is wrong"):
            account.change_password(li, "guess", "Another-2026-one")
    secret = passwords.new_secret()
    account.set_second_factor(li, secret, pyotp.TOTP(secret).at(passwords.now()))
    monkeypatch.setenv("WORKBENCH_NOW", "2026-11-23T18:01:00+08:00")
    for _ in range(3):
        with pytest.raises(InputError, match="code is wrong"):
            account.set_second_factor(li, "", "no code")
    with pytest.raises(InputError, match="too many failures"):
        account.set_second_factor(li, "", pyotp.TOTP(secret).at(passwords.now()))
    assert users.account("li").second_factor


def test_a_weak_new_password_is_no_failure(li: users.User) -> None:
    """The old one was right: nobody is locked out for choosing badly."""
    for _ in range(7):
        with pytest.raises(InputError, match="at least 10 characters"):
            account.change_password(li, FIRST, "Short-1")
