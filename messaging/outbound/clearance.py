"""Checking a stored message once more: much may change between writing and sending it."""

from __future__ import annotations

from messaging.models import Message
from messaging.models.message import Status
from messaging.outbound.compose import check_consent
from messaging.outbound.refusals import Refusal, SendRefused
from messaging.outbound.senders import Line, line_for
from tenants.models import Tenant


def check_messaging(tenant: Tenant) -> None:
    """Refuse while the tenant may not text.

    Raises SendRefused.
    """
    if not tenant.messaging_enabled:
        raise SendRefused(
            Refusal.MESSAGING_DISABLED,
            f"Texting is switched off for {tenant.name}. Ask the system admin.",
        )


def clear(message: Message, *, tenant: Tenant) -> Line:
    """Return the line the message may go out by at this moment.

    Raises SendRefused, or Postponed when it may go later.
    """
    check_messaging(tenant)
    line = line_for(tenant, message.sender, configuration=message.configuration)
    check_consent(message.sender, missing_recipients(message), country=tenant.country)
    return line


def missing_recipients(message: Message) -> tuple[str, ...]:
    """Return those the message has still to reach: a retry spares whoever has it."""
    missing = message.recipients.exclude(status=Status.DELIVERED)
    return tuple(missing.values_list("number", flat=True))
