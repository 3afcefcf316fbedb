"""What stands above a page and on its tab: the words of the menu."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from messaging.conversations import conversation_with
from messaging.models import Contact, Message
from tenants.models import Tenant
from tests.conftest import ACME_NUMBER, CUSTOMER

BASE = "/t/acme/"


def _heading(page: Any) -> list[str]:
    body = page.content.decode()
    shown = re.search(r"<h1[^>]*>(.*?)</h1>", body, re.DOTALL)
    assert shown is not None
    parts = re.findall(r'truncate tracking-tight">(.*?)</', shown[1], re.DOTALL)
    return [html.unescape(part).strip() for part in parts]


def _tab(page: Any) -> str:
    found = re.search(r"<title>(.*?)</title>", page.content.decode(), re.DOTALL)
    assert found is not None
    return html.unescape(" ".join(found[1].split()))


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("", "Dashboard"),
        ("messaging/message/", "Message log"),
        ("messaging/scheduledmessage/", "Scheduled"),
        ("messaging/smsconfiguration/", "SMS/MMS"),
        ("messaging/messagesetting/", "Message Settings"),
        ("tenants/membership/", "Users"),
        ("tenants/apikey/", "API keys"),
        ("auditlog/logentry/", "Audit"),
        ("tenants/accessentry/", "Visits by system admins"),
    ],
)
def test_a_list_is_called_as_in_the_menu(admin: Client, path: str, heading: str) -> None:
    page = admin.get(BASE + path)

    assert _heading(page) == [heading]
    assert _tab(page) == f"{heading} | Acme Dental Group"


def test_a_row_is_named_for_people(admin: Client, acme: Tenant, inside: Any) -> None:
    now = timezone.now()
    with inside(acme):
        Contact.objects.create(number=CUSTOMER, name="Cleo")
        conversation = conversation_with(ACME_NUMBER, [CUSTOMER], at=now)
        message = Message.objects.create(
            conversation=conversation,
            direction="out",
            status="scheduled",
            sender=ACME_NUMBER,
            text="Later",
            created_at=now,
            scheduled_at=now + timedelta(days=1),
        )

    scheduled = _heading(admin.get(f"{BASE}messaging/scheduledmessage/{message.pk}/change/"))
    logged = _heading(admin.get(f"{BASE}messaging/message/{message.pk}/change/"))

    assert scheduled == ["Scheduled", "To Cleo"]
    assert logged[0] == "Message log"
    assert logged[1].startswith("To Cleo, ")


@pytest.mark.parametrize(
    ("path", "title", "way_on"),
    [
        ("messaging/scheduledmessage/", "Nothing is scheduled", "Write a message"),
        ("tenants/apikey/", "No API key yet", "Add"),
        ("tenants/invitation/", "Nobody is invited", "Invite"),
        ("tenants/accessentry/", "No visit yet", ""),
    ],
)
def test_an_empty_list_says_what_it_is_for(
    admin: Client, path: str, title: str, way_on: str
) -> None:
    body = admin.get(BASE + path).content.decode()

    empty = body[body.index("tl-empty") :]
    assert title in empty
    assert way_on in empty
