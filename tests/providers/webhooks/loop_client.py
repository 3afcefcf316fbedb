"""Asking the intake's door byte by byte as a network does, within the test's transaction."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import DatabaseError, connections
from django.http import HttpResponse
from django.test import Client

from providers import storing
from providers.doors import NoSuchAddress, find_door
from providers.inbox_connection import NotStored, Unreachable
from providers.loop_connection import Connection
from providers.loop_door import LoopDoor
from providers.loop_listener import Listener
from providers.rows import Row
from tests.providers.webhooks.wire import Wire, answers

# Of the server, not of the door.
_HOP = ("Date", "Connection")


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
        wire = Wire()
        connection = Connection(Listener(door))
        connection.connection_made(wire)
        method = environ["REQUEST_METHOD"]
        head = f"{method} {environ['PATH_INFO']} HTTP/1.1\r\n{_headers(environ)}\r\n".encode()
        if "HTTP_TRANSFER_ENCODING" in environ:
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        # As they come over a network: not at once.
        for part in (head[:10], head[10:], body[:10], body[10:]):
            connection.data_received(part)
            await asyncio.sleep(0)
        if not connection.is_idle and not wire.sent:
            connection.eof_received()
        await wire.written.wait()
        (said,) = answers(bytes(wire.sent), method)
        headers = {name: value for name, value in said.headers.items() if name not in _HOP}
        return HttpResponse(said.body, status=said.status, headers=headers)


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

    def hand_over(self, rows: Sequence[Row], tell: Any) -> None:
        stored = asyncio.get_running_loop().run_in_executor(self._threads, _store, rows)
        stored.add_done_callback(lambda done: tell(done.result()))


def _store(rows: Sequence[Row]) -> NotStored | None:
    try:
        storing.store(rows)
    except DatabaseError:
        return Unreachable()
    return None


def _headers(environ: Mapping[str, Any]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in _named(environ))


def _named(environ: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "Host", "testserver"
    for name, value in environ.items():
        if name.startswith("HTTP_") and name != "HTTP_COOKIE":
            yield name[5:].replace("_", "-"), value
        elif name in ("CONTENT_TYPE", "CONTENT_LENGTH") and value != "":
            yield name.replace("_", "-"), value
