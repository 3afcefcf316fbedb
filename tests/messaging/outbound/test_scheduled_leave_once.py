"""Scheduled messages leave once, whatever happens around their time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from messaging import sweeps
from messaging.delivery.attempt import deliver
from messaging.models import Message, MessageSetting, OptOut
from messaging.outbound.individually import send_individually
from tenants.models import Tenant, User
from tenants.roles import Role
from tests.messaging.outbound.carrier import ScriptedCarrier
from tests.messaging.outbound.conftest import Write
from tests.messaging.outbound.receipt import CUSTOMER

Carrier = type[ScriptedCarrier]


@pytest.fixture
def due(write: Write) -> Message:
    message = write(scheduled_at=timezone.now() + timedelta(hours=1))
    Message.objects.update(next_attempt_at=timezone.now() - timedelta(minutes=1))
    return message


def test_two_sweeps_and_a_restart_in_between_send_it_once(due: Message, carrier: Carrier) -> None:
    sweeps.sweep()
    # Nobody took the task: the workers were restarted. Their first sweep finds the row.
    Message.objects.update(next_attempt_at=timezone.now() - timedelta(hours=2))
    sweeps.sweep()
    sweeps.sweep()
    for _ in range(3):  # each sweep rang
        deliver(due.pk)
    assert len(carrier.sent) == 1
    assert [e.status for e in due.events.all()] == ["scheduled", "queued", "sending", "sent"]


def test_two_sweeps_that_read_it_together_release_it_once(
    due: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = sweeps._some
    swept: list[bool] = []

    def other_first(rows: Any) -> list[Message]:
        found = read(rows)
        if found and not swept:
            swept.append(True)
            sweeps._release_scheduled()
        return found

    monkeypatch.setattr(sweeps, "_some", other_first)
    sweeps._release_scheduled()
    assert [e.status for e in due.events.all()] == ["scheduled", "queued"]


def test_consent_and_line_are_judged_again_when_its_time_comes(
    due: Message, carrier: Carrier
) -> None:
    OptOut.objects.create(our_number=due.sender, number=CUSTOMER, source="keyword")
    sweeps.sweep()
    deliver(due.pk)
    due.refresh_from_db()
    assert (due.status, due.failure_reason, carrier.sent) == ("failed", "opted_out", [])


def test_a_line_that_was_switched_off_meanwhile_sends_nothing(
    due: Message, carrier: Carrier
) -> None:
    MessageSetting.objects.update(enabled=False)
    sweeps.sweep()
    deliver(due.pk)
    due.refresh_from_db()
    assert (due.status, carrier.sent) == ("failed", [])


def test_a_scheduled_group_leaves_as_a_group(write: Write, carrier: Carrier) -> None:
    others = (CUSTOMER, "+15125550301")
    message = write(recipients=others, scheduled_at=timezone.now() + timedelta(hours=1))
    Message.objects.update(next_attempt_at=timezone.now() - timedelta(minutes=1))
    sweeps.sweep()
    deliver(message.pk)
    assert [set(m.recipients) for m in carrier.sent] == [set(others)]


def test_scheduled_individually_each_leaves_alone(
    at_acme: Tenant, alice: User, carrier: Carrier
) -> None:
    made = send_individually(
        user=alice,
        role=Role.ADMIN,
        tenant=at_acme,
        sender="",
        recipients=[CUSTOMER, "+15125550301"],
        text="Hi",
        scheduled_at=timezone.now() + timedelta(hours=1),
    )
    Message.objects.update(next_attempt_at=timezone.now() - timedelta(minutes=1))
    sweeps.sweep()
    for message in made:
        deliver(message.pk)
    assert sorted(m.recipients for m in carrier.sent) == [(CUSTOMER,), ("+15125550301",)]
