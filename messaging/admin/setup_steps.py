"""The set-up list of a new tenant, computed from what is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists
from django.urls import reverse

from messaging.models import Message, MessageSetting, SmsConfiguration
from messaging.number_settings import platform_account_is_offered
from tenants.links import tenant_path
from tenants.models import PhoneNumber, Tenant, WebhookEndpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the list; `confirms` is where a person says by a button that it is done."""

    title: str
    done: bool
    url: str = ""
    confirms: str = ""
    hint: str = ""


def setup_steps(tenant: Tenant) -> list[Step]:
    """Return all steps, in their order; asks one query."""
    known = _known(tenant)
    # A tenant whose numbers all text through the platform's account has none of its own to set up.
    on_platform = not known["configured"] and known["by_platform"] and platform_account_is_offered()
    accounts = reverse("admin:messaging_smsconfiguration_changelist")
    settings = reverse("admin:messaging_messagesetting_changelist")
    return [
        Step(
            title="Add your Bandwidth account",
            done=on_platform or known["configured"],
            url=reverse("admin:messaging_smsconfiguration_add"),
        ),
        Step(title="Test the credentials", done=on_platform or known["tested"], url=accounts),
        Step(
            title="Paste the webhook URL into Bandwidth",
            done=on_platform or known["called"] or known["received"],
            url=accounts,
        ),
        Step(
            title="Switch on a phone number",
            done=known["numbers"],
            url=reverse("admin:messaging_messagesetting_add"),
        ),
        Step(
            title="Assign an extension to each number",
            done=known["numbers"] and not known["unassigned"],
            url=f"{settings}?extension=nobody",
        ),
        Step(
            title="Receive a first message",
            done=known["received"],
            url=tenant_path(tenant, "inbox/"),
        ),
        _registration(tenant, known),
    ]


def _registration(tenant: Tenant, known: dict[str, Any]) -> Step:
    title = "10DLC or toll-free registration confirmed"
    if known["refused"]:  # whatever a person confirmed before
        return Step(
            title=title,
            done=False,
            url=f"{reverse('admin:tenants_phonenumber_changelist')}?registration__exact=rejected",
            hint="Carriers refuse texts from a number of yours: its page says what to do.",
        )
    all_are = known["numbered"] and not known["unregistered"]
    return Step(
        title=title,
        done=tenant.registration_confirmed or all_are,
        confirms=reverse("confirm_registration"),
        hint="Carriers in the USA block texts from numbers that are not registered.",
    )


def _known(tenant: Tenant) -> dict[str, Any]:
    configurations = SmsConfiguration.objects.order_by()
    enabled = MessageSetting.objects.order_by().filter(enabled=True)
    phones = PhoneNumber.objects.order_by().filter(tenant=tenant)
    asked = {
        "numbered": phones,
        "unregistered": phones.exclude(registration=PhoneNumber.Registration.REGISTERED),
        "refused": phones.filter(registration=PhoneNumber.Registration.REJECTED),
        "configured": configurations,
        "tested": configurations.filter(test_result=SmsConfiguration.TestResult.PASSED),
        "by_platform": enabled.filter(provider=None),
        "called": WebhookEndpoint.objects.filter(tenant=tenant, last_event_at__isnull=False),
        "numbers": enabled,
        "unassigned": enabled.filter(extension=None, ring_group=None, email=""),
        "received": Message.objects.order_by().filter(direction=Message.Direction.IN),
    }
    rows = Tenant.objects.filter(pk=tenant.pk)
    known: dict[str, Any] = rows.values(**{name: Exists(row) for name, row in asked.items()}).get()
    return known
