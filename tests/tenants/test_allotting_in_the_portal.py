"""The pages that give out numbers, find them and take them back."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants.models import PhoneNumber, Trunk

NUMBERS = "/system/tenants/phonenumber/"
ALLOT = f"{NUMBERS}allot/"
BLOCK = "919 555 0101 - 919 555 0105; 72720"


@pytest.fixture
def portal(signed_in, root) -> Any:
    return signed_in(root)


def _form(on: Trunk, **changes: Any) -> dict[str, Any]:
    return {"trunk": on.pk, "tenant": "", "numbers": BLOCK, **changes}


def test_the_list_leads_to_the_form(portal) -> None:
    assert f'href="{ALLOT}"' in portal.get(NUMBERS).content.decode()


def test_the_form_is_filled_by_its_address(portal, trunk) -> None:
    page = portal.get(f"{ALLOT}?numbers=%2B19195550109&trunk={trunk.pk}").content.decode()
    assert "+19195550109</textarea>" in page
    assert f'<option value="{trunk.pk}" selected>' in page


def test_the_numbers_are_shown_before_they_are_stored(portal, trunk, acme) -> None:
    page = portal.post(ALLOT, _form(trunk, tenant=acme.pk)).content.decode()
    assert "(919) 555-0105" in page
    assert "Allot 6 numbers" in page
    assert not PhoneNumber.objects.exists()
    answer = portal.post(ALLOT, _form(trunk, tenant=acme.pk, confirm="1"), follow=True)
    assert "Numbers now with Acme Dental Group: 6. (6 new)" in answer.content.decode()
    assert PhoneNumber.objects.filter(tenant=acme, trunk=trunk).count() == 6


@pytest.mark.parametrize("confirm", [{}, {"confirm": "1"}])
def test_a_clash_is_named_and_nothing_is_stored(confirm, portal, trunk, acme, globex) -> None:
    PhoneNumber.objects.create(number="+19195550105", trunk=trunk, tenant=globex)
    page = portal.post(ALLOT, _form(trunk, tenant=acme.pk, **confirm)).content.decode()
    assert "+1 919-555-0105 already belongs to Globex Plumbing (trunk Bandwidth)." in page
    assert 'name="confirm"' not in page
    assert PhoneNumber.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"numbers": "abc"}, "numbers", "“abc” is not a phone number."),
        ({"numbers": ""}, "numbers", "required"),
        ({"trunk": ""}, "trunk", "required"),
        ({"tenant": "999999"}, "tenant", "valid choice"),
    ],
    ids=["number", "nothing", "trunk", "tenant"],
)
def test_a_mistake_is_told_at_its_field(change, field, words, portal, trunk) -> None:
    response = portal.post(ALLOT, _form(trunk, **change))
    assert list(response.context["form"].errors) == [field]
    assert words in response.content.decode()


def test_a_trunk_of_another_tenant_is_refused(portal, acme, globex) -> None:
    own = Trunk.objects.create(name="Own", tenant=acme)
    page = portal.post(ALLOT, _form(own, tenant=globex.pk)).content.decode()
    assert "This trunk belongs to Acme Dental Group" in page


@pytest.mark.parametrize("person", ["alice", "bob", "gina"])
def test_only_system_admins_allot(person, request, signed_in, trunk) -> None:
    browser = signed_in(request.getfixturevalue(person))
    assert browser.get(ALLOT).status_code == 403
    assert browser.post(ALLOT, _form(trunk, confirm="1")).status_code == 403
    assert not PhoneNumber.objects.exists()


def test_a_form_from_elsewhere_stores_nothing(root, trunk) -> None:
    from django.test import Client

    browser = Client(enforce_csrf_checks=True)
    browser.force_login(root, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.post(ALLOT, _form(trunk, confirm="1")).status_code == 403
    assert not PhoneNumber.objects.exists()


def _take_back(portal: Any, *numbers: PhoneNumber) -> str:
    chosen = {"action": "take_back_selected", "_selected_action": [n.pk for n in numbers]}
    assert "Take these numbers back?" in portal.post(NUMBERS, chosen).content.decode()
    return str(portal.post(NUMBERS, {**chosen, "confirmed": "yes"}, follow=True).content.decode())


def test_nothing_is_taken_back_before_the_question_is_answered(portal, acme_number) -> None:
    chosen = {"action": "take_back_selected", "_selected_action": [acme_number.pk]}
    page = portal.post(NUMBERS, chosen).content.decode()
    assert f'name="_selected_action" value="{acme_number.pk}"' in page
    assert acme_number.number in page
    acme_number.refresh_from_db()
    assert acme_number.tenant is not None


def test_selected_numbers_are_taken_back(portal, acme_number, globex_number) -> None:
    assert "free pool: 1." in _take_back(portal, acme_number)
    acme_number.refresh_from_db()
    globex_number.refresh_from_db()
    assert (acme_number.tenant, globex_number.tenant.slug) == (None, "globex")


def test_a_number_in_use_is_named_and_stays(portal, acme_line, globex_number) -> None:
    page = _take_back(portal, acme_line.phone_number, globex_number)
    assert "+1 919-555-0101 (Acme Dental Group)" in page
    globex_number.refresh_from_db()
    assert globex_number.tenant is not None


@pytest.mark.parametrize(
    "typed",
    ["(919) 555-0101", "+1 919 555 0101", "919.555.0101", "001 919 555 0101", "0101", "Acme"],
)
def test_a_number_is_found_however_it_is_typed(typed, portal, acme_number, globex_number) -> None:
    found = portal.get(NUMBERS, {"q": typed}).context["cl"].result_list
    assert [row.number for row in found] == ["+19195550101"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("owner=free", {"72720"}),
        ("owner=tenant", {"+19195550101", "+13125550201"}),
        ("kind__exact=short_code", {"72720"}),
        ("registration__exact=registered", {"+13125550201"}),
        ("provider=bandwidth", {"72720", "+19195550101", "+13125550201"}),
        ("provider=other", set()),
    ],
)
def test_the_list_is_filtered(query, found, portal, trunk, acme_number, globex_number) -> None:
    PhoneNumber.objects.create(number="72720", trunk=trunk, kind="short_code")
    PhoneNumber.objects.filter(pk=globex_number.pk).update(registration="registered")
    rows = portal.get(f"{NUMBERS}?{query}").context["cl"].result_list
    assert {row.number for row in rows} == found


def test_thousands_of_numbers_take_few_queries(portal, trunk, acme) -> None:
    portal.post(ALLOT, _form(trunk, tenant=acme.pk, numbers="9195550000-9195559999", confirm="1"))
    assert PhoneNumber.objects.count() == 10_000
    with CaptureQueriesContext(connection) as captured:
        assert portal.get(NUMBERS).status_code == 200
    assert len(captured) <= 12
    with CaptureQueriesContext(connection) as captured:
        _take_back(portal, *PhoneNumber.objects.all()[:500])
    assert PhoneNumber.objects.filter(tenant=None).count() == 500
    assert len(captured) <= 50  # however many rows; the question and the deed
