"""Acme's line at work: a carrier that follows a script, and messages to send by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from messaging.delivery.receipts import apply_receipt
from messaging.models import Message, MessageSetting, SmsConfiguration
from messaging.outbound.send import send_message
from tenants.models import Tenant, User
from tenants.roles import Role
from tests.messaging.outbound.carrier import ScriptedCarrier
from tests.messaging.outbound.receipt import CUSTOMER, receipt

Write = Callable[..., Message]


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
def write(at_acme: Tenant, alice: User) -> Write:
    """Ask for a message to be sent, as Acme's admin unless told otherwise."""

    def ask(**changes: Any) -> Message:
        wanted: dict[str, Any] = {
            "user": alice,
            "role": Role.ADMIN,
            "tenant": at_acme,
            "sender": "",
            "recipients": [CUSTOMER],
            "text": "Your table is ready",
            **changes,
        }
        return send_message(**wanted)

    return ask


@pytest.fixture
def arrive(acme_configuration: SmsConfiguration) -> Callable[..., bool]:
    """A receipt comes in by Acme's configuration."""

    def apply(message: Message, status: str, **changes: Any) -> bool:
        applied = apply_receipt(
            receipt(message, status, **changes), configuration=acme_configuration
        )
        message.refresh_from_db()
        return applied

    return apply
