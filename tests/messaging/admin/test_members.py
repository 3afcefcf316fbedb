"""The tenant's Users page: what somebody is here, and nothing of their account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from messaging.models import Extension
from tenants.models import Membership, Tenant, User
from tests.conftest import PASSWORD

USERS = "/t/acme/tenants/membership/"
CONFIRMED = {"_form_submitted": "True"}


@pytest.fixture(autouse=True)
def _extension(acme: Tenant, inside: Any) -> None:
    with inside(acme):
        Extension.objects.create(number="101", name="Ann")


@pytest.fixture
def asked_for(monkeypatch: pytest.MonkeyPatch) -> list[User]:
    """People whom a reset link was asked for."""
    people: list[User] = []

    def note(user: User) -> bool:
        people.append(user)
        return True

    monkeypatch.setattr("tenants.admin.people.request_reset_link", note)
    return people


def _do(client: Client, action: str, member: Membership, place: str = USERS) -> Any:
    return client.post(f"{place}{member.pk}/{action}/", CONFIRMED)


def test_the_list_shows_the_own_people_only(admin: Client, bob: User, gina: User) -> None:
    page = admin.get(USERS).content.decode()

    assert bob.email in page
    assert gina.email not in page


def test_nobody_is_added_without_being_asked(admin: Client) -> None:
    form = {"email": "new@acme.example", "password": PASSWORD, "role": "admin"}

    assert admin.post(f"{USERS}add/", form).status_code == 403
    assert not User.objects.filter(email="new@acme.example").exists()


def test_a_change_touches_the_membership_only(admin: Client, bob: User) -> None:
    member = bob.memberships.get()

    admin.post(
        f"{USERS}{member.pk}/change/",
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


@pytest.mark.parametrize("extension", ["", "999"], ids=["none", "unknown"])
def test_an_extension_user_needs_an_extension_that_exists(
    extension: str, admin: Client, bob: User, errors: Callable[[Any], dict[str, list[str]]]
) -> None:
    form = {"role": "extension", "extension": extension, "is_active": "on"}
    response = admin.post(f"{USERS}{bob.memberships.get().pk}/change/", form)

    assert list(errors(response)) == ["extension"]


def test_nobody_locks_themselves_out(
    admin: Client, alice: User, errors: Callable[[Any], dict[str, list[str]]]
) -> None:
    member = alice.memberships.get()

    response = admin.post(f"{USERS}{member.pk}/change/", {"role": "extension", "extension": "101"})
    assert sorted(errors(response)) == ["is_active", "role"]

    admin.post(f"{USERS}{member.pk}/delete/", {"post": "yes"})
    _do(admin, "deactivate", member)
    member.refresh_from_db()
    assert member.is_active


def test_whoever_is_deactivated_is_out_at_once(
    admin: Client, bob: User, signed_in: Callable[[User], Client]
) -> None:
    browser = signed_in(bob)
    member = bob.memberships.get()
    assert browser.get("/t/acme/inbox/").status_code == 200

    assert "Take away the access?" in admin.get(f"{USERS}{member.pk}/deactivate/").content.decode()
    assert browser.get("/t/acme/inbox/").status_code == 200, "asking changes nothing"
    _do(admin, "deactivate", member)
    assert browser.get("/t/acme/inbox/").status_code == 403

    _do(admin, "activate", member)
    assert browser.get("/t/acme/inbox/").status_code == 200


def test_a_reset_link_goes_to_somebody_of_this_company_alone(
    admin: Client, bob: User, asked_for: list[User]
) -> None:
    _do(admin, "send_reset_link", bob.memberships.get())

    assert asked_for == [bob]
    assert "on its way to bob@acme.example" in admin.get(USERS).content.decode()


def test_no_reset_link_for_somebody_who_works_elsewhere_too(
    admin: Client, bob: User, globex: Tenant, asked_for: list[User]
) -> None:
    Membership.objects.create(user=bob, tenant=globex, role="admin", is_active=False)

    _do(admin, "send_reset_link", bob.memberships.get(tenant__slug="acme"))

    assert asked_for == []
    page = admin.get(USERS).content.decode()
    assert "Only bob@acme.example can ask for a new password" in page
    assert "Globex" not in page


def test_no_reset_link_for_a_system_admin(
    admin: Client, root: User, acme: Tenant, asked_for: list[User]
) -> None:
    member = Membership.objects.create(user=root, tenant=acme, role="admin")

    _do(admin, "send_reset_link", member)

    assert asked_for == []


@pytest.mark.parametrize("action", ["deactivate", "activate", "send_reset_link"])
def test_another_tenants_member_is_not_there(
    action: str, admin: Client, gina: User, asked_for: list[User]
) -> None:
    member = gina.memberships.get()

    assert _do(admin, action, member).status_code == 404
    assert admin.get(f"{USERS}{member.pk}/change/").status_code == 404
    member.refresh_from_db()
    assert member.is_active
    assert asked_for == []
