"""`me/`, `visits/`, reset links and the filters of the lists."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from messaging.models import OptOut
from tenants.models import AccessEntry, Membership

API = "/t/acme/api/v1/"
AS_JSON = "application/json"


@pytest.fixture
def admin(api: Any, alice: Any) -> Client:
    client: Client = api(alice)
    return client


@pytest.mark.parametrize(
    ("person", "role", "extension"),
    [("bob", "extension", "101"), ("alice", "admin", None), ("root", "system", None)],
)
def test_everybody_is_told_who_they_are(person, role, extension, request, api, acme_line) -> None:
    user = request.getfixturevalue(person)
    assert api(user).get(f"{API}me/").json() == {
        "email": user.email, "name": "", "role": role, "extension": extension,
        "is_available": True if extension else None,
    }  # fmt: skip


def test_the_own_name_changes_and_nothing_else(api, bob, acme_line) -> None:
    client = api(bob)
    assert client.patch(f"{API}me/", {"name": " Bob\n Ray "}, AS_JSON).json()["name"] == "Bob Ray"
    client.patch(f"{API}me/", {"email": "root@example.com", "role": "admin"}, AS_JSON)
    bob.refresh_from_db()
    assert (bob.name, bob.email) == ("Bob Ray", "bob@acme.example")
    assert bob.memberships.get().role == "extension"


@pytest.mark.parametrize("name", ["a\x00", 5.5, [], "x" * 200])
def test_a_wrong_name_is_told(api, bob, acme, name) -> None:
    answer = api(bob).patch(f"{API}me/", {"name": name}, AS_JSON)
    assert answer.status_code in (200, 400)
    bob.refresh_from_db()
    assert "\x00" not in bob.name


def test_visits_are_those_to_this_tenant(admin, acme, globex, root) -> None:
    for tenant in (acme, globex):
        AccessEntry.objects.create(
            user=root, tenant=tenant, action="visit", path=f"/t/{tenant.slug}/"
        )
    rows = admin.get(f"{API}visits/").json()["results"]
    assert [(row["tenant"], row["actor"]) for row in rows] == [("acme", "root@example.com")]
    assert admin.get(f"{API}visits/?tenant=globex").json()["count"] == 0


def test_a_reset_link_is_mailed_to_a_member(admin, bob, monkeypatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("tenants.api.people.request_reset_link", lambda u: not asked.append(u))
    path = f"{API}members/{bob.memberships.get().pk}/send-reset-link/"
    assert admin.post(path, {}, AS_JSON).status_code == 200
    assert asked == [bob]


def test_no_reset_link_for_an_account_that_is_elsewhere_too(
    admin, bob, gina, globex, monkeypatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("tenants.api.people.request_reset_link", lambda u: not asked.append(u))
    Membership.objects.create(user=bob, tenant=globex, role="admin")
    here = bob.memberships.get(tenant__slug="acme")
    answer = admin.post(f"{API}members/{here.pk}/send-reset-link/", {}, AS_JSON)
    assert (answer.status_code, "Globex" in answer.content.decode()) == (409, False)
    foreign = gina.memberships.get()
    assert admin.post(f"{API}members/{foreign.pk}/send-reset-link/", {}, AS_JSON).status_code == 404
    assert asked == []


def test_a_queue_that_is_down_is_told(admin, bob, monkeypatch) -> None:
    monkeypatch.setattr("tenants.api.people.request_reset_link", lambda user: False)
    path = f"{API}members/{bob.memberships.get().pk}/send-reset-link/"
    assert admin.post(path, {}, AS_JSON).status_code == 503


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("message-settings/?q=0101", 1),
        ("message-settings/?q=nothing", 0),
        ("message-settings/?extension=101", 1),
        ("message-settings/?extension=none", 0),
        ("message-settings/?provider=platform", 0),
        ("message-settings/?provider=99999999999999999999", 0),
        ("message-settings/?provider=x", 0),
        ("message-settings/?enabled=false", 0),
        ("extensions/?q=ann", 1),
        ("extensions/?number=102", 0),
        ("opt-outs/?q=0301", 1),
        ("opt-outs/?our_number=%2B19195550101", 0),
        ("opt-outs/?source=manual", 1),
        ("members/?q=ALICE", 1),
        ("members/?q=gina", 0),
        ("messages/?kind=mms", 0),
        ("messages/?extension=101", 1),
        ("messages/?extension=none", 0),
        ("messages/?error_code=4720", 0),
    ],
)
def test_lists_are_narrowed(path, found, admin, acme, acme_line, inside, make_message) -> None:
    make_message(acme, "Hi", extension="101")
    with inside(acme):
        OptOut.objects.create(number="+15125550301", source="manual")
    assert admin.get(f"{API}{path}").json()["count"] == found


@pytest.mark.parametrize("name", ["after", "before"])
@pytest.mark.parametrize("noun", ["messages", "audit", "visits"])
@pytest.mark.parametrize(
    "moment",
    [
        "2026-10-01T05:29:25%2B19:31",  # beyond what PostgreSQL takes as an offset
        "2026-10-01T05:29:25-23:59",
        "0001-01-01T00:00:00%2B14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-02-30T00:00:00Z",
        "yesterday",
    ],
)
def test_an_odd_moment_does_no_harm(name, noun, moment, admin, acme) -> None:
    assert admin.get(f"{API}{noun}/?{name}={moment}").status_code in (200, 400)
