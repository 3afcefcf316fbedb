"""The platform's API: shapes, field errors, and who may call it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tenants.models import PhoneNumber, Tenant, User
from tests.conftest import PASSWORD

LISTS = ["tenants", "trunks", "phone-numbers", "memberships", "webhook-events"]


@pytest.fixture
def platform(api, root) -> Client:
    return api(root)


def _post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(f"/api/v1/{path}/", body, content_type="application/json")


def _patch(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.patch(f"/api/v1/{path}/", body, content_type="application/json")


@pytest.mark.parametrize("name", [*LISTS, "schema"])
def test_the_platform_is_for_system_admins_only(name, api, root, alice, acme) -> None:
    path = f"/api/v1/{name}/"
    assert api(root).get(path).status_code == 200
    assert Client().get(path).status_code == 401
    assert Client(headers={"Authorization": "Bearer tl_guess"}).get(path).status_code == 401
    if name != "schema":
        assert api(alice).get(path).status_code == 403
    assert api(root, acme).get(path).status_code == 401, "a key of one tenant"


@pytest.mark.parametrize("name", LISTS)
def test_lists_have_one_shape(name, platform) -> None:
    answer = platform.get(f"/api/v1/{name}/").json()
    assert set(answer) == {"count", "next", "previous", "results"}


def test_a_tenant_is_opened_and_looked_up_by_slug(platform) -> None:
    body = {"name": "Initech", "slug": "initech", "timezone": "Europe/Berlin", "country": "DE"}
    response = _post(platform, "tenants", body)
    assert response.status_code == 202
    assert response.json() == {
        **body,
        "is_active": True,
        "messaging_enabled": True,
        "state": "provisioning",
        "created_at": response.json()["created_at"],
    }
    assert platform.get("/api/v1/tenants/initech/").json()["name"] == "Initech"
    assert platform.get("/t/initech/api/v1/extensions/").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"slug": "acme"}, "slug"),
        ({"slug": "A B"}, "slug"),
        ({"slug": None}, "slug"),
        ({"name": ""}, "name"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"country": "usa"}, "country"),
        ({"is_active": "perhaps"}, "is_active"),
    ],
    ids=str,
)
def test_a_wrong_tenant_is_told_at_its_field(change, field, platform, acme) -> None:
    body = {"name": "Initech", "slug": "initech", **change}
    response = _post(platform, "tenants", body)
    assert response.status_code == 400
    assert list(response.json()) == [field]


def test_a_tenant_is_suspended_but_never_deleted_or_renamed(platform, acme) -> None:
    assert _patch(platform, "tenants/acme", {"is_active": False}).json()["is_active"] is False
    assert platform.get("/t/acme/api/v1/extensions/").status_code == 404
    assert platform.delete("/api/v1/tenants/acme/").status_code == 405
    assert list(_patch(platform, "tenants/acme", {"slug": "b2"}).json()) == ["slug"]
    _patch(platform, "tenants/acme", {"state": "failed"})
    assert Tenant.objects.get(slug="acme").state == "ready"


def test_a_trunk_belongs_to_the_platform_or_a_tenant(platform, acme) -> None:
    body = {"name": "Bandwidth", "provider": "bandwidth", "hostname": "sip.example.com"}
    ours = _post(platform, "trunks", {**body, "tenant": None})
    theirs = _post(platform, "trunks", {**body, "tenant": "acme"})
    assert (ours.status_code, theirs.status_code) == (201, 201)
    assert (ours.json()["tenant"], theirs.json()["tenant"]) == (None, "acme")
    twice = _post(platform, "trunks", {**body, "tenant": None})
    assert twice.status_code == 400
    assert list(twice.json()) == ["name"]
    filtered = platform.get("/api/v1/trunks/?tenant=acme").json()
    assert [row["id"] for row in filtered["results"]] == [theirs.json()["id"]]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"provider": "pigeon"}, "provider"),
        ({"tenant": "nowhere"}, "tenant"),
        ({"name": ""}, "name"),
    ],
)
def test_a_wrong_trunk_is_told_at_its_field(change, field, platform) -> None:
    response = _post(platform, "trunks", {"name": "T", "provider": "bandwidth", **change})
    assert response.status_code == 400
    assert list(response.json()) == [field]


def test_a_trunk_in_use_is_not_deleted(platform, acme_number) -> None:
    trunk = acme_number.trunk
    response = platform.delete(f"/api/v1/trunks/{trunk.pk}/")
    assert response.status_code == 409
    assert response.json()["detail"]
    platform.delete(f"/api/v1/phone-numbers/{acme_number.pk}/")
    assert platform.delete(f"/api/v1/trunks/{trunk.pk}/").status_code == 204


def test_a_number_is_taken_in_any_usual_form(platform, trunk, acme) -> None:
    body = {"number": "(919) 555-0142", "trunk": trunk.pk, "tenant": "acme"}
    response = _post(platform, "phone-numbers", body)
    assert response.status_code == 201
    assert response.json() == {
        "id": response.json()["id"],
        "number": "+19195550142",
        "trunk": trunk.pk,
        "tenant": "acme",
        "kind": "local",
        "registration": "unknown",
        "registration_note": "",
        "registration_at": None,
        "campaign_id": "",
        "segments_per_second": None,
        "is_main": False,
        "created_at": response.json()["created_at"],
    }


def test_a_number_may_be_free(platform, trunk) -> None:
    response = _post(platform, "phone-numbers", {"number": "72720", "trunk": trunk.pk})
    assert response.status_code == 201
    assert (response.json()["tenant"], response.json()["kind"]) == (None, "short_code")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": "919-555-0101"}, "number"),
        ({"number": "nonsense"}, "number"),
        ({"number": ""}, "number"),
        ({"number": {"a": 1}}, "number"),
        ({"trunk": 0}, "trunk"),
        ({"tenant": "nowhere"}, "tenant"),
        ({"kind": "huge"}, "kind"),
    ],
    ids=str,
)
def test_a_wrong_number_is_told_at_its_field(change, field, platform, acme_number) -> None:
    body = {"number": "+19195550150", "trunk": acme_number.trunk_id, "tenant": "acme", **change}
    response = _post(platform, "phone-numbers", body)
    assert response.status_code == 400
    assert list(response.json()) == [field]


def test_one_main_number_per_trunk_and_tenant(platform, acme_number, acme) -> None:
    path = f"phone-numbers/{acme_number.pk}"
    assert _patch(platform, path, {"is_main": True}).json()["is_main"] is True
    assert _patch(platform, path, {"is_main": True}).status_code == 200
    second = {"number": "+19195550150", "trunk": acme_number.trunk_id, "tenant": "acme"}
    response = _post(platform, "phone-numbers", {**second, "is_main": True})
    assert list(response.json()) == ["is_main"]


def test_a_tenants_own_trunk_carries_its_numbers_only(platform, trunk, acme, globex) -> None:
    trunk.tenant = acme
    trunk.save()
    body = {"number": "+19195550150", "trunk": trunk.pk, "tenant": "globex"}
    assert list(_post(platform, "phone-numbers", body).json()) == ["trunk"]


def test_a_number_in_use_stays_where_it_is(platform, acme_line, globex) -> None:
    path = f"phone-numbers/{acme_line.phone_number_id}"
    assert list(_patch(platform, path, {"tenant": "globex"}).json()) == ["tenant"]
    assert list(_patch(platform, path, {"number": "+19195550199"}).json()) == ["number"]
    assert platform.delete(f"/api/v1/{path}/").status_code == 409
    assert PhoneNumber.objects.get(pk=acme_line.phone_number_id).tenant.slug == "acme"
    assert _patch(platform, path, {"registration": "registered"}).status_code == 200


def test_a_member_comes_with_an_account(platform, acme) -> None:
    body = {"email": "New@acme.example", "tenant": "acme", "role": "extension", "extension": "101"}
    response = _post(platform, "memberships", {**body, "password": PASSWORD, "name": "Nia"})
    assert response.status_code == 201
    answer = response.json()
    assert answer["email"] == "new@acme.example"
    assert (answer["role"], answer["extension"], answer["name"]) == ("extension", "101", "Nia")
    assert "password" not in answer
    assert User.objects.get(email="new@acme.example").check_password(PASSWORD)
    changed = _patch(platform, f"memberships/{answer['id']}", {"role": "admin", "is_active": False})
    assert (changed.json()["role"], changed.json()["is_active"]) == ("admin", False)
    assert platform.delete(f"/api/v1/memberships/{answer['id']}/").status_code == 204


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "gina@globex.example", "password": "x" * 12}, "password"),
        ({"email": "alice@acme.example"}, "email"),
        ({"email": "nobody"}, "email"),
        ({"password": "short"}, "password"),
        ({"role": "king"}, "role"),
        ({"role": "extension"}, "extension"),
        ({"tenant": "nowhere"}, "tenant"),
    ],
    ids=str,
)
def test_a_wrong_member_is_told_at_its_field(change, field, platform, alice, gina) -> None:
    body = {"email": "new@acme.example", "tenant": "acme", "role": "admin", **change}
    response = _post(platform, "memberships", body)
    assert response.status_code == 400
    assert list(response.json()) == [field]


def test_a_membership_is_no_way_to_another_persons_account(platform, alice, acme) -> None:
    membership = alice.memberships.get()
    for change in ({"password": PASSWORD}, {"email": "b@acme.example"}, {"name": "Mallory"}):
        response = _patch(platform, f"memberships/{membership.pk}", change)
        assert list(response.json()) == list(change)


@pytest.mark.parametrize("body", ["{", "[]", '"text"', "null", "1"])
def test_a_body_that_is_no_object_is_refused(body, platform) -> None:
    for name in LISTS[:-1]:
        path = f"/api/v1/{name}/"
        response = platform.post(path, body, content_type="application/json")
        assert response.status_code == 400


def test_the_schema_describes_the_platform(platform) -> None:
    schema = platform.get("/api/v1/schema/?format=json").json()
    assert {f"/api/v1/{name}/" for name in LISTS} <= set(schema["paths"])
    assert not [path for path in schema["paths"] if "conversations" in path]


def test_the_docs_are_for_people_who_are_signed_in(signed_in, root) -> None:
    assert Client().get("/api/v1/docs/")["Location"].startswith("/accounts/login/")
    page = signed_in(root).get("/api/v1/docs/")
    assert page.status_code == 200
    assert "unsafe" not in page["Content-Security-Policy"]
    assert "<style" not in page.content.decode()


def test_the_docs_say_how_to_sign_in(platform) -> None:
    schema = platform.get("/api/v1/schema/?format=json").json()
    schemes = schema["components"]["securitySchemes"]
    assert {scheme.get("scheme", scheme["type"]) for scheme in schemes.values()} == {
        "bearer",
        "apiKey",
    }
