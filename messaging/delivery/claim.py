"""Taking a queued message for one try, so that no two workers hand it over.

The claim is one conditional UPDATE; no transaction is open while the carrier is asked. A worker
that dies in between leaves the row in `sending`, which a sweep turns to `unconfirmed`.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from messaging.delivery import failover, media_upload, progress
from messaging.models import Message
from messaging.models.message import Status
from messaging.outbound.way import Way
from providers.base import Provider
from providers.types import OutboundMessage

# How long a row may be in `sending` before its worker is taken for dead.
SENDING_FOR = timedelta(minutes=5)


def due() -> Q:
    """Tell which messages may be handed over now."""
    now = timezone.now()
    return Q(direction=Message.Direction.OUT, status=Status.QUEUED) & (
        Q(next_attempt_at=None) | Q(next_attempt_at__lte=now)
    )


def still_ours(message: Message) -> Q:
    """Tell whether the row is as this worker claimed it."""
    # The time tells this claim from a later one: a sweep and a person may have been quicker.
    return Q(status=Status.SENDING, sending_at=message.sending_at)


@transaction.atomic
def claim(message: Message, way: Way) -> bool:
    """Mark the message as being sent this way; returns whether nobody was quicker."""
    now = timezone.now()
    claimed = progress.move(
        message,
        Status.SENDING,
        where=due(),
        detail=way.told,
        attempts=F("attempts") + 1,
        sending_at=now,
        next_attempt_at=now + SENDING_FOR,
        # The account in charge may have changed since; receipts are matched by it.
        configuration=way.line.configuration,
        sender=way.line.number,
        outbound_rule=way.rule,
    )
    if claimed:
        failover.note_way(message, way)
        message.refresh_from_db(fields=["attempts", "sending_at"])
    return claimed


def parcel(message: Message, way: Way, provider: Provider) -> OutboundMessage:
    """Return the claimed message as the carrier is given it; brings its files there first."""
    return OutboundMessage(
        sender=way.line.number,
        recipients=way.dialed,
        text=message.text,
        tag=str(message.pk),
        media_urls=media_upload.upload(message, provider),
        expires_at=message.expires_at,
    )
