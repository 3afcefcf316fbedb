"""A sweep enters the tenants that have something to do, and only those."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from messaging import due
from messaging.models import Attachment, Broadcast, Conversation, Export, MailDelivery, Message
from tenants.models import Tenant, User
from tests.conftest import ACME_NUMBER

SCHEMAS = ["t_acme", "t_globex"]
NOW = timezone.now()
LONG_AGO = NOW - timedelta(days=30)
SOON = NOW + timedelta(days=1)


def _message(**fields: Any) -> Message:
    thread = Conversation.objects.create(
        our_number=ACME_NUMBER, participants_key="+15125550300", last_at=NOW
    )
    return Message.objects.create(
        conversation=thread, direction="out", sender=ACME_NUMBER, created_at=NOW, **fields
    )


@pytest.mark.parametrize(
    ("fields", "is_due"),
    [
        ({"status": "queued", "next_attempt_at": SOON}, True),
        ({"status": "scheduled", "next_attempt_at": LONG_AGO}, True),
        ({"status": "scheduled", "next_attempt_at": SOON}, False),
        ({"status": "sending", "next_attempt_at": LONG_AGO}, True),
        ({"status": "sent", "sent_at": LONG_AGO}, True),
        ({"status": "sent", "sent_at": NOW}, False),
        ({"status": "unconfirmed", "lookup_at": LONG_AGO}, True),
        ({"status": "delivered", "sent_at": LONG_AGO}, False),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, dict) else str(value),
)
def test_tenant_with_a_message_to_look_after_is_due(
    acme: Tenant, fields: dict[str, Any], *, is_due: bool
) -> None:
    with tenant_context(acme):
        _message(**fields)

    assert list(due.with_work(SCHEMAS)) == (["t_acme"] if is_due else [])


@pytest.mark.parametrize("kind", ["file", "upload", "mail", "broadcast", "export"])
def test_tenant_with_something_else_to_look_after_is_due(
    acme: Tenant, alice: User, kind: str
) -> None:
    with tenant_context(acme):
        match kind:
            case "file":
                Attachment.objects.create(message=_message(status="sent"), state="pending")
            case "upload":
                row = Attachment.objects.create(message=None, state="ready")
                Attachment.objects.filter(pk=row.pk).update(created_at=LONG_AGO)
            case "mail":
                MailDelivery.objects.create(
                    message=_message(status="sent"),
                    address="a@example.com",
                    next_attempt_at=LONG_AGO,
                )
            case "broadcast":
                Broadcast.objects.create(name="News", state="scheduled", scheduled_at=LONG_AGO)
            case "export":
                Export.objects.create(kind="messages", state="pending", user=alice)

    assert list(due.with_work(SCHEMAS)) == ["t_acme"]


@pytest.mark.usefixtures("acme")
def test_tenants_are_swept_where_one_cannot_be_asked() -> None:
    assert list(due.with_work([*SCHEMAS, "t_gone"])) == [*SCHEMAS, "t_gone"]
