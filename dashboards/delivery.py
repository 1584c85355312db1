"""Answers made small: gzip for figures, tables and scripts, in a thread; what never changes is packed once and kept."""

import asyncio
import gzip

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALLEST, MOST = 1_000, 500
PACKED = ("/_dash", "/api/", "/assets/")
TYPES = ("text/", "application/json", "application/javascript", "image/svg")


class Packed:
    """ASGI middleware; forms are left alone, so that nothing secret is ever compressed beside what a reader typed."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.kept: dict[str, list[Message]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        taken = scope["type"] == "http" and "gzip" in Headers(scope=scope).get("accept-encoding", "")
        if not taken or not path.startswith(PACKED):
            await self.app(scope, receive, send)
            return
        messages = self.kept.get(path)
        if messages is None:
            gathered: list[Message] = []

            async def gather(message: Message) -> None:
                gathered.append(message)

            await self.app(scope, receive, gather)
            messages = await asyncio.to_thread(pack, gathered)
            fixed = "max-age=31536000" in Headers(raw=messages[0]["headers"]).get("cache-control", "")
            if fixed and len(self.kept) < MOST:
                self.kept[path] = messages
        start, body = messages
        await send({**start, "headers": list(start["headers"])})
        await send(body)


def pack(messages: list[Message]) -> list[Message]:
    """The same answer in two messages, its body compressed where that is worth it."""
    start = messages[0]
    body = b"".join(message.get("body", b"") for message in messages[1:])
    headers = MutableHeaders(raw=list(start["headers"]))
    headers.add_vary_header("Accept-Encoding")
    fit = headers.get("content-type", "").startswith(TYPES) and "content-encoding" not in headers
    if fit and len(body) >= SMALLEST and start["status"] == 200:
        body = gzip.compress(body, 5, mtime=0)
        headers["content-encoding"] = "gzip"
        headers["content-length"] = str(len(body))
        if "etag" in headers:
            del headers["etag"]
    return [{**start, "headers": headers.raw}, {"type": "http.response.body", "body": body}]
