"""Plain pages without scripts: sign-in, the own account, people, the audit log. Everything put in is escaped."""

import secrets
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse

from dashboards.auth import current_language, current_user
from workbench.errors import Refused
from workbench.settings import county

VOID = ("input", "link", "meta", "br")


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(kind: str, /, *children: Any, **attributes: Any) -> Html:
    """An element; text is escaped, `cls` is class, True is a bare attribute, None and False are left out.

    >>> tag("p", "a < b", cls="note")
    '<p class="note">a &lt; b</p>'
    """
    pairs = []
    for key, value in attributes.items():
        key = "class" if key == "cls" else key.replace("_", "-")
        if value is True:
            pairs.append(f" {key}")
        elif value is not None and value is not False:
            pairs.append(f' {key}="{escape(str(value))}"')
    inner = "".join(child if isinstance(child, Html) else escape(str(child)) for child in children if child is not None)
    return Html(f"<{kind}{''.join(pairs)}>" + ("" if kind in VOID else f"{inner}</{kind}>"))


def say(zh: str, en: str) -> str:
    """The words in the reader's language."""
    return en if current_language() == "en" else zh


def field(label: str, name: str, kind: str = "text", **more: Any) -> Html:
    """A labelled input."""
    return tag("label", tag("span", label), tag("input", name=name, type=kind, **more))


def select(label: str, name: str, options: dict[str, str], chosen: str = "") -> Html:
    """A labelled list to choose from."""
    items = [tag("option", text, value=value, selected=value == chosen) for value, text in options.items()]
    return tag("label", tag("span", label), tag("select", *items, name=name))


def form(action: str, *children: Any, button: str, **more: Any) -> Html:
    """A form that carries the session's token."""
    token = tag("input", type="hidden", name="_csrf_token", value=current_user().csrf)
    return tag("form", token, *children, tag("button", button), method="post", action=action, **more)


def table(heads: list[str], rows: list[list[Any]]) -> Html:
    """A table."""
    body = [tag("tr", *[tag("td", cell) for cell in row]) for row in rows]
    head = tag("thead", tag("tr", *[tag("th", text) for text in heads]))
    return tag("div", tag("table", head, tag("tbody", *body)), cls="scroll")


def notice(text: str, good: bool = False) -> Html | None:
    """What just happened, read out by screen readers; nothing where there is nothing to say."""
    return tag("p", text, cls="good" if good else "bad", role="status" if good else "alert") if text else None


def navigation(path: str) -> Html:
    """Where else this person may go."""
    user = current_user()
    links = [
        ("/", say("首页", "Home"), user.may("read")),
        ("/people", say("用户管理", "People"), user.may("users") or user.may("roles")),
        ("/audit", say("审计日志", "Audit log"), user.may("audit")),
        ("/account", say("我的账户", "My account"), bool(user.name)),
    ]
    seen = [
        tag("a", text, href=href, aria_current="page" if href == path else None) for href, text, may in links if may
    ]
    other = "zh" if current_language() == "en" else "en"
    language = tag("a", "中文" if other == "zh" else "English", href=f"/language/{other}?next={path}", hreflang=other)
    leave = form("/sign-out", button=say("退出", "Sign out"), cls="inline") if user.name else None
    return tag("nav", *seen, language, leave)


def page(path: str, title: str, *body: Any, status: int = 200) -> HTMLResponse:
    """A whole page."""
    name = say(county()["name_zh"], county()["name_en"])
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title} · {name}"),
        tag("link", rel="stylesheet", href="/assets/forms.css"),
        tag("link", rel="icon", href="/_favicon.ico"),
    )
    brand = tag("span", name, " ", say("县域预测工作台", "Workbench"), cls="brand")
    main = tag("main", tag("h1", title), *body)
    whole = tag(
        "html", head, tag("body", tag("header", brand, navigation(path)), main, cls="plain"), lang=current_language()
    )
    return HTMLResponse(f"<!doctype html>{whole}", status)


async def submitted(request: Request) -> dict[str, str]:
    """The fields of a form, after proof that our own page sent it."""
    fields = {key: str(value) for key, value in (await request.form()).items()}
    said, kept = fields.pop("_csrf_token", ""), current_user().csrf
    if not kept or not secrets.compare_digest(said.encode(), kept.encode()):
        raise Refused("the form does not carry the session's token", "open the page again and resend")
    return fields
