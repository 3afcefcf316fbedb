"""Messages to export, and what Celery was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from messaging import queue
from messaging.conversations import conversation_with
from messaging.models import Message
from tenants.models import Tenant
from tests.conftest import ACME_NUMBER, CUSTOMER

START = datetime(2026, 3, 2, 12, tzinfo=UTC)

Say = Callable[..., Message]


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Tasks and keys, in place of a broker."""
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(queue, "enqueue", lambda task, key, **_: asked.append((task, str(key))))
    return asked


@pytest.fixture
def at_acme(acme: Tenant) -> Iterator[Tenant]:
    """The test runs inside Acme's schema."""
    with tenant_context(acme):
        yield acme


@pytest.fixture
def say(at_acme: Tenant) -> Say:
    """Make a message, each a minute after the one before."""
    count = iter(range(10_000))

    def make(text: str = "Hello", **columns: Any) -> Message:
        at = START + timedelta(minutes=next(count))
        ours = columns.pop("ours", ACME_NUMBER)
        others = columns.pop("others", [CUSTOMER])
        values = {
            "direction": "in",
            "status": "received",
            "sender": CUSTOMER,
            "created_at": at,
            **columns,
        }
        conversation = conversation_with(ours, others, at=at)
        return Message.objects.create(conversation=conversation, text=text, **values)

    return make
