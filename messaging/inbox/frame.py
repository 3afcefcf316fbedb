"""What all pages of the inbox share: who may come in, and the shell around them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django_htmx.middleware import HtmxDetails

from messaging import live, visibility
from tenants.links import public_path
from tenants.models import Tenant
from tenants.roles import Role, membership_of, open_to
from tenants.schema import PortalRequest

Arguments = ParamSpec("Arguments")


class InboxRequest(PortalRequest):
    """Request of somebody whose role in the tenant is settled."""

    tenant: Tenant
    role: Role
    htmx: HtmxDetails


InboxView = Callable[Concatenate[InboxRequest, Arguments], HttpResponseBase]


def inbox_view(view: InboxView[Arguments]) -> InboxView[Arguments]:
    """Open a view to extension users and above; its answers are never cached."""

    @wraps(view)
    def within(
        request: InboxRequest, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return cast("InboxView[Arguments]", open_to(Role.EXTENSION)(within))


def shell(
    request: InboxRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a whole page in the inbox's shell."""
    role, tenant = request.role, request.tenant
    events = events_url(request)
    frame = {
        "tenant": tenant,
        "is_admin": role >= Role.ADMIN,
        "is_visitor": role == Role.SYSTEM and membership_of(request.user, tenant) is None,
        "is_system": role == Role.SYSTEM,
        "portal_url": reverse("admin:index"),
        "tenants_url": public_path("system:tenants_tenant_changelist"),
        "password_url": public_path("account_change_password"),
        "logout_url": public_path("account_logout"),
        "events_url": events,
    }
    response = render(request, template, {**frame, **context}, status=status)
    origin = urlsplit(events)
    if origin.netloc:
        # The events process is another origin, and the only one the page may talk to.
        allowed = {"connect-src": [f"{origin.scheme}://{origin.netloc}"]}
        response._csp_update = allowed  # type: ignore[attr-defined]  # django-csp reads it
    return response


def refusal_part(request: InboxRequest, text: str) -> HttpResponse:
    """Give the reason alone, to be shown beside the composer, whose input stays."""
    response = render(request, "inbox/refusal.html", {"refusal": text}, status=422)
    response["HX-Retarget"] = "#refusal"
    response["HX-Reswap"] = "innerHTML"
    return response


def events_url(request: InboxRequest) -> str:
    """Address of the live hints this person may hear; "" for whoever has no conversations."""
    extension: str | None = None
    if request.role < Role.ADMIN:
        own = visibility.extension_of(request.user, request.tenant)
        if own is None:
            return ""
        extension = own.number
    token = live.token(request.tenant.schema_name, request.user.pk, extension)
    return f"{settings.EVENTS_URL or _beside(request)}/events/{token}"


def _beside(request: InboxRequest) -> str:
    host = urlsplit(f"//{request.get_host()}").hostname or "127.0.0.1"
    name = f"[{host}]" if ":" in host else host
    return f"{request.scheme}://{name}:{settings.EVENTS_PORT}"
