"""Every address of the product, asked by everybody who has no business there.

The addresses come from the URL tables themselves: a new one is tested the day it appears, and
counts as an admin's page until it is named here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tenants.models import ApiKey, Tenant, User
from tests.portal.addresses import PUBLIC, TENANT, Address, People, Samples, addresses

SIGN_IN = "/accounts/login/"

# Open to strangers, each with the reason.
OPEN_IN_TENANT = {
    "inbox/manifest.webmanifest",  # a browser fetches both without cookies
    "inbox/sw.js",
    "inbox/offline/",  # shown when nothing can be asked, so it holds nothing of anybody
}
# The signature is the key: tests/messaging/media/test_signed_links.py.
OPEN_BY_SIGNATURE = "media/%(signed)s/"
OPEN_IN_PUBLIC = (
    "accounts/",  # signing in is for strangers
    "health/",
    "metrics",  # by a token of its own
    "webhook/",  # carriers authenticate by the endpoint's own credentials
    "invite/",  # the token is the key
)
# Where everybody who is signed in may go.
SIGNED_IN = {"", "api/v1/docs/", "api/v1/schema/"}

_TENANT = addresses(TENANT)
_PUBLIC = addresses(PUBLIC)
API = [a for a in _TENANT if a.path.startswith("api/")]
INBOX = [a for a in _TENANT if a.path.startswith("inbox/") and a.path not in OPEN_IN_TENANT]
ADMIN = [
    a
    for a in _TENANT
    if a not in API
    and a not in INBOX
    and a.path not in OPEN_IN_TENANT
    and a.path != OPEN_BY_SIGNATURE
]
SYSTEM = [a for a in _PUBLIC if a.path.startswith("system/")]
PLATFORM_API = [a for a in _PUBLIC if a.path.startswith("api/") and a.path not in SIGNED_IN]
# What an extension user's key may call; all other resources are the admins'.
API_FOR_USERS = (
    "api-keys",
    "contacts",
    "conversations",
    "docs",
    "me",
    "media",
    "messages",
    "notification-choice",
    "opt-outs",
    "push-subscriptions",
    "schema",
    "templates",
    "extensions",
)

every = pytest.mark.parametrize
Keyed = Callable[..., Client]
REFUSED, NOT_THERE, UNSIGNED = {403}, {404}, {401, 403}


def _asked(client: Client, path: str) -> set[int]:
    return {client.get(path).status_code, client.post(path).status_code}


def _opened(client: Client, path: str) -> int:
    return int(client.get(path).status_code)


def _sent_to_sign_in(path: str) -> bool:
    answers = [Client().get(path), Client().post(path)]
    # Django's admin takes a detour by its own sign-in, which leads to ours.
    doors = (SIGN_IN, "/system/login/")
    return all(a.status_code in (302, 307) and a["Location"].startswith(doors) for a in answers)


def _suspend(tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(is_active=False)


@pytest.fixture(scope="module")
def api(people: People) -> Keyed:
    """HTTP client with an API key of the person, made before the module's first test."""
    tenants = [None, *Tenant.objects.filter(slug__in=("acme", "globex"))]
    everybody = (people.system_admin, people.admin, people.extension_user, people.other_admin)
    secrets = {
        (user.pk, tenant and tenant.pk): ApiKey.issue(user, tenant=tenant)[1]
        for user in everybody
        for tenant in tenants
    }

    def with_key(user: User, tenant: Tenant | None = None) -> Client:
        secret = secrets[user.pk, tenant and tenant.pk]
        return Client(headers={"Authorization": f"Bearer {secret}"})

    return with_key


def test_no_address_is_forgotten() -> None:
    rest = [
        address.path
        for address in _PUBLIC
        if address not in SYSTEM
        and address not in PLATFORM_API
        and address.path not in SIGNED_IN
        and not address.path.startswith(OPEN_IN_PUBLIC)
    ]
    assert rest == []
    assert min(len(API), len(INBOX), len(ADMIN), len(SYSTEM), len(PLATFORM_API)) > 10


@every("address", ADMIN, ids=str)
def test_a_tenants_pages_are_its_admins(
    address: Address, furnished: Samples, signed_in: Any, people: People
) -> None:
    path = f"/t/acme/{address.filled(furnished)}"

    assert _sent_to_sign_in(path)
    assert _asked(signed_in(people.other_admin), path) == REFUSED
    assert _asked(signed_in(people.extension_user), path) == REFUSED
    # 403: Django's add and delete pages of records that nobody may add or delete.
    assert _opened(signed_in(people.admin), path) in (200, 302, 307, 400, 403, 404, 405)
    _suspend(people.tenant)
    assert _asked(signed_in(people.admin), path) == NOT_THERE
    assert _asked(Client(), path) == NOT_THERE


@every("address", INBOX, ids=str)
def test_the_inbox_is_its_members(
    address: Address, furnished: Samples, signed_in: Any, people: People
) -> None:
    path = f"/t/acme/{address.filled(furnished)}"

    assert _sent_to_sign_in(path)
    assert _asked(signed_in(people.other_admin), path) == REFUSED
    for member in (people.extension_user, people.admin):
        assert _opened(signed_in(member), path) in (200, 204, 302, 404, 405)
    _suspend(people.tenant)
    assert _asked(signed_in(people.extension_user), path) == NOT_THERE


@every("path", sorted(OPEN_IN_TENANT))
def test_what_is_open_in_a_tenant_closes_with_it(path: str, people: People) -> None:
    assert _opened(Client(), f"/t/acme/{path}") == 200
    _suspend(people.tenant)
    assert _asked(Client(), f"/t/acme/{path}") == NOT_THERE


@every("address", API, ids=str)
def test_a_tenants_api_is_its_members(
    address: Address, furnished: Samples, api: Keyed, people: People, globex: Tenant
) -> None:
    path = f"/t/acme/{address.filled(furnished)}"

    assert _asked(Client(), path) <= UNSIGNED
    assert _asked(api(people.other_admin), path) <= REFUSED
    assert _asked(api(people.system_admin, globex), path) <= UNSIGNED
    assert max(_asked(api(people.admin), path)) < 500
    resource = address.path.removeprefix("api/v1/").split("/")[0]
    statuses = _asked(api(people.extension_user), path)
    if not resource or resource in API_FOR_USERS:
        assert max(statuses) < 500
    else:
        assert statuses <= {403, 404, 405}
    _suspend(people.tenant)
    assert _asked(api(people.admin), path) == NOT_THERE


@every("address", SYSTEM, ids=str)
def test_the_system_portal_is_the_system_admins(
    address: Address, furnished: Samples, signed_in: Any, people: People
) -> None:
    path = "/" + address.filled(furnished)

    if address.path not in ("system/login/", "system/logout/"):  # the doors themselves
        assert _sent_to_sign_in(path)
    for member in (people.admin, people.extension_user):
        assert _asked(signed_in(member), path) <= {302, 307, 403}
        answer = signed_in(member).get(path)
        assert answer.status_code == 403 or answer["Location"].startswith("/accounts/")
    assert _opened(signed_in(people.system_admin), path) in (200, 302, 307, 400, 403, 404, 405)


@every("address", PLATFORM_API, ids=str)
def test_the_platforms_api_is_the_system_admins(
    address: Address, furnished: Samples, api: Keyed, people: People
) -> None:
    path = "/" + address.filled(furnished)

    assert _asked(Client(), path) <= UNSIGNED
    assert _asked(api(people.admin), path) <= REFUSED
    assert _asked(api(people.system_admin, people.tenant), path) <= UNSIGNED
    assert max(_asked(api(people.system_admin), path)) < 500
