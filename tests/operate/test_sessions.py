"""Signing in, lock-outs by time, sessions that end, API tokens."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest

from workbench.errors import InputError, UnknownName
from workbench.operate import account, audit, passwords, sessions, users
from workbench.operate.database import database

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
GOOD = "Orange-2026-grove"
HERE = "10.0.0.7"

pytestmark = pytest.mark.usefixtures("cheap_hashing")


@pytest.fixture
def clock(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Set the time to so many minutes after the start."""

    def at(minutes: float) -> None:
        monkeypatch.setenv("WORKBENCH_NOW", (START + timedelta(minutes=minutes)).isoformat())

    at(0)
    return at


@pytest.fixture
def li(clock: Callable[[float], None]) -> users.User:
    """Li, a forecaster of the environment bureau with a password of their own."""
    invited = users.add("li", "forecaster", "environment")
    user = sessions.identify(sessions.sign_in("li", invited.password, "", HERE).token)
    assert user is not None
    account.change_password(user, invited.password, GOOD)
    return user


def fail(times: int, name: str = "li", address: str = HERE) -> list[str]:
    return [sessions.sign_in(name, "wrong", "", address).reason for _ in range(times)]


def test_a_right_password_opens_a_session_with_the_rights_of_the_role(li: users.User) -> None:
    """Name, role, bureau, rights; the name is taken whatever its case."""
    user = sessions.identify(sessions.sign_in("LI", GOOD, "", HERE).token, HERE)
    assert user is not None
    assert ("li", "forecaster", "environment", False) == (user.name, user.role, user.bureau, user.one_time)
    assert {"read", "ingest", "revise", "correct"} == user.rights


def test_five_failures_lock_the_name_for_a_quarter_of_an_hour(li: users.User, clock: Callable[[float], None]) -> None:
    """Then even the right password waits, from any address; after the time it opens again by itself."""
    assert [*["wrong"] * 5, "locked"] == fail(6)
    assert "locked" == sessions.sign_in("li", GOOD, "", "10.9.9.9").reason
    assert "locked" == users.account("li").state
    clock(14.9)
    assert "locked" == sessions.sign_in("li", GOOD, "", HERE).reason
    clock(15.1)
    assert "" == sessions.sign_in("li", GOOD, "", HERE).reason


def test_a_name_that_does_not_exist_is_answered_like_one_that_does(clock: Callable[[float], None]) -> None:
    """The same words and the same lock-out, so that names cannot be fished."""
    assert [*["wrong"] * 5, "locked"] == fail(6, "nobody-here")


def test_a_success_in_between_starts_the_count_anew(li: users.User) -> None:
    """Four slips, a success, four slips: no lock."""
    fail(4)
    assert "" == sessions.sign_in("li", GOOD, "", HERE).reason
    assert ["wrong"] * 4 == fail(4)


def test_the_security_administrator_lifts_a_lock(li: users.User) -> None:
    """Unlocking forgets the failures of that name."""
    fail(5)
    assert "active" == users.unlock("li").state
    assert "" == sessions.sign_in("li", GOOD, "", HERE).reason


def test_twenty_failures_from_one_address_stop_the_address(li: users.User, clock: Callable[[float], None]) -> None:
    """Trying many names from one place is stopped; other places go on; time ends it."""
    reasons = [sessions.sign_in(f"user{n}", "wrong", "", HERE).reason for n in range(21)]
    assert [*["wrong"] * 20, "busy"] == reasons
    assert "busy" == sessions.sign_in("li", GOOD, "", HERE).reason
    assert "" == sessions.sign_in("li", GOOD, "", "10.0.0.8").reason
    clock(15.1)
    assert "" == sessions.sign_in("li", GOOD, "", HERE).reason


def test_many_tries_at_the_same_moment_do_not_slip_past_the_lock(li: users.User) -> None:
    """Twelve at once: five are checked, the rest find the name locked."""
    with ThreadPoolExecutor(4) as pool:
        reasons = list(pool.map(lambda _: fail(1)[0], range(12)))
    assert {"wrong": 5, "locked": 7} == {reason: reasons.count(reason) for reason in set(reasons)}


def test_a_session_ends_when_idle(li: users.User, clock: Callable[[float], None]) -> None:
    """Half an hour without a request ends it; a request in between keeps it."""
    token = sessions.sign_in("li", GOOD, "", HERE).token
    clock(29)
    assert sessions.identify(token) is not None
    clock(58)
    assert sessions.identify(token) is not None
    clock(89)
    assert sessions.identify(token) is None


def test_a_session_ends_after_twelve_hours_whatever_happens(li: users.User, clock: Callable[[float], None]) -> None:
    """Being busy does not keep it for ever."""
    token = sessions.sign_in("li", GOOD, "", HERE).token
    for minute in range(20, 720, 20):
        clock(minute)
        assert sessions.identify(token) is not None
    clock(721)
    assert sessions.identify(token) is None


def test_signing_out_ends_the_session_and_only_it(li: users.User) -> None:
    """Another device stays signed in."""
    first, second = (sessions.sign_in("li", GOOD, "", HERE).token for _ in range(2))
    sessions.sign_out(first, li)
    assert sessions.identify(first) is None
    assert sessions.identify(second) is not None


def test_the_database_never_sees_a_token(li: users.User) -> None:
    """Sessions and API tokens are kept as digests only."""
    token, secret = sessions.sign_in("li", GOOD, "", HERE).token, sessions.issue_token("li", "cron", ("read",)).secret
    with database() as connection:
        dump = "\n".join(connection.iterdump())
    assert token not in dump
    assert secret not in dump
    assert GOOD not in dump


def test_a_password_past_its_age_must_be_changed(li: users.User, clock: Callable[[float], None]) -> None:
    """It still signs in, to the page where it is changed."""
    clock((passwords.MAX_AGE_DAYS + 1) * 1440)
    user = sessions.identify(sessions.sign_in("li", GOOD, "", HERE).token)
    assert user is not None
    assert user.one_time


def test_the_second_factor_is_asked_for_and_taken_once(li: users.User, clock: Callable[[float], None]) -> None:
    """Without a code, with a wrong one or with a used one the answer is the same as for a wrong password."""
    secret = passwords.new_secret()
    code = lambda: pyotp.TOTP(secret).at(passwords.now())  # noqa: E731
    account.set_second_factor(li, secret, code())
    clock(1)
    assert "wrong" == sessions.sign_in("li", GOOD, "", HERE).reason
    assert "wrong" == sessions.sign_in("li", GOOD, "000000", HERE).reason
    assert "wrong" == sessions.sign_in("li", "wrong", code(), HERE).reason
    assert "" == sessions.sign_in("li", GOOD, code(), HERE).reason
    assert "wrong" == sessions.sign_in("li", GOOD, code(), HERE).reason


def test_every_outcome_is_audited(li: users.User) -> None:
    """Success with the user, refusals with the name tried, both with the address."""
    fail(1, "mallory", "10.6.6.6")
    row = audit.entries(event="sign-in").row(0, named=True)
    assert ("", "10.6.6.6", "mallory", "refused: wrong") == tuple(
        row[k] for k in ("user", "address", "object", "result")
    )
    sessions.sign_in("li", GOOD, "", HERE)
    row = audit.entries(event="sign-in").row(0, named=True)
    assert ("li", HERE, "ok") == tuple(row[k] for k in ("user", "address", "result"))


def test_an_api_token_has_a_scope_and_an_end(li: users.User, clock: Callable[[float], None]) -> None:
    """It acts with some of the person's rights until its day."""
    secret = sessions.issue_token("li", "nightly", ("read",), days=10).secret
    user = sessions.identify_token(secret)
    assert user is not None
    assert {"read"} == user.rights
    clock(10 * 1440 + 1)
    assert sessions.identify_token(secret) is None
    assert [] == sessions.tokens()


def test_an_api_token_cannot_exceed_its_person(li: users.User) -> None:
    """No right beyond the role, no life beyond a year, no token for nobody."""
    with pytest.raises(InputError, match="has no right to: users"):
        sessions.issue_token("li", "x", ("read", "users"))
    with pytest.raises(InputError, match="needs a scope"):
        sessions.issue_token("li", "x", ())
    with pytest.raises(InputError, match="1 to 366 days"):
        sessions.issue_token("li", "x", ("read",), days=1000)
    with pytest.raises(UnknownName):
        sessions.issue_token("mallory", "x", ("read",))


@pytest.mark.parametrize("role", users.ADMINISTRATORS)
def test_on_the_pages_no_token_acts_as_an_administrator(li: users.User, role: str) -> None:
    """Or the security administrator would read the audit log as another; the command line may."""
    users.add("boss", role)
    by, scope = users.User("zhao", "security", "", users.RIGHTS["security"]), tuple(users.RIGHTS[role])
    with pytest.raises(InputError, match="command line only"):
        sessions.issue_token("boss", "x", scope, by=by)
    assert [] == sessions.tokens()
    assert "boss" == sessions.issue_token("boss", "x", scope).name
    assert ("read",) == sessions.issue_token("li", "x", ("read",), by=by).scope


def test_a_revoked_token_is_dead(li: users.User) -> None:
    """By the key that the list shows."""
    secret = sessions.issue_token("li", "nightly", ("read",)).secret
    assert 1 == sessions.revoke(sessions.tokens()[0].key)
    assert sessions.identify_token(secret) is None
    assert 0 == sessions.revoke("nothing")


def test_open_sessions_are_counted(li: users.User, clock: Callable[[float], None]) -> None:
    """Those that are neither idle nor old."""
    sessions.sign_in("li", GOOD, "", HERE)
    sessions.sign_in("li", GOOD, "", HERE)
    assert 2 <= sessions.active()
    clock(31)
    assert 0 == sessions.active()
