"""The page of what waits for its time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from messaging.conversations import conversation_with
from messaging.models import Contact, Message
from messaging.models.message import Status

LIST = "/t/acme/messaging/scheduledmessage/"
OURS = "+19195550101"
DANA = "+12065550177"


@pytest.fixture
def wait(acme: Any, acme_line: Any, bob: Any) -> Any:
    """Store a message of Bob's that waits."""

    def store(text: str, *, to: str = DANA, hours: int = 3, status: str = "scheduled") -> Message:
        at = timezone.now() + timedelta(hours=hours)
        with tenant_context(acme):
            message = Message.objects.create(
                conversation=conversation_with(OURS, [to], at=timezone.now()),
                direction="out",
                status=status,
                sender=OURS,
                text=text,
                author=bob,
                created_at=timezone.now(),
                scheduled_at=at,
                next_attempt_at=at,
            )
            message.recipients.create(number=to, status=status)
        return message

    return store


def stored(acme: Any, message: Message) -> Message:
    with tenant_context(acme):
        return Message.objects.get(pk=message.pk)


def local(**ahead: int) -> str:
    with timezone.override("America/New_York"):
        return timezone.localtime(timezone.now() + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M")


def test_only_what_waits_is_listed_with_whom_it_is_for(signed_in, alice, acme, wait) -> None:
    wait("Waits <b>")
    wait("Gone", status="delivered")
    with tenant_context(acme):
        Contact.objects.create(number=DANA, name="Dana Whitfield")
    page = signed_in(alice).get(LIST).content.decode()
    assert "Waits &lt;b&gt;" in page
    assert "Gone" not in page
    assert "Dana Whitfield" in page
    assert "bob@acme.example" in page
    assert "(919) 555-0101" in page


def test_the_list_asks_as_much_for_many_as_for_few(signed_in, alice, wait) -> None:
    client = signed_in(alice)
    for i in range(8):
        wait("x", to=f"+1206555{1000 + i}")
    client.get(LIST)
    with CaptureQueriesContext(connection) as asked:
        client.get(LIST)
    assert sum(not query["sql"].startswith("SET ") for query in asked) <= 12


def test_text_and_time_are_changed(signed_in, alice, acme, wait) -> None:
    message = wait("Before")
    client = signed_in(alice)
    page = client.get(f"{LIST}{message.pk}/change/").content.decode()
    assert "America/New_York" in page
    at = local(days=2)
    answer = client.post(f"{LIST}{message.pk}/change/", {"text": "After", "scheduled_at": at})
    assert answer.status_code == 302
    changed = stored(acme, message)
    with timezone.override("America/New_York"):
        assert timezone.localtime(changed.scheduled_at).strftime("%Y-%m-%dT%H:%M") == at
    assert (changed.text, changed.status) == ("After", Status.SCHEDULED)
    with tenant_context(acme):
        assert "Changed by alice@acme.example" in changed.events.get().detail


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ("x", local(hours=-4), "has passed"),
        ("x", local(days=500), "more than a year"),
        ("", local(days=1), "Write a text"),
        ("x", "soon", "Choose a date and a time."),
    ],
)
def test_what_cannot_be_is_told_beside_the_form(
    signed_in, alice, acme, wait, text, at, said
) -> None:
    message = wait("Before")
    page = signed_in(alice).post(f"{LIST}{message.pk}/change/", {"text": text, "scheduled_at": at})
    assert page.status_code == 200
    assert said in page.content.decode()
    assert stored(acme, message).text == "Before"


@pytest.mark.parametrize(
    ("action", "status"), [("send_now", Status.QUEUED), ("cancel", Status.CANCELED)]
)
def test_actions_are_posted(signed_in, alice, acme, wait, action, status) -> None:
    message = wait("x")
    client = signed_in(alice)
    path = f"{LIST}{message.pk}/{action}/"
    client.get(path)
    assert stored(acme, message).status == Status.SCHEDULED
    answer = client.post(path, {"_form_submitted": "True"})
    assert answer.status_code < 400
    assert stored(acme, message).status == status


def test_what_has_left_is_no_longer_here(signed_in, alice, wait) -> None:
    message = wait("x", status="delivered")
    client = signed_in(alice)
    assert client.get(f"{LIST}{message.pk}/change/").status_code == 404


def test_neither_extension_users_nor_other_tenants_get_in(
    signed_in, bob, gina, acme, wait, globex_line
) -> None:
    message = wait("x")
    for user in (bob, gina):
        for path in ("", f"{message.pk}/change/", f"{message.pk}/cancel/"):
            assert signed_in(user).post(f"{LIST}{path}").status_code == 403
    there = f"{LIST}{message.pk}/".replace("/acme/", "/globex/")
    assert signed_in(gina).get(f"{there}change/").status_code == 404
    signed_in(gina).post(f"{there}cancel/", {"_form_submitted": "True"})
    assert stored(acme, message).status == Status.SCHEDULED
