"""Search finds names, numbers however they are typed, and words of every message."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from messaging.inbox.snippets import snippet
from messaging.search import words_query

OTHER = "+12065550177"


def rows(client: Any, text: str) -> str:
    response = client.get(f"/t/acme/inbox/rows/?q={quote(text)}", headers={"HX-Request": "true"})
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("marco", True),
        ("RUIZ", True),
        ("arc", True),
        ("tom", False),
        ("555-0300", True),
        ("(512) 555", True),
        ("+1 512.555.0300", True),
        ("5125550300", True),
        ("0512 555", True),
        ("00 1 512", True),
        ("+1 (0)512 555", True),
        ("919 555 0101", True),
        ("2065550177", False),
        ("12", False),
        ("crown", True),
        ("cro", True),
        ("Crown READY", True),
        ("ready crown", True),
        ("rown", False),
        ("crown missing", False),
        ("it's", True),
        ("don't", False),
        ("dr.smith@example.com", True),
        ("10:30", True),
        ("50%", True),
        ("crown & ready", True),
        ("crown | missing", False),
        ("crown!", True),
        ("crown:*", True),
        ("crown\\", True),
        ("'", False),
        ("\\", False),
        ("%", False),
        ("&|!<->():*", False),
        ("\x00crown", True),
        ("<mark>", False),
    ],
)
def test_searching(signed_in, alice, say, named, text, found) -> None:
    named("+15125550300", "Marco Ruiz")
    say("It's my crown: ready at 10:30? Ask dr.smith@example.com about the 50% off.", ago=9)
    say("See you.")
    assert ('id="c' in rows(signed_in(alice), text)) is found


def test_a_company_is_found(signed_in, alice, say, named, acme, inside) -> None:
    contact = named("+15125550300", "Marco Ruiz")
    contact.company = "Greenline"
    with inside(acme):
        contact.save()
    say("hello")
    assert "Marco Ruiz" in rows(signed_in(alice), "greenline")


def test_a_group_is_found_by_one_of_its_names(signed_in, alice, say, named) -> None:
    named(OTHER, "Dana Whitfield")
    say("hello all", others=["+15125550300", OTHER])
    assert "hello all" in rows(signed_in(alice), "dana")


def test_the_row_shows_the_message_that_was_found_and_opens_it(signed_in, alice, say) -> None:
    message = say("Is my <b>crown</b> ready?", ago=9)
    say("See you.")
    page = rows(signed_in(alice), "crown")
    assert "&lt;b&gt;<mark>crown</mark>&lt;/b&gt; ready?" in page
    assert f"/t/acme/inbox/{message.conversation_id}/?at={message.pk}" in page
    assert "See you." not in page


def test_words_of_others_are_not_found(signed_in, bob, say) -> None:
    say("hello")
    say("the secret word", others=[OTHER], is_assigned=False)
    page = rows(signed_in(bob), "secret")
    assert 'id="c' not in page
    assert "the <mark>" not in page


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("crown", "'crown':*"),
        ("my crown", "'my' & 'crown':*"),
        ("it's", "'it s':*"),
        ("a\\b'c", "'a b c':*"),
        ("& | !", ""),
        ("", ""),
    ],
)
def test_what_is_typed_is_quoted(typed: str, query: str) -> None:
    assert words_query(typed) == query


@pytest.mark.parametrize(
    ("text", "asked", "shown"),
    [
        ("Is my crown ready?", "crown", "Is my [crown] ready?"),
        ("CROWNS and crown", "crown", "[CROWN]S and [crown]"),
        ("a\n b", "zzz", "a b"),
        ("plain", "%", "plain"),
        ("one two three four five six seven crown", "crown", "…six seven [crown]"),
    ],
)
def test_the_piece_around_the_hit(text: str, asked: str, shown: str) -> None:
    parts = snippet(text, asked)
    assert "".join(f"[{part.text}]" if part.is_hit else part.text for part in parts) == shown
