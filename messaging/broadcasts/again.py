"""Trying those again for whom a broadcast failed."""

from __future__ import annotations

from django.db import transaction

from messaging.models import Broadcast, BroadcastRecipient, Message
from messaging.models.message import Status
from providers.types import FailureReason
from tenants.models import User

_NAME = 100


@transaction.atomic
def copy_failed(broadcast: Broadcast, *, user: User) -> Broadcast:
    """Make a draft of the same text for whom it failed; opted out is not failed."""
    failed = Message.objects.filter(broadcast=broadcast, status=Status.FAILED).exclude(
        failure_reason=FailureReason.OPTED_OUT.value
    )
    draft = Broadcast.objects.create(
        name=f"{broadcast.name[: _NAME - 8]} (again)",
        our_number=broadcast.our_number,
        text=broadcast.text,
        author=user,
    )
    people = broadcast.recipients.filter(message_id__in=failed.values("pk")).order_by("pk")
    BroadcastRecipient.objects.bulk_create(
        [
            BroadcastRecipient(
                broadcast=draft,
                number=person.number,
                contact_id=person.contact_id,
                fields=person.fields,
            )
            for person in people
        ],
        batch_size=1_000,
    )
    return draft
