"""The registration of numbers on the screens of tenants and of the platform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.test import Client

from tenants.models import PhoneNumber, Tenant, Trunk, User

LIST = "/t/acme/tenants/phonenumber/"
SYSTEM_LIST = "/system/tenants/phonenumber/"


@pytest.fixture
def own_number(acme: Tenant, own_trunk: Trunk) -> PhoneNumber:
    return PhoneNumber.objects.create(number="+19195550177", trunk=own_trunk, tenant=acme)


def save(admin: Client, number: PhoneNumber, **changes: str) -> Any:
    body = {
        "registration": number.registration,
        "registration_note": number.registration_note,
        "campaign_id": number.campaign_id,
        **changes,
    }
    return admin.post(f"{LIST}{number.pk}/change/", body)


def test_the_tenants_admin_keeps_the_registration_of_own_numbers(
    admin: Client, own_number: PhoneNumber
) -> None:
    answer = save(
        admin,
        own_number,
        registration="pending",
        registration_note="Sent in on Monday",
        campaign_id="C1X2",
    )
    assert answer.status_code == 302
    own_number.refresh_from_db()
    assert (own_number.registration, own_number.registration_note) == (
        "pending",
        "Sent in on Monday",
    )
    assert own_number.campaign_id == "C1X2"
    assert own_number.registration_at is not None

    save(admin, own_number, registration="registered")
    own_number.refresh_from_db()
    assert (own_number.registration, own_number.registration_note) == ("registered", "")


def test_a_number_of_the_platform_is_only_shown(admin: Client, acme_number: PhoneNumber) -> None:
    PhoneNumber.objects.filter(pk=acme_number.pk).update(
        registration="rejected", registration_note="Code 4476: It is on no campaign."
    )
    page = admin.get(f"{LIST}{acme_number.pk}/change/").content.decode()
    assert "Code 4476: It is on no campaign." in page
    assert "its system admin does that" in page
    save(admin, acme_number, registration="registered", campaign_id="C9")
    acme_number.refresh_from_db()

    assert (acme_number.registration, acme_number.campaign_id) == ("rejected", "")


def test_the_list_is_narrowed_by_the_state(
    admin: Client, own_number: PhoneNumber, acme_number: PhoneNumber
) -> None:
    PhoneNumber.objects.filter(pk=own_number.pk).update(registration="rejected")
    page = admin.get(f"{LIST}?registration__exact=rejected").content.decode()

    assert "(919) 555-0177" in page
    assert "(919) 555-0101" not in page


def bulk(admin: Client, *numbers: PhoneNumber) -> Any:
    return admin.post(
        LIST,
        {
            "action": "change_chosen",
            "_selected_action": [str(number.pk) for number in numbers],
            "step": "apply",
            "registration_how": "set",
            "registration": "registered",
            "campaign_id_how": "set",
            "campaign_id": "C77",
        },
    )


def test_many_are_changed_at_once_or_none(
    admin: Client, acme: Tenant, own_trunk: Trunk, own_number: PhoneNumber, acme_number: PhoneNumber
) -> None:
    second = PhoneNumber.objects.create(number="+19195550178", trunk=own_trunk, tenant=acme)
    refused = bulk(admin, own_number, acme_number)
    assert "the system admin keeps its" in refused.content.decode()
    own_number.refresh_from_db()
    assert own_number.registration == "unknown"

    assert bulk(admin, own_number, second).status_code == 302
    for number in (own_number, second):
        number.refresh_from_db()
        assert (number.registration, number.campaign_id) == ("registered", "C77")
        assert number.registration_at is not None


def test_nobody_changes_numbers_of_others(
    admin: Client,
    bob: User,
    signed_in: Callable[[User], Client],
    own_number: PhoneNumber,
    globex_number: PhoneNumber,
) -> None:
    bulk(admin, globex_number)
    globex_number.refresh_from_db()
    assert globex_number.registration == "unknown"
    assert bulk(signed_in(bob), own_number).status_code == 403
    own_number.refresh_from_db()
    assert own_number.registration == "unknown"


@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("mark_registered", "registered"),
        ("mark_pending", "pending"),
        ("mark_rejected", "rejected"),
    ],
)
def test_the_platform_marks_many_after_a_question(
    root: User,
    signed_in: Callable[[User], Client],
    acme_number: PhoneNumber,
    globex_number: PhoneNumber,
    action: str,
    state: str,
) -> None:
    system = signed_in(root)
    body: dict[str, Any] = {
        "action": action,
        "_selected_action": [str(acme_number.pk), str(globex_number.pk)],
    }
    question = system.post(SYSTEM_LIST, body)
    assert f"Mark these numbers as {state}?" in question.content.decode()
    acme_number.refresh_from_db()
    assert acme_number.registration == "unknown"

    system.post(SYSTEM_LIST, {**body, "confirmed": "1"})
    for number in (acme_number, globex_number):
        number.refresh_from_db()
        assert number.registration == state
        assert number.registration_at is not None
        assert LogEntry.objects.get_for_object(number).filter(actor=root).exists()


def test_the_dashboard_sends_to_a_number_that_carriers_refuse(
    admin: Client, acme: Tenant, acme_number: PhoneNumber
) -> None:
    Tenant.objects.filter(pk=acme.pk).update(registration_confirmed=True)
    PhoneNumber.objects.filter(pk=acme_number.pk).update(registration="rejected")
    page = admin.get("/t/acme/").content.decode()

    assert "registration__exact=rejected" in page
