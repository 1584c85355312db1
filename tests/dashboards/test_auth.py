"""Who may pass: every route for every role, forged requests, sessions, headers."""

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from fastapi.routing import APIRoute

from dashboards import auth
from dashboards.app import create_app
from workbench.errors import Refused
from workbench.operate import audit, passwords, sessions, users
from workbench.operate.users import RIGHTS

SignedIn = Callable[..., httpx.Client]

FILLED = {
    "task": "air_daily", "table": "air_daily", "name": "air_daily", "domain_name": "air", "product": "outlook",
    "action": "unlock", "code": "en", "path": "nowhere/at/all", "package_name": "dash",
    "fingerprinted_path": "nothing.js", "station": "S5001", "kind": "bulletin", "part": "flow",
}  # fmt: skip
SLOW = ("/fonts/sans.woff2",)  # open to all; cutting the face takes seconds and has a test of its own


def routes() -> Iterator[APIRoute]:
    """Every http route of the server, whoever made it."""
    for one in create_app().routes:
        inner = one.original_router.routes if hasattr(one, "original_router") else [one]
        yield from (route for route in inner if isinstance(route, APIRoute) and route.path not in SLOW)


def dependencies(route: APIRoute) -> list[Any]:
    return [one.call for one in route.dependant.dependencies]


def needed(route: APIRoute) -> tuple[str, ...] | None:
    """The rights of which a route needs one; () = only a sign-in; None = not even that."""
    if auth.under(route.path, auth.OPEN):
        return None
    if not auth.under(route.path, auth.OWN):
        return ("read",)
    return next((call.rights for call in dependencies(route) if hasattr(call, "rights")), ())


def asked(route: APIRoute) -> list[tuple[str, str]]:
    path = re.sub(r"{(\w+)(:path)?}", lambda found: FILLED[found[1]], route.path)
    return [(method, path) for method in sorted(route.methods)]


def call(client: httpx.Client, method: str, path: str) -> httpx.Response:
    """Ask with a body of the right kind that changes nothing."""
    if method == "GET":
        return client.get(path)
    if path.startswith("/api/"):
        return client.request(method, path, json={"name": "air_daily", "action": "revise"})
    if path == "/_dash-update-component":
        return client.post(path, json={"output": "nothing.children", "inputs": [], "changedPropIds": []})
    return client.request(method, path, data={"_csrf_token": client.cookies.get("_csrf_token", "")})


def test_no_route_forgets_to_say_who_may_use_it() -> None:
    """Each route outside the screens names a right, or says in so many words that it needs none."""
    own = [route for route in routes() if auth.under(route.path, auth.OWN) and not route.path.startswith("/_")]
    assert 20 < len(own)
    silent = [r.path for r in own if needed(r) in ((), None) and auth.anyone not in dependencies(r)]
    assert [] == silent


@pytest.mark.parametrize("role", sorted(RIGHTS))
def test_every_route_answers_the_role_rightly(signed_in: SignedIn, role: str) -> None:
    """Who has the right is let in (whatever becomes of an empty request), who has not is refused, none gets a fault."""
    client = signed_in(role)
    wrong = []
    for route in routes():
        rights = needed(route)
        may = not rights or any(right in RIGHTS[role] for right in rights)
        for method, path in asked(route):
            if path in ("/sign-in", "/sign-out"):
                continue
            status = call(client, method, path).status_code
            turned_away = 303 if path == "/" else 403
            faults = () if path == "/_dash-update-component" else (500,)  # an unknown callback is a fault with a number
            fits = status not in (401, 403, *faults) if may else status == turned_away
            if not fits and not (may and path.startswith("/people/") and status == 403):
                wrong.append((method, path, status, f"may: {may}"))
    assert [] == wrong


def test_a_stranger_is_sent_to_the_sign_in_or_told_401(stranger: httpx.Client) -> None:
    """Every route but the open ones."""
    wrong = []
    for route in routes():
        for method, path in asked(route):
            answer = call(stranger, method, path)
            sent = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?next=")
            if (needed(route) is None) == (sent or answer.status_code == 401) and path != "/sign-in":
                wrong.append((method, path, answer.status_code))
    assert [] == wrong


def test_a_page_that_does_not_exist_is_closed_to_strangers_too(stranger: httpx.Client) -> None:
    """Nothing tells a stranger which pages there are, and look-alikes of open paths are not open."""
    for path in ("/environment", "/nothing", "/sign-in-not", "/assetsx", "/apiary"):
        assert "/sign-in" in stranger.get(path).headers["location"]


@pytest.mark.parametrize("action", ["add", "disable", "enable", "role", "reset", "unlock", "token", "revoke"])
def test_the_two_administrators_share_no_action(signed_in: SignedIn, action: str) -> None:
    """What the system administrator may do the security administrator may not, and the other way round."""
    statuses = []
    for role in ("system", "security"):
        client = signed_in(role)
        form = {"_csrf_token": client.headers["x-csrftoken"], "name": "li", "role": "viewer"}
        statuses.append(client.post(f"/people/{action}", data=form).status_code)
    assert 1 == statuses.count(403)


def test_the_audit_administrator_reads_the_log_and_nothing_else(signed_in: SignedIn) -> None:
    """The page and its export; everything else is closed."""
    client = signed_in("audit")
    assert "audit log unbroken" in client.get("/audit").text
    assert client.get("/audit/export").text.startswith("\ufeffnumber,at,user")
    assert "/audit" == client.get("/").headers["location"]


def test_a_one_time_password_opens_nothing_but_the_account(stranger: httpx.Client) -> None:
    """Pages lead to the account, the API refuses, until the password is changed."""
    first = users.add("li").password
    stranger.post("/sign-in", data={"name": "li", "password": first})
    assert "/account" == stranger.get("/environment").headers["location"]
    assert 403 == stranger.get("/api/v1/tasks").status_code
    assert 200 == stranger.get("/account").status_code


def test_an_address_beyond_this_server_is_not_followed_after_signing_in(stranger: httpx.Client) -> None:
    """`next` is an address of our own or nothing."""
    password = users.add("li").password
    for bad in ("//evil.example", "https://evil.example", "/\\evil.example"):
        answer = stranger.post("/sign-in", data={"name": "li", "password": password, "next": bad})
        assert "/" == answer.headers["location"]
    answer = stranger.post("/sign-in", data={"name": "li", "password": password, "next": "/environment?day=1"})
    assert "/environment?day=1" == answer.headers["location"]


def test_cookies_are_strict_and_the_session_is_out_of_reach_of_scripts(stranger: httpx.Client) -> None:
    """HttpOnly and SameSite=Strict; the forged-request token is for scripts to read."""
    answer = stranger.post("/sign-in", data={"name": "li", "password": users.add("li").password})
    session, csrf = answer.headers.get_list("set-cookie")
    assert re.fullmatch(r"workbench_session=[\w-]{43}; HttpOnly; Path=/; SameSite=strict", session)
    assert re.fullmatch(r"_csrf_token=[\w-]{22}; Path=/; SameSite=strict", csrf)


def test_signing_out_kills_the_session_on_the_server(signed_in: SignedIn) -> None:
    """A kept cookie is worth nothing afterwards."""
    client = signed_in("viewer")
    kept = client.cookies["workbench_session"]
    client.post("/sign-out", data={"_csrf_token": client.headers["x-csrftoken"]})
    assert sessions.identify(kept) is None
    client.cookies["workbench_session"] = kept
    assert 303 == client.get("/").status_code


@pytest.mark.parametrize("path", ["/_dash-update-component", "/api/v1/status", "/api/v1/tables/air_daily/ingest"])
def test_a_request_without_the_session_token_is_refused(signed_in: SignedIn, path: str) -> None:
    """A cookie alone changes nothing; a wrong token neither."""
    client = signed_in("forecaster")
    del client.headers["x-csrftoken"]
    assert "token" in client.post(path, json={}).json()["detail"]
    assert 403 == client.post(path, json={}, headers={"x-csrftoken": "guess"}).status_code


@pytest.mark.parametrize("path", ["/account/password", "/account/factor", "/people/add", "/sign-out"])
def test_a_form_without_the_session_token_is_refused(signed_in: SignedIn, path: str) -> None:
    """Forms carry it in a field."""
    client = signed_in("system")
    assert 403 == client.post(path, data={"name": "mallory"}).status_code
    assert 403 == client.post(path, data={"name": "mallory", "_csrf_token": "guess"}).status_code


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "null"},
    ],
)
def test_another_site_cannot_make_a_browser_act(signed_in: SignedIn, headers: dict[str, str]) -> None:
    """Not even with the right token, and not even to sign in as somebody else."""
    client = signed_in("forecaster")
    assert "another site" in client.post("/api/v1/status", json={}, headers=headers).json()["detail"]
    assert 403 == client.post("/sign-in", data={"name": "a", "password": "b"}, headers=headers).status_code


def test_the_own_origin_may_act(signed_in: SignedIn, address: str) -> None:
    """The same host in Origin passes (and then the request is looked at)."""
    answer = signed_in("forecaster").post("/api/v1/status", json={}, headers={"origin": address})
    assert 422 == answer.status_code


def test_a_link_from_elsewhere_gets_its_strict_cookie_on_a_second_step(stranger: httpx.Client) -> None:
    """The first answer reloads the address from our own side."""
    answer = stranger.get("/environment?day=1", headers={"sec-fetch-site": "cross-site"})
    assert 200 == answer.status_code
    assert '<meta http-equiv="refresh" content="0">' in answer.text


def test_a_bearer_token_needs_no_cookie_and_keeps_to_its_scope(stranger: httpx.Client) -> None:
    """Reading works, ingesting does not; a wrong token is a stranger, whatever cookie comes with it."""
    users.add("li", "analyst")
    secret = sessions.issue_token("li", "nightly", ("read",)).secret
    headers = {"authorization": f"Bearer {secret}"}
    assert ["read"] == stranger.get("/api/v1/me", headers=headers).json()["rights"]
    refused = stranger.post("/api/v1/tables/air_daily/ingest", headers=headers, files={"file": b""})
    assert 403 == refused.status_code
    assert 401 == stranger.get("/api/v1/me", headers={"authorization": "Bearer wbt_wrong"}).status_code
    assert 401 == stranger.get("/api/v1/me", headers={"authorization": f"Basic {secret}"}).status_code


@pytest.mark.parametrize("path", ["/account", "/account/factor", "/account/password", "/sign-out", "/", "/people"])
def test_a_bearer_token_opens_nothing_that_is_for_people(stranger: httpx.Client, path: str) -> None:
    """A token read from a script's configuration cannot take the account over."""
    users.add("li", "viewer")
    headers = {"authorization": f"Bearer {sessions.issue_token('li', 'nightly', ('read',)).secret}"}
    assert 403 == stranger.get(path, headers=headers).status_code
    secret = passwords.new_secret()
    fields = {"_csrf_token": "", "secret": secret, "code": pyotp.TOTP(secret).at(passwords.now())}
    assert 403 == stranger.post(path, headers=headers, data=fields).status_code
    assert not users.account("li").second_factor


@pytest.mark.parametrize("path", ["/docs", "/healthz", "/api/v1/tasks"])
def test_a_bearer_token_opens_what_is_for_programs(stranger: httpx.Client, path: str) -> None:
    """The API, its description and the state of the server."""
    users.add("li", "viewer")
    headers = {"authorization": f"Bearer {sessions.issue_token('li', 'nightly', ('read',)).secret}"}
    assert 200 == stranger.get(path, headers=headers).status_code


def test_a_form_is_not_taken_from_one_who_has_no_session_token() -> None:
    """Nothing equals nothing, but it proves nothing."""
    from starlette.requests import Request

    from dashboards.accounts.html import submitted

    async def body() -> Any:
        return {"type": "http.request", "body": b"_csrf_token=&code=1"}

    form = [(b"content-type", b"application/x-www-form-urlencoded")]
    with pytest.raises(Refused, match="session's token"):
        asyncio.run(submitted(Request({"type": "http", "method": "POST", "headers": form}, body)))


def test_every_answer_carries_the_security_headers(signed_in: SignedIn, stranger: httpx.Client) -> None:
    """Pages, API, refusals and errors alike; scripts only of our own and by hash, no framing, nothing kept."""
    client = signed_in("viewer")
    for answer in (
        client.get("/"),
        client.get("/api/v1/me"),
        client.get("/api/v1/no"),
        stranger.get("/"),
        stranger.get("/sign-in"),
    ):
        rules = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
        assert "'none'" == rules["frame-ancestors"] == rules["base-uri"] == rules["object-src"]
        assert re.fullmatch(r"'self'( 'sha256-[\w+/=]+')+", rules["script-src"])
        assert "nosniff" == answer.headers["x-content-type-options"]
        assert "same-origin" == answer.headers["referrer-policy"]
        assert "no-store" == answer.headers["cache-control"]


def test_every_inline_script_of_a_page_is_allowed_by_its_hash(signed_in: SignedIn) -> None:
    """Otherwise the browser would show an empty page."""
    import base64
    import hashlib

    answer = signed_in("viewer").get("/")
    scripts = re.findall(
        r"<script(?: id=\"_dash-renderer\" type=\"application/javascript\")?>(.*?)</script>", answer.text, re.S
    )
    scripts = [text for text in scripts if "Internet Explorer" not in text]
    assert 2 <= len(scripts)
    for text in scripts:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]


def test_no_page_names_an_address_elsewhere(signed_in: SignedIn) -> None:
    """Scripts, styles, pictures: all from this server."""
    client = signed_in("system")
    for path in ("/", "/account", "/people", "/docs", "/sign-in"):
        assert [] == re.findall(r"(?:src|href)=\"(?:https?:)?//[^\"]+", client.get(path).text)


def test_a_body_too_large_or_of_unsaid_length_is_refused(signed_in: SignedIn, stranger: httpx.Client) -> None:
    """A stranger may send a form, not a flood."""
    assert 413 == stranger.post("/sign-in", content=b"x" * 200_000).status_code
    assert 411 == signed_in("analyst").post("/api/v1/status", content=iter([b"x"])).status_code


def test_the_sixth_failure_on_the_page_says_locked(stranger: httpx.Client) -> None:
    """In the reader's language, with a status that says so."""
    users.add("li")
    for _ in range(5):
        assert "用户名、口令或动态口令不正确" in stranger.post("/sign-in", data={"name": "li", "password": "x"}).text
    stranger.cookies["language"] = "en"
    answer = stranger.post("/sign-in", data={"name": "li", "password": "x"})
    assert 401 == answer.status_code
    assert "locked for 15 minutes" in answer.text


def test_what_a_person_types_is_never_markup(stranger: httpx.Client, signed_in: SignedIn) -> None:
    """On the sign-in page and in the audit log."""
    bad = '"><script>alert(1)</script>'
    answer = stranger.post("/sign-in", data={"name": bad, "password": "x", "next": bad})
    assert "<script" not in answer.text
    assert "<script" not in signed_in("audit").get("/audit").text


def test_a_refusal_is_audited(signed_in: SignedIn) -> None:
    """Who tried what."""
    signed_in("viewer").get("/people")
    row = audit.entries(event="refused").row(0, named=True)
    assert ("viewer-1", "users", "refused") == (row["user"], row["object"], row["result"])


def shake(*headers: tuple[str, str]) -> str:
    """Offer a websocket to the gate; what comes back: `accept` from inside, or `4401` from the gate."""

    async def inside(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept", "user": auth.current_user().name})

    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    raw = [(name.encode(), value.encode()) for name, value in (("host", "county.example"), *headers)]
    scope = {"type": "websocket", "path": "/_dash-ws-callback", "headers": raw, "client": ("10.0.0.7", 1)}
    asyncio.run(auth.Gate(inside, "")(scope, None, send))  # type: ignore[arg-type]
    return str(said[0].get("user") or said[0]["code"])


def test_a_websocket_is_open_only_to_readers_from_our_own_pages(signed_in: SignedIn) -> None:
    """Not to strangers, not to who may not read, not from another site."""
    viewer, security = (
        ("cookie", f"workbench_session={signed_in(r).cookies['workbench_session']}") for r in ("viewer", "security")
    )
    assert "viewer-1" == shake(viewer, ("origin", "https://county.example"))
    assert "4401" == shake(("origin", "https://county.example"))
    assert "4401" == shake(security, ("origin", "https://county.example"))
    assert "4401" == shake(viewer, ("origin", "https://evil.example"))
    secret = sessions.issue_token("viewer-1", "nightly", ("read",)).secret
    assert "4401" == shake(("authorization", f"Bearer {secret}"))


def test_current_user_is_nobody_outside_a_request(home: Path) -> None:
    """Pages built in tests or jobs have no rights by accident."""
    assert auth.NOBODY == auth.current_user()
    assert not auth.current_user().may("read")
