from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from messaging.models import Extension, MessageSetting, SmsConfiguration
from tenants.models import PhoneNumber, Tenant, Trunk
from tests.conftest import ACME_NUMBER, GLOBEX_NUMBER

LIST = "/t/acme/messaging/messagesetting/"


def _data(account: Any, number: str = ACME_NUMBER, **changes: Any) -> dict[str, Any]:
    return {
        "number": number,
        "account": str(account),
        "extension": "",
        "email": "",
        "description": "",
        "enabled": "on",
        **changes,
    }


@pytest.mark.parametrize(
    "typed", ["+19195550101", "(919) 555-0101", "919.555.0101", "1 919 555 0101", " 9195550101 "]
)
def test_a_number_may_be_typed_in_any_usual_form(
    typed: str,
    admin: Client,
    acme: Tenant,
    acme_number: PhoneNumber,
    acme_configuration: SmsConfiguration,
    inside: Any,
) -> None:
    response = admin.post(f"{LIST}add/", _data(acme_configuration.pk, typed))

    assert response.status_code == 302
    with inside(acme):
        assert MessageSetting.objects.get().phone_number == acme_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    label: str
    number: str = ACME_NUMBER
    changes: dict[str, Any] = field(default_factory=dict)
    at: str
    says: str


REFUSED = [
    Refused(label="no number", number="", at="number", says="required"),
    Refused(label="words", number="front desk", at="number", says="is not a phone number"),
    Refused(label="too short", number="555", at="number", says="is not a phone number"),
    Refused(label="another tenant's", number=GLOBEX_NUMBER, at="number", says="already in use"),
    Refused(label="nobody's", number="+19195550999", at="number", says="not one of your numbers"),
    Refused(label="no provider", changes={"account": ""}, at="account", says="required"),
    Refused(label="unknown account", changes={"account": "99"}, at="account", says="valid choice"),
    Refused(
        label="no platform account",
        changes={"account": "platform"},
        at="account",
        says="valid choice",
    ),
    Refused(label="not an e-mail", changes={"email": "x"}, at="email", says="valid email"),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.label)
def test_a_wrong_field_is_named(
    case: Refused,
    admin: Client,
    acme: Tenant,
    acme_number: PhoneNumber,
    globex_number: PhoneNumber,
    acme_configuration: SmsConfiguration,
    errors: Callable[[Any], dict[str, list[str]]],
    inside: Any,
) -> None:
    data = {**_data(acme_configuration.pk, case.number), **case.changes}

    response = admin.post(f"{LIST}add/", data)

    found = errors(response)
    assert list(found) == [case.at]
    assert case.says in found[case.at][0]
    with inside(acme):
        assert not MessageSetting.objects.exists()


def test_a_number_has_one_setting_only(
    admin: Client,
    acme_line: MessageSetting,
    errors: Callable[[Any], dict[str, list[str]]],
) -> None:
    response = admin.post(f"{LIST}add/", _data(acme_line.provider_id, "(919) 555-0101"))

    assert errors(response) == {"number": ["This number is already in use."]}


def test_a_new_number_is_entered_on_the_own_trunk(
    admin: Client, own_trunk: Trunk, own_account: SmsConfiguration, acme: Tenant
) -> None:
    response = admin.post(f"{LIST}add/", _data(own_account.pk, "(888) 555-0123"))

    assert response.status_code == 302
    entered = PhoneNumber.objects.get(number="+18885550123")
    assert (entered.tenant, entered.trunk, entered.kind) == (acme, own_trunk, "toll_free")


def test_number_and_account_are_on_the_same_trunk(
    admin: Client,
    acme_number: PhoneNumber,
    own_account: SmsConfiguration,
    errors: Callable[[Any], dict[str, list[str]]],
) -> None:
    response = admin.post(f"{LIST}add/", _data(own_account.pk))

    assert "both must be on the same trunk" in errors(response)["account"][0]


def test_the_platform_account_is_offered_where_there_is_one(
    admin: Client, acme: Tenant, acme_number: PhoneNumber, settings: Any, inside: Any
) -> None:
    settings.BANDWIDTH_ACCOUNT_ID = "9900000"

    assert "Bandwidth (platform account)" in admin.get(f"{LIST}add/").content.decode()
    admin.post(f"{LIST}add/", _data("platform"))

    with inside(acme):
        assert MessageSetting.objects.get().provider is None


def test_a_setting_is_changed(
    admin: Client, acme: Tenant, acme_line: MessageSetting, inside: Any
) -> None:
    path = f"{LIST}{acme_line.pk}/change/"
    assert 'value="(919) 555-0101"' in admin.get(path).content.decode()

    admin.post(path, _data(acme_line.provider_id, description="Front desk", email="a@b.example"))

    with inside(acme):
        saved = MessageSetting.objects.get()
        assert (saved.description, saved.email, saved.extension) == (
            "Front desk",
            "a@b.example",
            None,
        )


def test_the_list_is_searched_and_filtered(admin: Client, acme_line: MessageSetting) -> None:
    def count(query: str) -> int:
        return int(admin.get(f"{LIST}?{query}").context["cl"].result_count)

    assert count("q=(919) 555-0101") == 1
    assert count("q=555-0999") == 0
    assert count("extension=101") == 1
    assert count("extension=none") == 0
    assert count(f"provider={acme_line.provider_id}") == 1
    assert count("provider=platform") == 0


def test_a_renumbered_extension_keeps_its_people(
    admin: Client, acme: Tenant, bob: Any, acme_line: MessageSetting, inside: Any
) -> None:
    with inside(acme):
        extension = Extension.objects.get()

    admin.post(
        f"/t/acme/messaging/extension/{extension.pk}/change/",
        {"number": "201", "name": "Ann", "email": "", "sms_permission": "own_numbers"},
    )

    assert bob.memberships.get().extension == "201"


def test_an_extension_with_people_is_not_deleted(
    admin: Client, acme: Tenant, bob: Any, acme_line: MessageSetting, inside: Any
) -> None:
    with inside(acme):
        extension = Extension.objects.get()

    admin.post(f"/t/acme/messaging/extension/{extension.pk}/delete/", {"post": "yes"})

    with inside(acme):
        assert Extension.objects.exists()
