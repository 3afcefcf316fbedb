"""Deleting what a tenant keeps no longer: a part at a time, so that everybody has a turn."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, connection, transaction

from messaging.models import Attachment
from messaging.retention.files import delete_discarded
from messaging.retention.removal import BATCH, UNSETTLED, remove, settle_threads
from tenants.models import Tenant
from tenants.retention import cutoff

logger = logging.getLogger(__name__)

_TURN = 20.0  # seconds
_ALONE = "messaging.retention:"

# Each takes the oldest first, by an index that begins there, and from where the last batch ended:
# what PostgreSQL has not yet cleared away is not read again.
_MESSAGES = """
SELECT id, conversation_id, created_at FROM messaging_message
WHERE created_at < %(before)s AND created_at >= %(after)s AND status <> ALL(%(unsettled)s)
ORDER BY created_at, id LIMIT %(most)s FOR UPDATE SKIP LOCKED
"""
_FILES = """
WITH old AS MATERIALIZED (
    SELECT id, file FROM messaging_attachment WHERE file <> '' AND created_at < %(before)s
    AND EXISTS (
        SELECT FROM messaging_message
        WHERE messaging_message.id = message_id AND status <> ALL(%(unsettled)s)
    )
    ORDER BY created_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
),
noted AS (INSERT INTO messaging_discardedfile (path) SELECT file FROM old)
UPDATE messaging_attachment
SET file = '', state = %(expired)s, error = '', notice = '', source_url = '', provider_url = ''
FROM old WHERE messaging_attachment.id = old.id
"""
_NOTES = """
DELETE FROM messaging_note WHERE id IN (
    SELECT id FROM messaging_note WHERE created_at < %(before)s
    ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
) RETURNING conversation_id
"""
_HANDS = """
DELETE FROM messaging_handlingevent WHERE id IN (
    SELECT id FROM messaging_handlingevent WHERE at < %(before)s
    ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
"""
_ENDED = """
SELECT id FROM messaging_broadcast
WHERE state IN ('done', 'canceled') AND coalesce(finished_at, created_at) < %(before)s
    AND NOT EXISTS (
        SELECT FROM messaging_message WHERE broadcast_id = messaging_broadcast.id
    )
"""
_RECIPIENTS = f"""
DELETE FROM messaging_broadcastrecipient WHERE id IN (
    SELECT id FROM messaging_broadcastrecipient WHERE broadcast_id IN ({_ENDED})
    LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
"""  # noqa: S608  # our own words
_BROADCASTS = f"""
DELETE FROM messaging_broadcast WHERE id IN ({_ENDED}) AND NOT EXISTS (
    SELECT FROM messaging_broadcastrecipient WHERE broadcast_id = messaging_broadcast.id
)
"""  # noqa: S608
_TRAIL = """
DELETE FROM auditlog_logentry WHERE id IN (
    SELECT id FROM auditlog_logentry WHERE timestamp < %(before)s
    ORDER BY timestamp LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
"""
_ADMIN_TRAIL = """
DELETE FROM django_admin_log WHERE id IN (
    SELECT id FROM django_admin_log WHERE action_time < %(before)s
    ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
"""

Step = Callable[[], bool]  # tells whether there may be more


def run(tenant: Tenant) -> bool:
    """Delete for one turn and tell whether there is more; runs in the tenant's schema.

    Who finds somebody else at it leaves it to them.
    """
    with _alone(tenant) as is_ours:
        return is_ours and _take_turn(tenant)


def _take_turn(tenant: Tenant) -> bool:
    end = time.monotonic() + _TURN
    for step in _steps(tenant):
        while step():
            if time.monotonic() > end:
                return True
    return False


def _steps(tenant: Tenant) -> Iterator[Step]:
    yield lambda: delete_discarded() > 0
    if before := cutoff(tenant, tenant.keep_messages_days):
        yield _Messages(before)
        yield partial(_remove_notes, before)
        yield partial(_delete, _HANDS, before)
        yield partial(_delete, _RECIPIENTS, before)
        yield partial(_delete, _BROADCASTS, before)
    if before := cutoff(tenant, tenant.keep_media_days):
        yield partial(_delete, _FILES, before)
        yield lambda: delete_discarded() > 0
    if before := cutoff(tenant, tenant.keep_audit_days):
        yield partial(_delete, _TRAIL, before)
        yield partial(_delete, _ADMIN_TRAIL, before)


class _Messages:
    """One batch after the other, each from where the one before it ended."""

    def __init__(self, before: datetime) -> None:
        self._before = before
        self._after = datetime.min.replace(tzinfo=before.tzinfo)

    def __call__(self) -> bool:
        values = {"after": self._after, **_values(self._before)}
        try:
            removed = remove(_MESSAGES, values, notes_before=self._before)
        except IntegrityError:  # somebody just wrote to one of the threads: the next night
            logger.info("a batch of old messages was left for later")
            return False
        self._after = removed.until or self._after
        if removed.files:
            delete_discarded()
        return removed.messages > 0


@transaction.atomic
def _remove_notes(before: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_NOTES, _values(before))
        threads = {thread for (thread,) in cursor.fetchall()}
    settle_threads(sorted(threads), notes_before=before)
    return bool(threads)


def _delete(statement: str, before: datetime) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, _values(before))
        # All broadcasts at once: there are as many as people wrote.
        return bool(cursor.rowcount) and statement is not _BROADCASTS


def _values(before: datetime) -> dict[str, Any]:
    return {
        "before": before,
        "most": BATCH,
        "unsettled": list(UNSETTLED),
        "expired": Attachment.State.EXPIRED.value,
    }


@contextmanager
def _alone(tenant: Tenant) -> Iterator[bool]:
    name = _ALONE + tenant.schema_name
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [name])
        [(is_ours,)] = cursor.fetchall()
    try:
        yield is_ours
    finally:
        if is_ours and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [name])
