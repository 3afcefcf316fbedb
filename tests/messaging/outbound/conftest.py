"""Acme's line at work: a carrier that follows a script, and messages to send by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from messaging.delivery.receipts import apply_receipt
from messaging.models import (
    Message,
    MessageSetting,
    OutboundRoute,
    OutboundRule,
    SmsConfiguration,
)
from messaging.outbound.send import send_message
from tenants.models import PhoneNumber, Tenant, Trunk, User
from tenants.roles import Role
from tests.conftest import _configuration
from tests.messaging.outbound.carrier import ScriptedCarrier
from tests.messaging.outbound.receipt import CUSTOMER, receipt

Write = Callable[..., Message]
Route = Callable[..., OutboundRoute]

SECOND = "+13365550150"  # on a trunk of its own


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


@pytest.fixture
def accounts(
    at_acme: Tenant, trunk: Trunk, acme_configuration: SmsConfiguration
) -> list[SmsConfiguration]:
    """Acme's account, two more on the same trunk, and one on a trunk of its own."""
    own = Trunk.objects.create(name="Second line", provider="bandwidth", tenant=at_acme)
    PhoneNumber.objects.create(number=SECOND, trunk=own, tenant=at_acme)
    return [
        acme_configuration,
        _configuration(at_acme, trunk, name="Second", account_id="9900011"),
        _configuration(at_acme, trunk, name="Third", account_id="9900012"),
        _configuration(at_acme, own, name="Elsewhere", account_id="9900013"),
    ]


@pytest.fixture
def rule(at_acme: Tenant) -> OutboundRule:
    """A rule for the whole of the USA, without routes yet."""
    return OutboundRule.objects.create(name="Home", number_prefixes="1")


@pytest.fixture
def route(rule: OutboundRule, accounts: list[SmsConfiguration]) -> Route:
    """Add a route by the account of this place in the list."""

    def add(account: int, **fields: Any) -> OutboundRoute:
        return OutboundRoute.objects.create(
            rule=rule, position=rule.routes.count(), configuration=accounts[account], **fields
        )

    return add
