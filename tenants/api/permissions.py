"""Who may call which part of the API; a view that names nothing is shut."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from tenants.access import note_reading
from tenants.roles import Role, role_in
from tenants.schema import PortalRequest

if TYPE_CHECKING:  # rest_framework.views imports this module for its defaults
    from rest_framework.views import APIView


class Denied(BasePermission):
    """Nobody: the default of every view."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return False


class IsSystemAdmin(BasePermission):
    """Those who run the platform."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        user = request.user
        return bool(user.is_authenticated and user.is_active and user.is_system_admin)


class _InTenant(BasePermission):
    minimum: ClassVar[Role]

    def has_permission(self, request: Request, view: APIView) -> bool:
        tenant = getattr(request._request, "tenant", None)
        if tenant is None or not request.user.is_authenticated:
            return False
        role = role_in(request.user, tenant)
        request._request.role = role  # type: ignore[attr-defined]
        if role is None or role < self.minimum:
            return False
        note_reading(cast("PortalRequest", request._request))
        return True


class IsTenantAdmin(_InTenant):
    """Admins of the tenant in the URL, and system admins."""

    minimum = Role.ADMIN


class IsTenantUser(_InTenant):
    """Everybody with a role in the tenant of the URL; views narrow extension users further."""

    minimum = Role.EXTENSION
