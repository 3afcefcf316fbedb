"""Bodies of the portal's requests: whole before a page begins, and no larger than it takes.

Granian reads a body when it is asked for, and waits for it without end. So only half of the
threads may wait; a page's own thread never does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, Any, cast

from django.conf import settings

from providers.places import AllTaken, Places

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[Environ, Any], Any]

# A picture of 20 MB and the form around it; the README tells proxies the same.
UPLOAD_LIMIT = 21 * 1024 * 1024
_UPLOADS = re.compile(r"/t/[^/]+/(?:inbox/upload|api/v1/media)/?")
_IN_MEMORY = 1024 * 1024
_PIECE = 64 * 1024

_waiting = Places(max(1, settings.WEB_THREADS // 2))


class _EndedEarly(Exception):
    """The client left before its body was whole."""


def answer(
    application: Application, environ: Environ, start_response: StartResponse
) -> Iterable[bytes]:
    """Have a request answered when its body is there, or refuse it unread."""
    written = environ.get("CONTENT_LENGTH") or "0"
    # Of a body without a length, or an odd one, Django reads nothing.
    length = int(written) if written.isdecimal() and written.isascii() else 0
    if not length:
        return cast("Iterable[bytes]", application(environ, start_response))
    limit = limit_of(environ["PATH_INFO"])
    if length > limit:
        return _refuse(start_response, "413 Content Too Large", f"More than {limit} bytes.")
    try:
        with _waiting:
            environ["wsgi.input"] = _whole(environ["wsgi.input"], length)
    except AllTaken:
        return _refuse(start_response, "503 Service Unavailable", "Too busy. Try again.")
    except (_EndedEarly, OSError):
        return _refuse(start_response, "400 Bad Request", "The body ended early.")
    return cast("Iterable[bytes]", application(environ, start_response))


def limit_of(path: str) -> int:
    """Return the bytes that a path takes at most."""
    limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return UPLOAD_LIMIT if _UPLOADS.fullmatch(path) else limit


def _whole(stream: Any, length: int) -> IO[bytes]:
    kept: IO[bytes] = BytesIO() if length <= _IN_MEMORY else TemporaryFile()  # noqa: SIM115
    missing = length
    while missing:
        piece = stream.read(min(missing, _PIECE))
        if not piece:
            kept.close()
            raise _EndedEarly
        kept.write(piece)
        missing -= len(piece)
    kept.seek(0)
    return kept


def _refuse(start_response: StartResponse, status: str, detail: str) -> Iterable[bytes]:
    body = b'{"detail": "%s"}' % detail.encode()
    start_response(
        status,
        [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("X-Content-Type-Options", "nosniff"),
            *([("Retry-After", "5")] if status.startswith("503") else []),
        ],
    )
    return [body]
