"""The two admin sites: the system's under /system/ and each tenant's under /t/<slug>/."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.sites import UnfoldAdminSite

from tenants.links import public_path
from tenants.roles import Role


class _Portal(UnfoldAdminSite):  # type: ignore[misc]  # unfold has no types
    """Admin site whose sign-in, sign-out and password pages are the public ones."""

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        target = public_path("account_login")
        following = request.GET.get(REDIRECT_FIELD_NAME, "")
        return redirect(f"{target}?{REDIRECT_FIELD_NAME}={following}" if following else target)

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect(public_path("account_logout"))

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect(public_path("account_change_password"))


class SystemSite(_Portal):
    """Pages of those who run the platform."""

    settings_name = "UNFOLD_SYSTEM"

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(user.is_authenticated and user.is_active and user.is_system_admin)


class TenantSite(_Portal):
    """Pages of a tenant's admins; the access middleware has judged the role before."""

    settings_name = "UNFOLD_TENANT"

    def has_permission(self, request: HttpRequest) -> bool:
        role = getattr(request, "role", None)
        return role is not None and role >= Role.ADMIN


system_site = SystemSite(name="system")
# Named like Django's own site: templates and libraries reverse "admin:…".
tenant_site = TenantSite(name="admin")
