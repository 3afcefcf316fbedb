"""One client's bytes as requests: llhttp takes them apart, this says what is taken at all.

llhttp as it is by itself: a length beside chunks, two lengths, a folded header, a line without its
CR are errors. Whatever is read differently by a proxy in front ends the connection.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import unquote_to_bytes

from django.conf import settings
from httptools import (
    HttpParserCallbackError,
    HttpParserError,
    HttpParserInvalidURLError,
    HttpParserUpgrade,
    HttpRequestParser,
    parse_url,
)

from providers import intake
from providers.intake import Answer
from providers.loop_answers import ENDED_EARLY, FULL, LONG_HEAD, MALFORMED, NOT_EXPECTED

if TYPE_CHECKING:
    from providers.loop_listener import Listener

_HEAD_LIMIT = 16 * 1024
_MOST_HEADERS = 100
# Whatever would mean something else if a proxy took the other one.
_SINGLE = frozenset({b"host", b"content-length", b"transfer-encoding", b"authorization", b"expect"})
# A carrier's body is a hundredth of this. Beyond it all bodies together have a limit, too.
_SMALL = 64 * 1024
_MOST_HELD = 128 * 1024 * 1024


class Stage(IntEnum):
    """How far the client has come with its next request."""

    NOTHING = 0
    HEAD = 1
    BODY = 2


class Headers(Mapping[str, str]):
    """A request's headers by lower-case name, made text only where they are asked for."""

    __slots__ = ("_raw",)

    def __init__(self, raw: Mapping[bytes, bytes]) -> None:
        self._raw = raw

    def __getitem__(self, name: str) -> str:
        return self._raw[name.encode("latin-1")].decode("latin-1")

    def __iter__(self) -> Iterator[str]:
        return (name.decode("latin-1") for name in self._raw)

    def __len__(self) -> int:
        return len(self._raw)


class Request:
    """A request that is whole."""

    __slots__ = ("body", "headers", "method", "path")

    def __init__(self, method: str, path: str, headers: Headers, body: bytes) -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body


class _Enough(Exception):
    """Stops llhttp: the rest of these bytes is not for us."""


class Requests:
    """What has come in on one connection. `ready` has what is whole, and last of all a refusal."""

    __slots__ = (
        "_body", "_fed", "_has_moved", "_headers", "_held", "_is_last", "_listener", "_method",
        "_parser", "_size", "_url", "is_cut", "is_over", "owes_continue", "ready", "stage",
    )  # fmt: skip

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._parser = HttpRequestParser(self)
        self.ready: deque[Request | Answer] = deque()
        self.stage = Stage.NOTHING
        self._has_moved = False  # to another stage, by what was fed last
        self.is_over = False  # nothing more is taken
        self.is_cut = False  # and the client may be sending
        self.owes_continue = False
        self._held = 0
        self._body: bytes | bytearray = b""

    def feed(self, data: bytes) -> bool:
        """Take what has come, and tell whether it brought the client any further."""
        if self.is_over:
            return False
        self._has_moved = False
        try:
            self._parser.feed_data(data)
            if self.stage and not self._has_moved:
                self._count(len(data))
        except HttpParserCallbackError:
            if not self.is_over:  # not for _Enough
                raise
        except (HttpParserError, HttpParserUpgrade):
            self.refuse(MALFORMED)
        return self._has_moved

    def end(self) -> None:
        """Take it that nothing more comes."""
        if self.stage and not self.is_over:
            self.refuse(ENDED_EARLY)
        self.is_over, self.is_cut = True, False

    def refuse(self, answer: Answer) -> None:
        """Have this said to what is begun, and take nothing more."""
        self.ready.append(answer)
        self.stage = Stage.NOTHING
        self._has_moved = self.is_over = self.is_cut = True
        self.owes_continue = False
        self._body = b""

    def let_go(self) -> None:
        """Hold no large bodies any more."""
        if self._held:
            self._listener.held -= self._held
            self._held = 0

    def on_message_begin(self) -> None:
        self.stage, self._has_moved = Stage.HEAD, True
        self._url = self._body = b""
        self._headers: dict[bytes, bytes] = {}
        self._size = self._fed = 0

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._size += len(name) + len(value)
        headers = self._headers
        if self._size > _HEAD_LIMIT or len(headers) >= _MOST_HEADERS:
            self._stop(LONG_HEAD)
        if self.stage is Stage.BODY:  # a trailer, which nobody asked for
            return
        name = name.lower()
        if name in headers and name in _SINGLE:
            self._stop(MALFORMED)
        headers[name] = value

    def on_headers_complete(self) -> None:
        headers, parser = self._headers, self._parser
        if self._size + len(self._url) > _HEAD_LIMIT:
            self._stop(LONG_HEAD)
        version = parser.get_http_version()
        is_latest = version == "1.1"
        if parser.should_upgrade() or (b"host" not in headers if is_latest else version != "1.0"):
            self._stop(MALFORMED)
        coding = headers.get(b"transfer-encoding")
        if coding is not None and (coding.lower() != b"chunked" or not is_latest):
            self._stop(MALFORMED)
        self._is_last = not is_latest or not parser.should_keep_alive()
        self._method = parser.get_method()
        self.stage, self._has_moved = Stage.BODY, True
        length = int(headers.get(b"content-length", b"0"))
        if length or coding is not None:
            self._expect_body(length, headers.get(b"expect") if is_latest else None)

    def on_body(self, data: bytes) -> None:
        if not self._body:
            self._body = data
        else:
            if not isinstance(self._body, bytearray):
                self._body = bytearray(self._body)
            self._body += data
        if len(self._body) > _SMALL:
            self._hold(len(data))

    def on_message_complete(self) -> None:
        self.stage, self._has_moved = Stage.NOTHING, True
        self.owes_continue = False
        self._add(bytes(self._body))
        self._body = b""
        if self._is_last:
            self.is_over = True
            raise _Enough

    def _expect_body(self, length: int, expected: bytes | None) -> None:
        if self._method != b"POST":
            # Its body makes no difference, so it is not waited for.
            self.stage = Stage.NOTHING
            self.is_over = self.is_cut = True
            self._add(b"")
            raise _Enough
        if length > settings.WEBHOOK_BODY_LIMIT:
            self._stop(intake.too_large())
        if expected is not None:
            if expected.lower() != b"100-continue":
                self._stop(NOT_EXPECTED)
            self.owes_continue = True

    def _add(self, body: bytes) -> None:
        try:
            path = _path(self._url)
        except HttpParserInvalidURLError:
            self._stop(MALFORMED)
        self.ready.append(Request(self._method.decode(), path, Headers(self._headers), body))

    def _hold(self, size: int) -> None:
        if len(self._body) > settings.WEBHOOK_BODY_LIMIT:
            self._stop(intake.too_large())
        self._held += size
        self._listener.held += size
        if self._listener.held > _MOST_HELD:
            self._stop(FULL)

    def _count(self, size: int) -> None:
        """Limit what is not handed over, and is no body: half a header, chunks' sizes."""
        self._fed += size
        if self.stage is Stage.HEAD:
            if self._fed > _HEAD_LIMIT:
                self.refuse(LONG_HEAD)
        elif self._fed > 2 * settings.WEBHOOK_BODY_LIMIT + _SMALL:
            self.refuse(intake.too_large())

    def _stop(self, answer: Answer) -> NoReturn:
        self.refuse(answer)
        raise _Enough


def _path(url: bytes) -> str:
    if not url.startswith(b"/"):
        url = parse_url(url).path or b"/" if b"://" in url else url
    path = url.partition(b"?")[0]
    if b"%" in path:
        path = unquote_to_bytes(path)
    return path.decode("latin-1")
