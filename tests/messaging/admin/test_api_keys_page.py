"""Company > API keys: whose keys an admin may make, see and revoke."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tenants.models import ApiKey, Membership, Tenant, User

PAGE = "/t/acme/tenants/apikey/"


def add(client: Client, user: User, name: str = "Booking") -> Any:
    return client.post(f"{PAGE}add/", {"name": name, "user": user.pk})


def test_a_key_is_shown_once_and_opens_this_tenant_only(
    admin: Client, bob: User, acme: Tenant, client: Client
) -> None:
    made = add(admin, bob)

    assert made.status_code == 200
    assert "no-store" in made["Cache-Control"]
    secret = re.findall(r'data-copy="(tl_[\w-]+)"', made.content.decode())[0]
    assert "curl" in made.content.decode()
    key = ApiKey.find(secret)
    assert key is not None
    assert (key.user, key.tenant, key.name) == (bob, acme, "Booking")
    assert secret not in admin.get(PAGE).content.decode()
    assert secret not in admin.get(f"{PAGE}{key.pk}/change/").content.decode()
    bearer = {"Authorization": f"Bearer {secret}"}
    assert client.get("/t/acme/api/v1/conversations/", headers=bearer).status_code == 200
    assert client.get("/t/globex/api/v1/conversations/", headers=bearer).status_code == 401
    assert client.get("/api/v1/tenants/", headers=bearer).status_code == 401


def test_for_whom_an_admin_may_make_a_key(
    admin: Client, alice: User, bob: User, gina: User, root: User, acme: Tenant
) -> None:
    Membership.objects.create(user=root, tenant=acme, role="admin")
    left = User.objects.create_user("left@acme.example")
    Membership.objects.create(user=left, tenant=acme, role="admin", is_active=False)

    for person in (gina, root, left):
        refused = add(admin, person)
        assert "user" in refused.context["adminform"].form.errors
        page = admin.get(f"{PAGE}add/").content.decode()
        assert person.email not in page
    for person in (alice, bob):
        assert "Copy it now" in add(admin, person).content.decode()
    assert {key.user for key in ApiKey.objects.all()} == {alice, bob}


def test_a_system_admin_may_make_own_keys_and_members(
    signed_in: Any, root: User, bob: User, gina: User, acme: Tenant
) -> None:
    other = User.objects.create_user("other@example.com", is_system_admin=True)
    browser = signed_in(root)

    for person, may in ((root, True), (bob, True), (gina, False), (other, False)):
        assert ("Copy it now" in add(browser, person).content.decode()) is may
    assert set(ApiKey.objects.values_list("tenant__slug", flat=True)) == {"acme"}


def test_only_keys_of_this_tenant_are_there(
    admin: Client, alice: User, gina: User, acme: Tenant, globex: Tenant
) -> None:
    own, _ = ApiKey.issue(alice, tenant=acme, name="Own")
    anywhere, _ = ApiKey.issue(alice, name="Anywhere")
    foreign, _ = ApiKey.issue(gina, tenant=globex, name="Foreign")

    assert [key.pk for key in admin.get(PAGE).context["cl"].result_list] == [own.pk]
    for key in (anywhere, foreign):
        assert admin.get(f"{PAGE}{key.pk}/change/").status_code == 404
        assert admin.get(f"{PAGE}{key.pk}/history/").status_code == 404
        answer = admin.post(f"{PAGE}{key.pk}/revoke/", {"_form_submitted": "True"})
        assert answer.status_code == 404
        key.refresh_from_db()
        assert key.revoked_at is None


def test_revoking_asks_first_and_is_told_of(
    admin: Client, alice: User, acme: Tenant, inside: Any
) -> None:
    key, secret = ApiKey.issue(alice, tenant=acme, name="Old")
    url = f"{PAGE}{key.pk}/revoke/"
    assert url in admin.get(PAGE).content.decode()

    assert admin.get(url).status_code == 200
    assert ApiKey.find(secret) is not None
    admin.post(url, {"_form_submitted": "True"})

    assert ApiKey.find(secret) is None
    audit = admin.get("/t/acme/auditlog/logentry/?kind=tenants.apikey").content.decode()
    assert "revoked:</b>" in audit
    assert "alice@acme.example" in audit


def test_a_key_whose_person_left_says_so(admin: Client, bob: User, acme: Tenant) -> None:
    ApiKey.issue(bob, tenant=acme, name="Old")
    Membership.objects.filter(user=bob).update(is_active=False)

    assert "Person has no access" in admin.get(PAGE).content.decode()


def test_the_page_takes_few_queries(
    admin: Client, alice: User, acme: Tenant, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        ApiKey.issue(alice, tenant=acme, name=f"Key {number}")
    admin.get(PAGE)
    with django_assert_max_num_queries(12):
        admin.get(PAGE)


@pytest.mark.parametrize("page", ["", "add/"])
def test_extension_users_and_strangers_are_kept_out(
    page: str, signed_in: Any, bob: User, gina: User
) -> None:
    assert signed_in(bob).get(f"{PAGE}{page}").status_code == 403
    assert signed_in(gina).get(f"{PAGE}{page}").status_code == 403
