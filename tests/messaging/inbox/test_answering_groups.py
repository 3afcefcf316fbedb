"""Group threads: to all or to each, who has it, and groups that no carrier takes."""

# ruff: noqa: RUF001  # typed as phones do

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from messaging.models import Conversation, Message, MessageEvent, Recipient
from tenants.models import PhoneNumber, Tenant

ANN, BEN, CID = "+15125550300", "+15125550301", "+15125550302"
MANY = [f"+1512555{n:04d}" for n in range(300, 312)]


def sent(acme: Tenant) -> list[tuple[str, list[str], str]]:
    with tenant_context(acme):
        rows = Message.objects.filter(direction="out").select_related("conversation")
        return [
            (
                row.kind,
                sorted(row.recipients.values_list("number", flat=True)),
                row.conversation.participants_key,
            )
            for row in rows.order_by("created_at", "id")
        ]


def address(message: Message, what: str = "") -> str:
    return f"/t/acme/inbox/{message.conversation_id}/{what}"


def test_an_answer_goes_to_all_in_one_message(signed_in, bob, acme, say) -> None:
    message = say("Where?", others=[ANN, BEN, CID])
    signed_in(bob).post(address(message, "send/"), {"text": "Here"})
    assert sent(acme) == [("mms", [ANN, BEN, CID], ",".join([ANN, BEN, CID]))]


def test_or_to_each_in_a_conversation_of_their_own(signed_in, bob, acme, say) -> None:
    message = say("Where?", others=[ANN, BEN])
    answer = signed_in(bob).post(
        address(message, "send/"),
        {"text": "Here", "individually": "1"},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 200
    assert "Sent to 2 people" in answer["HX-Trigger"]
    assert sorted(sent(acme)) == [("sms", [ANN], ANN), ("sms", [BEN], BEN)]
    # They are the sender's to see.
    page = signed_in(bob).get("/t/acme/inbox/").content.decode()
    with tenant_context(acme):
        keys = Conversation.objects.values_list("pk", flat=True)
        assert all(f'href="/t/acme/inbox/{key}/' in page for key in keys)
        assert len(keys) == 3


def test_a_single_thread_is_never_split(signed_in, bob, acme, say) -> None:
    message = say("Where?")
    signed_in(bob).post(address(message, "send/"), {"text": "Here", "individually": "1"})
    assert sent(acme) == [("sms", [ANN], ANN)]


def test_the_composer_offers_both(signed_in, bob, say) -> None:
    group, single = say("Where?", others=[ANN, BEN]), say("Where?")
    page = signed_in(bob).get(address(group)).content.decode()
    assert "Answer individually" in page
    assert "One group message: everybody sees it" in page
    assert "Answer individually" not in signed_in(bob).get(address(single)).content.decode()


def test_a_group_of_more_than_ten_is_answered_individually_only(signed_in, bob, acme, say) -> None:
    message = say("Party?", others=MANY)
    page = signed_in(bob).get(address(message)).content.decode()
    assert "these are 12" in page

    refused = signed_in(bob).post(address(message, "send/"), {"text": "Yes"})
    assert refused.status_code == 422
    assert sent(acme) == []
    signed_in(bob).post(address(message, "send/"), {"text": "Yes", "individually": "1"})
    assert len(sent(acme)) == 12


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        ("+18005550100", "toll_free", "Toll-free numbers cannot text to groups"),
        ("72345", "short_code", "Short codes cannot text to groups"),
    ],
)
def test_some_numbers_take_no_groups(
    signed_in, bob, acme, say, acme_number, number: str, kind: str, words: str
) -> None:
    message = say("Where?", others=[ANN, BEN])
    PhoneNumber.objects.filter(pk=acme_number.pk).update(number=number, kind=kind)
    with tenant_context(acme):
        Conversation.objects.filter(pk=message.conversation_id).update(our_number=number)
    assert words in signed_in(bob).get(address(message)).content.decode()
    refused = signed_in(bob).post(address(message, "send/"), {"text": "Yes"})
    assert refused.status_code == 422
    assert words in refused.content.decode()
    assert sent(acme) == []


def test_the_bubble_says_who_has_it_and_why_the_others_have_not(
    signed_in, bob, acme, say, named
) -> None:
    named(BEN, "Ben")
    message = say("Hello", direction="out", others=[ANN, BEN, CID], status="failed")
    with tenant_context(acme):
        for number, status, code in (
            (ANN, "delivered", ""),
            (BEN, "failed", "4720"),
            (CID, "sent", ""),
        ):
            Recipient.objects.create(message=message, number=number, status=status, error_code=code)
        for detail in ("An earlier try.", "This number takes no texts."):
            MessageEvent.objects.create(
                message=message,
                at=message.created_at,
                status="failed",
                recipient=BEN,
                error_code="4720",
                detail=detail,
            )
    page = signed_in(bob).get(address(message)).content.decode()
    each = page.partition('<ul class="each">')[2].partition("</ul>")[0]
    assert each.count("<li>") == 3
    assert "This number takes no texts." in each
    assert "An earlier try" not in each
    assert "4720" in each
    assert "Delivered" in each


def test_telling_each_members_fate_costs_no_question_more(
    signed_in, bob, acme, say, django_assert_max_num_queries
) -> None:
    for _ in range(20):
        message = say("Hello", direction="out", others=[ANN, BEN, CID])
        with tenant_context(acme):
            for number in (ANN, BEN, CID):
                Recipient.objects.create(message=message, number=number, status="failed")
    client = signed_in(bob)
    with django_assert_max_num_queries(12):
        client.get(address(message, "messages/"))


ADVICE = "/t/acme/inbox/advice/"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": "It’s ready"}, "Make it plain text"),
        ({"text": "Ready, see bit.ly/x"}, "shorteners"),
        ({"text": "Ready"}, ""),
        ({"text": ""}, ""),
        ({"text": "It’s ready", "media": "1"}, ""),
        ({"text": "Ready", "conversation": "", "to": BEN, "from": "+19195550101"}, "Begin with"),
        ({"text": "<b>“x”</b>"}, "&lt;b&gt;&quot;x&quot;&lt;/b&gt;"),
    ],
    ids=["quotes", "shortener", "fine", "empty", "picture", "first text", "markup"],
)
def test_advice_while_writing(signed_in, bob, say, fields: dict[str, Any], words: str) -> None:
    message = say("Hello", direction="out")
    asked = {"conversation": str(message.conversation_id), **fields}
    answer = signed_in(bob).post(ADVICE, asked)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert words in page
    assert bool(words) is ("advice-item" in page)


def test_advice_tells_nothing_of_others_threads(signed_in, gina, bob, say) -> None:
    known = say("Hello", direction="out", is_assigned=False)
    client = signed_in(bob)
    key = str(known.conversation_id)
    theirs = client.post(ADVICE, {"text": "Ready", "conversation": key}).content
    none = client.post(ADVICE, {"text": "Ready", "conversation": "999999"}).content
    assert theirs == none
    assert signed_in(gina).post(ADVICE, {"text": "x"}).status_code == 403
    assert client.post(ADVICE, {"text": "x", "conversation": "9" * 30}).status_code == 200
