"""Taking events out of the webhook inbox, and writing down what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from messaging.inbound.turns import Head
from messaging.plaintext import one_line
from providers.models import WebhookEvent

State = WebhookEvent.State

_RECEIPT_WAITS = (5, 15, 60, 300, 1500)
_FAULT_WAITS = (5, 15, 60, 300, 900, 1800, 3600)
# Namespace of the advisory locks, apart from other users of them.
LOCKS = 7201
# Stands for the events whose tenant is not known before they are read.
UNADDRESSED = 0

# What has waited long enough joins the queue again, which knows nothing of what still waits.
_WAKE = """
UPDATE providers_webhookevent SET next_attempt_at = NULL
WHERE id = ANY (ARRAY(
    SELECT id FROM providers_webhookevent
    WHERE state = 'pending' AND next_attempt_at <= %(now)s
    ORDER BY next_attempt_at LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
))
"""
_MOST_WOKEN = 2000

# From tenant to tenant through the index: what one of them has waiting costs the others nothing.
# (Where the columns of the order are known to be null they are named all the same, or all that
# waits would be sorted.)
_HEADS = """
WITH RECURSIVE waiting AS (
    (
        SELECT tenant_id FROM providers_webhookevent
        WHERE state = 'pending' AND tenant_id IS NOT NULL
        ORDER BY tenant_id LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT event.tenant_id FROM providers_webhookevent event
        WHERE event.state = 'pending' AND event.tenant_id > waiting.tenant_id
        ORDER BY event.tenant_id LIMIT 1
    )
    FROM waiting WHERE waiting.tenant_id IS NOT NULL
)
SELECT waiting.tenant_id, head.id
FROM waiting
CROSS JOIN LATERAL (
    SELECT id FROM providers_webhookevent
    WHERE state = 'pending' AND next_attempt_at IS NULL AND tenant_id = waiting.tenant_id
    ORDER BY next_attempt_at, id LIMIT 1
) head
UNION ALL
(
    SELECT 0, id FROM providers_webhookevent
    WHERE state = 'pending' AND next_attempt_at IS NULL AND tenant_id IS NULL
    ORDER BY tenant_id, next_attempt_at, id LIMIT 1
)
"""

# Each check of a foreign key is planned once for a tenant then, and not for its first five texts.
_LOCK = """
SELECT turn.tenant_id
FROM set_config('plan_cache_mode', 'force_generic_plan', true), unnest(%s::int[]) AS turn(tenant_id)
WHERE pg_try_advisory_xact_lock(%s, turn.tenant_id)
LIMIT %s
"""

_COLUMNS = """
    id, endpoint_id, tenant_id, provider, dedupe_key, payload, received_at, attempts
"""

# Anybody with an address may post events of a megabyte: a thousand of them are no batch.
_MOST_BYTES = 32 * 1024 * 1024
_OF_BEARABLE_WEIGHT = f"""
SELECT {_COLUMNS} FROM (
    SELECT event.*, sum(octet_length(payload)) OVER (ROWS UNBOUNDED PRECEDING) AS weight
    FROM ({{events}}) event
) weighed
WHERE weight - octet_length(payload) <= %(most_bytes)s
"""  # noqa: S608  # our own list of columns

_CLAIM = _OF_BEARABLE_WEIGHT.format(
    events=f"""
    SELECT event.*
    FROM unnest(%(tenants)s::int[], %(after)s::bigint[]) AS turn(tenant_id, after)
    CROSS JOIN LATERAL (
        SELECT {_COLUMNS} FROM providers_webhookevent
        WHERE state = 'pending' AND next_attempt_at IS NULL
            AND tenant_id = turn.tenant_id AND id > turn.after
        ORDER BY next_attempt_at, id LIMIT %(limit)s
        FOR UPDATE SKIP LOCKED
    ) event
"""  # noqa: S608
)

_CLAIM_UNADDRESSED = _OF_BEARABLE_WEIGHT.format(
    events=f"""
    SELECT {_COLUMNS} FROM providers_webhookevent
    WHERE state = 'pending' AND next_attempt_at IS NULL AND tenant_id IS NULL
    ORDER BY tenant_id, next_attempt_at, id LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
"""  # noqa: S608
)

_SETTLE = """
UPDATE providers_webhookevent event
SET state = %(state)s,
    error = %(error)s,
    next_attempt_at = %(next_attempt_at)s,
    attempts = event.attempts + 1,
    tenant_id = COALESCE(%(tenant)s, event.tenant_id)
WHERE event.id = ANY (%(keys)s::bigint[])
"""

_NOTE_ENDPOINTS = """
UPDATE tenants_webhookendpoint endpoint
SET last_event_at = latest.at
FROM unnest(%s::bigint[], %s::timestamptz[]) AS latest(id, at)
WHERE endpoint.id = latest.id
    AND (endpoint.last_event_at IS NULL OR endpoint.last_event_at < latest.at)
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An event that this run holds; the fields are those of `_COLUMNS`."""

    pk: int
    endpoint_id: int | None
    tenant_id: int | None
    provider: str
    dedupe_key: bytes
    payload: bytes
    received_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one event; `wait` = it stays pending for that many seconds."""

    state: WebhookEvent.State
    error: str = ""
    tenant_id: int | None = None
    wait: int | None = None


def wake() -> None:
    """Put what has waited long enough into the queue again, the longest due first.

    In a transaction of its own: a run that holds an older event of a tenant must hold the tenant.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WAKE, {"now": timezone.now(), "most": _MOST_WOKEN})


def heads() -> list[Head]:
    """Return the tenants that have events due, each with its oldest."""
    rows = _rows(_HEADS, None)
    return [Head(tenant_id=tenant_id, event_id=event_id) for tenant_id, event_id in rows]


def lock_some(tenant_ids: Collection[int], *, most: int) -> list[int]:
    """Lock the first tenants that no other run works on, so that their events stay in order.

    Their events are claimed afterwards, never before: a claim must see what whoever held the lock
    until now has done.
    """
    if not tenant_ids:
        return []
    return [key for (key,) in _rows(_LOCK, [_array(tenant_ids), LOCKS, most])]


def claim(tenant_ids: Collection[int], *, limit: int) -> list[Claimed]:
    """Take the oldest events that are due of tenants that are locked, in equal parts.

    What some leave of their part, the others get once more.
    """
    if not tenant_ids:
        return []
    part = max(1, limit // len(tenant_ids))
    taken = _unaddressed(part) if UNADDRESSED in tenant_ids else []
    addressed = [key for key in tenant_ids if key != UNADDRESSED]
    of_tenants = _addressed(dict.fromkeys(addressed, 0), part)
    counts = Counter(event.tenant_id for event in of_tenants)
    longer = {e.tenant_id: e.pk for e in of_tenants if e.tenant_id and counts[e.tenant_id] == part}
    left = limit - len(taken) - len(of_tenants)
    if longer and left > limit // 4:
        of_tenants += _addressed(longer, max(1, left // len(longer)))
    return taken + of_tenants


def _addressed(after: Mapping[int, int], limit: int) -> list[Claimed]:
    if not after:
        return []
    values = {
        "tenants": _array(after.keys()),
        "after": _array(after.values()),
        "limit": limit,
        "most_bytes": _MOST_BYTES,
    }
    return [_claimed(row) for row in _rows(_CLAIM, values)]


def _unaddressed(limit: int) -> list[Claimed]:
    rows = _rows(_CLAIM_UNADDRESSED, {"limit": limit, "most_bytes": _MOST_BYTES})
    return [_claimed(row) for row in rows]


def not_yet(event: Claimed) -> Outcome:
    """Let a receipt wait for its message; it may have overtaken our own note of it."""
    return _later(event, _RECEIPT_WAITS, "There is no message of this id.")


def fault(event: Claimed, error: Exception) -> Outcome:
    """Let an event that met a fault of ours wait; its text is not the place for details."""
    return _later(event, _FAULT_WAITS, f"Processing failed: {type(error).__name__}.")


def _later(event: Claimed, waits: Sequence[int], error: str) -> Outcome:
    if event.attempts >= len(waits):
        return Outcome(state=State.FAILED, error=error)
    return Outcome(state=State.PENDING, error=error, wait=waits[event.attempts])


def settle(outcomes: Mapping[int, Outcome]) -> None:
    """Write the outcomes, one statement for all events that share one."""
    alike: dict[tuple[State, str, int | None, int | None], list[int]] = {}
    for key, outcome in outcomes.items():
        same = outcome.state, outcome.error, outcome.wait, outcome.tenant_id
        alike.setdefault(same, []).append(key)
    now = timezone.now()
    with connection.cursor() as cursor:
        for (state, error, wait, tenant_id), keys in alike.items():
            values = {
                "state": state.value,
                "error": one_line(error, limit=300),
                "next_attempt_at": None if wait is None else now + timedelta(seconds=wait),
                "tenant": tenant_id,
                # In their order, a list is found by walking the index, not the table.
                "keys": _array(sorted(keys)),
            }
            cursor.execute(_SETTLE, values)


def note_endpoints(events: Sequence[Claimed]) -> None:
    """Keep on each endpoint when its last event came in."""
    latest: dict[int, datetime] = {}
    for event in events:
        if event.endpoint_id is not None:
            known = latest.get(event.endpoint_id, event.received_at)
            latest[event.endpoint_id] = max(known, event.received_at)
    if latest:
        moments = "{" + ",".join(at.isoformat() for at in latest.values()) + "}"
        with connection.cursor() as cursor:
            cursor.execute(_NOTE_ENDPOINTS, [_array(latest), moments])


def _claimed(row: Sequence[Any]) -> Claimed:
    key, endpoint_id, tenant_id, provider, dedupe_key, payload, received_at, attempts = row
    return Claimed(
        key,
        endpoint_id,
        tenant_id,
        provider,
        bytes(dedupe_key),
        bytes(payload),
        received_at,
        attempts,
    )


def _rows(statement: str, values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[Any] = cursor.fetchall()
        return rows


def _array(numbers: Iterable[int]) -> str:
    # As text: a list of Python's takes longer to be written than the statement to be run.
    return "{" + ",".join(map(str, numbers)) + "}"
