"""Running a broadcast: a little ahead of the carrier and no further.

What is written stands in the queue, so no more is written than is sent soon: pausing works at
once, and whoever sleeps holds nobody up. A runner works for a while and rings for the next one; a
sweep rings where that got lost.
"""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from messaging import queue
from messaging.broadcasts import batch, states
from messaging.hours import quiet as quiet_hours
from messaging.models import Broadcast, BroadcastRecipient, Message, SendingPolicy
from messaging.models.message import Status
from messaging.outbound.clearance import check_messaging
from messaging.outbound.lines import Line
from messaging.outbound.refusals import SendRefused
from messaging.outbound.senders import line_for
from tenants.models import Tenant
from tenants.schema import tenant_connection

MOST_WAITING = 200
# Longer than any pause between two runners of a chain.
SILENCE = timedelta(seconds=45)

_AT_A_TIME = 20.0  # seconds of one task
_PAUSE = 2.0
_LONGEST_PAUSE = 30.0
_LATER = timedelta(minutes=30)  # no wait for the pace is longer
# A runner that finds another's mark this young leaves: one chain is enough.
_ALONE = timedelta(seconds=1.5)

_State = Broadcast.State


def run(broadcast_id: UUID) -> None:
    """Write what may be sent soon, then ring for the next look; runs in the tenant's schema."""
    tenant: Tenant = tenant_connection.tenant
    now = timezone.now()
    fresh = Q(touched_at=None) | Q(touched_at__lte=now - _ALONE)
    mine = Broadcast.objects.filter(fresh, pk=broadcast_id, state=_State.RUNNING)
    if not mine.update(touched_at=now):
        return
    broadcast = Broadcast.objects.get(pk=broadcast_id)
    try:
        check_messaging(tenant)
        line = line_for(tenant, broadcast.our_number, configuration=None)
    except SendRefused as refusal:
        states.stop(broadcast, refusal.text)
        return
    rules = quiet_hours.policy()
    ends = time.monotonic() + _AT_A_TIME
    pause: float | None = 0.0
    while pause == 0.0 and time.monotonic() < ends:
        pause = _step(broadcast, line, rules, tenant)
    if pause is not None:
        queue.enqueue(queue.RUN_BROADCAST, broadcast.pk, delay=max(_PAUSE, pause))


@transaction.atomic
def _step(broadcast: Broadcast, line: Line, rules: SendingPolicy, tenant: Tenant) -> float | None:
    """Write one batch; return the seconds until the next, None = there is none."""
    # Whoever pauses it, and a second runner, wait here until the batch is written.
    running = Broadcast.objects.filter(pk=broadcast.pk, state=_State.RUNNING)
    if not running.update(touched_at=timezone.now()):
        return None
    unsent = _unsent(broadcast)
    waiting = unsent.filter(_soon()).count()
    room = min(batch.SIZE, MOST_WAITING - waiting)
    if room <= 0:
        return _PAUSE
    people, pause = _next(broadcast, rules, tenant, room=room)
    if people:
        batch.write(broadcast, people, line)
        return 0.0
    if waiting or pause is not None:
        return pause or _PAUSE
    if unsent.exists():
        return _LONGEST_PAUSE
    states.finish(broadcast)
    return None


def _unsent(broadcast: Broadcast) -> QuerySet[Message]:
    return Message.objects.filter(broadcast=broadcast, status__in=[Status.QUEUED, Status.SENDING])


def _soon() -> Q:
    # Those that a carrier's daily limit turned away until tomorrow hold nobody else up.
    return Q(next_attempt_at=None) | Q(next_attempt_at__lte=timezone.now() + _LATER)


def _next(
    broadcast: Broadcast, rules: SendingPolicy, tenant: Tenant, *, room: int
) -> tuple[list[BroadcastRecipient], float | None]:
    """Return the next recipients who are awake; if all sleep, the seconds until one is not."""
    pending = broadcast.recipients.filter(state=BroadcastRecipient.State.PENDING).order_by("pk")
    if not rules.quiet_hours:
        return list(pending.select_related("contact")[:room]), None
    now = timezone.now()
    awake: list[int] = []
    shortest: float | None = None
    for key, number in pending.values_list("pk", "number").iterator():
        morning = quiet_hours.end_of_quiet([number], now, rules=rules, home=tenant.timezone)
        if morning is None:
            awake.append(key)
            if len(awake) == room:
                break
        else:
            seconds = (morning - now).total_seconds()
            shortest = seconds if shortest is None else min(shortest, seconds)
    people = pending.filter(pk__in=awake).select_related("contact")
    return list(people) if awake else [], min(shortest, _LONGEST_PAUSE) if shortest else None


def sweep() -> None:
    """Start what is due, and ring for broadcasts whose chain of runners broke."""
    now = timezone.now()
    for broadcast in Broadcast.objects.filter(state=_State.SCHEDULED, scheduled_at__lte=now)[:20]:
        states.begin_scheduled(broadcast)
    silent = Q(touched_at=None) | Q(touched_at__lte=now - SILENCE)
    for broadcast in Broadcast.objects.filter(silent, state=_State.RUNNING)[:20]:
        queue.enqueue(queue.RUN_BROADCAST, broadcast.pk)
