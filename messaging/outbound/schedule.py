"""Messages for later: which times are taken, and what may change until then."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import EllipsisType
from typing import Any

from django.db import transaction
from django.db.models import Exists, Q
from django.utils import timezone

from messaging import live, queue, segments
from messaging.conversations import note_last
from messaging.delivery import progress, timeline
from messaging.hours import quiet as quiet_hours
from messaging.models import Message, MessageEvent
from messaging.models.message import Status
from messaging.outbound.clearance import check_messaging
from messaging.outbound.compose import recompose
from messaging.outbound.expiry import check_expiry
from messaging.outbound.refusals import Refusal, SendRefused
from messaging.outbound.senders import check_permitted, pick_line
from tenants.models import Tenant, User
from tenants.roles import Role

_LONGEST = timedelta(days=366)
# The person's clock and the time it takes to press the button.
_GRACE = timedelta(minutes=2)

SCHEDULED = Q(direction=Message.Direction.OUT, status=Status.SCHEDULED)
WAITING = Q(direction=Message.Direction.OUT, status=Status.QUEUED)


def due_at(wanted: datetime | None, *, now: datetime) -> datetime | None:
    """Return the time to wait for; None = send at once.

    Raises SendRefused.
    """
    if wanted is None:
        return None
    if wanted < now - _GRACE:
        raise SendRefused(Refusal.INVALID_TIME, "That time has passed. Choose a later one.")
    if wanted > now + _LONGEST:
        raise SendRefused(
            Refusal.INVALID_TIME, "That is more than a year ahead. Choose an earlier time."
        )
    return wanted if wanted > now else None


def edit_scheduled(
    message: Message,
    *,
    user: User,
    role: Role,
    tenant: Tenant,
    text: str | None = None,
    scheduled_at: datetime | None = None,
    expires_at: datetime | EllipsisType | None = ...,
) -> Message:
    """Change the text, the time or the expiry of a message that still waits for its time.

    None leaves what is there, but takes an expiry away. Raises SendRefused, with nothing changed.
    """
    check_messaging(tenant)
    line = pick_line(user, role, tenant, message.sender)
    draft = recompose(line, message, text=message.text if text is None else text, tenant=tenant)
    now = timezone.now()
    due = message.scheduled_at if scheduled_at is None else due_at(scheduled_at, now=now) or now
    end = message.expires_at if isinstance(expires_at, EllipsisType) else expires_at
    check_expiry(end, due=due, now=now)
    measured = segments.measure(draft.text)
    said = [
        *(["another text"] if draft.text != message.text else []),
        *(["another time"] if due != message.scheduled_at else []),
        *(["another expiry"] if end != message.expires_at else []),
    ]
    if not said:
        return _still_scheduled(message)
    _change(
        message,
        detail=f"Changed by {user}: {' and '.join(said)}",
        text=draft.text,
        segment_count=1 if draft.is_mms else measured.count,
        encoding=measured.encoding,
        scheduled_at=due,
        next_attempt_at=due,
        expires_at=end,
    )
    return message


def send_scheduled_now(message: Message, *, user: User, role: Role, tenant: Tenant) -> Message:
    """Send a message before its time, or in the quiet hours it waits out.

    Raises SendRefused.
    """
    check_messaging(tenant)
    if message.status == Status.QUEUED:
        return _send_at_night(message, user=user, role=role, tenant=tenant)
    line = pick_line(user, role, tenant, message.sender)
    recompose(line, message, text=message.text, tenant=tenant)
    now = timezone.now()
    with transaction.atomic():
        # It is wanted from now on: a text counts as too late by the time it was scheduled for.
        moved = progress.move(
            message,
            Status.QUEUED,
            where=SCHEDULED,
            detail=f"Sent before its time by {user}",
            scheduled_at=now,
            next_attempt_at=now,
        )
        if moved:
            queue.enqueue_delivery(message)
    message.refresh_from_db()
    if not moved:
        raise _too_late(message)
    return message


def _send_at_night(message: Message, *, user: User, role: Role, tenant: Tenant) -> Message:
    check_permitted(user, role, tenant, message.sender)
    now = timezone.now()
    with transaction.atomic():
        progress.lock_thread(message)
        held = MessageEvent.objects.filter(message=message, detail__startswith=quiet_hours.WAITS)
        waiting = Message.objects.filter(WAITING, Exists(held.order_by()), pk=message.pk)
        moved = waiting.update(next_attempt_at=now)
        if moved:
            # The delivery looks for this line before it lets a text wait.
            detail = f"{quiet_hours.ON_PURPOSE} by {user}"
            timeline.record(message, Status.QUEUED, detail=detail)
            live.hint(message.conversation)
            queue.enqueue_delivery(message)
    message.refresh_from_db()
    if not moved:
        raise _too_late(message)
    return message


def cancel_scheduled(message: Message, *, user: User, role: Role, tenant: Tenant) -> Message:
    """Hold a message back; its line may be off by now, that is no reason to let it go.

    Raises SendRefused.
    """
    check_permitted(user, role, tenant, message.sender)
    moved = progress.move(
        message,
        Status.CANCELED,
        where=SCHEDULED,
        detail=f"Canceled by {user}",
        next_attempt_at=None,
    )
    message.refresh_from_db()
    if not moved:
        raise _too_late(message)
    return message


@transaction.atomic
def _change(message: Message, *, detail: str, **columns: Any) -> None:
    progress.lock_thread(message)
    # The sweep that lets it go and this ask for the same row by its status: one of them wins.
    changed = Message.objects.filter(SCHEDULED, pk=message.pk).update(**columns)
    message.refresh_from_db()
    if not changed:
        raise _too_late(message)
    timeline.record(message, Status.SCHEDULED, detail=detail)
    note_last(message)
    live.hint(message.conversation)


def _still_scheduled(message: Message) -> Message:
    message.refresh_from_db()
    if message.status != Status.SCHEDULED or message.direction != Message.Direction.OUT:
        raise _too_late(message)
    return message


def _too_late(message: Message) -> SendRefused:
    status = Status(message.status).label.lower()
    return SendRefused(
        Refusal.INVALID_STATE,
        f"Only what is scheduled can be changed; this message is {status}.",
    )
