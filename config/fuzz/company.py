"""The company that is abused: made by the product, with a number and an account of its own."""

from __future__ import annotations

from dataclasses import dataclass

from messaging.configurations import create_configuration
from messaging.models import Extension, MessageSetting, SmsConfiguration
from tenants.context import entered
from tenants.memberships import add_member
from tenants.models import ApiKey, PhoneNumber, Tenant, Trunk, User
from tenants.provisioning import provision

CALLBACK = ("fuzz", "callback-password")
_NUMBER = "+12025550199"


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """One tenant as its carrier and its API client know it."""

    tenant: Tenant
    number: str
    hook: str  # path of its webhook
    admin: User
    api_key: str


def open_company() -> Company:
    """Open the company."""
    trunk = Trunk.objects.create(name="Fuzz", provider="bandwidth")
    tenant: Tenant = Tenant.objects.create(slug="fuzz", name="Fuzz", registration_confirmed=True)
    provision(tenant.schema_name)
    tenant.refresh_from_db()
    number = PhoneNumber.objects.create(
        number=_NUMBER,
        trunk=trunk,
        tenant=tenant,
        is_main=True,
        registration=PhoneNumber.Registration.REGISTERED,
    )
    admin = add_member(tenant, "admin@fuzz.example", role="admin").user
    _, api_key = ApiKey.issue(admin, tenant=tenant)
    with entered(tenant.schema_name):
        configuration = create_configuration(
            tenant,
            SmsConfiguration(
                name="Main",
                trunk=trunk,
                sender_id=_NUMBER,
                account_id="9800001",
                application_id="4f0dd8b5-1a53-4c3f-9f4c-6a1c1c0f7d5e",
                auth_method=SmsConfiguration.Auth.BASIC,
                username="fuzz",
                password="fuzz-secret",  # noqa: S106  # nobody's
            ),
            callback_username=CALLBACK[0],
            callback_password=CALLBACK[1],
        )
        extension = Extension.objects.create(number="101", name="Desk")
        MessageSetting.objects.create(
            phone_number=number, provider=configuration, extension=extension
        )
    return Company(
        tenant=tenant,
        number=_NUMBER,
        hook=f"/webhook/bandwidth/sms/{configuration.webhook_token}",
        admin=admin,
        api_key=api_key,
    )
