"""Texts for numbers that nobody has, told by number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from providers.errors import WebhookMalformed
from providers.models import WebhookEvent
from providers.registry import UnknownProvider, provider_class
from providers.types import DeliveryReceipt, InboundMessage
from tenants.models import PhoneNumber

MOST = 500


@dataclass(slots=True, kw_only=True)
class UnroutedNumber:
    """The waiting events of one number; no number = they could not be read."""

    number: str
    events: list[WebhookEvent] = field(default_factory=list)
    known: PhoneNumber | None = None

    @property
    def newest(self) -> datetime:
        """When the last of them came in."""
        return self.events[0].received_at

    @property
    def oldest(self) -> datetime:
        """When the first of them came in."""
        return self.events[-1].received_at


def our_number(event: WebhookEvent) -> str:
    """Return the number of ours that the stored event is about, or "" where none is told."""
    try:
        parsed = provider_class(event.provider).parse_webhook(bytes(event.payload))
    except (WebhookMalformed, UnknownProvider, ValueError, TypeError, KeyError, AttributeError):
        return ""  # strangers wrote it; what routing cannot read is listed all the same
    if isinstance(parsed, InboundMessage):
        return parsed.our_number
    return parsed.sender if isinstance(parsed, DeliveryReceipt) else ""


def unrouted_numbers() -> list[UnroutedNumber]:
    """Gather the newest unrouted events by number, the most wanted number first."""
    rows = WebhookEvent.objects.filter(state=WebhookEvent.State.UNROUTED).order_by("-id")[:MOST]
    return _by_number(rows)


def _by_number(events: Iterable[WebhookEvent]) -> list[UnroutedNumber]:
    groups: dict[str, UnroutedNumber] = {}
    for event in events:
        number = our_number(event)[:16]
        groups.setdefault(number, UnroutedNumber(number=number)).events.append(event)
    plausible = [n for n in groups if n.lstrip("+").isdecimal() and n.isascii()]
    known = PhoneNumber.objects.select_related("tenant").filter(number__in=plausible)
    for row in known:
        groups[row.number].known = row
    # Python's sort keeps the newest first among equals; what has no number comes last.
    return sorted(groups.values(), key=lambda group: (not group.number, -len(group.events)))
