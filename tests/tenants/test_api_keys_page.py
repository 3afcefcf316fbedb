"""The system portal's page of API keys."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants import invitations
from tenants.models import ApiKey, User

KEYS = "/system/tenants/apikey/"


@pytest.fixture
def portal(signed_in, root) -> Any:
    return signed_in(root)


def _revoke(browser: Any, key: ApiKey) -> Any:
    return browser.post(f"{KEYS}{key.pk}/revoke/", {"_form_submitted": "True"})


def test_a_revoked_key_tells_who_did_it(portal, root, alice) -> None:
    User.objects.filter(pk=root.pk).update(name="Rosa Root")
    key, _ = ApiKey.issue(alice, name="CRM")
    assert "revoke/" in portal.get(f"{KEYS}{key.pk}/change/").content.decode()
    _revoke(portal, key)
    page = portal.get(f"{KEYS}{key.pk}/change/").content.decode()
    assert "The key is revoked." in page
    assert "by Rosa Root" in page
    assert f"{key.pk}/revoke/" not in page


def test_a_key_is_revoked_once(portal, alice) -> None:
    key, _ = ApiKey.issue(alice)
    _revoke(portal, key)
    key.refresh_from_db()
    first = key.revoked_at
    _revoke(portal, key)
    key.refresh_from_db()
    assert key.revoked_at == first
    assert "The key was revoked before." in portal.get(KEYS).content.decode()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("state=active", {"one"}),
        ("state=revoked", {"two"}),
        ("q=gina", {"two"}),
        ("q=one", {"one"}),
        ("", {"one", "two"}),
    ],
)
def test_keys_are_found(query, names, portal, alice, gina) -> None:
    ApiKey.issue(alice, name="one")
    _revoke(portal, ApiKey.issue(gina, name="two")[0])
    rows = portal.get(f"{KEYS}?{query}").context["cl"].result_list
    assert {key.name for key in rows} == names


def test_many_keys_take_few_queries(portal, alice, acme) -> None:
    for number in range(60):
        ApiKey.issue(alice, tenant=acme, name=str(number))
    with CaptureQueriesContext(connection) as captured:
        assert portal.get(KEYS).status_code == 200
    assert len(captured) <= 12


@pytest.mark.parametrize("person", ["alice", "bob", "gina"])
def test_only_system_admins_see_or_revoke_them_here(person, request, signed_in, root) -> None:
    key, _ = ApiKey.issue(root)
    browser = signed_in(request.getfixturevalue(person))
    assert browser.get(KEYS).status_code == 403
    assert _revoke(browser, key).status_code == 403
    key.refresh_from_db()
    assert key.revoked_at is None


def test_keys_of_a_system_admin_are_made_by_that_person_alone(portal, root) -> None:
    other = User.objects.create_user("other@example.com", is_system_admin=True)
    form = {"name": "CRM", "tenant": ""}
    refused = portal.post(f"{KEYS}add/", {**form, "user": other.pk})
    assert "own account only" in refused.content.decode()
    assert not ApiKey.objects.exists()
    portal.post(f"{KEYS}add/", {**form, "user": root.pk})
    assert ApiKey.objects.get().user == root


def test_keys_made_before_a_promotion_are_revoked(portal, alice, gina, acme) -> None:
    ApiKey.issue(alice)
    ApiKey.issue(alice, tenant=acme)
    ApiKey.issue(gina)
    portal.post(
        f"/system/tenants/user/{alice.pk}/change/",
        {"email": alice.email, "name": alice.name, "is_system_admin": "on"}
        | {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"},
    )
    alice.refresh_from_db()
    assert alice.is_system_admin
    assert list(ApiKey.objects.filter(revoked_at=None).values_list("user", flat=True)) == [gina.pk]


def test_keys_made_before_an_invitation_to_the_platform_are_revoked(root, alice) -> None:
    _, secret = ApiKey.issue(alice)
    invitation = invitations.invite(alice.email, tenant=None, by=root)
    invitations.accept(invitation, alice)
    assert ApiKey.find(secret) is None


def test_keys_of_a_system_admin_outlive_a_change_of_the_account(portal, root) -> None:
    _, secret = ApiKey.issue(root)
    root.name = "Rosa"
    root.save()
    assert ApiKey.find(secret) is not None
