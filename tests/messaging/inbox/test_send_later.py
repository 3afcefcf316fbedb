"""Send later from the composer, and what may be done with what waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from messaging.delivery.attempt import deliver
from messaging.inbox.moments import presets
from messaging.models import Message, MessageSetting, SendingPolicy
from messaging.models.message import Status
from messaging.outbound.send import send_message
from tenants.models import Tenant, User
from tenants.roles import Role

HTMX = {"HX-Request": "true"}
BASE = "/t/acme/inbox/"
CUSTOMER = "+15125550300"


def address(message: Message, part: str = "") -> str:
    return f"{BASE}{message.conversation_id}/{part}"


def of(message: Message, action: str) -> str:
    return address(message, f"messages/{message.pk}/{action}/")


def local(**ahead: int) -> str:
    """A time to come as the form writes it, in Acme's zone."""
    with timezone.override("America/New_York"):
        return timezone.localtime(timezone.now() + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M")


@pytest.fixture
def waiting(say: Any, acme: Any) -> Message:
    at = timezone.now() + timedelta(hours=3)
    message: Message = say(
        "Later", direction="out", status=Status.SCHEDULED, scheduled_at=at, next_attempt_at=at
    )
    with tenant_context(acme):
        message.recipients.create(number=CUSTOMER, status=Status.SCHEDULED)
    return message


def stored(acme: Any, message: Message) -> Message:
    with tenant_context(acme):
        return Message.objects.get(pk=message.pk)


@pytest.mark.parametrize(
    ("now", "labels"),
    [
        (datetime(2026, 5, 6, 15, 0, tzinfo=UTC), 4),
        (datetime(2026, 5, 6, 21, 45, tzinfo=UTC), 3),
        (datetime(2026, 5, 10, 15, 0, tzinfo=UTC), 3),
    ],
    ids=["morning", "evening is nearly here", "tomorrow is Monday"],
)
def test_the_offered_times_are_to_come_and_none_comes_twice(now: datetime, labels: int) -> None:
    with timezone.override("America/New_York"):
        offered = presets(now, "US")
        assert len({moment.value for moment in offered}) == len(offered) == labels
        assert all(
            timezone.make_aware(datetime.fromisoformat(moment.value)) > now for moment in offered
        )


def test_the_sheet_names_the_zone_and_a_chosen_time_becomes_a_chip(signed_in, bob, say) -> None:
    say("hello")
    client = signed_in(bob)
    sheet = client.get(f"{BASE}later/", headers=HTMX).content.decode()
    assert "America/New_York" in sheet
    at = local(days=2)
    chip = client.get(f"{BASE}later/", {"at": at}, headers=HTMX).content.decode()
    assert f'name="send_at" value="{at}"' in chip


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (local(hours=-3), "has passed"),
        (local(days=500), "more than a year"),
        ("soon", "Choose a date and a time"),
        ("", "still to come"),
    ],
    ids=["past", "far", "nonsense", "nothing"],
)
def test_a_time_that_cannot_be_is_refused_in_words(signed_in, bob, say, at, said) -> None:
    say("hello")
    response = signed_in(bob).get(f"{BASE}later/", {"at": at}, headers=HTMX)
    assert response.status_code == 422
    assert response["HX-Retarget"] == "#sheet-refusal"
    assert said in response.content.decode()


def test_an_answer_waits_for_its_time_in_the_tenants_zone(signed_in, bob, say, acme) -> None:
    message = say("hello")
    at = local(days=1)
    signed_in(bob).post(address(message, "send/"), {"text": "Hi", "send_at": at}, headers=HTMX)
    with tenant_context(acme), timezone.override("America/New_York"):
        sent = Message.objects.get(direction="out")
        assert sent.status == Status.SCHEDULED
        assert timezone.localtime(sent.scheduled_at).strftime("%Y-%m-%dT%H:%M") == at


def test_a_wrong_time_keeps_what_was_written(signed_in, bob, say, acme) -> None:
    message = say("hello")
    response = signed_in(bob).post(
        address(message, "send/"), {"text": "my text", "send_at": local(hours=-5)}
    )
    assert response.status_code == 422
    assert "my text" in response.content.decode()
    with tenant_context(acme):
        assert not Message.objects.filter(direction="out").exists()


def test_what_waits_is_shown_with_its_time_and_what_may_be_done(signed_in, bob, waiting) -> None:
    page = signed_in(bob).get(address(waiting)).content.decode()
    assert "Sends " in page
    for action in ("edit", "now", "cancel"):
        assert of(waiting, action) in page


def test_text_and_time_are_changed_in_a_sheet(signed_in, bob, waiting, acme) -> None:
    client = signed_in(bob)
    sheet = client.get(of(waiting, "edit"), headers=HTMX).content.decode()
    assert "Later</textarea>" in sheet
    at = local(days=3)
    saved = client.post(of(waiting, "edit"), {"text": "Changed", "send_at": at}, headers=HTMX)
    assert saved.status_code == 200
    assert saved["HX-Trigger-After-Swap"] == "sheet:close"
    assert "Changed" in saved.content.decode()
    assert stored(acme, waiting).text == "Changed"


def test_changing_the_text_alone_keeps_the_time_to_the_second(
    signed_in, bob, waiting, acme
) -> None:
    with timezone.override("America/New_York"):
        at = timezone.localtime(waiting.scheduled_at).strftime("%Y-%m-%dT%H:%M")
    signed_in(bob).post(of(waiting, "edit"), {"text": "Other", "send_at": at}, headers=HTMX)
    assert stored(acme, waiting).scheduled_at == waiting.scheduled_at


@pytest.mark.parametrize(
    "form",
    [{"text": "", "send_at": ""}, {"text": "x", "send_at": local(hours=-2)}],
    ids=["empty", "past"],
)
def test_a_refused_change_is_told_in_the_sheet(signed_in, bob, waiting, acme, form) -> None:
    response = signed_in(bob).post(of(waiting, "edit"), form, headers=HTMX)
    assert response.status_code == 422
    assert response["HX-Retarget"] == "#sheet-refusal"
    assert stored(acme, waiting).text == "Later"


def test_it_can_be_sent_now(signed_in, bob, waiting, acme) -> None:
    client = signed_in(bob)
    assert client.post(of(waiting, "now"), headers=HTMX).status_code == 200
    assert stored(acme, waiting).status == Status.QUEUED
    late = client.post(of(waiting, "edit"), {"text": "x"}, headers=HTMX)
    assert late.status_code == 422
    assert "this message is queued" in late.content.decode()


def test_it_can_be_held_back_while_its_line_is_off(signed_in, bob, waiting, acme) -> None:
    with tenant_context(acme):
        MessageSetting.objects.update(enabled=False)
    assert signed_in(bob).post(of(waiting, "cancel"), headers=HTMX).status_code == 200
    assert stored(acme, waiting).status == Status.CANCELED


@pytest.mark.parametrize("action", ["edit", "now", "cancel"])
def test_what_waits_in_anothers_thread_is_not_found(
    signed_in, bob, gina, say, acme, action
) -> None:
    at = timezone.now() + timedelta(hours=3)
    other = say(
        "x",
        direction="out",
        status=Status.SCHEDULED,
        scheduled_at=at,
        others=["+12065550177"],
        is_assigned=False,
    )
    own = say("mine")
    through_own = f"{BASE}{own.conversation_id}/messages/{other.pk}/{action}/"
    assert signed_in(bob).post(of(other, action)).status_code == 404
    assert signed_in(bob).post(through_own).status_code == 404
    assert signed_in(gina).post(of(other, action)).status_code == 403
    elsewhere = of(other, action).replace("/acme/", "/globex/")
    assert signed_in(gina).post(elsewhere).status_code == 404
    assert stored(acme, other).status == Status.SCHEDULED


def test_a_text_that_waits_for_the_morning_says_so_and_can_be_held_back(
    acme: Tenant, alice: User, acme_line: MessageSetting, signed_in: Any
) -> None:
    there = timezone.now().astimezone(ZoneInfo("America/Chicago"))
    with tenant_context(acme):
        SendingPolicy.objects.create(
            pk=1,
            quiet_hours=True,
            quiet_from=(there - timedelta(hours=1)).time(),
            quiet_until=(there + timedelta(hours=1)).time(),
        )
        message = send_message(
            user=alice, role=Role.ADMIN, tenant=acme, sender="", recipients=[CUSTOMER], text="Hi"
        )
        deliver(message.pk)
    browser = signed_in(alice)
    page = browser.get(address(message)).content.decode()
    assert "Waits until" in page
    assert "by their clock." in page
    assert 'name="ignore_quiet_hours"' in page
    assert of(message, "cancel") in page

    browser.post(of(message, "cancel"))
    with tenant_context(acme):
        assert Message.objects.get().status == "canceled"


def test_send_anyway_in_the_composer_is_kept(
    acme: Tenant, alice: User, acme_line: MessageSetting, signed_in: Any
) -> None:
    sent = {"to": CUSTOMER, "from": "+19195550101", "text": "Hi", "ignore_quiet_hours": "1"}
    signed_in(alice).post(f"{BASE}new/", sent)
    with tenant_context(acme):
        first = Message.objects.get().events.first()
    assert first is not None
    assert first.detail == "Sent in quiet hours on purpose by alice@acme.example"
