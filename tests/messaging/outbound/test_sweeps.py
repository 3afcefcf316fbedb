"""What the sweep finds when a task was lost or an answer never came."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from messaging.delivery.attempt import deliver
from messaging.delivery.lookup import look_up
from messaging.models import Attachment, MailDelivery, Message
from messaging.sweeps import sweep
from tests.messaging.outbound.carrier import ScriptedCarrier
from tests.messaging.outbound.conftest import Write

Rung = list[tuple[str, Any]]


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Rung:
    """What was put into the queue."""
    calls: Rung = []
    monkeypatch.setattr("messaging.queue.enqueue", lambda task, key, **_: calls.append((task, key)))
    return calls


def ago(**span: float) -> datetime:
    return timezone.now() - timedelta(**span)


def change(message: Message, **fields: Any) -> None:
    Message.objects.filter(pk=message.pk).update(**fields)


@pytest.mark.parametrize(
    ("fields", "is_found"),
    [
        ({"created_at": timedelta(seconds=5)}, False),
        ({"created_at": timedelta(seconds=40)}, True),
        ({"created_at": timedelta(hours=1), "next_attempt_at": timedelta(seconds=40)}, True),
        ({"created_at": timedelta(hours=1), "next_attempt_at": timedelta(hours=-1)}, False),
        ({"created_at": timedelta(hours=1), "status": "sent"}, False),
        ({"created_at": timedelta(hours=1), "status": "failed"}, False),
        ({"created_at": timedelta(hours=1), "direction": "in"}, False),
    ],
    ids=["fresh", "lost", "due", "waiting", "sent", "failed", "inbound"],
)
def test_queued_message_that_nobody_takes_is_rung_for_once(
    write: Write,
    rung: Rung,
    fields: dict[str, Any],
    is_found: bool,  # noqa: FBT001  # a case of the table
) -> None:
    message = write()
    rung.clear()
    # Spans, not times: the table is read long before the test runs.
    now = timezone.now()
    change(
        message,
        **{
            name: now - value if isinstance(value, timedelta) else value
            for name, value in fields.items()
        },
    )

    sweep()
    sweep()

    assert rung == ([("messaging.deliver_message", message.pk)] if is_found else [])


def test_message_the_sweep_found_can_be_delivered(
    write: Write, carrier: type[ScriptedCarrier]
) -> None:
    message = write()
    change(message, created_at=ago(minutes=5))
    sweep()
    deliver(message.pk)

    assert len(carrier.sent) == 1


def test_scheduled_message_is_sent_in_its_time(
    write: Write, rung: Rung, carrier: type[ScriptedCarrier]
) -> None:
    message = write(scheduled_at=ago(hours=-1))
    sweep()
    deliver(message.pk)
    assert (rung, carrier.sent) == ([], [])

    change(message, next_attempt_at=ago(seconds=1))
    sweep()
    deliver(message.pk)
    message.refresh_from_db()

    assert rung == [("messaging.deliver_message", message.pk)]
    assert message.status == "sent"
    assert [e.status for e in message.events.all()] == ["scheduled", "queued", "sending", "sent"]


def test_message_without_receipt_is_not_confirmed_after_four_hours(
    write: Write, carrier: type[ScriptedCarrier]
) -> None:
    message = write()
    deliver(message.pk)
    change(message, sent_at=ago(hours=3.9))
    sweep()
    message.refresh_from_db()
    assert message.status == "sent"

    change(message, sent_at=ago(hours=4.1))
    sweep()
    look_up(message.pk)
    message.refresh_from_db()
    assert message.status == "unconfirmed"
    assert message.error_text.startswith("No delivery receipt came. It may have been delivered.")
    assert [r.status for r in message.recipients.all()] == ["unconfirmed"]


@pytest.mark.usefixtures("at_acme")
def test_files_and_mails_that_wait_are_rung_for(write: Write, rung: Rung) -> None:
    message = write()
    rung.clear()
    file = Attachment.objects.create(message=message, source_url="https://x", state="pending")
    Attachment.objects.create(state="pending")  # an upload that is not finished
    Attachment.objects.filter(pk=file.pk).update(created_at=ago(minutes=1))
    mail = MailDelivery.objects.create(
        message=message, address="a@acme.example", next_attempt_at=ago(minutes=1)
    )
    MailDelivery.objects.create(
        message=message, address="b@acme.example", next_attempt_at=ago(minutes=-1)
    )

    sweep()
    sweep()

    assert rung == [("messaging.fetch_media", file.pk), ("messaging.send_mail", mail.pk)]
