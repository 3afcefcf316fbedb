"""Messages of unknown fate are settled by the carrier's own list, and never doubled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from messaging.delivery.attempt import deliver
from messaging.delivery.lookup import look_up
from messaging.models import Message, MessageEvent
from messaging.outbound.send import SendRefused, retry_message
from messaging.sweeps import sweep
from providers.errors import AccountProblem, OutcomeUnknown, TemporaryFailure
from providers.types import ListedPart, ReceiptStatus
from tenants.models import PhoneNumber, Tenant
from tests.messaging.outbound.carrier import ScriptedCarrier
from tests.messaging.outbound.conftest import Write
from tests.messaging.outbound.receipt import CUSTOMER

Carrier = type[ScriptedCarrier]
OURS = "+19195550101"
FRIEND = "+15125550301"
LOST = OutcomeUnknown("The connection was lost before Bandwidth answered.")


def listed(message_id: str = "bw-1", status: str = "delivered", **changes: Any) -> ListedPart:
    values: dict[str, Any] = {
        "provider_message_id": message_id,
        "sender": OURS,
        "recipient": CUSTOMER,
        "status": ReceiptStatus(status),
        "taken_at": timezone.now(),
        **changes,
    }
    return ListedPart(**values)


def change(message: Message, **fields: Any) -> None:
    Message.objects.filter(pk=message.pk).update(**fields)


def ask(message: Message) -> Message:
    """Have the list asked, as the task does when the time has come."""
    look_up(message.pk)
    message.refresh_from_db()
    return message


def ask_to_the_end(message: Message) -> Message:
    while ask(message).lookup_at:
        pass
    return message


@pytest.fixture
def lost(write: Write, carrier: Carrier) -> Callable[..., Message]:
    """A message whose answer was lost."""

    def send(**changes: Any) -> Message:
        message = write(**changes)
        carrier.script[:] = [LOST]
        deliver(message.pk)
        message.refresh_from_db()
        return message

    return send


@pytest.mark.parametrize(
    ("part", "status", "code"),
    [
        ({"status": "delivered"}, "delivered", ""),
        ({"status": "sent"}, "sent", ""),
        ({"status": "sending"}, "sent", ""),
        ({"status": "failed", "error_code": "4720"}, "failed", "4720"),
        ({"status": "unconfirmed", "error_code": "9902"}, "unconfirmed", "9902"),
    ],
    ids=["delivered", "sent", "sending", "failed", "no receipt"],
)
def test_what_the_list_shows_is_taken_over(
    lost: Callable[..., Message], carrier: Carrier, part: dict[str, Any], status: str, code: str
) -> None:
    message = lost()
    assert (message.status, message.lookups) == ("unconfirmed", 0)
    assert message.lookup_at is not None
    carrier.listed[:] = [listed(**part)]
    ask(message)

    assert (message.status, message.provider_message_id) == (status, "bw-1")
    assert message.error_code == code
    assert [(r.status, r.error_code) for r in message.recipients.all()] == [(status, code)]
    assert message.lookup_at is None
    assert len(carrier.sent) == 1
    told = list(message.events.values_list("detail", flat=True))
    assert "Found in Scripted's list: it was taken" in told


def test_a_message_the_list_does_not_show_stays_for_a_person_to_decide(
    lost: Callable[..., Message], carrier: Carrier
) -> None:
    message = lost()
    pauses: list[timedelta] = []
    while message.lookup_at:
        now = timezone.now()
        ask(message)
        pauses += [message.lookup_at - now] if message.lookup_at else []

    assert [round(pause.total_seconds() / 60) for pause in pauses] == [4, 25, 120]
    assert (message.status, message.failure_reason) == ("unconfirmed", "unknown")
    assert message.error_text == (
        "Scripted's list does not show it, so most likely it was not sent. You can send it again."
    )
    sweep()
    look_up(message.pk)
    assert len(carrier.sent) == 1
    with pytest.raises(SendRefused) as refusal:
        retry_message(message)
    assert refusal.value.code == "confirm_needed"

    retry_message(message, anyway=True)
    deliver(message.pk)
    message.refresh_from_db()
    assert (message.status, message.lookup_at, message.lookups) == ("sent", None, 0)
    assert len(carrier.sent) == 2


@pytest.mark.parametrize(
    "rows",
    [
        lambda: [listed(recipient=FRIEND)],
        lambda: [listed(sender="+19195550102")],
        lambda: [listed(taken_at=timezone.now() - timedelta(minutes=5))],
        lambda: [listed(taken_at=timezone.now() + timedelta(minutes=20))],
        lambda: [listed(), listed(recipient=FRIEND)],
    ],
    ids=["other recipient", "other sender", "earlier", "later", "a group"],
)
def test_another_message_is_not_taken_for_it(
    lost: Callable[..., Message], carrier: Carrier, rows: Callable[[], list[ListedPart]]
) -> None:
    message = lost()
    carrier.listed[:] = rows()

    assert (ask_to_the_end(message).status, message.provider_message_id) == ("unconfirmed", "")
    assert "does not show it" in message.error_text


def test_an_id_of_another_message_is_not_taken(
    lost: Callable[..., Message], write: Write, carrier: Carrier
) -> None:
    message = lost()
    carrier.script[:] = ["bw-1"]
    other = write(text="Another")
    deliver(other.pk)
    carrier.listed[:] = [listed("bw-1")]

    assert ask_to_the_end(message).status == "unconfirmed"
    other.refresh_from_db()
    assert (other.provider_message_id, other.status) == ("bw-1", "sent")


def test_an_id_that_a_retry_gave_up_is_not_taken(
    lost: Callable[..., Message], write: Write, carrier: Carrier, arrive: Callable[..., bool]
) -> None:
    carrier.script[:] = ["bw-1", "bw-2"]
    other = write(text="Another")
    deliver(other.pk)
    arrive(other, "failed")
    retry_message(other)
    deliver(other.pk)
    message = lost()
    carrier.listed[:] = [listed("bw-1", "failed", error_code="4720"), listed("bw-2")]

    assert ask_to_the_end(message).status == "unconfirmed"


def test_two_lost_messages_are_not_told_apart_by_guessing(
    lost: Callable[..., Message], carrier: Carrier
) -> None:
    first, second = lost(), lost(text="Another")
    carrier.listed[:] = [listed()]

    for message in (first, second):
        assert ask_to_the_end(message).status == "unconfirmed"
        assert "not which is which" in message.error_text


def test_a_lost_message_that_was_sent_again_makes_its_first_sending_doubtful(
    lost: Callable[..., Message], carrier: Carrier
) -> None:
    first = lost()
    retry_message(first, anyway=True)
    carrier.script[:] = ["bw-9"]
    deliver(first.pk)
    second = lost(text="Another")
    carrier.listed[:] = [listed("bw-1"), listed("bw-9")]

    assert ask_to_the_end(second).status == "unconfirmed"


def test_of_a_lost_message_and_one_long_settled_the_list_decides(
    lost: Callable[..., Message], write: Write, carrier: Carrier
) -> None:
    carrier.script[:] = ["bw-0"]
    deliver(write(text="Another").pk)
    message = lost()
    carrier.listed[:] = [listed("bw-0"), listed("bw-1")]

    assert (ask(message).status, message.provider_message_id) == ("delivered", "bw-1")


def test_a_group_is_found_by_all_its_recipients(
    lost: Callable[..., Message], carrier: Carrier
) -> None:
    message = lost(recipients=[CUSTOMER, FRIEND])
    carrier.listed[:] = [
        listed("single"),
        listed("bw-1"),
        listed("bw-1", "failed", recipient=FRIEND, error_code="4720"),
    ]
    ask(message)

    assert (message.status, message.provider_message_id) == ("failed", "bw-1")
    assert [(r.number, r.status) for r in message.recipients.all()] == [
        (CUSTOMER, "delivered"),
        (FRIEND, "failed"),
    ]


def test_a_receipt_that_is_quicker_than_the_list_wins(
    lost: Callable[..., Message], carrier: Carrier, arrive: Callable[..., bool]
) -> None:
    message = lost()
    arrive(message, "delivered")
    carrier.listed[:] = [listed("bw-1", "failed", error_code="4720")]
    look_up(message.pk)
    message.refresh_from_db()

    assert (message.status, message.lookup_at) == ("delivered", None)
    assert carrier.asked == []


def test_a_message_of_a_worker_that_died_is_looked_up(write: Write, carrier: Carrier) -> None:
    message = write()

    def die(_: object) -> str:
        change(message, next_attempt_at=timezone.now())
        sweep()
        raise TemporaryFailure("Never seen.")

    carrier.script[:] = [die]
    deliver(message.pk)
    message.refresh_from_db()
    assert message.status == "unconfirmed"
    carrier.listed[:] = [listed()]

    assert ask(message).status == "delivered"
    assert len(carrier.sent) == 1


@pytest.mark.parametrize(
    ("error", "minutes"),
    [
        (TemporaryFailure("Bandwidth has a fault."), 5),
        (TemporaryFailure("Too often.", retry_after=900), 15),
        (TemporaryFailure("Too often.", retry_after=1e9), 60),
        (AccountProblem("Wrong password."), 5),
    ],
    ids=["fault", "asked to wait", "asked to wait for ever", "account"],
)
def test_a_list_that_cannot_be_asked_is_asked_later(
    lost: Callable[..., Message], carrier: Carrier, error: Any, minutes: int
) -> None:
    message = lost()
    carrier.list_script[:] = [error]
    before = timezone.now()
    ask(message)
    assert message.lookup_at is not None
    assert round((message.lookup_at - before).total_seconds() / 60) == minutes
    assert message.lookups == 0

    change(message, sending_at=timezone.now() - timedelta(hours=13))
    carrier.list_script[:] = [error]
    ask(message)
    assert (message.status, message.lookup_at) == ("unconfirmed", None)
    assert "could not be asked" in message.error_text


def test_the_sweep_rings_for_what_is_due_and_not_at_every_round(
    lost: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[tuple[str, Any]] = []
    message = lost()
    monkeypatch.setattr("messaging.queue.enqueue", lambda task, key, **_: rung.append((task, key)))
    sweep()
    assert rung == []
    change(message, lookup_at=timezone.now())
    sweep()
    sweep()

    assert rung == [("messaging.look_up_message", message.pk)]


def sent_long_ago(write: Write, carrier: Carrier, number: str, **changes: Any) -> Message:
    message = write(text=f"Text {number}", **changes)
    carrier.script[:] = [number]
    deliver(message.pk)
    change(message, sent_at=timezone.now() - timedelta(hours=5))
    return message


@pytest.mark.parametrize(
    ("rows", "status", "says"),
    [
        ([{"status": "delivered"}], "delivered", ""),
        ([{"status": "failed", "error_code": "4720"}], "failed", "Code 4720"),
        ([{"status": "sent"}], "unconfirmed", "No delivery receipt came"),
        ([], "unconfirmed", "does not show it any more"),
    ],
    ids=["delivered", "failed", "still on its way", "not listed"],
)
def test_silence_is_asked_about_before_it_is_believed(
    write: Write, carrier: Carrier, rows: list[dict[str, Any]], status: str, says: str
) -> None:
    message = sent_long_ago(write, carrier, "bw-1")
    carrier.listed[:] = [listed("bw-1", **row) for row in rows]
    sweep()
    message.refresh_from_db()
    assert message.status == "sent"
    look_up(message.pk)
    message.refresh_from_db()

    assert (message.status, message.lookup_at) == (status, None)
    assert says in message.error_text
    lines = message.events.count()
    sweep()
    look_up(message.pk)
    assert message.events.count() == lines


def test_silence_that_cannot_be_asked_about_ends_in_time(write: Write, carrier: Carrier) -> None:
    message = sent_long_ago(write, carrier, "bw-1")
    change(message, sent_at=timezone.now() - timedelta(hours=29), lookup_at=timezone.now())
    sweep()
    message.refresh_from_db()

    assert message.status == "unconfirmed"


@pytest.mark.parametrize(
    ("texts", "is_heard", "is_named"),
    [(5, False, True), (4, False, False), (5, True, False)],
    ids=["many, and none heard", "few", "one was heard of"],
)
def test_silence_of_many_names_the_likely_cause(
    write: Write,
    carrier: Carrier,
    texts: int,
    is_heard: bool,  # noqa: FBT001  # a case of the table
    is_named: bool,  # noqa: FBT001  # a case of the table
) -> None:
    messages = [sent_long_ago(write, carrier, f"bw-{n}") for n in range(texts)]
    if is_heard:
        MessageEvent.objects.filter(message=messages[2], status="sent").update(webhook_event_id=7)
    sweep()
    look_up(messages[0].pk)
    messages[0].refresh_from_db()

    assert messages[0].status == "unconfirmed"
    assert ("not linked to a location" in messages[0].error_text) is is_named
    assert len(messages[0].error_text) < 300


def test_the_list_of_another_tenant_settles_nothing_here(
    lost: Callable[..., Message], carrier: Carrier, globex: Tenant
) -> None:
    message = lost()
    carrier.listed[:] = [listed()]
    with tenant_context(globex):
        look_up(message.pk)
    message.refresh_from_db()

    assert message.status == "unconfirmed"
    assert carrier.asked == []


def test_a_code_of_the_list_about_the_registration_is_noted(
    lost: Callable[..., Message], carrier: Carrier, acme_number: PhoneNumber
) -> None:
    message = lost()
    carrier.listed[:] = [listed("bw-1", "failed", error_code="4476")]
    assert ask(message).failure_reason == "unregistered"
    acme_number.refresh_from_db()

    assert acme_number.registration == "rejected"
