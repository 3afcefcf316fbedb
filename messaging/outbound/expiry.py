"""When a message is too late to be of use."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from messaging.models import Message, MessageEvent, SendingPolicy
from messaging.models.message import Status
from messaging.outbound.refusals import Refusal, SendRefused

_SHORTEST = timedelta(minutes=1)
_LONGEST = timedelta(days=373)  # a message for next year may have a week to arrive
TOO_LATE = "It could not be sent in time, and nobody waits for it now. Write it again if need be."


def check_expiry(expires_at: datetime | None, *, due: datetime | None, now: datetime) -> None:
    """Refuse an end that leaves no time to send in.

    Raises SendRefused.
    """
    if expires_at is None:
        return
    if expires_at < (due or now) + _SHORTEST:
        raise SendRefused(
            Refusal.INVALID_TIME, "It would expire before it can be sent. Choose a later time."
        )
    if expires_at > now + _LONGEST:
        raise SendRefused(
            Refusal.INVALID_TIME, "It would expire in more than a year. Choose an earlier time."
        )


def expiry_of(message: Message, rules: SendingPolicy) -> datetime:
    """Return when the message is given up: the time that was asked for, or the usual patience.

    The usual patience begins with the first try: waiting for the recipient's morning or for a
    limit, which moves `next_attempt_at`, takes nothing of it.
    """
    if message.expires_at is not None:
        return message.expires_at
    return _patient_since(message) + timedelta(hours=rules.expire_hours)


def _patient_since(message: Message) -> datetime:
    if message.attempts:
        tries = MessageEvent.objects.filter(message=message, status=Status.SENDING)
        first = tries.order_by("-id").values_list("at", flat=True)[message.attempts - 1 :].first()
        if first is not None:
            return first
    moments = [message.created_at, message.scheduled_at, message.next_attempt_at]
    return max(moment for moment in moments if moment is not None)


def check_in_time(message: Message, rules: SendingPolicy) -> datetime:
    """Return when the message's time will be over.

    Raises SendRefused when it is.
    """
    end = expiry_of(message, rules)
    if end <= timezone.now():
        raise SendRefused(Refusal.EXPIRED, TOO_LATE)
    return end
