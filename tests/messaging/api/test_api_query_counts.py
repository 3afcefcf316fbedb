"""A list of many rows costs as many queries as a list of a few."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.models import Attachment, Contact, Extension, MessageSetting, OptOut
from tenants.models import PhoneNumber

BASE = "/t/acme/api/v1/"


def _queries(client, path) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(f"{BASE}{path}")
    assert answer.status_code == 200, answer.content
    assert answer.json()["results"]
    return len(captured)


@pytest.mark.parametrize(
    ("person", "path"),
    [
        ("alice", "sms-configurations/"),
        ("alice", "extensions/"),
        ("alice", "message-settings/"),
        ("alice", "opt-outs/"),
        ("alice", "conversations/"),
        ("alice", "conversations/?unread=true&q=c"),
        ("alice", "messages/"),
        ("bob", "conversations/"),
        ("bob", "messages/"),
        ("bob", "contacts/"),
    ],
)
def test_a_list_is_read_in_a_fixed_number_of_queries(
    request, api, acme, inside, trunk, acme_line, make_message, hour_ago, person, path
) -> None:
    def grow(rows: range) -> None:
        for n in rows:
            other = f"+151255503{n:02}"
            message = make_message(
                acme, f"m{n}", others=(other,), extension="101", at=hour_ago + timedelta(seconds=n)
            )
            make_message(acme, f"m{n} out", direction="out", others=(other,))
            number = PhoneNumber.objects.create(number=f"+1919555{n:04}", trunk=trunk, tenant=acme)
            with inside(acme):
                Attachment.objects.create(message=message, state="ready")
                Contact.objects.create(number=other, name=f"C{n}")
                extension = Extension.objects.create(number=f"2{n:02}")
                OptOut.objects.create(number=other)
                MessageSetting.objects.create(
                    phone_number=number, provider=acme_line.provider, extension=extension
                )

    client = api(request.getfixturevalue(person))
    grow(range(2))
    few = _queries(client, path)
    grow(range(2, 12))
    assert _queries(client, path) <= few
