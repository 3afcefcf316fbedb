"""Scheduled messages: which times are taken, what may change until then, and who wins a race."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from messaging import sweeps
from messaging.models import Extension, Message, MessageSetting, OptOut
from messaging.outbound.refusals import SendRefused
from messaging.outbound.schedule import cancel_scheduled, edit_scheduled, send_scheduled_now
from tenants.models import Tenant, User
from tenants.roles import Role
from tests.messaging.outbound.conftest import Write
from tests.messaging.outbound.receipt import CUSTOMER


def ahead(**parts: int) -> datetime:
    return timezone.now() + timedelta(**parts)


@pytest.fixture
def who(alice: User, acme: Tenant) -> dict[str, Any]:
    return {"user": alice, "role": Role.ADMIN, "tenant": acme}


@pytest.fixture
def later(write: Write) -> Message:
    return write(scheduled_at=ahead(hours=2))


@pytest.mark.parametrize(
    ("parts", "said"),
    [({"hours": -1}, "has passed"), ({"days": 400}, "more than a year")],
    ids=["past", "far"],
)
def test_a_time_that_makes_no_sense_is_refused_in_words(
    write: Write, later: Message, who: dict[str, Any], parts: dict[str, int], said: str
) -> None:
    with pytest.raises(SendRefused, match=said) as refused:
        write(text="another", scheduled_at=ahead(**parts))
    assert refused.value.code == "invalid_time"
    with pytest.raises(SendRefused, match=said):
        edit_scheduled(later, **who, scheduled_at=ahead(**parts))
    assert Message.objects.count() == 1


def test_text_and_time_change_and_the_timeline_tells_who_did_it(
    later: Message, who: dict[str, Any]
) -> None:
    new_time = ahead(days=1)
    edit_scheduled(later, **who, text="Ünïcode 🦷" * 20, scheduled_at=new_time)
    stored = Message.objects.get()
    assert stored.text == "Ünïcode 🦷" * 20
    assert (stored.scheduled_at, stored.next_attempt_at) == (new_time, new_time)
    assert (stored.status, stored.encoding) == ("scheduled", "UCS-2")
    assert stored.segment_count > 1
    event = stored.events.last()
    assert event is not None
    assert event.detail == "Changed by alice@acme.example: another text and another time"
    assert stored.conversation.last_text.startswith("Ünïcode")


def test_saving_without_a_change_leaves_no_trace(later: Message, who: dict[str, Any]) -> None:
    edit_scheduled(later, **who, text=later.text)
    assert later.events.count() == 1


@pytest.mark.parametrize("text", ["", "x" * 2049], ids=["empty", "too long"])
def test_a_changed_text_is_judged_like_a_new_one(
    later: Message, who: dict[str, Any], text: str
) -> None:
    with pytest.raises(SendRefused):
        edit_scheduled(later, **who, text=text)
    assert Message.objects.get().text == "Your table is ready"


def test_whoever_opted_out_meanwhile_gets_nothing_earlier(
    later: Message, who: dict[str, Any]
) -> None:
    OptOut.objects.create(our_number=later.sender, number=CUSTOMER, source="keyword")
    with pytest.raises(SendRefused, match="does not want"):
        send_scheduled_now(later, **who)
    assert Message.objects.get().status == "scheduled"


def test_the_sweep_that_was_quicker_wins(later: Message, who: dict[str, Any]) -> None:
    Message.objects.update(next_attempt_at=ahead(minutes=-1))
    sweeps.sweep()
    for change in (
        lambda: edit_scheduled(later, **who, text="too late"),
        lambda: edit_scheduled(later, **who, text=later.text),
        lambda: send_scheduled_now(later, **who),
        lambda: cancel_scheduled(later, **who),
    ):
        with pytest.raises(SendRefused, match="this message is queued"):
            change()
    assert Message.objects.get().text == "Your table is ready"


def test_the_person_who_was_quicker_wins(
    later: Message, who: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep has read the row as due; before it lets it go, its time is moved."""
    Message.objects.update(next_attempt_at=ahead(minutes=-1))
    read = sweeps._some

    def moved_meanwhile(rows: Any) -> list[Message]:
        found = read(rows)
        if found:
            edit_scheduled(found[0], **who, scheduled_at=ahead(days=1))
        return found

    monkeypatch.setattr(sweeps, "_some", moved_meanwhile)
    sweeps._release_scheduled()
    assert Message.objects.get().status == "scheduled"


def test_sent_now_it_is_queued_and_counts_as_wanted_from_now_on(
    later: Message, who: dict[str, Any]
) -> None:
    send_scheduled_now(later, **who)
    stored = Message.objects.get()
    assert stored.status == "queued"
    assert stored.scheduled_at is not None
    assert stored.scheduled_at <= timezone.now()


def test_a_message_of_a_line_that_is_off_can_be_held_back(
    later: Message, who: dict[str, Any]
) -> None:
    MessageSetting.objects.update(enabled=False)
    with pytest.raises(SendRefused, match="switched off"):
        edit_scheduled(later, **who, text="x")
    cancel_scheduled(later, **who)
    assert Message.objects.get().status == "canceled"


def test_an_extension_touches_messages_of_its_own_lines_only(
    later: Message, bob: User, acme: Tenant
) -> None:
    other = Extension.objects.create(number="102", name="Bea")
    MessageSetting.objects.update(extension=other)
    bobs: dict[str, Any] = {"user": bob, "role": Role.EXTENSION, "tenant": acme}
    for change in (edit_scheduled, send_scheduled_now, cancel_scheduled):
        with pytest.raises(SendRefused, match="cannot send from this number"):
            change(later, **bobs)  # type: ignore[operator]
    assert Message.objects.get().status == "scheduled"
