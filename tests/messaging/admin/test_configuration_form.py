from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from messaging.models import SmsConfiguration
from tenants.models import PhoneNumber, Tenant, Trunk
from tests.conftest import APPLICATION_ID, GLOBEX_NUMBER

ADD = "/t/acme/messaging/smsconfiguration/add/"
SECRET = "canary-secret-9f2a"


def _data(trunk: Trunk, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Second",
        "trunk": trunk.pk,
        "sender_id": "",
        "enabled": "on",
        "account_id": "9900007",
        "application_id": APPLICATION_ID,
        "auth_method": "oauth2",
        "client_id": "client-1",
        "client_secret": SECRET,
        "login_name": "",
        "login_secret": "",
        "callback_username": "",
        "callback_password": "",
        **changes,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    label: str
    changes: dict[str, Any] = field(default_factory=dict)
    at: str


REFUSED = [
    Refused(label="no name", changes={"name": ""}, at="name"),
    Refused(label="name taken", changes={"name": "Main"}, at="name"),
    Refused(label="no trunk", changes={"trunk": ""}, at="trunk"),
    Refused(label="no account", changes={"account_id": ""}, at="account_id"),
    Refused(label="path in account", changes={"account_id": "../1"}, at="account_id"),
    Refused(label="no application", changes={"application_id": ""}, at="application_id"),
    Refused(label="unknown method", changes={"auth_method": "magic"}, at="auth_method"),
    Refused(label="no client id", changes={"client_id": ""}, at="client_id"),
    Refused(label="no client secret", changes={"client_secret": ""}, at="client_secret"),
    Refused(
        label="basic without name",
        changes={"auth_method": "basic", "login_secret": "x"},
        at="login_name",
    ),
    Refused(
        label="basic without secret",
        changes={"auth_method": "basic", "login_name": "x"},
        at="login_secret",
    ),
    Refused(
        label="callback name alone", changes={"callback_username": "bw"}, at="callback_password"
    ),
    Refused(
        label="callback password alone", changes={"callback_password": "x"}, at="callback_username"
    ),
    Refused(
        label="colon in callback name",
        changes={"callback_username": "b:w", "callback_password": "x"},
        at="callback_username",
    ),
    Refused(label="sender of another tenant", changes={"sender_id": GLOBEX_NUMBER}, at="sender_id"),
    Refused(
        label="sender is no number", changes={"sender_id": "12345678901234567"}, at="sender_id"
    ),
    Refused(label="sender name with symbols", changes={"sender_id": "Acme!"}, at="sender_id"),
    Refused(label="NUL in the name", changes={"name": "a\x00b"}, at="name"),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.label)
def test_a_wrong_field_is_named_and_nothing_is_saved(
    case: Refused,
    admin: Client,
    acme: Tenant,
    trunk: Trunk,
    acme_configuration: SmsConfiguration,
    globex_number: PhoneNumber,
    errors: Callable[[Any], dict[str, list[str]]],
    inside: Any,
) -> None:
    response = admin.post(ADD, {**_data(trunk), **case.changes})

    assert list(errors(response)) == [case.at]
    assert SECRET not in response.content.decode()
    with inside(acme):
        assert SmsConfiguration.objects.count() == 1


def test_input_is_kept_when_a_field_is_wrong(admin: Client, trunk: Trunk) -> None:
    response = admin.post(ADD, _data(trunk, name="", account_id="4711"))

    assert 'value="4711"' in response.content.decode()


def test_a_configuration_is_saved_with_a_webhook_of_its_own(
    admin: Client, acme: Tenant, trunk: Trunk, inside: Any
) -> None:
    data = _data(trunk, sender_id="(919) 555-0199", callback_username="bw", callback_password="cb")

    response = admin.post(ADD, data)

    assert response["Location"] == "/t/acme/messaging/smsconfiguration/"
    with inside(acme):
        saved = SmsConfiguration.objects.get()
        assert (saved.username, saved.password) == ("client-1", SECRET)
        assert saved.sender_id == "+19195550199"
        assert saved.endpoint.tenant == acme
        assert (saved.endpoint.callback_username, saved.endpoint.callback_password) == ("bw", "cb")
        assert "/webhook/bandwidth/sms/" in saved.webhook_url


def test_username_and_password_go_into_the_same_columns(
    admin: Client, acme: Tenant, trunk: Trunk, inside: Any
) -> None:
    admin.post(
        ADD, _data(trunk, auth_method="basic", login_name="token", login_secret="api secret")
    )

    with inside(acme):
        saved = SmsConfiguration.objects.get()
        assert (saved.auth_method, saved.username, saved.password) == (
            "basic",
            "token",
            "api secret",
        )


def _edit(admin: Client, configuration: SmsConfiguration, **changes: Any) -> Any:
    kept = {
        "name": configuration.name,
        "auth_method": "basic",
        "client_id": "",
        "client_secret": "",
        "login_name": "user",
        "callback_username": "bw",
    }
    data = {**_data(configuration.trunk, **kept), **changes}
    return admin.post(f"/t/acme/messaging/smsconfiguration/{configuration.pk}/change/", data)


def test_empty_secrets_keep_what_is_saved(
    admin: Client, acme: Tenant, acme_configuration: SmsConfiguration, inside: Any
) -> None:
    response = _edit(admin, acme_configuration, name="Renamed")

    assert response.status_code == 302
    with inside(acme):
        saved = SmsConfiguration.objects.get()
        assert (saved.name, saved.password) == ("Renamed", "s3cret-Canary")
        assert saved.endpoint.callback_password == "cb-Canary"
        assert saved.webhook_token == acme_configuration.webhook_token


def test_another_method_asks_for_its_secret(
    admin: Client,
    acme_configuration: SmsConfiguration,
    errors: Callable[[Any], dict[str, list[str]]],
) -> None:
    response = _edit(admin, acme_configuration, auth_method="oauth2", client_id="c")

    assert list(errors(response)) == ["client_secret"]


def test_emptying_the_callback_username_removes_both(
    admin: Client, acme: Tenant, acme_configuration: SmsConfiguration, inside: Any
) -> None:
    _edit(admin, acme_configuration, callback_username="")

    with inside(acme):
        endpoint = SmsConfiguration.objects.get().endpoint
        assert (endpoint.callback_username, endpoint.callback_password) == ("", "")


def test_new_credentials_are_not_tested_ones(
    admin: Client, acme: Tenant, acme_configuration: SmsConfiguration, inside: Any
) -> None:
    with inside(acme):
        SmsConfiguration.objects.update(test_result="passed", account_id="9900007")

    _edit(admin, acme_configuration)
    with inside(acme):
        assert SmsConfiguration.objects.get().test_result == "passed"

    _edit(admin, acme_configuration, login_secret="another")
    with inside(acme):
        assert SmsConfiguration.objects.get().test_result == ""


def test_switching_off_closes_the_endpoint_too(
    admin: Client, acme: Tenant, acme_configuration: SmsConfiguration, inside: Any
) -> None:
    admin.post(
        "/t/acme/messaging/smsconfiguration/",
        {"action": "switch_off", "_selected_action": acme_configuration.pk},
    )

    with inside(acme):
        saved = SmsConfiguration.objects.get()
        assert not saved.enabled
        assert not saved.endpoint.enabled


def test_trunks_of_other_tenants_and_switched_off_ones_are_not_offered(
    admin: Client,
    trunk: Trunk,
    own_trunk: Trunk,
    foreign_trunk: Trunk,
    errors: Callable[[Any], dict[str, list[str]]],
) -> None:
    Trunk.objects.create(name="Old", enabled=False)

    response = admin.post(ADD, _data(foreign_trunk))

    assert list(errors(response)) == ["trunk"]
    offered = response.context["adminform"].form.fields["trunk"].queryset
    assert set(offered) == {trunk, own_trunk}


def test_the_trunk_cannot_leave_the_numbers_behind(
    admin: Client,
    acme_line: Any,
    own_trunk: Trunk,
    errors: Callable[[Any], dict[str, list[str]]],
) -> None:
    response = _edit(admin, acme_line.provider, trunk=own_trunk.pk)

    assert list(errors(response)) == ["trunk"]
