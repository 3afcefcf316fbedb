"""What an extension user could try by hand: other threads' ids, forms from elsewhere, HTML."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern

from messaging.inbox.urls import urlpatterns
from messaging.models import Conversation, Message
from tenants.models import User

NOBODY = "00000000-0000-0000-0000-000000000000"
HTML = '<img src=x onerror="alert(1)">'


@pytest.fixture
def theirs(say: Any) -> Message:
    """A text that no extension user may see."""
    return say("their secret", others=["+12065550177"], is_assigned=False)


@pytest.mark.parametrize("page", ["", "messages/", "contact/"])
@pytest.mark.parametrize("part", ["at", "before", "after"])
def test_a_place_in_anothers_thread_shows_nothing_of_it(
    signed_in, bob, say, theirs, page, part
) -> None:
    mine = say("my own words")
    place = str(theirs.pk) if part == "at" else f"0-{theirs.pk.hex}"
    path = f"/t/acme/inbox/{mine.conversation_id}/{page}"

    answer = signed_in(bob).get(path, {part: place})

    assert answer.status_code == 200
    assert b"their secret" not in answer.content
    assert str(theirs.pk).encode() not in answer.content


@pytest.mark.parametrize("asked", ["their secret", "206 555 0177", "0177"])
def test_searching_finds_nothing_of_others(signed_in, bob, theirs, asked) -> None:
    page = signed_in(bob).get("/t/acme/inbox/rows/", {"q": asked, "only": "", "ext": ""})

    assert b'class="row' not in page.content


def test_news_tell_nothing_of_others(signed_in, bob, theirs) -> None:
    assert signed_in(bob).get("/t/acme/inbox/news/").json() == {"notices": []}


def test_a_moved_thread_is_gone_at_once(signed_in, bob, say, acme, inside) -> None:
    message = say("mine for now")
    client = signed_in(bob)
    path = f"/t/acme/inbox/{message.conversation_id}/"
    assert client.get(path).status_code == 200
    with inside(acme):
        Conversation.objects.update(extension=None)

    assert client.get(path).status_code == 404


def test_a_membership_that_was_closed_opens_nothing(signed_in, bob, say) -> None:
    say("hello")
    client = signed_in(bob)
    assert client.get("/t/acme/inbox/").status_code == 200
    bob.memberships.update(is_active=False)

    assert client.get("/t/acme/inbox/").status_code == 403


def _filled(pattern: URLPattern, conversation: int) -> str:
    route = str(pattern.pattern)
    for name in ("conversation_id", "template_id", "device_id"):
        route = route.replace(f"<int:{name}>", str(conversation))
    for name in ("message_id", "attachment_id"):
        route = route.replace(f"<uuid:{name}>", NOBODY)
    return route


@pytest.mark.parametrize("pattern", urlpatterns, ids=lambda pattern: pattern.name)
def test_no_form_from_elsewhere_is_taken(bob: User, say: Any, pattern: URLPattern) -> None:
    message = say("hello")
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob)

    answer = client.post(f"/t/acme/inbox/{_filled(pattern, message.conversation_id)}", {"a": "b"})

    assert answer.status_code == 403


def test_html_is_shown_as_it_was_typed(signed_in, bob, say, attach, named) -> None:
    message = say(HTML)
    attach(message, name=f"{HTML}.pdf", content_type="application/pdf")
    named("+15125550300", HTML)
    client = signed_in(bob)
    base = f"/t/acme/inbox/{message.conversation_id}"

    for path in (f"{base}/", f"{base}/contact/", "/t/acme/inbox/", "/t/acme/inbox/people/?q=img"):
        page = client.get(path).content.decode()
        assert "&lt;img" in page
        assert "<img src=x" not in page
