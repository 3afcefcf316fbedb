"""The queue is walked by its indexes: what waits for later is never looked through."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.inbound import claims
from providers.models import WebhookEvent
from tenants.models import Tenant


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        pytest.param(
            lambda tenant: claims.claim([tenant.pk, claims.UNADDRESSED], limit=10),
            "(next_attempt_at IS NULL)",
            id="a claim",
        ),
        pytest.param(lambda _: claims.heads(), "(next_attempt_at IS NULL)", id="the heads"),
        pytest.param(lambda _: claims.wake(), "webhook_event_waiting", id="what is due again"),
    ],
)
def test_what_waits_for_later_is_passed_over(
    acme: Tenant, ask: Callable[[Tenant], object], expected: str
) -> None:
    with CaptureQueriesContext(connection) as asked:
        ask(acme)
    with connection.cursor() as cursor:
        # Few rows are read as they lie otherwise, and all are sorted.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        for query in asked.captured_queries:
            cursor.execute("EXPLAIN " + query["sql"])
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert expected in plan
            assert "Sort" not in plan


def test_no_more_is_claimed_than_memory_bears(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two events fit, the third reaches beyond the limit, the fourth begins there."""
    monkeypatch.setattr(claims, "_MOST_BYTES", 250)
    keys = [
        WebhookEvent.objects.create(
            provider="bandwidth", dedupe_key=bytes([n]) * 16, payload=b"x" * 100, tenant=tenant
        ).pk
        for n, tenant in enumerate([acme] * 5 + [None] * 5)
    ]
    claimed = claims.claim([acme.pk, claims.UNADDRESSED], limit=20)
    assert sorted(event.pk for event in claimed) == [*keys[:3], *keys[5:8]]
