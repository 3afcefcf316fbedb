"""The trail that switched-in system admins leave in a tenant."""

from __future__ import annotations

from tenants.models.access import AccessEntry
from tenants.roles import Role
from tenants.schema import PortalRequest

_SEEN = "visited_tenants"


def note_visit(request: PortalRequest) -> None:
    """Record the first page of a system admin's visit and each later change."""
    tenant = request.tenant
    if tenant is None or request.role != Role.SYSTEM:
        return
    visited: list[int] = request.session.get(_SEEN, [])
    if request.method in ("GET", "HEAD", "OPTIONS"):
        if tenant.pk in visited:
            return
        action = "visit"
    else:
        action = request.method or ""
    AccessEntry.objects.create(
        user=request.user,
        tenant=tenant,
        action=action,
        path=request.path[:500],
        ip=request.META.get("REMOTE_ADDR") or None,
    )
    if tenant.pk not in visited:
        request.session[_SEEN] = [*visited, tenant.pk]
