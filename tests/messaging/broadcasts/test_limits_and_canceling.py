"""Texts of a broadcast that a carrier could not take: later, or not at all once it is canceled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from messaging import queue
from messaging.broadcasts import runner, states
from messaging.delivery.attempt import deliver
from messaging.delivery.receipts import apply_receipt
from messaging.models import Broadcast, Message, SmsConfiguration
from messaging.outbound.send import retry_message
from providers.errors import ProviderError, QueueFull, TemporaryFailure
from tenants.models import Tenant, User
from tenants.roles import Role
from tests.messaging.broadcasts.conftest import MakeBroadcast
from tests.messaging.outbound.carrier import ScriptedCarrier
from tests.messaging.outbound.receipt import receipt

Carrier = type[ScriptedCarrier]


@pytest.fixture
def running(
    make_broadcast: MakeBroadcast, alice: User, at_acme: Tenant
) -> Callable[..., Broadcast]:
    """A broadcast whose messages are written."""

    def run(to: int = 1) -> Broadcast:
        broadcast = make_broadcast(to)
        states.start(broadcast, user=alice, role=Role.ADMIN, tenant=at_acme)
        runner.run(broadcast.pk)
        broadcast.refresh_from_db()
        return broadcast

    return run


@pytest.mark.parametrize(
    "error",
    [TemporaryFailure("The carrier is down."), QueueFull("Its queue is full.", retry_after=1)],
    ids=["down", "full"],
)
def test_what_fails_for_now_after_cancel_is_canceled(
    running: Callable[..., Broadcast], carrier: Carrier, alice: User, error: ProviderError
) -> None:
    broadcast = running()
    message = Message.objects.get()

    def cancel_meanwhile(_: object) -> str:
        assert states.cancel(broadcast, user=alice) == 0  # the carrier is being asked
        raise error

    carrier.script[:] = [cancel_meanwhile]
    deliver(message.pk)
    message.refresh_from_db()
    assert (message.status, message.next_attempt_at) == ("canceled", None)
    assert message.recipients.get().status == "canceled"
    assert message.events.last().detail == "The broadcast was canceled"  # type: ignore[union-attr]


def test_what_was_passed_over_by_cancel_does_not_leave(
    running: Callable[..., Broadcast], carrier: Carrier
) -> None:
    broadcast = running()
    Broadcast.objects.filter(pk=broadcast.pk).update(state=Broadcast.State.CANCELED)
    message = Message.objects.get()
    deliver(message.pk)
    message.refresh_from_db()
    assert (message.status, carrier.sent) == ("canceled", [])


def test_what_a_person_sends_again_leaves_though_it_was_canceled(
    running: Callable[..., Broadcast], carrier: Carrier, alice: User
) -> None:
    broadcast = running()
    message = Message.objects.get()
    Message.objects.filter(pk=message.pk).update(status="failed")
    message.recipients.update(status="failed")
    states.cancel(broadcast, user=alice)
    message.refresh_from_db()
    retry_message(message)
    deliver(message.pk)
    message.refresh_from_db()
    assert (message.status, len(carrier.sent)) == ("sent", 1)


@pytest.mark.parametrize(
    ("is_canceled", "status"), [(False, "queued"), (True, "failed")], ids=["running", "canceled"]
)
def test_limit_sends_again_only_while_it_is_wanted(
    running: Callable[..., Broadcast],
    carrier: Carrier,
    alice: User,
    acme_configuration: SmsConfiguration,
    is_canceled: bool,  # noqa: FBT001  # a case of the table
    status: str,
) -> None:
    broadcast = running()
    message = Message.objects.get()
    carrier.script[:] = ["bw-1"]
    deliver(message.pk)
    if is_canceled:
        states.cancel(broadcast, user=alice)
    said = receipt(message, "failed", error_code="4780")
    apply_receipt(said, configuration=acme_configuration)
    message.refresh_from_db()
    assert message.status == status


def test_daily_limit_of_some_holds_nobody_else_up_and_resuming_leaves_it(
    running: Callable[..., Broadcast], monkeypatch: pytest.MonkeyPatch, alice: User, at_acme: Tenant
) -> None:
    monkeypatch.setattr(runner, "MOST_WAITING", 5)
    broadcast = running(12)
    assert Message.objects.count() == 5
    tomorrow = timezone.now() + timedelta(hours=20)
    Message.objects.update(next_attempt_at=tomorrow)
    Broadcast.objects.update(touched_at=None)
    runner.run(broadcast.pk)
    assert Message.objects.count() == 10

    states.pause(broadcast)
    states.resume(broadcast, user=alice, role=Role.ADMIN, tenant=at_acme)
    assert Message.objects.filter(next_attempt_at=tomorrow).count() == 5


def test_retry_stands_in_the_queue_of_broadcasts(
    running: Callable[..., Broadcast], monkeypatch: pytest.MonkeyPatch, carrier: Carrier
) -> None:
    running()
    message = Message.objects.get()
    Message.objects.filter(pk=message.pk).update(status="failed")
    message.recipients.update(status="failed")
    message.refresh_from_db()
    rung: list[str] = []
    monkeypatch.setattr(queue, "enqueue", lambda task, *_, **__: rung.append(task))
    retry_message(message)
    carrier.script[:] = [TemporaryFailure("The carrier is down.", retry_after=20)]
    deliver(message.pk)
    assert rung == [queue.DELIVER_BULK, queue.DELIVER_BULK]
