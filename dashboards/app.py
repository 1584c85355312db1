"""The server: pages, API and sign-in in one process.

`create_app()` builds it once; all state is read from the home at the moment of use, so the same app serves whichever
home is set. Page authors write plain synchronous callbacks: every one is run in a thread, so that none blocks another.
"""

import asyncio
import contextvars
import functools
import inspect
import ipaddress
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dash
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig

from dashboards import api, components, docs, fonts, health, problems, warm
from dashboards.accounts import account, oversight, people, sign_in
from dashboards.auth import Gate
from dashboards.delivery import Packed
from dashboards.reader import reader
from workbench import domain
from workbench.errors import InputError, Refused, WorkbenchError
from workbench.operate import log
from workbench.settings import settings

WORKERS = ThreadPoolExecutor(32, "page")
"""Many, since most of them wait for a part that one of them is making."""


def threaded(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """The same function, awaited, with its work in a thread; context variables travel along."""

    @functools.wraps(function)
    async def run(*args: Any, **kwargs: Any) -> Any:
        work = functools.partial(contextvars.copy_context().run, function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(WORKERS, work)

    return run


def troubled(error: Exception) -> Any:
    """What a page shows where a callback failed: the message, or a number to quote; other outputs stay as they were."""
    words = reader().words
    if isinstance(error, WorkbenchError):
        shown = components.notice(error.message, error.hint)
    else:
        shown = components.failed(log.fault(error), words)
    outputs = dash.ctx.outputs_list
    several = isinstance(outputs, list)
    instead = {"children": shown, "data": {"title": words("shell.title")}}
    fill = [
        instead[one["property"]] if one["property"] == "children" or one["id"] == "_pages_store" else dash.no_update
        for one in (outputs if several else [outputs])
        if one
    ]
    return fill if several else fill[0] if fill else None


def build_dash(server: FastAPI) -> dash.Dash:
    """The Dash side: each file in `dashboards/pages` is a page, `components.shell` is what surrounds it."""
    screens = dash.Dash(
        "dashboards",
        server=False,
        backend="fastapi",
        use_pages=True,
        use_async=False,
        serve_locally=True,
        suppress_callback_exceptions=True,
        title="County Workbench",
        update_title="",
        add_log_handler=False,
        on_error=troubled,
    )
    screens.backend.websocket_capability = False  # unused: no socket is held open for each open page
    screens.init_app(server)
    screens.layout = components.shell
    # assets and the page routes are made ready now, not at the first request: their scripts' hashes are needed
    for prepare in screens.backend._before_request_funcs:  # type: ignore[attr-defined]
        prepare()
    for callback in screens.callback_map.values():
        function = callback.get("callback")
        if function is not None and not inspect.iscoroutinefunction(function):
            callback["callback"] = threaded(function)
    return screens


def policy(screens: dash.Dash) -> str:
    """The content security policy: scripts of our own and Dash's inline ones by their hashes, nothing from elsewhere.

    Styles may be inline, since Mantine, AG Grid and Plotly write theirs into the page.
    """
    parts = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", *screens.csp_hashes()]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


@functools.cache
def create_app() -> FastAPI:
    """The whole server as one ASGI application; one for a process, since Dash keeps its pages in module state."""
    quiet: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
    server = FastAPI(title="County Workbench", docs_url=None, redoc_url=None, openapi_url=None, telemetry=quiet)
    own = domain.modules("dashboards.routes").values()
    for part in (sign_in, account, people, oversight, fonts, health, docs, *own, api):  # `api` ends with all the rest
        server.include_router(part.router)
    problems.install(server)
    rules = policy(build_dash(server))
    server.add_middleware(Packed)
    server.add_middleware(Gate, policy=rules)
    return server


def serve(
    host: str = "127.0.0.1", port: int = 8050, certfile: str = "", keyfile: str = "", allow_plain: bool = False
) -> None:
    """Serve until stopped.

    Refused on an address that others can reach unless TLS is given, ends at a proxy (`behind_proxy`), or `allow_plain`.
    """
    import uvicorn

    proxied = settings().behind_proxy
    if not 1 <= port <= 65535:
        raise InputError(f"{port} is no port", "choose one from 1024 to 65535, e.g. --port 8050")
    if bool(certfile) != bool(keyfile):
        raise InputError("TLS needs both a certificate and a key", "give --certfile and --keyfile")
    for file in filter(None, (certfile, keyfile)):
        if not Path(file).is_file():
            raise InputError(f"no file {file}", "name PEM files that this user can read")
    if not (loopback(host) or certfile or proxied or allow_plain):
        raise Refused(
            f"serving on {host} without TLS would send passwords in the clear",
            "give --certfile and --keyfile, set behind_proxy, or say --plain if the network is trusted",
        )
    tls = {"ssl_certfile": certfile, "ssl_keyfile": keyfile} if certfile else {}
    server = create_app()
    sys.stderr.write(f"http{'s' * bool(certfile)}://{host}:{port} (Ctrl-C 停止 stops)\n")
    with warm.keeping():
        uvicorn.run(
            server, host=host, port=port, proxy_headers=proxied, server_header=False, access_log=False,
            log_level="warning", timeout_keep_alive=75, **tls,  # type: ignore[arg-type]
        )  # fmt: skip


def loopback(host: str) -> bool:
    """True where only this machine can reach the address.

    >>> loopback("127.0.0.1"), loopback("localhost"), loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
