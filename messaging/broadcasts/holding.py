"""Holding back the queued messages of a broadcast that was paused or canceled."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from messaging.delivery import timeline
from messaging.models import Broadcast, Message
from messaging.outbound.refusals import NotWanted, Postponed

LOOK_AGAIN = timedelta(hours=1)  # resuming rings for them at once

_CANCELED = "The broadcast was canceled"


def check_not_held(message: Message, state: str | None) -> None:
    """Let a message of a paused broadcast wait, and drop one of a canceled broadcast.

    Raises Postponed or NotWanted.
    """
    if state == Broadcast.State.PAUSED:
        raise Postponed(timezone.now() + LOOK_AGAIN, "Waits: the broadcast is paused")
    if words := _dropped(message, state):
        raise NotWanted(words)


def canceled(message: Message) -> str:
    """Say that the message's broadcast was canceled; "" = it was not, or there is none."""
    return _dropped(message, state_of(message.broadcast_id))


def state_of(broadcast_id: UUID | None) -> str | None:
    """Return the state of a message's broadcast; None = it is of none, or that is gone."""
    if broadcast_id is None:
        return None
    rows = Broadcast.objects.filter(pk=broadcast_id)
    return rows.values_list("state", flat=True).first()


def _dropped(message: Message, state: str | None) -> str:
    if state != Broadcast.State.CANCELED:
        return ""
    # What a person sent again afterwards is wanted.
    return "" if timeline.was_asked_again(message) else _CANCELED
