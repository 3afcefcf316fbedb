"""Who comes through which door."""

from __future__ import annotations

import pytest
from django.test import Client

SYSTEM_PAGES = [
    "/system/",
    "/system/search/?s=a",
    "/system/tenants/tenant/",
    "/system/tenants/tenant/add/",
    "/system/tenants/trunk/",
    "/system/tenants/trunk/add/",
    "/system/tenants/phonenumber/",
    "/system/tenants/phonenumber/add/",
    "/system/tenants/user/",
    "/system/tenants/membership/",
    "/system/tenants/membership/add/",
    "/system/tenants/invitation/",
    "/system/tenants/invitation/add/",
    "/system/tenants/apikey/",
    "/system/tenants/apikey/add/",
    "/system/tenants/accessentry/",
    "/system/providers/webhookevent/",
]


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [
        ("alice", "/t/acme/", 200),
        ("alice", "/t/globex/", 403),
        ("gina", "/t/acme/", 403),
        ("bob", "/t/acme/", 403),
        ("root", "/t/acme/", 200),
        ("alice", "/t/nowhere/", 404),
    ],
)
def test_a_door_opens_to_its_role_only(
    request, signed_in, acme, globex, person, path, status
) -> None:
    client = signed_in(request.getfixturevalue(person))
    assert client.get(path).status_code == status


@pytest.mark.parametrize("path", SYSTEM_PAGES)
def test_the_system_portal_is_for_system_admins_only(path, signed_in, root, alice, bob) -> None:
    assert signed_in(root).get(path).status_code == 200
    assert signed_in(alice).get(path).status_code == 403
    assert signed_in(bob).get(path).status_code == 403
    stranger = Client().get(path, follow=True)
    assert stranger.redirect_chain[-1][0].startswith("/accounts/login/?next=%2Fsystem%2F")


def test_a_stranger_is_sent_to_the_sign_in(acme) -> None:
    response = Client().get("/t/acme/")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=%2Ft%2Facme%2F"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"is_active": False}, "suspended"),
        ({"state": "provisioning"}, "being set up"),
        ({"state": "failed"}, "could not be set up"),
    ],
)
def test_a_tenant_that_is_not_open_says_why(fields, words, acme, signed_in, alice, api) -> None:
    for name, value in fields.items():
        setattr(acme, name, value)
    acme.save()
    page = signed_in(alice).get("/t/acme/")
    answer = api(alice).get("/t/acme/api/v1/conversations/")
    assert (page.status_code, answer.status_code) == (404, 404)
    assert words in page.content.decode()
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["detail"]


def test_an_unknown_api_address_is_answered_in_json(api, root) -> None:
    response = api(root).get("/api/v1/nothing/")
    assert response.status_code == 404
    assert response.json()["detail"].startswith("There is nothing at this address.")
