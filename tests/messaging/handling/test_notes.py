"""Notes: whom they mention, who is told, and that they never leave the house."""

from __future__ import annotations

import json
from typing import Any

import pytest

from messaging.exports.message_sheet import batches
from messaging.handling.notes import add_note, mentioned
from messaging.handling.refusals import HandlingRefused
from messaging.models import Conversation, Extension, MailDelivery, Message, Note, Recipient
from messaging.visibility import desk_of, seen_from


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@101 please", ["101"]),
        ("@Bea Bright and @103", ["102", "103"]),
        ("ask @bea", ["102"]),
        ("@BEA BRIGHT!", ["102"]),
        ("(@ann)", ["101"]),
        ("@Beatrix", []),
        ("@1011", []),
        ("mail bea@bright.example", []),
        ("101", []),
        ("@999", []),
    ],
)
def test_mentions_are_read(desks, acme, inside, text, found) -> None:
    with inside(acme):
        assert [extension.number for extension in mentioned(text)] == found


def test_a_first_name_of_two_is_nobodys(desks, acme, inside) -> None:
    with inside(acme):
        Extension.objects.create(number="105", name="Bea Best")
        assert mentioned("@bea") == []
        assert [e.number for e in mentioned("@Bea Best")] == ["105"]


@pytest.mark.parametrize(
    ("text", "refusal"),
    [("  \n", "Write the note"), ("x" * 2001, "2,000 characters")],
)
def test_a_wrong_note_is_refused(group, text_in, who, acme, inside, text, refusal) -> None:
    thread = text_in()
    with inside(acme), pytest.raises(HandlingRefused, match=refusal):
        add_note(thread, who("101"), text)


def test_who_is_mentioned_is_let_in_and_stays(group, text_in, who, acme, inside, people) -> None:
    thread = text_in()
    with inside(acme):
        assert not seen_from(desk_of(people["104"], acme)).exists()
        add_note(thread, who("101"), "@104 can you help?")
        assert seen_from(desk_of(people["104"], acme)).get() == thread
    text_in("Hello?")
    with inside(acme):
        assert seen_from(desk_of(people["104"], acme)).get() == thread


def test_who_sees_it_anyway_is_not_listed_again(group, text_in, who, acme, inside) -> None:
    thread = text_in()
    with inside(acme):
        add_note(thread, who("101"), "@102 and @101: fyi")
        thread.refresh_from_db()
        assert thread.shared_with == []
        assert len(Note.objects.get().mentions) == 2


def test_a_note_is_in_nothing_that_is_sent(
    group, text_in, who, acme, inside, signed_in, alice, api, people, published
) -> None:
    thread = text_in("Is it ready?")
    with inside(acme):
        published.clear()
        before = (Message.objects.count(), Recipient.objects.count(), MailDelivery.objects.count())
        add_note(thread, who("101"), "SECRET-note, she owes us money")
        after = (Message.objects.count(), Recipient.objects.count(), MailDelivery.objects.count())
        assert after == before
        assert published == []  # nobody mentioned, nobody told
        thread.refresh_from_db()
        assert "SECRET" not in thread.last_text
    client = api(alice, acme)
    for address in ("messages/", "conversations/", f"conversations/{thread.pk}/messages/"):
        shown = client.get(f"/t/acme/api/v1/{address}").content.decode()
        assert "Is it ready?" in shown
        assert "SECRET" not in shown
    log = signed_in(alice).get("/t/acme/messaging/message/").content.decode()
    assert "SECRET" not in log
    with inside(acme):
        sheet = [row for rows in batches(Message.objects.all(), acme) for row in rows]
    assert len(sheet) == 1
    assert "SECRET" not in str(sheet)


def test_a_mention_marks_the_row_until_it_is_opened(
    group, text_in, who, acme, inside, signed_in, people
) -> None:
    thread = text_in()
    bea, cy = signed_in(people["102"]), signed_in(people["103"])
    bea.get(f"/t/acme/inbox/{thread.pk}/")
    with inside(acme):
        add_note(thread, who("101"), "@bea look at this")
    assert "is-mentioned" in bea.get("/t/acme/inbox/").content.decode()
    assert "is-mentioned" not in cy.get("/t/acme/inbox/").content.decode()
    found = bea.get("/t/acme/inbox/rows/?only=mentions").content.decode()
    assert f'id="c{thread.pk}"' in found
    assert f'id="c{thread.pk}"' not in cy.get("/t/acme/inbox/rows/?only=mentions").content.decode()
    assert "@bea look at this" in bea.get(f"/t/acme/inbox/{thread.pk}/").content.decode()
    assert "is-mentioned" not in bea.get("/t/acme/inbox/").content.decode()


def test_an_open_page_is_told_of_a_mention(
    group, text_in, who, acme, inside, signed_in, people
) -> None:
    thread = text_in()
    bea = signed_in(people["102"])
    assert bea.get("/t/acme/inbox/news/").json() == {"notices": []}
    with inside(acme):
        add_note(thread, who("101"), "@102 please call her")
    (notice,) = bea.get("/t/acme/inbox/news/").json()["notices"]
    assert notice["title"] == "Ann Archer mentioned you"
    assert "please call her" in notice["body"]


def test_notes_are_text_not_html(group, text_in, who, acme, inside, signed_in, people) -> None:
    thread = text_in()
    with inside(acme):
        add_note(thread, who("101"), "<script>alert(1)</script>")
    page = signed_in(people["102"]).get(f"/t/acme/inbox/{thread.pk}/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_notes_by_the_api(group, text_in, acme, inside, api, people, globex, gina) -> None:
    thread = text_in()
    url = f"/t/acme/api/v1/conversations/{thread.pk}/notes/"
    bea = api(people["102"], acme)

    def post(client: Any, text: str) -> Any:
        return client.post(url, json.dumps({"text": text}), content_type="application/json")

    made = post(bea, "Ask @Cy Cole")
    assert made.status_code == 201
    assert made.json()["author"] == "102@acme.example"
    assert made.json()["mentions"] == ["103"]
    assert bea.get(url).json()["results"][0]["text"] == "Ask @Cy Cole"
    assert post(bea, " ").status_code == 400
    assert post(api(people["104"], acme), "let me in").status_code == 404
    assert api(gina).get(url).status_code == 403
    with inside(globex):
        assert not Note.objects.exists()
        assert not Conversation.objects.exists()
