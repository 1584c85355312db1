"""People, roles and bureaus."""

from pathlib import Path

import pytest

from workbench.errors import InputError, UnknownName
from workbench.operate import audit, sessions, users
from workbench.operate.users import ADMINISTRATORS, RIGHTS, User

pytestmark = pytest.mark.usefixtures("cheap_hashing")


def admin(role: str) -> User:
    return User(f"the-{role}", role, "", RIGHTS[role])


def test_the_first_start_makes_three_administrators_and_prints_one_password_once(home: Path) -> None:
    """`admin` can sign in; the other two wait for whoever runs the machine. A second start prints nothing."""
    password = users.first_admin()
    assert "" == users.first_admin()
    states = {one.name: (one.role, one.state) for one in users.everyone()}
    assert states == {
        "admin": ("system", "one-time password"),
        "security": ("security", "no password"),
        "audit": ("audit", "no password"),
    }
    assert "" == sessions.sign_in("admin", password, "", "127.0.0.1").reason
    assert "wrong" == sessions.sign_in("security", "", "", "127.0.0.1").reason


def test_the_administrators_exclude_one_another() -> None:
    """A person has one role, and no administrator's duty appears in another role."""
    duties = {"system": {"users"}, "security": {"roles", "tokens"}, "audit": {"audit"}}
    for role, own in duties.items():
        others = [rights for name, rights in RIGHTS.items() if name != role]
        assert own <= RIGHTS[role]
        assert not any(own & rights for rights in others)


def test_every_role_has_its_words_in_both_languages() -> None:
    """Roles are listed twice: what they may do and what they are called."""
    assert set(RIGHTS) == set(users.ROLES)


@pytest.mark.parametrize("name", ["", "x", "a" * 41, "li wei", "<script>", "li\n", "../li"])
def test_an_impossible_name_is_refused(home: Path, name: str) -> None:
    """Names are 2 to 40 letters, digits and . _ @ -."""
    with pytest.raises(InputError, match="cannot be a user name"):
        users.add(name)


def test_a_person_is_added_once_and_whatever_the_case(home: Path) -> None:
    """Chinese names are welcome; `Li` and `li` are one."""
    invited = users.add("李伟", "forecaster", "environment")
    assert invited.password in invited.sentence()
    users.add("Li")
    with pytest.raises(InputError, match="already a user 'li'"):
        users.add("li")


def test_unknown_roles_bureaus_and_people_are_named_with_the_nearest(home: Path) -> None:
    """A slip of the pen says what was meant."""
    users.add("wang")
    with pytest.raises(UnknownName, match="did you mean 'viewer'"):
        users.add("li", "viewr")
    with pytest.raises(UnknownName, match="did you mean 'environment'"):
        users.add("li", "viewer", "enviroment")
    with pytest.raises(UnknownName, match="did you mean 'wang'"):
        users.reset("wnag")


def test_a_right_counts_for_the_own_bureau_or_the_whole_county() -> None:
    """Somebody without a bureau works for all; somebody with one for that one."""
    own, all_ = User("a", "analyst", "environment", RIGHTS["analyst"]), User("b", "analyst", "", RIGHTS["analyst"])
    assert own.may("ingest", "environment")
    assert own.may("ingest")
    assert not own.may("ingest", "agriculture")
    assert all_.may("ingest", "agriculture")
    assert not all_.may("revise")


def test_a_new_role_ends_sessions_and_tokens_with_the_old_rights(home: Path) -> None:
    """What was opened as an analyst does not live on as a viewer."""
    users.add("li", "analyst")
    token = sessions.open_session("li", "127.0.0.1")
    secret = sessions.issue_token("li", "nightly", ("ingest",)).secret
    users.set_role("li", "viewer", "environment")
    assert sessions.identify(token) is None
    assert sessions.identify_token(secret) is None
    assert ("viewer", "environment") == (users.account("li").role, users.account("li").bureau)


def test_a_closed_account_is_out_at_once_and_can_be_opened_again(home: Path) -> None:
    """Disabling ends the session; the name stays, since the audit log names it."""
    invited = users.add("li")
    token = sessions.open_session("li", "127.0.0.1")
    assert "disabled" == users.disable("li").state
    assert sessions.identify(token) is None
    assert "wrong" == sessions.sign_in("li", invited.password, "", "127.0.0.1").reason
    users.disable("li", disabled=False)
    assert "" == sessions.sign_in("li", invited.password, "", "127.0.0.1").reason


def test_a_reset_gives_a_new_one_time_password(home: Path) -> None:
    """The old one is dead, sessions and tokens end, the new one must be changed."""
    old = users.add("li")
    token, secret = sessions.open_session("li", "127.0.0.1"), sessions.issue_token("li", "nightly", ("read",)).secret
    new = users.reset("li")
    assert sessions.identify(token) is None
    assert sessions.identify_token(secret) is None
    assert "wrong" == sessions.sign_in("li", old.password, "", "127.0.0.1").reason
    fresh = sessions.identify(sessions.sign_in("li", new.password, "", "127.0.0.1").token)
    assert fresh is not None
    assert fresh.one_time


@pytest.mark.parametrize("role", ADMINISTRATORS)
def test_on_the_pages_no_administrator_is_touched_or_made(home: Path, role: str) -> None:
    """Neither reset, closed nor given another role; and nobody is made one. The command line may."""
    users.add("boss", role)
    users.add("li")
    by = admin("security")
    with pytest.raises(InputError, match="command line only"):
        users.reset("boss", by)
    with pytest.raises(InputError, match="command line only"):
        users.disable("boss", by=admin("system"))
    with pytest.raises(InputError, match="command line only"):
        users.set_role("boss", "viewer", by=by)
    with pytest.raises(InputError, match="command line only"):
        users.set_role("li", role, by=by)
    assert role == users.set_role("li", role).role


def test_every_change_of_an_account_is_audited_with_who_did_it(home: Path) -> None:
    """Added, role set, unlocked, reset, disabled, enabled: six entries by name."""
    by = User("zhao", "security", "", RIGHTS["security"], address="10.0.0.5")
    users.add("li", by=by)
    users.set_role("li", "analyst", by=by)
    users.unlock("li", by)
    users.reset("li", by)
    users.disable("li", by=by)
    users.disable("li", False, by)
    seen = audit.entries(user="zhao")
    expected = ["user added", "role set", "unlocked", "password reset", "disabled", "enabled"]
    assert expected == seen["event"].reverse().to_list()
    assert {"10.0.0.5"} == set(seen["address"])


def test_no_password_is_stored_or_logged_as_text(home: Path) -> None:
    """The file of the home holds hashes only."""
    from workbench.operate.database import location

    password = users.add("li").password
    sessions.sign_in("li", password, "", "127.0.0.1")
    stored = b"".join(file.read_bytes() for file in home.glob("workbench.sqlite*"))
    assert password.encode() not in stored
    assert 0o600 == location().stat().st_mode & 0o777
