"""One turn of a tenant: what is claimed, what is left, and who is rung for next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from messaging import queue
from messaging.delivery import crew, handing_over, lane
from messaging.delivery.lane import Batch, Job
from messaging.models import Message
from tenants.models import Tenant
from tests.messaging.outbound.carrier import ScriptedCarrier
from tests.messaging.outbound.conftest import Write, at_acme, carrier, write

__all__ = ["at_acme", "carrier", "write"]

LATER = "+15125550399"


class Obedient:
    """Room without end, and carriers that are asked when the test says so."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def reserve(self, schema: str, most: int, **_: Any) -> int:
        return most

    def release(self, schema: str, room: int) -> None: ...

    def hand_over(self, jobs: Sequence[Job]) -> None:
        self.jobs += jobs

    def work(self, tenant: Tenant) -> None:
        jobs, self.jobs = self.jobs, []
        crew.write(tenant, [crew.ask(job) for job in jobs])


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> Obedient:
    found = Obedient()
    monkeypatch.setattr(handing_over, "crew", lambda: found)
    return found


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(
        queue, "ring", lambda task, schema, delay=None: asked.append((task, schema))
    )
    return asked


class SameThread:
    """Does at once, and with the test's connection, what a thread of its own does."""

    def submit(self, work: Callable[..., Batch], *args: str) -> Future[Batch]:
        done: Future[Batch] = Future()
        done.set_result(work(*args))
        return done


@pytest.fixture(autouse=True)
def _in_this_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing_over, "_claimer", SameThread())
    monkeypatch.setattr(handing_over, "close_old_connections", lambda: None)


def turn() -> None:
    handing_over.take_turn(queue.DELIVER, "t_acme")


def test_texts_of_a_thread_leave_in_their_order_and_one_at_a_time(
    write: Write,
    carrier: type[ScriptedCarrier],
    people: Obedient,
    rung: list[Any],
    acme: Tenant,
) -> None:
    first, second, other = write(text="one"), write(text="two"), write(recipients=[LATER])
    # As a message that was to leave earlier, and was written later.
    Message.objects.filter(pk=second.pk).update(scheduled_at=timezone.now() - timedelta(hours=1))
    turn()
    turn()
    assert {job.message.pk for job in people.jobs} == {second.pk, other.pk}
    assert rung == []
    people.work(acme)
    assert rung == [(queue.DELIVER, "t_acme")]
    turn()
    people.work(acme)
    first.refresh_from_db()
    assert first.status == "sent"
    assert sorted(each.text for each in carrier.sent)[:2] == ["Your table is ready", "one"]


def test_a_batch_that_cannot_be_taken_is_delivered_one_by_one(
    write: Write,
    carrier: type[ScriptedCarrier],
    people: Obedient,
    rung: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad, good = write(), write(recipients=[LATER])
    known = handing_over.attempt.deliver

    def deliver(key: Any) -> None:
        if key == bad.pk:
            raise ValueError("a bug")
        known(key)

    monkeypatch.setattr(lane, "take", lambda **_: 1 / 0)
    monkeypatch.setattr(handing_over.attempt, "deliver", deliver)
    turn()
    for message, status in ((bad, "queued"), (good, "sent")):
        message.refresh_from_db()
        assert message.status == status


def test_a_tenant_whose_tables_are_held_keeps_nobody_waiting(
    write: Write,
    carrier: type[ScriptedCarrier],
    people: Obedient,
    rung: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message = write()
    real = lane.lock

    def behind_another(*args: Any, **kwargs: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(-77)")
        return real(*args, **kwargs)

    monkeypatch.setattr(lane, "lock", behind_another)
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(-77)")
        turn()
    message.refresh_from_db()
    assert (message.status, people.jobs) == ("queued", [])
    assert rung == [(queue.DELIVER, "t_acme")]


def test_answers_that_were_overtaken_by_a_sweep_are_not_lost(
    write: Write, carrier: type[ScriptedCarrier], people: Obedient, rung: list[Any], acme: Tenant
) -> None:
    message = write()
    turn()
    Message.objects.filter(pk=message.pk).update(status="unconfirmed", next_attempt_at=None)
    people.work(acme)
    message.refresh_from_db()
    assert (message.status, message.provider_message_id) == ("sent", "id-1")
    assert message.exchanges.count() == 0  # the scripted carrier notes none
