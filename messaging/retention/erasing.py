"""Erasing one person: everything a tenant has of a number outside, on request and for good.

What stays is what forbids to text the number again: its opt-outs, and the ledger's lines about
them without any words. Of threads with several people the person's own texts go; the thread stays
with those who are in it, and the number as a part of its address. What comes in afterwards is new.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from messaging import queue
from messaging.delivery import progress
from messaging.exports import upkeep
from messaging.models import BroadcastRecipient, Contact, Erasure, Export, Message
from messaging.models.export import PERSON
from messaging.models.message import Status
from messaging.retention.files import delete_discarded
from messaging.retention.person import Threads, threads_of
from messaging.retention.removal import BATCH, UNSETTLED, remove, settle_threads
from providers.retention import blank_events
from tenants.models import Tenant, User
from tenants.schema import tenant_connection

logger = logging.getLogger(__name__)

# How long a worker may give no sign of life before it is taken for dead.
SILENCE = timedelta(minutes=2)
# A text that is being sent is waited for; what takes longer is looked at by a person.
_TRIES = 200
_AGAIN = 30  # seconds
_ALL = datetime.max.replace(tzinfo=UTC)
_NONE = datetime.min.replace(tzinfo=UTC)

_STUCK = "A text to this number is still being sent. Ask for the erasure again later."

_OWN = """
SELECT id, conversation_id, created_at FROM messaging_message
WHERE conversation_id = ANY(%(threads)s) AND status <> ALL(%(unsettled)s)
ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
"""
_IN_GROUPS = """
SELECT id, conversation_id, created_at FROM messaging_message
WHERE conversation_id = ANY(%(threads)s) AND direction = 'in' AND sender = %(number)s
ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
"""
_GROUP_TRACES = """
WITH texts AS MATERIALIZED (
    SELECT id FROM messaging_message WHERE conversation_id = ANY(%(threads)s)
),
exchanges AS (DELETE FROM messaging_carrierexchange USING texts WHERE message_id = texts.id)
DELETE FROM messaging_messageevent USING texts
WHERE message_id = texts.id AND recipient = %(number)s
"""
# The database lets the ledger's lines be removed only when told so, and never be changed.
_LEDGER = """
SET LOCAL trunkline.allow_consent_removal = 'on';
WITH wordy AS (
    DELETE FROM messaging_consententry WHERE number = %(number)s
        AND (action = 'help' OR detail <> '' OR message_id IS NOT NULL)
    RETURNING at, our_number, number, action, source, by_id
)
INSERT INTO messaging_consententry (at, our_number, number, action, source, by_id, detail)
SELECT at, our_number, number, action, source, by_id, '' FROM wordy WHERE action <> 'help';
SET LOCAL trunkline.allow_consent_removal = 'off'
"""
_TRAIL = """
UPDATE auditlog_logentry SET object_repr = 'erased', changes = '{}', changes_text = '',
    serialized_data = NULL, additional_data = additional_data - 'reason'
WHERE content_type_id = %(kind)s
    AND (object_id = ANY(%(keys)s) OR position(%(number)s IN changes::text) > 0)
"""
_PAGES_TRAIL = """
DELETE FROM django_admin_log
WHERE content_type_id = %(kind)s AND object_id = ANY(%(words)s)
"""


def ask(number: str, *, user: User) -> Erasure:
    """Have everything erased that there is of a number; runs in the tenant's schema.

    Asked twice it is done once.
    """
    try:
        with transaction.atomic():
            erasure = Erasure.objects.create(number=number, hint=f"…{number[-4:]}", user=user)
    except IntegrityError:
        return _unfinished().get(number=number)
    queue.enqueue(queue.ERASE, erasure.pk)
    return erasure


def run(erasure_id: UUID) -> None:
    """Erase one person if that waits to be done; runs in the tenant's schema."""
    if not _claim(erasure_id):
        return
    erasure = Erasure.objects.get(pk=erasure_id)
    tenant: Tenant = tenant_connection.tenant
    number = erasure.number
    _call_off(number)
    threads = threads_of(number)
    _remove_texts(erasure, _OWN, threads.own, notes_before=_ALL)
    _remove_texts(erasure, _IN_GROUPS, threads.groups, notes_before=_NONE)
    settle_threads(threads.own, notes_before=_ALL)
    _remove_traces(number, threads)
    _remove_contact(number)
    for export in Export.objects.filter(~Q(kind=PERSON) | Q(filters__number=number)):
        upkeep.delete(export)
    blank_events(tenant.pk, number)
    while delete_discarded():
        pass
    if Message.objects.filter(conversation__in=threads.own, status__in=UNSETTLED).exists():
        _wait(erasure)
        return
    _ours(erasure).update(state=Erasure.State.DONE, number="", finished_at=timezone.now(), error="")
    logger.info("a person was erased", extra={"erasure": str(erasure.pk)})


def sweep() -> None:
    """Ring for what no task was rung for, or whose worker died."""
    late = timezone.now() - timedelta(seconds=_AGAIN)
    lost = Q(state=Erasure.State.PENDING, touched_at__lte=late) | _dead()
    for erasure in Erasure.objects.filter(lost)[:20]:
        queue.enqueue(queue.ERASE, erasure.pk)


def _dead() -> Q:
    return Q(state=Erasure.State.RUNNING, touched_at__lte=timezone.now() - SILENCE)


def _unfinished() -> QuerySet[Erasure]:
    return Erasure.objects.filter(state__in=[Erasure.State.PENDING, Erasure.State.RUNNING])


def _claim(erasure_id: UUID) -> bool:
    waiting = Q(state=Erasure.State.PENDING) | _dead()
    claimed = Erasure.objects.filter(waiting, pk=erasure_id).update(
        state=Erasure.State.RUNNING, attempts=F("attempts") + 1, touched_at=timezone.now()
    )
    return bool(claimed)


def _ours(erasure: Erasure) -> QuerySet[Erasure]:
    return Erasure.objects.filter(
        pk=erasure.pk, state=Erasure.State.RUNNING, attempts=erasure.attempts
    )


def _wait(erasure: Erasure) -> None:
    if erasure.attempts >= _TRIES:
        _ours(erasure).update(state=Erasure.State.FAILED, error=_STUCK, finished_at=timezone.now())
        return
    _ours(erasure).update(state=Erasure.State.PENDING, touched_at=timezone.now())
    queue.enqueue(queue.ERASE, erasure.pk, delay=_AGAIN)


def _call_off(number: str) -> None:
    """Let nothing more leave for the number."""
    # First, or a broadcast that runs would write the next text.
    BroadcastRecipient.objects.filter(number=number).delete()
    unsent = Q(direction=Message.Direction.OUT, status__in=[Status.SCHEDULED, Status.QUEUED])
    for message in Message.objects.filter(unsent, conversation__participants_key=number):
        progress.move(message, Status.CANCELED, where=unsent, next_attempt_at=None)


def _remove_texts(
    erasure: Erasure, chosen: str, threads: list[int], *, notes_before: datetime
) -> None:
    values: dict[str, Any] = {
        "threads": threads,
        "number": erasure.number,
        "unsettled": list(UNSETTLED),
        "most": BATCH,
    }
    while threads:
        removed = remove(chosen, values, notes_before=notes_before)
        _ours(erasure).update(
            messages=F("messages") + removed.messages,
            files=F("files") + removed.files,
            touched_at=timezone.now(),
        )
        if not removed.messages:
            return


@transaction.atomic
def _remove_traces(number: str, threads: Threads) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_GROUP_TRACES, {"threads": threads.groups, "number": number})
        cursor.execute(_LEDGER, {"number": number})


@transaction.atomic
def _remove_contact(number: str) -> None:
    keys = list(Contact.objects.filter(number=number).values_list("pk", flat=True))
    kind = ContentType.objects.get_for_model(Contact).pk
    values: dict[str, Any] = {
        "kind": kind,
        "keys": keys,
        "number": number,
        "words": [str(key) for key in keys],
    }
    # Without a trail of their own, which would hold what is to go.
    BroadcastRecipient.objects.filter(contact__in=keys).update(contact=None)
    contacts = Contact.objects.filter(pk__in=keys)
    contacts._raw_delete(contacts.db)
    with connection.cursor() as cursor:
        cursor.execute(_TRAIL, values)
        cursor.execute(_PAGES_TRAIL, values)
