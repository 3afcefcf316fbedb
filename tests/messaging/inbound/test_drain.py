from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging.inbound import drain, pace, receive
from messaging.models import Message, MessageSetting, OptOut
from providers import bell
from providers.models import WebhookEvent
from tenants.models import Tenant, WebhookEndpoint
from tenants.schema import tenant_connection

CUSTOMER = "+15125550300"

Inside = Callable[[Tenant], AbstractContextManager[None]]


def _due_now() -> None:
    WebhookEvent.objects.filter(state="pending").update(
        next_attempt_at=timezone.now() - timedelta(seconds=1)
    )


def test_events_are_routed_in_the_order_they_came(
    acme_line: MessageSetting, arrive: Any, payload: Any, run_drain: Any, texts: Any
) -> None:
    for n in range(5):
        arrive(payload("inbound_sms", id=f"in-{n}", text=str(n)), acme_line.provider)
    run_drain()
    assert texts() == ["0", "1", "2", "3", "4"]


def test_more_events_than_a_batch_are_all_routed(
    monkeypatch: pytest.MonkeyPatch,
    acme_line: MessageSetting,
    arrive: Any,
    payload: Any,
    texts: Any,
) -> None:
    monkeypatch.setattr(pace, "MOST", 2)
    for n in range(5):
        arrive(payload("inbound_sms", id=f"in-{n}", text=str(n)), acme_line.provider)
    assert drain.drain() == 5
    assert len(texts()) == 5


@pytest.mark.parametrize("number", [1, 9])
def test_plain_texts_cost_as_many_queries_however_many_they_are(
    acme_line: MessageSetting, arrive: Any, payload: Any, number: int
) -> None:
    for n in range(number):
        arrive(payload("inbound_sms", id=f"in-{n}", text=str(n)), acme_line.provider)
    with CaptureQueriesContext(connection) as captured:
        assert drain.drain() == number
    each = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
    around = 2  # waking what has waited, and the look that finds nothing more
    assert len(each) <= 10 + around


def test_text_that_is_looked_at_alone_costs_few_queries(
    acme_line: MessageSetting, arrive: Any, payload: Any, one_by_one: None
) -> None:
    arrive(payload("inbound_sms", id="in-0", text="Hello"), acme_line.provider)
    drain.drain()
    for n in range(1, 6):
        arrive(payload("inbound_sms", id=f"in-{n}", text=str(n)), acme_line.provider)
    with CaptureQueriesContext(connection) as captured:
        drain.drain()
    each = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
    shared = 13  # of a run, however many texts it has
    assert len(each) <= shared + 5 * 8


@pytest.mark.parametrize("words", ["Hello", "STOP"])
def test_fault_of_rules_or_answers_loses_no_text(
    one_by_one: None,
    monkeypatch: pytest.MonkeyPatch,
    acme_line: MessageSetting,
    acme: Tenant,
    inside: Inside,
    arrive: Any,
    payload: Any,
    words: str,
) -> None:
    def break_down(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(receive, "route_for", break_down)
    monkeypatch.setattr(receive.auto_replies, "reply", break_down)
    monkeypatch.setattr(receive.consent_words, "_answer", break_down)
    event = arrive(payload("inbound_sms", text=words), acme_line.provider)
    for _ in range(3):
        drain.drain()
        event.refresh_from_db()
        assert event.state == "pending"
        _due_now()
    drain.drain()
    event.refresh_from_db()
    assert event.state == "processed"
    with inside(acme):
        assert Message.objects.get().text == words
        assert Message.objects.get().conversation.extension is None
        assert OptOut.objects.exists() == (words == "STOP")


def test_long_backlog_is_handed_to_the_next_run(
    monkeypatch: pytest.MonkeyPatch, acme_line: MessageSetting, arrive: Any, payload: Any
) -> None:
    rung: list[bool] = []
    monkeypatch.setattr(bell, "ring_now", lambda: rung.append(True))
    monkeypatch.setattr(pace, "MOST", 2)
    monkeypatch.setattr(drain, "_BUDGET", -1.0)
    for n in range(3):
        arrive(payload("inbound_sms", id=f"in-{n}"), acme_line.provider)
    assert drain.drain() == 2
    assert rung == [True]


@pytest.mark.parametrize("length", [29, 64, 65, 200], ids=lambda length: f"{length} characters")
def test_two_events_of_one_message_make_one_message(
    acme_line: MessageSetting,
    arrive: Any,
    payload: Any,
    run_drain: Any,
    texts: Any,
    length: int,
) -> None:
    ids = [f"{'9' * (length - 1)}{last}" for last in "001"]
    *events, other = [arrive(payload("inbound_sms", id=key), acme_line.provider) for key in ids]
    run_drain()
    assert len(texts()) == 2
    other.refresh_from_db()
    assert other.state == "processed"
    for event in events:
        event.refresh_from_db()
    assert [e.state for e in events] == ["processed", "processed"]


POISON: dict[str, Callable[[Any], Any]] = {
    "not JSON": lambda _: b"{",
    "not UTF-8": lambda _: b'{"type":"\xff"}',
    "wrong shape": lambda payload: payload("inbound_sender_not_text"),
    "NUL in our number": lambda payload: payload("inbound_sms", to="+1919555\x000101"),
    "surrogate in our number": lambda payload: payload("inbound_sms", to="+1919555\ud83d0101"),
    "NUL in the sender": lambda payload: payload("inbound_sms", **{"from": "+1512\x00"}),
    "sender too long": lambda payload: payload("inbound_sms", **{"from": "+1" * 40}),
    "id too long": lambda payload: payload("inbound_sms", id="9" * 500),
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON.keys())
def test_poison_is_parked_and_its_neighbours_are_routed(
    poison: Any,
    acme_line: MessageSetting,
    arrive: Any,
    payload: Any,
    run_drain: Any,
    texts: Any,
) -> None:
    arrive(payload("inbound_sms", id="in-1", text="before"), acme_line.provider)
    bad = arrive(poison(payload), acme_line.provider)
    arrive(payload("inbound_sms", id="in-2", text="after"), acme_line.provider)
    run_drain()
    assert texts() == ["before", "after"]
    bad.refresh_from_db()
    assert bad.state in ("failed", "unrouted")
    assert bad.error


def test_fault_of_ours_fails_one_event_alone_and_is_tried_again(
    one_by_one: None,
    monkeypatch: pytest.MonkeyPatch,
    acme: Tenant,
    acme_line: MessageSetting,
    globex_line: MessageSetting,
    arrive: Any,
    payload: Any,
    run_drain: Any,
    texts: Any,
) -> None:
    real = receive.receive_message

    def faulty(tenant: Any, event: Any, *args: Any, **kwargs: Any) -> Any:
        message = real(tenant, event, *args, **kwargs)
        if event.text == "bad":
            # A statement that fails inside the database: the savepoint must be rolled back, and
            # with it the search path that was set since.
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO messaging_recipient DEFAULT VALUES")
        return message

    monkeypatch.setattr(drain, "receive_message", faulty)
    arrive(payload("inbound_sms", id="in-1", text="before"), acme_line.provider)
    bad = arrive(payload("inbound_sms", id="in-2", text="bad"), acme_line.provider)
    arrive(payload("inbound_sms", id="in-3", text="after"), acme_line.provider)
    other = arrive(payload("inbound_sms", to="+13125550201"), globex_line.provider)
    run_drain()
    assert texts() == ["before", "after"]
    bad.refresh_from_db()
    other.refresh_from_db()
    assert (bad.state, bad.attempts) == ("pending", 1)
    assert bad.error == f"Processing failed: {IntegrityError.__name__}."
    assert bad.next_attempt_at > timezone.now()
    assert (other.state, other.tenant.slug) == ("processed", "globex")
    assert tenant_connection.schema_name == "public"

    monkeypatch.setattr(drain, "receive_message", real)
    run_drain()
    assert texts() == ["before", "after"], "it is not due yet"
    _due_now()
    run_drain()
    assert sorted(texts()) == ["after", "bad", "before"]


def test_fault_that_stays_parks_the_event(
    one_by_one: None,
    monkeypatch: pytest.MonkeyPatch,
    acme_line: MessageSetting,
    arrive: Any,
    payload: Any,
    run_drain: Any,
) -> None:
    def faulty(*args: Any, **kwargs: Any) -> Any:
        raise LookupError("Order ready? 👍")

    monkeypatch.setattr(drain, "receive_message", faulty)
    event = arrive(payload("inbound_sms"), acme_line.provider)
    tries = 0
    while event.state == "pending":
        _due_now()
        run_drain()
        event.refresh_from_db()
        tries += 1
    assert (event.state, tries) == ("failed", 8)
    assert event.error == "Processing failed: LookupError."


def test_stop_in_a_group_is_that_of_who_says_it(
    acme: Tenant,
    acme_line: MessageSetting,
    inside: Inside,
    arrive: Any,
    payload: Any,
    run_drain: Any,
) -> None:
    arrive(payload("inbound_group"), acme_line.provider)
    run_drain()
    with inside(acme):
        message = Message.objects.get()
        assert message.conversation.participants == [CUSTOMER, "+15125550301"]
        assert list(OptOut.objects.values_list("number", flat=True)) == [CUSTOMER]


def test_event_that_asks_for_nothing_is_processed(
    acme_line: MessageSetting, arrive: Any, payload: Any, run_drain: Any, texts: Any
) -> None:
    event = arrive(payload("message_read"), acme_line.provider)
    run_drain()
    event.refresh_from_db()
    assert event.state == "processed"
    assert texts() == []


def test_event_of_a_carrier_that_is_gone_is_parked(
    acme_line: MessageSetting, arrive: Any, payload: Any, run_drain: Any
) -> None:
    event = arrive(payload("inbound_sms"), acme_line.provider)
    WebhookEvent.objects.update(provider="oldtel")
    run_drain()
    event.refresh_from_db()
    assert (event.state, event.error) == ("failed", "No carrier of this name is set up here.")


def test_endpoint_shows_when_its_last_event_came(
    acme_line: MessageSetting, arrive: Any, payload: Any, run_drain: Any
) -> None:
    arrive(payload("inbound_sms", id="in-1"), acme_line.provider)
    last = arrive(payload("inbound_sms", id="in-2"), acme_line.provider)
    run_drain()
    last.refresh_from_db()
    assert WebhookEndpoint.objects.get().last_event_at == last.received_at


def test_work_is_asked_for_in_the_tenants_name(
    acme: Tenant,
    acme_line: MessageSetting,
    arrive: Any,
    payload: Any,
    run_drain: Any,
    published: list[Any],
) -> None:
    arrive(payload("inbound_mms"), acme_line.provider)
    run_drain()
    assert [(p.task, p.schema_name) for p in published] == [
        ("messaging.fetch_media", acme.schema_name)
    ] * 2
