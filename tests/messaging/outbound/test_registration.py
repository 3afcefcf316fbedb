"""Numbers that carriers do not know: who may send from them, and what errors tell about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.utils import timezone
from django_tenants.utils import tenant_context

from messaging.delivery.attempt import deliver
from messaging.delivery.receipts import apply_receipt
from messaging.models import Message, SendingPolicy, SmsConfiguration
from messaging.outbound.send import SendRefused
from messaging.registration import caution, learn
from providers.bandwidth.codes import lookup
from providers.errors import MessageRejected
from providers.types import FailureReason, RegistrationFinding
from tenants.models import PhoneNumber, Tenant
from tenants.registration import note_by_hand
from tests.messaging.outbound.carrier import ScriptedCarrier
from tests.messaging.outbound.conftest import Write
from tests.messaging.outbound.receipt import receipt

Carrier = type[ScriptedCarrier]
OURS = "+19195550101"
NOON = datetime(2026, 11, 20, 12).astimezone()


@pytest.fixture
def number(acme_number: PhoneNumber) -> Callable[..., PhoneNumber]:
    """Acme's number, as the test wants it."""

    def change(**fields: Any) -> PhoneNumber:
        PhoneNumber.objects.filter(pk=acme_number.pk).update(**fields)
        acme_number.refresh_from_db()
        return acme_number

    return change


def decide(rule: str) -> None:
    SendingPolicy.objects.update_or_create(pk=1, defaults={"unregistered": rule})


@pytest.mark.parametrize(
    ("rule", "state", "is_refused"),
    [
        ("refuse", "unknown", True),
        ("refuse", "pending", True),
        ("refuse", "rejected", True),
        ("refuse", "registered", False),
        ("warn", "unknown", False),
        ("warn", "pending", False),
        ("warn", "rejected", True),
        ("warn", "registered", False),
        ("allow", "unknown", False),
        ("allow", "pending", False),
        ("allow", "rejected", False),
        (None, "unknown", False),
        (None, "rejected", True),
    ],
)
@pytest.mark.usefixtures("carrier")
def test_the_policy_decides_who_may_send(
    write: Write,
    number: Callable[..., PhoneNumber],
    rule: str | None,
    state: str,
    is_refused: bool,  # noqa: FBT001  # a case of the table
) -> None:
    if rule:
        decide(rule)
    number(registration=state)
    if not is_refused:
        message = write()
        deliver(message.pk)
        message.refresh_from_db()
        assert message.status == "sent"
        return
    with pytest.raises(SendRefused) as refusal:
        write()
    assert refusal.value.code == "unregistered"
    assert "10DLC" in refusal.value.text
    assert not Message.objects.exists()


@pytest.mark.usefixtures("carrier")
def test_it_is_asked_again_when_the_message_leaves(
    write: Write, number: Callable[..., PhoneNumber], carrier: Carrier
) -> None:
    message = write()
    decide("refuse")
    deliver(message.pk)
    message.refresh_from_db()

    assert (message.status, carrier.sent) == ("failed", [])
    assert message.failure_reason == "unregistered"
    assert "not confirmed" in message.error_text


@pytest.mark.usefixtures("carrier")
def test_numbers_outside_north_america_need_no_registration(
    write: Write, number: Callable[..., PhoneNumber]
) -> None:
    decide("refuse")
    number(number="+442079460101")
    assert write().status == "queued"


@pytest.mark.parametrize(
    ("rule", "state", "says"),
    [
        ("warn", "unknown", ""),
        ("warn", "pending", "may block"),
        ("warn", "registered", ""),
        ("allow", "pending", ""),
    ],
)
@pytest.mark.usefixtures("at_acme")
def test_a_caution_is_given_only_where_something_is_known(
    number: Callable[..., PhoneNumber], rule: str, state: str, says: str
) -> None:
    decide(rule)
    number(registration=state, registration_note="Code 4773: The campaign is pending.")
    words = caution(OURS)

    assert says in words
    assert bool(words) is bool(says)
    assert ("4773" in words) is bool(says)


@pytest.mark.usefixtures("at_acme")
def test_nobody_is_told_of_another_tenants_number(
    number: Callable[..., PhoneNumber], globex: Tenant
) -> None:
    number(registration="pending")
    with tenant_context(globex):
        assert caution(OURS) == ""


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("4476", "rejected"),
        ("4773", "pending"),
        ("4774", "pending"),
        ("4795", "rejected"),
        ("5229", "pending"),
    ],
)
@pytest.mark.parametrize("way", ["receipt", "answer"])
def test_a_code_is_explained_and_noted_on_the_number(
    write: Write,
    carrier: Carrier,
    number: Callable[..., PhoneNumber],
    acme_configuration: SmsConfiguration,
    code: str,
    state: str,
    way: str,
) -> None:
    known = lookup(code)
    message = write()
    if way == "answer":
        carrier.script[:] = [
            MessageRejected(
                known.sentence,
                error_code=code,
                reason=known.reason,
                registration=known.registration,
            )
        ]
        deliver(message.pk)
    else:
        carrier.script[:] = ["bw-1"]
        deliver(message.pk)
        failed = receipt(
            message,
            "failed",
            error_code=code,
            error_text=known.sentence,
            failure_reason=FailureReason.UNREGISTERED,
            registration=known.registration,
        )
        for _ in range(2):
            apply_receipt(failed, configuration=acme_configuration)
    message.refresh_from_db()
    row = number()

    assert (message.status, message.failure_reason) == ("failed", "unregistered")
    assert message.error_text == known.sentence
    assert "Whoever runs the Bandwidth account" in known.sentence
    assert (row.registration, row.registration_note) == (state, f"Code {code}: {known.sentence}")
    assert row.registration_at is not None
    (told,) = [
        entry
        for entry in LogEntry.objects.get_for_object(row)
        if code in (entry.additional_data or {}).get("reason", "")
    ]
    assert told.changes["registration"] == ["unknown", state]


@pytest.mark.parametrize(
    ("before", "since", "finding", "after"),
    [
        ("unknown", None, "pending", "pending"),
        ("registered", None, "rejected", "rejected"),
        ("registered", NOON - timedelta(hours=1), "rejected", "rejected"),
        ("registered", NOON + timedelta(hours=1), "rejected", "registered"),
        ("pending", NOON - timedelta(hours=1), "rejected", "rejected"),
        ("rejected", NOON - timedelta(hours=1), "pending", "rejected"),
        ("pending", NOON - timedelta(hours=1), "pending", "pending"),
    ],
    ids=[
        "unknown",
        "never dated",
        "older word of a person",
        "newer word of a person",
        "worse",
        "better",
        "the same",
    ],
)
@pytest.mark.usefixtures("at_acme")
def test_only_news_for_the_worse_changes_the_state(
    number: Callable[..., PhoneNumber],
    before: str,
    since: datetime | None,
    finding: str,
    after: str,
) -> None:
    number(registration=before, registration_at=since, registration_note="As it was")
    learn(OURS, RegistrationFinding(finding), code="4476", words="New.", at=NOON)
    row = number()

    assert row.registration == after
    assert (row.registration_note == "As it was") is (before == after)


@pytest.mark.usefixtures("at_acme")
def test_a_person_may_say_that_it_is_mended(number: Callable[..., PhoneNumber]) -> None:
    learn(OURS, RegistrationFinding.REJECTED, code="4476", words="No.", at=NOON)
    row = number()
    before = PhoneNumber.objects.get(pk=row.pk)
    row.registration = "registered"
    note_by_hand(row, before=before)
    row.save()
    learn(OURS, RegistrationFinding.REJECTED, code="4476", words="Late.", at=NOON)
    assert (number().registration, number().registration_note) == ("registered", "")

    later = timezone.now() + timedelta(seconds=1)
    learn(OURS, RegistrationFinding.REJECTED, code="4476", words="Again.", at=later)
    assert number().registration == "rejected"


def test_a_delivery_takes_nothing_back(
    write: Write,
    carrier: Carrier,
    arrive: Callable[..., bool],
    number: Callable[..., PhoneNumber],
) -> None:
    message = write()
    deliver(message.pk)
    number(registration="rejected", registration_note="Code 4476: No.")
    arrive(message, "delivered", provider_message_id=message.provider_message_id)

    assert message.status == "delivered"
    assert number().registration == "rejected"


@pytest.mark.usefixtures("at_acme")
def test_an_error_says_nothing_of_another_tenants_number(globex_number: PhoneNumber) -> None:
    learn(globex_number.number, RegistrationFinding.REJECTED, code="4476", words="No.", at=NOON)
    globex_number.refresh_from_db()

    assert globex_number.registration == "unknown"
