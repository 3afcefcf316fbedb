from __future__ import annotations

from typing import Any

from django.test import Client
from django.utils import timezone

from messaging.conversations import conversation_with
from messaging.models import Message, MessageSetting, SmsConfiguration
from tenants.models import Tenant, WebhookEndpoint
from tests.conftest import ACME_NUMBER, CUSTOMER


def _done(admin: Client) -> list[bool]:
    return [step.done for step in admin.get("/t/acme/").context["steps"]]


def _receive(direction: str = "in", status: str = "received") -> None:
    now = timezone.now()
    Message.objects.create(
        conversation=conversation_with(ACME_NUMBER, [CUSTOMER], at=now),
        direction=direction,
        status=status,
        sender=CUSTOMER,
        created_at=now,
    )


def test_a_new_tenant_has_all_to_do(admin: Client) -> None:
    assert _done(admin) == [False] * 6
    assert "Set up messaging" in admin.get("/t/acme/").content.decode()


def test_the_steps_follow_the_data(
    admin: Client, acme: Tenant, acme_line: MessageSetting, inside: Any
) -> None:
    assert _done(admin) == [True, False, False, True, True, False]

    with inside(acme):
        SmsConfiguration.objects.update(test_result="passed")
        MessageSetting.objects.update(extension=None)
    WebhookEndpoint.objects.filter(tenant=acme).update(last_event_at=timezone.now())

    assert _done(admin) == [True, True, True, True, False, False]


def test_the_list_goes_away_when_all_is_done(
    admin: Client, acme: Tenant, acme_line: MessageSetting, inside: Any
) -> None:
    with inside(acme):
        SmsConfiguration.objects.update(test_result="passed")
        _receive()

    assert _done(admin) == []
    assert "Set up messaging" not in admin.get("/t/acme/").content.decode()


def test_the_figures_count_the_last_days(admin: Client, acme: Tenant, inside: Any) -> None:
    with inside(acme):
        _receive()
        for status in ("delivered", "delivered", "delivered", "failed", "sent", "queued"):
            _receive("out", status)

    figures = {f.title: f.value for f in admin.get("/t/acme/").context["figures"]}

    assert figures == {"Received": "1", "Sent": "4", "Delivered": "75 %", "Failed": "1"}
