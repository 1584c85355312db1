"""The own account: password and second factor."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboards import auth
from dashboards.accounts.html import Html, field, form, notice, page, say, submitted, tag
from workbench.errors import WorkbenchError
from workbench.operate import account, passwords, sessions, users

router = APIRouter(include_in_schema=False, dependencies=[Depends(auth.anyone)])


def factor(name: str, on: bool) -> list[Any]:
    """The part of the page about the second factor."""
    code = field(say("动态口令", "Code"), "code", inputmode="numeric", autocomplete="one-time-code", required=True)
    title = tag("h2", say("动态口令（双因素认证）", "Second factor"))
    if on:
        return [title, form("/account/factor", code, button=say("停用", "Turn off"), cls="card")]
    secret = passwords.new_secret()
    image = tag("div", Html(passwords.enrolment_image(secret, name)), cls="code")
    hidden = tag("input", type="hidden", name="secret", value=secret)
    how = say("用验证器扫描，再填入显示的六位数字：", "Scan with an authenticator, then give the six digits it shows:")
    by_hand = tag("p", say("手工输入密钥：", "Or type the key: "), tag("code", secret), cls="small")
    start = form(
        "/account/factor", hidden, tag("p", how), image, by_hand, code, button=say("启用", "Turn on"), cls="card"
    )
    return [title, tag("details", tag("summary", say("启用", "Turn on")), start)]


def shown(message: str = "", good: bool = False) -> HTMLResponse:
    """The page, with what just happened."""
    user = auth.current_user()
    one = users.account(user.name)
    first = say(
        "请先设置自己的口令。一次性口令只能使用到此，或口令已超过有效期。",
        "Choose a password of your own first: the one-time password ends here, or yours has expired.",
    )
    rules = [tag("li", say(*words)) for words in passwords.RULES.values()]
    change = form(
        "/account/password",
        field(say("原口令", "Old password"), "old", "password", autocomplete="current-password", required=True),
        field(say("新口令", "New password"), "new", "password", autocomplete="new-password", required=True),
        field(say("再输入一次", "New password again"), "again", "password", autocomplete="new-password", required=True),
        tag("ul", *rules, cls="small"),
        button=say("修改口令", "Change password"),
        cls="card",
    )
    who = tag("p", f"{one.name} · {say(*users.ROLES[one.role])}")
    parts = [notice(message, good), None if message or not user.one_time else notice(first), who, change]
    parts += [] if user.one_time else factor(one.name, one.second_factor)
    return page("/account", say("我的账户", "My account"), *parts, status=200 if good or not message else 422)


async def attempt(work: Callable[[], Any], done: str) -> HTMLResponse:
    """Do the work in a thread and show the page with the outcome."""
    try:
        await asyncio.to_thread(work)
    except WorkbenchError as error:
        return await asyncio.to_thread(shown, str(error))
    return await asyncio.to_thread(shown, done, True)


@router.get("/account")
def account_page() -> HTMLResponse:
    """Show the own account."""
    return shown()


@router.post("/account/password")
async def password(request: Request) -> Response:
    """Change the own password; other sessions end."""
    fields = await submitted(request)
    user, kept = auth.current_user(), sessions.sha(request.cookies.get(auth.COOKIE, ""))
    if fields.get("new", "") != fields.get("again", ""):
        return await asyncio.to_thread(shown, say("两次输入的新口令不一致", "the two new passwords differ"))
    work = partial(account.change_password, user, fields.get("old", ""), fields.get("new", ""), kept)
    answer = await attempt(work, say("口令已修改", "the password is changed"))
    return RedirectResponse(auth.home_of(user), 303) if user.one_time and answer.status_code == 200 else answer


@router.post("/account/factor")
async def second_factor(request: Request) -> HTMLResponse:
    """Turn the second factor on or off."""
    fields = await submitted(request)
    secret = fields.get("secret", "")
    done = (
        say("动态口令已启用", "the second factor is on")
        if secret
        else say("动态口令已停用", "the second factor is off")
    )
    work = partial(account.set_second_factor, auth.current_user(), secret, fields.get("code", ""))
    return await attempt(work, done)
