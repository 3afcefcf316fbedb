"""Server-sent hints: a bare ASGI application, one Valkey connection for all open pages.

Django's request stack stays out: it holds a thread and a database connection for every open page.
Its models stay out too, for memory: this process knows the settings and the signing key.
A hint says which conversation changed and nothing more; the page fetches it by its usual view, so
permissions are judged there. Run by `granian --interface asgi config.events:application`.
"""

from __future__ import annotations

import os
import random
import resource
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings
from django.core import signing
from django.utils.log import configure_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config.hints import Hub  # needs the settings' name
from config.streams import Send, Stream
from messaging import hint_tokens

configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

_PREFIX = "/events/"
# The browser reconnects by itself; no stream outlives its token.
STREAM_SECONDS = 3600.0
_MOST_FILES = 65536

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
        schema_name, user_id, extension = hint_tokens.read_token(token)
    except (signing.BadSignature, ValueError, TypeError):
        # 204 is the one answer that tells an EventSource not to come back.
        await _answer(send, 204, "")
        return
    signed_at = hint_tokens.signed_at(token)
    if hub.is_over(schema_name, user_id, signed_at):
        await _answer(send, 204, "")
        return
    hub.ensure_running()
    stream = Stream(send, {"type": "http.response.start", "status": 200, "headers": _STREAM})
    # Pages that came together, after a restart, shall not come back together for ever.
    seconds = STREAM_SECONDS * random.uniform(0.8, 1.0)  # noqa: S311  # no secret
    seconds = min(seconds, hint_tokens.seconds_left(token))
    with hub.listening(stream, schema_name, user_id, extension, signed_at=signed_at):
        await stream.last(_departure(receive), seconds=seconds)


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
            _allow_many_files()
            hub.ensure_running()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await hub.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


def _allow_many_files() -> None:
    """Take what the machine allows: the usual 1,024 files are as many pages, and no more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
