"""Stopping a broadcast whose account fails, before all its messages fail one by one."""

from __future__ import annotations

from messaging.models import Broadcast, Message
from messaging.models.message import Status
from messaging.plaintext import one_line
from providers.types import FailureReason

IN_A_ROW = 3

_TRIED = [Status.SENT, Status.DELIVERED, Status.UNCONFIRMED, Status.FAILED]


def note_account_failure(message: Message, text: str) -> None:
    """Pause the message's broadcast when its last few messages all failed by their account."""
    if message.broadcast_id is None:
        return
    tried = Message.objects.filter(broadcast=message.broadcast_id, status__in=_TRIED)
    # What failed before the carrier was asked has no time of sending, and counts as the latest.
    latest = tried.order_by("-sending_at").values_list("failure_reason", flat=True)[:IN_A_ROW]
    if list(latest) == [FailureReason.ACCOUNT.value] * IN_A_ROW:
        Broadcast.objects.filter(pk=message.broadcast_id, state=Broadcast.State.RUNNING).update(
            state=Broadcast.State.PAUSED, problem=one_line(text, limit=300)
        )
