"""Servers that mean harm, on this machine: what they send, and what they are told."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.providers.servers import Script, read_request

OK = b"HTTP/1.1 200 OK\r\n"
_MANY = 4000  # of drops, at 5 ms each: far longer than anybody waits here


def drip(head: bytes, drop: bytes) -> Script:
    """Send a beginning, then a drop now and then, as long as somebody listens."""

    def script(connection: socket.socket) -> None:
        read_request(connection)
        try:
            connection.sendall(head)
            connection.settimeout(0.005)
            for _ in range(_MANY):
                connection.sendall(drop)
                if _has_hung_up(connection):
                    return
        except OSError:
            return

    return script


def pour(head: bytes, *, most: int, poured: list[int]) -> Script:
    """Send without end; notes how many bytes were taken until somebody hung up."""

    def script(connection: socket.socket) -> None:
        read_request(connection)
        block, count = b"\0" * 65_536, 0
        try:
            connection.sendall(head)
            while count < most:
                connection.sendall(block)
                count += len(block)
        except OSError:
            pass
        poured.append(count)

    return script


def sip(enough: threading.Event) -> Script:
    """Read a little now and then, so that a long request never ends, until told that it did."""

    def script(connection: socket.socket) -> None:
        while connection.recv(256) and not enough.wait(0.005):
            continue

    return script


def say(answer: bytes) -> Script:
    """Send this and hang up."""

    def script(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(answer)

    return script


def bomb(size: int) -> bytes:
    """Write an answer that is small on the way and so large when unpacked."""
    body = gzip.compress(bytes(size), compresslevel=6)
    return OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body


@dataclass(slots=True)
class Witness:
    """Server that says the same to everybody; `heard` has what each connection brought."""

    port: int
    heard: list[bytes]


@contextmanager
def witness(answer: bytes = b"") -> Iterator[Witness]:
    """Listen, and answer if there is an answer; what is heard is complete when the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    told = Witness(port=listener.getsockname()[1], heard=[])

    def listen() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                try:
                    told.heard.append(connection.recv(65_536))
                    connection.sendall(answer)
                except OSError:
                    told.heard.append(b"")

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _has_hung_up(connection: socket.socket) -> bool:
    try:
        return not connection.recv(1)
    except TimeoutError:
        return False
