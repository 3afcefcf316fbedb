"""Letting stored events run once more, or putting them aside."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from providers import bell
from providers.models import WebhookEvent

State = WebhookEvent.State

# What is waiting or done is not a person's to put aside.
DISCARDABLE = (State.FAILED, State.REJECTED, State.UNROUTED)


def replay(events: QuerySet[WebhookEvent]) -> int:
    """Put the events back into the queue and return how many were not in it already.

    What an event did before is not done twice: messages and receipts know their identity.
    """
    waiting = events.exclude(state=State.PENDING).update(
        state=State.PENDING, attempts=0, next_attempt_at=None, error=""
    )
    if waiting:
        transaction.on_commit(bell.ring)
    return waiting


def discard(events: QuerySet[WebhookEvent]) -> int:
    """Put aside those of the events that came to nothing, and return how many they were.

    Their errors stay to be read, and a replay takes them up again.
    """
    return events.filter(state__in=DISCARDABLE).update(state=State.DISCARDED, next_attempt_at=None)
