"""Finding the tenant in the path, and keeping out who has no business there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import get_script_prefix, set_script_prefix, set_urlconf
from django.utils import timezone
from rest_framework.views import APIView

from tenants.access import note_visit
from tenants.links import public_path
from tenants.models.tenant import SLUG_PATTERN, Tenant
from tenants.roles import Role, role_in
from tenants.schema import PortalRequest, tenant_connection
from tenants.views import bad_request

_TENANT_PATH = re.compile(rf"/t/(?P<slug>{SLUG_PATTERN})(?P<rest>/.*)?", re.DOTALL)

GetResponse = Callable[[PortalRequest], HttpResponseBase]


class TenantMiddleware:
    """Move `/t/<slug>` out of the path into Django's script prefix and enter the schema.

    With the prefix moved, reverse(), redirects and the admin keep the tenant by themselves,
    and two tabs on two tenants cannot mix: nothing of it is in the session.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponseBase:
        tenant_connection.set_schema_to_public()
        prefix = get_script_prefix()
        request.tenant = None
        try:
            match = _TENANT_PATH.fullmatch(request.path_info)
            if match is None:
                request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
                return self.get_response(request)
            return self._in_tenant(request, match, prefix)
        finally:
            # The handler resets the prefix for each request, the test client does not.
            tenant_connection.set_schema_to_public()
            set_script_prefix(prefix)
            set_urlconf(None)
            timezone.deactivate()

    def _in_tenant(
        self, request: PortalRequest, match: re.Match[str], prefix: str
    ) -> HttpResponseBase:
        tenant = Tenant.objects.filter(slug=match["slug"]).first()
        if tenant is None or not tenant.is_open:
            # A view answers, so that the answer passes through the security middleware.
            request.closed_tenant = tenant
            request.urlconf = "tenants.urls_closed"
            return self.get_response(request)
        if match["rest"] is None:
            return redirect(f"{prefix}t/{tenant.slug}/")
        set_script_prefix(f"{prefix}t/{tenant.slug}/")
        request.tenant = tenant
        request.urlconf = settings.ROOT_URLCONF
        request.path_info = match["rest"]
        tenant_connection.set_tenant(tenant)
        return self.get_response(request)


# Where a system admin without a second factor still gets to; all else is behind the set-up.
_BEFORE_SET_UP = ("/accounts/", "/invite/", "/health/", "/webhook/", settings.STATIC_URL)


class AccessMiddleware:
    """Deny every tenant view to whoever has no role there, or too small a one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: PortalRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Judge the view by its mark (tenants.roles); API views bring permissions of their own."""
        if _must_set_up(request, view):
            return redirect(public_path("mfa_index"))
        tenant = request.tenant
        if tenant is None or getattr(view, "is_public_in_tenant", False) or _is_api(view):
            return None
        user = request.user
        if not user.is_authenticated:
            return redirect(f"{settings.LOGIN_URL}?{urlencode({'next': request.get_full_path()})}")
        request.role = role_in(user, tenant)
        if request.role is None or request.role < getattr(view, "minimum_role", Role.ADMIN):
            raise PermissionDenied
        note_visit(request)
        timezone.activate(tenant.timezone)  # pages tell the tenant's time, the API UTC
        return None

    def process_exception(
        self, request: PortalRequest, error: Exception
    ) -> HttpResponseBase | None:
        """Blame the address for a value in it that PostgreSQL cannot hold, such as +19:31."""
        if not isinstance(error, DataError) or request.method not in ("GET", "HEAD"):
            return None
        return bad_request(request, error)


def _must_set_up(request: PortalRequest, view: Any) -> bool:
    if getattr(view, "is_public_in_tenant", False) or _is_api(view):
        return False  # the API says so in words, see tenants.api.authentication
    if request.tenant is None and request.path_info.startswith(_BEFORE_SET_UP):
        return False
    return bool(getattr(request.user, "lacks_second_factor", False))


def _is_api(view: Any) -> bool:
    # DRF's default permission is Denied, so a view that forgets to say more stays shut.
    cls = getattr(view, "cls", None) or getattr(view, "view_class", None)
    return isinstance(cls, type) and issubclass(cls, APIView)
