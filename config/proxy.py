"""Whose address a request came from, behind a proxy."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address

from django.http import HttpRequest, HttpResponseBase


class ClientAddressMiddleware:
    """Take the address that the proxy in front has seen: the last one it wrote.

    What stands before it was sent by the client, who may write anything.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        written = request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", 1)[-1].strip()
        with suppress(ValueError):  # the proxy's own calls, such as a health check, have none
            request.META["REMOTE_ADDR"] = str(ip_address(written))
        return self.get_response(request)
