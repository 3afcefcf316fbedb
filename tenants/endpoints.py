"""Webhook endpoints: unguessable addresses, found by the hash of their token."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db.models import F, Q
from django.dispatch import Signal
from django.utils import timezone

from tenants.models.directory import Trunk, WebhookEndpoint
from tenants.models.tenant import Tenant

OVERLAP = timedelta(days=7)
# Sent with `key`, the hash of an address that begins or ceases to work.
address_changed = Signal()


class AddressKept(Exception):
    """The address stays: somebody changed it a moment ago, or the one before still works."""


def token_hash(token: str) -> bytes:
    """Return what is kept of an address's token."""
    return hashlib.sha256(token.encode()).digest()


def create_endpoint(tenant: Tenant, trunk: Trunk) -> tuple[WebhookEndpoint, str]:
    """Make an endpoint and return it with its token, which only the hash is kept of."""
    token = _new_token()
    return WebhookEndpoint.objects.create(
        tenant=tenant, trunk=trunk, token_hash=token_hash(token)
    ), token


def find_endpoint(token: str) -> WebhookEndpoint | None:
    """Return the endpoint of a token, also of the one before while that still works.

    Switched off or not: what comes in meanwhile is stored and held, so that nothing is lost.
    """
    key = token_hash(token)
    before = Q(previous_token_hash=key, previous_until__gt=timezone.now())
    endpoints = WebhookEndpoint.objects.select_related("trunk").defer("previous_token")
    return endpoints.filter(Q(token_hash=key) | before).first()


def all_hashes() -> list[bytes]:
    """Return what is kept of every address that works, those of before among them."""
    rows = WebhookEndpoint.objects.values_list("token_hash", "previous_token_hash")
    return [bytes(key) for row in rows for key in row if key is not None]


def renew_address(endpoint_id: int, token: str, *, overlap: timedelta = OVERLAP) -> str:
    """Give an endpoint another address and return its token; the old one ends after `overlap`.

    Raises AddressKept: a second press of a button must not end the address in use at the carrier.
    """
    new, old, now = _new_token(), token_hash(token), timezone.now()
    renewed = (
        WebhookEndpoint.objects.filter(pk=endpoint_id, token_hash=old)
        .exclude(previous_until__gt=now)
        .update(
            token_hash=token_hash(new),
            previous_token_hash=F("token_hash"),
            previous_token=token,
            previous_until=now + overlap,
        )
    )
    if not renewed:
        raise AddressKept
    for key in (old, token_hash(new)):
        address_changed.send(WebhookEndpoint, key=key)
    return new


def end_previous_address(endpoint: WebhookEndpoint) -> bool:
    """End an endpoint's old address now; False when it had ended already."""
    key = endpoint.previous_token_hash
    ended = key is not None and WebhookEndpoint.objects.filter(
        pk=endpoint.pk, previous_token_hash=key
    ).update(previous_token_hash=None, previous_token="", previous_until=None)
    if key is not None:
        address_changed.send(WebhookEndpoint, key=bytes(key))
    return bool(ended)


def _new_token() -> str:
    return secrets.token_urlsafe(24)
