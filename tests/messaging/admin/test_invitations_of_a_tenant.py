"""The tenant's Invitations page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from messaging.models import Extension
from tenants.invitations import invite
from tenants.models import Invitation, Tenant, User

PAGE = "/t/acme/tenants/invitation/"
CONFIRMED = {"_form_submitted": "True"}


@pytest.fixture(autouse=True)
def _extension(acme: Tenant, inside: Any) -> None:
    with inside(acme):
        Extension.objects.create(number="101", name="Ann")


def _form(email: str, **changes: str) -> dict[str, str]:
    return {"email": email, "name": "New", "role": "extension", "extension": "101", **changes}


def test_an_invitation_names_place_role_and_inviter(
    admin: Client, alice: User, acme: Tenant
) -> None:
    assert admin.post(f"{PAGE}add/", _form("New@Acme.example")).status_code == 302

    made = Invitation.objects.get()
    assert (made.email, made.tenant, made.role, made.extension, made.invited_by) == (
        "new@acme.example",
        acme,
        "extension",
        "101",
        alice,
    )
    assert not User.objects.filter(email="new@acme.example").exists()


def test_an_account_elsewhere_cannot_be_found_out(admin: Client, gina: User, root: User) -> None:
    answers = []
    for email in ("nobody@example.com", gina.email, root.email):
        response = admin.post(f"{PAGE}add/", _form(email), follow=True)
        page = response.content.decode()
        answers.append((response.redirect_chain, f"Invitation sent to {email}." in page))

    assert answers == [answers[0]] * 3
    assert answers[0][1]


def test_a_tenant_admin_invites_to_the_own_tenant_only(
    admin: Client, acme: Tenant, globex: Tenant
) -> None:
    admin.post(f"{PAGE}add/", _form("a@example.com", tenant=str(globex.pk)))
    admin.post(f"{PAGE}add/", _form("b@example.com", tenant="", kind="system", role="admin"))

    assert {one.tenant for one in Invitation.objects.all()} == {acme}


@pytest.mark.parametrize(
    ("email", "changes", "at"),
    [
        ("alice@acme.example", {}, "email"),
        ("asked@acme.example", {}, "email"),
        ("nonsense", {}, "email"),
        ("new@acme.example", {"extension": ""}, "extension"),
        ("new@acme.example", {"extension": "999"}, "extension"),
        ("new@acme.example", {"role": "system"}, "role"),
    ],
    ids=["member", "invited", "no e-mail", "no extension", "unknown extension", "role"],
)
def test_a_wrong_field_is_named(
    email: str,
    changes: dict[str, str],
    at: str,
    admin: Client,
    acme: Tenant,
    errors: Callable[[Any], dict[str, list[str]]],
) -> None:
    invite("asked@acme.example", tenant=acme, by=None, role="admin")

    assert list(errors(admin.post(f"{PAGE}add/", _form(email, **changes)))) == [at]
    assert Invitation.objects.count() == 1


def test_sending_again_makes_the_old_link_useless(admin: Client, acme: Tenant) -> None:
    made = invite("new@acme.example", tenant=acme, by=None, role="admin")

    admin.post(f"{PAGE}{made.pk}/send_again/", CONFIRMED)

    renewed = Invitation.objects.get()
    assert bytes(renewed.token_hash) != bytes(made.token_hash)
    assert renewed.expires_at > made.expires_at


def test_a_revoked_invitation_is_not_sent_again(admin: Client, acme: Tenant) -> None:
    made = invite("new@acme.example", tenant=acme, by=None, role="admin")

    admin.post(f"{PAGE}{made.pk}/revoke/", CONFIRMED)
    admin.post(f"{PAGE}{made.pk}/send_again/", CONFIRMED)

    made.refresh_from_db()
    assert made.revoked_at
    assert "used or revoked" in admin.get(PAGE).content.decode()


def test_another_tenants_invitations_are_not_there(admin: Client, globex: Tenant) -> None:
    theirs = invite("new@globex.example", tenant=globex, by=None, role="admin")
    platforms = invite("boss@example.com", tenant=None, by=None)

    page = admin.get(PAGE).content.decode()
    for one in (theirs, platforms):
        assert one.email not in page
        assert admin.get(f"{PAGE}{one.pk}/change/").status_code == 404
        for action in ("send_again", "revoke"):
            assert admin.post(f"{PAGE}{one.pk}/{action}/", CONFIRMED).status_code == 404
        one.refresh_from_db()
        assert one.revoked_at is None


def test_extension_users_invite_nobody(bob: User, signed_in: Callable[[User], Client]) -> None:
    browser = signed_in(bob)

    assert browser.get(PAGE).status_code == 403
    assert browser.post(f"{PAGE}add/", _form("new@acme.example", role="admin")).status_code == 403
    assert not Invitation.objects.exists()
