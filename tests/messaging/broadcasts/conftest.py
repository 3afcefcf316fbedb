"""A broadcast of Acme, and a carrier that follows a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from messaging.broadcasts import audience
from messaging.broadcasts.audience import Audience, Person
from messaging.delivery.attempt import deliver
from messaging.models import Broadcast, Message, MessageSetting
from tenants.models import Tenant, User
from tests.conftest import ACME_NUMBER
from tests.messaging.outbound.carrier import ScriptedCarrier

MakeBroadcast = Callable[..., Broadcast]


def numbers(count: int) -> list[str]:
    return [f"+1512555{index:04}" for index in range(count)]


@pytest.fixture
def carrier(settings: Any) -> Iterator[type[ScriptedCarrier]]:
    """The carrier of every account."""
    settings.PROVIDERS = {"bandwidth": "tests.messaging.outbound.carrier.ScriptedCarrier"}
    ScriptedCarrier.reset()
    yield ScriptedCarrier
    ScriptedCarrier.reset()


@pytest.fixture
def at_acme(acme: Tenant, acme_line: MessageSetting) -> Iterator[Tenant]:
    """The test runs inside Acme's schema."""
    with tenant_context(acme):
        yield acme


@pytest.fixture
def make_broadcast(at_acme: Tenant, alice: User) -> MakeBroadcast:
    """Store a draft to some recipients: `make_broadcast(3, text="Hi {name|there}")`."""

    def make(to: int | list[Person] = 3, **fields: Any) -> Broadcast:
        people = [Person(number=n) for n in numbers(to)] if isinstance(to, int) else to
        values = {
            "name": "Closed on Friday", "our_number": ACME_NUMBER, "text": "We are closed.",
            "author": alice, **fields,
        }  # fmt: skip
        broadcast = Broadcast.objects.create(**values)
        audience.replace(broadcast, Audience(people=tuple(people)))
        return broadcast

    return make


@pytest.fixture
def send_queued() -> Callable[[], None]:
    """Do what the workers of the queue do."""

    def send() -> None:
        queued = Message.objects.filter(status="queued").order_by("created_at", "id")
        for key in list(queued.values_list("pk", flat=True)):
            deliver(key)

    return send
