"""Texts that are stored at once end in the very rows that they would end in one by one."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, models, transaction

from messaging.inbound import drain, many, pace, storing
from messaging.inbound.pace import Pace
from messaging.inbound.turns import Head, Turns
from messaging.models import (
    AutoReply,
    BusinessHours,
    Conversation,
    Extension,
    HandlingEvent,
    MailDelivery,
    Message,
    MessageEvent,
    MessageSetting,
    SmsConfiguration,
)
from providers.models import WebhookEvent
from tenants.models import PhoneNumber, Tenant
from tests.conftest import ACME_NUMBER, GLOBEX_NUMBER
from tests.messaging.inbound.conftest import Arrive, Published, Run

Inside = Callable[[Tenant], AbstractContextManager[None]]

SHARED, MAILED, OFF, BARE = "+19195550102", "+19195550103", "+19195550104", "+19195550105"
NOBODYS = "+19195559999"
MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

TEXTS = {
    "plain": "Is my order ready?",
    "empty": "",
    "long": "x" * 2000,
    "beyond GSM-7": "Grüße aus Łódź 👍🏽",
    "NUL inside": "before\x00after",
    "half an emoji": "cut \ud83d",
    "lines": "one\r\n\ttwo\u2028three",
    "quotes and braces": """'"\\ {} {0} %s %(now)s $1 --;""",
    "consent word": "STOP",
    "consent word, dressed up": " ¡Stop! ",
    "a plain yes": "yes",
    "no consent word": "please stop by",
}


@pytest.fixture
def lines(
    acme: Tenant, acme_line: MessageSetting, globex_line: MessageSetting, inside: Inside
) -> None:
    """Give Acme a number of each kind beside its own."""
    with inside(acme):
        ann, account = acme_line.extension, acme_line.provider
        ben = Extension.objects.create(number="102", name="Ben")
        settings = {
            SHARED: {"extension": ann},
            MAILED: {"extension": ben, "email": "desk@acme.example"},
            OFF: {"extension": ann, "email": "off@acme.example", "enabled": False},
        }
        for number in (SHARED, MAILED, OFF, BARE):
            row = PhoneNumber.objects.create(number=number, trunk=account.trunk, tenant=acme)
            if number in settings:
                values: Any = settings[number]
                made = MessageSetting.objects.create(phone_number=row, provider=account, **values)
                if number == SHARED:
                    made.other_extensions.add(ben)
        # One that is closed, one that greets whom nobody knows, and one that is never meant.
        closed = BusinessHours.objects.create(name="Closed", week={})
        open_always = BusinessHours.objects.create(
            name="Open", week={str(day): [["00:00", "24:00"]] for day in range(1, 8)}
        )
        for name, fields in {
            "closed": {"kind": "closed", "our_number": MAILED, "hours": closed},
            "greeting": {"kind": "first_contact", "our_number": BARE},
            "never": {"kind": "closed", "hours": open_always},
        }.items():
            AutoReply.objects.create(name=name, text="We will be back.", **fields)
        # Threads from before: in other hands, done, and read far into the future.
        for ours, fields in {
            ACME_NUMBER: {"extension": ben},
            MAILED: {"extension": ben, "done_at": MONDAY},
            OFF: {"last_at": MONDAY + timedelta(days=9), "last_text": "later"},
        }.items():
            Conversation.objects.create(
                our_number=ours,
                participants_key="+15125550300",
                **{"last_at": MONDAY - timedelta(days=1), "last_status": "delivered", **fields},
                last_direction="out",
            )


@pytest.fixture
def many_events(
    arrive: Arrive,
    payload: Any,
    lines: None,
    acme_configuration: SmsConfiguration,
    globex_configuration: SmsConfiguration,
) -> list[int]:
    """Store what may come in, mixed by the same dice each time."""
    dice = random.Random(5)  # noqa: S311  # no secret
    keys = []
    theirs = [f"+151255503{n:02}" for n in range(20)]
    ours = [ACME_NUMBER, GLOBEX_NUMBER] * 2 + [SHARED, MAILED, OFF, BARE, NOBODYS]
    for n in range(120):
        number = dice.choice(ours)
        own = globex_configuration if number == GLOBEX_NUMBER else acme_configuration
        message: dict[str, Any] = {
            # One in six is the same message again, told by another request.
            "id": f"in-{dice.randrange(n + 1) if n % 6 == 5 else n}",
            "text": dice.choice(list(TEXTS.values())),
            "from": dice.choice([*theirs, "78787", "SHOP", number]),
            "segmentCount": dice.choice([1, 2, 5000]),
        }
        name = dice.choice(["inbound_sms"] * 8 + ["inbound_mms"])
        foreign = dice.random() < 0.05
        event = arrive(
            payload(name, to=number, **message),
            globex_configuration if foreign else own,
        )
        # Some of one request, some late.
        at = MONDAY + timedelta(seconds=dice.choice([n // 4, n // 4, 0]))
        WebhookEvent.objects.filter(pk=event.pk).update(received_at=at)
        keys.append(event.pk)
    return keys


def _rows(model: type[models.Model], *names: str) -> list[Any]:
    return sorted(model._default_manager.values_list(*names), key=repr)


def _all_rows(tenants: list[Tenant], inside: Inside, keys: list[int]) -> dict[str, Any]:
    """Read all that routing writes, without the keys that each run draws anew."""
    told: dict[str, Any] = {
        "outcomes": list(
            WebhookEvent.objects.filter(pk__in=keys)
            .order_by("pk")
            .values_list("state", "error", "attempts", "tenant__slug", "next_attempt_at")
        )
    }
    thread = "conversation__our_number", "conversation__participants_key"
    message = ("message__provider_message_id", "message__direction", "message__text")
    drawn = {"id", "conversation", "created_at", "expires_at"}
    for tenant in tenants:
        with inside(tenant):
            columns = [f.name for f in Message._meta.concrete_fields if f.name not in drawn]
            inbound = Message.objects.filter(direction="in")
            told[tenant.slug] = {
                "texts": sorted(inbound.values_list("created_at", *thread, *columns), key=repr),
                "answers": _rows(Message, *thread, "direction", "text"),
                "threads": _rows(
                    Conversation,
                    *("our_number", "participants_key", "extension__number", "ring_group"),
                    *("shared_with", "done_at", "last_text", "last_status", "last_direction"),
                    *("last_inbound_at",),
                ),
                "shown": sorted(
                    Conversation.objects.filter(last_direction="in").values_list(
                        "our_number", "participants_key", "last_at"
                    )
                ),
                "timeline": _rows(
                    MessageEvent, *message, "status", "recipient", "detail", "webhook_event_id"
                ),
                "mails": _rows(MailDelivery, *message, "address", "state", "attempts", "error"),
                "handling": _rows(HandlingEvent, *thread, "kind", "by", "extension__number"),
                # Written once in ten seconds: by which of the texts is all the same.
                "accounts": _rows(SmsConfiguration, "name", "last_inbound_at__minute"),
            }
    return told


def test_texts_at_once_end_in_the_rows_of_texts_one_by_one(
    acme: Tenant,
    globex: Tenant,
    inside: Inside,
    many_events: list[int],
    run_drain: Run,
    published: list[Published],
    hints: list[tuple[str, dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def told() -> tuple[dict[str, Any], Any, Any]:
        published.clear()
        hints.clear()
        run_drain()
        rows = _all_rows([acme, globex], inside, many_events)
        tasks = sorted((each.task, each.schema_name) for each in published)
        last = {(schema, hint["extension"]) for schema, hint in hints}
        return rows, tasks, last

    monkeypatch.setattr(drain, "_BUDGET", 600.0)  # a busy machine leaves nothing to another run
    at_once: list[int] = []
    real = many.receive_many

    def counted(tenant: Tenant, arrivals: Any) -> set[int]:
        done = real(tenant, arrivals)
        at_once.extend(done)
        return done

    monkeypatch.setattr(many, "receive_many", counted)
    before = transaction.savepoint()
    together = told()
    transaction.savepoint_rollback(before)
    monkeypatch.setattr(many, "receive_many", lambda tenant, arrivals: set())
    assert together == told()
    assert len(at_once) > len(many_events) / 4


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        (Conversation, storing.CONVERSATION),
        (Message, storing.MESSAGE),
        (MessageEvent, storing.MESSAGE_EVENT),
        (MailDelivery, storing.MAIL_DELIVERY),
        (HandlingEvent, storing.HANDLING_EVENT),
    ],
)
def test_statement_knows_all_columns_that_must_be_given(
    model: type[models.Model], columns: dict[str, str]
) -> None:
    given = {
        field.column
        for field in model._meta.concrete_fields
        if not field.null and not isinstance(field, models.AutoField)
    }
    assert given <= columns.keys() <= {f.column for f in model._meta.concrete_fields}


def test_fault_of_the_statement_costs_only_its_speed(
    monkeypatch: pytest.MonkeyPatch,
    acme_line: MessageSetting,
    globex: Tenant,
    globex_line: MessageSetting,
    arrive: Arrive,
    payload: Any,
    run_drain: Run,
    inside: Inside,
    texts: Callable[[], list[str]],
) -> None:
    real = storing.store

    def fail(schema_name: str, *args: Any) -> storing.Stored:
        stored = real(schema_name, *args)
        if schema_name == "t_acme":
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return stored

    monkeypatch.setattr(storing, "store", fail)
    for n in range(3):
        arrive(payload("inbound_sms", id=f"in-{n}", text=str(n)), acme_line.provider)
    arrive(payload("inbound_sms", to=GLOBEX_NUMBER, text="other"), globex_line.provider)
    run_drain()
    assert texts() == ["0", "1", "2"]
    assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"processed"}
    with inside(globex):
        assert list(Message.objects.values_list("text", flat=True)) == ["other"]


@pytest.mark.parametrize("longest", [60.0, -1.0], ids=["both in time", "time for one tenant"])
def test_fresh_text_does_not_wait_behind_a_backlog(
    monkeypatch: pytest.MonkeyPatch,
    acme_line: MessageSetting,
    globex: Tenant,
    globex_line: MessageSetting,
    arrive: Arrive,
    payload: Any,
    inside: Inside,
    texts: Callable[[], list[str]],
    longest: float,
) -> None:
    monkeypatch.setattr(pace, "LONGEST", longest)
    turns = Turns()
    for n in range(20):
        arrive(payload("inbound_sms", id=f"in-{n}", text=str(n)), acme_line.provider)
    drain._drain_batch(Pace(events=4, places=2), turns)
    arrive(payload("inbound_sms", to=GLOBEX_NUMBER, text="fresh"), globex_line.provider)
    drain._drain_batch(Pace(events=4, places=2), turns)
    with inside(globex):
        assert Message.objects.count() == 1
    assert 4 <= len(texts()) <= 7


def test_fresh_texts_have_places_of_their_own_and_the_others_go_round() -> None:
    turns = Turns()
    heads = [Head(tenant_id=key, event_id=key * 10) for key in range(1, 7)]
    served = []
    for fresh in (61, 62, 63):
        # Number 9 is texted without end: what it has is fresh once.
        now = [
            *heads,
            Head(tenant_id=9, event_id=fresh + 10),
            Head(tenant_id=fresh, event_id=fresh),
        ]
        chosen = turns.order(now, most=6)[:6]
        turns.note(chosen, now)
        served.append(chosen)
    assert [61 in served[0], 62 in served[1], 63 in served[2]] == [True, True, True]
    assert [9 in chosen for chosen in served[:2]] == [True, False]
    assert {key for chosen in served for key in chosen} >= {1, 2, 3, 4, 5, 6}
