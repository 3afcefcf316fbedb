"""Words and steps that the tests of outbound routes share."""

from __future__ import annotations

from django.utils import timezone

from messaging.delivery.attempt import deliver
from messaging.models import Message
from providers.errors import OutcomeUnknown, TemporaryFailure
from tests.messaging.outbound.carrier import ScriptedCarrier

Carrier = type[ScriptedCarrier]

OWN = "+19195550101"
DOWN = TemporaryFailure("Bandwidth could not be reached.")
UNKNOWN = OutcomeUnknown("Bandwidth did not answer.")


def delivered(message: Message) -> Message:
    deliver(message.pk)
    message.refresh_from_db()
    return message


def make_due(message: Message) -> None:
    Message.objects.filter(pk=message.pk).update(next_attempt_at=timezone.now())


def story(message: Message) -> list[tuple[str, str]]:
    return [(event.status, event.detail) for event in message.events.all()]
