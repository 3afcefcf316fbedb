"""Changing and deleting many rows at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.test import Client

from messaging.models import Contact, Extension, MessageSetting, SmsConfiguration
from tenants.models import PhoneNumber, Tenant, Trunk, User
from tests.conftest import ACME_NUMBER

SETTINGS = "/t/acme/messaging/messagesetting/"
EXTENSIONS = "/t/acme/messaging/extension/"


@pytest.fixture
def two_lines(acme: Tenant, acme_line: MessageSetting, inside: Any) -> list[MessageSetting]:
    """Acme's line for extension 101 and another for nobody."""
    number = PhoneNumber.objects.create(
        number="+19195550102", trunk=acme_line.phone_number.trunk, tenant=acme
    )
    with inside(acme):
        other = MessageSetting.objects.create(
            phone_number=number, provider=acme_line.provider, email="old@acme.example"
        )
    return [acme_line, other]


def _post(client: Client, path: str, rows: list[Any], action: str, **more: Any) -> Any:
    return client.post(
        path, {"action": action, "_selected_action": [row.pk for row in rows], **more}
    )


def _change(client: Client, rows: list[Any], **fields: Any) -> Any:
    return _post(client, SETTINGS, rows, "change_chosen", step="apply", **fields)


def test_nothing_changes_before_the_count_was_shown(
    admin: Client, acme: Tenant, two_lines: list[MessageSetting], inside: Any
) -> None:
    asked = _post(admin, SETTINGS, two_lines, "change_chosen")
    assert "Change 2 message settings" in asked.content.decode()

    shown = _post(
        admin, SETTINGS, two_lines, "change_chosen", step="review",
        description_how="set", description="Front desk", email_how="clear",
    )  # fmt: skip

    body = shown.content.decode()
    assert "<strong>2</strong> rows are going to be changed" in body
    assert shown.context["summary"] == [("E-mail", "nothing"), ("Description", "Front desk")]
    assert 'name="description_how" value="set"' in body
    with inside(acme):
        assert not MessageSetting.objects.filter(description="Front desk").exists()


def test_fields_are_set_cleared_or_left(
    admin: Client, acme: Tenant, two_lines: list[MessageSetting], inside: Any
) -> None:
    with inside(acme):
        bea = Extension.objects.create(number="102")

    answer = _change(
        admin, two_lines,
        extension_how="set", extension=bea.pk, email_how="clear", enabled_how="set", enabled="off",
        description_how="keep", description="typed and not meant",
    )  # fmt: skip

    assert answer.status_code == 302
    with inside(acme):
        rows = MessageSetting.objects.values_list("extension", "email", "enabled", "description")
        assert list(rows) == [(bea.pk, "", False, "")] * 2


def test_all_that_match_are_changed_and_no_others(
    admin: Client, acme: Tenant, two_lines: list[MessageSetting], inside: Any
) -> None:
    admin.post(
        f"{SETTINGS}?extension=none",
        {
            "action": "change_chosen",
            "_selected_action": two_lines[1].pk,
            "select_across": "1",
            "step": "apply",
            "description_how": "set",
            "description": "Unassigned",
        },
    )

    with inside(acme):
        rows = MessageSetting.objects.values_list("phone_number__number", "description")
        assert dict(rows) == {ACME_NUMBER: "", "+19195550102": "Unassigned"}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Nothing is to change"),
        ({"email_how": "set", "email": ""}, "Say what to set"),
        ({"email_how": "set", "email": "x"}, "Enter a valid email address"),
        ({"provider_how": "clear"}, "Select a valid choice"),
        ({"extension_how": "set", "extension": "9999"}, "Select a valid choice"),
    ],
    ids=["nothing", "empty", "not an e-mail", "provider cannot be cleared", "no such extension"],
)
def test_a_wrong_answer_is_told(
    fields: dict[str, str],
    says: str,
    admin: Client,
    two_lines: list[MessageSetting],
) -> None:
    assert says in _change(admin, two_lines, **fields).content.decode()


def test_one_row_that_cannot_change_keeps_all_as_they_are(
    admin: Client,
    acme: Tenant,
    two_lines: list[MessageSetting],
    own_trunk: Trunk,
    inside: Any,
) -> None:
    with inside(acme):
        main = SmsConfiguration.objects.get()
        PhoneNumber.objects.filter(number="+19195550102").update(trunk=own_trunk)

    answer = _change(
        admin, two_lines,
        provider_how="set", provider=main.pk, description_how="set", description="New",
    )  # fmt: skip

    body = answer.content.decode()
    assert "Nothing was changed. (919) 555-0102: " in body
    assert "both must be on the same trunk" in body
    with inside(acme):
        assert not MessageSetting.objects.filter(description="New").exists()


def test_each_changed_row_is_in_the_audit_trail(
    admin: Client, acme: Tenant, two_lines: list[MessageSetting], inside: Any
) -> None:
    _change(admin, two_lines, description_how="set", description="Front desk")

    with inside(acme):
        entries = LogEntry.objects.get_for_objects(MessageSetting.objects.all())
        changed = [entry for entry in entries if "description" in (entry.changes or {})]
        assert len([e for e in changed if e.changes["description"][1] == "Front desk"]) == 2


def test_many_are_deleted_after_a_look(
    admin: Client, acme: Tenant, two_lines: list[MessageSetting], inside: Any
) -> None:
    asked = _post(admin, SETTINGS, two_lines, "delete_chosen")
    assert "Delete 2 message settings" in asked.content.decode()
    with inside(acme):
        assert MessageSetting.objects.count() == 2

    _post(admin, SETTINGS, two_lines, "delete_chosen", step="apply")

    with inside(acme):
        assert not MessageSetting.objects.exists()


def test_extensions_in_use_stay_and_are_named(
    admin: Client, acme: Tenant, bob: User, acme_line: MessageSetting, inside: Any
) -> None:
    with inside(acme):
        free = Extension.objects.create(number="102")
        busy = Extension.objects.create(number="103")
        number = PhoneNumber.objects.create(
            number="+19195550103", trunk=acme_line.phone_number.trunk, tenant=acme
        )
        MessageSetting.objects.create(
            phone_number=number, provider=acme_line.provider, extension=busy
        )
        rows = list(Extension.objects.all())

    body = _post(admin, EXTENSIONS, rows, "delete_chosen").content.decode()
    assert "has extension 101: give them another in Users first." in body
    assert "The texts of (919) 555-0103 reach extension 103" in body
    _post(admin, EXTENSIONS, rows, "delete_chosen", step="apply")

    with inside(acme):
        assert not Extension.objects.filter(pk=free.pk).exists()
        assert list(Extension.objects.values_list("number", flat=True)) == ["101", "103"]


def test_permission_of_many_extensions_is_changed(
    admin: Client, acme: Tenant, acme_line: MessageSetting, inside: Any
) -> None:
    with inside(acme):
        rows = [Extension.objects.get(), Extension.objects.create(number="102")]

    _post(
        admin, EXTENSIONS, rows, "change_chosen", step="apply",
        sms_permission_how="set", sms_permission="disabled",
    )  # fmt: skip

    with inside(acme):
        assert {e.sms_permission for e in Extension.objects.all()} == {"disabled"}


def test_an_extension_user_changes_nothing(
    bob: User, signed_in: Callable[[User], Client], two_lines: list[MessageSetting]
) -> None:
    browser = signed_in(bob)

    for action in ("change_chosen", "delete_chosen"):
        assert _post(browser, SETTINGS, two_lines, action, step="apply").status_code == 403


def test_names_are_shown_as_text(admin: Client, acme: Tenant, inside: Any) -> None:
    with inside(acme):
        row = Contact.objects.create(number="+15125550300", name="<script>alert(1)</script>")

    body = _post(admin, "/t/acme/messaging/contact/", [row], "delete_chosen").content.decode()

    assert "<script>alert(1)" not in body


def test_other_extensions_of_many_numbers_are_set_and_cleared(
    admin: Client, acme: Tenant, acme_line: MessageSetting, inside: Any
) -> None:
    with inside(acme):
        own = Extension.objects.get(number="101")
        bea = Extension.objects.create(number="102", name="Bea")
    chosen = {"other_extensions_how": "set", "other_extensions": [own.pk, bea.pk]}

    shown = _post(admin, SETTINGS, [acme_line], "change_chosen", step="review", **chosen)
    assert shown.context["summary"] == [("Other extensions", f"{own}, {bea}")]
    _change(admin, [acme_line], **chosen)
    with inside(acme):
        # The number's own extension is not one of the others.
        assert list(acme_line.other_extensions.all()) == [bea]

    _change(admin, [acme_line], other_extensions_how="clear")
    with inside(acme):
        assert not acme_line.other_extensions.exists()


def test_other_extensions_need_somebody_to_share_with(
    admin: Client, acme: Tenant, two_lines: list[MessageSetting], inside: Any
) -> None:
    with inside(acme):
        bea = Extension.objects.create(number="102", name="Bea")

    answer = _change(admin, two_lines, other_extensions_how="set", other_extensions=[bea.pk])

    assert "Choose an extension first" in answer.content.decode()
    with inside(acme):
        assert not MessageSetting.objects.filter(other_extensions=bea).exists()


def test_choosing_nobody_is_asked_back(
    admin: Client, acme: Tenant, acme_line: MessageSetting
) -> None:
    answer = _change(admin, [acme_line], other_extensions_how="set")

    assert "Say what to set" in answer.content.decode()
