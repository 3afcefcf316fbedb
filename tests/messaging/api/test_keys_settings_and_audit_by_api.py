from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from messaging.models import Extension
from tenants.models import ApiKey, Membership, User

API = "/t/acme/api/v1/"
AS_JSON = {"content_type": "application/json"}


def test_a_person_manages_own_keys(api, bob, alice, acme) -> None:
    client = api(bob, acme)
    ApiKey.issue(alice, tenant=acme, name="Of Alice")
    ApiKey.issue(bob, name="Everywhere")

    made = client.post(f"{API}api-keys/", {"name": "My phone"}, **AS_JSON)

    assert (made.status_code, made["Cache-Control"]) == (201, "no-store")
    key = ApiKey.find(made.json()["key"])
    assert key is not None
    assert (key.user, key.tenant) == (bob, acme)
    rows = client.get(f"{API}api-keys/").json()["results"]
    assert {row["name"] for row in rows} == {"My phone", ""}  # "": the key this test calls with
    assert all("key" not in row and "key_hash" not in row for row in rows)
    assert client.delete(f"{API}api-keys/{key.pk}/").status_code == 204
    assert ApiKey.find(made.json()["key"]) is None


def test_a_person_makes_and_sees_no_key_of_another(api, bob, alice, acme) -> None:
    other, _ = ApiKey.issue(alice, tenant=acme)
    client = api(bob)

    body = {"name": "X", "email": alice.email}
    assert "email" in client.post(f"{API}api-keys/", body, **AS_JSON).json()
    assert client.get(f"{API}api-keys/{other.pk}/").status_code == 404
    assert client.delete(f"{API}api-keys/{other.pk}/").status_code == 404
    other.refresh_from_db()
    assert other.revoked_at is None


def test_an_admin_makes_keys_for_members_only(api, alice, bob, gina, root, acme) -> None:
    Membership.objects.create(user=root, tenant=acme, role="admin")
    client = api(alice)

    def status(email: str) -> int:
        body = {"name": "X", "email": email}
        return int(client.post(f"{API}api-keys/", body, **AS_JSON).status_code)

    asked = (bob.email, gina.email, root.email, "nobody@example.com")
    assert [status(email) for email in asked] == [201, 400, 400, 400]
    assert ApiKey.objects.filter(user=bob, tenant=acme).count() == 1


def test_keys_of_another_tenant_are_not_there(api, alice, gina, globex) -> None:
    foreign, _ = ApiKey.issue(gina, tenant=globex)

    assert api(alice).delete(f"{API}api-keys/{foreign.pk}/").status_code == 404
    assert api(gina).get(f"{API}api-keys/").status_code == 403


def test_settings_are_read_and_changed(api, alice, acme) -> None:
    client = api(alice)
    assert client.get(f"{API}settings/").json()["slug"] == "acme"

    answer = client.patch(f"{API}settings/", {"timezone": "America/Denver"}, **AS_JSON)

    assert answer.json()["timezone"] == "America/Denver"
    acme.refresh_from_db()
    assert (acme.timezone, acme.name) == ("America/Denver", "Acme Dental Group")


def test_a_shorter_time_to_keep_texts_holds_a_day_later(api, alice, acme) -> None:
    answer = api(alice).patch(f"{API}settings/", {"keep_messages_days": 365}, **AS_JSON)

    assert answer.json()["retention_from"]
    acme.refresh_from_db()
    assert (acme.keep_messages_days, acme.keep_events_days) == (365, 90)
    assert acme.retention_from > timezone.now()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"timezone": "Moon/Base"}, "timezone"),
        ({"country": "usa"}, "country"),
        ({"name": ""}, "name"),
        ({"is_active": False}, "is_active"),
        ({"messaging_enabled": False}, "messaging_enabled"),
        ({"state": "failed"}, "state"),
        ({"keep_messages_days": 6}, "keep_messages_days"),
        ({"keep_events_days": None}, "keep_events_days"),
    ],
    ids=str,
)
def test_settings_that_cannot_be(body, field, api, alice, acme) -> None:
    answer = api(alice).patch(f"{API}settings/", body, **AS_JSON)

    assert (answer.status_code, list(answer.json())) == (400, [field])
    acme.refresh_from_db()
    assert acme.is_open


def test_the_slug_is_for_good(api, alice, acme) -> None:
    answer = api(alice).patch(f"{API}settings/", {"slug": "other"}, **AS_JSON)
    assert answer.json()["slug"] == "acme"


def test_the_audit_trail_is_read(api, alice, acme, inside) -> None:
    client = api(alice)
    with inside(acme):
        desk = Extension.objects.create(number="301", name="Desk")
    client.patch(f"{API}extensions/{desk.pk}/", {"name": "Front desk"}, **AS_JSON)

    body = client.get(f"{API}audit/?actor=alice@acme.example&kind=messaging.extension").json()

    assert body["count"] == 1
    entry: dict[str, Any] = body["results"][0]
    assert (entry["action"], entry["label"]) == ("changed", "301 Front desk")
    assert entry["changes"] == [
        {"field": "name", "label": "name", "before": "Desk", "after": "Front desk"}
    ]
    assert (entry["actor"], entry["switched_in"]) == ("alice@acme.example", False)
    assert client.get(f"{API}audit/?actor=system").json()["count"] == 1
    assert client.get(f"{API}audit/?after=2099-01-01T00:00:00Z").json()["count"] == 0
    assert client.get(f"{API}audit/?before=2099-01-01T00:00:00Z&action=added").json()["count"] == 1
    assert client.get(f"{API}audit/?kind=nonsense").status_code == 400
    assert client.post(f"{API}audit/", {}, **AS_JSON).status_code == 405


def test_the_trails_of_two_tenants_do_not_mix(api, alice, gina, globex, inside) -> None:
    with inside(globex):
        Extension.objects.create(number="302", name="Globex desk")

    assert api(alice).get(f"{API}audit/").json()["count"] == 0
    assert api(gina).get("/t/globex/api/v1/audit/").json()["count"] == 1
    assert api(gina).get(f"{API}audit/").status_code == 403


@pytest.mark.parametrize("path", ["audit/", "settings/"])
def test_extension_users_are_kept_out(path: str, api, bob: User) -> None:
    assert api(bob).get(f"{API}{path}").status_code == 403


def test_the_lists_take_few_queries(
    api, alice, acme, inside, django_assert_max_num_queries
) -> None:
    client = api(alice)
    with inside(acme):
        for number in range(40):
            Extension.objects.create(number=f"3{number:02}")
            ApiKey.issue(alice, tenant=acme)
    for path in ("audit/", "api-keys/"):
        client.get(f"{API}{path}")
        with django_assert_max_num_queries(12):
            client.get(f"{API}{path}")
