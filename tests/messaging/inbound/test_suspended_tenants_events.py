"""What comes in for a suspended tenant is taken and kept, and routed when it is resumed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from messaging.models import Message, MessageSetting, SmsConfiguration
from providers.models import WebhookEvent
from tenants.audit import change
from tenants.models import Tenant, User


def _in_the_portal(tenant: Tenant, signed_in: Any, root: User) -> None:
    """As the portal's action does."""
    change(Tenant.objects.filter(pk=tenant.pk), is_active=True)


def _by_api(tenant: Tenant, api: Any, root: User) -> None:
    asked = api(root).patch(
        f"/api/v1/tenants/{tenant.slug}/", {"is_active": True}, content_type="application/json"
    )
    assert asked.status_code == 200


@pytest.mark.parametrize("resume", [_in_the_portal, _by_api])
@pytest.mark.parametrize("by_platform", [False, True], ids=["own address", "platform's address"])
def test_texts_of_a_suspended_tenant_are_held_and_routed_when_it_is_resumed(
    resume: Callable[..., None],
    by_platform: bool,  # noqa: FBT001
    acme: Tenant,
    acme_line: MessageSetting,
    acme_configuration: SmsConfiguration,
    globex_line: MessageSetting,
    root: User,
    api: Any,
    arrive: Any,
    payload: Any,
    run_drain: Any,
    inside: Any,
) -> None:
    if by_platform:
        with inside(acme):
            MessageSetting.objects.update(provider=None)
    change(Tenant.objects.filter(pk=acme.pk), is_active=False)
    account = None if by_platform else acme_configuration
    held = [arrive(payload("inbound_sms", id=f"held-{n}"), account) for n in range(3)]
    foreign = arrive(payload("inbound_sms", id="foreign", to="+13125550201"), acme_configuration)
    run_drain()
    keys = [event.pk for event in held]
    states = WebhookEvent.objects.filter(pk__in=keys).values_list("state", flat=True)
    assert set(states.order_by()) == {"rejected"}
    with inside(acme):
        assert not Message.objects.exists()

    resume(acme, api, root)
    run_drain()

    assert set(states.order_by()) == {"processed"}
    with inside(acme):
        ids = Message.objects.values_list("provider_message_id", flat=True)
        assert sorted(ids) == ["held-0", "held-1", "held-2"]
    foreign.refresh_from_db()
    assert (foreign.state, "another tenant" in foreign.error) == ("rejected", True)


def test_nothing_else_is_put_back_when_a_tenant_is_saved(
    acme: Tenant, acme_configuration: SmsConfiguration, arrive: Any, payload: Any
) -> None:
    event = arrive(payload("inbound_sms"), acme_configuration)
    held = "Acme Dental Group is suspended or still being set up."
    WebhookEvent.objects.update(state="rejected", error=held)
    acme.name = "Acme"
    acme.save()
    event.refresh_from_db()
    assert event.state == "rejected"
    WebhookEvent.objects.update(error="The SMS/MMS configuration is switched off.")
    change(Tenant.objects.filter(pk=acme.pk), is_active=False)
    change(Tenant.objects.filter(pk=acme.pk), is_active=True)
    event.refresh_from_db()
    assert event.state == "rejected"
