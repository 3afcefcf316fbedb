"""Handing a message to the carrier, and each answer it may give."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from messaging.delivery.attempt import deliver
from messaging.models import Message, MessageSetting
from messaging.outbound.send import retry_message
from messaging.sweeps import sweep
from providers.errors import AccountProblem, MessageRejected, OutcomeUnknown, TemporaryFailure
from providers.types import FailureReason, OutboundMessage
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


def test_accepted_message_is_sent_under_the_carriers_id(write: Write, carrier: Carrier) -> None:
    carrier.script[:] = ["bw-1"]
    message = delivered(write(text="Hi"))

    assert (message.status, message.provider_message_id) == ("sent", "bw-1")
    assert message.sent_at is not None
    assert message.attempts == 1
    assert [r.status for r in message.recipients.all()] == ["sent"]
    assert statuses(message) == ["queued", "sending", "sent"]
    message.conversation.refresh_from_db()
    assert message.conversation.last_status == "sent"
    assert carrier.sent == [
        OutboundMessage(
            sender="+19195550101",
            recipients=(CUSTOMER,),
            text="Hi",
            tag=str(message.pk),
            expires_at=message.created_at + timedelta(hours=24),
        )
    ]
    assert carrier.accounts == ["9900001"]


def test_platform_account_carries_numbers_without_a_configuration(
    write: Write, carrier: Carrier, settings: Any
) -> None:
    settings.BANDWIDTH_ACCOUNT_ID = "9900000"
    MessageSetting.objects.update(provider=None)

    message = delivered(write())

    assert (message.status, message.configuration) == ("sent", None)
    assert carrier.accounts == ["9900000"]


def test_second_worker_sends_nothing(write: Write, carrier: Carrier) -> None:
    message = write()

    def meanwhile(_: OutboundMessage) -> str:
        deliver(message.pk)  # the same task, taken by another worker during the request
        return "bw-1"

    carrier.script[:] = [meanwhile]
    delivered(message)
    delivered(message)

    assert len(carrier.sent) == 1
    assert message.status == "sent"


@pytest.mark.parametrize("accident", [KeyError("bug"), SystemExit(), MemoryError()], ids=repr)
def test_worker_that_dies_while_sending_is_never_followed_by_a_second_request(
    write: Write, carrier: Carrier, accident: BaseException
) -> None:
    message = write()

    def die(_: OutboundMessage) -> str:
        raise accident

    carrier.script[:] = [die]
    with pytest.raises(type(accident)):
        deliver(message.pk)
    deliver(message.pk)
    sweep()
    message.refresh_from_db()
    assert message.status == "sending"

    make_due(message)  # five minutes later
    sweep()
    deliver(message.pk)
    message.refresh_from_db()

    assert len(carrier.sent) == 1
    assert (message.status, message.failure_reason) == ("unconfirmed", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    id: str
    answer: Exception
    status: str
    reason: str
    code: str
    says: str


ENDINGS = [
    Ending(
        id="rejected",
        answer=MessageRejected(
            "The number is wrong.", error_code="4303", reason=FailureReason.INVALID_RECIPIENT
        ),
        status="failed",
        reason="invalid_recipient",
        code="4303",
        says="The number is wrong.",
    ),
    Ending(
        id="account",
        answer=AccountProblem("Bandwidth refused the credentials.", error_code="401"),
        status="failed",
        reason="account",
        code="401",
        says="Bandwidth refused the credentials. An admin must check",
    ),
    Ending(
        id="unknown",
        answer=OutcomeUnknown("Bandwidth did not answer."),
        status="unconfirmed",
        reason="unknown",
        code="",
        says="Bandwidth did not answer. It may have been sent",
    ),
]


@pytest.mark.parametrize("case", ENDINGS, ids=[case.id for case in ENDINGS])
def test_refusal_of_the_carrier_ends_the_message_until_a_person_retries(
    write: Write, carrier: Carrier, case: Ending
) -> None:
    carrier.script[:] = [case.answer]
    message = delivered(write())

    assert (message.status, message.failure_reason) == (case.status, case.reason)
    assert message.error_code == case.code
    assert message.error_text.startswith(case.says)
    assert [r.status for r in message.recipients.all()] == [case.status]
    delivered(message)
    sweep()
    assert len(carrier.sent) == 1

    retry_message(message, anyway=case.status == "unconfirmed")
    assert (message.status, message.failure_reason, message.error_text) == ("queued", "", "")
    assert delivered(message).status == "sent"
    assert len(carrier.sent) == 2


def test_carrier_that_is_down_leaves_the_message_queued_and_says_so(
    write: Write, carrier: Carrier
) -> None:
    carrier.script[:] = [DOWN]
    message = delivered(write())

    assert (message.status, message.failure_reason) == ("queued", "")
    assert message.error_text == "Bandwidth could not be reached. Trying again."
    assert [r.status for r in message.recipients.all()] == ["queued"]
    assert message.next_attempt_at is not None
    wait = (message.next_attempt_at - timezone.now()).total_seconds()
    assert 0 < wait <= 5

    delivered(message)
    assert len(carrier.sent) == 1  # not before its time
    make_due(message)
    delivered(message)
    assert (message.status, message.error_text) == ("sent", "")


def test_carrier_names_the_shortest_pause(write: Write, carrier: Carrier) -> None:
    carrier.script[:] = [TemporaryFailure("Busy.", retry_after=300)]
    message = delivered(write())

    assert message.next_attempt_at is not None
    assert message.next_attempt_at > timezone.now() + timedelta(seconds=290)


def test_tenth_failure_in_a_row_is_the_last(write: Write, carrier: Carrier) -> None:
    carrier.script[:] = [DOWN] * 20
    message = write()
    for _ in range(20):
        make_due(message)
        delivered(message)

    assert len(carrier.sent) == 10
    assert (message.status, message.failure_reason) == ("failed", "unreachable")
    assert "you can send it again" in message.error_text

    carrier.script.clear()
    retry_message(message)
    assert delivered(message).status == "sent"


@pytest.mark.parametrize("pause", [90_000, 1e300, float("inf")])
def test_pause_beyond_a_day_is_not_waited_for(write: Write, carrier: Carrier, pause: float) -> None:
    carrier.script[:] = [TemporaryFailure("Busy.", retry_after=pause)]

    assert delivered(write()).status == "failed"


def test_day_of_trying_begins_anew_when_a_person_retries(write: Write, carrier: Carrier) -> None:
    message = write()
    Message.objects.filter(pk=message.pk).update(created_at=timezone.now() - timedelta(days=3))
    carrier.script[:] = [DOWN, DOWN]
    assert delivered(message).status == "failed"

    retry_message(message)
    assert delivered(message).status == "queued"


def test_answer_that_comes_after_a_person_gave_up_waiting_changes_nothing_newer(
    write: Write, carrier: Carrier
) -> None:
    message = write()

    def slow(_: OutboundMessage) -> str:
        make_due(message)
        sweep()  # takes the worker for dead
        retry_message(Message.objects.get(pk=message.pk), anyway=True)
        raise MessageRejected("No.")

    carrier.script[:] = [slow]

    assert delivered(message).status == "queued"


def test_late_acceptance_keeps_a_message_from_being_sent_twice(
    write: Write, carrier: Carrier
) -> None:
    message = write()

    def slow(_: OutboundMessage) -> str:
        make_due(message)
        sweep()
        retry_message(Message.objects.get(pk=message.pk), anyway=True)
        return "bw-1"

    carrier.script[:] = [slow]
    delivered(message)
    delivered(message)

    assert len(carrier.sent) == 1
    assert (message.status, message.provider_message_id) == ("sent", "bw-1")


def test_carrier_id_of_another_message_is_not_taken(write: Write, carrier: Carrier) -> None:
    carrier.script[:] = ["same", "same"]
    first, second = delivered(write()), delivered(write())

    assert (first.status, first.provider_message_id) == ("sent", "same")
    assert (second.status, second.provider_message_id) == ("sent", "")
