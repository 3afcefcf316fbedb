"""Addresses across the border between the public pages and a tenant's pages."""

from __future__ import annotations

from django.conf import settings
from django.urls import get_script_prefix, reverse

from tenants.models.tenant import Tenant


def public_path(name: str, **kwargs: object) -> str:
    """Reverse a public URL name from anywhere, a tenant's page included."""
    path = reverse(name, urlconf=settings.PUBLIC_SCHEMA_URLCONF, kwargs=kwargs or None)
    prefix = get_script_prefix()
    return "/" + path[len(prefix) :] if path.startswith(prefix) else path


def tenant_path(tenant: Tenant, path: str = "") -> str:
    """Build the path of a tenant's page, for redirects from public pages."""
    return f"/t/{tenant.slug}/{path.lstrip('/')}"


def absolute(path: str) -> str:
    """Make a path absolute by PUBLIC_URL, for e-mails and webhooks."""
    return f"{settings.PUBLIC_URL}{path}"


def webhook_url(token: str, *, provider: str = "bandwidth") -> str:
    """Address to paste at the carrier for one configuration."""
    return absolute(f"/webhook/{provider}/sms/{token}")
