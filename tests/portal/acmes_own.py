"""What only Acme has, and those who ask for it: for the tests that nothing crosses tenants."""

from __future__ import annotations

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from messaging.models import Extension, InboundRule, RingGroup, SmsConfiguration
from tenants.models import ApiKey, PhoneNumber, Tenant, Trunk, User
from tests.conftest import member
from tests.portal.addresses import Address, People, Samples, addresses
from tests.portal.test_every_address_is_guarded import OPEN_IN_TENANT

# What only Acme has: of each kind of row something that a page about it would say.
CANARIES = [
    "Is my crown ready",
    "Dana Rivers",
    "9195550163",
    "(919) 555-0163",
    "Our front desk",
    "Booking system",
    "new@acme.example",
    "alice@acme.example",
    "bob@acme.example",
    "ann@acme.example",
    "x-ray.png",
    "Opening hours",
    "9900071",
    "Back at 9",
    "X-mas",
    "We are closed.",
    "@101 call her",
    "Line of Acme alone",
]


@pytest.fixture(scope="module")
def samples(furnished: Samples, people: People) -> Samples:
    """Acme's rows, a trunk of its own among them; the platform's is everybody's to see."""
    own = Trunk.objects.create(
        name="Line of Acme alone", provider="bandwidth", tenant=people.tenant
    )
    with tenant_context(people.tenant):  # words that are nowhere an example
        RingGroup.objects.update(name="Our front desk")
        InboundRule.objects.update(name="Our front desk")
        SmsConfiguration.objects.update(account_id="9900071")
    PhoneNumber.objects.create(number="+19195550163", trunk=own, tenant=people.tenant)
    return Samples(
        by_model={**furnished.by_model, "tenants/trunk": own.pk},
        by_resource={**furnished.by_resource, "trunks": own.pk},
        by_parameter={**furnished.by_parameter, "user_id": people.extension_user.pk},
    )


@pytest.fixture(scope="module")
def carla(people: People, samples: Samples) -> User:
    """Extension user of Acme at 102, whose the thread is not."""
    with tenant_context(people.tenant):
        Extension.objects.create(number="102", name="Carla")
    return member("carla@acme.example", people.tenant, "extension", "102")


def browser_of(person: User) -> Client:
    """Return a browser in which somebody has signed in."""
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def program_of(person: User, tenant: Tenant | None = None) -> Client:
    """Return a client with a key of this person's."""
    key, secret = ApiKey.issue(person, tenant=tenant)
    key.touch()  # or its first use would change the row
    return Client(headers={"Authorization": f"Bearer {secret}"})


def all_in(urlconf: str) -> list[Address]:
    """Return the addresses that are not open to everybody in a tenant."""
    return [a for a in addresses(urlconf) if a.path not in OPEN_IN_TENANT]
