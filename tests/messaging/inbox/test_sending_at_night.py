"""A text that waits for somebody's morning can leave at once, when a person wants it so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from messaging.delivery import timeline
from messaging.hours import quiet as quiet_hours
from messaging.models import Message
from messaging.models.message import Status
from tenants.models import Tenant, User
from tests.messaging.inbox.conftest import Say

ANYWAY = "Send now anyway"


@pytest.fixture
def held(acme: Tenant, say: Say) -> Message:
    """Store a text of Acme's that waits for the recipient's morning."""
    due = timezone.now() + timedelta(hours=5)
    message = say("Your crown is ready", direction="out", status="queued", next_attempt_at=due)
    with tenant_context(acme):
        timeline.record(message, Status.QUEUED, detail=f"{quiet_hours.WAITS} until 8:00 AM")
    return message


def _address(message: Message, action: str) -> str:
    return f"/t/acme/inbox/{message.conversation_id}/messages/{message.pk}/{action}/"


def test_a_held_text_leaves_at_once_on_purpose(
    acme: Tenant, bob: User, held: Message, signed_in: Any
) -> None:
    client = signed_in(bob)
    thread = f"/t/acme/inbox/{held.conversation_id}/"
    assert ANYWAY in client.get(thread).content.decode()

    client.post(_address(held, "now"), headers={"HX-Request": "true"})

    with tenant_context(acme):
        held.refresh_from_db()
        said = held.events.latest("id").detail
    assert held.next_attempt_at <= timezone.now()
    assert said == f"{quiet_hours.ON_PURPOSE} by {bob}"
    assert ANYWAY not in client.get(thread).content.decode()


def test_what_waits_for_something_else_does_not_leave(
    acme: Tenant, bob: User, held: Message, signed_in: Any
) -> None:
    with tenant_context(acme):
        held.events.all().delete()
    client = signed_in(bob)
    assert ANYWAY not in client.get(f"/t/acme/inbox/{held.conversation_id}/").content.decode()

    answer = client.post(_address(held, "now"), headers={"HX-Request": "true"})

    assert answer.status_code == 422
    with tenant_context(acme):
        held.refresh_from_db()
    assert held.next_attempt_at > timezone.now()


def test_another_company_cannot_send_it(held: Message, gina: User, signed_in: Any) -> None:
    assert signed_in(gina).post(_address(held, "now")).status_code in (403, 404)
