"""Reading and writing what many receipts are about, in one statement each.

Threads are locked first and in key order, as everywhere (see `progress`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from messaging.delivery import timeline
from messaging.delivery.receipt_course import Course, Line, Recipient

# Two look-ups by index, not one by OR, and threads by an array: or else the planner reads whole
# tables for a few hundred receipts.
_LOCK = """
WITH found AS (
    SELECT id, conversation_id FROM messaging_message
    WHERE direction = 'out' AND id = ANY(%s::uuid[])
    UNION
    SELECT id, conversation_id FROM messaging_message
    WHERE direction = 'out' AND NOT provider_message_id = '' AND provider_message_id = ANY(%s)
)
SELECT found.id, thread.id, thread.last_at, thread.last_direction, thread.last_status,
    thread.shared_with, thread.ring_group_id, COALESCE(extension.number, '')
FROM messaging_conversation thread
JOIN found ON found.conversation_id = thread.id
LEFT JOIN messaging_extension extension ON extension.id = thread.extension_id
WHERE thread.id = ANY(ARRAY(SELECT conversation_id FROM found))
ORDER BY thread.id
FOR NO KEY UPDATE OF thread
"""

# A statement of its own: it has to see what was changed while the threads' locks were waited for.
# OFFSET 0 keeps the planner at the indexes here, too.
_READ = """
SELECT message.id, message.conversation_id, message.configuration_id, message.created_at,
    message.status, message.provider_message_id, message.failure_reason, message.error_code,
    message.error_text, message.sent_at, message.delivered_at, message.lookup_at IS NOT NULL,
    recipient.id, recipient.number, recipient.status, recipient.error_code,
    line.status, line.error_code, line.at, line.was_sent_again
FROM messaging_message message
CROSS JOIN LATERAL (
    SELECT id, number, status, error_code FROM messaging_recipient
    WHERE message_id = message.id
    OFFSET 0
) recipient
LEFT JOIN LATERAL (
    SELECT status, error_code, at, starts_with(detail, %s) AS was_sent_again
    FROM messaging_messageevent
    WHERE message_id = message.id
        AND (messaging_messageevent.recipient = recipient.number OR starts_with(detail, %s))
    OFFSET 0
) line ON true
WHERE message.id = ANY(%s::uuid[])
"""

# What stopped being as it was read has been canceled meanwhile, which locks no thread.
_WRITE = """
WITH told AS (
    SELECT * FROM json_to_recordset(%s) AS row (
        id uuid, changes bool, was varchar, status varchar, provider_message_id varchar,
        failure_reason varchar, error_code varchar, error_text varchar, sent_at timestamptz,
        delivered_at timestamptz, was_taken bool, recipient bigint, recipient_status varchar,
        recipient_code varchar, thread bigint
    )
), moved AS (
    UPDATE messaging_message message SET
        status = told.status,
        provider_message_id = told.provider_message_id,
        failure_reason = told.failure_reason,
        error_code = told.error_code,
        error_text = told.error_text,
        sent_at = told.sent_at,
        delivered_at = told.delivered_at,
        lookup_at = NULL,
        next_attempt_at = CASE WHEN NOT told.was_taken THEN message.next_attempt_at END
    FROM told WHERE told.changes AND message.id = told.id AND message.status = told.was
    RETURNING message.id
), applied AS (
    SELECT id FROM moved UNION ALL SELECT id FROM told WHERE NOT changes
), recipients AS (
    UPDATE messaging_recipient recipient
    SET status = told.recipient_status, error_code = told.recipient_code
    FROM told JOIN applied USING (id) WHERE recipient.id = told.recipient
), threads AS (
    UPDATE messaging_conversation thread SET last_status = told.status
    FROM told JOIN applied USING (id) WHERE thread.id = told.thread
), lines AS (
    INSERT INTO messaging_messageevent
        (message_id, at, status, recipient, error_code, detail, webhook_event_id)
    SELECT line.message, line.at, line.status, line.recipient, line.error_code, line.detail,
        line.webhook_event_id
    FROM ROWS FROM (json_to_recordset(%s) AS (
        message uuid, at timestamptz, status varchar, recipient varchar, error_code varchar,
        detail varchar, webhook_event_id bigint
    )) WITH ORDINALITY AS line (
        message, at, status, recipient, error_code, detail, webhook_event_id, place
    ) JOIN applied ON applied.id = line.message
    ORDER BY line.place
)
SELECT id FROM applied
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """Row of a locked conversation; `extension` is the number of its desk or empty."""

    key: int
    last_at: datetime
    last_direction: str
    last_status: str
    shared_with: list[int]
    ring_group: int | None
    extension: str


def lock_threads(
    *, tags: Iterable[UUID], provider_message_ids: Sequence[str]
) -> dict[UUID, Thread]:
    """Lock the threads of all outbound messages of these keys or carrier's ids."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [_uuids(tags), list(provider_message_ids)])
        return {
            message: Thread(
                key=key,
                last_at=last_at,
                last_direction=last_direction,
                last_status=last_status,
                shared_with=shared_with,
                ring_group=ring_group,
                extension=extension,
            )
            for (
                message,
                key,
                last_at,
                last_direction,
                last_status,
                shared_with,
                ring_group,
                extension,
            ) in cursor.fetchall()
        }


def read(messages: Iterable[UUID]) -> list[Course]:
    """Return the messages of one recipient that were sent once."""
    courses: dict[UUID, Course] = {}
    others: set[UUID] = set()
    with connection.cursor() as cursor:
        cursor.execute(_READ, [timeline.AGAIN, timeline.AGAIN, _uuids(messages)])
        for row in cursor.fetchall():
            course = courses.get(row[0]) or courses.setdefault(row[0], _course(row))
            status, code, at, was_sent_again = row[16:]
            if row[12] != course.recipient.key or was_sent_again:
                others.add(course.key)
            elif at is not None:
                heard = course.recipient.heard
                heard[status, code] = min(at, heard.get((status, code), at))
    return [course for course in courses.values() if course.key not in others]


def _course(row: Sequence[Any]) -> Course:
    recipient = Recipient(key=row[12], number=row[13], status=row[14], error_code=row[15])
    return Course(
        key=row[0],
        conversation=row[1],
        configuration=row[2],
        created_at=row[3],
        status=row[4],
        provider_message_id=row[5],
        fault=dict(zip(("failure_reason", "error_code", "error_text"), row[6:9], strict=True)),
        sent_at=row[9],
        delivered_at=row[10],
        is_looked_up=row[11],
        recipient=recipient,
    )


def write(
    courses: Iterable[tuple[Course, Course]], lines: Sequence[Line], *, last: Iterable[UUID]
) -> set[UUID]:
    """Write what changed of each (before, after); returns the messages that were still as before.

    `last` are the messages whose threads show their status.
    """
    shown = set(last)
    told = [_told(before, after, is_last=after.key in shown) for before, after in courses]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [_json(told), _json(lines)])
        return {key for (key,) in cursor.fetchall()}


def _told(before: Course, after: Course, *, is_last: bool) -> dict[str, Any]:
    is_other_for_them = (before.recipient.status, before.recipient.error_code) != (
        after.recipient.status,
        after.recipient.error_code,
    )
    return {
        "id": after.key,
        "changes": before.columns() != after.columns(),
        "was": before.status,
        "status": after.status,
        "provider_message_id": after.provider_message_id,
        **after.fault,
        "sent_at": after.sent_at,
        "delivered_at": after.delivered_at,
        "was_taken": after.was_taken,
        "recipient": after.recipient.key if is_other_for_them else None,
        "recipient_status": after.recipient.status,
        "recipient_code": after.recipient.error_code,
        "thread": after.conversation if is_last else None,
    }


def _json(rows: Sequence[object]) -> str:
    return msgspec.json.encode(rows).decode()


def _uuids(keys: Iterable[UUID]) -> str:
    # Much quicker than a list of UUIDs, each of which would be bound by itself.
    return "{" + ",".join(map(str, keys)) + "}"
