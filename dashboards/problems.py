"""Errors as the API tells them: problem JSON (RFC 9457) with a hint, and a number to quote where it is unforeseen."""

from html import escape
from http import HTTPStatus
from typing import Any

from dash.exceptions import DashException, PreventUpdate
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.errors import Busy, InputError, MissingData, Refused, SourceFailed, UnknownName, WorkbenchError
from workbench.operate import log

STATUS: tuple[tuple[type[WorkbenchError], int], ...] = (
    (UnknownName, 404),
    (InputError, 422),
    (MissingData, 404),
    (SourceFailed, 502),
    (Busy, 503),
    (Refused, 403),
    (WorkbenchError, 500),
)
"""Which status a branch of the error tree has; the first that fits counts."""

TITLES = {
    403: "没有权限",
    404: "没有找到",
    422: "内容有误",
    500: "出错了",
    502: "数据源无应答",
    503: "正忙，请稍后再试",
}
"""What a person reads beside the English phrase of a status."""


def problem(status: int, detail: str, hint: str = "", **more: Any) -> JSONResponse:
    """One problem document: title, status, detail, and what to do now."""
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail, "hint": hint, **more}
    return JSONResponse(body, status, media_type="application/problem+json")


def answer(request: Request, status: int, detail: str, hint: str = "", **more: Any) -> Response:
    """A problem document for a program, a plain page with the same words for a person's browser."""
    person = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")
    if not person:
        return problem(status, detail, hint, **more)
    lines = "".join(f"<p>{escape(text)}</p>" for text in (detail, hint) if text)
    wide = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    head = f'<meta charset="utf-8">{wide}<link rel="stylesheet" href="/assets/forms.css">'
    title = f"{TITLES.get(status, '')} {HTTPStatus(status).phrase} ({status})"
    back = '<p><a href="/">返回首页 Home</a></p>'
    body = f'<body class="plain"><main><h1>{title}</h1>{lines}{back}</main>'
    return HTMLResponse(f"<!doctype html>{head}{body}", status)


def of_ours(request: Request, error: Exception) -> Response:
    """An error that the workbench raised on purpose."""
    assert isinstance(error, WorkbenchError)
    return answer(
        request, next(status for kind, status in STATUS if isinstance(error, kind)), error.message, error.hint
    )


def of_http(request: Request, error: Exception) -> Response:
    """No such address, method not allowed."""
    assert isinstance(error, HTTPException)
    return answer(request, error.status_code, str(error.detail), "地址清单见 the addresses are listed at /docs")


def of_request(request: Request, error: Exception) -> Response:
    """A parameter or a body of the wrong form: every fault is named."""
    assert isinstance(error, RequestValidationError)
    faults = [{"where": ".".join(str(part) for part in e["loc"]), "what": e["msg"]} for e in error.errors()]
    return answer(request, 422, f"{len(faults)} parts of the request are wrong", "see faults", faults=faults)


def unforeseen(request: Request, error: Exception) -> Response:
    """Anything else: the trace goes to the log, the reader gets its number."""
    number = log.fault(error)
    return answer(
        request, 500, "发生意外错误 something unforeseen went wrong", f"请报编号 quote number {number}", number=number
    )


class Faults:
    """ASGI middleware next to the routes: every fault gets a number here; its trace reaches the log and nobody else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except PreventUpdate:  # Dash's way of saying 204
            raise
        except Exception as error:
            if scope["type"] != "http":
                raise
            unknown = isinstance(error, DashException)  # no such script, no such page
            said = answer(Request(scope), 404, str(error)) if unknown else unforeseen(Request(scope), error)
            if not started:
                await said(scope, receive, send)


def install(app: FastAPI) -> None:
    """Answer every error as a problem document."""
    app.add_exception_handler(WorkbenchError, of_ours)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(RequestValidationError, of_request)
    app.add_exception_handler(Exception, unforeseen)
    app.add_middleware(Faults)
