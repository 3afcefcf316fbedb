"""Quiet hours by the recipient's clock, and messages whose time runs out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from messaging import sweeps
from messaging.delivery.attempt import deliver
from messaging.hours import quiet as quiet_hours
from messaging.models import Conversation, Message, SendingPolicy
from messaging.outbound.refusals import SendRefused
from messaging.outbound.send import retry_message
from providers.errors import TemporaryFailure
from tests.messaging.outbound.carrier import ScriptedCarrier
from tests.messaging.outbound.conftest import Write

Carrier = type[ScriptedCarrier]
HOME = "America/New_York"
TEXAS, CAROLINA, CALIFORNIA, IDAHO = "+15125550300", "+19195550300", "+12135550300", "+12085550300"
NIGHT = datetime(2026, 6, 10, 4, 0, tzinfo=UTC)  # 11 PM in Texas, midnight in Carolina


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the time of day."""

    def put(at: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: at)

    return put


@pytest.fixture
def quiet(at_acme: Any, clock: Callable[[datetime], None]) -> SendingPolicy:
    """Quiet from nine to eight, and it is night."""
    clock(NIGHT)
    return SendingPolicy.objects.create(pk=1, quiet_hours=True)


def rules(start: int = 21, end: int = 8) -> SendingPolicy:
    return SendingPolicy(quiet_hours=True, quiet_from=time(start), quiet_until=time(end))


@pytest.mark.parametrize(
    ("number", "zones"),
    [
        (TEXAS, ("America/Chicago",)),
        (IDAHO, ("America/Boise", "America/Los_Angeles")),
        ("+442079460000", ("Europe/London",)),
        ("+18005550199", (HOME,)),
        ("72345", (HOME,)),
        ("+19995550100", (HOME,)),
    ],
    ids=["one zone", "two zones", "abroad", "toll-free", "short code", "no such area"],
)
def test_the_area_code_tells_the_time_zone(number: str, zones: tuple[str, ...]) -> None:
    assert quiet_hours.zones_of(number, home=HOME) == zones


@pytest.mark.parametrize(
    ("numbers", "at", "end"),
    [
        ([TEXAS], "2026-06-10T01:59:00", None),
        ([TEXAS], "2026-06-10T02:00:00", "2026-06-10T13:00:00"),
        ([TEXAS], "2026-06-10T12:59:00", "2026-06-10T13:00:00"),
        ([TEXAS], "2026-06-10T13:00:00", None),
        ([IDAHO], "2026-06-10T14:30:00", "2026-06-10T15:00:00"),
        ([CAROLINA, CALIFORNIA], "2026-06-10T12:30:00", "2026-06-10T15:00:00"),
        ([CALIFORNIA], "2026-03-08T08:30:00", "2026-03-08T15:00:00"),
        ([CALIFORNIA], "2026-11-01T08:30:00", "2026-11-01T16:00:00"),
    ],
    ids=[
        "before", "begins", "nearly over", "over", "both zones", "the last of a group",
        "clocks go forward", "clocks go back",
    ],
)  # fmt: skip
def test_quiet_hours_are_those_of_the_last_to_wake(
    numbers: list[str], at: str, end: str | None
) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    expected = datetime.fromisoformat(end).replace(tzinfo=UTC) if end else None
    assert quiet_hours.end_of_quiet(numbers, moment, rules=rules(), home=HOME) == expected


def test_hours_in_the_middle_of_the_day_work_too() -> None:
    noon = datetime(2026, 6, 10, 17, 30, tzinfo=UTC)  # 12:30 in Texas
    end = quiet_hours.end_of_quiet([TEXAS], noon, rules=rules(12, 14), home=HOME)
    assert end == datetime(2026, 6, 10, 19, 0, tzinfo=UTC)


def test_a_new_text_waits_for_the_morning_and_then_leaves(
    quiet: SendingPolicy, clock: Any, write: Write, carrier: Carrier
) -> None:
    message = write(recipients=[TEXAS])
    deliver(message.pk)
    message.refresh_from_db()
    assert (message.status, message.attempts) == ("queued", 0)
    assert message.next_attempt_at == datetime(2026, 6, 10, 13, 0, tzinfo=UTC)
    said = message.events.last()
    assert said is not None
    assert said.detail == "Quiet hours: waits until 8:00 AM by the recipient's clock"

    clock(NIGHT + timedelta(hours=9, minutes=1))
    sweeps.sweep()
    deliver(message.pk)
    message.refresh_from_db()
    assert (message.status, len(carrier.sent)) == ("sent", 1)


def test_a_scheduled_one_waits_too(
    quiet: SendingPolicy, clock: Any, write: Write, carrier: Carrier
) -> None:
    clock(NIGHT - timedelta(hours=4))
    message = write(recipients=[TEXAS], scheduled_at=NIGHT)
    clock(NIGHT + timedelta(seconds=1))
    sweeps.sweep()
    deliver(message.pk)
    message.refresh_from_db()
    assert (message.status, carrier.sent) == ("queued", [])


@pytest.mark.parametrize(
    "origin", [Message.Origin.AUTO_REPLY, Message.Origin.CONSENT], ids=["auto-reply", "consent"]
)
def test_what_answers_by_itself_does_not_wait(
    quiet: SendingPolicy, write: Write, carrier: Carrier, origin: str
) -> None:
    message = write(recipients=[TEXAS])
    Message.objects.filter(pk=message.pk).update(origin=origin)
    deliver(message.pk)
    assert len(carrier.sent) == 1


@pytest.mark.parametrize(
    ("hours", "leaves"), [(1, 1), (7, 0)], ids=["texted lately", "texted this morning"]
)
def test_an_answer_to_somebody_who_is_awake_does_not_wait(
    quiet: SendingPolicy, write: Write, carrier: Carrier, hours: int, leaves: int
) -> None:
    message = write(recipients=[TEXAS])
    Conversation.objects.update(last_inbound_at=NIGHT - timedelta(hours=hours))
    deliver(message.pk)
    assert len(carrier.sent) == leaves


def test_sent_anyway_it_leaves_at_once_and_the_timeline_tells_by_whom(
    quiet: SendingPolicy, write: Write, carrier: Carrier
) -> None:
    message = write(recipients=[TEXAS], ignore_quiet_hours=True)
    deliver(message.pk)
    assert len(carrier.sent) == 1
    first = message.events.first()
    assert first is not None
    assert first.detail == "Sent in quiet hours on purpose by alice@acme.example"


def test_waiting_for_the_morning_takes_nothing_of_the_patience(
    quiet: SendingPolicy, clock: Any, write: Write, carrier: Carrier
) -> None:
    SendingPolicy.objects.update(expire_hours=2)
    message = write(recipients=[TEXAS])
    deliver(message.pk)
    clock(NIGHT + timedelta(hours=9, minutes=1))
    sweeps.sweep()
    deliver(message.pk)
    message.refresh_from_db()
    assert message.status == "sent"
    told = carrier.sent[0].expires_at
    assert told is not None
    assert told > timezone.now()


def test_an_end_that_was_asked_for_stays_and_is_told_to_the_carrier(
    write: Write, carrier: Carrier
) -> None:
    end = timezone.now() + timedelta(hours=3)
    deliver(write(expires_at=end).pk)
    assert [m.expires_at for m in carrier.sent] == [end]


def test_what_waited_beyond_its_end_fails_as_too_late(
    quiet: SendingPolicy, clock: Any, write: Write, carrier: Carrier
) -> None:
    message = write(recipients=[TEXAS], expires_at=NIGHT + timedelta(hours=1))
    deliver(message.pk)
    clock(NIGHT + timedelta(hours=2))
    sweeps.sweep()
    message.refresh_from_db()
    assert (message.status, message.failure_reason) == ("failed", "expired")
    assert "in time" in message.error_text
    assert carrier.sent == []

    retry_message(message)
    message.refresh_from_db()
    assert (message.status, message.expires_at) == ("queued", None)


def test_what_nobody_sent_for_a_day_is_given_up_by_task_and_by_sweep(
    write: Write, carrier: Carrier
) -> None:
    first, second = write(), write()
    Message.objects.update(created_at=timezone.now() - timedelta(hours=25))
    deliver(first.pk)
    sweeps.sweep()
    for message in (first, second):
        message.refresh_from_db()
        assert (message.status, message.failure_reason) == ("failed", "expired")
    assert carrier.sent == []


def test_the_companys_patience_ends_the_tries(write: Write, carrier: Carrier) -> None:
    SendingPolicy.objects.create(pk=1, expire_hours=2)
    carrier.script[:] = [TemporaryFailure("Busy.", retry_after=3 * 3600)]
    message = write()
    deliver(message.pk)
    message.refresh_from_db()
    assert message.status == "failed"


@pytest.mark.parametrize(
    ("parts", "said"),
    [({"minutes": -5}, "before it can be sent"), ({"days": 400}, "more than a year")],
    ids=["past", "far"],
)
def test_an_end_that_makes_no_sense_is_refused(
    write: Write, parts: dict[str, int], said: str
) -> None:
    with pytest.raises(SendRefused, match=said):
        write(expires_at=timezone.now() + timedelta(**parts))
    assert Message.objects.count() == 0


def test_an_end_before_the_time_it_is_scheduled_for_is_refused(write: Write) -> None:
    now = timezone.now()
    with pytest.raises(SendRefused, match="before it can be sent"):
        write(scheduled_at=now + timedelta(hours=2), expires_at=now + timedelta(hours=1))
