"""`extensions/` and `message-settings/` by a tenant admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from messaging.models import Extension, MessageSetting
from tenants.models import PhoneNumber, Trunk

EXTENSIONS = "/t/acme/api/v1/extensions/"
URL = "/t/acme/api/v1/message-settings/"


@pytest.fixture
def admin(api: Any, alice: Any) -> Client:
    return api(alice)


def _post(client: Client, url: str, body: dict[str, Any]) -> Any:
    return client.post(url, body, content_type="application/json")


def _patch(client: Client, url: str, body: dict[str, Any]) -> Any:
    return client.patch(url, body, content_type="application/json")


@pytest.fixture
def body(admin: Client, acme_number: PhoneNumber, acme_configuration: Any) -> dict[str, Any]:
    extension = {"number": "101", "name": "Ann", "email": "ann@example.com"}
    _post(admin, EXTENSIONS, extension)
    return {
        "phone_number": "(919) 555-0101",
        "provider": acme_configuration.pk,
        "extension": "101",
        "email": "",
        "description": "main",
        "enabled": True,
    }


def test_an_extension_is_added_and_listed(admin, acme) -> None:
    made = _post(
        admin,
        EXTENSIONS,
        {"number": "101", "name": "Ann", "email": "a@b.example", "sms_permission": "sender_id"},
    )
    assert made.status_code == 201
    listed = admin.get(EXTENSIONS).json()
    assert (listed["count"], listed["next"], listed["previous"]) == (1, None, None)
    assert listed["results"] == [made.json()]


@pytest.mark.parametrize(
    ("field", "value"),
    [("number", "1a1"), ("number", ""), ("email", "nobody"), ("sms_permission", "all")],
)
def test_a_wrong_extension_is_a_field_error(admin, field, value) -> None:
    answer = _post(admin, EXTENSIONS, {"number": "101", field: value})
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_a_setting_answers_e164_and_the_extension_s_number(admin, body) -> None:
    made = _post(admin, URL, body)
    assert made.status_code == 201
    assert made.json() == body | {
        "id": made.json()["id"],
        "phone_number": "+19195550101",
        "other_extensions": [],
        "ring_group": None,
    }


def test_what_was_read_can_be_sent_back(admin, body) -> None:
    made = _post(admin, URL, body).json()
    again = admin.put(f"{URL}{made['id']}/", made, content_type="application/json")
    assert again.status_code == 200
    assert again.json() == made


@pytest.mark.parametrize("nobody", [None, ""])
def test_a_setting_can_be_taken_from_its_extension(admin, body, nobody) -> None:
    made = _post(admin, URL, body).json()
    changed = _patch(admin, f"{URL}{made['id']}/", {"extension": nobody})
    assert changed.json()["extension"] is None


def test_platform_is_the_platform_s_account(admin, body, settings) -> None:
    settings.BANDWIDTH_ACCOUNT_ID = "9900000"
    made = _post(admin, URL, body | {"provider": "platform"})
    assert made.status_code == 201
    assert made.json()["provider"] == "platform"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone_number", "not a number"),
        ("phone_number", ""),
        ("phone_number", "+13125550201"),
        ("phone_number", "+12125550999"),
        ("provider", 999999),
        ("provider", "other"),
        ("provider", "platform"),
        ("provider", None),
        ("provider", 1e300),
        ("extension", "999"),
        ("email", "nobody"),
    ],
)
def test_a_wrong_setting_is_a_field_error(admin, body, globex_number, field, value) -> None:
    answer = _post(admin, URL, body | {field: value})
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_a_number_has_one_setting(admin, body, acme, inside) -> None:
    _post(admin, URL, body)
    again = _post(admin, URL, body)
    assert again.json() == {"phone_number": ["This number is already in use."]}
    with inside(acme):
        assert MessageSetting.objects.count() == 1


def test_another_tenant_s_number_reads_as_in_use(admin, body, globex_number) -> None:
    answer = _post(admin, URL, body | {"phone_number": globex_number.number})
    assert answer.json() == {"phone_number": ["This number is already in use."]}


def test_a_refused_change_leaves_no_new_number_behind(admin, body, acme) -> None:
    own = Trunk.objects.create(name="Own", tenant=acme)
    made = _post(admin, URL, body).json()
    answer = _patch(admin, f"{URL}{made['id']}/", {"phone_number": "+12125550999"})
    assert answer.status_code == 400
    assert not PhoneNumber.objects.filter(number="+12125550999").exists()
    assert own.phone_numbers.count() == 0


def test_deleting_an_extension_leaves_its_number_to_nobody(admin, body, acme, inside) -> None:
    made = _post(admin, URL, body).json()
    with inside(acme):
        extension = Extension.objects.get()
    assert admin.delete(f"{EXTENSIONS}{extension.pk}/").status_code == 204
    assert admin.get(f"{URL}{made['id']}/").json()["extension"] is None


def test_a_renumbered_extension_keeps_its_member(admin, bob, acme) -> None:
    made = _post(admin, EXTENSIONS, {"number": "101"}).json()
    _patch(admin, f"{EXTENSIONS}{made['id']}/", {"number": "102"})
    assert bob.memberships.get().extension == "102"


def test_an_extension_that_a_member_has_stays(admin, bob, acme) -> None:
    made = _post(admin, EXTENSIONS, {"number": "101"}).json()
    answer = admin.delete(f"{EXTENSIONS}{made['id']}/")
    assert answer.status_code == 409
    assert set(answer.json()) == {"detail"}
