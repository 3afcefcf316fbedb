"""The timeline leads to the carrier's own words, in the public webhook log."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from messaging.conversations import conversation_with
from messaging.models import Message, MessageEvent, MessageSetting
from tenants.models import Tenant
from tests.conftest import ACME_NUMBER, CUSTOMER


def test_a_received_text_names_the_event_it_came_by(
    acme: Tenant, acme_line: MessageSetting, arrive: Any, payload: Any, run_drain: Any, inside: Any
) -> None:
    event = arrive(payload("inbound_sms", id="in-1"), acme_line.provider)
    run_drain()

    with inside(acme):
        told = MessageEvent.objects.get(message__provider_message_id="in-1")
    assert (told.status, told.webhook_event_id) == ("received", event.pk)


def test_a_receipt_names_the_event_it_came_by(
    acme: Tenant, acme_line: MessageSetting, arrive: Any, payload: Any, run_drain: Any, inside: Any
) -> None:
    now = timezone.now()
    with inside(acme):
        message = Message.objects.create(
            conversation=conversation_with(ACME_NUMBER, [CUSTOMER], at=now),
            direction="out",
            status="sent",
            sender=ACME_NUMBER,
            configuration=acme_line.provider,
            provider_message_id="1750000000200abcdefghijklmnop",
            created_at=now,
        )
        message.recipients.create(number=CUSTOMER, status="sent")
    event = arrive(payload("receipt_delivered"), acme_line.provider)
    run_drain()

    with inside(acme):
        told = MessageEvent.objects.get(message=message, status="delivered")
    assert told.webhook_event_id == event.pk
