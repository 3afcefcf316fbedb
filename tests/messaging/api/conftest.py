"""Threads of Acme to read by the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from messaging.conversations import conversation_with, note_last
from messaging.models import Conversation, Extension, Message, MessageEvent, Recipient
from tenants.models import Tenant

OUR_NUMBER = "+19195550101"
CUSTOMER = "+15125550300"

_ids = count(1)

MakeMessage = Callable[..., Message]


def _message(
    tenant: Tenant,
    text: str,
    *,
    direction: str = "in",
    ours: str = OUR_NUMBER,
    others: tuple[str, ...] = (CUSTOMER,),
    extension: str | None = None,
    at: datetime | None = None,
    **fields: Any,
) -> Message:
    moment = at or timezone.now()
    with tenant_context(tenant):
        thread = conversation_with(ours, others, at=moment)
        if extension:
            desk, _ = Extension.objects.get_or_create(number=extension)
            Conversation.objects.filter(pk=thread.pk).update(extension=desk)
        values = {
            "conversation": thread,
            "direction": direction,
            "status": "received" if direction == "in" else "sent",
            "sender": others[0] if direction == "in" else ours,
            "text": text,
            "created_at": moment,
            "provider_message_id": f"carrier-{next(_ids)}",
            **fields,
        }
        message = Message.objects.create(**values)
        MessageEvent.objects.create(message=message, at=moment, status=message.status)
        if direction == "out":
            for number in others:
                Recipient.objects.create(message=message, number=number, status=message.status)
        note_last(message)
        return message


@pytest.fixture
def make_message() -> MakeMessage:
    """Store a message as the flows would: `make_message(acme, "Hi", direction="out")`."""
    return _message


@pytest.fixture
def hour_ago() -> datetime:
    return timezone.now() - timedelta(hours=1)
