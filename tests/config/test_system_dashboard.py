"""The system portal's first page."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config import dashboard, health
from providers.models import WebhookEvent
from tenants.models import Tenant, UsageDay, WebhookEndpoint

NOW = datetime(2026, 3, 10, 16, 0, tzinfo=UTC)


@pytest.fixture
def portal(signed_in, root) -> Any:
    return signed_in(root)


@pytest.fixture(autouse=True)
def _queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard, "queue_depths", lambda: {"messages": 3, "slow": 1})


def _usage(tenant: Tenant, days_ago: int = 0, **figures: int) -> None:
    day = timezone.now().date() - timedelta(days=days_ago)
    UsageDay.objects.create(tenant=tenant, day=day, counted_at=timezone.now(), **figures)


def _event(key: int, **fields: Any) -> WebhookEvent:
    return WebhookEvent.objects.create(
        provider="bandwidth", payload=b"{}", dedupe_key=key.to_bytes(16), **fields
    )


def _cards(portal: Any) -> dict[str, tuple[str, str, str]]:
    page = portal.get("/system/")
    return {card.label: (card.value, card.note, card.kind) for card in page.context["cards"]}


@pytest.fixture
def _everywhere_today(acme: Tenant, globex: Tenant) -> None:
    Tenant.objects.update(timezone="UTC")


@pytest.mark.usefixtures("_everywhere_today")
def test_todays_figures_are_added_up(portal, acme, globex) -> None:
    _usage(acme, received=5, sent=1200, delivered=90, failed=2, segments=1300)
    _usage(globex, received=2, sent=1, delivered=8, failed=0, segments=1)
    _usage(acme, days_ago=1, received=50, sent=50, delivered=0, failed=0)
    Tenant.objects.filter(pk=globex.pk).update(is_active=False)
    cards = _cards(portal)
    assert cards["Active tenants"] == ("1", "1 suspended", "")
    assert cards["Received today"][0] == "7"
    assert cards["Sent today"][:2] == ("1,201", "1,301 segments")
    assert cards["Failed today"] == ("2", "", "bad")
    assert cards["Delivery rate"][0] == "98.0 %"


def test_today_is_the_tenants_own(portal, acme, monkeypatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 10, 2, 0, tzinfo=UTC))
    _usage(acme, days_ago=0, received=1)
    _usage(acme, days_ago=1, received=7)  # still going on in New York
    assert _cards(portal)["Received today"][0] == "7"


def test_a_platform_without_messages_shows_no_rate(portal, acme) -> None:
    cards = _cards(portal)
    assert cards["Delivery rate"][0] == "-"
    assert cards["Oldest waiting"] == ("None", "0 waiting", "")
    assert "the first count has not been made yet" in portal.get("/system/").content.decode()


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        ({"received": 30}, ("30 s", "1 waiting", "")),
        ({"received": 90}, ("1 min", "1 waiting", "bad")),
        ({"received": 7300}, ("2 h", "1 waiting", "bad")),
        ({"received": 900, "due": -60}, ("None", "1 waiting", "")),
        ({"received": 900, "due": 5}, ("5 s", "1 waiting", "")),
    ],
    ids=str,
)
def test_an_event_that_waits_too_long_is_red(event, shown, portal, monkeypatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    due = event.get("due")
    _event(
        1,
        received_at=NOW - timedelta(seconds=event["received"]),
        next_attempt_at=None if due is None else NOW - timedelta(seconds=due),
    )
    assert _cards(portal)["Oldest waiting"] == shown


def test_dead_events_are_counted(portal) -> None:
    for key, state in enumerate(["failed", "failed", "unrouted", "processed", "discarded"]):
        _event(key, state=state)
    cards = _cards(portal)
    assert cards["Failed events"][::2] == ("2", "warn")
    assert cards["Unrouted texts"][::2] == ("1", "warn")


def test_the_queues_are_told_apart(portal) -> None:
    assert _cards(portal)["Tasks in the queue"] == ("4", "messages 3, slow 1", "")


def test_a_queue_that_is_down_is_told_and_does_not_break_the_page(
    portal, monkeypatch, settings
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(dashboard, "queue_depths", health.queue_depths)
    assert _cards(portal)["Task queue"] == ("Not reachable", "", "bad")


def test_the_chart_has_its_figures_in_words_and_in_a_table(portal, acme) -> None:
    _usage(acme, days_ago=3, received=11, sent=22, failed=3)
    page = portal.get("/system/")
    chart = json.loads(page.context["chart"])
    assert len(chart["labels"]) == 14
    assert [sum(one["data"]) for one in chart["datasets"]] == [11, 22, 3]
    text = page.content.decode()
    assert "11 received, 22 sent, 3 failed." in text
    assert '<td class="sy-number">22</td>' in text


@pytest.mark.usefixtures("_everywhere_today")
def test_the_tenant_with_most_failures_comes_first(
    portal, acme, globex, acme_configuration
) -> None:
    _usage(globex, failed=4)
    WebhookEndpoint.objects.update(last_event_at=timezone.now() - timedelta(minutes=5))
    rows = portal.get("/system/").context["tenants_table"]["rows"]
    assert ["Globex" in rows[0][0], "Acme" in rows[1][0]] == [True, True]
    assert rows[1][3] == "5 min ago"
    assert rows[0][3] == "-"
    assert 'href="/t/acme/"' in rows[1][-1]


def test_hundreds_of_tenants_take_few_queries(portal, acme) -> None:
    tenants = Tenant.objects.bulk_create(
        Tenant(name=f"T{n}", slug=f"t-{n}", schema_name=f"t_t_{n}", state="ready")
        for n in range(200)
    )
    for tenant in tenants:
        _usage(tenant, received=1, failed=1)
    portal.get("/system/")
    with CaptureQueriesContext(connection) as captured:
        page = portal.get("/system/")
    assert len(captured) <= 12
    assert "All 202 tenants" in page.content.decode()


@pytest.mark.parametrize("person", ["alice", "bob", "gina"])
def test_others_do_not_see_it(person, request, signed_in) -> None:
    assert signed_in(request.getfixturevalue(person)).get("/system/").status_code == 403


def test_strangers_are_sent_to_sign_in(client, db) -> None:
    assert client.get("/system/").status_code == 302
