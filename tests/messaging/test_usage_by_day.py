"""Daily figures of all tenants, kept in the public schema."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging import usage
from messaging.models import Conversation, Message
from tenants.models import Tenant, UsageDay

NOON = datetime(2026, 3, 10, 16, 0, tzinfo=UTC)  # noon in New York


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOON)


def _message(tenant: Tenant, inside: Any, **fields: Any) -> None:
    with inside(tenant):
        conversation, _ = Conversation.objects.get_or_create(
            our_number="+19195550101",
            participants_key="+15125550300",
            defaults={"last_at": NOON, "last_status": "received", "last_direction": "in"},
        )
        values = {"direction": "out", "status": "delivered", "created_at": NOON, **fields}
        Message.objects.create(conversation=conversation, sender="+19195550101", **values)


def _figures(tenant: Tenant) -> dict[str, tuple[int, ...]]:
    return {
        row.day.isoformat(): (row.received, row.sent, row.delivered, row.failed, row.segments)
        for row in UsageDay.objects.filter(tenant=tenant)
        if row.received or row.sent or row.failed
    }


def test_messages_are_counted_by_what_became_of_them(acme, globex, inside) -> None:
    _message(acme, inside, direction="in", status="received", segment_count=4)
    _message(acme, inside, status="sent", segment_count=2)
    _message(acme, inside, status="unconfirmed", segment_count=1)
    _message(acme, inside, status="delivered", segment_count=3)
    _message(acme, inside, status="failed", segment_count=5)
    _message(acme, inside, status="queued")
    _message(globex, inside, status="failed")
    usage.count_tenants()
    assert _figures(acme) == {"2026-03-10": (1, 3, 1, 1, 6)}
    assert _figures(globex) == {"2026-03-10": (0, 0, 0, 1, 0)}


@pytest.mark.parametrize(
    ("zone", "day"),
    [("America/New_York", "2026-03-09"), ("UTC", "2026-03-10"), ("Asia/Tokyo", "2026-03-10")],
)
def test_a_day_begins_at_the_tenants_midnight(zone, day, acme, inside) -> None:
    Tenant.objects.filter(pk=acme.pk).update(timezone=zone)
    _message(acme, inside, created_at=datetime(2026, 3, 10, 3, 59, tzinfo=UTC))
    usage.count_tenants()
    assert list(_figures(acme)) == [day]


def test_a_text_sent_later_counts_on_the_day_it_left(acme, inside) -> None:
    _message(acme, inside, created_at=NOON - timedelta(days=20), sent_at=NOON)
    usage.count_tenants()
    assert list(_figures(acme)) == ["2026-03-10"]


def test_missing_days_are_filled_once_and_yesterday_is_counted_again(acme, inside) -> None:
    for days in (1, 5, 29, 40):
        _message(acme, inside, created_at=NOON - timedelta(days=days))
    usage.count_tenants()
    assert list(_figures(acme)) == ["2026-03-09", "2026-03-05", "2026-02-09"]
    for days in (1, 5):
        _message(acme, inside, created_at=NOON - timedelta(days=days))
    usage.count_tenants()
    assert [figures[1] for figures in _figures(acme).values()] == [2, 1, 1]


def test_counting_twice_changes_nothing(acme, inside) -> None:
    _message(acme, inside)
    usage.count_tenants()
    rows = UsageDay.objects.filter(tenant=acme).count()
    usage.count_tenants()
    assert UsageDay.objects.filter(tenant=acme).count() == rows == 31
    assert _figures(acme) == {"2026-03-10": (0, 1, 1, 0, 1)}


def test_a_suspended_tenant_is_left_alone(acme, globex, inside) -> None:
    _message(acme, inside)
    Tenant.objects.filter(pk=acme.pk).update(is_active=False)
    usage.count_tenants()
    assert not UsageDay.objects.filter(tenant=acme).exists()
    assert UsageDay.objects.filter(tenant=globex).exists()


def test_however_many_messages_there_are_one_query_counts_them(acme, inside) -> None:
    for _ in range(20):
        _message(acme, inside)
    with (
        inside(acme),
        CaptureQueriesContext(
            connection,
        ) as captured,
    ):
        usage.count_days(acme)
    assert sum("GROUP BY" in query["sql"] for query in captured) == 1
    assert len(captured) <= 6


def test_the_counting_waits_among_the_slow_tasks() -> None:
    from config.celery import app

    assert app.conf.task_routes["messaging.count_usage"] == {"queue": "slow"}
    assert app.conf.beat_schedule["count-usage"]["schedule"] == 300.0
