"""Which tenant an event from a carrier may speak to, judged by the way it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from messaging.inbound.claims import Claimed
from messaging.models import MessageSetting
from providers.intake import dedupe_key
from providers.models import WebhookEvent
from providers.registry import provider_class
from providers.types import DeliveryReceipt, InboundMessage
from tenants.models import PhoneNumber, Tenant, WebhookEndpoint
from tenants.numbers import masked

DELETED = "The SMS/MMS configuration it came in by was deleted."
# By these words the events are found again when the tenant is resumed.
SUSPENDED = " is suspended or still being set up."  # after its name
CLOSED = "The tenant is suspended."


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """The numbers that a batch of events is about, and the doors it came in by."""

    numbers: Mapping[str, PhoneNumber]
    endpoints: Mapping[int, WebhookEndpoint]


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Tenant an event is for; no endpoint = it came in by the platform's account."""

    tenant: Tenant
    endpoint: WebhookEndpoint | None
    number: PhoneNumber | None  # ours; of a receipt by an endpoint it need not be known


class Refused(Exception):
    """The event is not taken; `state` says how it is kept, the text why."""

    def __init__(self, state: WebhookEvent.State, reason: str) -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason


def our_number_of(parsed: InboundMessage | DeliveryReceipt) -> str:
    """Return the number of ours that the event is about."""
    return parsed.our_number if isinstance(parsed, InboundMessage) else parsed.sender


def admit(
    event: Claimed, parsed: InboundMessage | DeliveryReceipt, directory: Directory
) -> Admission:
    """Find the tenant of an event.

    Raises Refused.
    """
    number = directory.numbers.get(our_number_of(parsed))
    if event.endpoint_id is None:
        if not _came_by_platform(event):
            raise _rejected(DELETED)
        return _by_platform(parsed, number)
    endpoint = directory.endpoints.get(event.endpoint_id)
    if endpoint is None:
        raise _rejected(DELETED)
    return _by_endpoint(endpoint, parsed, number)


def check_account(setting: MessageSetting | None) -> None:
    """Refuse a text that came in by the platform for a number on the tenant's own account.

    Runs in the tenant's schema, with the number's Message Settings. Raises Refused.
    """
    if setting is not None and setting.provider_id is not None:
        raise _rejected("The number is on the tenant's own account, not the platform's.")


def _came_by_platform(event: Claimed) -> bool:
    """Tell the platform's events from those of a configuration that an earlier release deleted.

    Those lost the mark of their door, and such an event may be forged by whoever knew the
    address. The door is part of the key that an event is stored under, so the key tells.
    """
    items = provider_class(event.provider).split_webhook(event.payload)
    return any(dedupe_key(None, item) == event.dedupe_key for item in items)


def _by_endpoint(
    endpoint: WebhookEndpoint,
    parsed: InboundMessage | DeliveryReceipt,
    number: PhoneNumber | None,
) -> Admission:
    _check_open(endpoint.tenant)
    if not endpoint.enabled:
        raise _rejected("The SMS/MMS configuration is switched off.")
    # A receipt needs no directory: it is matched with this configuration's own messages only.
    if isinstance(parsed, InboundMessage):
        owned = _known(number, parsed)
        if owned.tenant_id != endpoint.tenant_id:
            raise _rejected("The number belongs to another tenant.")
        if owned.trunk_id != endpoint.trunk_id:
            raise _rejected("The number hangs on another trunk than the configuration.")
    return Admission(tenant=endpoint.tenant, endpoint=endpoint, number=number)


def _by_platform(parsed: InboundMessage | DeliveryReceipt, number: PhoneNumber | None) -> Admission:
    owned = _known(number, parsed)
    ours = settings.BANDWIDTH_APPLICATION_ID
    if ours and parsed.application_id != ours:
        raise _rejected("It came for another application than the platform's.")
    if owned.trunk.tenant_id is not None:
        raise _rejected("The number hangs on a tenant's own trunk, not the platform's.")
    assert owned.tenant is not None  # noqa: S101  # _known refuses numbers of nobody
    _check_open(owned.tenant)
    return Admission(tenant=owned.tenant, endpoint=None, number=owned)


def _known(number: PhoneNumber | None, parsed: InboundMessage | DeliveryReceipt) -> PhoneNumber:
    if number is None or number.tenant is None:
        raise Refused(
            WebhookEvent.State.UNROUTED,
            f"The number {masked(our_number_of(parsed))} belongs to no tenant.",
        )
    return number


def _check_open(tenant: Tenant) -> None:
    if not tenant.is_open:
        raise _rejected(f"{tenant.name}{SUSPENDED}")
    if not tenant.messaging_enabled:
        raise _rejected(f"Messaging is switched off for {tenant.name}.")


def _rejected(reason: str) -> Refused:
    return Refused(WebhookEvent.State.REJECTED, reason)
