"""Holding back the queued messages of a broadcast that was paused."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from messaging.models import Broadcast, Message
from messaging.outbound.refusals import Postponed

_LOOK_AGAIN = timedelta(hours=1)  # resuming rings for them at once


def check_not_held(message: Message) -> None:
    """Let a message of a paused broadcast wait.

    Raises Postponed.
    """
    if message.broadcast_id is None:
        return
    if Broadcast.objects.filter(pk=message.broadcast_id, state=Broadcast.State.PAUSED).exists():
        raise Postponed(timezone.now() + _LOOK_AGAIN, "Waits: the broadcast is paused")
