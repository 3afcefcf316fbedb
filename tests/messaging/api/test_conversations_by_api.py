"""`conversations/`: what is listed, in which order, for whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from messaging.models import Contact

URL = "/t/acme/api/v1/conversations/"
ANN = "+15125550301"
BEN = "+15125550302"


@pytest.fixture
def admin(api: Any, alice: Any) -> Client:
    return api(alice)


def _listed(client: Client, query: str = "") -> list[str]:
    answer = client.get(URL + query)
    assert answer.status_code == 200, answer.content
    return [row["last_text"] for row in answer.json()["results"]]


def test_a_conversation_says_all_that_a_list_shows(admin, acme, inside, make_message) -> None:
    message = make_message(acme, "Order ready?", extension="101")
    with inside(acme):
        Contact.objects.create(number="+15125550300", name="Cleo")
    listed = admin.get(URL).json()
    assert (listed["count"], listed["next"], listed["previous"]) == (1, None, None)
    row = listed["results"][0]
    assert row.pop("last_at")
    assert row == {
        "id": message.conversation_id,
        "our_number": "+19195550101",
        "participants": ["+15125550300"],
        "contact": "Cleo",
        "extension": "101",
        "ring_group": None,
        "shared": False,
        "done": False,
        "mentioned": False,
        "unread_count": 1,
        "last_text": "Order ready?",
        "last_status": "received",
        "last_direction": "in",
    }
    assert admin.get(f"{URL}{message.conversation_id}/").json()["id"] == message.conversation_id


def test_the_latest_conversation_comes_first(admin, acme, make_message, hour_ago) -> None:
    make_message(acme, "old", others=(ANN,), at=hour_ago)
    make_message(acme, "new", others=(BEN,))
    assert _listed(admin) == ["new", "old"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=0301", ["from Ann"]),
        ("?q=(512) 555-0302", ["from Ben"]),
        ("?q=cleo", ["from Ann"]),
        ("?q=FROM", ["from Ben", "from Ann"]),
        ("?q=nothing", []),
        ("?unread=true", ["from Ben"]),
        ("?unread=false", ["from Ann"]),
        ("?extension=101", ["from Ann"]),
        ("?extension=none", ["from Ben"]),
        ("?extension=999", []),
        ("?unread=true&extension=101", []),
    ],
)
def test_the_list_is_narrowed(admin, acme, inside, make_message, hour_ago, query, found) -> None:
    read = make_message(acme, "from Ann", others=(ANN,), extension="101", at=hour_ago)
    make_message(acme, "from Ben", others=(BEN,))
    with inside(acme):
        Contact.objects.create(number=ANN, name="Cleo")
    admin.post(f"{URL}{read.conversation_id}/read/")
    assert _listed(admin, query) == found


def test_reading_is_each_person_s_own(admin, api, bob, acme, make_message) -> None:
    message = make_message(acme, "Hi", extension="101")
    url = f"{URL}{message.conversation_id}/"
    read = admin.post(f"{url}read/")
    assert (read.status_code, read.json()["unread_count"]) == (200, 0)
    assert admin.get(url).json()["unread_count"] == 0
    assert api(bob).get(url).json()["unread_count"] == 1


def test_a_group_has_all_its_numbers_and_no_contact(admin, acme, inside, make_message) -> None:
    make_message(acme, "Hi all", direction="out", others=(BEN, ANN))
    with inside(acme):
        Contact.objects.create(number=ANN, name="Ann")
    row = admin.get(URL).json()["results"][0]
    assert (row["participants"], row["contact"]) == ([ANN, BEN], None)


def test_a_thread_is_read_backwards_in_pages_that_end_with_the_newest(
    admin, acme, make_message, hour_ago
) -> None:
    for minute in range(5):
        message = make_message(acme, f"m{minute}", at=hour_ago + timedelta(minutes=minute))
    url = f"{URL}{message.conversation_id}/messages/?page_size=2"
    pages = []
    while url:
        page = admin.get(url).json()
        assert page["count"] == 5
        pages.append([row["text"] for row in page["results"]])
        back, url = page["previous"], page["next"]
    assert pages == [["m3", "m4"], ["m1", "m2"], ["m0"]]
    assert [row["text"] for row in admin.get(back).json()["results"]] == ["m1", "m2"]


def test_messages_of_one_moment_are_each_read_once(admin, acme, make_message, hour_ago) -> None:
    for number in range(5):
        message = make_message(acme, f"m{number}", at=hour_ago)
    url = f"{URL}{message.conversation_id}/messages/?page_size=2"
    texts: list[str] = []
    while url:
        page = admin.get(url).json()
        texts += [row["text"] for row in page["results"]]
        url = page["next"]
    assert sorted(texts) == ["m0", "m1", "m2", "m3", "m4"]


def test_an_extension_user_sees_the_own_threads_only(api, bob, acme, make_message) -> None:
    make_message(acme, "mine", others=(ANN,), extension="101")
    other = make_message(acme, "not mine", others=(BEN,), extension="102")
    client = api(bob)
    assert _listed(client) == ["mine"]
    url = f"{URL}{other.conversation_id}/"
    assert client.get(url).status_code == 404
    assert client.get(f"{url}messages/").status_code == 404
    assert client.post(f"{url}read/").status_code == 404
