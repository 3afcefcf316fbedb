"""What happened to a message, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from messaging.models import Message, MessageEvent
from messaging.models.message import Status
from messaging.plaintext import one_line

_AGAIN = "Sent again by a person"
_AGAIN_AFTER = _AGAIN + "; the carrier's earlier id was {}"


def record(
    message: Message,
    status: Status,
    *,
    at: datetime | None = None,
    recipient: str = "",
    error_code: str = "",
    detail: str = "",
    webhook_event_id: int | None = None,
) -> None:
    """Add a line; `webhook_event_id` is the carrier's event that told it."""
    MessageEvent.objects.create(
        message=message,
        at=at or timezone.now(),
        status=status,
        recipient=recipient,
        error_code=error_code,
        detail=one_line(detail, limit=300),
        webhook_event_id=webhook_event_id,
    )


def record_all(keys: Sequence[UUID], status: Status, *, detail: str = "") -> None:
    """Add the same line to many messages."""
    now, words = timezone.now(), one_line(detail, limit=300)
    MessageEvent.objects.bulk_create(
        MessageEvent(message_id=key, at=now, status=status, detail=words) for key in keys
    )


def heard_at(
    message: Message, status: Status, *, recipient: str, error_code: str
) -> datetime | None:
    """Return the earliest moment at which this is said to have happened; None = it is not said."""
    lines = _since_sent_again(message).filter(
        status=status, recipient=recipient, error_code=error_code
    )
    return lines.order_by("at").values_list("at", flat=True).first()


def lines_of(message: Message, statuses: Iterable[str]) -> list[MessageEvent]:
    """Return what is said of single recipients, earliest first, about the sending that counts."""
    told = _since_sent_again(message).filter(status__in=list(statuses)).exclude(recipient="")
    return list(told.order_by("at", "error_code", "id"))


def said_last(message: Message, detail: str) -> bool:
    """Tell whether this is what the timeline ends with."""
    last = MessageEvent.objects.filter(message=message).order_by("-id")
    return last.values_list("detail", flat=True).first() == one_line(detail, limit=300)


def sent_again(earlier_id: str) -> str:
    """Word the line of a person's retry, which keeps the id that the message gives up."""
    return _AGAIN_AFTER.format(earlier_id) if earlier_id else _AGAIN


def is_earlier_id(message: Message, provider_message_id: str) -> bool:
    """Tell whether the message had this id before a person sent it again."""
    return MessageEvent.objects.filter(
        message=message, detail=sent_again(provider_message_id)
    ).exists()


def told_again(message: Message | OuterRef) -> QuerySet[MessageEvent]:
    """Return the lines of a person's retries."""
    return MessageEvent.objects.filter(message=message, detail__startswith=_AGAIN)


def _since_sent_again(message: Message) -> QuerySet[MessageEvent]:
    last = told_again(message).order_by("-id").values("id")[:1]
    return MessageEvent.objects.filter(message=message, id__gt=Coalesce(Subquery(last), 0))
