"""Serving the simulator over HTTP, on threads of the standard library."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from types import FrameType
from typing import Any

from providers.simulator.settings import SimulatorSettings
from providers.simulator.simulator import Simulator
from providers.simulator.web import Request, Response, error

BODY_LIMIT = 20 * 1024 * 1024


class RunningSimulator:
    """Simulator at an address of this machine; also a context manager that stops it."""

    def __init__(self, settings: SimulatorSettings, *, host: str, port: int) -> None:
        self._stopping = threading.Event()
        self._server = _Server((host, port), _Handler)
        self.simulator = self._server.simulator = Simulator(settings)
        self._server.stopping = self._stopping
        self._server.base_url = settings.public_url.rstrip("/") or self.base_url
        self._thread = threading.Thread(
            target=lambda: self._server.serve_forever(poll_interval=0.05), daemon=True
        )
        self._thread.start()

    @property
    def base_url(self) -> str:
        """Root address; the handset is there."""
        host, port = self._server.server_address[:2]
        return f"http://{'127.0.0.1' if host == '0.0.0.0' else host!s}:{port}"  # noqa: S104

    @property
    def api_url(self) -> str:
        """What to set as BANDWIDTH_MESSAGE_BASE_URL."""
        return f"{self.base_url}/api/v2"

    @property
    def token_url(self) -> str:
        """What to set as BANDWIDTH_TOKEN_URL."""
        return f"{self.base_url}/api/v1/oauth2/token"

    def stop(self) -> None:
        """Close the port and end what is still being answered."""
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self.simulator.stop()

    def __enter__(self) -> RunningSimulator:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start_in_thread(
    settings: SimulatorSettings | None = None, *, host: str = "127.0.0.1", port: int = 0
) -> RunningSimulator:
    """Start beside the caller, by default on a free port.

    Raises OSError when the port is taken.
    """
    return RunningSimulator(settings or SimulatorSettings(), host=host, port=port)


def serve(*, host: str, port: int, settings: SimulatorSettings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises OSError when the port is taken.
    """
    # Who sees it answer may tell it to stop at once.
    with _stop_signal() as stopped, start_in_thread(settings, host=host, port=port):
        stopped.wait()


@contextmanager
def _stop_signal() -> Iterator[threading.Event]:
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    simulator: Simulator
    stopping: threading.Event
    base_url: str

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent about callers that went away, and loud about anything else."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "stand-in-Bandwidth"
    sys_version = ""
    timeout = 65
    disable_nagle_algorithm = True

    def _handle(self) -> None:
        body = self._read_body()
        if body is None:
            self.close_connection = True
            self._write(error(413, "request-entity-too-large", "The body is too large."))
            return
        path, _, query = self.path.partition("?")
        response = self.server.simulator.answer(
            Request(
                method=self.command,
                path=path,
                query=query,
                headers={name.lower(): value for name, value in self.headers.items()},
                body=body,
                base_url=self.server.base_url,
                is_local=ip_address(self.client_address[0]).is_loopback,
            )
        )
        if response.hold:
            self.server.stopping.wait(response.hold)
        if response.is_dropped:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._write(response)

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - the base class finds them so

    def _read_body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > BODY_LIMIT or "chunked" in self._encoding():
            return None
        return self.rfile.read(int(length))

    def _encoding(self) -> str:
        return str(self.headers.get("Transfer-Encoding", "")).lower()

    def _write(self, response: Response) -> None:
        self.send_response(response.status)
        if response.status != 204:
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(response.body)

    def log_message(self, *_: object) -> None:
        """Log nothing: request lines carry phone numbers."""
