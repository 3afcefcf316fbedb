"""Connections that drip, and bodies of ten megabytes, while carriers post and people read."""

from __future__ import annotations

import base64
import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from config.fuzz.company import CALLBACK, Company
from config.fuzz.figures import Figures

DRIPPERS = 100  # of each kind
_LARGE = 10_000_000
_PATIENCE = 15.0
_STEP = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A program under attack, and what it goes on answering meanwhile."""

    name: str
    url: str
    drips: tuple[bytes, ...]  # how the requests begin that never end
    asked: tuple[str, ...]
    ends_bodies: bool


def drip(portal: str, intake: str, company: Company, *, seconds: float) -> Figures:
    """Let connections drip at both programs, and count what is answered beside them."""
    figures = Figures("slow")
    hook = company.hook.encode()
    body = b"Host: x\r\nContent-Length: 700\r\n\r\n["
    strangers = b"POST " + hook + b" HTTP/1.1\r\n" + body
    headers = b"GET /accounts/login/ HTTP/1.1\r\nHost: x\r\n"
    places = (
        _Place(
            name="web",
            url=portal,
            drips=(strangers, b"POST /accounts/login/ HTTP/1.1\r\n" + body, headers),
            asked=("/accounts/login/", "/health/"),
            ends_bodies=False,
        ),
        _Place(
            name="intake",
            url=intake,
            drips=(strangers, headers.replace(b"/accounts/login/", hook)),
            asked=("/webhook/health",),
            ends_bodies=True,
        ),
    )
    for place in places:
        _attack(figures, place, company, seconds=seconds / len(places))
        _post_large(figures, place, company)
    return figures


def _attack(figures: Figures, place: _Place, company: Company, *, seconds: float) -> None:
    answers: Counter[str] = Counter()
    slowest = 0.0
    with _dripping(place) as dripping:
        until = time.monotonic() + max(seconds, 14.0)
        number = 0
        while time.monotonic() < until:
            dripping.feed()
            number += 1
            for what, ask in _asked(place, company, number):
                began = time.monotonic()
                answers[f"{what} {_status(ask)}"] += 1
                slowest = max(slowest, time.monotonic() - began)
            time.sleep(_STEP)
        left = dripping.left()
    figures.counts |= {
        f"{place.name}, connections that drip": DRIPPERS * len(place.drips),
        f"{place.name}, of these left at the end": left,
        f"{place.name}, answers beside them": dict(answers),
        f"{place.name}, slowest of these, s": round(slowest, 2),
    }
    for answer, count in answers.items():
        if not answer.endswith("200"):
            figures.broke(f"{place.name}: beside {DRIPPERS} drippers {count} times {answer}")
    if place.ends_bodies and left:
        figures.broke(f"{place.name}: {left} connections drip on")


def _asked(place: _Place, company: Company, number: int) -> Iterator[tuple[str, requests.Request]]:
    for path in place.asked:
        yield path, requests.Request("GET", place.url + path)
    event = {
        "type": "message-received",
        "time": "2026-11-20T15:43:35Z",
        "to": company.number,
        "message": {"id": f"slow-{place.name}-{number}", "direction": "in", "text": "?"},
    }
    signed = requests.Request("POST", place.url + company.hook, json=[event], auth=CALLBACK)
    yield "webhook", signed


def _status(request: requests.Request) -> int | str:
    try:
        with requests.Session() as session:
            return session.send(request.prepare(), timeout=_PATIENCE).status_code
    except requests.RequestException as error:
        return type(error).__name__


class _Drips:
    """Connections whose requests never end; a byte a second keeps them alive."""

    def __init__(self, place: _Place) -> None:
        parts = urlsplit(place.url)
        self._alive: dict[socket.socket, bytes] = {}
        for begun in place.drips:
            for _ in range(DRIPPERS):
                made = socket.create_connection((parts.hostname, parts.port), timeout=5)
                made.sendall(begun)
                made.setblocking(False)
                self._alive[made] = b"1" if b"\r\n\r\n" in begun else b"X-A: b\r\n"

    def feed(self) -> None:
        """Send the next byte of each."""
        self._forget_ended()
        for connection, drop in list(self._alive.items()):
            try:
                connection.send(drop)
            except OSError:
                self._end(connection)

    def left(self) -> int:
        """Count those that the server has not answered, or left."""
        self._forget_ended()
        return len(self._alive)

    def end(self) -> None:
        """Leave by ourselves."""
        for connection in list(self._alive):
            self._end(connection)

    def _forget_ended(self) -> None:
        with selectors.DefaultSelector() as selector:
            for connection in self._alive:
                selector.register(connection, selectors.EVENT_READ)
            # Whatever is there to be read is the answer, or the end.
            for key, _ in selector.select(0) if self._alive else ():
                self._end(key.fileobj)  # type: ignore[arg-type]

    def _end(self, connection: socket.socket) -> None:
        self._alive.pop(connection, None)
        connection.close()


@contextmanager
def _dripping(place: _Place) -> Iterator[_Drips]:
    drips = _Drips(place)
    try:
        yield drips
    finally:
        drips.end()


def _post_large(figures: Figures, place: _Place, company: Company) -> None:
    paths = [company.hook]
    if place.name == "web":
        paths += ["/accounts/login/", "/api/v1/tenants/", "/t/fuzz/api/v1/messages/", "/t/fuzz/"]
    for path in paths:
        status, sent = _offer(place.url, path)
        figures.counts[f"{place.name}, 10 MB to {path.split('/sms/')[0]}"] = (
            f"{status}, {sent / 1e6:.1f} MB sent when it came"
        )
        if status != 413 or sent >= _LARGE:
            figures.broke(f"{place.name}: 10 MB to {path[:20]} are answered {status}")


def _offer(url: str, path: str) -> tuple[int, int]:
    """Send a body until it is answered; return the status, and how much the server has let us."""
    parts = urlsplit(url)
    pair = base64.b64encode(":".join(CALLBACK).encode()).decode()
    head = f"POST {path} HTTP/1.1\r\nHost: {parts.hostname}\r\nAuthorization: Basic {pair}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {_LARGE}\r\n\r\n"
    piece, sent = b" " * 65_536, 0
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(head.encode())
        said = b""
        # Hung up between the look and the sending: what was said before is still to be read.
        with suppress(BrokenPipeError), selectors.DefaultSelector() as selector:
            selector.register(connection, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while sent < _LARGE and not said:
                for _, events in selector.select(5):
                    if events & selectors.EVENT_READ:
                        said = connection.recv(200)
                        break
                    sent += connection.send(piece)
        said = said or connection.recv(200)
    return int(said.split()[1]) if said.startswith(b"HTTP/") else 0, sent
