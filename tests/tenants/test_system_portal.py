"""What system admins do in the system portal."""

from __future__ import annotations

from typing import Any

import pytest

from tenants.models import ApiKey, Invitation, Membership, PhoneNumber, Tenant, Trunk
from tenants.models.keys import hash_key
from tests.conftest import PASSWORD

TENANTS = "/system/tenants/tenant/"
NUMBERS = "/system/tenants/phonenumber/"


@pytest.fixture
def portal(signed_in, root) -> Any:
    return signed_in(root)


def _tenant_form(**changes: str) -> dict[str, str]:
    return {
        "name": "Initech",
        "slug": "initech",
        "timezone": "Europe/Berlin",
        "country": "DE",
        "admin_email": "",
        **changes,
    }


def _errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200, "the form was accepted"
    errors = response.context["adminform"].form.errors
    return {name: list(messages) for name, messages in errors.items()}


def test_a_new_tenant_is_provisioning_with_its_first_admin_invited(portal, root) -> None:
    form = _tenant_form(admin_email="Peter@Initech.example")
    assert portal.post(f"{TENANTS}add/", form).status_code == 302
    tenant = Tenant.objects.get(slug="initech")
    assert (tenant.state, tenant.timezone, tenant.country) == (
        "provisioning",
        "Europe/Berlin",
        "DE",
    )
    invitation = Invitation.objects.get(tenant=tenant)
    assert (invitation.email, invitation.role, invitation.invited_by) == (
        "peter@initech.example",
        "admin",
        root,
    )
    assert not Membership.objects.exists()
    page = portal.get(TENANTS).content.decode()
    assert "Provisioning" in page
    assert 'href="/t/initech/"' not in page


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"slug": "acme"}, "slug"),
        ({"slug": "No Spaces"}, "slug"),
        ({"name": ""}, "name"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"country": "XX"}, "country"),
        ({"admin_email": "no-address"}, "admin_email"),
    ],
    ids=str,
)
def test_a_wrong_entry_is_told_at_its_field(change, field, portal, acme) -> None:
    assert set(_errors(portal.post(f"{TENANTS}add/", _tenant_form(**change)))) == {field}


def test_the_slug_of_a_tenant_stays(portal, acme) -> None:
    form = _tenant_form(name="Acme Group", slug="other", messaging_enabled="on")
    form |= {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    assert portal.post(f"{TENANTS}{acme.pk}/change/", form).status_code == 302
    acme.refresh_from_db()
    assert (acme.slug, acme.name) == ("acme", "Acme Group")


def test_manage_is_a_link_into_the_tenant(portal, acme) -> None:
    assert 'href="/t/acme/"' in portal.get(TENANTS).content.decode()
    assert 'href="/t/acme/"' in portal.get("/system/").content.decode()
    assert portal.get(f"{TENANTS}{acme.pk}/manage/")["Location"] == "/t/acme/"


def test_suspending_asks_first_and_shuts_the_door(portal, acme) -> None:
    dialog = portal.get(f"{TENANTS}{acme.pk}/suspend/")
    assert "Suspend this tenant?" in dialog.content.decode()
    assert Tenant.objects.get(pk=acme.pk).is_active
    portal.post(f"{TENANTS}{acme.pk}/suspend/", {"_form_submitted": "True"})
    assert portal.get("/t/acme/").status_code == 404
    page = portal.get(TENANTS).content.decode()
    assert "Suspended" in page
    assert 'href="/t/acme/"' not in page
    portal.post(f"{TENANTS}{acme.pk}/resume/", {"_form_submitted": "True"})
    assert portal.get("/t/acme/").status_code == 200


def test_a_tenant_is_not_deleted(portal, acme) -> None:
    assert portal.post(f"{TENANTS}{acme.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Tenant.objects.filter(pk=acme.pk).exists()


def _number_form(trunk: Trunk, typed: str, **changes: Any) -> dict[str, Any]:
    return {"typed": typed, "trunk": trunk.pk, "registration": "unknown", **changes}


@pytest.mark.parametrize(
    ("typed", "stored", "kind"),
    [
        ("(919) 555-0142", "+19195550142", "local"),
        ("+1 919 555 0142", "+19195550142", "local"),
        ("1-888-555-0142", "+18885550142", "toll_free"),
        ("72720", "72720", "short_code"),
    ],
)
def test_a_number_is_taken_in_any_usual_form(typed, stored, kind, portal, trunk, acme) -> None:
    form = _number_form(trunk, typed, tenant=acme.pk)
    assert portal.post(f"{NUMBERS}add/", form).status_code == 302
    number = PhoneNumber.objects.get()
    assert (number.number, number.kind, number.tenant) == (stored, kind, acme)


@pytest.mark.parametrize(
    ("typed", "words"),
    [("919 555 0101", "already in use"), ("nonsense", "not a phone number")],
)
def test_a_number_that_cannot_be_is_told_at_its_field(
    typed, words, portal, trunk, acme_number
) -> None:
    errors = _errors(portal.post(f"{NUMBERS}add/", _number_form(trunk, typed)))
    assert list(errors) == ["typed"]
    assert words in errors["typed"][0]


def test_a_number_in_use_is_neither_moved_nor_deleted(portal, acme_line, globex) -> None:
    number = acme_line.phone_number
    page = f"{NUMBERS}{number.pk}"
    moved = {"trunk": number.trunk_id, "tenant": globex.pk, "registration": "unknown"}
    assert list(_errors(portal.post(f"{page}/change/", moved))) == ["tenant"]
    answer = portal.post(f"{page}/delete/", {"post": "yes"}, follow=True)
    assert "in use and was not deleted" in answer.content.decode()
    number.refresh_from_db()
    assert number.tenant.slug == "acme"


def test_a_free_number_changes_hands_and_goes(portal, acme_number, globex) -> None:
    page = f"{NUMBERS}{acme_number.pk}"
    form = {"trunk": acme_number.trunk_id, "tenant": globex.pk, "registration": "registered"}
    assert portal.post(f"{page}/change/", form).status_code == 302
    acme_number.refresh_from_db()
    assert acme_number.tenant == globex
    portal.post(f"{page}/delete/", {"post": "yes"})
    assert not PhoneNumber.objects.exists()


def test_a_trunk_with_numbers_is_not_deleted(portal, acme_number) -> None:
    trunk = acme_number.trunk
    portal.post(f"/system/tenants/trunk/{trunk.pk}/delete/", {"post": "yes"})
    assert Trunk.objects.filter(pk=trunk.pk).exists()


def test_a_key_is_shown_once_and_kept_as_a_hash(portal, alice, acme) -> None:
    form = {"user": alice.pk, "tenant": acme.pk, "name": "CRM"}
    response = portal.post("/system/tenants/apikey/add/", form)
    secret = response.context["secret"]
    assert secret in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    key = ApiKey.objects.get()
    assert bytes(key.key_hash) == hash_key(secret)
    for path in ("/system/tenants/apikey/", f"/system/tenants/apikey/{key.pk}/change/"):
        assert secret not in portal.get(path).content.decode()


def test_a_revoked_key_opens_nothing(portal, alice, acme) -> None:
    key, secret = ApiKey.issue(alice)
    portal.post(f"/system/tenants/apikey/{key.pk}/revoke/", {"_form_submitted": "True"})
    assert ApiKey.find(secret) is None


def test_somebody_with_an_account_is_made_a_member(portal, acme, gina) -> None:
    url = "/system/tenants/membership/add/"
    form = {"tenant": acme.pk, "role": "extension", "extension": "9", "is_active": "on"}
    assert portal.post(url, {**form, "email": "GINA@globex.example"}).status_code == 302
    assert gina.memberships.count() == 2
    again = _errors(portal.post(url, {**form, "email": gina.email}))
    assert list(again) == ["email"]
    unknown = _errors(portal.post(url, {**form, "email": "new@acme.example"}))
    assert "invite them" in unknown["email"][0]
    lost = _errors(portal.post(url, {**form, "email": gina.email, "extension": ""}))
    assert "An extension user needs an extension." in str(lost)


def test_a_users_page_changes_neither_password_nor_activity(portal, alice) -> None:
    form = {"email": "Alice@new.example", "name": "Alice", "new_password": "n3w horse 77x"}
    form |= {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    assert portal.post(f"/system/tenants/user/{alice.pk}/change/", form).status_code == 302
    alice.refresh_from_db()
    assert (alice.email, alice.name, alice.is_active) == ("alice@new.example", "Alice", True)
    assert alice.check_password(PASSWORD)


def test_nobody_takes_away_the_own_rights(portal, root) -> None:
    form = {"email": root.email, "name": ""}
    form |= {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    portal.post(f"/system/tenants/user/{root.pk}/change/", form)
    portal.post(f"/system/tenants/user/{root.pk}/deactivate/", {"_form_submitted": "True"})
    root.refresh_from_db()
    assert root.is_system_admin
    assert root.is_active
