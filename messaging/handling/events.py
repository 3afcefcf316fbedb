"""Writing down who had a thread and when."""

from __future__ import annotations

from django.utils import timezone

from messaging.models import Conversation, Extension, HandlingEvent
from tenants.models import User

Kind = HandlingEvent.Kind


def record(
    conversation: Conversation,
    kind: HandlingEvent.Kind,
    *,
    by: User | None = None,
    extension: Extension | None = None,
) -> None:
    """Add an entry; `extension` is who has the thread from now on."""
    HandlingEvent.objects.create(
        conversation=conversation, at=timezone.now(), kind=kind, by=by, extension=extension
    )
