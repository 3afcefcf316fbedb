"""Several recipients, or several sendings, of one message."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from messaging.delivery.attempt import deliver
from messaging.models import Message
from messaging.outbound.send import retry_message
from providers.errors import MessageRejected, OutcomeUnknown
from tests.messaging.outbound.carrier import ScriptedCarrier
from tests.messaging.outbound.conftest import Write
from tests.messaging.outbound.receipt import AT, CUSTOMER

Carrier = type[ScriptedCarrier]
FRIEND = "+15125550301"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([("delivered", CUSTOMER)], "sent"),
        ([("failed", CUSTOMER)], "sent"),
        ([("delivered", CUSTOMER), ("delivered", FRIEND)], "delivered"),
        ([("failed", CUSTOMER), ("failed", FRIEND)], "failed"),
        ([("failed", CUSTOMER), ("delivered", FRIEND)], "failed"),
        ([("unconfirmed", CUSTOMER), ("delivered", FRIEND)], "unconfirmed"),
        ([("unconfirmed", CUSTOMER), ("failed", FRIEND)], "unconfirmed"),
        ([("failed", CUSTOMER), ("delivered", FRIEND), ("delivered", CUSTOMER)], "delivered"),
        ([("delivered", "+15125550999")], "sent"),
    ],
    ids=[
        "one of two",
        "one failed",
        "all",
        "none",
        "one failed, one delivered",
        "one not confirmed",
        "one failed, one not confirmed",
        "all after all",
        "a stranger",
    ],
)
@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_group_is_as_far_as_its_slowest_member(
    write: Write,
    carrier: Carrier,
    arrive: Callable[..., bool],
    words: list[tuple[str, str]],
    expected: str,
    backwards: bool,  # noqa: FBT001  # a case of the table
) -> None:
    message = write(recipients=[CUSTOMER, FRIEND])
    carrier.script[:] = ["bw-1"]
    deliver(message.pk)
    arriving = words[::-1] if backwards else words
    for status, number in arriving:
        arrive(message, status, recipient=number)

    assert message.status == expected
    if expected == "delivered":
        assert (message.error_text, message.delivered_at) == ("", AT)
    if ("failed", CUSTOMER) in words and expected != "delivered":
        # Both of one moment: then the lower number, whichever comes first.
        first = min(number for status, number in arriving if status == "failed")
        assert message.error_text == f"{first}: The carrier refused the number."


def test_retry_of_a_group_spares_whoever_has_it(
    write: Write, carrier: Carrier, arrive: Callable[..., bool]
) -> None:
    message = write(recipients=[CUSTOMER, FRIEND])
    carrier.script[:] = ["bw-1", "bw-2"]
    deliver(message.pk)
    arrive(message, "delivered", recipient=CUSTOMER)
    arrive(message, "failed", recipient=FRIEND)
    retry_message(message)
    deliver(message.pk)
    assert carrier.sent[1].recipients == (FRIEND,)

    arrive(message, "delivered", recipient=FRIEND, provider_message_id="bw-2")
    assert message.status == "delivered"


class TestAfterARetry:
    """The first sending ended as bw-1 and failed; a person sent the message again."""

    @pytest.fixture
    def message(self, write: Write, carrier: Carrier, arrive: Callable[..., bool]) -> Message:
        message = write()
        carrier.script[:] = ["bw-1", "bw-2"]
        deliver(message.pk)
        arrive(message, "failed")
        retry_message(message)
        return message

    @pytest.mark.parametrize("status", ["sending", "sent", "unconfirmed", "failed"])
    @pytest.mark.parametrize("sent_again", [False, True], ids=["queued", "sent"])
    def test_late_receipt_of_the_first_is_history(
        self,
        message: Message,
        arrive: Callable[..., bool],
        status: str,
        sent_again: bool,  # noqa: FBT001  # a case of the table
    ) -> None:
        if sent_again:
            deliver(message.pk)
        assert arrive(message, status)

        assert message.status == ("sent" if sent_again else "queued")
        assert message.provider_message_id == ("bw-2" if sent_again else "")
        assert message.error_text == ""

    def test_late_delivery_of_the_first_stops_the_second(
        self, message: Message, carrier: Carrier, arrive: Callable[..., bool]
    ) -> None:
        arrive(message, "delivered")
        deliver(message.pk)

        assert message.status == "delivered"
        assert len(carrier.sent) == 1

    def test_receipt_of_the_second_counts(
        self, message: Message, arrive: Callable[..., bool]
    ) -> None:
        deliver(message.pk)
        arrive(message, "delivered", provider_message_id="bw-2")

        assert (message.status, message.provider_message_id) == ("delivered", "bw-2")


def test_late_receipt_of_a_sending_that_was_never_answered_stops_the_retry(
    write: Write, carrier: Carrier, arrive: Callable[..., bool]
) -> None:
    message = write()
    carrier.script[:] = [OutcomeUnknown("The connection broke.")]
    deliver(message.pk)
    retry_message(message, anyway=True)
    arrive(message, "sent")
    deliver(message.pk)

    assert (message.status, message.provider_message_id) == ("sent", "bw-1")
    assert len(carrier.sent) == 1


def test_receipt_for_a_message_that_was_refused_by_us_raises_it_only_when_delivered(
    write: Write, carrier: Carrier, arrive: Callable[..., bool]
) -> None:
    message = write()
    carrier.script[:] = [MessageRejected("No.")]
    deliver(message.pk)
    arrive(message, "sent")
    assert message.status == "failed"

    arrive(message, "delivered")
    assert (message.status, message.error_text) == ("delivered", "")
