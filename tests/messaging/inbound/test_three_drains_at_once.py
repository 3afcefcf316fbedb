"""Each person is answered once, however many workers drain at the same time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

import pytest
from django.db import connection, transaction
from django_tenants.utils import tenant_context

from messaging import queue
from messaging.configurations import create_configuration
from messaging.inbound import drain, pace
from messaging.models import AutoReply, ConsentEntry, Message, MessageSetting, SmsConfiguration
from providers.models import WebhookEvent
from tenants.models import PhoneNumber, Tenant, Trunk
from tests.conftest import ACME_NUMBER, APPLICATION_ID
from tests.messaging.inbound.conftest import Published

T = TypeVar("T")

DRAINS = 3
PATIENCE = 30.0
GREETED = {f"+1512555031{n}": ["Hello", "Anybody there?"] for n in range(3)}
OPTED_OUT = {f"+1512555032{n}": ["STOP", "Stop."] for n in range(3)}
HELPED = {f"+1512555033{n}": ["HELP"] for n in range(3)}


def _filled() -> set[str]:
    """Return the tables that have rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname IN ('public', 't_acme')"
        )
        names = [name for (name,) in cursor.fetchall()]
        # Names of the catalog's own, quoted by it.
        asked = (f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in names)  # noqa: S608
        cursor.execute(" UNION ALL ".join(asked))
        return {name for (name,) in cursor.fetchall()}


@transaction.atomic
def _empty(tables: set[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL trunkline.allow_consent_removal = 'on'")
        for name in tables:  # in any order: references are checked at the commit
            cursor.execute(f"DELETE FROM {name}")  # noqa: S608


def _elsewhere(work: Callable[[], T], *, threads: int = 1) -> list[T]:
    """Do something outside the test's transaction: a thread has a connection of its own."""
    start = Barrier(threads)

    def run() -> T:
        try:
            start.wait(PATIENCE)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        runs = [pool.submit(run) for _ in range(threads)]
    return [each.result() for each in runs]


@pytest.fixture
def committed(db: None) -> Iterator[None]:
    """Remove after the test what it wrote elsewhere, for all to see."""
    (before,) = _elsewhere(_filled)
    yield
    _elsewhere(lambda: _empty(_filled() - before))


def _open_line() -> SmsConfiguration:
    """Give Acme a line that greets whoever is new."""
    acme = Tenant.objects.get(slug="acme")
    trunk = Trunk.objects.create(name="Bandwidth", provider="bandwidth")
    number = PhoneNumber.objects.create(number=ACME_NUMBER, trunk=trunk, tenant=acme)
    account = SmsConfiguration(
        name="Main", trunk=trunk, account_id="9900001", application_id=APPLICATION_ID
    )
    with tenant_context(acme):
        create_configuration(acme, account)
        MessageSetting.objects.create(phone_number=number, provider=account)
        AutoReply.objects.create(name="Welcome", kind="first_contact", text="Welcome!")
    return account


def test_each_person_is_answered_once(
    committed: None,
    payload: Any,
    published: list[Published],
    acme: Tenant,
    inside: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [
        (sender, text)
        for sender, said in {**GREETED, **OPTED_OUT, **HELPED}.items()
        for text in said
    ]
    events = [
        payload("inbound_sms", id=f"at-once-{n}", text=text, **{"from": sender})
        for n, (sender, text) in enumerate(texts)
    ]

    def arrive() -> None:
        endpoint = _open_line().endpoint
        for event in events:
            WebhookEvent.objects.create(
                provider="bandwidth",
                endpoint=endpoint,
                dedupe_key=event["message"]["id"].encode(),
                type=event["type"],
                payload=json.dumps(event).encode(),
            )

    _elsewhere(arrive)
    monkeypatch.setattr(pace, "MOST", 1)

    assert sum(_elsewhere(drain.drain, threads=DRAINS)) == len(texts)

    assert set(WebhookEvent.objects.values_list("state", "error")) == {("processed", "")}
    with inside(acme):
        answers = Message.objects.filter(direction="out").values_list(
            "recipients__number", "text", "id"
        )
        starts = sorted((number, text[:33]) for number, text, _ in answers)
        entries = ConsentEntry.objects.order_by("number").values_list("number", "action")
        assert starts == sorted(
            [(number, "Welcome!") for number in GREETED]
            + [(number, "Acme Dental Group: You have opted") for number in OPTED_OUT]
            + [(number, "Acme Dental Group: Reply STOP to ") for number in HELPED]
        )
        assert list(entries) == [
            *((number, "opt_out") for number in OPTED_OUT for _ in range(2)),
            *((number, "help") for number in HELPED),
        ]
    delivered = [each.key for each in published if each.task == queue.DELIVER]
    assert sorted(delivered) == sorted(str(key) for _, _, key in answers)
