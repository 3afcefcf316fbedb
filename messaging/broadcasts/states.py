"""Starting, pausing and stopping a broadcast: each change is one conditional UPDATE."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from messaging import queue
from messaging.broadcasts.holding import LOOK_AGAIN
from messaging.broadcasts.merge import KNOWN, fields_in
from messaging.delivery import progress
from messaging.models import Broadcast, BroadcastRecipient, Message
from messaging.models.message import Status
from messaging.outbound.clearance import check_messaging
from messaging.outbound.refusals import Refusal, SendRefused
from messaging.outbound.schedule import due_at
from messaging.outbound.senders import pick_line
from messaging.plaintext import one_line
from tenants import audit
from tenants.models import Tenant, User
from tenants.roles import Role

_State = Broadcast.State
EDITABLE = (_State.DRAFT, _State.SCHEDULED)
OPEN = (*EDITABLE, _State.RUNNING, _State.PAUSED)
STARTED = (_State.RUNNING, _State.PAUSED, _State.DONE)


def start(
    broadcast: Broadcast, *, user: User, role: Role, tenant: Tenant, at: datetime | None = None
) -> None:
    """Send it from now on, or from `at`.

    Raises SendRefused.
    """
    check_messaging(tenant)
    pick_line(user, role, tenant, broadcast.our_number)
    check_content(broadcast)
    now = timezone.now()
    due = due_at(at, now=now)
    if due is None:
        _move(broadcast, EDITABLE, _State.RUNNING, started_at=now, scheduled_at=None)
    else:
        _move(broadcast, EDITABLE, _State.SCHEDULED, scheduled_at=due)


def unschedule(broadcast: Broadcast) -> None:
    """Make a scheduled broadcast a draft again.

    Raises SendRefused.
    """
    _move(broadcast, [_State.SCHEDULED], _State.DRAFT, scheduled_at=None)


def begin_scheduled(broadcast: Broadcast) -> None:
    """Start what is due, unless somebody was quicker to move or cancel it."""
    now = timezone.now()
    due = Broadcast.objects.filter(pk=broadcast.pk, state=_State.SCHEDULED, scheduled_at__lte=now)
    if due.update(state=_State.RUNNING, started_at=now, touched_at=None, problem=""):
        queue.enqueue(queue.RUN_BROADCAST, broadcast.pk)


def pause(broadcast: Broadcast) -> None:
    """Hold back whatever no carrier has yet.

    Raises SendRefused.
    """
    _move(broadcast, [_State.RUNNING], _State.PAUSED)


def stop(broadcast: Broadcast, problem: str) -> None:
    """Pause it because going on would be in vain; nothing happens when it is not running."""
    Broadcast.objects.filter(pk=broadcast.pk, state=_State.RUNNING).update(
        state=_State.PAUSED, problem=one_line(problem, limit=300)
    )


def resume(broadcast: Broadcast, *, user: User, role: Role, tenant: Tenant) -> None:
    """Go on where it was paused.

    Raises SendRefused.
    """
    check_messaging(tenant)
    pick_line(user, role, tenant, broadcast.our_number)
    with transaction.atomic():
        _move(broadcast, [_State.PAUSED], _State.RUNNING)
        # What a carrier's daily limit turned away has a later time of its own.
        soon = Q(next_attempt_at=None) | Q(next_attempt_at__lte=timezone.now() + LOOK_AGAIN)
        held = Message.objects.filter(soon, broadcast=broadcast, status=Status.QUEUED)
        keys = list(held.values_list("pk", flat=True))
        held.filter(pk__in=keys).update(next_attempt_at=timezone.now())
        for key in keys:
            queue.enqueue(queue.DELIVER_BULK, key)


def cancel(broadcast: Broadcast, *, user: User) -> int:
    """Stop it for good: what no carrier has yet is not sent. Returns how many that were.

    Raises SendRefused.
    """
    _move(broadcast, OPEN, _State.CANCELED, finished_at=timezone.now())
    pending = broadcast.recipients.filter(state=BroadcastRecipient.State.PENDING)
    count = pending.update(state=BroadcastRecipient.State.SKIPPED, reason="Canceled")
    waiting = Message.objects.filter(broadcast=broadcast)
    detail = f"The broadcast was canceled by {user}"
    return count + progress.cancel_queued(waiting, detail=detail)


def finish(broadcast: Broadcast) -> None:
    """Note that everything is handed over."""
    Broadcast.objects.filter(pk=broadcast.pk, state=_State.RUNNING).update(
        state=_State.DONE, finished_at=timezone.now()
    )


def check_content(broadcast: Broadcast) -> None:
    """Refuse a text or a list that cannot be sent.

    Raises SendRefused.
    """
    if not broadcast.text.strip():
        raise SendRefused(Refusal.EMPTY, "Write a text.")
    if not broadcast.recipients.exists():
        raise SendRefused(Refusal.NO_RECIPIENTS, "Nobody would get it: choose recipients.")
    if unknown := unknown_fields(broadcast):
        names = ", ".join(f"{{{name}}}" for name in unknown)
        raise SendRefused(
            Refusal.INVALID_STATE,
            f"Nothing is known of {names} for anybody: correct the text, or bring a file with such"
            " a column.",
        )


def unknown_fields(broadcast: Broadcast) -> tuple[str, ...]:
    """Name the merge fields of the text that no recipient has a value for."""
    own = [name for name in fields_in(broadcast.text) if name not in KNOWN]
    return tuple(n for n in own if not broadcast.recipients.filter(fields__has_key=n).exists())


def _move(broadcast: Broadcast, states: Any, to: Broadcast.State, **columns: Any) -> None:
    with transaction.atomic():
        rows = Broadcast.objects.filter(pk=broadcast.pk, state__in=states)
        moved = audit.change(rows, state=to, touched_at=None, problem="", **columns)
        broadcast.refresh_from_db()
        if moved and to == _State.RUNNING:
            queue.enqueue(queue.RUN_BROADCAST, broadcast.pk)
    if not moved:
        label = _State(broadcast.state).label.lower()
        raise SendRefused(
            Refusal.INVALID_STATE, f"That is not possible now: this broadcast is “{label}”."
        )
