from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from messaging.conversations import conversation_with
from messaging.models import Message, MessageSetting
from providers.models import WebhookEvent
from tenants.models import Tenant

CUSTOMER = "+15125550300"
OURS = "+19195550101"

Inside = Callable[[Tenant], AbstractContextManager[None]]


def _due_now() -> None:
    WebhookEvent.objects.filter(state="pending").update(
        next_attempt_at=timezone.now() - timedelta(seconds=1)
    )


@pytest.fixture
def sent(acme: Tenant, inside: Inside, acme_line: MessageSetting) -> Callable[[], Message]:
    """Make the outbound message that the receipts are about."""

    def make() -> Message:
        with inside(acme):
            now = timezone.now()
            message = Message.objects.create(
                conversation=conversation_with(OURS, [CUSTOMER], at=now),
                direction="out",
                status="sent",
                sender=OURS,
                text="On its way",
                configuration=acme_line.provider,
                provider_message_id="1750000000200abcdefghijklmnop",
                created_at=now,
            )
            message.recipients.create(number=CUSTOMER, status="sent")
            return message

    return make


def test_receipt_reaches_its_message(
    acme: Tenant, sent: Any, inside: Inside, arrive: Any, payload: Any, run_drain: Any
) -> None:
    message = sent()
    event = arrive(payload("receipt_delivered"), message.configuration)
    run_drain()
    event.refresh_from_db()
    assert event.state == "processed"
    with inside(acme):
        message.refresh_from_db()
        assert message.status == "delivered"


def test_receipt_that_overtook_its_message_waits_for_it(
    acme: Tenant,
    acme_line: MessageSetting,
    sent: Any,
    inside: Inside,
    arrive: Any,
    payload: Any,
    run_drain: Any,
) -> None:
    event = arrive(payload("receipt_delivered"), acme_line.provider)
    run_drain()
    event.refresh_from_db()
    assert (event.state, event.attempts) == ("pending", 1)
    message = sent()
    _due_now()
    run_drain()
    event.refresh_from_db()
    assert (event.state, event.error) == ("processed", "")
    with inside(acme):
        message.refresh_from_db()
        assert message.status == "delivered"


def test_receipt_of_no_message_is_parked_after_half_an_hour(
    acme_line: MessageSetting, arrive: Any, payload: Any, run_drain: Any
) -> None:
    event = arrive(payload("receipt_delivered"), acme_line.provider)
    waited = timedelta()
    while event.state == "pending":
        _due_now()
        before = timezone.now()
        run_drain()
        event.refresh_from_db()
        if event.next_attempt_at is not None:
            waited += event.next_attempt_at - before
    assert (event.state, event.attempts) == ("failed", 6)
    assert event.error == "There is no message of this id."
    assert timedelta(minutes=25) < waited < timedelta(minutes=40)


def test_receipt_by_another_tenants_endpoint_changes_nothing(
    acme: Tenant,
    globex_line: MessageSetting,
    sent: Any,
    inside: Inside,
    arrive: Any,
    payload: Any,
    run_drain: Any,
) -> None:
    message = sent()
    event = arrive(payload("receipt_delivered"), globex_line.provider)
    run_drain()
    event.refresh_from_db()
    assert (event.state, event.tenant.slug) == ("pending", "globex")
    with inside(acme):
        message.refresh_from_db()
        assert message.status == "sent"


def test_receipt_by_the_platform_finds_its_tenant_by_our_number(
    acme: Tenant, sent: Any, inside: Inside, arrive: Any, payload: Any, run_drain: Any
) -> None:
    message = sent()
    with inside(acme):
        Message.objects.update(configuration=None)
    event = arrive(payload("receipt_delivered"))
    run_drain()
    event.refresh_from_db()
    assert (event.state, event.tenant) == ("processed", acme)
    with inside(acme):
        message.refresh_from_db()
        assert message.status == "delivered"
