from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging.conversations import conversation_with
from messaging.models import Message, MessageSetting, RingGroup, SmsConfiguration
from tenants.models import Tenant, User, WebhookEndpoint
from tests.conftest import ACME_NUMBER, CUSTOMER


def _done(admin: Client) -> list[bool]:
    return [step.done for step in admin.get("/t/acme/").context["steps"]]


def _receive(direction: str = "in", status: str = "received", **columns: Any) -> None:
    now = timezone.now()
    Message.objects.create(
        conversation=conversation_with(ACME_NUMBER, [CUSTOMER], at=now),
        direction=direction,
        status=status,
        sender=CUSTOMER,
        created_at=now,
        **columns,
    )


def test_a_new_tenant_has_all_to_do(admin: Client) -> None:
    assert _done(admin) == [False] * 7
    assert "Set up messaging" in admin.get("/t/acme/").content.decode()


def test_a_ring_group_is_somebody_who_reads_a_number(
    admin: Client, acme: Tenant, acme_line: MessageSetting, inside: Any
) -> None:
    with inside(acme):
        MessageSetting.objects.update(extension=None)
    assert not _done(admin)[4]

    with inside(acme):
        MessageSetting.objects.update(ring_group=RingGroup.objects.create(number="600", name="A"))
    assert _done(admin)[4]


def test_the_steps_follow_the_data(
    admin: Client, acme: Tenant, acme_line: MessageSetting, inside: Any
) -> None:
    assert _done(admin) == [True, False, False, True, True, False, False]

    with inside(acme):
        SmsConfiguration.objects.update(test_result="passed")
        MessageSetting.objects.update(extension=None)
    WebhookEndpoint.objects.filter(tenant=acme).update(last_event_at=timezone.now())

    assert _done(admin) == [True, True, True, True, False, False, False]


def test_the_list_goes_away_when_all_is_done(
    admin: Client, acme: Tenant, acme_line: MessageSetting, inside: Any
) -> None:
    with inside(acme):
        SmsConfiguration.objects.update(test_result="passed")
        _receive()
    assert _done(admin) == [True] * 6 + [False]

    admin.post("/t/acme/setup/registration/")

    assert _done(admin) == []
    assert "Set up messaging" not in admin.get("/t/acme/").content.decode()


def test_the_figures_count_the_last_days(admin: Client, acme: Tenant, inside: Any) -> None:
    with inside(acme):
        _receive()
        for status in ("delivered", "delivered", "delivered", "failed", "sent", "queued"):
            _receive("out", status)

    cards = {card.title: card.value for card in admin.get("/t/acme/").context["cards"]}

    assert cards == {
        "Received": "1",
        "Sent": "4",
        "Delivered": "75 %",
        "Failed": "1",
        "Segments sent": "4",
    }


def test_confirming_the_registration_needs_an_admins_post(
    admin: Client, acme: Tenant, bob: User, gina: User, signed_in: Any
) -> None:
    path = "/t/acme/setup/registration/"

    assert admin.get(path).status_code == 405
    for other in (bob, gina):
        assert signed_in(other).post(path).status_code == 403
    assert not Tenant.objects.get(pk=acme.pk).registration_confirmed


def test_days_are_the_tenants_own(
    admin: Client, acme: Tenant, inside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    Tenant.objects.filter(pk=acme.pk).update(timezone="Pacific/Auckland")
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)  # one in the morning of the next day there
    monkeypatch.setattr(timezone, "now", lambda: noon)
    with inside(acme):
        _receive()

    days = admin.get("/t/acme/").context["shown"].days

    assert [(str(day.day), day.received) for day in days[-2:]] == [
        ("2026-03-02", 0),
        ("2026-03-03", 1),
    ]


def test_errors_and_numbers_lead_to_their_messages(
    admin: Client, acme: Tenant, inside: Any
) -> None:
    with inside(acme):
        for _ in range(2):
            _receive("out", "failed", error_code="4720", failure_reason="invalid_recipient")
        _receive("out", "failed", failure_reason="account")
        _receive()

    page = admin.get("/t/acme/")

    shown = [(row.title, row.code, row.count) for row in page.context["faults"]]
    assert shown == [("Number takes no texts", "4720", 2), ("Carrier account", "-", 1)]
    for row in page.context["faults"]:
        assert admin.get(row.url).context["cl"].result_count == row.count
    (number,) = page.context["numbers"]
    assert number.count == 1
    assert admin.get(number.url).context["cl"].result_count == 4


def test_the_span_is_seven_or_thirty_days(admin: Client) -> None:
    for query, days in (("", 7), ("?days=30", 30), ("?days=9", 7), ("?days=x", 7)):
        page = admin.get(f"/t/acme/{query}")
        assert len(page.context["shown"].days) == days
        assert "No messages in these" in page.content.decode()


def test_figures_of_two_tenants_are_kept_apart(
    admin: Client, acme: Tenant, gina: User, signed_in: Any, inside: Any
) -> None:
    with inside(acme):
        _receive()

    assert admin.get("/t/acme/").context["shown"].total("received") == 1
    assert signed_in(gina).get("/t/globex/").context["shown"].total("received") == 0


def test_the_page_asks_few_queries_however_much_happened(
    admin: Client, acme: Tenant, acme_line: MessageSetting, inside: Any
) -> None:
    with inside(acme):
        for _ in range(30):
            _receive("out", "failed", error_code="4720")

    with CaptureQueriesContext(connection) as asked:
        page = admin.get("/t/acme/?days=30").content.decode()

    assert len(asked) <= 12
    assert "<caption>Messages per day</caption>" in page
