"""Small tenants' texts are stored in one trip; what is wrong with one costs the others nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging.inbound import drain, facts, putting
from messaging.models import (
    AutoReply,
    Conversation,
    Extension,
    HandlingEvent,
    Message,
    MessageEvent,
    MessageSetting,
    SmsConfiguration,
)
from providers.models import WebhookEvent
from tenants.models import Tenant, WebhookEndpoint
from tests.conftest import ACME_NUMBER, GLOBEX_NUMBER
from tests.messaging.inbound.conftest import Arrive, Run

Inside = Callable[[Tenant], AbstractContextManager[None]]

THEIRS = "+15125550300"


@pytest.fixture(autouse=True)
def _together(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(drain, "_CROWD", 2)
    facts.forget()
    yield
    facts.forget()


@pytest.fixture
def text(
    arrive: Arrive, payload: Any, acme_line: MessageSetting, globex_line: MessageSetting
) -> Callable[..., WebhookEvent]:
    """Have a text come in for one of the two."""
    lines = {ACME_NUMBER: acme_line, GLOBEX_NUMBER: globex_line}

    def store(number: str, key: str, said: str = "Hello", sender: str = THEIRS) -> WebhookEvent:
        event = payload("inbound_sms", to=number, id=key, text=said, **{"from": sender})
        return arrive(event, lines[number].provider)

    return store


@pytest.fixture
def stored(acme: Tenant, globex: Tenant, inside: Inside) -> Callable[[], list[list[str]]]:
    """Read what both received, in order."""

    def read() -> list[list[str]]:
        told = []
        for tenant in (acme, globex):
            with inside(tenant):
                told.append(list(Message.objects.values_list("text", flat=True)))
        return told

    return read


def test_texts_of_both_are_stored_in_one_statement(
    text: Callable[..., WebhookEvent], stored: Any, run_drain: Run, hints: list[Any]
) -> None:
    def run(first: int) -> list[str]:
        for n in range(first, first + 2):
            text(ACME_NUMBER, f"a-{n}", f"a{n}")
            text(GLOBEX_NUMBER, f"g-{n}", f"g{n}")
        with CaptureQueriesContext(connection) as asked:
            run_drain()
        tables = re.compile(r'(\.|FROM "|INTO "|UPDATE ")messaging_')
        return [q["sql"] for q in asked if tables.search(q["sql"])]

    run(0)
    hints.clear()
    # Nothing that is set up is read again, and no thread is looked for.
    assert len(run(2)) == 1
    assert stored() == [["a0", "a1", "a2", "a3"], ["g0", "g1", "g2", "g3"]]
    assert {schema for schema, _ in hints} == {"t_acme", "t_globex"}
    assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"processed"}


def test_fault_of_one_is_its_own(
    text: Callable[..., WebhookEvent],
    stored: Any,
    run_drain: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = putting.put

    def fail(lots: list[putting.Lot]) -> list[putting.Put]:
        done = real(lots)
        if "t_acme" in {lot.schema_name for lot in lots}:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return done

    monkeypatch.setattr(putting, "put", fail)
    for n in range(2):
        text(ACME_NUMBER, f"a-{n}", f"a{n}")
        text(GLOBEX_NUMBER, f"g-{n}", f"g{n}")
    run_drain()
    assert stored() == [["a0", "a1"], ["g0", "g1"]]
    assert set(WebhookEvent.objects.values_list("state", "attempts")) == {("processed", 1)}


def _move(acme: Tenant) -> None:
    ben = Extension.objects.create(number="102", name="Ben")
    Conversation.objects.update(extension=ben)


def _late(acme: Tenant) -> None:
    Conversation.objects.update(last_at=timezone.now() + timedelta(days=1))


def _done(acme: Tenant) -> None:
    Conversation.objects.update(done_at=timezone.now())


@pytest.mark.parametrize("change", [_move, _late, _done], ids=["moved", "later", "done"])
def test_thread_that_is_not_as_expected_is_looked_at(
    text: Callable[..., WebhookEvent],
    stored: Any,
    run_drain: Run,
    acme: Tenant,
    inside: Inside,
    change: Callable[[Tenant], None],
) -> None:
    text(ACME_NUMBER, "a-0", "a0")
    text(GLOBEX_NUMBER, "g-0", "g0")
    run_drain()
    with inside(acme):
        change(acme)
        shown = Conversation.objects.values("last_at", "last_text").get()
    text(ACME_NUMBER, "a-1", "a1")
    text(ACME_NUMBER, "a-2", "a2")
    text(ACME_NUMBER, "a-3", "a3", sender="+15125550301")
    text(GLOBEX_NUMBER, "g-1", "g1")
    run_drain()
    assert [sorted(each) for each in stored()] == [["a0", "a1", "a2", "a3"], ["g0", "g1"]]
    with inside(acme):
        thread = Conversation.objects.get(participants_key=THEIRS)
        assert list(thread.messages.values_list("text", flat=True)) == ["a0", "a1", "a2"]
        is_later = shown["last_at"] > timezone.now()
        assert thread.last_text == (shown["last_text"] if is_later else "a2")
        assert thread.done_at is None
        assert HandlingEvent.objects.filter(kind="reopened").count() == (change is _done)
        assert MessageEvent.objects.count() == 4


def test_text_that_is_here_already_is_not_stored_twice(
    text: Callable[..., WebhookEvent], stored: Any, run_drain: Run, acme: Tenant, inside: Inside
) -> None:
    text(ACME_NUMBER, "a-0", "a0")
    text(GLOBEX_NUMBER, "g-0", "g0")
    run_drain()
    text(ACME_NUMBER, "a-0", "a0 again", sender="+15125550301")
    text(ACME_NUMBER, "a-1", "a1")
    text(GLOBEX_NUMBER, "g-1", "g1")
    run_drain()
    assert stored() == [["a0", "a1"], ["g0", "g1"]]
    with inside(acme):
        assert Conversation.objects.count() == 1
        assert MessageEvent.objects.count() == 2


def test_texts_of_one_moment_keep_their_order_across_batches(
    text: Callable[..., WebhookEvent], stored: Any, run_drain: Run
) -> None:
    at: datetime = timezone.now()
    for n in range(4):
        event = text(ACME_NUMBER, f"a-{3 - n}", f"a{n}")
        text(GLOBEX_NUMBER, f"g-{n}", "x", sender=f"+1512555031{n}")
        WebhookEvent.objects.filter(pk=event.pk).update(received_at=at)
        if n % 2:
            run_drain()
    assert stored()[0] == ["a0", "a1", "a2", "a3"]


def _off(line: MessageSetting) -> None:
    MessageSetting.objects.filter(pk=line.pk).update(enabled=False)


def _other_desk(line: MessageSetting) -> None:
    ben = Extension.objects.create(number="102", name="Ben")
    MessageSetting.objects.filter(pk=line.pk).update(extension=ben)


def _shared(line: MessageSetting) -> None:
    line.other_extensions.add(Extension.objects.create(number="102", name="Ben"))


def _number(line: MessageSetting) -> None:
    Extension.objects.filter(pk=line.extension_id).update(number="155")


def _greeting(line: MessageSetting) -> None:
    AutoReply.objects.create(name="Welcome", kind="first_contact", text="Welcome!")


def _closed_door(line: MessageSetting) -> None:
    door = WebhookEndpoint.objects.get(pk=line.provider.endpoint_id)
    door.pk, door.token_hash = None, b"x" * 32
    door.save()
    SmsConfiguration.objects.filter(pk=line.provider_id).update(endpoint=door)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(_off, {"extension": None}, id="settings off"),
        pytest.param(_other_desk, {"extension": "102"}, id="another extension"),
        pytest.param(_shared, {"shares": 2}, id="shared"),
        pytest.param(_number, {"hinted": "155"}, id="its number"),
        pytest.param(_greeting, {"answers": 1}, id="an auto-reply"),
        pytest.param(_closed_door, {"states": {"rejected"}}, id="another account's door"),
    ],
)
def test_what_was_changed_since_the_last_text_counts_for_the_next(
    text: Callable[..., WebhookEvent],
    run_drain: Run,
    acme: Tenant,
    acme_line: MessageSetting,
    inside: Inside,
    hints: list[tuple[str, dict[str, Any]]],
    change: Callable[[MessageSetting], None],
    expected: dict[str, Any],
) -> None:
    text(ACME_NUMBER, "a-0")
    text(GLOBEX_NUMBER, "g-0")
    run_drain()
    with inside(acme):
        change(acme_line)
    hints.clear()
    event = text(ACME_NUMBER, "a-1", sender="+15125550301")
    text(GLOBEX_NUMBER, "g-1")
    run_drain()
    states = set(WebhookEvent.objects.filter(pk=event.pk).values_list("state", flat=True))
    with inside(acme):
        new = Conversation.objects.filter(participants_key="+15125550301").first()
        found = {
            "extension": new.extension.number if new and new.extension else None,
            "shares": len(new.shared_with) if new else 0,
            "hinted": hints[0][1]["extension"] if hints else None,
            "answers": Message.objects.filter(direction="out").count(),
            "states": states,
        }
    assert {name: found[name] for name in expected} == expected
