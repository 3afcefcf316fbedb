"""Running a broadcast: each recipient once, no further ahead than needed, nobody against a wish."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from messaging import sweeps
from messaging.broadcasts import batch, runner, states
from messaging.broadcasts.audience import Person
from messaging.inbound.placing import place
from messaging.inbound.routing import Route
from messaging.models import (
    Broadcast,
    Contact,
    Conversation,
    Message,
    MessageSetting,
    OptOut,
    SendingPolicy,
)
from messaging.outbound.refusals import SendRefused
from providers.errors import AccountProblem
from tenants.models import PhoneNumber, Tenant, User
from tenants.roles import Role
from tests.conftest import ACME_NUMBER
from tests.messaging.broadcasts.conftest import MakeBroadcast, numbers
from tests.messaging.outbound.carrier import ScriptedCarrier

Carrier = type[ScriptedCarrier]


@pytest.fixture
def who(alice: User, acme: Tenant) -> dict[str, Any]:
    return {"user": alice, "role": Role.ADMIN, "tenant": acme}


@pytest.fixture
def work(send_queued: Callable[[], None]) -> Callable[[Broadcast], None]:
    """Let runners and senders work until there is nothing left to do."""

    def until_done(broadcast: Broadcast) -> None:
        for _ in range(30):
            Broadcast.objects.update(touched_at=None)  # the pause between two runners
            runner.run(broadcast.pk)
            send_queued()
        broadcast.refresh_from_db()

    return until_done


def test_everybody_gets_the_text_once_in_their_own_words(
    make_broadcast: MakeBroadcast, who: Any, work: Any, carrier: Carrier
) -> None:
    Contact.objects.create(number="+15125550001", name="Dana Rivers", company="Rivers LLC")
    broadcast = make_broadcast(
        [
            Person(number="+15125550001"),
            Person(number="+15125550002", fields={"first_name": "Bo", "due": "Monday"}),
            Person(number="+15125550003"),
        ],
        text="Hi {first_name|there}, due {due|soon}",
    )

    states.start(broadcast, **who)
    work(broadcast)

    assert sorted(m.text for m in carrier.sent) == [
        "Hi Bo, due Monday",
        "Hi Dana, due soon",
        "Hi there, due soon",
    ]
    assert broadcast.state == "done"
    assert broadcast.finished_at is not None
    message = Message.objects.get(recipients__number="+15125550001")
    assert (message.origin, message.broadcast, message.author) == (
        "broadcast", broadcast, who["user"],
    )  # fmt: skip
    assert broadcast.recipients.get(number="+15125550001").message_id == message.pk


def test_no_more_is_written_than_is_sent_soon(
    make_broadcast: MakeBroadcast, who: Any, send_queued: Any, carrier: Carrier
) -> None:
    broadcast = make_broadcast(350)
    states.start(broadcast, **who)

    runner.run(broadcast.pk)
    assert Message.objects.filter(status="queued").count() == runner.MOST_WAITING

    for _ in range(150):
        first = Message.objects.filter(status="queued").first()
        assert first
        Message.objects.filter(pk=first.pk).update(status="sent")
    Broadcast.objects.update(touched_at=None)
    runner.run(broadcast.pk)
    assert Message.objects.count() == 350


def test_a_batch_costs_the_same_whatever_its_size(make_broadcast: MakeBroadcast, who: Any) -> None:
    counts = []
    for size in (5, 100):
        Message.objects.all().delete()
        Broadcast.objects.all().delete()
        Conversation.objects.all().delete()
        broadcast = make_broadcast(size)
        states.start(broadcast, **who)
        with CaptureQueriesContext(connection) as captured:
            runner.run(broadcast.pk)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_runner_that_died_in_a_batch_leaves_nothing_half_done(
    make_broadcast: MakeBroadcast, who: Any, work: Any, carrier: Carrier, monkeypatch: Any
) -> None:
    broadcast = make_broadcast(10)
    states.start(broadcast, **who)
    store = batch._store

    def die(*args: Any) -> None:
        store(*args)
        raise RuntimeError("killed")

    monkeypatch.setattr(batch, "_store", die)
    with pytest.raises(RuntimeError):
        runner.run(broadcast.pk)
    assert Message.objects.count() == 0

    monkeypatch.undo()
    work(broadcast)
    assert len(carrier.sent) == len({m.recipients for m in carrier.sent}) == 10


def test_a_second_runner_beside_a_living_one_leaves(
    make_broadcast: MakeBroadcast, who: Any
) -> None:
    broadcast = make_broadcast(3)
    states.start(broadcast, **who)
    Broadcast.objects.update(touched_at=timezone.now())
    runner.run(broadcast.pk)
    assert Message.objects.count() == 0


def test_whoever_opted_out_is_skipped_at_writing_and_at_sending(
    make_broadcast: MakeBroadcast, who: Any, send_queued: Any, carrier: Carrier
) -> None:
    before, meanwhile, other = numbers(3)
    OptOut.objects.create(our_number=None, number=before, source="manual")
    broadcast = make_broadcast(3)
    states.start(broadcast, **who)
    runner.run(broadcast.pk)
    OptOut.objects.create(our_number=ACME_NUMBER, number=meanwhile, source="keyword")
    send_queued()

    assert [m.recipients for m in carrier.sent] == [(other,)]
    skipped = broadcast.recipients.get(number=before)
    assert (skipped.state, skipped.reason) == ("skipped", batch.OPTED_OUT)
    assert Message.objects.get(recipients__number=meanwhile).failure_reason == "opted_out"


@pytest.mark.parametrize(
    ("number", "text", "reason"),
    [
        (ACME_NUMBER, "Hi", "the number it is sent from"),
        ("+15125550001", "{name}", "Nothing is left"),
        ("+15125550001", "x" * 1990 + "{name|" + "y" * 100 + "}", "longer than"),
    ],
    ids=["ourselves", "empty", "too long"],
)
def test_what_cannot_be_sent_is_skipped_with_its_reason(
    make_broadcast: MakeBroadcast, who: Any, number: str, text: str, reason: str
) -> None:
    broadcast = make_broadcast([Person(number=number)], text=text)
    states.start(broadcast, **who)
    runner.run(broadcast.pk)
    person = broadcast.recipients.get()
    assert person.state == "skipped"
    assert reason in person.reason
    assert Message.objects.count() == 0


def test_paused_nothing_leaves_and_resumed_everything_does(
    make_broadcast: MakeBroadcast, who: Any, send_queued: Any, work: Any, carrier: Carrier
) -> None:
    broadcast = make_broadcast(5)
    states.start(broadcast, **who)
    runner.run(broadcast.pk)
    states.pause(broadcast)
    send_queued()
    assert carrier.sent == []
    held = Message.objects.filter(status="queued").first()
    assert held is not None
    assert held.events.last().detail == "Waits: the broadcast is paused"  # type: ignore[union-attr]

    states.resume(broadcast, **who)
    work(broadcast)
    assert len(carrier.sent) == 5
    assert broadcast.state == "done"


def test_canceled_what_no_carrier_has_is_not_sent(
    make_broadcast: MakeBroadcast, who: Any, work: Any, carrier: Carrier
) -> None:
    broadcast = make_broadcast(250)
    states.start(broadcast, **who)
    runner.run(broadcast.pk)
    assert states.cancel(broadcast, user=who["user"]) == 250
    work(broadcast)
    assert carrier.sent == []
    assert broadcast.state == "canceled"
    assert set(Message.objects.values_list("status", flat=True)) == {"canceled"}
    assert broadcast.recipients.filter(state="skipped", reason="Canceled").count() == 50


def test_an_account_that_fails_pauses_it_before_all_is_burnt(
    make_broadcast: MakeBroadcast, who: Any, send_queued: Any, carrier: Carrier
) -> None:
    broadcast = make_broadcast(20)
    states.start(broadcast, **who)
    runner.run(broadcast.pk)
    carrier.script[:] = [AccountProblem("Bandwidth refuses the credentials.")] * 20
    send_queued()
    broadcast.refresh_from_db()
    assert broadcast.state == "paused"
    assert "refuses the credentials" in broadcast.problem
    assert len(carrier.sent) == 3


def test_a_line_that_is_off_pauses_it_with_the_reason(
    make_broadcast: MakeBroadcast, who: Any
) -> None:
    broadcast = make_broadcast(3)
    states.start(broadcast, **who)
    MessageSetting.objects.update(enabled=False)
    runner.run(broadcast.pk)
    broadcast.refresh_from_db()
    assert broadcast.state == "paused"
    assert "switched off" in broadcast.problem
    with pytest.raises(SendRefused, match="switched off"):
        states.resume(broadcast, **who)


def test_who_sleeps_waits_and_holds_nobody_up(
    make_broadcast: MakeBroadcast, who: Any, carrier: Carrier, monkeypatch: Any
) -> None:
    SendingPolicy.objects.create(pk=1, quiet_hours=True)
    # 7:30 in Los Angeles, 10:30 in New York.
    now = datetime.fromisoformat("2026-06-10T14:30:00+00:00")
    monkeypatch.setattr(timezone, "now", lambda: now)
    broadcast = make_broadcast([Person(number="+12135550001"), Person(number="+12125550001")])
    states.start(broadcast, **who)
    runner.run(broadcast.pk)
    assert [m.recipients.get().number for m in Message.objects.all()] == ["+12125550001"]

    now += timedelta(minutes=40)
    Broadcast.objects.update(touched_at=None)
    runner.run(broadcast.pk)
    assert Message.objects.count() == 2


def test_a_scheduled_one_starts_at_its_time_and_once(
    make_broadcast: MakeBroadcast, who: Any, work: Any, carrier: Carrier
) -> None:
    broadcast = make_broadcast(3)
    states.start(broadcast, **who, at=timezone.now() + timedelta(hours=1))
    sweeps.sweep()
    broadcast.refresh_from_db()
    assert broadcast.state == "scheduled"

    Broadcast.objects.update(scheduled_at=timezone.now() - timedelta(minutes=1))
    sweeps.sweep()
    sweeps.sweep()
    work(broadcast)
    assert len(carrier.sent) == 3


def test_it_stays_out_of_the_inbox_until_somebody_answers(
    make_broadcast: MakeBroadcast, who: Any, work: Any, carrier: Carrier, signed_in: Any
) -> None:
    broadcast = make_broadcast([Person(number="+15125550300")], text="We are closed on Friday")
    states.start(broadcast, **who)
    work(broadcast)
    browser = signed_in(who["user"])
    thread = Conversation.objects.get()
    address = f"/t/acme/inbox/{thread.pk}/"
    assert address not in browser.get("/t/acme/inbox/").content.decode()
    assert "We are closed on Friday" in browser.get(address).content.decode()

    with tenant_context(who["tenant"]):
        answer = Message.objects.create(
            conversation=thread, direction="in", status="received", sender="+15125550300",
            text="Thanks", created_at=timezone.now(),
        )  # fmt: skip
        place(thread, Route(), answer)
    assert address in browser.get("/t/acme/inbox/").content.decode()


def test_an_older_thread_is_not_brought_up(
    make_broadcast: MakeBroadcast, who: Any, work: Any, carrier: Carrier
) -> None:
    at = timezone.now() - timedelta(days=3)
    Conversation.objects.create(
        our_number=ACME_NUMBER, participants_key="+15125550300", last_at=at, last_text="Hello",
        last_status="received", last_direction="in",
    )  # fmt: skip
    broadcast = make_broadcast([Person(number="+15125550300")])
    states.start(broadcast, **who)
    work(broadcast)
    thread = Conversation.objects.get()
    assert (thread.last_at, thread.last_text, thread.last_status) == (at, "Hello", "received")


@pytest.mark.parametrize(
    "change",
    ["pause", "resume", "unschedule"],
)
def test_what_makes_no_sense_in_its_state_is_refused(
    make_broadcast: MakeBroadcast, who: Any, change: str
) -> None:
    broadcast = make_broadcast(1)
    asked = who if change == "resume" else {}
    with pytest.raises(SendRefused, match="this broadcast is “draft”"):
        getattr(states, change)(broadcast, **asked)


def test_a_field_that_nobody_has_is_refused(make_broadcast: MakeBroadcast, who: Any) -> None:
    broadcast = make_broadcast(2, text="Due {due_date}")
    with pytest.raises(SendRefused, match="due_date"):
        states.start(broadcast, **who)


def test_a_number_of_somebody_else_is_refused(
    make_broadcast: MakeBroadcast, who: Any, globex_number: PhoneNumber
) -> None:
    broadcast = make_broadcast(1, our_number=globex_number.number)
    with pytest.raises(SendRefused, match="cannot send from this number"):
        states.start(broadcast, **who)
