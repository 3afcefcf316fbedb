"""What a person may send, and what is stored of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from messaging.models import Attachment, Conversation, Message, OptOut, Recipient
from messaging.outbound.send import SendRefused
from tenants.models import PhoneNumber, Tenant, User
from tenants.roles import Role
from tests.messaging.outbound.conftest import Write
from tests.messaging.outbound.receipt import CUSTOMER

ACME_NUMBER = "+19195550101"
TOLL_FREE = "+18885550100"


def picture(user: User | None, *, size: int = 9, **fields: Any) -> Attachment:
    attachment = Attachment(
        name="a.png", content_type="image/png", size=size, state="ready", uploaded_by=user
    )
    for name, value in fields.items():
        setattr(attachment, name, value)
    attachment.file.save("a.png", ContentFile(b"\x89PNG bytes"), save=False)
    attachment.save()
    return attachment


def test_message_is_stored_queued_with_its_recipient_and_thread(write: Write, alice: User) -> None:
    message = write(text="See you at 9")

    assert (message.status, message.kind, message.sender) == ("queued", "sms", ACME_NUMBER)
    assert (message.segment_count, message.encoding, message.author) == (1, "GSM-7", alice)
    assert [(r.number, r.status) for r in message.recipients.all()] == [(CUSTOMER, "queued")]
    assert [e.status for e in message.events.all()] == ["queued"]
    thread = message.conversation
    thread.refresh_from_db()
    assert (thread.our_number, thread.participants) == (ACME_NUMBER, [CUSTOMER])
    assert (thread.last_text, thread.last_status, thread.last_direction) == (
        "See you at 9",
        "queued",
        "out",
    )


def test_worker_is_rung_for_after_the_commit(
    write: Write, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    rung: list[tuple[Any, ...]] = []
    monkeypatch.setattr("messaging.queue.publish", lambda *args, **rest: rung.append(args))

    with django_capture_on_commit_callbacks(execute=True):
        message = write()
        assert rung == []

    assert rung == [("messaging.deliver_message", "t_acme", message.pk)]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("(512) 555-0300", "+15125550300"),
        ("512.555.0300", "+15125550300"),
        ("+44 20 7946 0958", "+442079460958"),
        ("72345", "72345"),
    ],
    ids=["national", "dotted", "abroad", "short code"],
)
def test_number_may_be_typed_in_any_usual_form(write: Write, typed: str, stored: str) -> None:
    message = write(recipients=[typed])

    assert message.recipients.get().number == stored


def test_several_recipients_are_one_group_each_named_once(write: Write) -> None:
    message = write(recipients=["+15125550302", CUSTOMER, "(512) 555-0300"])

    assert message.kind == "mms"
    assert [r.number for r in message.recipients.all()] == ["+15125550302", CUSTOMER]
    assert message.conversation.participants == [CUSTOMER, "+15125550302"]


def test_message_for_later_is_scheduled(write: Write) -> None:
    later = timezone.now() + timedelta(hours=2)

    message = write(scheduled_at=later)

    assert (message.status, message.scheduled_at) == ("scheduled", later)


def test_message_for_a_time_gone_by_is_sent_now(write: Write) -> None:
    message = write(scheduled_at=timezone.now() - timedelta(seconds=1))

    assert message.status == "queued"


def test_text_is_stored_without_what_cannot_be_sent(write: Write) -> None:
    message = write(text="a\x00b\r\nc \ud83d")

    assert message.text == "ab\nc \ufffd"


def test_files_become_the_messages_own_in_their_order(write: Write, alice: User) -> None:
    first, second = picture(alice), picture(alice)

    message = write(text="", attachment_ids=[second.pk, first.pk])

    assert message.kind == "mms"
    assert list(message.attachments.all()) == [second, first]


def test_thread_of_nobody_is_taken_by_the_extension_that_writes(write: Write, bob: User) -> None:
    message = write(user=bob, role=Role.EXTENSION)

    extension = Conversation.objects.get(pk=message.conversation_id).extension
    assert extension is not None
    assert extension.number == "101"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    id: str
    code: str
    asked: dict[str, Any] = field(default_factory=dict)


REFUSED = [
    Refused(id="no recipient", code="no_recipients", asked={"recipients": [" "]}),
    Refused(id="not a number", code="invalid_recipient", asked={"recipients": ["Bob"]}),
    Refused(id="emergency number", code="invalid_recipient", asked={"recipients": ["911"]}),
    Refused(id="number with NUL", code="invalid_recipient", asked={"recipients": ["12\x00"]}),
    Refused(id="itself", code="invalid_recipient", asked={"recipients": ["919 555 0101"]}),
    Refused(
        id="eleven recipients",
        code="too_many_recipients",
        asked={"recipients": [f"+151255503{n:02}" for n in range(11)]},
    ),
    Refused(id="no text", code="empty", asked={"text": " \n "}),
    Refused(id="only NULs", code="empty", asked={"text": "\x00"}),
    Refused(id="2049 letters", code="too_long", asked={"text": "a" * 2049}),
    Refused(id="1025 emoji", code="too_long", asked={"text": "😀" * 1025}),
    Refused(id="foreign sender", code="invalid_sender", asked={"sender": "+13125550201"}),
    Refused(id="unknown sender", code="invalid_sender", asked={"sender": "+19195550199"}),
    Refused(id="sender is no number", code="invalid_sender", asked={"sender": "+1 what is this"}),
    Refused(id="unknown file", code="invalid_media", asked={"attachment_ids": [uuid4()]}),
    Refused(
        id="eleven files",
        code="invalid_media",
        asked={"attachment_ids": [uuid4() for _ in range(11)]},
    ),
]


@pytest.mark.parametrize("case", REFUSED, ids=[case.id for case in REFUSED])
@pytest.mark.usefixtures("globex_number")
def test_refusal_says_why_and_stores_nothing(write: Write, case: Refused) -> None:
    with pytest.raises(SendRefused) as refusal:
        write(**case.asked)

    assert refusal.value.code == case.code
    assert refusal.value.text.endswith(".")
    assert not Message.objects.exists()
    assert not Conversation.objects.exists()


def test_2048_units_are_sent(write: Write) -> None:
    assert write(text="😀" * 1024).segment_count == 32


def test_suspended_messaging_is_refused(write: Write, acme: Tenant) -> None:
    acme.messaging_enabled = False

    with pytest.raises(SendRefused) as refusal:
        write()

    assert refusal.value.code == "messaging_disabled"


@pytest.mark.parametrize("our_number", [ACME_NUMBER, None], ids=["one number", "all numbers"])
def test_opted_out_recipient_is_refused(write: Write, our_number: str | None) -> None:
    OptOut.objects.create(our_number=our_number, number=CUSTOMER, source="keyword")

    with pytest.raises(SendRefused) as refusal:
        write(recipients=["+15125550302", CUSTOMER])

    assert refusal.value.code == "opted_out"
    assert "(512) 555-0300" in refusal.value.text


def test_opt_out_from_another_number_does_not_count(write: Write) -> None:
    OptOut.objects.create(our_number="+19195550999", number=CUSTOMER, source="keyword")

    assert write().status == "queued"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"uploaded_by": None}, "invalid_media"),
        ({"state": "pending"}, "media_not_ready"),
        ({"size": 3_500_001}, "media_too_large"),
    ],
    ids=["of nobody", "pending", "over 3.5 MB"],
)
def test_file_that_cannot_go_is_refused(
    write: Write, alice: User, fields: dict[str, Any], code: str
) -> None:
    attachment = picture(alice, **fields)

    with pytest.raises(SendRefused) as refusal:
        write(attachment_ids=[attachment.pk])

    assert refusal.value.code == code
    assert not Message.objects.exists()


def test_file_of_another_person_is_refused(write: Write, alice: User, bob: User) -> None:
    attachment = picture(alice)

    with pytest.raises(SendRefused) as refusal:
        write(user=bob, role=Role.EXTENSION, attachment_ids=[attachment.pk])

    assert refusal.value.code == "invalid_media"


def test_file_is_sent_once_only(write: Write, alice: User) -> None:
    attachment = picture(alice)
    write(attachment_ids=[attachment.pk])

    with pytest.raises(SendRefused) as refusal:
        write(attachment_ids=[attachment.pk])

    assert refusal.value.code == "invalid_media"


def test_file_taken_by_another_message_at_the_last_moment_undoes_everything(
    write: Write, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    attachment = picture(alice)
    other = write(recipients=["+15125550302"])
    store = Recipient.objects.bulk_create

    def lose_the_race(rows: list[Recipient]) -> list[Recipient]:
        Attachment.objects.filter(pk=attachment.pk).update(message=other)
        return store(rows)

    monkeypatch.setattr(Recipient.objects, "bulk_create", lose_the_race)
    with pytest.raises(SendRefused):
        write(attachment_ids=[attachment.pk])

    assert list(Message.objects.all()) == [other]
    assert Conversation.objects.count() == 1


@pytest.mark.parametrize(
    ("asked", "sizes", "code"),
    [
        ({"recipients": [CUSTOMER, "+15125550302"]}, [], "no_group"),
        ({"recipients": ["72345"]}, [], "invalid_recipient"),
        ({}, [300_000, 225_001], "media_too_large"),
    ],
    ids=["group", "short code", "over 525 KB in all"],
)
def test_toll_free_number_has_rules_of_its_own(
    write: Write,
    alice: User,
    acme_number: PhoneNumber,
    asked: dict[str, Any],
    sizes: list[int],
    code: str,
) -> None:
    PhoneNumber.objects.filter(pk=acme_number.pk).update(number=TOLL_FREE, kind="toll_free")
    files = [picture(alice, size=size, content_type="video/mp4").pk for size in sizes]

    with pytest.raises(SendRefused) as refusal:
        write(sender=TOLL_FREE, attachment_ids=files, **asked)

    assert refusal.value.code == code
