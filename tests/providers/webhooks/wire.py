"""A client's end of a connection: what a server's protocol does to its transport is noted."""

from __future__ import annotations

import asyncio
import http.client
import io
from collections.abc import Callable
from dataclasses import dataclass

from providers.intake import Answer
from providers.loop_answers import plain
from providers.loop_connection import Connection
from providers.loop_listener import Listener
from providers.loop_requests import Request


class Wire(asyncio.Transport):
    """Takes what is written. Who reads from it, whether it is open, and how it was ended."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = bytearray()
        self.written = asyncio.Event()
        self.is_reading = True
        self.ended: list[str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.ended, "written to what is closed"
        self.sent += data
        self.written.set()

    def write_eof(self) -> None:
        self.ended.append("half")

    def close(self) -> None:
        self.ended.append("closed")

    def abort(self) -> None:
        self.ended.append("aborted")

    def pause_reading(self) -> None:
        assert self.is_reading
        self.is_reading = False

    def resume_reading(self) -> None:
        assert not self.is_reading
        self.is_reading = True


@dataclass(frozen=True)
class Said:
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Sent:
    def __init__(self, file: io.BytesIO) -> None:
        self._file = file

    def makefile(self, mode: str) -> io.BytesIO:
        return self._file


class _Open(io.BytesIO):
    """Stays open: a response closes its file once it is read."""

    def close(self) -> None:
        pass


def answers(sent: bytes, *methods: str) -> list[Said]:
    """Read what a server has sent with Python's own client; all of it, or this fails."""
    file, said = _Open(sent), []
    while file.tell() < len(sent):
        method = methods[len(said)] if len(said) < len(methods) else "GET"
        answer = http.client.HTTPResponse(_Sent(file), method=method)  # type: ignore[arg-type]
        answer.begin()
        body = answer.read()
        said.append(Said(answer.status, dict(answer.headers.items()), body))
    return said


class FakeDoor:
    """Takes everything: at once, or when it is told to."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.is_slow = False
        self._told: list[Callable[[Answer], None]] = []

    def take(self, request: Request, tell: Callable[[Answer], None]) -> Answer | None:
        self.asked.append(request)
        if self.is_slow:
            self._told.append(tell)
            return None
        return plain(200, request.path)

    def tell(self) -> None:
        """Answer the request that has waited longest."""
        self._told.pop(0)(plain(200, "told"))


class Client:
    """A client, and all that it was answered."""

    def __init__(self, listener: Listener) -> None:
        self.wire = Wire()
        self.connection = Connection(listener)
        self.connection.connection_made(self.wire)

    def send(self, data: bytes) -> None:
        self.connection.data_received(data)

    def leave(self) -> bool:
        """Send no more; True = the connection stays open for an answer."""
        return self.connection.eof_received()

    def lose(self) -> None:
        self.connection.connection_lost(None)

    def answers(self, *methods: str) -> list[Said]:
        return answers(bytes(self.wire.sent), *methods)

    def statuses(self) -> list[int]:
        return [said.status for said in self.answers()]


class Floor:
    """Connections, their clock, and what is behind them."""

    def __init__(self) -> None:
        self.door = FakeDoor()
        self.listener = Listener(self.door)  # type: ignore[arg-type]

    def client(self, begun: bytes = b"") -> Client:
        made = Client(self.listener)
        if begun:
            made.send(begun)
        return made

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.listener.set_clock(self.listener.now + seconds)
