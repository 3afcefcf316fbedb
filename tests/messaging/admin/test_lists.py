"""What the lists show, how they are searched, and what they cost."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from messaging.models import (
    Contact,
    Extension,
    Message,
    MessageSetting,
    OptOut,
    SmsConfiguration,
    Template,
)
from tenants.models import Membership, PhoneNumber, Tenant, Trunk, User
from tests.conftest import ACME_NUMBER

BASE = "/t/acme/messaging/"
LISTS = [
    "messaging/messagesetting",
    "messaging/extension",
    "messaging/contact",
    "messaging/optout",
    "messaging/template",
    "messaging/smsconfiguration",
    "tenants/trunk",
    "tenants/phonenumber",
]


@pytest.fixture
def many(acme: Tenant, trunk: Trunk, acme_line: MessageSetting, inside: Any) -> None:
    """Sixty rows of everything."""
    sixty = range(60)
    Trunk.objects.bulk_create([Trunk(name=f"T{n}", tenant=acme) for n in sixty])
    numbers = PhoneNumber.objects.bulk_create(
        [PhoneNumber(number=f"+1919556{n:04}", trunk=trunk, tenant=acme) for n in sixty]
    )
    users = User.objects.bulk_create([User(email=f"u{n}@acme.example") for n in sixty])
    Membership.objects.bulk_create(
        [
            Membership(user=users[n], tenant=acme, role="extension", extension=f"2{n:02}")
            for n in sixty
        ]
    )
    with inside(acme):
        extensions = Extension.objects.bulk_create([Extension(number=f"2{n:02}") for n in sixty])
        MessageSetting.objects.bulk_create(
            [
                MessageSetting(
                    phone_number=numbers[n], provider=acme_line.provider, extension=extensions[n]
                )
                for n in sixty
            ]
        )
        Contact.objects.bulk_create(
            [Contact(number=f"+1512556{n:04}", name=f"C{n}", tags=[f"t{n}"]) for n in sixty]
        )
        OptOut.objects.bulk_create([OptOut(number=f"+1512556{n:04}") for n in sixty])
        Template.objects.bulk_create([Template(title=f"T{n}", text="Hi") for n in sixty])


@pytest.mark.parametrize("path", LISTS)
def test_a_long_list_costs_few_queries(path: str, admin: Client, many: None) -> None:
    admin.get(f"/t/acme/{path}/")

    with CaptureQueriesContext(connection) as captured:
        assert admin.get(f"/t/acme/{path}/").status_code == 200

    assert len(captured) <= 12, [query["sql"][:120] for query in captured.captured_queries]


@pytest.mark.parametrize("path", LISTS)
def test_an_empty_list_says_what_to_do(path: str, admin: Client) -> None:
    body = admin.get(f"/t/acme/{path}/").content.decode()

    assert "This page yielded" not in body
    assert "tl-empty" in body
    assert "Nothing found" not in body
    assert "Nothing found" in admin.get(f"/t/acme/{path}/?q=zzzz").content.decode()


def test_a_number_that_reaches_nobody_is_marked(
    admin: Client, acme: Tenant, acme_line: MessageSetting, inside: Any
) -> None:
    def desk() -> str:
        body = admin.get(f"{BASE}messagesetting/").content.decode()
        return body.split("field-desk")[1].split("</td>")[0]

    assert "101 Ann" in desk()
    with inside(acme):
        MessageSetting.objects.update(extension=None)
    assert "Nobody is told" in desk()
    assert admin.get(f"{BASE}messagesetting/?extension=nobody").context["cl"].result_count == 1
    with inside(acme):
        MessageSetting.objects.update(email="desk@acme.example")
    assert "Nobody is told" not in desk()
    assert admin.get(f"{BASE}messagesetting/?extension=nobody").context["cl"].result_count == 0


def test_the_copied_number_is_the_one_machines_write(
    admin: Client, acme_line: MessageSetting
) -> None:
    body = admin.get(f"{BASE}messagesetting/").content.decode()

    assert f'data-copy="{ACME_NUMBER}"' in body
    assert "(919) 555-0101" in body


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("q=512-555-0300", 1),
        ("q=(512) 555 0300", 1),
        ("q=cleo", 1),
        ("q=globex", 1),
        ("tag=vip", 1),
        ("tag=nothing", 0),
        ("opted_out=yes", 1),
        ("opted_out=no", 1),
    ],
)
def test_contacts_are_searched_and_filtered(
    query: str, count: int, admin: Client, acme: Tenant, inside: Any
) -> None:
    with inside(acme):
        Contact.objects.create(number="+15125550300", name="Cleo", tags=["vip"])
        Contact.objects.create(number="+15125550301", name="Dan", company="Globex Ltd")
        OptOut.objects.create(number="+15125550301")

    assert admin.get(f"{BASE}contact/?{query}").context["cl"].result_count == count


def test_a_contact_says_that_it_opted_out_and_can_be_texted(
    admin: Client, acme: Tenant, inside: Any
) -> None:
    with inside(acme):
        Contact.objects.create(number="+15125550300", name="Cleo")
        OptOut.objects.create(number="+15125550300", source="keyword")

    body = admin.get(f"{BASE}contact/").content.decode()

    assert "Texted STOP" in body.split("field-opted_out")[1].split("</td>")[0]
    assert 'href="/t/acme/inbox/new/?to=%2B15125550300"' in body


def test_tags_are_typed_with_commas(admin: Client, acme: Tenant, inside: Any) -> None:
    data = {"name": "Cleo", "number": "512 555 0300", "tags": "vip,  Austin , VIP,"}

    assert admin.post(f"{BASE}contact/add/", data).status_code == 302

    with inside(acme):
        contact = Contact.objects.get()
        assert contact.tags == ["vip", "Austin"]
    page = admin.get(f"{BASE}contact/{contact.pk}/change/").content.decode()
    assert 'value="vip, Austin"' in page


def test_an_extension_names_its_people_and_numbers(
    admin: Client, acme: Tenant, globex: Tenant, bob: User, acme_line: MessageSetting
) -> None:
    stranger = User.objects.create_user("stranger@globex.example")
    Membership.objects.create(user=stranger, tenant=globex, role="extension", extension="101")

    body = admin.get(f"{BASE}extension/").content.decode()

    assert "bob@acme.example" in body.split("field-people")[1].split("</td>")[0]
    assert "(919) 555-0101" in body.split("field-lines")[1].split("</td>")[0]
    assert "stranger@" not in body


def test_a_test_message_is_sent_from_the_number(
    admin: Client, acme: Tenant, acme_line: MessageSetting, inside: Any
) -> None:
    path = f"{BASE}messagesetting/{acme_line.pk}/send-test/"
    assert "This is a test message from Acme" in admin.get(path).content.decode()
    with inside(acme):
        assert not Message.objects.exists()

    answer = admin.post(
        path, {"_form_submitted": "True", "to": "(512) 555-0300", "text": "Testing"}
    )

    assert answer.status_code == 302
    with inside(acme):
        message = Message.objects.get()
        assert (message.sender, message.text) == (ACME_NUMBER, "Testing")


def test_a_refused_test_message_says_why(
    admin: Client, acme: Tenant, acme_line: MessageSetting, inside: Any
) -> None:
    with inside(acme):
        OptOut.objects.create(number="+15125550300")
    path = f"{BASE}messagesetting/{acme_line.pk}/send-test/"

    for to in ("(512) 555-0300", "12"):
        answer = admin.post(path, {"_form_submitted": "True", "to": to, "text": "Testing"})
        assert answer.status_code == 200
        assert answer.context["form"].errors["to"]
    with inside(acme):
        assert not Message.objects.exists()


def test_an_extension_user_sends_no_test(
    bob: User, signed_in: Any, acme_line: MessageSetting
) -> None:
    path = f"{BASE}messagesetting/{acme_line.pk}/send-test/"
    data = {"_form_submitted": "True", "to": "(512) 555-0300", "text": "Testing"}

    assert signed_in(bob).post(path, data).status_code == 403


def test_sms_mms_has_portsips_buttons(admin: Client, acme_configuration: SmsConfiguration) -> None:
    body = admin.get(f"{BASE}smsconfiguration/").content.decode()

    for label in ("Add", "Edit", "Delete", "Copy Webhook", "Test credentials", "Refresh"):
        assert label in body.split('class="tl-toolbar"')[1].split("tl-status")[0]
    assert "sip.example.com" in body
