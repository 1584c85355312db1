"""Who may pass: plain ASGI in front of everything, over http and websocket.

`Gate` finds out who asks (session cookie or bearer token), keeps strangers, forged requests and people without the
right out, and puts the security headers on every answer. Whatever is not named `OPEN` needs a sign-in; whatever is not
one of the routes that check a right of their own (`OWN`) is a screen and needs the right to read.

Pages ask `current_user()` and call `require("revise", bureau)` before they change anything.
"""

import asyncio
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards.metrics import METER
from dashboards.problems import answer, problem
from workbench.errors import Refused
from workbench.operate import audit, sessions
from workbench.operate.users import User

COOKIE = "workbench_session"
CSRF_COOKIE, CSRF_HEADER = "_csrf_token", "x-csrftoken"
OPEN = ("/sign-in", "/healthz", "/assets", "/fonts", "/_favicon.ico", "/language")
OWN = (*OPEN, "/sign-out", "/account", "/people", "/audit", "/api", "/docs", "/metrics")
PROGRAMS = ("/api", "/docs", "/metrics", "/healthz")  # all that a bearer token opens; the rest is for people
SAFE = ("GET", "HEAD", "OPTIONS")
LARGEST = 100_000_000
SMALL = 100_000

NOBODY = User("", "")
_user: ContextVar[User] = ContextVar("user", default=NOBODY)
_language: ContextVar[str] = ContextVar("language", default="zh")
_scheme: ContextVar[str] = ContextVar("scheme", default="light")


def under(path: str, roots: tuple[str, ...]) -> bool:
    """True where the path is one of the roots or below one.

    >>> under("/api/v1/tasks", ("/api",)), under("/apiary", ("/api",))
    (True, False)
    """
    return any(path == root or path.startswith(root + "/") for root in roots)


def current_user() -> User:
    """Who asks; `NOBODY` (no name, no rights) outside a request."""
    return _user.get()


def current_language() -> str:
    """The reader's language, `zh` or `en`: the `language` cookie, Chinese by default."""
    return _language.get()


def current_scheme() -> str:
    """`light` or `dark`: the `scheme` cookie that `assets/prelude.js` keeps, light by default."""
    return _scheme.get()


def read_as(user: User, language: str, scheme: str) -> None:
    """Whoever asks next in this context is that reader."""
    _user.set(user)
    _language.set(language)
    _scheme.set(scheme)


def require(right: str, bureau: str = "") -> User:
    """The current user, or Refused where the right (for that bureau) is missing; a refusal is audited."""
    user = current_user()
    if not user.may(right, bureau):
        note("refused", f"{right} {bureau}".strip(), "refused")
        whom = f"'{user.name}' ({user.role}{', ' + user.bureau if user.bureau else ''})" if user.name else "nobody"
        raise Refused(
            f"没有此项权限 {whom} may not {right}{' for ' + bureau if bureau else ''}",
            "角色和部门由安全管理员授予 the security administrator gives roles and bureaus",
        )
    return user


def note(event: str, object: str = "", result: str = "ok") -> None:
    """Keep in the audit log what the current user did."""
    user = current_user()
    audit.record(event, object, result, user.name, user.address)


def right(*names: str) -> Any:
    """A route's right, or several of which one will do, written in its decorator: `dependencies=[right("read")]`."""

    def check() -> None:
        user = current_user()
        require(next((name for name in names if user.may(name)), names[0]))

    check.rights = names  # type: ignore[attr-defined]
    return Depends(check)


def anyone() -> None:
    """Said of a route that needs a sign-in but no right, or (in `OPEN`) not even that."""


def home_of(user: User) -> str:
    """Where a person lands after signing in."""
    return "/" if user.may("read") else "/audit" if user.may("audit") else "/people"


class Gate:
    """The ASGI middleware."""

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self.app = app
        self.policy = policy  # the content security policy
        self.keepers = ThreadPoolExecutor(4, "gate")  # threads of its own: nobody waits here behind a slow page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        cookies = SimpleCookie(headers.get("cookie", ""))
        address = scope["client"][0] if scope.get("client") else ""
        user = await asyncio.get_running_loop().run_in_executor(self.keepers, identify, headers, cookies, address)
        if scope["type"] == "websocket":
            program = "authorization" in headers
            if program or user is None or not user.may("read") or user.one_time or foreign(headers):
                return await send({"type": "websocket.close", "code": 4401, "reason": "sign in first"})
            return await self.enter(scope, receive, send, user, cookies)
        dressed = self.dress(scope, send)
        refusal = refuse(scope, headers, user)
        if refusal is not None:
            return await refusal(scope, receive, dressed)
        return await self.enter(scope, receive, dressed, user, cookies)

    async def enter(self, scope: Scope, receive: Receive, send: Send, user: User | None, cookies: SimpleCookie) -> None:
        """Call what is inside, with the user and the language in context."""
        language, scheme = (cookies[name].value if name in cookies else "" for name in ("language", "scheme"))
        before = current_user(), current_language(), current_scheme()
        read_as(user or NOBODY, "en" if language == "en" else "zh", "dark" if scheme == "dark" else "light")
        try:
            await self.app(scope, receive, send)
        finally:
            read_as(*before)

    def dress(self, scope: Scope, send: Send) -> Send:
        """Put the security headers on the answer, and count it."""
        start = time.perf_counter()
        path = scope["path"]

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["content-security-policy"] = self.policy
                headers["x-content-type-options"] = "nosniff"
                headers["x-frame-options"] = "DENY"
                headers["referrer-policy"] = "same-origin"
                headers["cross-origin-opener-policy"] = "same-origin"
                if scope["scheme"] == "https":
                    headers["strict-transport-security"] = "max-age=31536000"
                if "cache-control" not in headers:
                    headers["cache-control"] = "no-cache" if path.startswith("/assets/") else "no-store"
                METER.count(path, message["status"], time.perf_counter() - start)
            await send(message)

        return dressed


def identify(headers: Headers, cookies: SimpleCookie, address: str) -> User | None:
    """Who asks: the bearer token if there is one, else the session cookie."""
    bearer = headers.get("authorization", "")
    if bearer:
        kind, _, secret = bearer.partition(" ")
        return sessions.identify_token(secret.strip(), address) if kind.lower() == "bearer" else None
    return sessions.identify(cookies[COOKIE].value, address) if COOKIE in cookies else None


def foreign(headers: Headers) -> bool:
    """True where a browser says that another site made it ask."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site not in ("same-origin", "none")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def refuse(scope: Scope, headers: Headers, user: User | None) -> Response | None:
    """The answer to a request that may not pass, None where it may."""
    path, unsafe = scope["path"], scope["method"] not in SAFE
    unclear = "transfer-encoding" in headers and "content-length" not in headers
    said = headers.get("content-length", "0")
    length = int(said) if said.isdigit() else LARGEST + 1
    if unclear or length > (LARGEST if user else SMALL):
        return problem(411 if unclear else 413, "the body is too large, or its length is not said")
    if unsafe and foreign(headers):
        return problem(403, "another site asked for this", "open the page itself and try again")
    if "authorization" in headers and not under(path, PROGRAMS):
        return problem(403, "a token is for programs", f"it opens {', '.join(PROGRAMS)}; people sign in")
    if under(path, OPEN):
        return None
    if user is None:
        return stranger(scope, headers)
    machine = path.startswith(("/api/", "/_"))
    if unsafe and machine and user.csrf and not secrets.compare_digest(headers.get(CSRF_HEADER, ""), user.csrf):
        return problem(403, "the request does not carry the session's token", f"send it as {CSRF_HEADER}")
    if user.one_time and not under(path, ("/account", "/sign-out")):
        return (
            problem(403, "change the password first", "at /account") if machine else RedirectResponse("/account", 303)
        )
    if not under(path, OWN) and not user.may("read"):
        return (
            RedirectResponse(home_of(user), 303)
            if path == "/"
            else answer(Request(scope), 403, "此角色不查看业务页面 this role does not read the screens")
        )
    return None


def stranger(scope: Scope, headers: Headers) -> Response:
    """The answer to one who has not signed in: to the sign-in page, or 401 where no person is reading."""
    path = scope["path"]
    if scope["method"] not in SAFE or path.startswith(("/api/", "/_", "/metrics")):
        return problem(401, "sign in first", "with a session, or 'Authorization: Bearer <token>'")
    if headers.get("sec-fetch-site") == "cross-site":  # a link from elsewhere: a strict cookie comes with a second step
        return HTMLResponse('<!doctype html><meta http-equiv="refresh" content="0">')
    query = f"?{scope['query_string'].decode()}" if scope["query_string"] else ""
    return RedirectResponse(f"/sign-in?next={quote(path + query)}", 303)


def set_cookies(response: Response, request: Request, token: str, csrf: str) -> None:
    """Put the session and its token for forged-request protection into the browser."""
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=secure)
    response.set_cookie(CSRF_COOKIE, csrf, samesite="strict", secure=secure)


def drop_cookies(response: Response) -> None:
    """Take them out again."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    response.delete_cookie(CSRF_COOKIE, samesite="strict")
