"""What a carrier's volume limit turned away is sent again by itself, later, and never twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from messaging.delivery import again
from messaging.delivery.attempt import deliver
from messaging.hours import quiet as quiet_hours
from messaging.models import Message, MessageEvent
from messaging.outbound.send import retry_message
from messaging.sweeps import sweep
from tests.messaging.outbound.carrier import ScriptedCarrier
from tests.messaging.outbound.conftest import Write
from tests.messaging.outbound.receipt import CUSTOMER

Arrive = Callable[..., bool]
Carrier = type[ScriptedCarrier]
FRIEND = "+15125550301"
THIRD = "+15125550302"


def come_due(message: Message) -> None:
    Message.objects.filter(pk=message.pk).update(next_attempt_at=timezone.now())
    deliver(message.pk)
    message.refresh_from_db()


@pytest.fixture
def sent(write: Write, carrier: Carrier) -> Callable[..., Message]:
    """A text that the carrier took as bw-1; the next sendings are bw-2 and bw-3."""

    def send(**changes: Any) -> Message:
        message = write(**changes)
        carrier.script[:] = ["bw-1", "bw-2", "bw-3"]
        deliver(message.pk)
        message.refresh_from_db()
        return message

    return send


@pytest.mark.parametrize("code", ["4781", "4785"])
def test_limit_of_minutes_sends_again_in_some_minutes(
    sent: Callable[..., Message], carrier: Carrier, arrive: Arrive, code: str
) -> None:
    message = sent()
    arrive(message, "failed", error_code=code)

    assert (message.status, message.provider_message_id, message.attempts) == ("queued", "", 0)
    assert message.next_attempt_at is not None
    pause = message.next_attempt_at - timezone.now()
    assert timedelta(minutes=3) < pause < timedelta(minutes=8)
    assert message.recipients.get().status == "queued"
    assert "Sent again by itself" in message.events.last().detail  # type: ignore[union-attr]
    deliver(message.pk)
    assert len(carrier.sent) == 1

    come_due(message)
    assert (message.status, message.provider_message_id) == ("sent", "bw-2")
    arrive(message, "delivered", provider_message_id="bw-2")
    assert (message.status, message.error_code) == ("delivered", "")


def test_daily_limit_waits_for_the_carriers_next_day_and_the_recipients_morning(
    sent: Callable[..., Message], arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = sent()
    now = datetime(2026, 11, 20, 22, tzinfo=UTC)  # 2 PM in Los Angeles, 4 PM in Texas
    at = again._tomorrow(now, [CUSTOMER])
    assert (
        datetime(2026, 11, 21, 14, tzinfo=UTC) <= at <= datetime(2026, 11, 21, 14, 20, tzinfo=UTC)
    )

    arrive(message, "failed", error_code="4780")
    assert message.status == "queued"
    assert message.next_attempt_at is not None
    rules = quiet_hours.SendingPolicy(quiet_hours=True)
    home = "America/New_York"
    assert not quiet_hours.end_of_quiet([CUSTOMER], message.next_attempt_at, rules=rules, home=home)
    assert message.next_attempt_at - timezone.now() < timedelta(hours=36)


@pytest.mark.parametrize("when", ["while it waits", "after it was sent again"])
def test_delivery_of_the_first_sending_counts_after_all(
    sent: Callable[..., Message], carrier: Carrier, arrive: Arrive, when: str
) -> None:
    message = sent()
    arrive(message, "failed", error_code="4781")
    if when == "after it was sent again":
        come_due(message)
    arrive(message, "delivered")
    come_due(message)

    assert message.status == "delivered"
    assert len(carrier.sent) == (2 if when == "after it was sent again" else 1)


@pytest.mark.parametrize("status", ["sending", "sent", "unconfirmed", "failed"])
def test_anything_else_about_the_first_sending_is_history(
    sent: Callable[..., Message], arrive: Arrive, status: str
) -> None:
    message = sent()
    arrive(message, "failed", error_code="4781")
    lines = message.events.count()
    arrive(message, status, **({"error_code": "4781"} if status == "failed" else {}))
    assert (message.status, message.provider_message_id) == ("queued", "")
    assert message.events.count() == lines


def test_receipt_that_beats_the_answer_is_not_undone_by_it(
    write: Write, carrier: Carrier, arrive: Arrive
) -> None:
    message = write()

    def answer(_: object) -> str:
        arrive(message, "failed", error_code="4781")
        return "bw-1"

    carrier.script[:] = [answer, "bw-2"]
    deliver(message.pk)
    message.refresh_from_db()
    assert (message.status, message.provider_message_id) == ("queued", "")
    come_due(message)
    assert (message.status, message.provider_message_id) == ("sent", "bw-2")


def test_each_further_limit_pauses_longer(sent: Callable[..., Message], arrive: Arrive) -> None:
    message = sent()
    arrive(message, "failed", error_code="4781")
    come_due(message)
    arrive(message, "failed", error_code="4781", provider_message_id="bw-2")
    assert message.next_attempt_at is not None
    pause = message.next_attempt_at - timezone.now()
    assert timedelta(minutes=7) < pause < timedelta(minutes=16)


@pytest.mark.parametrize("why", ["its own end", "two days"])
def test_too_late_it_fails_with_the_carriers_words(
    sent: Callable[..., Message], arrive: Arrive, why: str
) -> None:
    soon = timezone.now() + timedelta(minutes=2)
    message = sent(expires_at=soon if why == "its own end" else None)
    if why == "two days":
        MessageEvent.objects.filter(message=message).update(at=timezone.now() - again.PATIENCE)
    arrive(message, "failed", error_code="4781", error_text="The limit was passed.")
    assert (message.status, message.error_text) == ("failed", "The limit was passed.")
    assert message.provider_message_id == "bw-1"


def test_person_may_be_quicker(
    sent: Callable[..., Message], carrier: Carrier, arrive: Arrive
) -> None:
    message = sent(expires_at=timezone.now() + timedelta(minutes=2))
    arrive(message, "failed", error_code="4781")
    retry_message(message)
    come_due(message)
    assert (message.status, message.provider_message_id) == ("sent", "bw-2")
    arrive(message, "failed", error_code="4781", provider_message_id="bw-2")
    assert message.status == "queued"


class TestGroup:
    """Three people, of whom some are turned away."""

    @pytest.fixture
    def message(self, sent: Callable[..., Message]) -> Message:
        return sent(recipients=[CUSTOMER, FRIEND, THIRD])

    def test_only_who_missed_it_gets_it_again(
        self, message: Message, carrier: Carrier, arrive: Arrive
    ) -> None:
        arrive(message, "failed", recipient=FRIEND, error_code="4781")
        arrive(message, "delivered", recipient=CUSTOMER)
        assert message.status == "sent"  # the third may still be told of
        arrive(message, "failed", recipient=THIRD)
        assert (message.status, message.error_code) == ("queued", "4720")

        come_due(message)
        assert carrier.sent[1].recipients == (FRIEND,)
        arrive(message, "delivered", recipient=FRIEND, provider_message_id="bw-2")
        assert (message.status, message.error_code) == ("failed", "4720")
        assert message.error_text.startswith(THIRD)

    def test_first_sending_still_tells_of_the_others(
        self, message: Message, carrier: Carrier, arrive: Arrive
    ) -> None:
        arrive(message, "failed", recipient=FRIEND, error_code="4781")
        arrive(message, "delivered", recipient=CUSTOMER)
        arrive(message, "unconfirmed", recipient=THIRD)
        assert message.status == "queued"
        arrive(message, "delivered", recipient=THIRD)
        come_due(message)
        arrive(message, "delivered", recipient=FRIEND, provider_message_id="bw-2")

        assert carrier.sent[1].recipients == (FRIEND,)
        assert message.status == "delivered"

    def test_silence_about_the_others_ends_the_wait(self, message: Message, arrive: Arrive) -> None:
        arrive(message, "failed", recipient=FRIEND, error_code="4785")
        long_ago = timezone.now() - timedelta(days=1, hours=12)
        Message.objects.filter(pk=message.pk).update(sent_at=long_ago, lookups=1)
        sweep()
        message.refresh_from_db()
        states = dict(message.recipients.values_list("number", "status"))
        assert message.status == "queued"
        assert states == {CUSTOMER: "unconfirmed", FRIEND: "queued", THIRD: "unconfirmed"}
