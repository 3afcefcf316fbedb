"""Messages that must wait: nothing fails by it, no try is spent, and the order is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from messaging.delivery.attempt import deliver
from messaging.models import Message, SmsConfiguration
from messaging.pacing import permits
from messaging.sweeps import sweep
from providers.errors import QueueFull, TemporaryFailure
from tests.messaging.outbound.carrier import ScriptedCarrier
from tests.messaging.outbound.conftest import Write

Carrier = type[ScriptedCarrier]
FULL = QueueFull("Bandwidth is taking no more messages at the moment.", error_code="http-429")
BURST = 20
LATER = "+15125550399"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The limits' clock; the database's stays."""

    class Clock:
        now = timezone.now().timestamp()

    monkeypatch.setattr(permits.time, "time", lambda: Clock.now)
    return Clock


def ask(message: Message) -> Message:
    Message.objects.filter(pk=message.pk, status="queued").update(next_attempt_at=timezone.now())
    deliver(message.pk)
    message.refresh_from_db()
    return message


def fill(write: Write) -> None:
    for number in range(BURST):
        assert ask(write(recipients=[f"+1512555{number:04}"])).status == "sent"


def test_what_exceeds_the_burst_waits_without_a_try(
    write: Write, carrier: Carrier, clock: Any
) -> None:
    fill(write)
    message = ask(write())

    assert (message.status, message.attempts, message.error_text) == ("queued", 0, "")
    assert message.next_attempt_at is not None
    assert message.next_attempt_at - timezone.now() < timedelta(seconds=2)
    assert [event.status for event in message.events.all()] == ["queued"]
    assert len(carrier.sent) == BURST

    clock.now += 2
    assert ask(message).status == "sent"


def test_long_wait_is_told_once(write: Write, carrier: Carrier, clock: Any) -> None:
    fill(write)
    for number in range(100):
        ask(write(recipients=[f"+1512556{number:04}"]))
    message = write()
    for _ in range(3):
        ask(message)
    told = [event.detail for event in message.events.all()]
    assert told == ["", permits.WAITING]


def test_wait_is_rung_for(
    write: Write, carrier: Carrier, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(write)
    message = write()
    rung: list[tuple[Any, ...]] = []
    monkeypatch.setattr(
        "messaging.queue.enqueue", lambda task, key, delay=None: rung.append((key, delay))
    )
    ask(message)
    assert [key for key, _ in rung] == [message.pk]
    assert 0 < rung[0][1] < 2


def test_full_queue_spends_no_try_however_long_it_lasts(
    write: Write, carrier: Carrier, clock: Any
) -> None:
    carrier.script[:] = [FULL] * 30
    message = write()
    for _ in range(30):
        clock.now += 3600
        ask(message)
        assert (message.status, message.attempts) == ("queued", 0)
    assert len(carrier.sent) == 30
    clock.now += 3600
    assert ask(message).status == "sent"
    assert message.attempts == 1


def test_full_queue_holds_up_the_whole_account(write: Write, carrier: Carrier, clock: Any) -> None:
    carrier.script[:] = [FULL]
    first, second = write(), write(recipients=[LATER])
    ask(first)
    assert ask(second).status == "queued"
    assert len(carrier.sent) == 1
    clock.now += 30
    assert ask(second).status == "sent"


def test_time_the_carrier_names_is_kept(write: Write, carrier: Carrier, clock: Any) -> None:
    carrier.script[:] = [QueueFull("Full.", retry_after=600.0)]
    message = write()
    ask(message)
    assert message.next_attempt_at is not None
    wait = (message.next_attempt_at - timezone.now()).total_seconds()
    assert 590 < wait < 800
    clock.now += 590
    assert ask(message).status == "queued"
    clock.now += 20
    assert ask(message).status == "sent"


def test_later_text_to_the_same_person_does_not_overtake(
    write: Write, carrier: Carrier, clock: Any
) -> None:
    fill(write)
    first = write(text="first")
    ask(first)
    second = write(text="second")
    clock.now += 5
    assert ask(second).status == "queued"
    other = write(text="other", recipients=[LATER])
    assert ask(other).status == "sent"

    assert ask(first).status == "sent"
    assert ask(second).status == "sent"
    assert [parcel.text for parcel in carrier.sent[BURST:]] == ["other", "first", "second"]


def test_text_does_not_overtake_one_that_is_tried_again(
    write: Write, carrier: Carrier, clock: Any
) -> None:
    carrier.script[:] = [TemporaryFailure("Down.")]
    first = write(text="first")
    ask(first)
    second = write(text="second")
    assert ask(second).status == "queued"
    ask(first)
    assert ask(second).status == "sent"


def test_canceled_text_holds_nobody_up(write: Write, carrier: Carrier, clock: Any) -> None:
    fill(write)
    first = write(text="first")
    ask(first)
    Message.objects.filter(pk=first.pk).update(status="canceled")
    clock.now += 5
    assert ask(write(text="second")).status == "sent"


def test_broadcast_that_waits_holds_no_reply_up(write: Write, carrier: Carrier, clock: Any) -> None:
    for number in range(12):
        bulk = write(recipients=[f"+1512555{number:04}"])
        Message.objects.filter(pk=bulk.pk).update(origin="broadcast")
        ask(bulk)
    waiting = write()
    Message.objects.filter(pk=waiting.pk).update(origin="broadcast")
    assert ask(waiting).status == "queued"
    assert ask(write(text="an answer")).status == "sent"


def test_group_counts_for_each_of_its_people(write: Write, carrier: Carrier, clock: Any) -> None:
    for start in (0, 10):
        people = [f"+15125551{start + number:03}" for number in range(10)]
        assert ask(write(recipients=people)).status == "sent"
    assert ask(write()).status == "queued"


def test_number_goes_at_the_pace_set_for_it(
    write: Write, carrier: Carrier, clock: Any, acme_number: Any
) -> None:
    SmsConfiguration.objects.update(segments_per_second=1000)
    acme_number.segments_per_second = 0.5
    acme_number.save()
    fill(write)
    message = write()
    clock.now += 1
    assert ask(message).status == "queued"
    clock.now += 3
    assert ask(message).status == "sent"


@pytest.mark.parametrize("server", ["redis://127.0.0.1:1/0", "unix:///nowhere/valkey.sock"])
def test_sending_goes_on_slowly_without_valkey(
    write: Write, carrier: Carrier, clock: Any, settings: Any, server: str
) -> None:
    settings.REDIS_URL = server
    sent = [ask(write(recipients=[f"+1512555{number:04}"])).status for number in range(15)]
    assert sent == ["sent"] * 10 + ["queued"] * 5
    first, second = write(text="first"), write(text="second")
    ask(first)
    assert ask(second).status == "queued"
    clock.now += 30
    assert ask(first).status == "sent"


def test_order_is_kept_without_valkey(
    write: Write, carrier: Carrier, clock: Any, settings: Any
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    carrier.script[:] = [TemporaryFailure("Down.")]
    first = write(text="first")
    ask(first)
    Message.objects.filter(pk=first.pk).update(
        next_attempt_at=timezone.now() + timedelta(minutes=1)
    )
    assert ask(write(text="second")).status == "queued"


def test_sweep_rings_for_replies_beside_a_long_broadcast(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.sweeps._MOST", 3)
    long_ago = timezone.now() - timedelta(minutes=5)
    for number in range(5):
        write(recipients=[f"+1512555{number:04}"])
    Message.objects.update(origin="broadcast", created_at=long_ago - timedelta(minutes=1))
    reply = write()
    Message.objects.filter(pk=reply.pk).update(created_at=long_ago)
    rung: list[tuple[str, Any]] = []
    monkeypatch.setattr("messaging.queue.enqueue", lambda task, key, **_: rung.append((task, key)))
    sweep()
    assert ("messaging.deliver_message", reply.pk) in rung
    assert [task for task, _ in rung].count("messaging.deliver_bulk_message") == 3


def test_sweep_leaves_a_long_queue_alone(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write()
    Message.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    rung: list[str] = []
    monkeypatch.setattr("messaging.queue.enqueue", lambda task, key, **_: rung.append(task))
    monkeypatch.setattr("messaging.pacing.backlog.is_long", lambda task: True)
    sweep()
    assert rung == []
