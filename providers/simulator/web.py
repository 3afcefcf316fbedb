"""Requests, answers and routes of the simulator, independent of the server below."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """HTTP request; `path` is undecoded, as Bandwidth refuses encoded slashes."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # lower-case names
    body: bytes = b""
    is_local: bool = True
    base_url: str = ""  # the simulator's own address, for the URLs it gives out

    @property
    def filters(self) -> dict[str, str]:
        """The query's parameters, the last of each name."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def json(self) -> dict[str, Any]:
        """Decode a JSON object.

        Raises ValueError.
        """
        try:
            value = json.loads(self.body)
        except RecursionError as error:
            raise ValueError("too deep") from error
        if not isinstance(value, dict):
            raise ValueError("not an object")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """HTTP answer; `hold` seconds of silence come first, `is_dropped` means no answer at all."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    hold: float = 0.0
    is_dropped: bool = False


class Refused(Exception):
    """Ends the handling of a request with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def as_json(value: object, *, status: int = 200, **headers: str) -> Response:
    """Answer with JSON; underscores in header names become dashes."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Response(status=status, body=json.dumps(value).encode(), headers=named)


def error(status: int, kind: str, description: str, **extra: object) -> Response:
    """Answer with Bandwidth's error object."""
    return as_json({"type": kind, "description": description, **extra}, status=status)


Handler = Callable[..., Response]


class Router:
    """Routes by method and pattern; `{name}` takes one segment, `{name*}` the rest."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []

    def add(self, method: str, pattern: str, handler: Handler) -> None:
        """Add a route."""
        regex = re.sub(r"\{(\w+)\*\}", r"(?P<\1>.+)", pattern)
        regex = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", regex)
        self._routes.append((method, re.compile(regex), handler))

    def dispatch(self, request: Request) -> Response:
        """Answer a request, 404 and 405 included."""
        is_known = False
        for method, pattern, handler in self._routes:
            match = pattern.fullmatch(request.path)
            if match is None:
                continue
            is_known = True
            if method == request.method:
                try:
                    return handler(request, **match.groupdict())
                except Refused as refusal:
                    return refusal.response
        if is_known:
            return error(405, "method-not-allowed", f"{request.method} is not allowed here.")
        return error(404, "resource-not-found", "There is nothing here.")
