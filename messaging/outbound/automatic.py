"""Answers that go out by themselves: no person asks for them, the usual queue delivers them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from messaging import live, queue, segments
from messaging.conversations import note_last
from messaging.delivery import timeline
from messaging.models import Message, Recipient
from messaging.models.message import Status
from messaging.outbound.lines import Line
from messaging.outbound.refusals import Refusal, SendRefused
from messaging.outbound.senders import line_for
from tenants.models import PhoneNumber, Tenant
from tenants.numbers import kind_of

Origin = Message.Origin

# A thread gets no more of a kind in a day: the last line against loops between machines.
MOST_A_DAY = {Origin.CONSENT: 10, Origin.AUTO_REPLY: 5}


def is_answerable(number: str) -> bool:
    """Tell whether a person may be behind the number: short codes and names are machines."""
    return number.startswith("+") and kind_of(number) != PhoneNumber.Kind.SHORT_CODE


def line_to_answer(tenant: Tenant, asked: Message) -> Line:
    """Return the line by which an inbound text can be answered.

    Raises SendRefused.
    """
    number = asked.conversation.our_number
    return line_for(tenant, number, configuration=asked.configuration)


@transaction.atomic
def answer(
    asked: Message, line: Line, *, text: str, origin: Message.Origin, good_for: timedelta
) -> Message:
    """Store an answer to an inbound text and hand it to a worker.

    Consent is not asked here: clear() does, and lets only answers to consent words pass. Runs in
    the transaction that stores the inbound text, so that it is answered once. Raises SendRefused.
    """
    now = max(timezone.now(), asked.created_at + timedelta(microseconds=1))
    expires_at = asked.created_at + good_for
    if expires_at <= now:
        raise SendRefused(Refusal.INVALID_TIME, "The text is too old to be answered by itself.")
    _check_cap(asked, origin, now)
    message = _store(asked, line, text=text, origin=origin, at=now, expires_at=expires_at)
    note_last(message)
    live.hint(asked.conversation)
    queue.enqueue_delivery(message)
    return message


def _check_cap(asked: Message, origin: Message.Origin, now: datetime) -> None:
    most = MOST_A_DAY[origin]
    today = asked.conversation.messages.filter(
        direction=Message.Direction.OUT, origin=origin, created_at__gt=now - timedelta(days=1)
    )
    if today.count() >= most:
        raise SendRefused(
            Refusal.INVALID_STATE, f"The number got {most} automatic answers within a day."
        )


def _store(
    asked: Message,
    line: Line,
    *,
    text: str,
    origin: Message.Origin,
    at: datetime,
    expires_at: datetime,
) -> Message:
    measured = segments.measure(text)
    message = Message.objects.create(
        conversation=asked.conversation,
        direction=Message.Direction.OUT,
        kind=Message.Kind.SMS,
        status=Status.QUEUED,
        sender=line.number,
        text=text,
        segment_count=measured.count,
        encoding=measured.encoding,
        configuration=line.configuration,
        origin=origin,
        created_at=at,
        expires_at=expires_at,
    )
    Recipient.objects.create(message=message, number=asked.sender, status=Status.QUEUED)
    timeline.record(message, Status.QUEUED, at=at, detail=f"{origin.label}, sent by itself")
    return message
