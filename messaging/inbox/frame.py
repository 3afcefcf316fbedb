"""What all pages of the inbox share: who may come in, and the shell around them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django_htmx.middleware import HtmxDetails

from messaging import live, visibility
from messaging.handling.actions import Actor
from messaging.models import Conversation, Extension
from tenants.links import public_path
from tenants.models import Tenant, User
from tenants.roles import Role, known_membership, open_to
from tenants.schema import PortalRequest

_EXTENSION = re.compile(r"[0-9]{2,10}")

Arguments = ParamSpec("Arguments")


class InboxRequest(PortalRequest):
    """Request of somebody whose role in the tenant is settled."""

    tenant: Tenant
    role: Role
    htmx: HtmxDetails
    viewed: Extension | None  # whose inbox an admin looks at
    reader: User | None  # whose read marks count; None = nobody sits there
    keep: str  # what every address of the view carries on
    own_desk: visibility.Desk | None  # see `desk`


InboxView = Callable[Concatenate[InboxRequest, Arguments], HttpResponseBase]


def inbox_view(view: InboxView[Arguments]) -> InboxView[Arguments]:
    """Open a view to extension users and above; its answers are never cached."""

    @wraps(view)
    def within(
        request: InboxRequest, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> HttpResponseBase:
        _look_as(request)
        response = view(request, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return cast("InboxView[Arguments]", open_to(Role.EXTENSION)(within))


def visible(request: InboxRequest) -> QuerySet[Conversation]:
    """Return the conversations of the inbox that is looked at: the own one, or another's."""
    if request.viewed or request.role < Role.ADMIN:
        return visibility.seen_from(desk(request))
    return visibility.visible_conversations(request.user, request.role, request.tenant)


def desk(request: InboxRequest) -> visibility.Desk | None:
    """Return the extension whose inbox is looked at, with what it shares; None = no extension."""
    if not hasattr(request, "own_desk"):
        number = request.viewed.number if request.viewed else _own_number(request)
        request.own_desk = visibility.desk_at(number)
    return request.own_desk


def actor(request: InboxRequest) -> Actor:
    """Return who acts; whoever looks at another's inbox does not.

    Raises PermissionDenied.
    """
    if request.viewed:
        raise PermissionDenied
    return Actor(user=request.user, role=request.role, desk=desk(request))


def shell(
    request: InboxRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a whole page in the inbox's shell."""
    role, tenant = request.role, request.tenant
    events = events_url(request)
    frame = {
        "tenant": tenant,
        "is_admin": role >= Role.ADMIN,
        "is_visitor": role == Role.SYSTEM and known_membership(request.user, tenant) is None,
        "is_system": role == Role.SYSTEM,
        "desk": desk(request),
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
    extension = request.viewed.number if request.viewed else None
    if request.role < Role.ADMIN:
        extension = _own_number(request)
        if not extension:
            return ""
    token = live.token(request.tenant.schema_name, request.user.pk, extension)
    return f"{settings.EVENTS_URL or _beside(request)}/events/{token}"


def _look_as(request: InboxRequest) -> None:
    """Settle whose inbox is looked at: `?as=101` shows an admin that of extension 101.

    Raises Http404 for an extension that does not exist; for extension users it means nothing.
    """
    number = request.GET.get("as", "")
    request.viewed, request.reader, request.keep = None, request.user, ""
    if not number or request.role < Role.ADMIN:
        return
    if not _EXTENSION.fullmatch(number):
        raise Http404
    request.viewed = get_object_or_404(Extension, number=number)
    request.reader = visibility.person_of(request.viewed, request.tenant)
    request.keep = f"?as={request.viewed.number}"


def _own_number(request: InboxRequest) -> str:
    membership = known_membership(request.user, request.tenant)
    return membership.extension if membership else ""


def _beside(request: InboxRequest) -> str:
    host = urlsplit(f"//{request.get_host()}").hostname or "127.0.0.1"
    name = f"[{host}]" if ":" in host else host
    return f"{request.scheme}://{name}:{settings.EVENTS_PORT}"
