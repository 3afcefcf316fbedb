"""Whoever has one tenant's webhook address and credentials moves nothing of another's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from messaging.conversations import conversation_with
from messaging.models import Message, MessageSetting
from providers.models import WebhookEvent
from tenants.models import PhoneNumber, Tenant
from tests.conftest import ACME_NUMBER, CUSTOMER, GLOBEX_NUMBER
from tests.portal.fingerprints import unchanged

CARRIERS_ID = "1750000000200abcdefghijklmnop"


@pytest.fixture
def theirs(globex: Tenant, globex_line: MessageSetting) -> Message:
    """Text of Globex that its carrier has, and one that it is asked for by its customer."""
    with tenant_context(globex):
        thread = conversation_with(GLOBEX_NUMBER, [CUSTOMER], at=timezone.now())
        message = Message.objects.create(
            conversation=thread, direction="out", status="sent", sender=GLOBEX_NUMBER,
            text="At nine", configuration=globex_line.provider, provider_message_id=CARRIERS_ID,
            created_at=timezone.now(),
        )  # fmt: skip
        message.recipients.create(number=CUSTOMER, status="sent")
    return message


def _receipt(payload: Any, **message: Any) -> dict[str, Any]:
    event: dict[str, Any] = payload("receipt_delivered", **message)
    return event


def _group(payload: Any, *numbers: str) -> dict[str, Any]:
    event: dict[str, Any] = payload("inbound_group", to=numbers[0])
    event["message"]["to"] = list(numbers)
    return event


# Each takes the payloads and Globex's message.
FORGED: dict[str, Callable[[Any, Message], dict[str, Any]]] = {
    "a text to the other's number": lambda p, m: p("inbound_sms", to=GLOBEX_NUMBER),
    "a picture": lambda p, m: p("inbound_mms", to=GLOBEX_NUMBER),
    "STOP": lambda p, m: p("inbound_sms", to=GLOBEX_NUMBER, text="STOP"),
    "START": lambda p, m: p("inbound_sms", to=GLOBEX_NUMBER, text="START"),
    "a group with the other's number": lambda p, m: _group(p, ACME_NUMBER, GLOBEX_NUMBER),
    "a group of the other's": lambda p, m: _group(p, GLOBEX_NUMBER, "+15125550301"),
    "from the other's number": lambda p, m: p("inbound_sms") | {"from": GLOBEX_NUMBER},
    "a receipt by the carrier's id": lambda p, m: _receipt(p),
    "a receipt by our tag": lambda p, m: _receipt(p, id="another", tag=str(m.pk)),
    "a receipt that owns up": lambda p, m: _receipt(
        p, owner=GLOBEX_NUMBER, tag=str(m.pk), **{"from": GLOBEX_NUMBER}
    ),
    "a failure": lambda p, m: (
        _receipt(p, owner=GLOBEX_NUMBER, tag=str(m.pk))
        | {"type": "message-failed", "errorCode": 4775}
    ),
    "that it was read": lambda p, m: p("message_read") | {"message": {"id": CARRIERS_ID}},
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_nothing_moves_in_the_tenant_it_is_forged_for(
    forge: Callable[[Any, Message], dict[str, Any]],
    theirs: Message,
    globex: Tenant,
    acme_line: MessageSetting,
    payload: Any,
    arrive: Any,
    run_drain: Any,
    published: list[Any],
    hints: list[tuple[str, Any]],
) -> None:
    event = forge(payload, theirs)

    with unchanged(globex.schema_name):
        arrive(event, acme_line.provider)
        run_drain()
        arrive(event, acme_line.provider)  # once more, as a replay
        run_drain()

    assert not [work for work in published if work.schema_name == globex.schema_name]
    assert not [told for told in hints if told[0] == globex.schema_name]
    assert connection.schema_name == "public"
    assert not WebhookEvent.objects.filter(tenant=globex).exists()


def test_a_forged_event_does_not_take_the_true_ones_place(
    theirs: Message,
    globex: Tenant,
    acme_line: MessageSetting,
    globex_line: MessageSetting,
    payload: Any,
    arrive: Any,
    run_drain: Any,
) -> None:
    arrive(_receipt(payload) | {"type": "message-failed"}, acme_line.provider)
    run_drain()
    arrive(_receipt(payload, owner=GLOBEX_NUMBER), globex_line.provider)
    run_drain()

    with tenant_context(globex):
        theirs.refresh_from_db()
        assert theirs.status == "delivered"


def test_a_number_that_changed_hands_hears_by_its_new_owners_address_only(
    globex: Tenant,
    acme: Tenant,
    acme_line: MessageSetting,
    globex_line: MessageSetting,
    payload: Any,
    arrive: Any,
    run_drain: Any,
) -> None:
    PhoneNumber.objects.filter(number=ACME_NUMBER).update(tenant=globex)
    with unchanged(globex.schema_name):
        arrive(payload("inbound_sms", to=ACME_NUMBER), acme_line.provider)
        run_drain()
    arrive(payload("inbound_sms", to=ACME_NUMBER), globex_line.provider)
    run_drain()

    with tenant_context(globex):
        assert Message.objects.filter(conversation__our_number=ACME_NUMBER).count() == 1
