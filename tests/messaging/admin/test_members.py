from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from messaging.models import Extension
from tenants.models import Membership, Tenant, User
from tests.conftest import PASSWORD

ADD = "/t/acme/tenants/membership/add/"


@pytest.fixture(autouse=True)
def _extension(acme: Tenant, inside: Any) -> None:
    with inside(acme):
        Extension.objects.create(number="101", name="Ann")


def _data(email: str, **changes: Any) -> dict[str, Any]:
    return {
        "email": email,
        "name": "",
        "password": "",
        "role": "extension",
        "extension": "101",
        "is_active": "on",
        **changes,
    }


def test_a_new_person_gets_an_account(admin: Client, acme: Tenant) -> None:
    response = admin.post(ADD, _data("New@Acme.example", name="New", password=PASSWORD))

    assert response.status_code == 302
    member = Membership.objects.get(user__email="new@acme.example")
    assert (member.tenant, member.role, member.extension) == (acme, "extension", "101")
    assert member.user.check_password(PASSWORD)
    assert member.user.name == "New"


def test_somebody_with_an_account_is_joined_and_left_as_they_are(
    admin: Client, acme: Tenant, gina: User
) -> None:
    response = admin.post(ADD, _data("GINA@globex.example", name="Evil", password="takeover 12345"))

    assert response.status_code == 302
    gina.refresh_from_db()
    assert gina.check_password(PASSWORD)
    assert gina.name == ""
    assert gina.memberships.filter(tenant=acme).exists()


@pytest.mark.parametrize(
    ("email", "changes", "at"),
    [
        ("new@acme.example", {}, "password"),
        ("new@acme.example", {"password": "short"}, "password"),
        ("alice@acme.example", {}, "email"),
        ("nonsense", {"password": PASSWORD}, "email"),
        ("new@acme.example", {"password": PASSWORD, "extension": ""}, "extension"),
        ("new@acme.example", {"password": PASSWORD, "extension": "999"}, "extension"),
        ("new@acme.example", {"password": PASSWORD, "role": "system"}, "role"),
    ],
    ids=["no password", "weak password", "member", "no e-mail", "none", "unknown", "role"],
)
def test_a_wrong_field_is_named(
    email: str,
    changes: dict[str, Any],
    at: str,
    admin: Client,
    errors: Callable[[Any], dict[str, list[str]]],
) -> None:
    response = admin.post(ADD, _data(email, **changes))

    assert list(errors(response)) == [at]
    assert Membership.objects.count() == 1


def test_a_change_touches_the_membership_only(admin: Client, bob: User) -> None:
    member = bob.memberships.get()

    admin.post(
        f"/t/acme/tenants/membership/{member.pk}/change/",
        {
            "role": "admin",
            "extension": "101",
            "email": "x@evil.example",
            "password": "takeover 12345",
            "name": "Evil",
        },
    )

    member.refresh_from_db()
    bob.refresh_from_db()
    assert (member.role, member.is_active) == ("admin", False)
    assert (bob.email, bob.name) == ("bob@acme.example", "")
    assert bob.check_password(PASSWORD)


def test_nobody_locks_themselves_out(
    admin: Client, alice: User, errors: Callable[[Any], dict[str, list[str]]]
) -> None:
    member = alice.memberships.get()
    path = f"/t/acme/tenants/membership/{member.pk}"

    response = admin.post(f"{path}/change/", {"role": "extension", "extension": "101"})
    assert sorted(errors(response)) == ["is_active", "role"]

    admin.post(f"{path}/delete/", {"post": "yes"})
    assert alice.memberships.exists()
