from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from auditlog.context import disable_auditlog
from django.core.files.base import ContentFile
from django.utils import timezone
from django_tenants.utils import tenant_context

from messaging.conversations import conversation_with, note_last
from messaging.models import Attachment, Contact, Conversation, Message, MessageSetting
from tenants.models import Tenant

ACME_NUMBER = "+19195550101"
CUSTOMER = "+15125550300"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32

Say = Callable[..., Message]


@pytest.fixture
def say(acme: Tenant, acme_line: MessageSetting) -> Say:
    """Store a message of Acme: in from the customer unless told otherwise, for extension 101."""

    def store(text: str, *, direction: str = "in", ago: int = 0, **fields: Any) -> Message:
        others = fields.pop("others", [CUSTOMER])
        is_assigned = fields.pop("is_assigned", True)
        at: datetime = timezone.now() - timedelta(minutes=ago)
        incoming = direction == "in"
        values = {
            "status": "received" if incoming else "delivered",
            "sender": others[0] if incoming else ACME_NUMBER,
            **fields,
        }
        with tenant_context(acme), disable_auditlog():
            conversation = conversation_with(ACME_NUMBER, others, at=at)
            if is_assigned:
                Conversation.objects.filter(pk=conversation.pk).update(
                    extension=acme_line.extension
                )
            message = Message.objects.create(
                conversation=conversation, direction=direction, text=text, created_at=at, **values
            )
            note_last(message)
        return message

    return store


@pytest.fixture
def attach(acme: Tenant) -> Callable[..., Attachment]:
    """Store a file of a message, or an upload without one."""

    def store(message: Message | None, content: bytes = PNG, **fields: Any) -> Attachment:
        values = {"name": "photo.png", "content_type": "image/png", "state": "ready", **fields}
        with tenant_context(acme):
            attachment = Attachment(message=message, size=len(content), **values)
            if values["state"] == "ready":
                attachment.file.save("x", ContentFile(content), save=False)
            attachment.save()
        return attachment

    return store


@pytest.fixture
def named(acme: Tenant) -> Callable[[str, str], Contact]:
    """Give a number of Acme's a name."""

    def store(number: str, name: str) -> Contact:
        with tenant_context(acme):
            return Contact.objects.create(number=number, name=name)

    return store
