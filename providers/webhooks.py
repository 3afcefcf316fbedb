"""The webhook's two doors, one for WSGI servers and one for Django: HTTP in, HTTP out.

Both read the request by its environ and say the same, to the letter. A body that does not come
keeps a thread: where several do, only bodies of those who may come in are waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from http.client import responses
from typing import Any, Protocol

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from providers import intake
from providers.intake import Answer
from providers.places import AllTaken, Places

Environ = Mapping[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


_WAITING = max(1, settings.WEB_THREADS // 4)
_strangers = Places(_WAITING)


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Headers(Mapping[str, str]):
    """The request's headers by lower-case name; only what is asked for is looked at."""

    __slots__ = ("environ",)

    def __init__(self, environ: Environ) -> None:
        self.environ = environ

    def __getitem__(self, name: str) -> str:
        value: str = self.environ[f"HTTP_{name.upper().replace('-', '_')}"]
        return value

    def __iter__(self) -> Iterator[str]:
        names = (name for name in self.environ if name.startswith("HTTP_"))
        return (name[5:].replace("_", "-").lower() for name in names)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _TooLarge(Exception):
    """The body is over the limit, and was not read to its end."""


class _EndedEarly(Exception):
    """The body is shorter than its header says."""


def dispatch(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Answer as a WSGI application, without anything of Django's request handling."""
    status, headers, body = _answer(
        environ["REQUEST_METHOD"], environ["PATH_INFO"], environ, environ["wsgi.input"]
    )
    start_response(f"{status} {responses[status]}", list(headers))
    return [body]


@csrf_exempt
def receive_view(request: HttpRequest, **_address: str | None) -> HttpResponse:
    """Answer as a Django view. The carrier signs in by Basic, never by session."""
    # Of a body in chunks Django reads nothing; elsewhere than on WSGI it is all there is.
    stream = request.META.get("wsgi.input", request)
    status, headers, body = _answer(request.method or "", request.path_info, request.META, stream)
    return HttpResponse(body, status=status, headers=dict(headers))


class WebhookMiddleware:
    """Answer webhooks before the rest of the stack, which has nothing to say to a carrier."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(intake.PREFIX):
            return receive_view(request)
        return self.get_response(request)


def _answer(method: str, path: str, environ: Environ, stream: _Stream) -> Answer:
    headers = _Headers(environ)
    if method != "POST":
        said = intake.receive(method, path, headers, b"")
        return said._replace(body=b"") if method == "HEAD" else said
    try:
        body = _awaited(method, path, headers, stream)
    except _TooLarge:
        return intake.too_large()
    except (_EndedEarly, OSError):
        return intake.answer(400, "The body ended early.")
    except AllTaken as error:
        return intake.unavailable(error)
    return body if isinstance(body, Answer) else intake.receive(method, path, headers, body)


def _awaited(method: str, path: str, headers: _Headers, stream: _Stream) -> bytes | Answer:
    try:
        with _strangers:
            return _body(headers.environ, stream)
    except AllTaken:
        door = intake.admit(method, path, headers)
    if isinstance(door, Answer):
        return door
    with _those_of(door.endpoint_id):
        return _body(headers.environ, stream)


@lru_cache(maxsize=1000)
def _those_of(endpoint_id: int | None) -> Places:
    """Keep who may come in apart too: one tenant's slow bodies are no reason to refuse another."""
    return Places(_WAITING)


def _body(environ: Environ, stream: _Stream) -> bytes:
    limit: int = settings.WEBHOOK_BODY_LIMIT
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        body = _read(stream, limit + 1)
        if len(body) > limit:
            raise _TooLarge
        return body
    written = environ.get("CONTENT_LENGTH") or "0"
    length = int(written) if written.isdecimal() else 0
    if length > limit:
        raise _TooLarge
    body = _read(stream, length)
    if len(body) < length:
        raise _EndedEarly
    return body


def _read(stream: _Stream, size: int) -> bytes:
    """Read so much, or to the end: one call may bring less than there will be."""
    body = stream.read(size) if size else b""
    if len(body) in (0, size):
        return body
    parts, missing = [body], size - len(body)
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
