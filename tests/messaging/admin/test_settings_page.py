"""Company > Settings: a tenant changes what is its own to change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from messaging.models import Conversation
from tenants.models import Tenant, User

PAGE = "/t/acme/tenants/tenant/"
DATA = {
    "name": "Acme Dental",
    "timezone": "America/Denver",
    "country": "CA",
    "hide_notification_text": "on",
    "registration_confirmed": "on",
}


@pytest.fixture
def page(acme: Tenant) -> str:
    return f"{PAGE}{acme.pk}/change/"


def test_the_menu_leads_to_the_own_row(admin: Client, page: str) -> None:
    assert admin.get(PAGE, follow=True).redirect_chain == [(page, 302)]


def test_settings_are_saved_and_told_of(admin: Client, page: str, acme: Tenant) -> None:
    assert admin.post(page, DATA, follow=True).redirect_chain == [(page, 302)]

    acme.refresh_from_db()
    assert (acme.name, acme.timezone, acme.country) == ("Acme Dental", "America/Denver", "CA")
    assert (acme.hide_notification_text, acme.registration_confirmed) == (True, True)
    audit = admin.get("/t/acme/auditlog/logentry/").content.decode()
    assert "time zone:</b> America/New_York → America/Denver" in audit


def test_what_the_platform_decides_stays(admin: Client, page: str, acme: Tenant) -> None:
    forged = {
        "slug": "other",
        "schema_name": "t_other",
        "is_active": "",
        "messaging_enabled": "",
        "state": "failed",
    }

    admin.post(page, DATA | forged)

    acme.refresh_from_db()
    assert (acme.slug, acme.schema_name, acme.state) == ("acme", "t_acme", "ready")
    assert (acme.is_active, acme.messaging_enabled) == (True, True)


@pytest.mark.parametrize(
    ("field", "value"), [("timezone", "Moon/Base"), ("country", "XX"), ("name", "")]
)
def test_what_is_wrong_is_said(
    field: str, value: str, admin: Client, page: str, errors: Any
) -> None:
    assert list(errors(admin.post(page, DATA | {field: value}))) == [field]


def test_how_long_things_are_kept_is_told_and_put_off_for_a_day(
    admin: Client, page: str, acme: Tenant, inside: Any
) -> None:
    assert "Messages are kept for ever.<br>" in admin.get(page).content.decode()
    old = timezone.now() - timedelta(days=31)
    with inside(acme):
        thread = Conversation.objects.create(our_number="+1", participants_key="+2", last_at=old)
        thread.messages.create(direction="in", status="received", sender="+2", created_at=old)

    told = admin.post(page, DATA | {"keep_messages_days": "30"}, follow=True).content.decode()

    assert "Messages older than 30 days are deleted every night." in told
    assert "Nothing is deleted before" in told
    assert "By now 1 message would be deleted" in told
    acme.refresh_from_db()
    assert acme.retention_from is not None
    assert acme.retention_from > timezone.now() + timedelta(hours=23)
    trail = admin.get("/t/acme/auditlog/logentry/").content.decode()
    assert "keep messages:</b> – → 30" in trail  # noqa: RUF001  # what people read


@pytest.mark.parametrize(("name", "days"), [("messages", "6"), ("audit", "29"), ("media", "9999")])
def test_nothing_is_kept_too_short(
    name: str, days: str, admin: Client, page: str, errors: Any
) -> None:
    assert list(errors(admin.post(page, DATA | {f"keep_{name}_days": days}))) == [
        f"keep_{name}_days"
    ]


def test_another_tenants_settings_do_not_exist(admin: Client, globex: Tenant) -> None:
    for action, answer in (("change", 404), ("history", 404), ("delete", 403)):
        url = f"{PAGE}{globex.pk}/{action}/"
        assert admin.get(url).status_code == answer
        assert admin.post(url, DATA).status_code == answer
    globex.refresh_from_db()
    assert globex.name == "Globex Plumbing"


def test_a_tenant_is_neither_added_nor_deleted(admin: Client, acme: Tenant) -> None:
    assert admin.get(f"{PAGE}add/").status_code == 403
    assert admin.post(f"{PAGE}{acme.pk}/delete/", {"post": "yes"}).status_code == 403


def test_extension_users_and_strangers_are_kept_out(
    signed_in: Any, bob: User, gina: User, page: str
) -> None:
    assert signed_in(bob).get(page).status_code == 403
    assert signed_in(gina).get(page).status_code == 403
