"""`users/`, `api-keys/` and `take-back/` of the platform's API."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.test import Client

from messaging.models import MessageSetting
from tenants.models import ApiKey, Membership, PhoneNumber, Tenant, Trunk, User

USERS, KEYS = "/api/v1/users/", "/api/v1/api-keys/"
TAKE_BACK = "/api/v1/phone-numbers/take-back/"
AS_JSON = "application/json"


@pytest.fixture
def platform(api, root) -> Client:
    return api(root)


def _act(client: Client, user: User, action: str) -> Any:
    return client.post(f"{USERS}{user.pk}/{action}/", {}, AS_JSON)


def test_accounts_are_listed_without_their_secrets(platform, root, alice) -> None:
    rows = platform.get(USERS).json()["results"]
    assert {(row["email"], row["two_step"]) for row in rows} == {
        ("alice@acme.example", False),
        ("root@example.com", True),
    }
    assert "password" not in rows[0]
    assert platform.get(f"{USERS}?two_step=true").json()["count"] == 1
    assert platform.get(f"{USERS}?tenant=acme&q=ALI").json()["count"] == 1
    assert platform.get(f"{USERS}?is_system_admin=true").json()["count"] == 1


def test_a_changed_address_closes_the_old_one(platform, alice) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    answer = platform.patch(f"{USERS}{alice.pk}/", {"email": "Alice@New.example"}, AS_JSON)
    assert answer.json()["email"] == "alice@new.example"
    assert not EmailAddress.objects.filter(user=alice).exists()


@pytest.mark.parametrize(
    ("person", "change", "field"),
    [
        ("alice", {"email": "BOB@acme.example"}, "email"),
        ("alice", {"email": "no address"}, "email"),
        ("alice", {"name": "a\x00"}, "name"),
        ("alice", {"password": "takeover 12345"}, "password"),
        ("root", {"is_system_admin": False}, "is_system_admin"),
    ],
)
def test_a_wrong_change_is_told_at_its_field(
    person, change, field, request, platform, alice, bob
) -> None:
    user = request.getfixturevalue(person)
    answer = platform.patch(f"{USERS}{user.pk}/", change, AS_JSON)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_people_are_neither_made_nor_deleted_here(platform, alice) -> None:
    assert platform.post(USERS, {"email": "x@example.com"}, AS_JSON).status_code == 405
    assert platform.delete(f"{USERS}{alice.pk}/").status_code == 405


def test_an_account_is_closed_and_opened(platform, api, alice) -> None:
    hers = api(alice)
    assert _act(platform, alice, "deactivate").json()["is_active"] is False
    assert hers.get("/t/acme/api/v1/me/").status_code == 401
    assert _act(platform, alice, "send-reset-link").status_code == 409
    assert _act(platform, alice, "activate").json()["is_active"] is True
    assert hers.get("/t/acme/api/v1/me/").status_code == 200


def test_nobody_closes_the_own_account(platform, root) -> None:
    assert _act(platform, root, "deactivate").status_code == 409
    root.refresh_from_db()
    assert root.is_active


def test_sessions_end_and_second_factors_go(platform, signed_in, alice) -> None:
    Authenticator.objects.create(user=alice, type="totp", data={"secret": "x"})
    browser = signed_in(alice)
    assert _act(platform, alice, "end-sessions").status_code == 200
    assert browser.get("/t/acme/").status_code == 302
    assert _act(platform, alice, "reset-second-factor").json()["two_step"] is False
    assert not Authenticator.objects.filter(user=alice).exists()


def test_a_reset_link_is_asked_for(platform, alice, monkeypatch) -> None:
    asked: list[User] = []
    monkeypatch.setattr("tenants.api.people.request_reset_link", lambda u: not asked.append(u))
    assert _act(platform, alice, "send-reset-link").status_code == 200
    assert asked == [alice]


def test_a_key_is_made_shown_once_and_revoked(platform, alice, acme) -> None:
    body = {"name": "Robot", "email": "ALICE@acme.example", "tenant": "acme"}
    made = platform.post(KEYS, body, AS_JSON)
    assert (made.status_code, made["Cache-Control"]) == (201, "no-store")
    key = ApiKey.find(made.json()["key"])
    assert key is not None
    assert (key.user, key.tenant) == (alice, acme)
    assert all("key" not in row for row in platform.get(KEYS).json()["results"])
    assert platform.get(f"{KEYS}?tenant=acme&email={alice.email}").json()["count"] == 1
    assert platform.delete(f"{KEYS}{key.pk}/").status_code == 204
    assert ApiKey.find(made.json()["key"]) is None
    assert platform.get(f"{KEYS}?revoked=true").json()["count"] == 1


def test_a_system_admins_key_is_that_persons_own_to_make(platform, root) -> None:
    User.objects.create_user("other@example.com", is_system_admin=True)
    User.objects.create_user("gone@example.com", is_active=False)
    asked = ("root@example.com", "other@example.com", "gone@example.com", "nobody@example.com")
    bodies = [{"name": "X", "email": email} for email in asked]
    statuses = [platform.post(KEYS, body, AS_JSON).status_code for body in bodies]
    assert statuses == [201, 400, 400, 400]


@pytest.mark.parametrize("path", [USERS, KEYS, TAKE_BACK, "/api/v1/unrouted-numbers/"])
def test_they_are_the_system_admins(path, api, root, alice, bob, acme) -> None:
    for client, status in ((api(alice), 403), (api(bob), 403), (Client(), 401)):
        assert client.get(path).status_code == status
        assert client.post(path, {}, AS_JSON).status_code == status
    assert api(root, acme).get(path).status_code == 401, "a key of one tenant"


def test_a_block_is_taken_back(platform, acme, trunk) -> None:
    own = Trunk.objects.create(name="Own", tenant=acme)
    for n in range(3):
        PhoneNumber.objects.create(
            number=f"+1919555010{n}", trunk=own if n == 2 else trunk, tenant=acme
        )
    answer = platform.post(TAKE_BACK, {"numbers": "9195550100-9195550102"}, AS_JSON)
    assert (answer.status_code, answer.json()) == (200, {"taken_back": 2})
    assert PhoneNumber.objects.get(tenant=acme).trunk == own, "its own stays"


def test_a_used_number_keeps_its_block(platform, acme_line: MessageSetting, acme: Tenant) -> None:
    answer = platform.post(TAKE_BACK, {"numbers": "+19195550101"}, AS_JSON)
    assert (answer.status_code, list(answer.json())) == (400, ["numbers"])
    assert PhoneNumber.objects.get().tenant == acme


@pytest.mark.parametrize("numbers", ["", "abc", "+19995550000", 5, None, "a\x00", "1-9999999999"])
def test_numbers_that_are_none_are_told(platform, acme_number, numbers) -> None:
    answer = platform.post(TAKE_BACK, {"numbers": numbers}, AS_JSON)
    assert (answer.status_code, list(answer.json())) == (400, ["numbers"])


def test_members_of_several_tenants_are_listed_once(platform, alice, globex) -> None:
    Membership.objects.create(user=alice, tenant=globex, role="admin")
    assert platform.get(f"{USERS}?q=alice").json()["count"] == 1
    assert platform.get(f"{USERS}?tenant=acme").json()["count"] == 1


@pytest.mark.parametrize("path", ["nothing/", "users", "tenants/acme/more/", ""])
def test_an_address_that_is_none_answers_in_json(platform, api, alice, path) -> None:
    answer = platform.get(f"/api/v1/{path}")
    assert (answer.status_code, list(answer.json())) == (404, ["detail"])
    assert api(alice).get(f"/api/v1/{path}").status_code == 403


def test_the_description_is_linked_from_the_system_settings(signed_in, root) -> None:
    browser = signed_in(root)
    assert 'href="/api/v1/docs/"' in browser.get("/system/settings/").content.decode()
    html = browser.get("/api/v1/docs/").content.decode()
    assert html.count("<script") == html.count("<script src=")
