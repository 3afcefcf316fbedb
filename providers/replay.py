"""Letting stored events run once more."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from providers import bell
from providers.models import WebhookEvent


def replay(events: QuerySet[WebhookEvent]) -> int:
    """Put the events back into the queue and return how many were not in it already.

    What an event did before is not done twice: messages and receipts know their identity.
    """
    waiting = events.exclude(state=WebhookEvent.State.PENDING).update(
        state=WebhookEvent.State.PENDING, attempts=0, next_attempt_at=None, error=""
    )
    if waiting:
        transaction.on_commit(bell.ring)
    return waiting
