from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from messaging.conversations import conversation_with
from messaging.models import Contact, Message, MessageEvent
from tenants.models import Tenant
from tests.conftest import ACME_NUMBER, CUSTOMER

LIST = "/t/acme/messaging/message/"


@pytest.fixture
def message(acme: Tenant, inside: Any) -> Message:
    """A text that failed."""
    now = timezone.now()
    with inside(acme):
        message = Message.objects.create(
            conversation=conversation_with(ACME_NUMBER, [CUSTOMER], at=now),
            direction="out",
            status="failed",
            sender=ACME_NUMBER,
            text="<b>Hello</b>",
            error_code="4720",
            error_text="Not a mobile number.",
            created_at=now,
        )
        MessageEvent.objects.create(
            message=message, at=now, status="failed", error_code="4720", detail="Refused there."
        )
    return message


def test_the_log_is_searched_by_number(admin: Client, message: Message) -> None:
    for query, count in (("(512) 555-0300", 1), ("9195550101", 1), ("5125550301", 0)):
        assert admin.get(LIST, {"q": query}).context["cl"].result_count == count


def test_the_log_is_filtered_by_status_and_direction(admin: Client, message: Message) -> None:
    for query, count in (
        ("status=failed&direction=out", 1),
        ("direction=in", 0),
    ):
        assert admin.get(f"{LIST}?{query}").context["cl"].result_count == count


def test_a_row_names_the_contact_and_the_error(
    admin: Client, acme: Tenant, message: Message, inside: Any
) -> None:
    with inside(acme):
        Contact.objects.create(number=CUSTOMER, name="Dana")

    body = admin.get(LIST).content.decode()

    assert "Dana" in body
    assert "4720 Not a mobile number." in body
    assert "&lt;b&gt;Hello" in body
    assert "<b>Hello" not in body


def test_the_detail_shows_what_became_of_it_and_changes_nothing(
    admin: Client, message: Message
) -> None:
    path = f"{LIST}{message.pk}/change/"

    body = admin.get(path).content.decode()

    assert "Failed: Refused there (code 4720)." in body
    assert "&lt;b&gt;Hello" in body
    assert 'name="_save"' not in body
    assert admin.post(path, {"text": "x"}).status_code == 403
    assert admin.get(f"{LIST}add/").status_code == 403
    assert admin.post(f"{LIST}{message.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_contacts_number_is_kept_as_e164(admin: Client, acme: Tenant, inside: Any) -> None:
    admin.post("/t/acme/messaging/contact/add/", {"name": "Dana", "number": "512 555 0300"})

    with inside(acme):
        assert Contact.objects.get().number == CUSTOMER
