"""Receipts in every order end the same; nobody's receipt reaches another's message."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
from django_tenants.utils import tenant_context

from messaging.configurations import create_configuration
from messaging.delivery.attempt import deliver
from messaging.delivery.receipts import apply_receipt
from messaging.delivery.receipts_many import Told, apply_receipts
from messaging.models import Message, OptOut, SmsConfiguration
from providers.errors import OutcomeUnknown, TemporaryFailure
from providers.types import FailureReason, OutboundMessage
from tenants.models import Tenant, Trunk
from tests.messaging.outbound.carrier import ScriptedCarrier
from tests.messaging.outbound.conftest import Write
from tests.messaging.outbound.receipt import AT, CUSTOMER, receipt

Carrier = type[ScriptedCarrier]


def ending(message: Message) -> dict[str, Any]:
    message.refresh_from_db()
    fields = ["status", "provider_message_id", "failure_reason", "error_code", "error_text"]
    fields += ["sent_at", "delivered_at", "next_attempt_at"]
    ends = {name: getattr(message, name) for name in fields}
    ends["recipients"] = [(r.number, r.status, r.error_code) for r in message.recipients.all()]
    message.conversation.refresh_from_db()
    ends["last_status"] = message.conversation.last_status
    return ends


FIRST_WORDS = ["sending", "sent", "delivered", "unconfirmed"]
ORDERS = list(permutations(FIRST_WORDS))


@pytest.mark.parametrize("own_word", ["first", "during", "never"])
@pytest.mark.parametrize("order", ORDERS, ids=["-".join(order) for order in ORDERS])
def test_delivery_is_shown_whatever_the_order(
    write: Write, carrier: Carrier, arrive: Callable[..., bool], order: list[str], own_word: str
) -> None:
    message = write()

    def receipts() -> None:
        for status in order:
            assert arrive(message, status)

    def answer(_: OutboundMessage) -> str:
        if own_word == "during":
            receipts()
        if own_word == "never":
            raise OutcomeUnknown("The connection broke.")
        return "bw-1"

    carrier.script[:] = [answer]
    deliver(message.pk)
    if own_word != "during":
        receipts()

    assert ending(message) == {
        "status": "delivered",
        "provider_message_id": "bw-1",
        "failure_reason": "",
        "error_code": "",
        "error_text": "",
        "sent_at": AT,
        "delivered_at": AT,
        "next_attempt_at": None,
        "recipients": [(CUSTOMER, "delivered", "")],
        "last_status": "delivered",
    }


@pytest.mark.parametrize("during", [True, False], ids=["before the 202", "after the 202"])
@pytest.mark.parametrize("last", ["failed", "unconfirmed"])
@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_failure_is_shown_whatever_the_order(
    write: Write,
    carrier: Carrier,
    arrive: Callable[..., bool],
    order: tuple[int, ...],
    last: str,
    during: bool,  # noqa: FBT001  # a case of the table
) -> None:
    message = write()
    words = ["sending", "sent", last]

    def answer(_: OutboundMessage) -> str:
        if during:
            for index in order:
                arrive(message, words[index])
        return "bw-1"

    carrier.script[:] = [answer]
    deliver(message.pk)
    if not during:
        for index in order:
            arrive(message, words[index])

    ends = ending(message)
    expected = receipt(message, last)
    assert (ends["status"], ends["last_status"]) == (last, last)
    assert (ends["error_code"], ends["error_text"]) == (expected.error_code, expected.error_text)
    assert ends["recipients"] == [(CUSTOMER, last, expected.error_code)]
    assert ends["sent_at"] == AT


def test_delivered_takes_back_a_failure(
    write: Write, carrier: Carrier, arrive: Callable[..., bool]
) -> None:
    message = write()
    carrier.script[:] = ["bw-1"]
    deliver(message.pk)
    for status in ("failed", "delivered", "failed"):
        arrive(message, status)

    assert (message.status, message.failure_reason, message.error_text) == ("delivered", "", "")


def test_first_failure_stays(write: Write, carrier: Carrier, arrive: Callable[..., bool]) -> None:
    message = write()
    carrier.script[:] = ["bw-1"]
    deliver(message.pk)
    arrive(message, "failed")
    arrive(message, "failed", error_code="4750")
    arrive(message, "unconfirmed")

    assert (message.status, message.error_code) == ("failed", "4720")


def test_repeated_receipts_do_not_lengthen_the_timeline(
    write: Write, carrier: Carrier, arrive: Callable[..., bool]
) -> None:
    message = write()
    carrier.script[:] = ["bw-1"]
    deliver(message.pk)
    for status in ("sent", "delivered"):
        arrive(message, status)
    lines = message.events.count()
    for status in ("sent", "delivered", "sending", "delivered", "sent"):
        arrive(message, status)

    assert message.events.count() == lines


@pytest.mark.parametrize("status", ["sending", "sent", "delivered", "failed", "unconfirmed"])
def test_any_receipt_proves_that_a_waiting_message_was_taken(
    write: Write, carrier: Carrier, arrive: Callable[..., bool], status: str
) -> None:
    message = write()
    carrier.script[:] = [TemporaryFailure("Bandwidth answered 503.")]
    deliver(message.pk)
    arrive(message, status)
    Message.objects.filter(pk=message.pk).update(next_attempt_at=None)
    deliver(message.pk)

    assert message.status == ("sent" if status == "sending" else status)
    assert message.provider_message_id == "bw-1"
    assert len(carrier.sent) == 1


def test_an_id_too_long_to_be_kept_is_made_up_for_by_the_tag(
    write: Write,
    carrier: Carrier,
    arrive: Callable[..., bool],
    acme_configuration: SmsConfiguration,
) -> None:
    message, told = write(), "9" * 150
    carrier.script[:] = [told]
    deliver(message.pk)
    said = receipt(message, "delivered", provider_message_id=told)
    # With others it is left to be done alone, and done then.
    assert not apply_receipts([Told(event_id=1, receipt=said, configuration=acme_configuration)])
    assert arrive(message, "delivered", provider_message_id=told)
    assert (message.status, message.provider_message_id) == ("delivered", "")


def test_receipt_of_an_unknown_message_waits(write: Write, arrive: Callable[..., bool]) -> None:
    message = write()

    assert not arrive(message, "delivered", tag=str(uuid4()))
    assert not arrive(message, "delivered", tag="")
    assert not arrive(message, "delivered", tag="m-42\x00", provider_message_id="\x00")
    assert message.status == "queued"


def test_receipt_is_matched_by_id_without_a_tag(
    write: Write, carrier: Carrier, arrive: Callable[..., bool]
) -> None:
    message = write()
    carrier.script[:] = ["bw-1"]
    deliver(message.pk)

    assert arrive(message, "delivered", tag="")
    assert message.status == "delivered"


def test_receipt_by_another_account_changes_nothing(
    write: Write, carrier: Carrier, acme: Tenant, trunk: Trunk
) -> None:
    message = write()
    carrier.script[:] = ["bw-1"]
    deliver(message.pk)
    other = create_configuration(
        acme,
        SmsConfiguration(
            name="Other",
            trunk=trunk,
            account_id="1",
            application_id="a",
            username="u",
            password="p",
        ),
    )

    assert not apply_receipt(receipt(message, "delivered"), configuration=other)
    assert not apply_receipt(receipt(message, "delivered"), configuration=None)
    assert ending(message)["status"] == "sent"


def test_receipt_at_another_tenant_changes_nothing(
    write: Write, carrier: Carrier, globex: Tenant, globex_configuration: SmsConfiguration
) -> None:
    message = write()
    carrier.script[:] = ["bw-1"]
    deliver(message.pk)

    with tenant_context(globex):
        assert not apply_receipt(receipt(message, "delivered"), configuration=globex_configuration)
    assert ending(message)["status"] == "sent"


def test_carriers_word_of_an_opt_out_is_recorded(
    write: Write, carrier: Carrier, arrive: Callable[..., bool]
) -> None:
    message = write()
    carrier.script[:] = ["bw-1"]
    deliver(message.pk)
    refused = {"error_code": "4775", "failure_reason": FailureReason.OPTED_OUT}
    arrive(message, "failed", **refused)

    record = OptOut.objects.get()
    assert (record.our_number, record.number, record.source) == (
        message.sender,
        CUSTOMER,
        "carrier",
    )

    record.delete()  # they texted START; then the carrier repeats itself
    arrive(message, "failed", **refused)
    assert not OptOut.objects.exists()


def test_long_and_odd_values_are_stored(
    write: Write, carrier: Carrier, arrive: Callable[..., bool]
) -> None:
    message = write()
    carrier.script[:] = ["bw-1"]
    deliver(message.pk)
    arrive(message, "failed", error_code="9" * 99, error_text="a\x00\ud83d" * 500)

    assert message.status == "failed"
    assert len(message.error_code) == 40
