"""Webhook endpoints: unguessable addresses, found by the hash of their token."""

from __future__ import annotations

import hashlib
import secrets

from tenants.models.directory import Trunk, WebhookEndpoint
from tenants.models.tenant import Tenant


def token_hash(token: str) -> bytes:
    """Return what is kept of an address's token."""
    return hashlib.sha256(token.encode()).digest()


def create_endpoint(tenant: Tenant, trunk: Trunk) -> tuple[WebhookEndpoint, str]:
    """Make an endpoint and return it with its token, which only the hash is kept of."""
    token = secrets.token_urlsafe(24)
    return WebhookEndpoint.objects.create(
        tenant=tenant, trunk=trunk, token_hash=token_hash(token)
    ), token


def find_endpoint(token: str) -> WebhookEndpoint | None:
    """Return the endpoint of a token.

    Switched off or not: what comes in meanwhile is stored and held, so that nothing is lost.
    """
    return (
        WebhookEndpoint.objects.select_related("trunk").filter(token_hash=token_hash(token)).first()
    )
