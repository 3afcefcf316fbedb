"""Changing the status of an outbound message: each change in one transaction, with all it implies.

A message's thread is locked before the message: the webhook drain changes many messages of many
threads in one transaction, and two that lock in different orders would wait for each other.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Least
from django.utils import timezone

from messaging import live
from messaging.conversations import is_last, note_status
from messaging.delivery import timeline
from messaging.delivery.locking import literal, lock
from messaging.models import Conversation, Message, MessageEvent, Recipient
from messaging.models.message import RANK, Status
from messaging.plaintext import one_line
from providers.types import FailureReason
from tenants.schema import tenant_connection

logger = logging.getLogger(__name__)

UNSENT = (Status.SCHEDULED, Status.QUEUED, Status.SENDING)
_ID_LIMIT = 64
_MOST_SEGMENTS = 999
TAKEN = "The carrier has taken the message"

# As JSON: psycopg takes longer to write lists than the server to read it.
_NOTE_ANSWERS = """
UPDATE messaging_message AS message
SET provider_message_id = said.id, segment_count = said.segments
FROM json_to_recordset(%s) AS said (key uuid, id text, segments int)
WHERE message.id = said.key AND message.provider_message_id = ''
"""


# What goes with a change of many messages' status: one round trip instead of three.
_FOLLOW = """
WITH followed AS (
  UPDATE messaging_recipient SET status = %(to)s, error_code = ''
  WHERE message_id = ANY(%(keys)s::uuid[]) AND status = ANY(%(carry)s)
), shown AS (
  UPDATE messaging_conversation SET last_status = %(to)s WHERE id = ANY(%(threads)s::bigint[])
)
INSERT INTO messaging_messageevent (message_id, at, status, recipient, error_code, detail)
SELECT key, %(at)s, %(to)s, '', '', %(detail)s FROM unnest(%(keys)s::uuid[]) AS key
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a message is where it is; all empty = nothing is wrong."""

    reason: FailureReason | None = None
    code: str = ""
    text: str = ""

    def columns(self) -> dict[str, str]:
        """The message's columns, in lengths that fit."""
        return {
            "failure_reason": self.reason.value if self.reason else "",
            "error_code": one_line(self.code, limit=40),
            "error_text": one_line(self.text, limit=300),
        }


NO_FAULT = Fault()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A carrier's answer that it has the message; `segment_count` 0 = it did not say."""

    message: Message
    provider_message_id: str
    segment_count: int = 0


def below(status: Status) -> list[str]:
    """Return the statuses that give way to this one."""
    return [lower for lower, rank in RANK.items() if rank < RANK[status]]


def lock_thread(message: Message) -> None:
    """Let nobody else change a status in the message's thread until the transaction ends."""
    Conversation.objects.select_for_update(no_key=True).get(pk=message.conversation_id)


@transaction.atomic
def move(
    message: Message,
    to: Status,
    *,
    where: Q,
    carry: Sequence[Status] = UNSENT,
    only: Sequence[str] = (),
    fault: Fault = NO_FAULT,
    detail: str = "",
    at: datetime | None = None,
    **columns: Any,
) -> bool:
    """Change the status if the row is as `where` says; recipients in a state of `carry` follow.

    `only`: the change is about these recipients. Returns whether the row was so.
    """
    lock_thread(message)
    why = fault.columns()
    changed = Message.objects.filter(where, pk=message.pk).update(status=to, **why, **columns)
    if not changed:
        return False
    message.status = to
    followers = message.recipients.filter(status__in=carry)
    if only:
        followers = followers.filter(number__in=only)
    followers.update(status=to, error_code=why["error_code"])
    code, words = why["error_code"], detail or why["error_text"]
    for number in only or [""]:
        timeline.record(message, to, at=at, recipient=number, error_code=code, detail=words)
    show(message)
    return True


def move_all(
    messages: Sequence[Message],
    to: Status,
    *,
    carry: Sequence[Status] = UNSENT,
    detail: str = "",
    **columns: Any,
) -> None:
    """Change the status of messages that this transaction has locked, with their threads.

    In a few statements for all of them; of each thread there is one.
    """
    keys = [message.pk for message in messages]
    Message.objects.filter(pk__in=keys).update(status=to, **NO_FAULT.columns(), **columns)
    last = [message.conversation_id for message in messages if is_last(message)]
    with connection.cursor() as cursor:
        cursor.execute(
            _FOLLOW,
            {
                "keys": literal(keys),
                "carry": [str(status) for status in carry],
                "threads": literal(last),
                "to": str(to),
                "at": timezone.now(),
                "detail": one_line(detail, limit=300),
            },
        )
    for message in messages:
        message.status = to
    _hint_all([message.conversation for message in messages])


def _hint_all(threads: Sequence[Conversation]) -> None:
    plain: dict[int, str] = {}
    for thread in threads:
        if thread.shared_with or thread.ring_group_id is not None:
            live.hint(thread)
        else:
            plain[thread.pk] = thread.extension.number if thread.extension else ""
    if plain:
        live.hint_plain(tenant_connection.schema_name, plain)


@transaction.atomic
def postpone(message: Message, *, where: Q, until: datetime, detail: str = "") -> bool:
    """Let a message wait in its state; the detail is told once, however often it waits for it.

    Returns whether the row was as `where` says.
    """
    if not Message.objects.filter(where, pk=message.pk).update(next_attempt_at=until):
        return False
    if detail and not timeline.said_last(message, detail):
        timeline.record(message, Status(message.status), detail=detail)
        live.hint(message.conversation)
    return True


@transaction.atomic
def accept(
    message: Message,
    *,
    provider_message_id: str,
    at: datetime,
    segment_count: int = 0,
    detail: str = TAKEN,
) -> bool:
    """Take in the carrier's word that it has the message: its own answer, or any receipt.

    A message that was given up as unknown, or waits for another try, is sent after all. States
    beyond `sent` stay. Returns whether the carrier's id is the message's own now.
    """
    lock_thread(message)
    # A receipt may have been quicker than the answer, and the message be sent again since.
    lines = MessageEvent.objects.filter(
        message=OuterRef("pk"), detail__in=timeline.given_up(provider_message_id)
    )
    current = ~Exists(lines)
    not_known_to_be_sent = Q(status__in=[Status.QUEUED, Status.SENDING]) | Q(
        status=Status.UNCONFIRMED, provider_message_id=""
    )
    move(
        message,
        Status.SENT,
        where=current & not_known_to_be_sent,
        carry=(Status.QUEUED, Status.SENDING, Status.UNCONFIRMED),
        detail=detail,
        at=at,
        next_attempt_at=None,
    )
    # The carrier has spoken: there is no need to ask it.
    columns: dict[str, Any] = {"sent_at": Least("sent_at", at), "lookup_at": None}
    if segment_count > 0:
        columns["segment_count"] = min(segment_count, _MOST_SEGMENTS)
    if not Message.objects.filter(current, pk=message.pk).update(**columns):
        return False
    return _adopt_id(message, provider_message_id)


@transaction.atomic
def accept_all(words: Sequence[Taken], *, at: datetime) -> list[Taken]:
    """Take in carriers' answers about messages that are as they were claimed.

    In a few statements for all of them, of each thread one. Returns those for `accept`, which
    waits for whoever works on them this moment.
    """
    said = {
        word.message.pk: word for word in words if 0 < len(word.provider_message_id) <= _ID_LIMIT
    }
    locked = lock(said, status=Status.SENDING)
    again = timeline.told_again_of(said)
    ours = [
        row
        for row in locked
        if row.sending_at == said[row.pk].message.sending_at
        and again.get(row.pk, set()).isdisjoint(timeline.given_up(said[row.pk].provider_message_id))
    ]
    if not ours:
        return list(words)
    try:
        with transaction.atomic():
            _note_answers([said[row.pk] for row in ours])
            move_all(
                ours,
                Status.SENT,
                carry=(Status.QUEUED, Status.SENDING, Status.UNCONFIRMED),
                detail=TAKEN,
                next_attempt_at=None,
                sent_at=Least("sent_at", at),
                lookup_at=None,
            )
    except IntegrityError:
        return list(words)  # one's id is another message's
    done = {row.pk for row in ours}
    return [word for word in words if word.message.pk not in done]


def _note_answers(words: Sequence[Taken]) -> None:
    rows = [
        {
            "key": str(word.message.pk),
            "id": word.provider_message_id,
            "segments": min(word.segment_count or word.message.segment_count, _MOST_SEGMENTS),
        }
        for word in words
    ]
    with connection.cursor() as cursor:
        cursor.execute(_NOTE_ANSWERS, [json.dumps(rows)])


@transaction.atomic
def cancel_queued(messages: QuerySet[Message], *, detail: str) -> int:
    """Cancel many messages that are queued, in a few statements; returns how many it were.

    Whoever works on one of them this moment keeps it: nothing here waits for a lock, so nothing
    can wait in a circle. For messages that are no thread's last line, such as a broadcast's.
    """
    queued = messages.filter(direction=Message.Direction.OUT, status=Status.QUEUED)
    keys = list(
        queued.order_by()
        .select_for_update(skip_locked=True, of=("self",))
        .values_list("pk", flat=True)
    )
    Message.objects.filter(pk__in=keys).update(status=Status.CANCELED, next_attempt_at=None)
    Recipient.objects.filter(message__in=keys, status__in=UNSENT).update(status=Status.CANCELED)
    timeline.record_all(keys, Status.CANCELED, detail=detail)
    return len(keys)


def show(message: Message) -> None:
    """Bring the status to the conversation list and to open pages."""
    note_status(message)
    live.hint(message.conversation)


def follow_recipients(message: Message, **columns: Any) -> None:
    """Raise the message to the lowest state among its recipients; needs the thread's lock.

    So a group is delivered when everybody has it, failed when nobody can still get it and at
    least one did not, and until then as far as its slowest recipient.
    """
    states = Recipient.objects.filter(message=message).values_list("status", flat=True)
    lowest = Status(min(states, key=lambda state: RANK.get(state, 0)))
    changed = Message.objects.filter(pk=message.pk, status__in=below(lowest)).update(status=lowest)
    if changed:
        message.status = lowest
    if columns:
        Message.objects.filter(pk=message.pk).update(**columns)


def _adopt_id(message: Message, provider_message_id: str) -> bool:
    # A cut id would match nothing, and an id that another message has is not this one's.
    if not 0 < len(provider_message_id) <= _ID_LIMIT:
        return False
    try:
        with transaction.atomic():
            adopted = Message.objects.filter(pk=message.pk, provider_message_id="").update(
                provider_message_id=provider_message_id
            )
        return bool(adopted)
    except IntegrityError:
        logger.warning("message %s: the carrier's id belongs to another message", message.pk)
        return False
