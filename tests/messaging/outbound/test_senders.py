"""Which numbers a person may send from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from messaging.configurations import save_configuration
from messaging.models import Extension, MessageSetting, SmsConfiguration
from messaging.outbound.refusals import Refusal
from messaging.outbound.send import SendRefused
from messaging.outbound.senders import allowed_senders, default_sender, pick_line
from tenants.models import PhoneNumber, Tenant, Trunk, User
from tenants.roles import Role

OWN = "+19195550101"
MAIN = "+19195550110"
OTHER = "+19195550120"


@pytest.fixture
def company(
    at_acme: Tenant, trunk: Trunk, acme_configuration: SmsConfiguration
) -> dict[str, MessageSetting]:
    """Two more numbers: the main one, and one of extension 102."""
    ben = Extension.objects.create(number="102", name="Ben")
    main = PhoneNumber.objects.create(number=MAIN, trunk=trunk, tenant=at_acme, is_main=True)
    other = PhoneNumber.objects.create(number=OTHER, trunk=trunk, tenant=at_acme)
    return {
        MAIN: MessageSetting.objects.create(phone_number=main, provider=acme_configuration),
        OTHER: MessageSetting.objects.create(
            phone_number=other, provider=acme_configuration, extension=ben
        ),
    }


def numbers(user: User, role: Role, tenant: Tenant) -> list[str]:
    return [sender.number for sender in allowed_senders(user, role, tenant)]


def refused(user: User, role: Role, tenant: Tenant, sender: str = "") -> str:
    with pytest.raises(SendRefused) as refusal:
        pick_line(user, role, tenant, sender)
    return refusal.value.code


@pytest.mark.usefixtures("company")
def test_admin_sends_from_every_number_and_by_default_from_the_sender_id(
    acme: Tenant, alice: User, root: User
) -> None:
    assert numbers(alice, Role.ADMIN, acme) == [MAIN, OWN, OTHER]
    assert numbers(root, Role.SYSTEM, acme) == [MAIN, OWN, OTHER]


@pytest.mark.parametrize(
    ("permission", "expected"),
    [("disabled", []), ("own_numbers", [OWN]), ("sender_id", [MAIN, OWN])],
)
@pytest.mark.usefixtures("company")
def test_extension_user_sends_as_the_extension_permits(
    acme: Tenant, bob: User, permission: str, expected: list[str]
) -> None:
    Extension.objects.filter(number="101").update(sms_permission=permission)

    assert numbers(bob, Role.EXTENSION, acme) == expected


@pytest.mark.usefixtures("company")
def test_extension_user_is_refused_numbers_of_others(acme: Tenant, bob: User) -> None:
    assert refused(bob, Role.EXTENSION, acme, OTHER) == Refusal.INVALID_SENDER
    assert refused(bob, Role.EXTENSION, acme, MAIN) == Refusal.INVALID_SENDER
    assert pick_line(bob, Role.EXTENSION, acme, "(919) 555-0101").number == OWN


@pytest.mark.usefixtures("at_acme")
def test_extension_that_may_not_send_is_told_so(acme: Tenant, bob: User) -> None:
    Extension.objects.update(sms_permission="disabled")

    assert refused(bob, Role.EXTENSION, acme) == Refusal.NOT_ALLOWED


@pytest.mark.usefixtures("at_acme")
def test_person_whose_extension_is_gone_may_not_send(acme: Tenant, bob: User) -> None:
    Extension.objects.all().delete()

    assert refused(bob, Role.EXTENSION, acme) == Refusal.NOT_ALLOWED


@pytest.mark.usefixtures("at_acme")
def test_extension_without_numbers_has_no_sender(acme: Tenant, bob: User) -> None:
    MessageSetting.objects.update(extension=None)

    assert refused(bob, Role.EXTENSION, acme) == Refusal.NO_SENDER


@pytest.mark.parametrize(
    ("model", "fields", "code"),
    [
        (MessageSetting, {"enabled": False}, Refusal.SENDER_DISABLED),
        (SmsConfiguration, {"enabled": False}, Refusal.SENDER_DISABLED),
        (Trunk, {"enabled": False}, Refusal.SENDER_DISABLED),
        (PhoneNumber, {"registration": "rejected"}, Refusal.UNREGISTERED),
        (MessageSetting, {"provider": None}, Refusal.NO_ACCOUNT),
    ],
    ids=["setting off", "configuration off", "trunk off", "registration rejected", "no account"],
)
@pytest.mark.usefixtures("at_acme")
def test_line_that_cannot_send_is_not_offered_and_says_why(
    acme: Tenant, alice: User, settings: Any, model: Any, fields: dict[str, Any], code: str
) -> None:
    settings.BANDWIDTH_ACCOUNT_ID = ""
    model.objects.update(**fields)

    assert numbers(alice, Role.ADMIN, acme) == []
    assert refused(alice, Role.ADMIN, acme, OWN) == code
    assert refused(alice, Role.ADMIN, acme, "") == code


@pytest.mark.usefixtures("at_acme")
def test_platform_account_sends_for_numbers_of_the_platforms_trunk_only(
    acme: Tenant, alice: User, trunk: Trunk, settings: Any
) -> None:
    settings.BANDWIDTH_ACCOUNT_ID = "9900000"
    MessageSetting.objects.update(provider=None)
    assert numbers(alice, Role.ADMIN, acme) == [OWN]

    Trunk.objects.filter(pk=trunk.pk).update(tenant=acme)
    assert refused(alice, Role.ADMIN, acme, OWN) == Refusal.NO_ACCOUNT


@pytest.mark.usefixtures("at_acme")
def test_number_that_was_given_to_another_tenant_is_no_longer_a_sender(
    acme: Tenant, globex: Tenant, alice: User, acme_number: PhoneNumber
) -> None:
    PhoneNumber.objects.filter(pk=acme_number.pk).update(tenant=globex)

    assert numbers(alice, Role.ADMIN, acme) == []
    assert refused(alice, Role.ADMIN, acme, OWN) == Refusal.INVALID_SENDER


@pytest.mark.usefixtures("company")
def test_default_sender_is_the_sender_id_or_the_main_or_the_lowest_did(
    acme_configuration: SmsConfiguration,
) -> None:
    assert default_sender(acme_configuration) == MAIN

    PhoneNumber.objects.update(is_main=False)
    assert default_sender(acme_configuration) == OWN

    acme_configuration.sender_id = "919-555-0120"
    assert default_sender(acme_configuration) == OTHER


@pytest.mark.parametrize(
    ("sender_id", "expected"),
    [("72345", "72345"), ("ACME Dental", "ACME Dental"), ("FLOWERS", "FLOWERS")],
    ids=["short code", "name", "name a keypad could dial"],
)
@pytest.mark.usefixtures("at_acme")
def test_short_code_or_name_may_be_a_sender_id(
    acme: Tenant,
    alice: User,
    acme_configuration: SmsConfiguration,
    sender_id: str,
    expected: str,
) -> None:
    acme_configuration.sender_id = sender_id
    save_configuration(acme_configuration)

    assert numbers(alice, Role.ADMIN, acme) == [expected, OWN]
    assert pick_line(alice, Role.ADMIN, acme, expected).configuration == acme_configuration


@pytest.mark.usefixtures("at_acme")
def test_sender_id_of_another_tenant_is_as_unknown_as_any(
    acme: Tenant, alice: User, acme_configuration: SmsConfiguration, globex_number: PhoneNumber
) -> None:
    acme_configuration.sender_id = globex_number.number
    save_configuration(acme_configuration)

    assert numbers(alice, Role.ADMIN, acme) == [OWN]
    assert refused(alice, Role.ADMIN, acme, globex_number.number) == Refusal.INVALID_SENDER


@pytest.mark.usefixtures("at_acme")
def test_sender_id_that_is_nobodys_number_must_be_entered_first(
    acme: Tenant, alice: User, acme_configuration: SmsConfiguration
) -> None:
    acme_configuration.sender_id = "+19195550199"
    save_configuration(acme_configuration)

    assert numbers(alice, Role.ADMIN, acme) == [OWN]
    assert refused(alice, Role.ADMIN, acme, "+19195550199") == Refusal.INVALID_SENDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What an extension's text comes from, by permission, sender ID and kind of message."""

    id: str
    permission: str
    sender_id: str = ""
    answers: str = ""  # the number that was texted; "" = a new conversation
    expected: str


CHOICES = [
    Choice(id="may not, new", permission="disabled", expected=Refusal.NOT_ALLOWED),
    Choice(id="may not, answer", permission="disabled", answers=OWN, expected=Refusal.NOT_ALLOWED),
    Choice(id="own, new", permission="own_numbers", expected=OWN),
    Choice(id="own, new, whatever the sender ID", permission="own_numbers", sender_id=OTHER,
           expected=OWN),
    Choice(id="own, answer", permission="own_numbers", answers=OWN, expected=OWN),
    Choice(id="own, not the sender ID", permission="own_numbers", answers=MAIN,
           expected=Refusal.INVALID_SENDER),
    Choice(id="own, not another's", permission="own_numbers", answers=OTHER,
           expected=Refusal.INVALID_SENDER),
    Choice(id="sender ID, new", permission="sender_id", sender_id="ACME", expected="ACME"),
    Choice(id="sender ID empty, new: the trunk's main number", permission="sender_id",
           expected=MAIN),
    Choice(id="sender ID empty, answer: the number that was texted", permission="sender_id",
           answers=OWN, expected=OWN),
    Choice(id="sender ID given, answer: the number that was texted", permission="sender_id",
           sender_id="ACME", answers=OWN, expected=OWN),
    Choice(id="sender ID, not another's", permission="sender_id", answers=OTHER,
           expected=Refusal.INVALID_SENDER),
]  # fmt: skip


@pytest.mark.parametrize("case", CHOICES, ids=[case.id for case in CHOICES])
@pytest.mark.usefixtures("company")
def test_permission_and_sender_id_choose_what_an_extension_texts_from(
    acme: Tenant, bob: User, acme_configuration: SmsConfiguration, case: Choice
) -> None:
    Extension.objects.filter(number="101").update(sms_permission=case.permission)
    acme_configuration.sender_id = case.sender_id
    save_configuration(acme_configuration)

    try:
        chosen: str = pick_line(bob, Role.EXTENSION, acme, case.answers).number
    except SendRefused as refusal:
        chosen = refusal.code

    assert chosen == case.expected
