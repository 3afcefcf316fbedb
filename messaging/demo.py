"""Two companies to try the portal with. All numbers are of the ranges kept for fiction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from messaging import demo_depth, demo_history, usage
from messaging.configurations import create_configuration
from messaging.models import (
    AutoReply,
    ConsentTexts,
    Contact,
    Extension,
    MessageSetting,
    RingGroup,
    RingGroupMember,
    SmsConfiguration,
)
from providers.types import AuthMethod
from tenants.context import TenantUnavailable, entered
from tenants.memberships import account_of, add_member, find_account
from tenants.models import PhoneNumber, Tenant, Trunk, User
from tenants.models.tenant import schema_name_for
from tenants.provisioning import provision

PASSWORD = "trunkline-demo"  # noqa: S105  # of made-up people, printed at each start
SYSTEM_ADMIN = "root@trunkline.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """An extension, its person, and its number with the texts' other destination."""

    extension: str
    name: str
    email: str
    number: str
    is_main: bool = False
    mail_to: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A demo tenant with its account at the stand-in Bandwidth."""

    slug: str
    name: str
    admin: tuple[str, str]  # name, e-mail
    account_id: str
    application_id: str
    auth_method: AuthMethod
    username: str
    password: str
    desks: tuple[Desk, ...]
    contacts: tuple[tuple[str, str], ...]
    help_text: str = ""  # what HELP is answered
    shared: tuple[str, str, str] | None = None  # a ring group's number and name, and its line


COMPANIES = (
    Company(
        slug="acme",
        name="Acme Dental Group",
        admin=("Ada Admin", "admin@acme.example"),
        account_id="9900001",
        application_id="0f4a1a3e-6c0c-4b1b-9d43-5f2f3b7d9a01",
        auth_method=AuthMethod.OAUTH2,
        username="acme-client",
        password="acme-client-secret",  # noqa: S106  # known to the stand-in only
        desks=(
            Desk(
                extension="101",
                name="Ann Archer",
                email="ann@acme.example",
                number="+19195550101",
                is_main=True,
                mail_to="frontdesk@acme.example",
                description="Main line",
            ),
            Desk(
                extension="102",
                name="Bea Bright",
                email="bea@acme.example",
                number="+19195550102",
                description="Appointments",
            ),
        ),
        contacts=(("Dana Rivers", "+15125550130"), ("Sam Okafor", "+15125550131")),
        shared=("600", "Front desk", "+19195550103"),
        help_text="Acme Dental Group: call (919) 555-0101 for help. Reply STOP to get no more"
        " texts from this number.",
    ),
    Company(
        slug="globex",
        name="Globex Plumbing",
        admin=("Gus Globe", "admin@globex.example"),
        account_id="9900002",
        application_id="7d7f0b52-2a55-4c0e-8a7e-1f6f0c2e9b02",
        auth_method=AuthMethod.BASIC,
        username="globex-api",
        password="globex-api-secret",  # noqa: S106  # known to the stand-in only
        desks=(
            Desk(
                extension="201",
                name="Gil Green",
                email="gil@globex.example",
                number="+13125550201",
                is_main=True,
                description="Dispatch",
            ),
        ),
        contacts=(("Lee Park", "+17735550140"), ("Dana Rivers", "+15125550130")),
    ),
)


def seed() -> None:
    """Make what is missing of the demo; a company that has members is left as it is."""
    if not _person(SYSTEM_ADMIN, "Rosa Root").is_system_admin:
        _make_system_admin()
    trunk, _ = Trunk.objects.get_or_create(
        name="Bandwidth", tenant=None, defaults={"hostname": "sip.trunkline.example"}
    )
    for company in COMPANIES:
        tenant, _ = Tenant.objects.get_or_create(
            slug=company.slug,
            defaults={"name": company.name, "schema_name": schema_name_for(company.slug)},
        )
        provision(tenant.schema_name)
        if tenant.is_active and not tenant.memberships.exists():
            _furnish(company, tenant, trunk)
    usage.count_tenants()  # or the system admin's first page has no figures for some minutes


def simulator_accounts() -> list[dict[str, Any]]:
    """Return what the stand-in Bandwidth must know of the demo's configurations."""
    accounts = []
    for company in COMPANIES:
        try:
            with entered(schema_name_for(company.slug)):
                accounts += [
                    _account(configuration)
                    for configuration in SmsConfiguration.objects.select_related(
                        "endpoint", "trunk"
                    ).filter(account_id=company.account_id)
                ]
        except TenantUnavailable:
            continue
    return accounts


@cache
def _hashed() -> str:
    # Everybody's in the demo: hashing it takes long on purpose, and once is enough.
    return make_password(PASSWORD)


def _person(email: str, name: str) -> User:
    """Return the account of a made-up person; one that exists keeps its password."""
    known = find_account(email)
    return known or User.objects.create(email=email, name=name, password=_hashed())


def _make_system_admin() -> None:
    user = account_of(SYSTEM_ADMIN)
    user.is_system_admin = True
    user.save(update_fields=["is_system_admin"])


@transaction.atomic
def _furnish(company: Company, tenant: Tenant, trunk: Trunk) -> None:
    with entered(tenant.schema_name):
        configuration = create_configuration(
            tenant,
            SmsConfiguration(
                name=f"{company.name} on Bandwidth",
                trunk=trunk,
                account_id=company.account_id,
                application_id=company.application_id,
                auth_method=company.auth_method,
                username=company.username,
                password=company.password,
            ),
            callback_username=f"{company.slug}-callbacks",
            callback_password=f"{company.slug}-callback-secret",
        )
        for desk in company.desks:
            _furnish_desk(desk, tenant, trunk, configuration)
        if company.shared:
            _furnish_group(company.shared, tenant, trunk, configuration)
        for name, number in company.contacts:
            Contact.objects.get_or_create(number=number, defaults={"name": name})
        if company.help_text:
            _furnish_answers(company.help_text)
        name, email = company.admin
        _person(email, name)
        admin = add_member(tenant, email, role="admin").user
        if company.shared:
            line = company.desks[0].number
            demo_depth.fill(tenant, trunk, configuration, line=line, author=admin)
        lines = [(desk.number, desk.extension) for desk in company.desks]
        readers = [membership.user_id for membership in tenant.memberships.all()]
        demo_history.fill(company.slug, configuration, lines, readers)


def _furnish_answers(help_text: str) -> None:
    """Write an answer to HELP, and an auto-reply that waits to be switched on."""
    ConsentTexts.objects.get_or_create(pk=1, defaults={"help_text": help_text})
    AutoReply.objects.get_or_create(
        name="Closed",
        defaults={
            "kind": AutoReply.Kind.CLOSED,
            "enabled": False,
            "text": "Thanks for your text. We are closed at the moment and will answer when we"
            " are back.",
        },
    )


def _furnish_desk(
    desk: Desk, tenant: Tenant, trunk: Trunk, configuration: SmsConfiguration
) -> None:
    extension, _ = Extension.objects.get_or_create(
        number=desk.extension, defaults={"name": desk.name, "email": desk.email}
    )
    number, _ = PhoneNumber.objects.get_or_create(
        number=desk.number,
        defaults={
            "trunk": trunk,
            "tenant": tenant,
            "is_main": desk.is_main,
            "registration": PhoneNumber.Registration.REGISTERED,
        },
    )
    if number.tenant_id == tenant.pk:
        MessageSetting.objects.get_or_create(
            phone_number=number,
            defaults={
                "provider": configuration,
                "extension": extension,
                "email": desk.mail_to,
                "description": desk.description,
            },
        )
    _person(desk.email, desk.name)
    add_member(tenant, desk.email, role="extension", extension=desk.extension)


def _furnish_group(
    shared: tuple[str, str, str],
    tenant: Tenant,
    trunk: Trunk,
    configuration: SmsConfiguration,
) -> None:
    """Let everybody of the company share one more number."""
    group_number, name, line = shared
    group, _ = RingGroup.objects.get_or_create(number=group_number, defaults={"name": name})
    for extension in Extension.objects.all():
        RingGroupMember.objects.get_or_create(group=group, extension=extension)
    number, _ = PhoneNumber.objects.get_or_create(
        number=line,
        defaults={
            "trunk": trunk,
            "tenant": tenant,
            "registration": PhoneNumber.Registration.REGISTERED,
        },
    )
    if number.tenant_id == tenant.pk:
        MessageSetting.objects.get_or_create(
            phone_number=number,
            defaults={"provider": configuration, "ring_group": group, "description": name},
        )


def _account(configuration: SmsConfiguration) -> dict[str, Any]:
    oauth = configuration.auth_method == AuthMethod.OAUTH2
    pair = (configuration.username, configuration.password)
    username, password = ("", "") if oauth else pair
    client_id, client_secret = pair if oauth else ("", "")
    numbers = configuration.message_settings.values_list("phone_number__number", flat=True)
    return {
        "account_id": configuration.account_id,
        "application_id": configuration.application_id,
        "username": username,
        "password": password,
        "client_id": client_id,
        "client_secret": client_secret,
        "webhook_url": configuration.webhook_url,
        "webhook_username": configuration.endpoint.callback_username,
        "webhook_password": configuration.endpoint.callback_password,
        "numbers": list(numbers),
    }
