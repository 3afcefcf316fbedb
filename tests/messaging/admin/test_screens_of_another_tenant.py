from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from messaging.models import SmsConfiguration
from tenants.models import Membership, PhoneNumber, Tenant, Trunk, User

PAGES = ["change", "delete", "history"]


@pytest.fixture
def foreign_rows(
    globex: Tenant, gina: User, globex_number: PhoneNumber, foreign_trunk: Trunk
) -> dict[str, int]:
    """Primary keys of Globex's rows in the public schema."""
    return {
        "trunk": foreign_trunk.pk,
        "phonenumber": globex_number.pk,
        "membership": gina.memberships.get().pk,
    }


@pytest.mark.parametrize("model", ["trunk", "phonenumber", "membership"])
@pytest.mark.parametrize("page", PAGES)
def test_rows_of_another_tenant_do_not_exist(
    model: str, page: str, admin: Client, foreign_rows: dict[str, int]
) -> None:
    path = f"/t/acme/tenants/{model}/{foreign_rows[model]}/{page}/"

    assert admin.get(path).status_code == 404
    assert admin.post(path, {"post": "yes"}).status_code in (404, 405)


@pytest.mark.parametrize("model", ["trunk", "phonenumber", "membership"])
def test_lists_show_own_rows_only(
    model: str, admin: Client, foreign_rows: dict[str, int], acme_number: PhoneNumber
) -> None:
    shown = [row.pk for row in admin.get(f"/t/acme/tenants/{model}/").context["cl"].result_list]

    assert foreign_rows[model] not in shown
    assert len(shown) == 1


def test_search_finds_own_rows_only(
    admin: Client, foreign_rows: dict[str, int], globex_configuration: SmsConfiguration
) -> None:
    for word in ("globex", "3125550201"):
        body = admin.get(f"/t/acme/search/?s={word}&extended=1").content.decode()
        assert "Globex line" not in body
        assert "+13125550201" not in body


def test_the_platforms_trunk_is_looked_at_only(
    admin: Client, trunk: Trunk, acme_number: PhoneNumber
) -> None:
    path = f"/t/acme/tenants/trunk/{trunk.pk}"

    page = admin.get(f"{path}/change/")
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert admin.post(f"{path}/change/", {"name": "Mine"}).status_code == 403
    assert admin.post(f"{path}/delete/", {"post": "yes"}, follow=True).status_code in (200, 403)
    assert Trunk.objects.get(pk=trunk.pk).name == "Bandwidth"


def test_another_tenants_admin_is_kept_out(
    gina: User, signed_in: Any, acme_configuration: SmsConfiguration
) -> None:
    browser = signed_in(gina)

    for path in ("", "messaging/smsconfiguration/", "tenants/membership/", "search/?s=a"):
        assert browser.get(f"/t/acme/{path}").status_code == 403


def test_users_themselves_have_no_screen(admin: Client, alice: User) -> None:
    assert admin.get("/t/acme/tenants/user/").status_code == 404
    assert admin.get(f"/t/acme/tenants/user/{alice.pk}/change/").status_code == 404
    query = "app_label=tenants&model_name=membership&field_name=user"
    assert admin.get(f"/t/acme/autocomplete/?{query}").status_code == 403


def test_a_new_trunk_is_the_tenants_own(admin: Client, acme: Tenant, foreign_trunk: Trunk) -> None:
    data = {"name": "Globex line", "provider": "bandwidth", "hostname": "", "enabled": "on"}

    assert admin.post("/t/acme/tenants/trunk/add/", data).status_code == 302

    assert Trunk.objects.get(tenant=acme).name == "Globex line"
    again = admin.post("/t/acme/tenants/trunk/add/", data)
    assert "There is a trunk of this name already." in again.content.decode()


def test_a_trunk_in_use_is_not_deleted(admin: Client, acme: Tenant, own_trunk: Trunk) -> None:
    PhoneNumber.objects.create(number="+19195550177", trunk=own_trunk, tenant=acme)

    response = admin.post(
        f"/t/acme/tenants/trunk/{own_trunk.pk}/delete/", {"post": "yes"}, follow=True
    )

    assert "cannot be deleted while phone numbers are on it" in response.content.decode()
    assert Trunk.objects.filter(pk=own_trunk.pk).exists()


def test_numbers_are_added_on_own_trunks_only(
    admin: Client, acme: Tenant, trunk: Trunk, own_trunk: Trunk, globex_number: PhoneNumber
) -> None:
    def add(number: str, on: Trunk) -> dict[str, Any]:
        data = {"number": number, "trunk": on.pk, "registration": "unknown"}
        response = admin.post("/t/acme/tenants/phonenumber/add/", data)
        if response.status_code == 302:
            return {}
        return dict(response.context["adminform"].form.errors)

    assert list(add("(919) 555-0188", trunk)) == ["trunk"]
    assert add("(312) 555-0201", own_trunk)["number"] == ["This number is already in use."]
    assert add("(919) 555-0188", own_trunk) == {}
    assert PhoneNumber.objects.get(number="+19195550188").tenant == acme


def test_the_main_number_moves(admin: Client, acme: Tenant, acme_number: PhoneNumber) -> None:
    other = PhoneNumber.objects.create(
        number="+19195550102", trunk=acme_number.trunk, tenant=acme, is_main=True
    )

    response = admin.post(
        f"/t/acme/tenants/phonenumber/{acme_number.pk}/change/",
        {"is_main": "on", "registration": "rejected"},
    )

    assert response.status_code == 302
    acme_number.refresh_from_db()
    other.refresh_from_db()
    assert (acme_number.is_main, other.is_main) == (True, False)
    assert acme_number.registration == "unknown"  # the platform's number, the platform's word


def test_a_number_with_a_setting_is_not_deleted(
    admin: Client, acme: Tenant, own_trunk: Trunk, acme_line: Any
) -> None:
    PhoneNumber.objects.filter(pk=acme_line.phone_number_id).update(trunk=own_trunk)

    response = admin.post(
        f"/t/acme/tenants/phonenumber/{acme_line.phone_number_id}/delete/",
        {"post": "yes"},
        follow=True,
    )

    assert "is in Message Settings" in response.content.decode()


def test_memberships_of_one_person_elsewhere_stay_hidden(
    admin: Client, globex: Tenant, alice: User
) -> None:
    elsewhere = Membership.objects.create(user=alice, tenant=globex, role="admin")

    assert admin.get(f"/t/acme/tenants/membership/{elsewhere.pk}/change/").status_code == 404
