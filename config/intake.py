"""The intake process: webhooks and nothing else, for where they come by the hundred a second.

An event loop in place of threads: the same answers as the web process gives, for half of its
processor time. Run by `granian --interface asgi --loop uvloop config.intake:application`.
"""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django  # needs the settings' name

django.setup()

from django.conf import settings  # noqa: E402  # whatever needs the settings

from config.garbage import spare_what_stays  # noqa: E402
from providers import intake  # noqa: E402
from providers.loop_bodies import Receive  # noqa: E402
from providers.loop_door import LoopDoor, Scope, Send  # noqa: E402

door = LoopDoor(patience=settings.WEBHOOK_DEADLINE)
spare_what_stays()

_TEXT = [(b"content-type", b"text/plain; charset=utf-8")]


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer `/webhook/…` and `/webhook/health`."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http":
        path: str = scope["path"]
        if path == f"{intake.PREFIX}health":
            await _say(send, 200, b"ok")
        elif path.startswith(intake.PREFIX):
            await door.dispatch(scope, receive, send)
        else:
            await _say(send, 404, b"Not found")


async def _say(send: Send, status: int, text: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": _TEXT})
    await send({"type": "http.response.body", "body": text})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await door.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
