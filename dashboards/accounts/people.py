"""The administrators' page: accounts (system administrator), roles, unlocking and tokens (security administrator)."""

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from dashboards import auth
from dashboards.accounts.html import Html, field, form, notice, page, say, select, submitted, table, tag
from workbench.errors import InputError, UnknownName, WorkbenchError
from workbench.operate import sessions, users
from workbench.settings import county

router = APIRouter(include_in_schema=False, prefix="/people", dependencies=[auth.right("users", "roles", "tokens")])

STATES = {
    "active": ("正常", "active"),
    "one-time password": ("待首次登录", "one-time password"),
    "no password": ("未启用", "no password"),
    "locked": ("已锁定", "locked"),
    "disabled": ("已停用", "disabled"),
}


def roles() -> dict[str, str]:
    """The roles that can be given on this page."""
    return {role: say(*words) for role, words in users.ROLES.items() if role not in users.ADMINISTRATORS}


def bureaus() -> dict[str, str]:
    """The bureaus to choose from, first the whole county."""
    named = {key: say(one["zh"], one["en"]) for key, one in county()["bureaus"].items()}
    return {"": say("全县", "whole county")} | named


def button(action: str, name: str, text: str) -> Html:
    """A button that does one thing to one person."""
    return form(f"/people/{action}", tag("input", type="hidden", name="name", value=name), button=text, cls="inline")


def actions(one: users.Account) -> Html:
    """What the reader may do to this account."""
    user, found = auth.current_user(), []
    if one.role in users.ADMINISTRATORS:
        return tag("span", say("仅限命令行", "command line only"), cls="small")
    if user.may("users"):
        closed = one.state == "disabled"
        words = say("恢复", "Enable") if closed else say("停用", "Disable")
        found.append(button("enable" if closed else "disable", one.name, words))
    if user.may("roles"):
        hidden = tag("input", type="hidden", name="name", value=one.name)
        role = select("", "role", roles(), one.role)
        bureau = select("", "bureau", bureaus(), one.bureau)
        found.append(form("/people/role", hidden, role, bureau, button=say("授权", "Set"), cls="inline"))
        found.append(button("reset", one.name, say("重置口令", "Reset password")))
        if one.state == "locked":
            found.append(button("unlock", one.name, say("解锁", "Unlock")))
    return tag("span", *found)


def token_part() -> list[Html]:
    """API tokens: those that hold, and a form for a new one."""
    heads = [say(*w) for w in (("名称", "Title"), ("用户", "User"), ("范围", "Scope"), ("有效期至", "Until"), ("", ""))]
    rows = [
        [t.title, t.name, " ".join(t.scope), f"{t.expires:%Y-%m-%d}", form(
            "/people/revoke", tag("input", type="hidden", name="key", value=t.key),
            button=say("吊销", "Revoke"), cls="inline",
        )]
        for t in sessions.tokens()
    ]  # fmt: skip
    new = form(
        "/people/token",
        field(say("名称", "Title"), "title", required=True, maxlength=80),
        field(say("代表的用户", "Acts for user"), "name", required=True),
        field(say("范围", "Scope"), "scope", value="read"),
        field(say("有效天数", "Days"), "days", "number", value=90, min=1, max=366),
        button=say("签发", "Issue"),
        cls="card",
    )
    return [tag("h2", say("接口令牌", "API tokens")), table(heads, rows), new]


def shown(message: str = "", good: bool = False) -> HTMLResponse:
    """The page, with what just happened."""
    user = auth.current_user()
    words = (("用户", "User"), ("角色", "Role"), ("部门", "Bureau"), ("状态", "State"), ("操作", "Actions"))
    rows = [
        [one.name, say(*users.ROLES[one.role]), bureaus()[one.bureau], say(*STATES[one.state]), actions(one)]
        for one in users.everyone()
    ]
    parts: list[Any] = [notice(message, good), table([say(*w) for w in words], rows)]
    if user.may("users"):
        name = field(say("用户名", "User name"), "name", required=True, maxlength=40)
        bureau = select(say("部门", "Bureau"), "bureau", bureaus())
        parts += [tag("h2", say("新增用户", "Add a person"))]
        parts += [form("/people/add", name, bureau, button=say("新增（查看者）", "Add (as viewer)"), cls="card")]
    if user.may("tokens"):
        parts += token_part()
    return page("/people", say("用户管理", "People"), *parts, status=200 if good or not message else 422)


def days(text: str) -> int:
    """A number of days from a form."""
    if not text.strip().isdigit():
        raise InputError(f"不是天数 '{text}' is no number of days", "1 – 366")
    return int(text)


def said(result: Any) -> str:
    """What an action says when it is done."""
    if isinstance(result, users.Account):
        role, bureau = say(*users.ROLES[result.role]), bureaus()[result.bureau]
        return f"{say('已完成', 'done')}: {result.name} · {role} · {bureau} · {say(*STATES[result.state])}"
    return str(result.sentence()) if hasattr(result, "sentence") else say("已完成", "done")


ACTIONS: dict[str, tuple[str, Callable[[dict[str, str], users.User], Any]]] = {
    "add": ("users", lambda f, by: users.add(f.get("name", ""), "viewer", f.get("bureau", ""), by)),
    "disable": ("users", lambda f, by: users.disable(f.get("name", ""), True, by)),
    "enable": ("users", lambda f, by: users.disable(f.get("name", ""), False, by)),
    "role": ("roles", lambda f, by: users.set_role(f.get("name", ""), f.get("role", ""), f.get("bureau", ""), by)),
    "reset": ("roles", lambda f, by: users.reset(f.get("name", ""), by)),
    "unlock": ("roles", lambda f, by: users.unlock(f.get("name", ""), by)),
    "token": ("tokens", lambda f, by: sessions.issue_token(
        f.get("name", ""), f.get("title", ""), tuple(f.get("scope", "").split()), days(f.get("days", "")), by
    )),
    "revoke": ("tokens", lambda f, by: sessions.revoke(f.get("key", ""), by)),
}  # fmt: skip
"""What can be done here, by address, with the right that it needs."""


@router.get("")
def people_page() -> HTMLResponse:
    """Show who may sign in."""
    return shown()


@router.post("/{action}")
async def act(action: str, request: Request) -> HTMLResponse:
    """Do one of the actions."""
    fields = await submitted(request)
    if action not in ACTIONS:
        raise UnknownName("action", action, ACTIONS)
    needed, work = ACTIONS[action]
    user = auth.require(needed)
    try:
        result = await asyncio.to_thread(work, fields, user)
    except WorkbenchError as error:
        return await asyncio.to_thread(shown, str(error))
    return await asyncio.to_thread(shown, said(result), True)
