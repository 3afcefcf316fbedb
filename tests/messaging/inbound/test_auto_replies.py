"""Auto-replies go out of hours and at first contact, once, and never to machines."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging.inbound import auto_replies
from messaging.inbound.receive import receive_message
from messaging.models import (
    AutoReply,
    AutoReplySent,
    BusinessHours,
    Holiday,
    Message,
    MessageSetting,
    OptOut,
)
from providers.types import InboundMessage
from tenants.models import Tenant
from tests.conftest import ACME_NUMBER, CUSTOMER, GLOBEX_NUMBER

Inside = Callable[[Tenant], AbstractContextManager[None]]
Text = Callable[..., list[str]]

NEVER: dict[str, Any] = {}
ALWAYS = {str(day): [["00:00", "24:00"]] for day in range(1, 8)}


def receive(tenant: Tenant, setting: MessageSetting, words: str, **changes: Any) -> None:
    values: dict[str, Any] = {
        "our_number": ACME_NUMBER,
        "sender": CUSTOMER,
        "media_urls": (),
        "segment_count": 1,
        "application_id": "app",
        "sent_at": None,
        "raw": {},
        **changes,
    }
    values.setdefault("recipients", (values["our_number"],))
    at = values.pop("at", None)
    event = InboundMessage(text=words, **values)
    receive_message(tenant, event, setting.provider, received_at=at)


@pytest.fixture
def text(acme: Tenant, inside: Inside, acme_line: MessageSetting) -> Text:
    """Text Acme, and return all it has answered by then."""
    count = iter(range(1000))

    def run(words: str, **changes: Any) -> list[str]:
        with inside(acme):
            number = f"in-{next(count)}"
            receive(acme, acme_line, words, **{"provider_message_id": number, **changes})
            sent = Message.objects.filter(direction="out").order_by("created_at")
            return list(sent.values_list("text", flat=True))

    return run


@pytest.fixture
def make(acme: Tenant, inside: Inside) -> Callable[..., AutoReply]:
    """Make an auto-reply of Acme's; `week` gives it hours of its own."""

    def create(kind: str, text: str = "", **fields: Any) -> AutoReply:
        with inside(acme):
            week = fields.pop("week", None)
            count = AutoReply.objects.count()
            if week is not None:
                fields["hours"] = BusinessHours.objects.create(name=f"Week {count}", week=week)
            return AutoReply.objects.create(
                name=f"{kind} {count}", kind=kind, text=text or kind, **fields
            )

    return create


def test_first_text_is_greeted_and_the_second_is_not(
    text: Text, make: Any, acme: Tenant, inside: Inside
) -> None:
    make("first_contact", "Welcome")
    assert text("Hello") == ["Welcome"]
    assert text("Anybody there?") == ["Welcome"]
    with inside(acme):
        message = Message.objects.get(direction="out")
        assert (message.origin, message.author_id, message.status) == ("auto_reply", None, "queued")


def test_who_wrote_before_is_nobody_new(text: Text, make: Any) -> None:
    text("Before there was a greeting")
    make("first_contact")
    assert text("Hello") == []


@pytest.mark.parametrize(
    ("week", "holiday", "answers"),
    [
        (NEVER, False, ["closed"]),
        (ALWAYS, False, []),
        (ALWAYS, True, ["closed"]),
        (None, False, []),
        (None, True, ["closed"]),
    ],
    ids=["closed", "open", "open but a holiday", "no hours", "no hours but a holiday"],
)
def test_closed_is_told_out_of_the_hours_that_count(
    text: Text,
    make: Any,
    acme: Tenant,
    inside: Inside,
    week: Any,
    holiday: Any,
    answers: list[str],
) -> None:
    make("closed", week=week)
    if holiday:
        today = timezone.localdate()
        with inside(acme):
            Holiday.objects.create(
                name="Feast",
                first_day=today - timedelta(days=1),
                last_day=today + timedelta(days=1),
            )
    assert text("Hello") == answers


def test_company_hours_count_where_none_are_chosen(
    text: Text, make: Any, acme: Tenant, inside: Inside
) -> None:
    make("closed")
    with inside(acme):
        BusinessHours.objects.create(name="Ours", week=NEVER, is_default=True)
    assert text("Hello") == ["closed"]


@pytest.mark.parametrize(
    ("at", "closed"),
    [
        (datetime(2026, 11, 23, 13, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 23, 14, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 23, 22, 0, tzinfo=UTC), True),
    ],
    ids=["8:59 in New York", "9:00", "17:00"],
)
def test_hours_are_the_tenants_clock(
    make: Any, acme: Tenant, inside: Inside, at: datetime, closed: Any
) -> None:
    reply = make("closed", week={"1": [["09:00", "17:00"]]})
    with inside(acme):
        offered = auto_replies.offers([ACME_NUMBER])
    chosen = auto_replies.choose(
        offered, ACME_NUMBER, at=at, zone="America/New_York", is_first=False
    )
    assert chosen == (reply if closed else None)


def test_closed_goes_before_the_greeting_and_only_one_goes(text: Text, make: Any) -> None:
    make("first_contact")
    make("closed", week=NEVER)
    assert text("Hello") == ["closed"]


def test_number_of_its_own_reply_gets_no_other(text: Text, make: Any) -> None:
    make("closed", "all", week=NEVER)
    make("closed", "own", week=NEVER, our_number=ACME_NUMBER)
    make("closed", "other", week=NEVER, our_number="+19195550199")
    assert text("Hello") == ["own"]


def test_number_with_open_hours_of_its_own_is_open(text: Text, make: Any) -> None:
    make("closed", "all", week=NEVER)
    make("closed", "own", week=ALWAYS, our_number=ACME_NUMBER)
    assert text("Hello") == []


def test_window_keeps_the_next_one_away_until_it_is_over(
    text: Text, make: Any, acme: Tenant, inside: Inside
) -> None:
    make("closed", week=NEVER, window_hours=2)
    for n in range(3):
        assert text(f"Hello {n}") == ["closed"]
    with inside(acme):
        AutoReplySent.objects.update(at=timezone.now() - timedelta(hours=2, minutes=1))
    assert text("Still closed?") == ["closed", "closed"]
    assert text("Really?") == ["closed", "closed"]


def test_two_workers_mark_one_reply(make: Any, text: Text, acme: Tenant, inside: Inside) -> None:
    reply = make("closed", week=NEVER)
    text("Hello")
    with inside(acme):
        conversation = Message.objects.filter(direction="in")[0].conversation
        assert not auto_replies._mark(conversation, reply)
        AutoReplySent.objects.all().delete()
        assert auto_replies._mark(conversation, reply)
        assert not auto_replies._mark(conversation, reply)


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": "72345"},
        {"sender": "MYBANK"},
        {"recipients": (ACME_NUMBER, "+15125550301")},
        {"words": "STOP"},
        {"words": "help"},
        {"at": timezone.now() - timedelta(hours=2)},
    ],
    ids=["short code", "name", "group", "stop", "help", "two hours old"],
)
def test_these_get_no_auto_reply(text: Text, make: Any, changes: dict[str, Any]) -> None:
    make("closed", "Closed", week=NEVER)
    make("first_contact", "Welcome")
    words = changes.get("words", "Hello")
    answers = text(words, **{k: v for k, v in changes.items() if k != "words"})
    assert not {"Closed", "Welcome"} & set(answers)


def test_who_opted_out_gets_none(text: Text, make: Any, acme: Tenant, inside: Inside) -> None:
    make("closed", week=NEVER)
    with inside(acme):
        OptOut.objects.create(our_number=None, number=CUSTOMER)
    assert text("Hello") == []


def test_number_that_texts_itself_gets_none(text: Text, make: Any) -> None:
    make("first_contact")
    assert text("Hello", sender=ACME_NUMBER) == []


def test_consent_word_is_no_auto_reply(text: Text, make: Any) -> None:
    make("first_contact", "Help")
    assert text("Hello") == []


def test_switched_off_reply_is_not_sent(text: Text, make: Any) -> None:
    make("closed", week=NEVER, enabled=False)
    assert text("Hello") == []


@pytest.mark.parametrize(
    ("first", "second"),
    [("Out of  office", "OUT of office"), ("Hello", "closed")],
    ids=["the same again", "our own words back"],
)
def test_text_that_looks_automatic_gets_none(
    text: Text, make: Any, acme: Tenant, inside: Inside, first: str, second: str
) -> None:
    make("closed", week=NEVER)
    text(first)
    with inside(acme):
        AutoReplySent.objects.all().delete()
    assert text(second) == ["closed"]


def test_day_has_five_at_most(text: Text, make: Any, acme: Tenant, inside: Inside) -> None:
    make("closed", week=NEVER)
    for n in range(7):
        answers = text(f"Hello {n}")
        with inside(acme):
            AutoReplySent.objects.all().delete()
    assert len(answers) == 5


def test_line_that_cannot_send_keeps_the_text_and_leaves_no_mark(
    text: Text, make: Any, acme: Tenant, inside: Inside
) -> None:
    make("closed", week=NEVER)
    with inside(acme):
        MessageSetting.objects.update(enabled=False)
    assert text("Hello") == []
    with inside(acme):
        assert Message.objects.get().text == "Hello"
        assert not AutoReplySent.objects.exists()


def test_two_tenants_that_answer_each_other_stop_after_one_each(
    acme: Tenant,
    globex: Tenant,
    acme_line: MessageSetting,
    globex_line: MessageSetting,
    inside: Inside,
) -> None:
    numbers = {acme: ACME_NUMBER, globex: GLOBEX_NUMBER}
    lines = {acme: acme_line, globex: globex_line}
    for tenant in numbers:
        with inside(tenant):
            hours = BusinessHours.objects.create(name="Never", week=NEVER)
            AutoReply.objects.create(
                name="Closed", kind="closed", text=f"{tenant.name} is closed", hours=hours
            )
            AutoReply.objects.create(name="New", kind="first_contact", text=f"{tenant.name}: hi")
    waiting = [(acme, globex, "Hello")]  # from Globex to Acme
    passed = 0
    while waiting:
        passed += 1
        assert passed < 20
        to, sender, words = waiting.pop()
        with inside(to):
            receive(
                to,
                lines[to],
                words,
                provider_message_id=f"in-{passed}",
                our_number=numbers[to],
                sender=numbers[sender],
            )
            sent = Message.objects.filter(direction="out", provider_message_id="")
            waiting += [(sender, to, message.text) for message in sent]
            for message in sent:
                message.provider_message_id = f"out-{message.pk}"
                message.save()
    for tenant in numbers:
        with inside(tenant):
            assert Message.objects.filter(direction="out").count() == 1


def test_other_tenants_replies_are_not_ours(text: Text, globex: Tenant, inside: Inside) -> None:
    with inside(globex):
        AutoReply.objects.create(name="New", kind="first_contact", text="Globex here")
    assert text("Hello") == []


def test_reply_costs_few_questions(text: Text, make: Any) -> None:
    make("closed", week=NEVER)
    text("Hello", sender="+15125550398")
    with CaptureQueriesContext(connection) as plain:
        text("Again", sender="+15125550398")
    with CaptureQueriesContext(connection) as answered:
        text("Hello", sender="+15125550399")
    assert len(answered) - len(plain) <= 20
