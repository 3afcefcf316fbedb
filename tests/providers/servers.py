"""Small servers on this machine: what mocks cannot show about connections."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Script = Callable[[socket.socket], None]


def eventually(check: Callable[[], object]) -> None:
    """Wait until something another thread does has happened."""
    deadline = time.monotonic() + 5
    while not check():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


@contextmanager
def scripted(*scripts: Script) -> Iterator[str]:
    """Serve one connection per script, in order, at the yielded base URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def run() -> None:
        for script in scripts:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                script(connection)
        done.wait(5)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/v2"
    finally:
        done.set()
        listener.close()
        thread.join(5)


def read_request(connection: socket.socket) -> bytes:
    """Read one request with its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def answer(status: str, body: bytes, *headers: str) -> bytes:
    """Write an HTTP answer out."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Request a webhook was given."""

    authorization: str
    user_agent: str
    content_type: str
    body: bytes


class Webhook:
    """Webhook that answers by a plan and keeps what it was given."""

    def __init__(self, *, challenge: str | None = 'Basic realm="test"') -> None:
        self.requests: queue.Queue[Posted] = queue.Queue()
        self.statuses: list[int] = []  # for the next signed requests; 202 afterwards
        self._challenge = challenge
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        target = lambda: self._server.serve_forever(poll_interval=0.01)  # noqa: E731
        threading.Thread(target=target, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/webhook"

    def next(self, *, signed: bool = True) -> Posted:
        """Wait for the next request, unsigned ones skipped by default."""
        while True:
            posted = self.requests.get(timeout=5)
            if posted.authorization or not signed:
                return posted

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer_to(self, authorization: str) -> int:
        if not authorization:
            return 401
        return self.statuses.pop(0) if self.statuses else 202

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                posted = Posted(
                    authorization=self.headers.get("Authorization", ""),
                    user_agent=self.headers.get("User-Agent", ""),
                    content_type=self.headers.get("Content-Type", ""),
                    body=body,
                )
                status = webhook._answer_to(posted.authorization)
                self.send_response(status)
                if status == 401 and webhook._challenge:
                    self.send_header("WWW-Authenticate", webhook._challenge)
                self.send_header("Content-Length", "0")
                self.end_headers()
                webhook.requests.put(posted)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
