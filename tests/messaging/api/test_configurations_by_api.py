"""`sms-configurations/` by a tenant admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from messaging.models import MessageSetting, SmsConfiguration
from providers.errors import AccountProblem, ProviderError, TemporaryFailure
from tenants.endpoints import find_endpoint
from tenants.models import Tenant, Trunk

URL = "/t/acme/api/v1/sms-configurations/"


@pytest.fixture
def admin(api: Any, alice: Any) -> Client:
    return api(alice)


@pytest.fixture
def body(trunk: Trunk) -> dict[str, Any]:
    return {
        "name": "Main",
        "trunk": trunk.pk,
        "sender_id": "",
        "account_id": "9900001",
        "application_id": "93de2206-9669-4e07-948d-329f4b722ee2",
        "auth_method": "basic",
        "username": "user",
        "password": "s3cret-Canary",
        "callback_username": "bw",
        "callback_password": "cb-Canary",
        "enabled": True,
    }


def _post(client: Client, body: dict[str, Any], url: str = URL) -> Any:
    return client.post(url, body, content_type="application/json")


def test_a_new_configuration_has_a_webhook_of_its_own(admin, acme, inside, body) -> None:
    answer = _post(admin, body)
    assert answer.status_code == 201
    made = answer.json()
    endpoint = find_endpoint(made["webhook_url"].rsplit("/", 1)[1])
    assert endpoint is not None
    assert endpoint.tenant_id == acme.pk
    assert (endpoint.callback_username, endpoint.callback_password) == ("bw", "cb-Canary")
    with inside(acme):
        assert SmsConfiguration.objects.get(pk=made["id"]).password == "s3cret-Canary"


def test_the_contract_s_fields_are_answered_and_no_secret(admin, body) -> None:
    made = _post(admin, body).json()
    assert set(made) == {
        "id",
        "name",
        "trunk",
        "sender_id",
        "account_id",
        "application_id",
        "auth_method",
        "username",
        "callback_username",
        "enabled",
        "segments_per_second",
        "queue_seconds",
        "throughput",
        "webhook_url",
        "old_webhook_url",
        "old_webhook_until",
        "test_result",
        "test_detail",
        "last_inbound_at",
    }


def test_a_change_without_passwords_keeps_them(admin, acme, inside, body) -> None:
    made = _post(admin, body).json()
    changed = {k: v for k, v in body.items() if "password" not in k} | {"name": "Second"}
    url = f"{URL}{made['id']}/"
    assert admin.put(url, changed, content_type="application/json").status_code == 200
    assert (
        admin.patch(url, {"enabled": False}, content_type="application/json").json()["webhook_url"]
        == made["webhook_url"]
    )
    with inside(acme):
        kept = SmsConfiguration.objects.select_related("endpoint").get()
    assert (kept.name, kept.password) == ("Second", "s3cret-Canary")
    assert kept.endpoint.callback_password == "cb-Canary"
    assert kept.endpoint.enabled is False


def test_emptying_the_callback_user_opens_the_webhook(admin, acme, inside, body) -> None:
    made = _post(admin, body).json()
    change = {"callback_username": ""}
    admin.patch(f"{URL}{made['id']}/", change, content_type="application/json")
    endpoint = find_endpoint(made["webhook_url"].rsplit("/", 1)[1])
    assert endpoint is not None
    assert (endpoint.callback_username, endpoint.callback_password) == ("", "")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("trunk", 999999),
        ("trunk", None),
        ("trunk", True),
        ("account_id", "../../etc"),
        ("application_id", "a b"),
        ("auth_method", "kerberos"),
        ("username", ""),
        ("password", ""),
        ("sender_id", "not a number"),
        ("callback_username", "a:b"),
        ("callback_password", ""),
    ],
)
def test_a_wrong_value_is_a_field_error(admin, body, field, value) -> None:
    answer = _post(admin, body | {field: value})
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


@pytest.mark.parametrize("missing", ["name", "trunk", "account_id", "username", "password"])
def test_a_missing_value_is_a_field_error(admin, body, missing) -> None:
    del body[missing]
    assert missing in _post(admin, body).json()


def test_another_tenant_s_trunk_is_not_found(admin, globex, body) -> None:
    foreign = Trunk.objects.create(name="Theirs", tenant=globex)
    answer = _post(admin, body | {"trunk": foreign.pk})
    assert answer.status_code == 400
    assert "trunk" in answer.json()


def test_a_trunk_of_an_unknown_carrier_is_not_found(admin, body) -> None:
    other = Trunk.objects.create(name="Other", provider="carrier-pigeon")
    assert "trunk" in _post(admin, body | {"trunk": other.pk}).json()


def test_the_sender_is_kept_as_e164_and_never_another_tenant_s(
    admin, body, acme_number, globex_number
) -> None:
    assert _post(admin, body | {"sender_id": "(919) 555-0101"}).json()["sender_id"] == (
        "+19195550101"
    )
    foreign = _post(admin, body | {"name": "B", "sender_id": globex_number.number})
    assert foreign.json() == {"sender_id": ["This number is not one of yours."]}


def test_a_name_is_given_once(admin, body) -> None:
    _post(admin, body)
    again = _post(admin, body)
    assert again.status_code == 400
    assert "name" in again.json()


def test_a_configuration_in_use_stays(admin, acme_line: MessageSetting) -> None:
    answer = admin.delete(f"{URL}{acme_line.provider_id}/")
    assert answer.status_code == 409
    assert "+19195550101" in answer.json()["detail"]


def test_a_configuration_nobody_uses_goes(
    admin, acme: Tenant, inside, acme_configuration: SmsConfiguration
) -> None:
    assert admin.delete(f"{URL}{acme_configuration.pk}/").status_code == 204
    with inside(acme):
        assert not SmsConfiguration.objects.exists()


class _Carrier:
    """Carrier that gives one answer about any account."""

    def __init__(self, answer: str | ProviderError) -> None:
        self.answer = answer

    def check_credentials(self) -> str:
        if isinstance(self.answer, ProviderError):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "ok"),
    [
        ("Bandwidth takes the credentials.", True),
        (AccountProblem("The secret is wrong."), False),
        (TemporaryFailure("Bandwidth does not answer."), False),
    ],
    ids=["taken", "refused", "down"],
)
def test_the_test_says_what_the_carrier_thinks(
    admin, acme_configuration, monkeypatch, answer, ok
) -> None:
    monkeypatch.setattr(
        "messaging.configurations.provider_for", lambda slug, account: _Carrier(answer)
    )
    tested = admin.post(f"{URL}{acme_configuration.pk}/test/")
    assert tested.status_code == 200
    assert tested.json() == {"ok": ok, "detail": str(answer)}
    kept = admin.get(f"{URL}{acme_configuration.pk}/").json()
    assert kept["test_result"] == ("passed" if ok else "failed")
    assert kept["test_detail"] == str(answer)


def test_another_sign_in_method_needs_its_own_secret(admin, acme_configuration) -> None:
    url = f"{URL}{acme_configuration.pk}/"
    change = {"auth_method": "oauth2", "username": "client"}
    refused = admin.patch(url, change, content_type="application/json")
    assert list(refused.json()) == ["password"]
    change["password"] = "client-secret"
    assert admin.patch(url, change, content_type="application/json").status_code == 200


def test_a_configuration_stays_on_the_trunk_of_its_numbers(admin, acme, acme_line) -> None:
    other = Trunk.objects.create(name="Own", tenant=acme)
    url = f"{URL}{acme_line.provider_id}/"
    answer = admin.patch(url, {"trunk": other.pk}, content_type="application/json")
    assert answer.status_code == 400
    assert "+19195550101" in answer.json()["trunk"][0]


def test_a_trunk_that_is_switched_off_is_kept_but_not_chosen(admin, body, trunk) -> None:
    made = _post(admin, body).json()
    Trunk.objects.update(enabled=False)
    again = admin.put(f"{URL}{made['id']}/", made, content_type="application/json")
    assert again.status_code == 200
    assert "trunk" in _post(admin, body | {"name": "Second"}).json()
