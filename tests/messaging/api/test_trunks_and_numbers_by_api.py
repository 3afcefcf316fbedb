"""`trunks/` and `phone-numbers/`: the own ones are kept, the platform's looked at."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tenants.models import PhoneNumber, Tenant, Trunk

API = "/t/acme/api/v1/"
AS_JSON = "application/json"


@pytest.fixture
def admin(api: Any, alice: Any) -> Client:
    client: Client = api(alice)
    return client


@pytest.fixture
def own_trunk(acme: Tenant) -> Trunk:
    return Trunk.objects.create(name="Own line", tenant=acme)


@pytest.fixture
def foreign_trunk(globex: Tenant) -> Trunk:
    return Trunk.objects.create(name="Of Globex", tenant=globex)


def test_trunks_are_the_own_and_the_platforms(
    admin, acme_line, own_trunk, foreign_trunk, trunk
) -> None:
    rows = admin.get(f"{API}trunks/").json()["results"]

    assert [(r["name"], r["owner"], r["numbers"]) for r in rows] == [
        ("Bandwidth", "platform", 1),
        ("Own line", "own", 0),
    ]
    assert admin.get(f"{API}trunks/{foreign_trunk.pk}/").status_code == 404


def test_an_own_trunk_is_added_changed_and_deleted(admin, acme) -> None:
    made = admin.post(f"{API}trunks/", {"name": "New", "hostname": "sip.acme.example"}, AS_JSON)
    assert made.status_code == 201
    trunk = Trunk.objects.get(pk=made.json()["id"])
    assert (trunk.tenant, trunk.provider, trunk.enabled) == (acme, "bandwidth", True)

    path = f"{API}trunks/{trunk.pk}/"
    assert admin.patch(path, {"enabled": False}, AS_JSON).json()["enabled"] is False
    assert admin.put(path, {"name": "New"}, AS_JSON).status_code == 200
    again = admin.post(f"{API}trunks/", {"name": "New"}, AS_JSON)
    assert (again.status_code, list(again.json())) == (400, ["name"])
    assert admin.delete(path).status_code == 204
    assert not Trunk.objects.filter(pk=trunk.pk).exists()


def test_the_platforms_trunk_is_not_changed_here(admin, trunk) -> None:
    path = f"{API}trunks/{trunk.pk}/"
    assert admin.patch(path, {"name": "Mine"}, AS_JSON).status_code == 403
    assert admin.delete(path).status_code == 403
    trunk.refresh_from_db()
    assert trunk.name == "Bandwidth"


def test_a_trunk_with_numbers_stays(admin, acme, own_trunk) -> None:
    PhoneNumber.objects.create(number="+19195550177", trunk=own_trunk, tenant=acme)
    answer = admin.delete(f"{API}trunks/{own_trunk.pk}/")
    assert (answer.status_code, "move them" in answer.json()["detail"]) == (409, True)


def test_numbers_are_the_own_ones(admin, acme_line, globex_number) -> None:
    rows = admin.get(f"{API}phone-numbers/").json()["results"]
    assert [(r["number"], r["in_use"]) for r in rows] == [("+19195550101", True)]
    assert admin.get(f"{API}phone-numbers/{globex_number.pk}/").status_code == 404


def test_a_number_is_added_to_an_own_trunk(admin, acme, own_trunk) -> None:
    body = {"number": "(919) 555-0177", "trunk": own_trunk.pk, "is_main": True}
    made = admin.post(f"{API}phone-numbers/", body, AS_JSON)

    assert made.status_code == 201
    number = PhoneNumber.objects.get(pk=made.json()["id"])
    assert (number.number, number.tenant, number.kind) == ("+19195550177", acme, "local")
    path = f"{API}phone-numbers/{number.pk}/"
    read = admin.get(path).json()
    assert admin.put(path, read, AS_JSON).json() == read
    change = admin.patch(path, {"registration": "registered"}, AS_JSON)
    assert change.json()["registration"] == "registered"
    assert admin.delete(path).status_code == 204


def test_the_registration_of_an_own_number_is_kept_by_the_tenant(admin, acme, own_trunk) -> None:
    number = PhoneNumber.objects.create(number="+19195550177", trunk=own_trunk, tenant=acme)
    path = f"{API}phone-numbers/{number.pk}/"
    body = {"registration": "pending", "registration_note": "Sent in", "campaign_id": "C1X2"}
    told = admin.patch(path, body, AS_JSON).json()
    assert {name: told[name] for name in body} == body
    assert told["registration_at"]

    again = admin.patch(path, {"registration": "registered"}, AS_JSON).json()
    assert (again["registration_note"], again["campaign_id"]) == ("", "C1X2")
    listed = admin.get(f"{API}phone-numbers/?registration=registered").json()
    assert [row["id"] for row in listed["results"]] == [number.pk]


def test_there_is_one_main_number_to_a_trunk(admin, acme, own_trunk) -> None:
    first = PhoneNumber.objects.create(
        number="+19195550177", trunk=own_trunk, tenant=acme, is_main=True
    )
    body = {"number": "+19195550178", "trunk": own_trunk.pk, "is_main": True}
    assert admin.post(f"{API}phone-numbers/", body, AS_JSON).status_code == 201
    first.refresh_from_db()
    assert not first.is_main


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": "+13125550201"}, "number"),  # Globex's
        ({"number": "x"}, "number"),
        ({"number": "a\x00"}, "number"),
        ({"trunk": "platform"}, "trunk"),
        ({"trunk": "foreign"}, "trunk"),
        ({"trunk": 10**30}, "trunk"),
        ({"registration": "maybe"}, "registration"),
        ({"tenant": "globex"}, "tenant"),
    ],
)
def test_a_wrong_number_is_told_at_its_field(
    change, field, admin, own_trunk, foreign_trunk, trunk, globex_number
) -> None:
    trunks = {"platform": trunk.pk, "foreign": foreign_trunk.pk}
    change = {k: trunks.get(v, v) if k == "trunk" else v for k, v in change.items()}
    body = {"number": "+19195550177", "trunk": own_trunk.pk, **change}

    answer = admin.post(f"{API}phone-numbers/", body, AS_JSON)

    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert PhoneNumber.objects.count() == 1


def test_a_number_on_the_platforms_trunk_is_only_made_main(admin, acme_number, own_trunk) -> None:
    path = f"{API}phone-numbers/{acme_number.pk}/"
    assert admin.patch(path, {"is_main": True}, AS_JSON).status_code == 200
    for change in (
        {"registration": "registered"},
        {"registration_note": "All is well"},
        {"campaign_id": "C1"},
        {"trunk": own_trunk.pk},
        {"number": "+19195550178"},
    ):
        assert admin.patch(path, change, AS_JSON).status_code == 400
    assert admin.delete(path).status_code == 403
    acme_number.refresh_from_db()
    assert (acme_number.is_main, acme_number.registration) == (True, "unknown")


def test_a_number_in_message_settings_stays(admin, acme, acme_line, own_trunk) -> None:
    number = acme_line.phone_number
    PhoneNumber.objects.filter(pk=number.pk).update(trunk=own_trunk)
    assert admin.delete(f"{API}phone-numbers/{number.pk}/").status_code == 409


@pytest.mark.parametrize(
    "query", ["q=0101", "in_use=true", "kind=local", "trunk=1", "trunk=x", "q=%00", "kind=x"]
)
def test_filters_do_no_harm(admin, acme_line, query) -> None:
    assert admin.get(f"{API}phone-numbers/?{query}").status_code in (200, 400)


@pytest.mark.parametrize("noun", ["trunks", "phone-numbers", "visits"])
def test_they_are_the_admins(noun, api, bob, gina, acme) -> None:
    assert api(bob).get(f"{API}{noun}/").status_code == 403
    assert api(bob).post(f"{API}{noun}/", {}, AS_JSON).status_code in (403, 405)
    assert api(gina).get(f"{API}{noun}/").status_code == 403
