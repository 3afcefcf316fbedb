"""Who is at work: the person behind the request that this thread answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import cast

from django.http import HttpRequest, HttpResponseBase

from tenants.models import ApiKey, User
from tenants.roles import Role, role_in
from tenants.schema import PortalRequest

_request: ContextVar[HttpRequest | None] = ContextVar("audited_request", default=None)
_reason: ContextVar[str] = ContextVar("audited_reason", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Person who changes something, and the way they came in."""

    user: User
    ip: str | None
    is_switched_in: bool
    key_hint: str


class ActorMiddleware:
    """Remember the request while it is answered.

    The person is asked for only when something changes: the API finds out whose key it is later
    than any middleware runs.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(token)


def current_actor() -> Actor | None:
    """Return who is at work; None = the system itself, or nobody known yet."""
    request = cast("PortalRequest | None", _request.get())
    user = getattr(request, "user", None)
    if request is None or user is None or not user.is_authenticated:
        return None
    tenant = getattr(request, "tenant", None)
    key = getattr(request, "auth", None)  # set by the API, next to the user
    return Actor(
        user=user,
        ip=request.META.get("REMOTE_ADDR") or None,
        is_switched_in=tenant is not None and role_in(user, tenant) == Role.SYSTEM,
        key_hint=key.hint if isinstance(key, ApiKey) else "",
    )


def current_reason() -> str:
    """Return the reason given for what changes now, or ""."""
    return _reason.get()


@contextmanager
def because(reason: str) -> Iterator[None]:
    """Put the reason on every entry of the audit trail that the block makes."""
    token = _reason.set(reason.strip())
    try:
        yield
    finally:
        _reason.reset(token)
