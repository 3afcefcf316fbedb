"""Taking many due messages of a tenant at once.

The checks, the limits and the claim are those of a single message; they are asked together. What
needs more than a request to its carrier (files to upload, a rule's routes) is left to `attempt`.
Of each thread only the first message is taken, and none while another is being sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from messaging.delivery import attempt, claim
from messaging.delivery.locking import lock
from messaging.models import Attachment, Message
from messaging.models.message import Status
from messaging.outbound.facts import Facts
from messaging.outbound.way import Way
from messaging.pacing import permits
from messaging.pacing.permits import Wish
from providers.base import Provider
from providers.types import OutboundMessage
from tenants.models import Tenant
from tenants.schema import tenant_connection

# Longer than any request to a carrier takes.
IN_FLIGHT = timedelta(minutes=1)
_DEPTH = 5_000
# Other tenants' messages wait behind this one's tables.
_LOCK_MS = 200

# The oldest first, whatever the index's order; of each thread the one that was to go first.
_FIRST_OF_EACH_THREAD = """
SELECT id FROM (
    SELECT DISTINCT ON (conversation_id) id, moment FROM (
        SELECT id, conversation_id, coalesce(scheduled_at, created_at) AS moment
        FROM messaging_message
        WHERE direction = 'out' AND status = 'queued' AND (origin = 'broadcast') = %(bulk)s
            AND (next_attempt_at IS NULL OR next_attempt_at <= %(now)s)
            AND conversation_id NOT IN (
                SELECT conversation_id FROM messaging_message
                WHERE direction = 'out' AND status = 'sending' AND sending_at > %(lately)s
                    AND (origin = 'broadcast') = %(bulk)s
            )
        ORDER BY created_at LIMIT %(depth)s
    ) AS due
    ORDER BY conversation_id, moment, id
) AS first ORDER BY moment LIMIT %(room)s
"""


class Locked(Exception):
    """Somebody holds the tenant's tables for longer than others may be kept waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A claimed message and all it takes to hand it over."""

    tenant: Tenant
    message: Message
    way: Way
    provider: Provider
    parcel: OutboundMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one look at a tenant's queue gave."""

    jobs: Sequence[Job] = ()
    single: Sequence[UUID] = ()  # to be delivered one by one
    is_full: bool = False  # there may be more
    has_more: bool = False  # there may be some behind those that do not leave by a job
    was_busy: bool = False  # others worked on some of them, or on their threads


@transaction.atomic
def take(*, bulk: bool, room: int) -> Batch:
    """Claim up to `room` messages that may leave now; runs in the tenant's schema.

    Raises Locked when its tables are not to be had, as while they are changed.
    """
    _wait_no_longer_than(_LOCK_MS)
    try:
        return _take(bulk=bulk, room=room)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise Locked from error
        raise


def _take(*, bulk: bool, room: int) -> Batch:
    keys = first_of_each_thread(bulk=bulk, limit=room)
    messages = lock(keys, status=Status.QUEUED, due_by=timezone.now()) if keys else []
    tenant: Tenant = tenant_connection.tenant
    facts = Facts(tenant)
    facts.read_recipients(messages)
    with_files = _with_files(messages)
    single = [message.pk for message in messages if message.pk in with_files]
    ready: list[tuple[Message, Way, Provider]] = []
    for message in messages:
        if message.pk in with_files:
            continue
        found = attempt.way_of(message, facts)
        if found is not None and claim.is_plain(message, found[0]):
            ready.append((message, *found))
        elif found is not None:
            single.append(message.pk)
    granted = _permitted(ready)
    if granted:
        claim.claim_all([(message, way) for message, way, _ in granted])
    return Batch(
        jobs=[
            Job(
                tenant=tenant,
                message=message,
                way=way,
                provider=provider,
                parcel=claim.parcel(message, way, ()),
            )
            for message, way, provider in granted
        ],
        single=single,
        is_full=len(keys) == room,
        has_more=len(granted) < len(messages),
        was_busy=len(messages) < len(keys),
    )


def _wait_no_longer_than(milliseconds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {milliseconds}")


def first_of_each_thread(*, bulk: bool, limit: int) -> list[UUID]:
    """Return which messages of the current tenant are next to leave, the oldest first."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            _FIRST_OF_EACH_THREAD,
            {
                "bulk": bulk,
                "now": now,
                "lately": now - IN_FLIGHT,
                "depth": _DEPTH,
                "room": limit,
            },
        )
        return [key for (key,) in cursor.fetchall()]


def _with_files(messages: Sequence[Message]) -> set[UUID]:
    keys = [message.pk for message in messages if message.kind == Message.Kind.MMS]
    if not keys:
        return set()
    files = Attachment.objects.filter(message__in=keys)
    return set(files.order_by().values_list("message", flat=True))


def _permitted(
    ready: Sequence[tuple[Message, Way, Provider]],
) -> list[tuple[Message, Way, Provider]]:
    wishes = [
        Wish(message=message, line=way.line, recipients=len(way.numbers))
        for message, way, _ in ready
    ]
    pauses = permits.take_all(wishes) if wishes else []
    granted = []
    for each, pause in zip(ready, pauses, strict=True):
        if pause is None:
            granted.append(each)
        else:
            attempt.stopped(each[0], pause)
    return granted
