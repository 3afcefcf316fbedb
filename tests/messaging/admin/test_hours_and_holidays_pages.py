"""Advanced > Business hours and Holidays."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from messaging.models import BusinessHours, Holiday
from tenants.models import Tenant

HOURS = "/t/acme/messaging/businesshours/"
HOLIDAYS = "/t/acme/messaging/holiday/"


def test_a_week_is_typed_day_by_day(admin: Client, acme: Tenant) -> None:
    form = {"name": "Office", "day_1": "9-12; 1pm-5pm", "day_5": "9-15", "day_6": "closed"}
    assert admin.post(f"{HOURS}add/", form).status_code == 302
    with tenant_context(acme):
        hours = BusinessHours.objects.get()
    assert hours.week == {
        "1": [["09:00", "12:00"], ["13:00", "17:00"]],
        "5": [["09:00", "15:00"]],
    }
    page = admin.get(f"{HOURS}{hours.pk}/change/").content.decode()
    assert 'value="09:00-12:00; 13:00-17:00"' in page
    assert "Mon 09:00-12:00; 13:00-17:00, Fri 09:00-15:00" in admin.get(HOURS).content.decode()


def test_wrong_times_are_told_at_their_day(admin: Client, errors: Any) -> None:
    found = errors(admin.post(f"{HOURS}add/", {"name": "Office", "day_2": "22-6", "day_3": "x"}))
    assert "22:00-24:00" in found["day_2"][0]
    assert "09:00-17:00" in found["day_3"][0]


def test_only_one_set_is_the_companys(admin: Client, acme: Tenant) -> None:
    for name in ("Old", "New"):
        form = {"name": name, "day_1": "9-17", "is_default": "on"}
        assert admin.post(f"{HOURS}add/", form).status_code == 302
    with tenant_context(acme):
        assert [h.name for h in BusinessHours.objects.filter(is_default=True)] == ["New"]


def test_a_name_is_taken_once(admin: Client, errors: Any) -> None:
    admin.post(f"{HOURS}add/", {"name": "Office"})
    found = errors(admin.post(f"{HOURS}add/", {"name": "Office"}))
    assert found["name"] == ["There are hours of this name already."]


def test_a_holiday_is_added(admin: Client, acme: Tenant) -> None:
    form = {"name": "X-mas", "first_day": "2026-12-24", "last_day": "2027-01-02"}
    assert admin.post(f"{HOLIDAYS}add/", {**form, "every_year": "on"}).status_code == 302
    with tenant_context(acme):
        holiday = Holiday.objects.get()
    assert (holiday.first_day, holiday.every_year) == (date(2026, 12, 24), True)
    assert "Every year" in admin.get(HOLIDAYS).content.decode()
    assert 'value="2026-12-24"' in admin.get(f"{HOLIDAYS}{holiday.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("last", "words"), [("2026-12-23", "before the first"), ("2027-12-24", "shorter than a year")]
)
def test_days_that_are_no_holiday_are_refused(
    admin: Client, errors: Any, last: str, words: str
) -> None:
    form = {"name": "X", "first_day": "2026-12-24", "last_day": last, "every_year": "on"}
    assert words in errors(admin.post(f"{HOLIDAYS}add/", form))["last_day"][0]
