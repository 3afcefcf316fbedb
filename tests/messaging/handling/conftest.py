"""Acme's number shared by a ring group: 101 (Ann), 102 (Bea), 103 (Cy); 104 (Dan) is outside."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from messaging import live, queue
from messaging.handling.actions import Actor
from messaging.inbound.receive import receive_message
from messaging.models import (
    Conversation,
    Extension,
    HandlingEvent,
    MessageSetting,
    RingGroup,
    RingGroupMember,
)
from messaging.visibility import desk_of
from providers.types import InboundMessage
from tenants.models import Membership, Tenant, User
from tenants.roles import Role
from tests.conftest import ACME_NUMBER, CUSTOMER, PASSWORD

NAMES = {"101": "Ann Archer", "102": "Bea Bright", "103": "Cy Cole", "104": "Dan Dole"}


@pytest.fixture(autouse=True)
def hints(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What open pages are told, in place of Valkey."""
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(live, "_publish", lambda schema, body: told.append(json.loads(body)))
    return told


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What Celery is asked for, in place of a broker."""
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(
        queue, "publish", lambda task, schema, key, delay=None: asked.append((task, str(key)))
    )
    return asked


@pytest.fixture
def people(acme: Tenant) -> dict[str, User]:
    """A person at each extension."""
    found = {}
    for number, name in NAMES.items():
        user = User.objects.create_user(f"{number}@acme.example", PASSWORD, name=name)
        Membership.objects.create(user=user, tenant=acme, role="extension", extension=number)
        found[number] = user
    return found


@pytest.fixture
def desks(acme: Tenant, acme_line: MessageSetting) -> dict[str, Extension]:
    """The extensions."""
    with tenant_context(acme):
        for number, name in NAMES.items():
            Extension.objects.update_or_create(number=number, defaults={"name": name})
        return {extension.number: extension for extension in Extension.objects.all()}


@pytest.fixture
def group(
    acme: Tenant, acme_line: MessageSetting, desks: dict[str, Extension], people: dict[str, User]
) -> RingGroup:
    """Front desk, which has Acme's number."""
    with tenant_context(acme):
        front = RingGroup.objects.create(number="600", name="Front desk")
        for number in ("101", "102", "103"):
            RingGroupMember.objects.create(group=front, extension=desks[number])
        MessageSetting.objects.update(extension=None, ring_group=front)
        return front


@pytest.fixture
def text_in(acme: Tenant) -> Callable[..., Conversation]:
    """Let a customer text Acme, and return the thread."""

    def receive(text: str = "Hello", *, sender: str = CUSTOMER) -> Conversation:
        event = InboundMessage(
            provider_message_id=uuid.uuid4().hex,
            our_number=ACME_NUMBER,
            sender=sender,
            recipients=(ACME_NUMBER,),
            text=text,
            media_urls=(),
            segment_count=1,
            application_id="",
            sent_at=None,
            raw={},
        )
        with tenant_context(acme):
            message = receive_message(acme, event, None)
            assert message is not None
            return Conversation.objects.select_related("extension").get(pk=message.conversation_id)

    return receive


@pytest.fixture
def who(acme: Tenant, people: dict[str, User]) -> Callable[..., Actor]:
    """Return a person as they act: by extension, or a user with a role."""

    def actor(number: str | User, role: Role = Role.EXTENSION) -> Actor:
        user = number if isinstance(number, User) else people[number]
        with tenant_context(acme):
            return Actor(user=user, role=role, desk=desk_of(user, acme))

    return actor


@pytest.fixture
def kinds() -> Callable[[Conversation], list[str]]:
    """List what happened to a thread."""
    return lambda thread: list(
        HandlingEvent.objects.filter(conversation=thread).values_list("kind", flat=True)
    )
