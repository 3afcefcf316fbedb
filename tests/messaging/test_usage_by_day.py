"""Daily figures of all tenants, kept in the public schema."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

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


def test_however_many_messages_there_are_two_queries_count_them(acme, inside) -> None:
    for _ in range(20):
        _message(acme, inside)
    with (
        inside(acme),
        CaptureQueriesContext(
            connection,
        ) as captured,
    ):
        usage.count_days(acme)
    assert sum("GROUP BY" in query["sql"] for query in captured) == 2
    assert len(captured) <= 6


def test_the_counting_waits_among_the_slow_tasks() -> None:
    from config.celery import app

    assert app.conf.task_routes["messaging.count_usage"] == {"queue": "slow"}
    assert app.conf.beat_schedule["count-usage"]["schedule"] == 300.0


def _written_over_days(tenant: Tenant, inside: Any) -> None:
    for hours in (0, 1, 11, 13, 26, 49, 140):
        _message(tenant, inside, created_at=NOON - timedelta(hours=hours))
    _message(tenant, inside, direction="in", status="received")
    _message(tenant, inside, status="failed", created_at=NOON - timedelta(hours=30))
    # Written last week, left today, and not in another month.
    for status in ("delivered", "scheduled"):
        times = {"scheduled_at": NOON, "created_at": NOON - timedelta(days=6)}
        _message(tenant, inside, status=status, segment_count=2, **times)
    early = {"created_at": NOON - timedelta(days=2), "sent_at": NOON - timedelta(hours=2)}
    _message(tenant, inside, status="sent", **early)


@pytest.mark.parametrize("zone", ["America/New_York", "UTC", "Asia/Tokyo", "Pacific/Auckland"])
@pytest.mark.parametrize("counted", [True, False], ids=["kept", "not counted yet"])
@pytest.mark.parametrize("days", [1, 7, 30])
def test_kept_days_and_today_agree_with_a_recount(
    acme, globex, inside, zone: str, counted: Any, days: int
) -> None:
    acme.timezone = zone
    acme.save()
    _written_over_days(acme, inside)
    _message(globex, inside)
    if counted:
        usage.count_tenants()
    with inside(acme):
        today = NOON.astimezone(ZoneInfo(zone)).date()
        first = today - timedelta(days=days - 1)

        shown = usage.usage_by_day(acme, first, today)

        plain = usage.counts_by_day(ZoneInfo(zone), first, today)
    assert {day: counts for day, counts in shown.items() if any(counts.values())} == {
        day: counts for day, counts in plain.items() if any(counts.values())
    }
    assert plain[today]["sent"] >= 2


def test_what_comes_after_the_count_is_in_todays_figures(acme, inside) -> None:
    usage.count_tenants()
    _message(acme, inside)
    with inside(acme):
        assert usage.usage_by_day(acme, NOON.date(), NOON.date())[NOON.date()]["sent"] == 1


def test_days_over_are_read_and_not_counted(acme, inside) -> None:
    usage.count_tenants()
    with inside(acme), CaptureQueriesContext(connection) as captured:
        usage.usage_by_day(acme, NOON.date() - timedelta(days=29), NOON.date())
    asked = [q["sql"] for q in captured if q["sql"].startswith("SELECT")]
    assert len(asked) == 2
    assert "created_at\" >= '2026-03-10" in asked[1]


def test_another_time_zone_lets_the_days_be_counted_anew(acme, inside) -> None:
    _message(acme, inside, created_at=NOON - timedelta(hours=15))  # nine in the evening before
    usage.count_tenants()
    acme.timezone = "Asia/Tokyo"
    acme.save()
    assert not UsageDay.objects.filter(tenant=acme).exists()
    usage.count_tenants()
    assert list(_figures(acme)) == ["2026-03-10"]
