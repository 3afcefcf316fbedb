"""Which messages a filter means, on the page, in the export and in the API alike."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.exports import search as searching
from messaging.exports.search import search
from messaging.exports.selection import Unreadable, chosen, in_words, narrowed
from messaging.models import Extension, Message
from tenants.models import Tenant
from tests.conftest import ACME_NUMBER
from tests.messaging.exports.conftest import Say

OTHER = "+13125550777"


def _found(tenant: Tenant, **filters: str) -> list[str]:
    rows = narrowed(Message.objects.all(), {k.rstrip("_"): v for k, v in filters.items()}, tenant)
    return sorted(rows.values_list("text", flat=True))


def test_each_filter_keeps_what_it_means(say: Say, at_acme: Tenant) -> None:
    say("in")
    say("out", direction="out", status="failed", failure_reason="spam", error_code="4770")
    say("picture", kind="mms")
    say("elsewhere", ours="+19195550199")
    desk = Extension.objects.create(number="101")
    Message.objects.get(text="elsewhere").conversation.__class__.objects.filter(
        our_number="+19195550199"
    ).update(extension=desk)

    assert _found(at_acme, direction="out") == ["out"]
    assert _found(at_acme, status="failed") == ["out"]
    assert _found(at_acme, reason="spam") == ["out"]
    assert _found(at_acme, error_code="4770") == ["out"]
    assert _found(at_acme, kind="mms") == ["picture"]
    assert _found(at_acme, our_number="(919) 555-0199") == ["elsewhere"]
    assert _found(at_acme, extension="101") == ["elsewhere"]
    assert _found(at_acme, extension="none", kind="sms") == ["in", "out"]


def test_days_begin_and_end_where_the_tenant_is(say: Say, at_acme: Tenant) -> None:
    at_acme.timezone = "America/New_York"
    for text, at in (
        ("evening before", "2026-03-02T04:59:59Z"),
        ("midnight", "2026-03-02T05:00:00Z"),
        ("last second", "2026-03-03T04:59:59Z"),
        ("next day", "2026-03-03T05:00:00Z"),
    ):
        say(text, created_at=at)

    assert _found(at_acme, from_="2026-03-02", to="2026-03-02") == ["last second", "midnight"]


WRONG = [
    pytest.param({"from": "yesterday"}, "is not a date", id="no date"),
    pytest.param({"to": "9999-12-31"}, "is not a date", id="far away"),
    pytest.param({"status": "lost"}, "there is no", id="no status"),
    pytest.param({"our_number": "abc"}, "is not a phone number", id="no number"),
    pytest.param({"q": "a" * 300}, "too long", id="long"),
    pytest.param({"error_code": "a\x00"}, "too long", id="NUL"),
]


@pytest.mark.parametrize(("filters", "says"), WRONG)
def test_what_cannot_be_is_refused_in_words(
    filters: dict[str, str], says: str, at_acme: Tenant
) -> None:
    with pytest.raises(Unreadable, match=says):
        chosen(filters, at_acme)


def test_unknown_and_empty_parameters_are_no_filters(at_acme: Tenant) -> None:
    assert chosen({"status": "", "p": "3", "q": " words "}, at_acme) == {"q": "words"}


def test_filters_are_told_in_words(at_acme: Tenant) -> None:
    filters = {"from": "2026-03-02", "status": "failed", "our_number": ACME_NUMBER, "q": "hi"}
    assert in_words(filters, at_acme) == [
        "From: Mar 2, 2026",
        "Status: Failed",
        "Our number: (919) 555-0101",
        "Search: “hi”",
    ]


SEARCHES = [
    pytest.param("appointment", ["Your appointment, O'Brien"], id="word"),
    pytest.param("appoint", ["Your appointment, O'Brien"], id="beginning"),
    pytest.param("brien appoint", ["Your appointment, O'Brien"], id="all words in any order"),
    pytest.param("appointment missing", [], id="one word missing"),
    pytest.param("O'Brien", ["Your appointment, O'Brien"], id="apostrophe"),
    pytest.param("fish & chips | (a) !b <-> \\ :*", [], id="operators"),
    pytest.param("INV-0042", ["Invoice INV-0042 is 12.50"], id="hyphen"),
    pytest.param("12.50", ["Invoice INV-0042 is 12.50"], id="amount"),
    pytest.param("👍", ["👍"], id="pictogram"),
    pytest.param("(312) 555-0777", ["Group"], id="number as typed"),
    pytest.param("555-0777", ["Group"], id="part of a number"),
    pytest.param("carrier-id-42", ["Group"], id="carrier's id"),
    pytest.param("4821", ["Code 4821"], id="digits of the text"),
    pytest.param("'", ["Your appointment, O'Brien"], id="a mark alone"),
]


@pytest.mark.parametrize(("term", "texts"), SEARCHES)
def test_search_understands(term: str, texts: list[str], say: Say, at_acme: Tenant) -> None:
    say("Your appointment, O'Brien")
    say("Invoice INV-0042 is 12.50")
    say("👍")
    say("Code 4821")
    say("Group", others=[OTHER, "+15125550300"], provider_message_id="carrier-id-42")

    found = search(Message.objects.all(), term, at_acme)

    assert sorted(found.values_list("text", flat=True)) == texts


def test_search_finds_a_message_by_our_own_id(say: Say, at_acme: Tenant) -> None:
    message = say()
    say()
    assert search(Message.objects.all(), str(message.pk), at_acme).get() == message


def test_words_are_looked_up_in_the_index(say: Say, at_acme: Tenant) -> None:
    say("Hello world")
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as asked:
        assert search(Message.objects.order_by(), "hello wor", at_acme).exists()
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {asked.captured_queries[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "message_words" in plan


def test_words_of_very_many_messages_are_found_too(
    say: Say, at_acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_FEW_MATCHES", 1)
    for _ in range(3):
        say("Hello 4821")

    assert search(Message.objects.all(), "hello", at_acme).count() == 3
    assert search(Message.objects.all(), "4821", at_acme).count() == 0  # too many to be a code
