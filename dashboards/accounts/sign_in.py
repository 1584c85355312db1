"""Signing in and out, and the choice of language."""

import asyncio

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboards import auth
from dashboards.accounts.html import field, form, notice, page, say, submitted, tag
from workbench.operate import sessions

router = APIRouter(include_in_schema=False, dependencies=[Depends(auth.anyone)])

REASONS = {
    "wrong": ("用户名、口令或动态口令不正确", "name, password or code is wrong"),
    "locked": (
        f"连续失败 {sessions.NAME_FAILURES} 次，账户已锁定 {sessions.WINDOW // 60} 分钟；安全管理员可解锁",
        f"{sessions.NAME_FAILURES} failures: locked for {sessions.WINDOW // 60} minutes; administrators can unlock",
    ),
    "busy": ("此地址失败次数过多，请稍后再试", "too many failures from this address, try again later"),
}


def local(address: str) -> str:
    """An address on this server, "/" for anything else.

    >>> local("/environment?day=1"), local("//elsewhere.example"), local("https://elsewhere.example")
    ('/environment?day=1', '/', '/')
    """
    odd = not address.startswith("/") or address[1:2] in ("/", "\\") or any(ord(c) < 32 for c in address)
    return "/" if odd else address


def asking(next: str, reason: str = "", name: str = "") -> HTMLResponse:
    """The sign-in page."""
    code = field(say("动态口令（已启用者填写）", "One-time code (if you use one)"), "code", inputmode="numeric",
                 autocomplete="one-time-code", maxlength=10)  # fmt: skip
    body = form(
        "/sign-in",
        tag("input", type="hidden", name="next", value=local(next)),
        field(
            say("用户名", "User name"), "name", value=name, autocomplete="username", required=True, autofocus=not name
        ),
        field(say("口令", "Password"), "password", "password", autocomplete="current-password", required=True),
        code,
        button=say("登录", "Sign in"),
        cls="card",
    )
    first = say(
        "首次启动时终端会打印用户 admin 的一次性口令；忘记口令请联系安全管理员。",
        "The first start prints a one-time password for the user admin on the terminal; if you forgot yours, ask the "
        "security administrator.",
    )
    status = {"": 200, "busy": 429}.get(reason, 401)
    words = say(*REASONS[reason]) if reason else ""
    return page("/sign-in", say("登录", "Sign in"), notice(words), body, tag("p", first, cls="small"), status=status)


@router.get("/sign-in")
def sign_in_page(next: str = "/") -> HTMLResponse:
    """Ask for name and password."""
    return asking(next)


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Open a session where name, password and code are right."""
    fields = {key: str(value) for key, value in (await request.form()).items()}
    address = request.client.host if request.client else ""
    name, next = fields.get("name", ""), fields.get("next", "/")
    done = await asyncio.to_thread(sessions.sign_in, name, fields.get("password", ""), fields.get("code", ""), address)
    if done.reason:
        return asking(next, done.reason, name)
    user = await asyncio.to_thread(sessions.identify, done.token, address)
    if user is None:
        return asking(next, "wrong", name)
    target = local(next)
    response = RedirectResponse(auth.home_of(user) if target == "/" else target, 303)
    auth.set_cookies(response, request, done.token, user.csrf)
    return response


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session."""
    await submitted(request)
    await asyncio.to_thread(sessions.sign_out, request.cookies.get(auth.COOKIE, ""), auth.current_user())
    response = RedirectResponse("/sign-in", 303)
    auth.drop_cookies(response)
    return response


@router.get("/language/{code}")
def language(code: str, request: Request, next: str = "/") -> Response:
    """Keep the choice of language for a year and go back."""
    response = RedirectResponse(local(next), 303)
    secure = request.url.scheme == "https"
    response.set_cookie("language", "en" if code == "en" else "zh", 365 * 86400, samesite="lax", secure=secure)
    return response
