"""Which tenant an event reaches, by the way it came in and the state of everything it touches."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest

from messaging.models import Conversation, Message, MessageSetting, SmsConfiguration
from providers.models import WebhookEvent
from tenants.models import PhoneNumber, Tenant, Trunk, WebhookEndpoint

ACME_NUMBER = "+19195550101"
GLOBEX_NUMBER = "+13125550201"
APPLICATION_ID = "93de2206-9669-4e07-948d-329f4b722ee2"

Inside = Callable[[Tenant], AbstractContextManager[None]]


@dataclass(frozen=True)
class Case:
    """Event and surroundings that differ from a plain text for Acme by Acme's endpoint."""

    label: str
    state: str
    error: str = ""
    to: str = ACME_NUMBER
    by_platform: bool = False
    prepare: str = ""
    platform_application: str = ""


CASES = [
    Case("own number by own endpoint", "processed"),
    Case("nobody's number", "unrouted", "belongs to no tenant", to="+19195550199"),
    Case("number not given out", "unrouted", "belongs to no tenant", prepare="take number back"),
    Case("another tenant's number", "rejected", "another tenant", to=GLOBEX_NUMBER),
    Case("number on another trunk", "rejected", "another trunk", prepare="move number"),
    Case("configuration off", "rejected", "switched off", prepare="disable endpoint"),
    Case("configuration deleted", "rejected", "deleted", prepare="delete endpoint"),
    Case("tenant suspended", "rejected", "suspended", prepare="suspend"),
    Case("tenant not ready", "rejected", "set up", prepare="unready"),
    Case("messaging off", "rejected", "switched off", prepare="no messaging"),
    Case("platform's number by platform", "processed", by_platform=True, prepare="platform line"),
    Case("number without settings by platform", "processed", by_platform=True, prepare="no line"),
    Case("number on own account by platform", "rejected", "tenant's own account", by_platform=True),
    Case("nobody's number by platform", "unrouted", "no tenant", "+19195550199", by_platform=True),
    Case("own trunk by platform", "rejected", "own trunk", by_platform=True, prepare="move number"),
    Case(
        "right application by platform",
        "processed",
        by_platform=True,
        prepare="platform line",
        platform_application=APPLICATION_ID,
    ),
    Case(
        "wrong application by platform",
        "rejected",
        "another application",
        by_platform=True,
        prepare="platform line",
        platform_application="another",
    ),
    Case(
        "tenant suspended, by platform",
        "rejected",
        "suspended",
        by_platform=True,
        prepare="suspend",
    ),
]


@pytest.fixture
def prepare(acme: Tenant, acme_line: MessageSetting, inside: Inside) -> Callable[[str], None]:
    """Change the surroundings of an event that is stored already."""
    numbers = PhoneNumber.objects.filter(number=ACME_NUMBER)

    def move() -> None:
        numbers.update(trunk=Trunk.objects.create(name="Own", tenant=acme))

    def delete_endpoint() -> None:
        with inside(acme):
            MessageSetting.objects.all().delete()
            configuration = SmsConfiguration.objects.get()
            configuration.delete()
            WebhookEndpoint.objects.filter(pk=configuration.endpoint_id).delete()

    def put_on_platform() -> None:
        with inside(acme):
            MessageSetting.objects.update(provider=None)

    def delete_line() -> None:
        with inside(acme):
            MessageSetting.objects.all().delete()

    tenants = Tenant.objects.filter(pk=acme.pk)
    actions: dict[str, Callable[[], object]] = {
        "take number back": lambda: numbers.update(tenant=None),
        "move number": move,
        "disable endpoint": lambda: WebhookEndpoint.objects.update(enabled=False),
        "delete endpoint": delete_endpoint,
        "suspend": lambda: tenants.update(is_active=False),
        "unready": lambda: tenants.update(state="provisioning"),
        "no messaging": lambda: tenants.update(messaging_enabled=False),
        "platform line": put_on_platform,
        "no line": delete_line,
    }

    def run(name: str) -> None:
        if name:
            actions[name]()

    return run


def _messages(inside: Inside, *tenants: Tenant) -> list[int]:
    counts = []
    for tenant in tenants:
        with inside(tenant):
            counts.append(Message.objects.count())
            if not counts[-1]:
                assert not Conversation.objects.exists()
    return counts


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_event_reaches_the_tenant_it_may_speak_to(
    case: Case,
    acme: Tenant,
    globex: Tenant,
    acme_configuration: SmsConfiguration,
    globex_line: MessageSetting,
    prepare: Callable[[str], None],
    arrive: Any,
    payload: Any,
    run_drain: Any,
    inside: Inside,
    settings: Any,
) -> None:
    settings.BANDWIDTH_APPLICATION_ID = case.platform_application
    event = arrive(
        payload("inbound_sms", to=case.to), None if case.by_platform else acme_configuration
    )
    prepare(case.prepare)

    run_drain()

    event.refresh_from_db()
    assert event.state == case.state
    assert case.error in event.error
    assert bool(event.error) == (case.state != "processed")
    assert case.to not in event.error
    assert _messages(inside, acme, globex) == [int(case.state == "processed"), 0]
    if case.state == "processed":
        assert event.tenant == acme


@pytest.mark.parametrize("case", ["switched on again", "given to a tenant"])
def test_held_event_is_routed_when_it_is_replayed(
    case: str,
    acme: Tenant,
    acme_line: MessageSetting,
    acme_configuration: SmsConfiguration,
    arrive: Any,
    payload: Any,
    run_drain: Any,
    inside: Inside,
) -> None:
    event = arrive(payload("inbound_sms"), acme_configuration)
    numbers = PhoneNumber.objects.filter(number=ACME_NUMBER)
    if case == "switched on again":
        WebhookEndpoint.objects.update(enabled=False)
    else:
        numbers.update(tenant=None)
    run_drain()
    WebhookEndpoint.objects.update(enabled=True)
    numbers.update(tenant=acme)
    WebhookEvent.objects.update(state="pending", attempts=0)
    run_drain()
    event.refresh_from_db()
    assert (event.state, event.error) == ("processed", "")
    assert _messages(inside, acme) == [1]


@pytest.mark.parametrize("door", ["own endpoint", "platform"])
def test_event_that_was_processed_may_be_replayed(
    door: str,
    acme: Tenant,
    acme_line: MessageSetting,
    acme_configuration: SmsConfiguration,
    arrive: Any,
    payload: Any,
    run_drain: Any,
    inside: Inside,
) -> None:
    by_platform = door == "platform"
    if by_platform:
        with inside(acme):
            MessageSetting.objects.update(provider=None)
    event = arrive(payload("inbound_sms"), None if by_platform else acme_configuration)
    for _ in range(2):
        WebhookEvent.objects.update(state="pending", attempts=0)
        run_drain()
        event.refresh_from_db()
        assert (event.state, event.error, event.tenant) == ("processed", "", acme)
    assert _messages(inside, acme) == [1]


def test_event_of_a_deleted_tenants_address_is_not_taken_for_the_platforms(
    acme: Tenant,
    acme_line: MessageSetting,
    globex_configuration: SmsConfiguration,
    arrive: Any,
    payload: Any,
    run_drain: Any,
    inside: Inside,
) -> None:
    with inside(acme):
        MessageSetting.objects.update(provider=None)
    event = arrive(payload("inbound_sms"), globex_configuration)
    # What the foreign keys leave behind once the tenant and its endpoints are gone.
    WebhookEvent.objects.update(endpoint=None, tenant=None)
    run_drain()
    event.refresh_from_db()
    assert event.state == "rejected"
    assert _messages(inside, acme) == [0]


@pytest.mark.parametrize("door", ["own endpoint", "platform"])
def test_message_knows_the_account_it_came_in_by(
    door: str,
    acme: Tenant,
    acme_line: MessageSetting,
    acme_configuration: SmsConfiguration,
    arrive: Any,
    payload: Any,
    run_drain: Any,
    inside: Inside,
) -> None:
    by_platform = door == "platform"
    if by_platform:
        with inside(acme):
            MessageSetting.objects.update(provider=None)
    arrive(payload("inbound_sms"), None if by_platform else acme_configuration)
    run_drain()
    with inside(acme):
        assert Message.objects.get().configuration == (None if by_platform else acme_configuration)
