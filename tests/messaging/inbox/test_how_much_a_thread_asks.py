"""Opening a thread, and each of its parts that is fetched again, stays cheap with everything on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from messaging.models import (
    Conversation,
    Extension,
    HandlingEvent,
    MessageSetting,
    Note,
    Recipient,
    RingGroup,
    RingGroupMember,
    SendingPolicy,
)
from tenants.models import PhoneNumber, Tenant, User
from tests.messaging.inbox.conftest import ACME_NUMBER, CUSTOMER, Say

NOT_ASKED = ("SAVEPOINT", "RELEASE", "SET search_path")
OTHERS = [CUSTOMER, "+15125550301"]


@pytest.fixture
def rich_thread(acme: Tenant, acme_line: MessageSetting, alice: User, bob: User, say: Say) -> int:
    """Store a shared group thread with notes, quiet hours and a number under registration."""
    for ago in range(20, 0, -1):
        fields: dict[str, Any] = {"direction": "out", "author": bob} if ago % 2 else {}
        message = say(f"Text {ago}", ago=ago, others=OTHERS, **fields)
        if fields:
            with tenant_context(acme):
                for number in OTHERS:
                    Recipient.objects.create(message=message, number=number, status="delivered")
    PhoneNumber.objects.filter(number=ACME_NUMBER).update(registration="pending")
    with tenant_context(acme):
        SendingPolicy.objects.create(pk=1, quiet_hours=True, unregistered="warn")
        group = RingGroup.objects.create(number="600", name="Front desk")
        RingGroupMember.objects.create(group=group, extension=acme_line.extension)
        admins = Extension.objects.create(number="109", name="Office")
        acme_line.other_extensions.add(admins)
        thread: Conversation = message.conversation
        long_ago = timezone.now() - timedelta(days=2)
        Conversation.objects.filter(pk=thread.pk).update(
            ring_group=group, shared_with=[admins.pk], last_inbound_at=long_ago
        )
        HandlingEvent.objects.create(
            conversation=thread, at=timezone.now(), kind="given", extension=acme_line.extension
        )
        Note.objects.create(
            conversation=thread, text="@101 call her", mentions=[acme_line.extension_id],
            author=alice, created_at=timezone.now(),
        )  # fmt: skip
    return thread.pk


@pytest.mark.parametrize("person", ["root", "alice", "bob"])
@pytest.mark.parametrize(
    ("path", "most"),
    [
        pytest.param("", 12, id="the thread's page"),
        pytest.param("contact/", 12, id="its page with the contact"),
    ],
)
def test_a_page_asks_no_more_than_a_dozen_questions(
    person: str, path: str, most: int, rich_thread: int, request: Any, signed_in: Any
) -> None:
    client = signed_in(request.getfixturevalue(person))
    client.get("/t/acme/inbox/")  # the visit's own entry in the access log

    asked = _asked(lambda: client.get(f"/t/acme/inbox/{rich_thread}/{path}"))

    assert len(asked) <= most, "\n".join(asked)


@pytest.mark.parametrize("person", ["root", "alice", "bob"])
@pytest.mark.parametrize(
    ("path", "most"),
    [
        pytest.param("rows/", 7, id="the list"),
        pytest.param("{thread}/", 12, id="the thread into its pane"),
        pytest.param("{thread}/messages/?seen=1", 11, id="its messages after a hint"),
        pytest.param("{thread}/head/", 11, id="its head after a change of hands"),
        pytest.param("{thread}/contact/", 7, id="its contact"),
    ],
)
def test_a_part_that_is_fetched_again_asks_little(
    person: str, path: str, most: int, rich_thread: int, request: Any, signed_in: Any
) -> None:
    client = signed_in(request.getfixturevalue(person))
    client.get("/t/acme/inbox/")
    address = "/t/acme/inbox/" + path.format(thread=rich_thread)

    asked = _asked(lambda: client.get(address, headers={"HX-Request": "true"}))

    assert len(asked) <= most, "\n".join(asked)


def _asked(get: Callable[[], Any]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        answer = get()
    assert answer.status_code == 200
    return [each["sql"] for each in captured if not each["sql"].startswith(NOT_ASKED)]
