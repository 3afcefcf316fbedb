"""Whoever opted out gets nothing, by whatever way a text was made and however long it waited.

The ways are read from the code: one that is new must be entered here.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from messaging import sweeps
from messaging.delivery.attempt import deliver
from messaging.inbound.receive import receive_message
from messaging.models import AutoReply, ConsentEntry, Message, MessageSetting, OptOut
from messaging.outbound.individually import send_individually
from messaging.outbound.schedule import send_scheduled_now
from messaging.outbound.send import SendRefused, retry_message
from providers.errors import MessageRejected, OutcomeUnknown, TemporaryFailure
from providers.types import FailureReason, InboundMessage
from tenants.models import Tenant, User
from tenants.roles import Role
from tests.messaging.outbound.carrier import ScriptedCarrier
from tests.messaging.outbound.conftest import Write
from tests.messaging.outbound.receipt import CUSTOMER

Carrier = type[ScriptedCarrier]
Origin = Message.Origin

CODE = Path(__file__).resolve().parents[3] / "messaging"
FRIEND = "+15125550301"
# Where messages are made, and where one is handed to a carrier.
MAKERS = {
    "inbound/receive.py",  # what comes in
    "outbound/send.py",
    "outbound/automatic.py",
    "broadcasts/batch.py",
    "demo_history.py",  # what went out long ago
}
HANDS_OVER = {"delivery/attempt.py"}


def refuse(our_number: str | None) -> None:
    OptOut.objects.create(our_number=our_number, number=CUSTOMER, source="keyword")


def _modules_that_call(*names: str) -> set[str]:
    found = set()
    for path in CODE.rglob("*.py"):
        source = path.read_text()
        if not any(f"{name}(" in source for name in names):
            continue
        calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
        if any(ast.unparse(call.func) in names for call in calls):
            found.add(str(path.relative_to(CODE)))
    return found


def test_messages_are_made_and_handed_over_in_these_places_only() -> None:
    assert _modules_that_call("Message", "Message.objects.create", "ScheduledMessage") == MAKERS
    assert _modules_that_call("provider.send") == HANDS_OVER


@pytest.fixture
def auto_reply(at_acme: Tenant, acme_line: MessageSetting) -> Callable[[], Message]:
    """Let Acme answer a first text by itself."""

    def make() -> Message:
        AutoReply.objects.create(name="New", kind="first_contact", text="Welcome")
        event = InboundMessage(
            provider_message_id="in-1",
            our_number=acme_line.phone_number.number,
            sender=CUSTOMER,
            recipients=(acme_line.phone_number.number,),
            text="Hello",
            media_urls=(),
            segment_count=1,
            application_id="app",
            sent_at=None,
            raw={},
        )
        receive_message(at_acme, event, acme_line.provider)
        return Message.objects.get(direction="out")

    return make


@pytest.fixture
def ways(
    write: Write, alice: User, at_acme: Tenant, carrier: Carrier, auto_reply: Any
) -> dict[str, Callable[[], Message]]:
    """Each way to a message that waits to be handed over."""

    def individually() -> Message:
        both = send_individually(
            user=alice,
            role=Role.ADMIN,
            tenant=at_acme,
            sender="",
            recipients=[CUSTOMER, FRIEND],
            text="Hi",
        )
        return both[0]

    def scheduled() -> Message:
        message = write(scheduled_at=timezone.now() + timedelta(hours=1))
        Message.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
        sweeps.sweep()
        return message

    def sent_early() -> Message:
        message = write(scheduled_at=timezone.now() + timedelta(hours=1))
        send_scheduled_now(message, user=alice, role=Role.ADMIN, tenant=at_acme)
        return message

    def after_failure(error: Exception) -> Message:
        message = write()
        carrier.script[:] = [error]
        deliver(message.pk)
        carrier.sent.clear()
        Message.objects.update(next_attempt_at=timezone.now())
        return message

    def retried() -> Message:
        message = after_failure(MessageRejected("No.", reason=FailureReason.REJECTED))
        message.refresh_from_db()
        retry_message(message)
        return message

    return {
        "written": write,
        "group": lambda: write(recipients=[FRIEND, CUSTOMER]),
        "individually": individually,
        "scheduled": scheduled,
        "sent early": sent_early,
        "waits for another try": lambda: after_failure(TemporaryFailure("Down.")),
        "sent again by a person": retried,
        "auto-reply": auto_reply,
    }


WAYS = [
    "written",
    "group",
    "individually",
    "scheduled",
    "sent early",
    "waits for another try",
    "sent again by a person",
    "auto-reply",
]


@pytest.mark.parametrize("of_all", ["one number", "all numbers"])
@pytest.mark.parametrize("way", WAYS)
def test_stop_between_writing_and_sending_counts(
    ways: dict[str, Callable[[], Message]], carrier: Carrier, way: str, of_all: str
) -> None:
    assert list(ways) == WAYS
    message = ways[way]()
    refuse(message.sender if of_all == "one number" else None)
    deliver(message.pk)

    message.refresh_from_db()
    assert carrier.sent == []
    assert (message.status, message.failure_reason) == ("failed", "opted_out")
    assert "(512) 555-0300 does not want texts" in message.error_text
    with pytest.raises(SendRefused, match="does not want"):
        retry_message(message)


@pytest.mark.parametrize("origin", list(Origin))
def test_only_answers_to_consent_words_reach_who_opted_out(
    write: Write, carrier: Carrier, origin: str
) -> None:
    message = write()
    Message.objects.update(origin=origin)
    refuse(message.sender)
    deliver(message.pk)
    message.refresh_from_db()
    assert message.status == ("sent" if origin == Origin.CONSENT else "failed")
    assert len(carrier.sent) == (origin == Origin.CONSENT)


def test_unconfirmed_message_is_not_sent_again_to_who_opted_out(
    write: Write, carrier: Carrier
) -> None:
    message = write()
    carrier.script[:] = [OutcomeUnknown("No answer.")]
    deliver(message.pk)
    message.refresh_from_db()
    refuse(message.sender)
    with pytest.raises(SendRefused, match="does not want"):
        retry_message(message)


@pytest.mark.parametrize("recipients", [[CUSTOMER], [FRIEND, CUSTOMER]], ids=["one", "group"])
def test_refused_at_once_where_the_refusal_is_known(write: Write, recipients: list[str]) -> None:
    refuse(None)
    with pytest.raises(SendRefused, match=r"\(512\) 555-0300 does not want texts"):
        write(recipients=recipients)
    assert not Message.objects.exists()


@pytest.mark.parametrize("code", ["4475", "4775"])
def test_carriers_refusal_is_in_the_ledger_with_its_message(
    write: Write, carrier: Carrier, arrive: Callable[..., bool], code: str
) -> None:
    message = write()
    carrier.script[:] = ["bw-1"]
    deliver(message.pk)
    for _ in range(2):
        arrive(message, "failed", error_code=code, failure_reason=FailureReason.OPTED_OUT)

    entry = ConsentEntry.objects.get()
    assert (entry.action, entry.source, entry.number) == ("opt_out", "carrier", CUSTOMER)
    assert (entry.message_id, entry.detail, entry.by) == (message.pk, f"Code {code}", None)
    with pytest.raises(SendRefused, match="does not want"):
        write()
