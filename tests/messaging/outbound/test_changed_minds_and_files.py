"""What changes between writing and sending, and the files that go along."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from messaging.delivery.attempt import deliver
from messaging.models import Attachment, Message, OptOut, SmsConfiguration
from messaging.outbound.send import SendRefused, cancel_message, retry_message
from providers.errors import MessageRejected, TemporaryFailure
from tenants.models import User
from tests.messaging.outbound.carrier import ScriptedCarrier
from tests.messaging.outbound.conftest import Write
from tests.messaging.outbound.receipt import CUSTOMER

Carrier = type[ScriptedCarrier]
DOWN = TemporaryFailure("Bandwidth could not be reached.")


def delivered(message: Message) -> Message:
    deliver(message.pk)
    message.refresh_from_db()
    return message


def make_due(message: Message) -> None:
    Message.objects.filter(pk=message.pk).update(next_attempt_at=timezone.now())


def statuses(message: Message) -> list[str]:
    return [event.status for event in message.events.all()]


def test_consent_is_asked_again_right_before_sending(write: Write, carrier: Carrier) -> None:
    message = write()
    OptOut.objects.create(our_number=message.sender, number=CUSTOMER, source="keyword")
    delivered(message)

    assert (message.status, message.failure_reason) == ("failed", "opted_out")
    assert carrier.sent == []
    with pytest.raises(SendRefused) as refusal:
        retry_message(message)
    assert refusal.value.code == "opted_out"


def test_configuration_that_was_switched_off_sends_nothing(write: Write, carrier: Carrier) -> None:
    message = write()
    SmsConfiguration.objects.update(enabled=False)
    delivered(message)

    assert (message.status, message.failure_reason) == ("failed", "account")
    assert "switched off" in message.error_text
    assert carrier.sent == []


def test_carrier_that_is_not_set_up_fails_the_message(write: Write, settings: Any) -> None:
    settings.PROVIDERS = {}

    assert delivered(write()).failure_reason == "account"


def with_file(write: Write, user: User) -> Message:
    attachment = Attachment(
        name="menu.png", content_type="image/png", size=4, state="ready", uploaded_by=user
    )
    attachment.file.save("x", ContentFile(b"\x89PNG"), save=False)
    attachment.save()
    return write(text="", attachment_ids=[attachment.pk])


def test_files_are_uploaded_once_and_sent_by_address(
    write: Write, alice: User, carrier: Carrier
) -> None:
    carrier.script[:] = [DOWN]
    message = delivered(with_file(write, alice))
    make_due(message)
    delivered(message)

    attachment = message.attachments.get()
    assert [(name, file.content) for name, file in carrier.uploads] == [
        (f"{attachment.pk}.png", b"\x89PNG")
    ]
    assert [sent.media_urls for sent in carrier.sent] == [(attachment.provider_url,)] * 2
    assert message.status == "sent"


def test_upload_that_fails_is_tried_again_like_a_send(
    write: Write, alice: User, carrier: Carrier
) -> None:
    carrier.upload_script[:] = [DOWN]
    message = delivered(with_file(write, alice))

    assert message.status == "queued"
    assert carrier.sent == []


def test_file_that_is_lost_fails_the_message(write: Write, alice: User, carrier: Carrier) -> None:
    message = with_file(write, alice)
    attachment = message.attachments.get()
    attachment.file.storage.delete(str(attachment.file.name))

    assert delivered(message).failure_reason == "media"


def test_files_are_uploaded_anew_for_a_persons_retry(
    write: Write, alice: User, carrier: Carrier
) -> None:
    carrier.script[:] = [MessageRejected("No.")]
    message = delivered(with_file(write, alice))
    retry_message(message)
    delivered(message)

    assert len(carrier.uploads) == 2


@pytest.mark.parametrize("anyway", [False, True], ids=["simply", "anyway"])
@pytest.mark.parametrize("status", ["queued", "sending", "sent", "delivered", "canceled"])
def test_only_failed_or_unconfirmed_messages_are_sent_again(
    write: Write,
    status: str,
    anyway: bool,  # noqa: FBT001  # a case of the table
) -> None:
    message = write()
    Message.objects.filter(pk=message.pk).update(status=status)

    with pytest.raises(SendRefused) as refusal:
        retry_message(message, anyway=anyway)

    assert refusal.value.code == "invalid_state"


def test_queued_message_can_be_canceled(write: Write, carrier: Carrier) -> None:
    message = write()
    cancel_message(message)
    delivered(message)

    assert (message.status, statuses(message)) == ("canceled", ["queued", "canceled"])
    assert [r.status for r in message.recipients.all()] == ["canceled"]
    assert carrier.sent == []


@pytest.mark.parametrize("status", ["sending", "sent", "failed", "canceled"])
def test_message_that_was_handed_over_cannot_be_canceled(write: Write, status: str) -> None:
    message = write()
    Message.objects.filter(pk=message.pk).update(status=status)

    with pytest.raises(SendRefused) as refusal:
        cancel_message(message)

    assert refusal.value.code == "invalid_state"
