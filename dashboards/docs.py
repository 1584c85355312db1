"""The API described: `/api/v1/openapi.json`, and `/docs` as a plain page made from it, with nothing from elsewhere."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse

from dashboards import auth
from dashboards.accounts.html import Html, page, say, table, tag

router = APIRouter(include_in_schema=False, dependencies=[Depends(auth.anyone)])


@router.get("/api/v1/openapi.json")
def openapi(request: Request) -> dict[str, Any]:
    """The OpenAPI document."""
    described: dict[str, Any] = request.app.openapi()
    return described


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    """Every route with its parameters; those without any can be tried by a click."""
    described = request.app.openapi()
    parts = [
        operation(path, method, about)
        for path, methods in described["paths"].items()
        for method, about in methods.items()
    ]
    how = say(
        "登录后可直接使用；程序用 Authorization: Bearer 令牌（安全管理员签发）；浏览器会话的写操作须带 X-CSRFToken。",
        "Works with your session; programs send Authorization: Bearer <token> (issued by the security administrator). "
        "What changes something from a browser session carries X-CSRFToken.",
    )
    document = tag("p", tag("a", "openapi.json", href="/api/v1/openapi.json"))
    return page("/docs", say("数据接口", "API"), tag("p", how), document, *parts)


def operation(path: str, method: str, about: dict[str, Any]) -> Html:
    """One route: what it does and what it takes."""
    free = method == "get" and "{" not in path
    name = tag("code", f"{method.upper()} {path}")
    title = tag(
        "summary", tag("a", name, href=path) if free else name, " ", about.get("description", "").split("\n")[0]
    )
    rows = [
        [tag("code", p["name"]), p["in"], kind(p["schema"]), p.get("description", "")]
        for p in about.get("parameters", [])
    ]
    if "requestBody" in about:
        rows += [["body", media, kind(body["schema"]), ""] for media, body in about["requestBody"]["content"].items()]
    heads = [say("参数", "Parameter"), say("位置", "In"), say("类型", "Type"), say("说明", "About")]
    rest = "\n".join(about.get("description", "").split("\n")[1:]).strip()
    return tag("details", title, tag("p", rest) if rest else None, table(heads, rows) if rows else None)


def kind(schema: dict[str, Any]) -> str:
    """The type of a parameter in a few words."""
    if "enum" in schema:
        return " | ".join(schema["enum"])
    if "anyOf" in schema:
        return " | ".join(kind(one) for one in schema["anyOf"] if one.get("type") != "null")
    return str(schema.get("format") or schema.get("type") or schema.get("$ref", "").split("/")[-1])
