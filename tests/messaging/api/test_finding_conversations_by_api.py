"""Conversations are found, paged and marked by the API as in the inbox."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest

from messaging.models import ReadMark

BASE = "/t/acme/api/v1/conversations/"
AS_JSON = {"content_type": "application/json"}
OTHER = "+12065550177"


@pytest.fixture
def hello(acme, make_message, hour_ago):
    return make_message(acme, "my crown is ready", extension="101", at=hour_ago)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("q=crown", 1),
        ("q=crow", 1),
        ("q=zzz", 0),
        ("q=%27%26%7C%21%3A%2A%5C%25", 0),
        ("q=" + quote("(512) 555-03"), 1),
        ("unread=true", 1),
        ("unread=false", 0),
        ("failed=true", 0),
        ("failed=false", 1),
        ("number=%2B19195550101", 1),
        ("number=%2B19195550999", 0),
        ("extension=101", 1),
        ("extension=none", 0),
        ("q=crown&unread=true&extension=101", 1),
    ],
)
def test_conversations_are_narrowed(api, alice, acme, hello, query, count) -> None:
    answer = api(alice, acme).get(f"{BASE}?{query}")
    assert answer.status_code == 200
    assert answer.json()["count"] == count
    assert len(answer.json()["results"]) == count


def test_pages_reach_every_conversation_once(api, alice, acme, make_message, hour_ago) -> None:
    for n in range(25):
        make_message(acme, "x", others=(f"+1512555{n:04}",), at=hour_ago + timedelta(minutes=n))
    client = api(alice, acme)
    address, found = f"{BASE}?page_size=10", []
    while address:
        page = client.get(address).json()
        assert page["count"] == 25
        found += [one["participants"][0] for one in page["results"]]
        address = page["next"]
    assert found == [f"+1512555{n:04}" for n in reversed(range(25))]


def test_read_and_unread_are_the_callers_own(api, alice, bob, acme, hello) -> None:
    admin, user = api(alice, acme), api(bob, acme)
    one = f"{BASE}{hello.conversation_id}/"
    assert admin.post(f"{one}read/").json()["unread_count"] == 0
    assert user.get(one).json()["unread_count"] == 1
    assert admin.post(f"{one}unread/", {}, **AS_JSON).json()["unread_count"] == 1
    admin.post(f"{one}read/")
    body = {"message": str(hello.pk)}
    answer = admin.post(f"{one}unread/", body, **AS_JSON)
    assert answer.json()["unread_count"] == 1


def test_unread_from_anothers_message_is_refused(
    api, bob, acme, hello, make_message, inside
) -> None:
    other = make_message(acme, "secret", others=(OTHER,))
    client = api(bob, acme)
    body = {"message": str(other.pk)}
    answer = client.post(
        f"{BASE}{hello.conversation_id}/unread/", body, content_type="application/json"
    )
    assert answer.status_code == 400
    assert answer.json() == {"message": ["This thread has no such message."]}
    for action in ("read/", "unread/"):
        assert client.post(f"{BASE}{other.conversation_id}/{action}").status_code == 404
    assert client.get(f"{BASE}?q=secret").json()["count"] == 0
    with inside(acme):
        assert not ReadMark.objects.exists()
