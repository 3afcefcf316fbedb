"""The ledger, the answers to STOP and the auto-replies in the portal."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils.formats import date_format

from messaging.consent import ledger
from messaging.models import (
    AutoReply,
    BusinessHours,
    ConsentEntry,
    ConsentTexts,
    OptOut,
    SendingPolicy,
)
from tenants.models import PhoneNumber, Tenant, User
from tests.conftest import ACME_NUMBER, CUSTOMER

AT = "/t/acme/messaging"
LEDGER, TEXTS, REPLIES = f"{AT}/consententry/", f"{AT}/consenttexts/", f"{AT}/autoreply/"
OTHER = "+15125550399"


@pytest.fixture
def said(acme: Tenant, acme_number: PhoneNumber, inside: Any) -> None:
    """A STOP to one number, and a refusal of all that somebody noted."""
    with inside(acme):
        ledger.note(ConsentEntry.Action.OPT_OUT, CUSTOMER, our_number=ACME_NUMBER, source="keyword")
        ledger.note(
            ConsentEntry.Action.OPT_OUT,
            OTHER,
            our_number=None,
            source="manual",
            detail='=HYPERLINK("http://evil.example")',
        )


def body(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    content: bytes = getattr(answer, "content", b"") or b"".join(answer.streaming_content)
    return content.decode()


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("", ["555-0300", "555-0399"], []),
        ("?q=5550300", ["555-0300"], ["555-0399"]),
        ("?source__exact=manual", ["555-0399"], ["555-0300"]),
        ("?ours=any", ["555-0399"], ["555-0300"]),
        ("?ours=%2B19195550101", ["555-0300"], ["555-0399"]),
        ("?action__exact=help", [], ["555-0300", "555-0399"]),
        ("?at_from=2020-01-01&at_to=2020-01-02", [], ["555-0300", "555-0399"]),
    ],
)
def test_ledger_is_found_by_number_source_and_day(
    admin: Client, said: None, query: str, shown: list[str], hidden: list[str]
) -> None:
    page = body(admin, LEDGER + query)
    table = page[page.find('id="result_list"') :] if 'id="result_list"' in page else ""
    assert [number for number in shown if number not in table] == []
    assert [number for number in hidden if number in table] == []


def test_ledger_is_exported_safely(admin: Client, said: None) -> None:
    text = body(admin, f"{LEDGER}export/?source__exact=manual")
    head, row = text.strip().splitlines()
    assert head.lstrip("\ufeff").startswith("Time,Phone number,What,How,Your number,By,Detail")
    assert OTHER in row
    assert "any" in row
    assert "'=HYPERLINK" in row


def test_ledger_cannot_be_changed_or_imported(
    admin: Client, acme: Tenant, said: None, inside: Any
) -> None:
    with inside(acme):
        key = ConsentEntry.objects.first().pk
    assert admin.get(f"{LEDGER}import/").status_code in (302, 404)
    for path in ("add/", f"{key}/delete/"):
        assert admin.post(f"{LEDGER}{path}", {"post": "yes"}).status_code == 403
    assert admin.post(f"{LEDGER}{key}/change/", {"number": OTHER}).status_code == 403
    assert "555-0" in body(admin, f"{LEDGER}{key}/change/")
    with inside(acme):
        assert ConsentEntry.objects.count() == 2


def test_what_a_person_adds_and_releases_is_in_the_ledger(
    admin: Client, acme: Tenant, acme_number: PhoneNumber, inside: Any
) -> None:
    form = {"number": CUSTOMER, "our_number": ACME_NUMBER, "reason": "Told us by phone"}
    admin.post(f"{AT}/optout/add/", form)
    with inside(acme):
        key = OptOut.objects.get().pk
    release = {"_form_submitted": "True", "reason": "Wants the reminders back"}
    admin.post(f"{AT}/optout/{key}/release/", release)

    with inside(acme):
        rows = ConsentEntry.objects.order_by("id").values_list(
            "action", "source", "our_number", "by__email", "detail"
        )
        assert list(rows) == [
            ("opt_out", "manual", ACME_NUMBER, "alice@acme.example", "Told us by phone"),
            ("opt_in", "manual", ACME_NUMBER, "alice@acme.example", "Wants the reminders back"),
        ]


def test_texts_are_the_usual_until_somebody_writes_others(
    admin: Client, acme: Tenant, inside: Any
) -> None:
    page = body(admin, f"{TEXTS}1/change/")
    assert "Acme Dental Group: You have opted out" in page
    with inside(acme):
        assert not ConsentTexts.objects.exists()

    form = {"answers_stop": "on", "stop_text": " Bye.\r\nFor good. ", "answers_help": "on"}
    answer = admin.post(f"{TEXTS}1/change/", form)

    assert answer.status_code == 302
    with inside(acme):
        texts = ConsentTexts.objects.get()
        assert (texts.pk, texts.stop_text, texts.answers_start) == (1, "Bye. For good.", False)
    assert admin.get(TEXTS).headers["Location"].endswith("/messaging/consenttexts/1/change/")


def test_texts_are_changed_a_second_time(admin: Client, acme: Tenant, inside: Any) -> None:
    for text in ("One", "Two"):
        form = {"answers_stop": "on", "stop_text": text, "answers_start": "on"}
        admin.post(f"{TEXTS}1/change/", form)
    with inside(acme):
        assert ConsentTexts.objects.get().stop_text == "Two"
        SendingPolicy.objects.create(pk=1, sender_name="Acme Teeth")
    assert "Acme Teeth: You will get texts" in body(admin, f"{TEXTS}1/change/")
    assert admin.get(f"{TEXTS}2/change/").status_code == 404


@pytest.mark.parametrize("word", ["stop", "start", "help"])
def test_answer_that_is_a_consent_word_is_refused(
    admin: Client, acme: Tenant, inside: Any, word: str
) -> None:
    form = {"answers_stop": "on", f"{word}_text": " Opt\r\nout. "}
    page = admin.post(f"{TEXTS}1/change/", form).content.decode()
    assert "“Opt out.” alone is what people text to opt out" in page
    with inside(acme):
        assert not ConsentTexts.objects.exists()


def wanted(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Closed",
        "kind": "closed",
        "our_number": "",
        "hours": "",
        "text": "We are closed.\r\nBack at 9.",
        "window_hours": "12",
        "enabled": "on",
        **changes,
    }


def test_auto_reply_is_added_and_changed(
    admin: Client, acme: Tenant, acme_number: PhoneNumber, inside: Any
) -> None:
    with inside(acme):
        hours = BusinessHours.objects.create(name="Office")
    admin.post(f"{REPLIES}add/", wanted(our_number=ACME_NUMBER, hours=hours.pk))
    with inside(acme):
        reply = AutoReply.objects.get()
        assert (reply.our_number, reply.hours_id) == (ACME_NUMBER, hours.pk)
        assert reply.text == "We are closed.\nBack at 9."

    admin.post(f"{REPLIES}{reply.pk}/change/", wanted(kind="first_contact", hours=hours.pk))
    with inside(acme):
        reply.refresh_from_db()
        assert (reply.kind, reply.our_number, reply.hours) == ("first_contact", "", None)
    assert "We are closed." in body(admin, REPLIES)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"text": "  "}, "This field is required"),
        ({"text": "Stop!"}, "“Stop!” alone is what people text to opt out"),
        ({"window_hours": "0"}, "greater than or equal to 1"),
        ({"window_hours": "721"}, "less than or equal to 720"),
        ({"our_number": "+13125550201"}, "Select a valid choice"),
        ({"name": "Taken"}, "There is an auto-reply of this name already."),
    ],
    ids=[
        "no text",
        "a consent word",
        "no window",
        "too long a window",
        "other tenant's number",
        "name taken",
    ],
)
def test_auto_reply_that_cannot_be_is_refused(
    admin: Client,
    acme: Tenant,
    globex_number: PhoneNumber,
    inside: Any,
    changes: dict[str, Any],
    words: str,
) -> None:
    with inside(acme):
        AutoReply.objects.create(name="Taken", kind="closed", text="x")
    assert words in admin.post(f"{REPLIES}add/", wanted(**changes)).content.decode()
    with inside(acme):
        assert AutoReply.objects.count() == 1


def test_many_auto_replies_are_switched_off_at_once(
    admin: Client, acme: Tenant, inside: Any
) -> None:
    with inside(acme):
        for n in range(3):
            AutoReply.objects.create(name=str(n), kind="closed", text="x")
        keys = list(AutoReply.objects.values_list("pk", flat=True))
    form = {"enabled_how": "set", "enabled": "off", "step": "apply"}
    admin.post(REPLIES, {"action": "change_chosen", "_selected_action": keys, **form})
    with inside(acme):
        assert not AutoReply.objects.filter(enabled=True).exists()


@pytest.mark.parametrize("path", [LEDGER, f"{TEXTS}1/change/", REPLIES, f"{REPLIES}add/"])
def test_pages_are_the_tenants_admins_only(
    bob: User, gina: User, signed_in: Any, path: str
) -> None:
    assert signed_in(bob).get(path).status_code in (302, 403)
    assert signed_in(gina).get(path).status_code in (403, 404)


def test_times_are_told_by_the_tenants_clock(
    admin: Client, acme: Tenant, said: None, inside: Any
) -> None:
    with inside(acme):
        entry = ConsentEntry.objects.first()
    at = date_format(entry.at.astimezone(ZoneInfo(acme.timezone)), "DATETIME_FORMAT")
    assert at in body(admin, LEDGER)
    assert at in body(admin, f"{LEDGER}{entry.pk}/change/")
