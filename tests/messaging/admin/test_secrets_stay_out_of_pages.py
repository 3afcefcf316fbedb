from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from messaging.admin.configuration_form import saved_hint
from messaging.configurations import save_configuration
from messaging.models import SmsConfiguration
from tenants.models import Tenant

CANARIES = ["s3cret-Canary", "cb-Canary"]


@pytest.mark.parametrize("page", ["", "{pk}/change/", "{pk}/history/", "{pk}/delete/"])
def test_no_page_tells_a_secret(
    page: str, admin: Client, acme: Tenant, acme_configuration: SmsConfiguration, inside: Any
) -> None:
    with inside(acme):
        acme_configuration.name = "Renamed"
        acme_configuration.password = "new-s3cret-Canary-0000"
        save_configuration(acme_configuration)

    response = admin.get(
        f"/t/acme/messaging/smsconfiguration/{page.format(pk=acme_configuration.pk)}", follow=True
    )

    assert response.status_code == 200
    body = response.content.decode()
    assert not [canary for canary in CANARIES if canary in body]


def test_the_history_names_who_changed_what(
    admin: Client, acme: Tenant, acme_configuration: SmsConfiguration
) -> None:
    data = {
        "name": "Renamed",
        "trunk": acme_configuration.trunk_id,
        "account_id": "9900001",
        "application_id": acme_configuration.application_id,
        "auth_method": "basic",
        "login_name": "user",
        "enabled": "on",
    }
    change = f"/t/acme/messaging/smsconfiguration/{acme_configuration.pk}/change/"
    assert admin.post(change, data).status_code == 302

    body = admin.get(
        f"/t/acme/messaging/smsconfiguration/{acme_configuration.pk}/history/", follow=True
    ).content.decode()

    assert "Main → Renamed" in body
    assert "alice@acme.example" in body


def test_changes_are_logged_in_the_tenant_without_values(
    admin: Client, acme: Tenant, acme_configuration: SmsConfiguration, inside: Any
) -> None:
    admin.post(
        "/t/acme/messaging/smsconfiguration/",
        {"action": "switch_off", "_selected_action": acme_configuration.pk},
    )

    with inside(acme):
        entry = LogEntry.objects.get()
        assert entry.user.email == "alice@acme.example"
        assert entry.get_change_message() == "Switched off."


@pytest.mark.parametrize(
    ("secret", "hint"),
    [
        ("", ""),
        ("short-12345", "Saved. Leave empty to keep it."),
        ("canary-1-9f2a", "Saved, ends in …9f2a. Leave empty to keep it."),
    ],
    ids=["none", "short", "long"],
)
def test_the_hint_tells_little_of_a_secret(secret: str, hint: str) -> None:
    assert saved_hint(secret) == hint
