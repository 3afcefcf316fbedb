"""What is unread, for whom, and how people change it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from messaging import visibility
from messaging.models import Conversation, Message, ReadMark
from tenants.roles import Role

HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize(
    ("said", "mark", "unread"),
    [
        pytest.param(["in"], None, 1, id="never opened"),
        pytest.param(["in", "in"], None, 2, id="two, never opened"),
        pytest.param(["out"], None, 0, id="only ours"),
        pytest.param(["in"], 0, 0, id="read to the end"),
        pytest.param(["in", "in"], 0, 1, id="one since"),
        pytest.param(["in", "out"], 0, 0, id="our answer is no news"),
        pytest.param(["in", "out", "in"], 1, 1, id="an answer to our answer"),
        pytest.param(["in"] * 120, None, 100, id="counted no further than a hundred"),
    ],
)
def test_unread(alice, acme, inside, say, said, mark, unread) -> None:
    messages = [
        say("x", direction=direction, ago=len(said) - number)
        for number, direction in enumerate(said)
    ]
    with inside(acme):
        conversation = Conversation.objects.get()
        if mark is not None:
            visibility.mark_read(conversation, alice, until=messages[mark].created_at)
        mine = visibility.visible_conversations(alice, Role.ADMIN, acme)
        assert visibility.with_unread_count(mine, alice).get().unread_count == unread
        assert visibility.unread_conversations(mine, alice).count() == bool(unread)
        assert visibility.read_conversations(mine, alice).count() == (not unread)
        assert visibility.unread_total(mine, alice) == bool(unread)


def test_reading_never_goes_back(alice, acme, inside, say) -> None:
    old, new = say("old", ago=9), say("new")
    with inside(acme):
        visibility.mark_read(new.conversation, alice, until=new.created_at)
        visibility.mark_read(new.conversation, alice, until=old.created_at)
        assert ReadMark.objects.get().read_at == new.created_at


def _unread(client: Any, said: Message, **data: str) -> Any:
    return client.post(f"/t/acme/inbox/{said.conversation_id}/unread/", data)


def test_marked_unread_the_last_text_is_unread_again(signed_in, alice, bob, say) -> None:
    say("first", ago=5)
    message = say("second")
    client, other = signed_in(alice), signed_in(bob)
    for browser in (client, other):
        browser.get(f"/t/acme/inbox/{message.conversation_id}/")
    response = _unread(client, message)
    assert response.status_code == 302
    rows = client.get("/t/acme/inbox/rows/").content.decode()
    assert '1<span class="hidden"> unread' in rows
    assert 'data-unread="0"' in other.get("/t/acme/inbox/rows/").content.decode()


def test_from_a_message_on_all_is_unread(signed_in, alice, say) -> None:
    say("first", ago=9)
    second = say("second", ago=5)
    say("third")
    client = signed_in(alice)
    client.get(f"/t/acme/inbox/{second.conversation_id}/")
    _unread(client, second, message=str(second.pk))
    assert '2<span class="hidden"> unread' in client.get("/t/acme/inbox/rows/").content.decode()


def test_marking_unread_closes_the_thread(signed_in, alice, say) -> None:
    message = say("hello")
    address = f"/t/acme/inbox/{message.conversation_id}/unread/"
    response = signed_in(alice).post(address, headers=HTMX)
    assert b"Choose a conversation" in response.content
    assert response["HX-Push-Url"] == "/t/acme/inbox/"


@pytest.mark.parametrize("wanted", ["x", "9d3f0a9e-5a2f-4b8e-8a53-1f1d8a3f7b11"])
def test_what_is_no_message_of_the_thread_is_not_found(signed_in, alice, say, wanted) -> None:
    assert _unread(signed_in(alice), say("hello"), message=wanted).status_code == 404


def test_where_nothing_came_in_nothing_becomes_unread(signed_in, alice, say, acme, inside) -> None:
    message = say("hello", direction="out")
    _unread(signed_in(alice), message)
    with inside(acme):
        assert not ReadMark.objects.filter(
            read_at__lt=message.created_at - timedelta(days=1)
        ).exists()
        mine = Conversation.objects.all()
        assert visibility.unread_total(mine, alice) == 0
