"""All that is known of one message, for its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString

from messaging.admin.badges import message_badge
from messaging.admin.base import national
from messaging.delivery.wording import told
from messaging.models import Attachment, CarrierExchange, Message, MessageEvent, OutboundRule
from providers.exchanges import redacted
from providers.models import WebhookEvent
from tenants.links import tenant_path
from tenants.models import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Entry of the timeline."""

    at: datetime
    badge: SafeString
    number: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """What became of it for one recipient."""

    number: str
    dialed: str  # where a route made another number of it
    badge: SafeString
    error_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """What the carrier posted to us."""

    at: datetime
    type: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The parts of the page below the fields."""

    inbox_url: str
    rule: OutboundRule | None
    addressees: list[Addressee]
    files: list[Attachment]
    lines: list[Line]
    callbacks: list[Callback]
    exchanges: list[CarrierExchange]


def story(message: Message, tenant: Tenant) -> Story:
    """Collect it, in a handful of queries; runs in the tenant's schema."""
    events = list(message.events.all())
    return Story(
        inbox_url=tenant_path(tenant, f"inbox/{message.conversation_id}/"),
        rule=message.outbound_rule,
        addressees=[
            Addressee(
                number=national(recipient.number),
                dialed=national(recipient.dialed) if recipient.dialed else "",
                badge=message_badge(recipient.status),
                error_code=recipient.error_code,
            )
            for recipient in message.recipients.all()
        ],
        files=list(message.attachments.all()),
        lines=[_line(event) for event in events],
        callbacks=_callbacks(events, tenant),
        exchanges=list(message.exchanges.all()),
    )


def _line(event: MessageEvent) -> Line:
    return Line(
        at=event.at,
        badge=message_badge(event.status),
        number=national(event.recipient) if event.recipient else "",
        words=told(event),
    )


def _callbacks(events: list[MessageEvent], tenant: Tenant) -> list[Callback]:
    keys = {event.webhook_event_id for event in events if event.webhook_event_id}
    # By the tenant too: the ids are the platform's, and a row may have been put elsewhere since.
    rows = WebhookEvent.objects.filter(pk__in=keys, tenant=tenant).order_by("pk")
    return [
        Callback(
            at=row.received_at,
            type=row.type or "event",
            body=redacted(bytes(row.payload), indent=2),
        )
        for row in rows
    ]
