"""Removing messages with all that hangs on them, and what is left of their threads.

By plain SQL, a batch at a time: Django would fetch each row, its children and theirs. The foreign
keys are judged at the commit, so the statements need no order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

BATCH = 500

# What is still at work is nobody's to delete.
UNSETTLED = ("scheduled", "queued", "sending")

_REMOVE = """
WITH old AS MATERIALIZED ({chosen}),
files AS (
    DELETE FROM messaging_attachment USING old WHERE message_id = old.id
    RETURNING messaging_attachment.file
),
noted AS (
    INSERT INTO messaging_discardedfile (path) SELECT file FROM files WHERE file <> '' RETURNING 1
),
recipients AS (DELETE FROM messaging_recipient USING old WHERE message_id = old.id),
timeline AS (DELETE FROM messaging_messageevent USING old WHERE message_id = old.id),
exchanges AS (DELETE FROM messaging_carrierexchange USING old WHERE message_id = old.id),
mails AS (DELETE FROM messaging_maildelivery USING old WHERE message_id = old.id),
gone AS (DELETE FROM messaging_message USING old WHERE messaging_message.id = old.id RETURNING 1)
SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM noted), max(created_at),
    coalesce(array_agg(DISTINCT conversation_id), '{{}}')
FROM old
"""

# Threads that nothing is left of. A note, if it is to be kept, keeps its thread.
_CLOSE = """
WITH empty AS MATERIALIZED (
    SELECT id FROM messaging_conversation thread WHERE id = ANY(%(threads)s)
    AND NOT EXISTS (SELECT FROM messaging_message WHERE conversation_id = thread.id)
    AND NOT EXISTS (
        SELECT FROM messaging_note
        WHERE conversation_id = thread.id AND created_at >= %(before)s
    )
    ORDER BY id FOR UPDATE
),
notes AS (DELETE FROM messaging_note USING empty WHERE conversation_id = empty.id),
marks AS (DELETE FROM messaging_readmark USING empty WHERE conversation_id = empty.id),
hands AS (DELETE FROM messaging_handlingevent USING empty WHERE conversation_id = empty.id),
answers AS (DELETE FROM messaging_autoreplysent USING empty WHERE conversation_id = empty.id)
DELETE FROM messaging_conversation USING empty WHERE messaging_conversation.id = empty.id
"""

# The list shows the last line of each thread and tells unread by the last text that came in:
# where these are gone, what is the last now takes their place.
_RETELL = """
UPDATE messaging_conversation thread SET
    last_text = CASE WHEN shown.gone THEN coalesce(left(shown.text, 200), '') ELSE last_text END,
    last_at = CASE WHEN shown.gone THEN coalesce(shown.created_at, last_at) ELSE last_at END,
    last_status = CASE WHEN shown.gone THEN coalesce(shown.status, '') ELSE last_status END,
    last_direction = CASE WHEN shown.gone THEN coalesce(shown.direction, '')
        ELSE last_direction END,
    last_inbound_at = shown.heard_at
FROM (
    SELECT id, last.*, heard.at AS heard_at, NOT EXISTS (
        SELECT FROM messaging_message
        WHERE conversation_id = messaging_conversation.id AND created_at = last_at
    ) AS gone
    FROM messaging_conversation
    LEFT JOIN LATERAL (
        SELECT text, created_at, status, direction FROM messaging_message
        WHERE conversation_id = messaging_conversation.id AND status <> 'scheduled'
        ORDER BY created_at DESC, id DESC LIMIT 1
    ) last ON true
    LEFT JOIN LATERAL (
        SELECT created_at AS at FROM messaging_message
        WHERE conversation_id = messaging_conversation.id AND direction = 'in'
        ORDER BY created_at DESC LIMIT 1
    ) heard ON true
    WHERE id = ANY(%(threads)s)
) shown
WHERE shown.id = thread.id
    AND (shown.gone OR thread.last_inbound_at IS DISTINCT FROM shown.heard_at)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What one batch took."""

    messages: int
    files: int
    until: datetime | None  # when the youngest of them was written; None = there were none


@transaction.atomic
def remove(chosen: str, values: Mapping[str, Any], *, notes_before: datetime) -> Removed:
    """Remove the messages that a SELECT of id, conversation_id and created_at locks and names.

    Threads that nothing is left of go with their notes, unless one of those is of `notes_before` or
    younger; the others show what is their last line now.
    """
    with connection.cursor() as cursor:
        cursor.execute(_REMOVE.format(chosen=chosen), values)
        [(messages, files, until, threads)] = cursor.fetchall()
    settle_threads(threads, notes_before=notes_before)
    return Removed(messages=messages, files=files, until=until)


def settle_threads(threads: Sequence[int], *, notes_before: datetime) -> None:
    """Close the threads that nothing is left of, and let the others show their last line."""
    if not threads:
        return
    values: dict[str, Any] = {"threads": list(threads), "before": notes_before}
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, values)
        cursor.execute(_RETELL, values)
