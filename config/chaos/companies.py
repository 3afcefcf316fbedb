"""The companies of a run: made by the product, each with a number on an account of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from messaging.configurations import create_configuration
from messaging.models import Extension, MessageSetting, SmsConfiguration
from tenants.context import entered
from tenants.memberships import add_member
from tenants.models import ApiKey, PhoneNumber, Tenant, Trunk, User
from tenants.provisioning import provision

APPLICATION_ID = "4f0dd8b5-1a53-4c3f-9f4c-6a1c1c0f7d5e"
_FIRST_NUMBER = 2_025_550_000
_FAST = 2000.0  # segments per second: the limits are on, and high
_CALLBACK = ("bandwidth", "callback-password")
_SECRET = "chaos-secret"  # noqa: S105  # known to the stand-in only


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """One tenant as its carrier and its API client know it."""

    slug: str
    schema_name: str
    number: str
    account_id: str
    is_oauth: bool
    endpoint_id: int
    webhook_token: str
    user: User
    api_key: str
    portal: str  # address of the web process that its programs use
    door: str  # address of the process that its webhooks come in by
    credentials: tuple[str, str]
    callback: tuple[str, str] = _CALLBACK


def open_companies(
    run: int, count: int, portals: Sequence[str] = ("",), doors: Sequence[str] = ("",)
) -> list[Company]:
    """Open a run's companies, and suspend those of the runs before."""
    Tenant.objects.update(is_active=False)
    trunk, _ = Trunk.objects.get_or_create(name="Chaos", defaults={"provider": "bandwidth"})
    return [
        _open(trunk, run * 100 + place, portals[place % len(portals)], doors[place % len(doors)])
        for place in range(1, count + 1)
    ]


def _open(trunk: Trunk, place: int, portal: str, door: str) -> Company:
    tenant: Tenant = Tenant.objects.create(
        slug=f"chaos-{place}", name=f"Chaos {place}", registration_confirmed=True
    )
    provision(tenant.schema_name)
    tenant.refresh_from_db()
    is_oauth = place % 4 < 2
    number = PhoneNumber.objects.create(
        number=f"+1{_FIRST_NUMBER + place}",
        trunk=trunk,
        tenant=tenant,
        is_main=True,
        registration=PhoneNumber.Registration.REGISTERED,
        segments_per_second=_FAST,
    )
    member = add_member(tenant, f"admin@{tenant.slug}.example", role="admin")
    _, api_key = ApiKey.issue(member.user, tenant=tenant)
    with entered(tenant.schema_name):
        method = SmsConfiguration.Auth.OAUTH2 if is_oauth else SmsConfiguration.Auth.BASIC
        configuration = create_configuration(
            tenant,
            SmsConfiguration(
                name="Main",
                trunk=trunk,
                sender_id=number.number,
                account_id=f"{9_800_000 + place}",
                application_id=APPLICATION_ID,
                auth_method=method,
                username=f"chaos-{place}",
                password=_SECRET,
                segments_per_second=_FAST,
            ),
            callback_username=_CALLBACK[0],
            callback_password=_CALLBACK[1],
        )
        extension = Extension.objects.create(number="101", name="Desk")
        MessageSetting.objects.create(
            phone_number=number, provider=configuration, extension=extension
        )
    return Company(
        slug=tenant.slug,
        schema_name=tenant.schema_name,
        number=number.number,
        account_id=configuration.account_id,
        is_oauth=is_oauth,
        endpoint_id=configuration.endpoint_id,
        webhook_token=configuration.webhook_token,
        user=member.user,
        api_key=api_key,
        portal=portal,
        door=door,
        credentials=(configuration.username, _SECRET),
    )
