"""Taking a carrier's request in: judge it, store its events, answer. Free of Django's requests.

Anything stored is answered 2xx, only after the commit. 4xx says the request is not the carrier's;
503 makes the carrier try again for a day.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from providers import bell
from providers.deadline import TooSlow, within
from providers.errors import WebhookMalformed, WebhookUnauthorized
from providers.models import WebhookEvent
from providers.registry import platform_webhook_credentials, provider_class
from providers.types import WebhookCredentials, WebhookItem
from tenants.endpoints import find_endpoint

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """HTTP answer to the carrier; the body is a line of JSON."""

    status: int
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The line of JSON."""
        key = "error" if self.status >= 400 else "result"
        return json.dumps({key: self.detail}).encode()


_ACCEPTED = Answer(status=200, detail="stored")
_UNKNOWN_ADDRESS = Answer(
    status=404, detail="No such webhook address: copy it again in the portal."
)
_UNAVAILABLE = Answer(
    status=503, detail="Not stored, please send again.", headers={"Retry-After": "5"}
)


class _NoSuchAddress(LookupError):
    """The path stands for no configuration of this carrier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Door:
    """Address an event came through: a tenant's endpoint, or the platform's (no endpoint)."""

    endpoint_id: int | None
    tenant_id: int | None
    credentials: Sequence[WebhookCredentials]


def receive(
    provider: str, token: str | None, *, method: str, headers: Mapping[str, str], body: bytes
) -> Answer:
    """Store the events of one webhook request.

    `headers` has lower-case names; `token` is None at the platform account's address.
    """
    if method != "POST":
        return Answer(status=405, detail="Webhooks are posted.", headers={"Allow": "POST"})
    try:
        return within(
            settings.WEBHOOK_DEADLINE,
            lambda: _take(provider, token, headers=headers, body=body),
        )
    except _NoSuchAddress:
        return _UNKNOWN_ADDRESS
    except WebhookUnauthorized as error:
        # Bandwidth's first request carries no credentials: only this header makes it send them.
        challenge = {"WWW-Authenticate": 'Basic realm="Trunkline webhook", charset="UTF-8"'}
        return Answer(status=401, detail=error.detail, headers=challenge)
    except WebhookMalformed as error:
        return Answer(status=400, detail=error.detail)
    except (DatabaseError, InterfaceError, TooSlow) as error:
        logger.error("webhook events not stored: %s", type(error).__name__)
        return _UNAVAILABLE


def _take(provider: str, token: str | None, *, headers: Mapping[str, str], body: bytes) -> Answer:
    door = _find_door(provider, token)
    carrier = provider_class(provider)
    carrier.authenticate_webhook(headers, door.credentials)
    if len(body) > settings.WEBHOOK_BODY_LIMIT:
        return too_large()
    items = carrier.split_webhook(body)
    if items:
        _store(provider, door, items)
        bell.ring()
    return _ACCEPTED


def too_large() -> Answer:
    """Refuse a body over the limit."""
    return Answer(status=413, detail=f"The body is over {settings.WEBHOOK_BODY_LIMIT} bytes.")


def _find_door(provider: str, token: str | None) -> _Door:
    if token is None:
        # Without a platform account the address does not exist.
        if provider != "bandwidth" or not settings.BANDWIDTH_ACCOUNT_ID:
            raise _NoSuchAddress
        return _Door(endpoint_id=None, tenant_id=None, credentials=platform_webhook_credentials())
    endpoint = find_endpoint(token)
    if endpoint is None or endpoint.provider != provider:
        raise _NoSuchAddress
    credentials = (
        [
            WebhookCredentials(
                username=endpoint.callback_username, password=endpoint.callback_password
            )
        ]
        if endpoint.callback_username
        else []
    )
    return _Door(endpoint_id=endpoint.pk, tenant_id=endpoint.tenant_id, credentials=credentials)


def _store(provider: str, door: _Door, items: Sequence[WebhookItem]) -> None:
    WebhookEvent.objects.bulk_create(
        [
            WebhookEvent(
                provider=provider,
                endpoint_id=door.endpoint_id,
                tenant_id=door.tenant_id,
                dedupe_key=dedupe_key(door.endpoint_id, item),
                type=item.type[:60],
                payload=item.payload,
            )
            for item in items
        ],
        ignore_conflicts=True,
        batch_size=500,
    )


def dedupe_key(endpoint_id: int | None, item: WebhookItem) -> bytes:
    """Fold an event's identity into 16 bytes.

    The endpoint is part of it, not the account: a tenant may type any account ID, and could
    otherwise swallow another's events by posting their ids first.
    """
    identity = [item.type, item.message_id, item.recipient]
    if not item.message_id:
        identity = ["", "", item.payload.hex()]
    whole = json.dumps([endpoint_id, *identity])
    return hashlib.blake2b(whole.encode(), digest_size=16).digest()
