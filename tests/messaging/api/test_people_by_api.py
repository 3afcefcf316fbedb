"""`members/` and `invitations/`: the tenant's people, for its admins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from messaging.models import Extension
from tenants.invitations import invite
from tenants.models import Invitation, Tenant, User

API = "/t/acme/api/v1/"
PLATFORM = "/api/v1/invitations/"


@pytest.fixture(autouse=True)
def _extension(acme: Tenant, inside: Any) -> None:
    with inside(acme):
        Extension.objects.create(number="101", name="Ann")


@pytest.fixture
def admin(api: Callable[..., Client], alice: User) -> Client:
    return api(alice)


def test_members_are_the_own_ones(admin: Client, bob: User, gina: User) -> None:
    found = admin.get(f"{API}members/").json()

    assert [one["email"] for one in found["results"]] == ["alice@acme.example", "bob@acme.example"]
    assert admin.get(f"{API}members/{gina.memberships.get().pk}/").status_code == 404


def test_role_extension_and_access_change(admin: Client, bob: User) -> None:
    member = bob.memberships.get()
    change = {"role": "admin", "extension": "", "is_active": False}

    response = admin.patch(f"{API}members/{member.pk}/", change, "application/json")

    assert response.status_code == 200
    member.refresh_from_db()
    assert (member.role, member.extension, member.is_active) == ("admin", "", False)


@pytest.mark.parametrize(
    ("person", "change", "field"),
    [
        ("bob", {"extension": ""}, "extension"),
        ("bob", {"extension": "999"}, "extension"),
        ("bob", {"extension": "1\x000"}, "extension"),
        ("bob", {"role": "system"}, "role"),
        ("bob", {"password": "takeover 12345"}, "password"),
        ("alice", {"role": "extension", "extension": "101"}, "role"),
        ("alice", {"is_active": False}, "is_active"),
    ],
)
def test_a_wrong_change_is_told_at_its_field(
    person: str, change: dict[str, Any], field: str, request: Any, admin: Client
) -> None:
    member = request.getfixturevalue(person).memberships.get()

    response = admin.patch(f"{API}members/{member.pk}/", change, "application/json")

    assert (response.status_code, list(response.json())) == (400, [field])


def test_another_tenants_member_is_not_there(admin: Client, gina: User) -> None:
    path = f"{API}members/{gina.memberships.get().pk}/"

    assert admin.patch(path, {"is_active": False}, "application/json").status_code == 404
    assert gina.memberships.get().is_active


def test_members_are_neither_made_nor_deleted_here(admin: Client, bob: User) -> None:
    assert admin.post(f"{API}members/", {}, "application/json").status_code == 405
    path = f"{API}members/{bob.memberships.get().pk}/"
    assert admin.delete(path).status_code == 405


def test_an_invitation_goes_out_and_its_link_stays_in_the_mail(
    admin: Client, acme: Tenant, gina: User
) -> None:
    answers = []
    for email in ("nobody@example.com", gina.email):
        body = {"email": email, "role": "extension", "extension": "101"}
        response = admin.post(f"{API}invitations/", body, "application/json")
        assert response.status_code == 201
        told = response.json()
        own = ("id", "email", "created_at", "expires_at")
        answers.append({name: told[name] for name in told if name not in own})

    assert answers[0] == answers[1], "an account elsewhere is not told"
    assert not {"token", "token_hash", "link"} & set(answers[0])
    assert {one.tenant for one in Invitation.objects.all()} == {acme}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "alice@acme.example"}, "email"),
        ({"email": "nonsense"}, "email"),
        ({"extension": ""}, "extension"),
        ({"extension": "999"}, "extension"),
        ({"role": "system"}, "role"),
        ({"tenant": "globex"}, "tenant"),
        ({"system_admin": True}, "system_admin"),
    ],
)
def test_a_wrong_invitation_is_told_at_its_field(
    change: dict[str, Any], field: str, admin: Client
) -> None:
    body = {"email": "new@acme.example", "role": "extension", "extension": "101", **change}

    response = admin.post(f"{API}invitations/", body, "application/json")

    assert (response.status_code, list(response.json())) == (400, [field])
    assert not Invitation.objects.exists()


def test_an_open_invitation_is_sent_again_and_revoked_once(admin: Client, acme: Tenant) -> None:
    path = f"{API}invitations/{invite('n@x.example', tenant=acme, by=None, role='admin').pk}/"

    assert admin.post(f"{path}resend/").json()["state"] == "open"
    assert admin.post(f"{path}revoke/").json()["state"] == "revoked"
    assert admin.post(f"{path}revoke/").status_code == 409
    assert admin.post(f"{path}resend/").status_code == 409


def test_another_tenants_invitations_are_not_there(
    admin: Client, globex: Tenant, acme: Tenant
) -> None:
    for tenant in (globex, None):
        theirs = invite("n@x.example", tenant=tenant, by=None, role="admin")
        path = f"{API}invitations/{theirs.pk}/"
        assert admin.get(path).status_code == 404
        assert admin.post(f"{path}resend/").status_code == 404
        assert admin.post(f"{path}revoke/").status_code == 404
    assert admin.get(f"{API}invitations/").json()["count"] == 0


@pytest.mark.parametrize("path", ["members/", "invitations/"])
def test_extension_users_and_outsiders_see_none_of_it(
    path: str, api: Callable[..., Client], bob: User, gina: User
) -> None:
    for person in (bob, gina):
        assert api(person).get(f"{API}{path}").status_code == 403
        assert api(person).post(f"{API}{path}", {}, "application/json").status_code == 403


def test_system_admins_invite_to_a_tenant_or_to_run_the_platform(
    api: Callable[..., Client], root: User, acme: Tenant, alice: User
) -> None:
    program = api(root)
    to_tenant = {"email": "a@x.example", "tenant": "acme", "role": "admin"}
    to_platform = {"email": "b@x.example", "system_admin": True}
    for body in (to_tenant, to_platform):
        assert program.post(PLATFORM, body, "application/json").status_code == 201
    neither = program.post(PLATFORM, {"email": "c@x.example"}, "application/json")
    assert (neither.status_code, list(neither.json())) == (400, ["tenant"])

    made = {one.email: one.tenant for one in Invitation.objects.all()}
    assert made == {"a@x.example": acme, "b@x.example": None}
    first = program.get(f"{PLATFORM}?email=a@x.example").json()["results"][0]
    assert (first["tenant"], first["invited_by"]) == ("acme", root.email)
    assert program.post(f"{PLATFORM}{first['id']}/revoke/").json()["state"] == "revoked"
    assert api(alice).get(PLATFORM).status_code == 403
