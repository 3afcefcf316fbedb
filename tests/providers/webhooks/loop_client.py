"""Asking the intake's door as an ASGI server does, within the test's transaction."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import DatabaseError, connections
from django.http import HttpResponse
from django.test import Client

from providers import storing
from providers.doors import NoSuchAddress, find_door
from providers.inbox_connection import Unreachable
from providers.loop_door import LoopDoor
from providers.rows import Row


class ThreadsClient(Client):
    """What the loop does not know how to judge is judged by a thread: here, everything."""

    patience: float | None = None

    def request(self, **request: Any) -> Any:
        environ = self._base_environ(**request)
        # Coroutines and threads see connections of their own, outside the test's transaction.
        shared = connections["default"]
        shared.inc_thread_sharing()
        to_share = ("default", shared)
        try:
            with ThreadPoolExecutor(
                1, initializer=connections.__setitem__, initargs=to_share
            ) as threads:
                return asyncio.run(self._ask(environ, environ["wsgi.input"].read(), threads))
        finally:
            shared.dec_thread_sharing()

    async def _ask(
        self, environ: Mapping[str, Any], body: bytes, threads: ThreadPoolExecutor
    ) -> HttpResponse:
        door = LoopDoor(patience=self.patience)
        door._threads = threads
        if door._committer is not None:
            door._committer = _InTheTest(threads)  # type: ignore[assignment]
        said: list[Any] = []
        # As they come over a network: not at once.
        parts = [body[:10], body[10:]]

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(0)
            part = parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(parts)}

        async def send(message: Any) -> None:
            said.append(message)

        scope = {
            "type": "http",
            "method": environ["REQUEST_METHOD"],
            "path": environ["PATH_INFO"],
            "headers": list(_headers(environ)),
        }
        await door.dispatch(scope, receive, send)
        start, end = said
        headers = {name.decode().title(): value.decode() for name, value in start["headers"]}
        headers = {name.replace("Www-", "WWW-"): value for name, value in headers.items()}
        return HttpResponse(end["body"], status=start["status"], headers=headers)


class LoopClient(ThreadsClient):
    """The address is known already, so that the loop judges by itself."""

    patience = 10.0

    def request(self, **request: Any) -> Any:
        provider, _, token = (
            request["PATH_INFO"].strip("/").removeprefix("webhook/").partition("/sms")
        )
        with contextlib.suppress(NoSuchAddress, TimeoutError):
            find_door(provider, token.strip("/") or None)
        return super().request(**request)


class _InTheTest:
    """Stores by the test's own connection, which is not of this event loop."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads

    async def store(self, rows: Sequence[Row]) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, storing.store, rows)
        except DatabaseError as error:
            raise Unreachable from error


def _headers(environ: Mapping[str, Any]) -> Any:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").lower().encode(), str(value).encode("latin-1")
        elif name in ("CONTENT_TYPE", "CONTENT_LENGTH") and value != "":
            yield name.replace("_", "-").lower().encode(), str(value).encode("latin-1")
