"""The end of webhook events: each as old as its tenant keeps them, nobody's as the platform does.

The table is walked by its key, oldest first and a stretch at a time: an index by age would cost a
write for each event that ever comes, to find once a night what lies together anyway.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from tenants.retention import event_days

_STRETCH = 2000
_TURN = 20.0  # seconds

# What is pending is no event yet, but work. It waits as long as its tenant is suspended.
_FORGET = """
WITH stretch AS MATERIALIZED (
    SELECT id, tenant_id, received_at, state FROM public.providers_webhookevent
    WHERE id > %(after)s ORDER BY id LIMIT %(most)s
),
gone AS (
    DELETE FROM public.providers_webhookevent event USING stretch
    LEFT JOIN unnest(%(tenants)s::bigint[], %(cutoffs)s::timestamptz[]) AS kept (tenant, cutoff)
        ON kept.tenant = stretch.tenant_id
    WHERE event.id = stretch.id AND event.state <> 'pending'
        AND stretch.received_at < CASE WHEN kept.tenant IS NULL
            THEN %(nobodys)s ELSE kept.cutoff END
    RETURNING 1
)
SELECT max(id), min(received_at), (SELECT count(*) FROM gone) FROM stretch
"""

# The row stays: a carrier that repeats the event must not be believed to tell something new.
_BLANK = """
WITH stretch AS MATERIALIZED (
    SELECT id, tenant_id, state FROM public.providers_webhookevent
    WHERE id > %(after)s ORDER BY id LIMIT %(most)s
),
blanked AS (
    UPDATE public.providers_webhookevent event SET payload = %(nothing)s, error = '',
        state = CASE WHEN event.state = 'processed' THEN event.state ELSE 'discarded' END
    FROM stretch WHERE event.id = stretch.id AND stretch.tenant_id = %(tenant)s
        AND event.state <> 'pending' AND position(%(number)s IN event.payload) > 0
)
SELECT max(id) FROM stretch
"""
_FORGET_ALL = """
WITH stretch AS MATERIALIZED (
    SELECT id, tenant_id, endpoint_id FROM public.providers_webhookevent
    WHERE id > %(after)s ORDER BY id LIMIT %(most)s
),
gone AS (
    DELETE FROM public.providers_webhookevent event USING stretch WHERE event.id = stretch.id
    AND (stretch.tenant_id = %(tenant)s OR stretch.endpoint_id = ANY(%(endpoints)s))
)
SELECT max(id) FROM stretch
"""


def forget_events(after: int = 0) -> int | None:
    """Delete for one turn what is too old, from this event on.

    Returns where to go on, or None when all that is old enough has been looked at.
    """
    end = time.monotonic() + _TURN
    days = event_days()
    now = timezone.now()
    nobodys = now - timedelta(days=settings.WEBHOOK_EVENT_DAYS)
    # Null, which nothing is older than, as long as somebody thinks it over.
    cutoffs = {
        key: None if kept is None else now - timedelta(days=kept) for key, kept in days.items()
    }
    youngest = max([nobodys, *(cutoff for cutoff in cutoffs.values() if cutoff)])
    while True:
        last, oldest = _forget_stretch(after, cutoffs, nobodys)
        # Keys are given out in the order of arrival, but for moments.
        if last is None or oldest > youngest:
            return None
        after = last
        if time.monotonic() > end:
            return after


def blank_events(tenant: int, number: str) -> None:
    """Take the content out of a tenant's events that name a number; pending ones are left alone."""
    # A short code is digits that may stand anywhere; a number stands for itself.
    sought = number.removeprefix("+") if number.startswith("+") else f'"{number}"'
    values: dict[str, Any] = {
        "most": _STRETCH, "tenant": tenant, "number": sought.encode(), "nothing": b"{}",
    }  # fmt: skip
    last: int | None = 0
    while last is not None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_BLANK, {**values, "after": last})
            [(last,)] = cursor.fetchall()


def forget_all_of(tenant: int, endpoints: Sequence[int], *, after: int = 0) -> int:
    """Delete all events of a tenant that is removed, and those that came in by its doors.

    Begins behind an event, and returns the last one that it looked at.
    """
    values: dict[str, Any] = {"most": _STRETCH, "tenant": tenant, "endpoints": list(endpoints)}
    last: int | None = after
    while last is not None:
        after = last
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_FORGET_ALL, {**values, "after": after})
            [(last,)] = cursor.fetchall()
    return after


@transaction.atomic
def _forget_stretch(
    after: int, cutoffs: dict[int, datetime | None], nobodys: datetime
) -> tuple[int | None, datetime]:
    with connection.cursor() as cursor:
        cursor.execute(
            _FORGET,
            {
                "after": after,
                "most": _STRETCH,
                "tenants": list(cutoffs),
                "cutoffs": list(cutoffs.values()),
                "nobodys": nobodys,
            },
        )
        [(last, oldest, _)] = cursor.fetchall()
    return last, oldest
