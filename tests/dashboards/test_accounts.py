"""The plain pages as a person uses them: people, roles, tokens, the second factor, both languages."""

import re
from collections.abc import Callable

import httpx
import pyotp

from workbench.operate import audit, passwords, sessions, users

SignedIn = Callable[..., httpx.Client]


def post(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    return client.post(path, data={"_csrf_token": client.headers["x-csrftoken"], **fields})


def test_one_administrator_adds_a_person_and_another_gives_the_role(signed_in: SignedIn) -> None:
    """The one-time password is shown once; the role comes from the security administrator."""
    system, security = signed_in("system"), signed_in("security")
    shown = post(system, "/people/add", name="li", bureau="environment").text
    password = re.search(r"one-time password: ([\w-]{19})", shown)
    assert password is not None
    assert password[1] not in system.get("/people").text
    assert 200 == post(security, "/people/role", name="li", role="forecaster", bureau="environment").status_code
    assert ("forecaster", "environment") == (users.account("li").role, users.account("li").bureau)
    assert "" == sessions.sign_in("li", password[1], "", "127.0.0.1").reason


def test_no_one_becomes_an_administrator_on_the_page(signed_in: SignedIn) -> None:
    """Neither is it offered, nor is it taken."""
    security = signed_in("security")
    users.add("li")
    assert 'value="audit"' not in security.get("/people").text
    answer = post(security, "/people/role", name="li", role="audit", bureau="")
    assert (422, "viewer") == (answer.status_code, users.account("li").role)


def test_a_token_is_issued_shown_once_and_revoked(signed_in: SignedIn) -> None:
    """It works until it is revoked."""
    security = signed_in("security")
    users.add("robot", "analyst")
    shown = post(security, "/people/token", name="robot", title="nightly", scope="read jobs", days="30").text
    secret = re.search(r"wbt_[\w-]{43}", shown)
    assert secret is not None
    assert secret[0] not in security.get("/people").text
    headers = {"authorization": f"Bearer {secret[0]}"}
    assert ["jobs", "read"] == httpx.get(f"{security.base_url}/api/v1/me", headers=headers).json()["rights"]
    post(security, "/people/revoke", key=sessions.tokens()[0].key)
    assert 401 == httpx.get(f"{security.base_url}/api/v1/me", headers=headers).status_code
    assert 422 == post(security, "/people/token", name="robot", title="x", scope="read", days="soon").status_code


def test_a_locked_person_is_shown_and_unlocked(signed_in: SignedIn) -> None:
    """The button appears only where there is a lock."""
    security = signed_in("security")
    users.add("li")
    assert "/people/unlock" not in security.get("/people").text
    for _ in range(5):
        sessions.sign_in("li", "wrong", "", "10.0.0.9")
    assert "/people/unlock" in security.get("/people").text
    post(security, "/people/unlock", name="li")
    assert "one-time password" == users.account("li").state


def test_the_second_factor_is_turned_on_from_the_page(signed_in: SignedIn) -> None:
    """The key on the page, a code from it, and from then on it is asked for."""
    viewer = signed_in("viewer")
    secret = re.search(r'name="secret" type="hidden" value="(\w+)"|value="(\w{32})"', viewer.get("/account").text)
    assert secret is not None
    key = secret[1] or secret[2]
    assert 422 == post(viewer, "/account/factor", secret=key, code="000000x").status_code
    assert 200 == post(viewer, "/account/factor", secret=key, code=pyotp.TOTP(key).at(passwords.now())).status_code
    assert users.account("viewer-1").second_factor
    assert "wrong" == sessions.sign_in("viewer-1", "Orange-2026-grove", "", "127.0.0.1").reason


def test_two_different_new_passwords_change_nothing(signed_in: SignedIn) -> None:
    """A slip of the finger locks nobody out."""
    viewer = signed_in("viewer")
    answer = post(viewer, "/account/password", old="Orange-2026-grove", new="Another-2026-a", again="Another-2026-b")
    assert 422 == answer.status_code
    assert "" == sessions.sign_in("viewer-1", "Orange-2026-grove", "", "127.0.0.1").reason


def test_the_pages_speak_both_languages(signed_in: SignedIn) -> None:
    """No Chinese is left on an English page but the names of people."""
    system, auditor = signed_in("system"), signed_in("audit")
    for client, paths in ((system, ("/account", "/people", "/docs")), (auditor, ("/audit",))):
        answer = client.get("/language/en?next=/account")
        assert "/account" == answer.headers["location"]
        for path in paths:
            text = client.get(path).text
            assert '<html lang="en">' in text
            left = set(re.findall(r"[\u4e00-\u9fff]+", text)) - {"中文"}
            assert not left, (path, left)


def test_the_log_is_filtered_by_an_event_of_the_list(signed_in: SignedIn) -> None:
    """The list offers what has happened, and a failed try is not told as done."""
    viewer, auditor = signed_in("viewer"), signed_in("audit")
    post(viewer, "/account/password", old="wrong", new="Another-2026-a", again="Another-2026-a")
    page = auditor.get("/audit?event=password+change").text
    assert re.search(r'<option value="password change" selected', page)
    assert "refused: wrong old password" in page
    assert "<td>user added</td>" not in page


def test_the_exported_log_proves_itself_elsewhere(signed_in: SignedIn) -> None:
    """Whoever has the CSV can compute the digests again; the export is in the log."""
    import csv
    import io

    auditor = signed_in("audit")
    rows = list(csv.DictReader(io.StringIO(auditor.get("/audit/export").text.lstrip("\ufeff"))))[::-1]
    assert 3 <= len(rows)
    previous = ""
    for row in rows:
        previous = audit.digest(previous, tuple(row[name] for name in audit.FIELDS))
        assert previous == row["digest"]
    assert "export" == audit.entries()["event"][0]
