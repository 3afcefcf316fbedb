"""Crossing into a tenant outside a request: explicit, and closed unless the tenant is open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django_tenants.utils import tenant_context

from tenants.models.tenant import Tenant


class TenantUnavailable(LookupError):
    """The schema is unknown, suspended or not ready: do nothing."""


@contextmanager
def entered(schema_name: str) -> Iterator[Tenant]:
    """Run the block inside one tenant's schema.

    Raises TenantUnavailable before the block is entered.
    """
    # `tenant_context`, not `with tenant:`, which mixes up the tenants of two threads.
    tenant = Tenant.objects.filter(schema_name=schema_name).first()
    if tenant is None or not tenant.is_open:
        raise TenantUnavailable(schema_name)
    with tenant_context(tenant):
        yield tenant
