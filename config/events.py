"""Server-sent hints: a bare ASGI application, one Valkey connection for all open pages.

Django's request stack stays out: it holds a thread and a database connection for every open page.
A hint says which conversation changed and nothing more; the page fetches it by its usual view, so
permissions are judged there. Run by `granian --interface asgi config.events:application`.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import django
from django.core import signing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from config.hints import Hub, Listener  # noqa: E402  # needs the set-up
from messaging import live  # noqa: E402

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_PREFIX = "/events/"
PING_SECONDS = 20.0
# A client that takes nothing for so long is gone, or as good as gone.
SEND_SECONDS = 30.0
# The browser reconnects by itself; by then its token is judged anew.
STREAM_SECONDS = 3600.0

_PLAIN = (b"content-type", b"text/plain; charset=utf-8")
_FOR_ALL = [
    (b"cache-control", b"no-store"),
    # The address itself is the secret and no cookie is read: any page may hold it.
    (b"access-control-allow-origin", b"*"),
]
_STREAM = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"x-accel-buffering", b"no"),
    *_FOR_ALL,
]

hub = Hub()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer `/events/<token>` with a stream of hints, and `/events/health`."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    if scope["type"] != "http":
        return
    path: str = scope["path"]
    if not path.startswith(_PREFIX):
        await _answer(send, 404, "Not found")
    elif scope["method"] != "GET":
        await _answer(send, 405, "Only GET")
    elif path == f"{_PREFIX}health":
        await _answer(send, 200, "ok")
    else:
        await _open_stream(path.removeprefix(_PREFIX), receive, send)


async def _open_stream(token: str, receive: Receive, send: Send) -> None:
    try:
        schema_name, _, extension = live.read_token(token)
    except (signing.BadSignature, ValueError, TypeError):
        # 204 is the one answer that tells an EventSource not to come back.
        await _answer(send, 204, "")
        return
    hub.ensure_running()
    with hub.listening(schema_name, extension) as listener:
        left = asyncio.ensure_future(_departure(receive))
        streaming = asyncio.ensure_future(_stream(listener, send))
        try:
            await asyncio.wait(
                {left, streaming},
                timeout=STREAM_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            left.cancel()
            streaming.cancel()
            await asyncio.gather(left, streaming, return_exceptions=True)


async def _stream(listener: Listener, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _STREAM})
    # The first bytes open the stream in the browser, through a proxy too.
    await _write(send, b"retry: 3000\n\n")
    while not listener.is_lagging:
        # `timeout`, not `wait_for`: on 3.11 the latter can swallow a cancellation.
        try:
            async with asyncio.timeout(PING_SECONDS):
                hint = await listener.hints.get()
        except TimeoutError:
            await _write(send, b": ping\n\n")
        else:
            await _write(send, f"data: {json.dumps(hint)}\n\n".encode())
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _write(send: Send, body: bytes) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await send({"type": "http.response.body", "body": body, "more_body": True})


async def _departure(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(send: Send, status: int, text: str) -> None:
    headers = [_PLAIN, *_FOR_ALL]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            hub.ensure_running()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await hub.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
