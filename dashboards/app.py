"""The server: pages, API and sign-in in one process.

`create_app()` builds it once; all state is read from the home at the moment of use, so the same app serves whichever
home is set. Page authors write plain synchronous callbacks: every one is run in a thread, so that none blocks another.
"""

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import dash
from fastapi import FastAPI



def threaded(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """The same function, awaited, with its work in a thread; context variables travel along."""

    @functools.wraps(function)
    async def run(*args: Any, **kwargs: Any) -> Any:
        return await asyncio.to_thread(function, *args, **kwargs)

    return run


def shell() -> Any:
    """What surrounds every page: `components.shell()`."""
    try:
        from dashboards import components
    except ImportError:
        return dash.page_container
    return components.shell()


def build_dash(server: FastAPI) -> dash.Dash:
    """The Dash side: each file in `dashboards/pages` is a page, `components.shell` is what surrounds it."""
    screens = dash.Dash(
        "dashboards",
        server=server,
        use_pages=True,
        use_async=False,
        serve_locally=True,
        suppress_callback_exceptions=True,
        title="County Workbench",
        update_title="",
        add_log_handler=False,
    )
    screens.layout = shell
    for prepare in screens.backend._before_request_funcs:  # assets, page routes: now, not at the first request
        prepare()
    for callback in screens.callback_map.values():
        function = callback.get("callback")
        if function is not None and not inspect.iscoroutinefunction(function):
            callback["callback"] = threaded(function)
    return screens


@functools.cache
def create_app() -> FastAPI:
    """The whole server as one ASGI application; one for a process, since Dash keeps its pages in module state."""
    server = FastAPI(title="County Workbench", docs_url=None, redoc_url=None, openapi_url=None)
    build_dash(server)
    return server


def serve(host: str = "127.0.0.1", port: int = 8050) -> None:
    """Serve until stopped."""
    import uvicorn

    uvicorn.run(create_app(), host=host, port=port)
