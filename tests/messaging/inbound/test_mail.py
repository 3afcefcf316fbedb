from __future__ import annotations

import smtplib
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as outbox_of
from django.core.files.base import ContentFile
from django.core.mail.backends.locmem import EmailBackend
from django.db.models import F
from django.utils import timezone

from messaging.conversations import conversation_with
from messaging.mail import outgoing
from messaging.models import Attachment, Contact, MailDelivery, Message
from tenants.models import Tenant

OURS = "+19195550101"
CUSTOMER = "+15125550300"
ADDRESS = "desk@acme.example"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20

Inside = Callable[[Tenant], AbstractContextManager[None]]


class MailServer(EmailBackend):
    """Mail server that fails as the test says, or takes the mail."""

    fault: BaseException | None = None

    def send_messages(self, messages: Any) -> int:
        if self.fault is not None:
            raise self.fault
        return super().send_messages(messages)


@pytest.fixture(autouse=True)
def _mail_server(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MailServer, "fault", None)
    settings.EMAIL_BACKEND = f"{__name__}.MailServer"
    settings.PUBLIC_URL = "https://portal.example.com"


@pytest.fixture
def in_acme(acme: Tenant, inside: Inside) -> Any:
    with inside(acme):
        yield acme


@pytest.fixture
def delivery(in_acme: Tenant) -> MailDelivery:
    """Mail that waits for its first try."""
    now = timezone.now()
    message = Message.objects.create(
        conversation=conversation_with(OURS, [CUSTOMER], at=now),
        direction="in",
        status="received",
        sender=CUSTOMER,
        text="Is <b>my</b> order ready? 👍",
        created_at=now,
    )
    return MailDelivery.objects.create(message=message, address=ADDRESS, next_attempt_at=now)


@pytest.fixture
def send(django_capture_on_commit_callbacks: Any) -> Callable[[MailDelivery], MailDelivery]:
    """Run the task and return the row as it then is."""

    def run(delivery: MailDelivery) -> MailDelivery:
        with django_capture_on_commit_callbacks(execute=True):
            outgoing.send(delivery.pk)
        delivery.refresh_from_db()
        return delivery

    return run


def _attach(delivery: MailDelivery, name: str, **fields: Any) -> Attachment:
    attachment = Attachment(message=delivery.message, name=name, **fields)
    if fields.get("state") == "ready":
        attachment.file.save(name, ContentFile(PNG), save=False)
        attachment.size, attachment.content_type = len(PNG), "image/png"
    attachment.save()
    return attachment


def test_mail_carries_the_text_and_the_way_back(
    delivery: MailDelivery, send: Any, mailoutbox: list[Any]
) -> None:
    assert send(delivery).state == "sent"
    (email,) = mailoutbox
    assert email.subject == "Text from (512) 555-0300 to (919) 555-0101"
    assert email.to == [ADDRESS]
    assert "Is <b>my</b> order ready? 👍" in email.body
    path = f"/t/acme/inbox/{delivery.message.conversation_id}/"
    assert f"https://portal.example.com{path}" in email.body
    assert email.message().get_content_type() == "text/plain"


def test_mail_that_was_sent_is_not_sent_again(
    delivery: MailDelivery, send: Any, mailoutbox: list[Any]
) -> None:
    send(delivery)
    send(delivery)
    assert len(mailoutbox) == 1


def test_mail_in_another_tasks_hands_is_left_to_it(
    delivery: MailDelivery, send: Any, mailoutbox: list[Any]
) -> None:
    MailDelivery.objects.update(
        state="sending", next_attempt_at=timezone.now() + timedelta(minutes=5)
    )
    assert send(delivery).state == "sending"
    assert mailoutbox == []


def test_mail_of_a_task_that_died_is_sent(
    delivery: MailDelivery, send: Any, mailoutbox: list[Any]
) -> None:
    MailDelivery.objects.update(
        state="sending", next_attempt_at=timezone.now() - timedelta(seconds=1)
    )
    assert send(delivery).state == "sent"
    assert len(mailoutbox) == 1


def test_contact_name_cannot_write_headers(
    delivery: MailDelivery, send: Any, mailoutbox: list[Any]
) -> None:
    Contact.objects.create(number=CUSTOMER, name="Eve\r\nBcc: all@example.com")
    send(delivery)
    (email,) = mailoutbox
    assert email.subject.startswith("Text from Eve Bcc: all@example.com (512) 555-0300 to")
    assert email.message()["Bcc"] is None


FAULTS: dict[str, BaseException] = {
    "down": ConnectionRefusedError(),
    "slow": TimeoutError(),
    "gone in the middle": smtplib.SMTPServerDisconnected(),
    "wrong password": smtplib.SMTPAuthenticationError(535, b"no"),
    "mailbox busy": smtplib.SMTPRecipientsRefused({ADDRESS: (450, b"later")}),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_mail_waits_for_a_mail_server_that_fails(
    delivery: MailDelivery,
    send: Any,
    monkeypatch: pytest.MonkeyPatch,
    mailoutbox: list[Any],
    published: list[Any],
    fault: BaseException,
) -> None:
    monkeypatch.setattr(MailServer, "fault", fault)
    assert send(delivery).state == "pending"
    assert delivery.error
    assert delivery.next_attempt_at > timezone.now() + timedelta(seconds=20)
    assert [(p.task, p.key, p.delay) for p in published] == [
        ("messaging.send_mail", str(delivery.pk), 30)
    ]

    monkeypatch.setattr(MailServer, "fault", None)
    assert send(delivery).state == "pending", "it is not due yet"
    MailDelivery.objects.update(next_attempt_at=timezone.now())
    assert send(delivery).state == "sent"
    assert delivery.error == ""
    assert len(mailoutbox) == 1


def test_address_that_is_refused_for_good_fails(
    delivery: MailDelivery, send: Any, monkeypatch: pytest.MonkeyPatch, published: list[Any]
) -> None:
    fault = smtplib.SMTPRecipientsRefused({ADDRESS: (550, b"no such user")})
    monkeypatch.setattr(MailServer, "fault", fault)
    assert send(delivery).state == "failed"
    assert "550" in delivery.error
    assert published == []


def test_mail_server_that_stays_down_ends_the_tries_after_a_day(
    delivery: MailDelivery, send: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MailServer, "fault", ConnectionRefusedError())
    waited = timedelta()
    while send(delivery).state == "pending":
        waited += delivery.next_attempt_at - timezone.now()
        MailDelivery.objects.update(next_attempt_at=timezone.now())
    assert delivery.state == "failed"
    assert timedelta(hours=22) < waited < timedelta(hours=26)


def test_pictures_are_attached(delivery: MailDelivery, send: Any, mailoutbox: list[Any]) -> None:
    _attach(delivery, "front door.png", state="ready")
    send(delivery)
    assert mailoutbox[0].attachments == [("front door.png", PNG, "image/png")]


def test_mail_waits_two_minutes_for_its_pictures(
    delivery: MailDelivery, send: Any, mailoutbox: list[Any], published: list[Any]
) -> None:
    _attach(delivery, "late.png")
    assert send(delivery).state == "pending"
    assert delivery.attempts == 0
    assert [(p.task, p.delay) for p in published] == [("messaging.send_mail", 5)]
    assert mailoutbox == []

    MailDelivery.objects.update(next_attempt_at=timezone.now())
    Attachment.objects.update(created_at=F("created_at") - timedelta(minutes=3))
    assert send(delivery).state == "sent"
    assert mailoutbox[0].attachments == []
    assert "Not attached, see the conversation: late.png" in mailoutbox[0].body


def test_picture_that_cannot_be_had_does_not_hold_the_mail_up(
    delivery: MailDelivery, send: Any, mailoutbox: list[Any]
) -> None:
    _attach(delivery, "gone.png", state="failed")
    lost = _attach(delivery, "lost.png", state="ready")
    lost.file.delete(save=False)
    _attach(delivery, "huge.png", state="ready")
    Attachment.objects.filter(name="huge.png").update(size=40_000_000)
    assert send(delivery).state == "sent"
    assert "gone.png, lost.png, huge.png" in mailoutbox[0].body


def test_delivery_that_is_gone_is_no_error(in_acme: Tenant) -> None:
    outgoing.send(987654)
    assert outbox_of.outbox == []
