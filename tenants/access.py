"""The trail that switched-in system admins leave in a tenant."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from tenants.models import Tenant
from tenants.models.access import AccessEntry
from tenants.roles import Role
from tenants.schema import PortalRequest

_SEEN = "visited_tenants"
_READ_ONLY = ("GET", "HEAD", "OPTIONS")
# A program has no session that ends: its reading counts as a new visit after this.
_VISIT = timedelta(hours=12)


def note_visit(request: PortalRequest) -> None:
    """Record the first page of a system admin's visit and each later change."""
    tenant = request.tenant
    if tenant is None or request.role != Role.SYSTEM:
        return
    visited: list[int] = request.session.get(_SEEN, [])
    if request.method in _READ_ONLY:
        if tenant.pk in visited:
            return
        _note(request, tenant, "visit")
    else:
        _note(request, tenant, request.method or "")
    if tenant.pk not in visited:
        request.session[_SEEN] = [*visited, tenant.pk]


def note_reading(request: PortalRequest) -> None:
    """Record that a system admin's program reads in a tenant; changes are recorded by the API."""
    tenant = request.tenant
    if tenant is None or request.role != Role.SYSTEM or request.method not in _READ_ONLY:
        return
    lately = AccessEntry.objects.filter(tenant=tenant, at__gte=timezone.now() - _VISIT)
    if not lately.filter(user_id=request.user.pk, action="visit").exists():
        _note(request, tenant, "visit")


def _note(request: PortalRequest, tenant: Tenant, action: str) -> None:
    AccessEntry.objects.create(
        user_id=request.user.pk,
        tenant=tenant,
        action=action,
        path=request.path[:500],
        ip=request.META.get("REMOTE_ADDR") or None,
    )
