"""Acme, with texts of any age."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from django_tenants.utils import tenant_context

from messaging import queue
from messaging.conversations import conversation_with, note_last
from messaging.models import Attachment, CarrierExchange, MailDelivery, Message, Recipient
from tenants.models import Tenant
from tests.conftest import ACME_NUMBER, CUSTOMER

Say = Callable[..., Message]


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Tasks and what they are about, in place of a broker."""
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(queue, "enqueue", lambda task, key, **_: asked.append((task, str(key))))
    monkeypatch.setattr(queue, "visit", lambda task, schema: asked.append((task, schema)))
    return asked


@pytest.fixture
def at_acme(acme: Tenant) -> Iterator[Tenant]:
    """The test runs inside Acme's schema."""
    with tenant_context(acme):
        yield acme


@pytest.fixture
def say(at_acme: Tenant) -> Say:
    """Make a text so many days old, with all that may hang on one."""

    def make(
        days: float, *, others: list[str] | None = None, file: str = "", **columns: Any
    ) -> Any:
        at = timezone.now() - timedelta(days=days)
        people = others or [CUSTOMER]
        values = {
            "direction": "in", "status": "received", "sender": people[0], "text": f"{days} days",
            "created_at": at, **columns,
        }  # fmt: skip
        message = Message.objects.create(
            conversation=conversation_with(columns.pop("ours", ACME_NUMBER), people, at=at),
            **values,
        )
        message.events.create(at=at, status=message.status, recipient=people[0])
        Recipient.objects.create(message=message, number=people[0], status=message.status)
        MailDelivery.objects.create(message=message, address="a@b.example", next_attempt_at=at)
        CarrierExchange.objects.create(message=message, at=at, method="POST", address="/messages")
        if file:
            attachment = Attachment(message=message, name=file, state="ready", size=3)
            attachment.file.save(file, ContentFile(b"abc"), save=False)
            attachment.save()
            Attachment.objects.filter(pk=attachment.pk).update(created_at=at)
        note_last(message)
        return message

    return make
