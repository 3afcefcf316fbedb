from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from messaging.consent.optouts import is_opted_out
from messaging.inbound.receive import receive_message
from messaging.models import (
    Attachment,
    Conversation,
    Extension,
    MailDelivery,
    Message,
    MessageSetting,
    OptOut,
    SmsConfiguration,
)
from providers.types import InboundMessage
from tenants.models import PhoneNumber, Tenant

OURS = "+19195550101"
CUSTOMER = "+15125550300"
MEDIA = "https://messaging.bandwidth.com/api/v2/users/9900001/media/in-1"

Inside = Callable[[Tenant], AbstractContextManager[None]]


def inbound(**changes: Any) -> InboundMessage:
    values: dict[str, Any] = {
        "provider_message_id": "in-1",
        "our_number": OURS,
        "sender": CUSTOMER,
        "recipients": (OURS,),
        "text": "Is my order ready?",
        "media_urls": (),
        "segment_count": 1,
        "application_id": "app",
        "sent_at": None,
        "raw": {},
        **changes,
    }
    return InboundMessage(**values)


@pytest.fixture
def receive(
    acme: Tenant, inside: Inside, acme_line: MessageSetting, django_capture_on_commit_callbacks: Any
) -> Callable[..., Message | None]:
    """Receive a message on Acme's line, commit hooks included; stay outside the tenant."""

    def run(**changes: Any) -> Message | None:
        received_at = changes.pop("received_at", None)
        with django_capture_on_commit_callbacks(execute=True), inside(acme):
            return receive_message(
                acme, inbound(**changes), acme_line.provider, received_at=received_at
            )

    return run


def test_text_is_kept_in_the_conversation_of_its_parties(
    receive: Any, acme: Tenant, inside: Inside
) -> None:
    at = datetime(2026, 11, 20, 15, 43, tzinfo=UTC)
    receive(text="Order ready? 👍", received_at=at)
    with inside(acme):
        message = Message.objects.get()
        assert message.text == "Order ready? 👍"
        assert (message.direction, message.kind, message.status) == ("in", "sms", "received")
        assert (message.sender, message.encoding) == (CUSTOMER, "UCS-2")
        assert message.created_at == at
        conversation = message.conversation
        assert (conversation.our_number, conversation.participants) == (OURS, [CUSTOMER])
        assert conversation.extension is not None
        assert conversation.extension.number == "101"
        assert (conversation.last_text, conversation.last_at) == ("Order ready? 👍", at)
        assert conversation.last_direction == "in"


def test_same_message_twice_is_one_and_sets_off_nothing(
    receive: Any, acme: Tenant, inside: Inside, published: list[Any], hints: list[Any]
) -> None:
    receive()
    hints.clear()
    assert receive(text="changed", sender="+15125550399", media_urls=(f"{MEDIA}/a.jpg",)) is None
    with inside(acme):
        assert Message.objects.get().text == "Is my order ready?"
        assert Conversation.objects.count() == 1
    assert (published, hints) == ([], [])


def test_group_is_one_conversation_whoever_writes(
    receive: Any, acme: Tenant, inside: Inside
) -> None:
    friend = "+15125550301"
    receive(recipients=(OURS, friend))
    receive(provider_message_id="in-2", sender=friend, recipients=(CUSTOMER, OURS))
    with inside(acme):
        conversation = Conversation.objects.get()
        assert conversation.participants == [CUSTOMER, friend]
        assert {m.kind for m in conversation.messages.all()} == {"mms"}


def test_messages_of_one_request_stay_in_its_order(
    receive: Any, acme: Tenant, inside: Inside
) -> None:
    at = timezone.now()
    for n in range(10):
        receive(provider_message_id=f"in-{n}", text=str(n), received_at=at)
    with inside(acme):
        assert [m.text for m in Message.objects.all()] == list("0123456789")
        assert Conversation.objects.get().last_text == "9"


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("a\x00b", "ab"),
        ("half \ud83d", "half \ufffd"),
        ("whole \ud83d\udc4d", "whole 👍"),
        ("", ""),
    ],
    ids=["NUL", "lone surrogate", "surrogate pair", "empty"],
)
def test_text_is_mended_rather_than_lost(
    receive: Any, acme: Tenant, inside: Inside, text: str, stored: str
) -> None:
    receive(text=text)
    with inside(acme):
        assert Message.objects.get().text == stored


def test_open_pages_are_told(receive: Any, acme: Tenant, hints: list[Any]) -> None:
    message = receive()
    expected = {"conversation": message.conversation_id, "extension": "101"}
    assert hints == [(acme.schema_name, expected)]


def test_files_are_noted_and_layout_parts_are_not(
    receive: Any, acme: Tenant, inside: Inside, published: list[Any]
) -> None:
    receive(
        media_urls=(
            f"{MEDIA}/0/0.smil",
            f"{MEDIA}/1/front%20door.jpg",
            f"{MEDIA}/2/a.XML",
            f"{MEDIA}/3/",
            "https://[",
        )
    )
    with inside(acme):
        message = Message.objects.get()
        assert message.kind == "mms"
        files = list(Attachment.objects.order_by("position"))
    assert [(f.name, f.state) for f in files] == [
        ("front door.jpg", "pending"),
        ("", "pending"),
        ("", "pending"),
    ]
    asked = [(p.task, p.schema_name, p.key) for p in published]
    assert asked == [("messaging.fetch_media", acme.schema_name, str(f.pk)) for f in files]


def test_number_with_an_address_gets_one_mail(
    receive: Any, acme: Tenant, inside: Inside, acme_line: MessageSetting, published: list[Any]
) -> None:
    with inside(acme):
        MessageSetting.objects.update(email="desk@acme.example")
    receive()
    with inside(acme):
        mail = MailDelivery.objects.get()
    assert mail.address == "desk@acme.example"
    assert [(p.task, p.key) for p in published] == [("messaging.send_mail", str(mail.pk))]


@pytest.mark.parametrize("how", ["switched off", "without settings"])
def test_text_for_a_number_that_leads_nowhere_is_kept_unassigned(
    acme: Tenant,
    acme_number: PhoneNumber,
    acme_configuration: SmsConfiguration,
    inside: Inside,
    how: str,
) -> None:
    with inside(acme):
        if how == "switched off":
            extension = Extension.objects.create(number="101")
            MessageSetting.objects.create(
                phone_number=acme_number,
                provider=acme_configuration,
                extension=extension,
                email="desk@acme.example",
                enabled=False,
            )
        message = receive_message(acme, inbound(), acme_configuration)
        assert message is not None
        assert message.conversation.extension is None
        assert not MailDelivery.objects.exists()


def test_conversation_follows_the_number_to_its_new_extension(
    receive: Any, acme: Tenant, inside: Inside
) -> None:
    receive()
    with inside(acme):
        MessageSetting.objects.update(extension=Extension.objects.create(number="102"))
    receive(provider_message_id="in-2")
    with inside(acme):
        extension = Conversation.objects.get().extension
        assert extension is not None
        assert extension.number == "102"


def test_stop_is_recorded_and_start_takes_it_back(
    receive: Any, acme: Tenant, inside: Inside
) -> None:
    receive(text="Stop.")
    with inside(acme):
        assert is_opted_out(OURS, CUSTOMER)
        assert OptOut.objects.get().source == "keyword"
        assert Message.objects.get(direction="in").consent_keyword == "stop"
    receive(text="start", provider_message_id="in-2")
    with inside(acme):
        assert not is_opted_out(OURS, CUSTOMER)


def test_help_is_marked_and_changes_no_consent(receive: Any, acme: Tenant, inside: Inside) -> None:
    receive(text="HELP")
    with inside(acme):
        assert Message.objects.get(direction="in").consent_keyword == "help"
        assert not OptOut.objects.exists()


def test_stop_among_several_people_is_noted_on_the_message(
    receive: Any, acme: Tenant, inside: Inside
) -> None:
    receive(text="STOP", recipients=(OURS, "+15125550301"))
    with inside(acme):
        assert Message.objects.get().consent_keyword == "stop"
        assert OptOut.objects.get().number == Message.objects.get().sender


def test_configuration_shows_when_it_last_received(
    receive: Any, acme: Tenant, inside: Inside
) -> None:
    at = timezone.now()
    receive(received_at=at)
    receive(provider_message_id="in-2", received_at=at + timedelta(seconds=3))
    with inside(acme):
        assert SmsConfiguration.objects.get().last_inbound_at == at
    receive(provider_message_id="in-3", received_at=at + timedelta(seconds=30))
    with inside(acme):
        assert SmsConfiguration.objects.get().last_inbound_at == at + timedelta(seconds=30)
