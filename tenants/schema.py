"""Typed view of what django-tenants adds to the connection and our middleware to the request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

from django.db import connection
from django.http import HttpRequest

if TYPE_CHECKING:
    from tenants.models.people import User
    from tenants.models.tenant import Tenant
    from tenants.roles import Role


class TenantConnection(Protocol):
    """The default connection: one schema at a time, with `public` behind it."""

    schema_name: str
    tenant: Any  # a Tenant, or django-tenants' stand-in for the public schema

    def set_tenant(self, tenant: Tenant) -> None: ...
    def set_schema_to_public(self) -> None: ...
    def cursor(self) -> Any: ...


tenant_connection = cast("TenantConnection", connection)


class PortalRequest(HttpRequest):
    """Request after the middleware: `tenant` is None on public pages, `role` None until judged."""

    tenant: Tenant | None
    role: Role | None
    closed_tenant: Tenant | None  # set where the door is shut, see urls_closed
    urlconf: str
    user: User  # anonymous visitors are turned away before views run
