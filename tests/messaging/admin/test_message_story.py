"""The page of one message: all that is known of it, and nothing that is nobody's business."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging.conversations import conversation_with
from messaging.models import (
    Attachment,
    CarrierExchange,
    Message,
    MessageEvent,
    MessageSetting,
    Recipient,
)
from providers.models import WebhookEvent
from tenants.models import Tenant, User
from tests.conftest import ACME_NUMBER, CUSTOMER

LIST = "/t/acme/messaging/message/"
SUBMITTED = {"_form_submitted": "true"}  # as unfold's dialog posts it


def _event(tenant: Tenant, **payload: Any) -> WebhookEvent:
    return WebhookEvent.objects.create(
        provider="bandwidth",
        type="message-failed",
        tenant=tenant,
        dedupe_key=json.dumps(payload).encode()[-16:],
        payload=json.dumps([{"message": {"text": "Canary text", **payload}}]).encode(),
    )


def _message(status: str = "failed", **columns: Any) -> Message:
    now = timezone.now()
    message = Message.objects.create(
        conversation=conversation_with(ACME_NUMBER, [CUSTOMER], at=now),
        direction="out",
        status=status,
        sender=ACME_NUMBER,
        text="Hello",
        created_at=now,
        **columns,
    )
    Recipient.objects.create(message=message, number=CUSTOMER, status=status, error_code="4770")
    return message


def _page(client: Client, message: Message) -> str:
    return client.get(f"{LIST}{message.pk}/change/").content.decode()


def test_the_page_tells_the_whole_story(admin: Client, acme: Tenant, inside: Any) -> None:
    event = _event(acme, id="bw-1")
    with inside(acme):
        message = _message()
        MessageEvent.objects.create(
            message=message,
            at=timezone.now(),
            status="failed",
            recipient=CUSTOMER,
            error_code="4770",
            detail="Taken for spam.",
            webhook_event_id=event.pk,
        )
        CarrierExchange.objects.create(
            message=message,
            at=timezone.now(),
            method="POST",
            address="https://carrier.example/messages",
            request='{"text": "(5 characters)"}',
            status=202,
        )
        Attachment.objects.create(message=message, name="x-ray.png", state="failed", error="Gone.")

    body = _page(admin, message)

    for words in (
        "(512) 555-0300: Failed: Taken for spam (code 4770).",
        "&quot;text&quot;: &quot;(11 characters)&quot;",
        "&quot;id&quot;: &quot;bw-1&quot;",
        "https://carrier.example/messages",
        "answered 202",
        "x-ray.png",
        f"/t/acme/inbox/{message.conversation_id}/",
    ):
        assert words in body, words
    assert "Canary" not in body


def test_the_callback_of_another_tenant_is_not_shown(
    admin: Client, acme: Tenant, globex: Tenant, inside: Any
) -> None:
    event = _event(globex, id="theirs-1")
    with inside(acme):
        message = _message()
        MessageEvent.objects.create(
            message=message, at=timezone.now(), status="sent", webhook_event_id=event.pk
        )

    assert "theirs-1" not in _page(admin, message)


ACTIONS = [
    pytest.param("failed", "send-again", id="failed"),
    pytest.param("unconfirmed", "send-again-unconfirmed", id="unconfirmed"),
    pytest.param("scheduled", "cancel", id="scheduled"),
    pytest.param("queued", "cancel", id="queued"),
    pytest.param("delivered", "", id="delivered"),
    pytest.param("sent", "", id="sent"),
]


@pytest.mark.parametrize(("status", "offered"), ACTIONS)
def test_only_what_can_be_done_is_offered(
    status: str, offered: str, admin: Client, acme: Tenant, acme_line: MessageSetting, inside: Any
) -> None:
    with inside(acme):
        message = _message(status)
    body = _page(admin, message)

    for action in ("send-again", "send-again-unconfirmed", "cancel"):
        path = f"{LIST}{message.pk}/{action}/"
        assert (f'"{path}"' in body) == (action == offered)
        if action != offered:
            assert admin.post(path, SUBMITTED).status_code == 403


@pytest.mark.parametrize("status", ["failed", "unconfirmed"])
def test_sending_again_asks_first_and_then_does_it(
    status: str, admin: Client, acme: Tenant, acme_line: MessageSetting, inside: Any
) -> None:
    with inside(acme):
        message = _message(status)
    action = "send-again" if status == "failed" else "send-again-unconfirmed"
    path = f"{LIST}{message.pk}/{action}/"

    question = admin.get(path).content.decode()
    assert ("arrive twice" in question) == (status == "unconfirmed")
    with inside(acme):
        assert Message.objects.get().status == status

    admin.post(path, SUBMITTED)
    with inside(acme):
        assert Message.objects.get().status == "queued"


def test_canceling_takes_it_back(
    admin: Client, acme: Tenant, acme_line: MessageSetting, inside: Any
) -> None:
    with inside(acme):
        message = _message("queued")
    admin.post(f"{LIST}{message.pk}/cancel/", SUBMITTED)
    with inside(acme):
        assert Message.objects.get().status == "canceled"


def test_outsiders_see_and_change_nothing(
    acme: Tenant, bob: User, gina: User, signed_in: Any, inside: Any, acme_line: MessageSetting
) -> None:
    with inside(acme):
        message = _message()
    for other in (bob, gina):
        client = signed_in(other)
        assert client.get(f"{LIST}{message.pk}/change/").status_code == 403
        assert client.post(f"{LIST}{message.pk}/send-again/", SUBMITTED).status_code == 403
    elsewhere = f"/t/globex/messaging/message/{message.pk}"
    assert signed_in(gina).get(f"{elsewhere}/change/").status_code == 404
    assert signed_in(gina).post(f"{elsewhere}/send-again/", SUBMITTED).status_code in {403, 404}
    with inside(acme):
        assert Message.objects.get().status == "failed"


def test_a_page_asks_few_queries_however_long_the_story(
    admin: Client, acme: Tenant, inside: Any
) -> None:
    with inside(acme):
        message = _message()
        for n in range(20):
            event = _event(acme, id=f"bw-{n}")
            MessageEvent.objects.create(
                message=message, at=timezone.now(), status="sent", webhook_event_id=event.pk
            )
            Attachment.objects.create(message=message)
    admin.get("/t/acme/")

    with CaptureQueriesContext(connection) as asked:
        _page(admin, message)

    queries = [entry["sql"] for entry in asked if not entry["sql"].startswith("SET ")]
    assert len(queries) <= 12, queries
