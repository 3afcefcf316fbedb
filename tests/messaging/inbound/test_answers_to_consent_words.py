"""STOP, START and HELP are done, written down, and answered once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging import queue
from messaging.consent.optouts import is_opted_out
from messaging.inbound.receive import receive_message
from messaging.models import (
    ConsentEntry,
    ConsentTexts,
    Message,
    MessageSetting,
    OptOut,
    SendingPolicy,
    SmsConfiguration,
)
from providers.types import InboundMessage
from tenants.models import PhoneNumber, Tenant
from tests.conftest import ACME_NUMBER, CUSTOMER

TOLL_FREE = "+18335550101"

Inside = Callable[[Tenant], AbstractContextManager[None]]
Text = Callable[..., list[Message]]


@pytest.fixture
def text(
    acme: Tenant, inside: Inside, acme_line: MessageSetting, django_capture_on_commit_callbacks: Any
) -> Text:
    """Text Acme, and return the answers there are by then."""
    count = iter(range(1000))

    def run(words: str, **changes: Any) -> list[Message]:
        received_at = changes.pop("received_at", None)
        values: dict[str, Any] = {
            "provider_message_id": f"in-{next(count)}",
            "our_number": ACME_NUMBER,
            "sender": CUSTOMER,
            "text": words,
            "media_urls": (),
            "segment_count": 1,
            "application_id": "app",
            "sent_at": None,
            "raw": {},
            **changes,
        }
        values.setdefault("recipients", (values["our_number"],))
        with django_capture_on_commit_callbacks(execute=True), inside(acme):
            event = InboundMessage(**values)
            receive_message(acme, event, acme_line.provider, received_at=received_at)
            return list(Message.objects.filter(direction="out"))

    return run


@pytest.fixture
def ledger(acme: Tenant, inside: Inside) -> Callable[[], list[tuple[str, str, str]]]:
    """Read the ledger, oldest first: action, source and detail."""

    def read() -> list[tuple[str, str, str]]:
        with inside(acme):
            rows = ConsentEntry.objects.order_by("id")
            return list(rows.values_list("action", "source", "detail"))

    return read


@pytest.mark.parametrize(
    ("word", "start"),
    [
        ("STOP", "Acme Dental Group: You have opted out"),
        ("HELP", "Acme Dental Group: Reply STOP"),
        ("info?", "Acme Dental Group: Reply STOP"),
        ("START", "Acme Dental Group: You will get texts"),
    ],
)
def test_word_is_answered_in_the_tenants_name(
    text: Text, published: list[Any], word: str, start: str
) -> None:
    (answer,) = text(word)
    assert answer.text.startswith(start)
    assert (answer.origin, answer.status, answer.author_id) == ("consent", "queued", None)
    assert answer.sender == ACME_NUMBER
    assert [(p.task, p.key) for p in published] == [(queue.DELIVER, str(answer.pk))]


def test_answer_comes_after_the_text_and_is_the_threads_last_line(
    text: Text, acme: Tenant, inside: Inside
) -> None:
    text("HELP", received_at=timezone.now() + timedelta(seconds=30))
    with inside(acme):
        asked, answer = Message.objects.order_by("created_at")
        assert (asked.direction, answer.direction) == ("in", "out")
        assert asked.conversation.last_text == answer.text
        assert list(answer.recipients.values_list("number", flat=True)) == [CUSTOMER]


def test_second_stop_gets_no_second_confirmation_but_a_line_in_the_ledger(
    text: Text, ledger: Any
) -> None:
    text("STOP")
    assert len(text("Stop!")) == 1
    assert ledger() == [
        ("opt_out", "keyword", "Answered."),
        ("opt_out", "keyword", "They had opted out before, so they were not told again."),
    ]


def test_stop_after_start_is_confirmed_again(text: Text, ledger: Any) -> None:
    for word in ("STOP", "START"):
        text(word)
    assert [m.text[19:29] for m in text("STOP")] == ["You have o", "You will g", "You have o"]
    assert [row[0] for row in ledger()] == ["opt_out", "opt_in", "opt_out"]


def test_same_event_again_is_answered_once(text: Text, ledger: Any) -> None:
    text("STOP", provider_message_id="same")
    assert len(text("STOP", provider_message_id="same")) == 1
    assert len(ledger()) == 1


def test_yes_is_a_word_like_others_until_somebody_opts_out(
    text: Text, acme: Tenant, inside: Inside, ledger: Any
) -> None:
    assert text("Yes") == []
    assert ledger() == []
    text("STOP")
    assert len(text("Yes.")) == 2
    with inside(acme):
        assert not is_opted_out(ACME_NUMBER, CUSTOMER)


def test_start_to_one_number_leaves_a_refusal_of_all(
    text: Text, acme: Tenant, inside: Inside, ledger: Any
) -> None:
    with inside(acme):
        OptOut.objects.create(our_number=None, number=CUSTOMER)
    assert text("START") == []
    with inside(acme):
        assert is_opted_out(ACME_NUMBER, CUSTOMER)
    assert ledger()[0][2].startswith("They refused all your numbers, and still do")


@pytest.mark.parametrize(
    ("word", "answers"), [("STOP", 0), ("START", 0), ("HELP", 1)], ids=["stop", "start", "help"]
)
@pytest.mark.parametrize("how", ["by its digits", "by its entry"])
def test_toll_free_network_answers_stop_and_start_itself(
    text: Text,
    acme: Tenant,
    acme_line: MessageSetting,
    inside: Inside,
    ledger: Any,
    word: str,
    answers: int,
    how: str,
) -> None:
    if how == "by its digits":
        PhoneNumber.objects.update(number=TOLL_FREE)
        number = TOLL_FREE
    else:
        PhoneNumber.objects.update(kind="toll_free")
        number = ACME_NUMBER
    assert len(text(word, our_number=number)) == answers
    with inside(acme):
        assert is_opted_out(number, CUSTOMER) == (word == "STOP")
    assert ("toll-free" in ledger()[0][2]) == (answers == 0)


@pytest.mark.parametrize("sender", ["72345", "123456", "MYBANK"])
def test_machines_are_not_answered(text: Text, ledger: Any, sender: str) -> None:
    assert text("HELP", sender=sender) == []
    assert "machines" in ledger()[0][2]


@pytest.mark.parametrize(
    ("word", "refused"),
    [("STOP", {CUSTOMER}), ("START", set()), ("YES", {CUSTOMER}), ("thanks", {CUSTOMER})],
)
def test_word_in_a_group_counts_for_who_says_it_and_is_not_answered(
    text: Text, ledger: Any, acme: Tenant, inside: Inside, word: str, refused: set[str]
) -> None:
    group = (ACME_NUMBER, "+15125550301")
    assert text("STOP", recipients=group) == []
    assert text(word, recipients=group) == []
    with inside(acme):
        assert set(OptOut.objects.values_list("number", flat=True)) == refused
    assert ledger()[0] == ("opt_out", "keyword", "Not answered: it was said in a group.")


def test_number_that_texts_itself_is_not_answered(text: Text, ledger: Any) -> None:
    assert text("HELP", sender=ACME_NUMBER) == []
    assert "texted itself" in ledger()[0][2]


def test_answer_that_is_such_a_word_itself_is_not_sent(
    text: Text, acme: Tenant, inside: Inside, ledger: Any
) -> None:
    with inside(acme):
        ConsentTexts.objects.create(pk=1, help_text="Help!")
    assert text("HELP") == []
    assert "such a word itself" in ledger()[0][2]


@pytest.mark.parametrize("why", ["line switched off", "account switched off", "no settings"])
def test_line_that_cannot_send_keeps_the_text_and_the_refusal(
    text: Text, acme: Tenant, inside: Inside, ledger: Any, why: str
) -> None:
    with inside(acme):
        if why == "line switched off":
            MessageSetting.objects.update(enabled=False)
        elif why == "account switched off":
            SmsConfiguration.objects.update(enabled=False)
        else:
            PhoneNumber.objects.update(is_main=False)
            MessageSetting.objects.all().delete()
            SmsConfiguration.objects.update(sender_id="Acme")
    assert text("STOP") == []
    with inside(acme):
        assert is_opted_out(ACME_NUMBER, CUSTOMER)
        assert Message.objects.get().text == "STOP"
    assert ledger()[0][2].startswith("Not answered: ")


def test_old_text_is_not_answered_late(text: Text, ledger: Any) -> None:
    assert text("STOP", received_at=timezone.now() - timedelta(minutes=6)) == []
    assert "too old" in ledger()[0][2]


def test_tenants_own_text_and_name_are_used(text: Text, acme: Tenant, inside: Inside) -> None:
    with inside(acme):
        ConsentTexts.objects.create(pk=1, help_text="Call 919-555-0101.")
        SendingPolicy.objects.create(pk=1, sender_name="Acme Dental")
    text("HELP")
    answers = text("STOP")
    assert answers[0].text == "Call 919-555-0101."
    assert answers[1].text.startswith("Acme Dental: You have opted out")


@pytest.mark.parametrize("word", ["stop", "start", "help"])
def test_answer_can_be_switched_off(
    text: Text, acme: Tenant, inside: Inside, ledger: Any, word: str
) -> None:
    with inside(acme):
        ConsentTexts.objects.create(pk=1, **{f"answers_{word}": False})
    assert text(word) == []
    assert ledger()[0][2] == "Not answered: switched off in Consent texts."


def test_machine_that_asks_for_help_all_day_is_answered_ten_times(text: Text, ledger: Any) -> None:
    for _ in range(12):
        answers = text("HELP")
    assert len(answers) == 10
    assert "within a day" in ledger()[-1][2]


def test_other_tenants_hear_nothing_of_it(
    text: Text, globex: Tenant, globex_line: MessageSetting, inside: Inside
) -> None:
    text("STOP")
    with inside(globex):
        assert not ConsentEntry.objects.exists()
        assert not OptOut.objects.exists()


@pytest.mark.parametrize(
    "rewrite",
    [lambda rows: rows.update(number="+15125550399"), lambda rows: rows.delete()],
    ids=["change", "delete"],
)
def test_ledger_cannot_be_rewritten(
    text: Text, acme: Tenant, inside: Inside, ledger: Any, rewrite: Any
) -> None:
    text("STOP")
    refused = pytest.raises(IntegrityError)
    with inside(acme), refused, transaction.atomic():
        rewrite(ConsentEntry.objects.all())
    assert len(ledger()) == 1


def test_ledger_lines_may_go_when_a_transaction_says_so(
    text: Text, acme: Tenant, inside: Inside, ledger: Any
) -> None:
    text("STOP")
    with inside(acme), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL trunkline.allow_consent_removal = 'on'")
        ConsentEntry.objects.all().delete()
        cursor.execute("SET LOCAL trunkline.allow_consent_removal = ''")
    assert ledger() == []


def test_plain_text_costs_one_question_more(text: Text) -> None:
    text("Hello")
    with CaptureQueriesContext(connection) as captured:
        text("Is my order ready?")
    ours = ("messaging_autoreply", "messaging_consent", "messaging_optout")
    asked = [q["sql"] for q in captured if any(f'FROM "{table}' in q["sql"] for table in ours)]
    assert len(asked) == 1
