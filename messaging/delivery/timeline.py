"""What happened to a message, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from messaging.delivery.locking import literal
from messaging.models import Message, MessageEvent
from messaging.models.message import Status
from messaging.plaintext import one_line

AGAIN = "Sent again by "
TAKEN = "The carrier has taken the message"
_BY_A_PERSON = AGAIN + "a person"
_BY_ITSELF = AGAIN + "itself, as soon as the carrier's limit lets it"
_AFTER = "{}; the carrier's earlier id was {}"
_TOLD_AGAIN = """
SELECT message_id, detail FROM messaging_messageevent
WHERE message_id = ANY(%s::uuid[]) AND starts_with(detail, %s)
"""


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
    last = told_again(message).filter(recipient__in=["", recipient]).order_by("-id")
    lines = MessageEvent.objects.filter(
        message=message,
        status=status,
        recipient=recipient,
        error_code=error_code,
        id__gt=Coalesce(Subquery(last.values("id")[:1]), 0),
    )
    return lines.order_by("at").values_list("at", flat=True).first()


def lines_of(message: Message, statuses: Iterable[str]) -> list[MessageEvent]:
    """Return what is said of single recipients, earliest first, about the sending that counts."""
    # What was sent again to some of a group says nothing of the others.
    again: dict[str, int] = {}
    for key, recipient in told_again(message).order_by("id").values_list("id", "recipient"):
        again[recipient] = key
    told = MessageEvent.objects.filter(message=message, status__in=list(statuses))
    return [
        line
        for line in told.exclude(recipient="").order_by("at", "error_code", "id")
        if line.pk > max(again.get("", 0), again.get(line.recipient, 0))
    ]


def said_last(message: Message, detail: str) -> bool:
    """Tell whether this is what the timeline ends with."""
    last = MessageEvent.objects.filter(message=message).order_by("-id")
    return last.values_list("detail", flat=True).first() == one_line(detail, limit=300)


def sent_again(earlier_id: str) -> str:
    """Word the line of a person's retry, which keeps the id that the message gives up."""
    return _AFTER.format(_BY_A_PERSON, earlier_id) if earlier_id else _BY_A_PERSON


def sent_by_itself(earlier_id: str) -> str:
    """Word the line of a message that a carrier's limit turned away, which keeps the id too."""
    return _AFTER.format(_BY_ITSELF, earlier_id)


def given_up(*earlier_ids: str) -> list[str]:
    """Return all lines that keep one of these ids."""
    return [words(key) for key in earlier_ids if key for words in (sent_again, sent_by_itself)]


def whose_earlier_id(message: Message, provider_message_id: str) -> set[str]:
    """Return for whom the message was sent again after it had this id; "" = for everybody."""
    lines = MessageEvent.objects.filter(message=message, detail__in=given_up(provider_message_id))
    return set(lines.values_list("recipient", flat=True))


def told_again(message: Message | OuterRef) -> QuerySet[MessageEvent]:
    """Return the lines of sendings after the first one."""
    return MessageEvent.objects.filter(message=message, detail__startswith=AGAIN)


def told_again_of(keys: Iterable[UUID]) -> dict[UUID, set[str]]:
    """Return those lines of many messages; most have none."""
    found: dict[UUID, set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_TOLD_AGAIN, [literal(keys), AGAIN])
        for key, detail in cursor.fetchall():
            found.setdefault(key, set()).add(detail)
    return found


def was_asked_again(message: Message) -> bool:
    """Tell whether a person had the message sent again."""
    lines = MessageEvent.objects.filter(message=message, detail__startswith=_BY_A_PERSON)
    return lines.exists()


def turned_away(message: Message) -> int:
    """Count how often a carrier's limit turned it away since a person asked for it."""
    asked = MessageEvent.objects.filter(message=message, detail__startswith=_BY_A_PERSON)
    last = asked.order_by("-id").values_list("id", flat=True).first() or 0
    lines = MessageEvent.objects.filter(message=message, detail__startswith=_BY_ITSELF, id__gt=last)
    return lines.values("detail").distinct().count()


def first_handed_over(message: Message) -> datetime | None:
    """Return when a carrier was first asked to send it since a person asked for it."""
    asked = MessageEvent.objects.filter(message=message, detail__startswith=_BY_A_PERSON)
    last = asked.order_by("-id").values_list("id", flat=True).first() or 0
    tries = MessageEvent.objects.filter(message=message, status=Status.SENDING, id__gt=last)
    return tries.order_by("id").values_list("at", flat=True).first()
