"""Inbound rules out of a CSV file and into one."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from messaging.models import Extension, InboundRule, MessageSetting, RingGroup
from tenants.models import PhoneNumber, Tenant

HEAD = "Name,Trunk,Numbers,Callers,Goes to,Out of office\n"
DESK = "Desk,Bandwidth,(919) 555-0101,512-555-****,101; group 600; a@acme.example,nobody\n"


@pytest.fixture(autouse=True)
def _group(acme: Tenant, acme_line: MessageSetting) -> None:
    with tenant_context(acme):
        RingGroup.objects.create(number="600", name="Sales")


def test_rules_are_added_changed_and_left(
    bring: Callable[..., Any], look: Callable[..., Any], acme: Tenant
) -> None:
    assert bring("inboundrule", HEAD + DESK).status_code == 302
    with tenant_context(acme):
        rule = InboundRule.objects.get()
        assert rule.caller_mask == "+1512555****"
        assert rule.targets.filter(when="open").count() == 3
        assert rule.targets.get(when="closed").kind == "nobody"
        rule.advanced_routes.create(name="Kept", days="1")

    assert look("inboundrule", HEAD + DESK).context["counts"]["unchanged"] == 1
    changed = "Name,Goes to,Enabled\nDesk,same,no\n"
    assert bring("inboundrule", changed).status_code == 302

    with tenant_context(acme):
        rule = InboundRule.objects.get()
        assert not rule.enabled
        assert [t.kind for t in rule.targets.filter(when="open")] == ["same"]
        assert rule.targets.get(when="closed").kind == "nobody"
        assert rule.advanced_routes.get().name == "Kept"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Desk,Moon,+19195550101,,101,", "there is no trunk “Moon”"),
        ("Desk,Bandwidth,+13125550201,,101,", "not yours"),
        ("Desk,Bandwidth,+19195550101,x!,101,", "is no caller"),
        ("Desk,Bandwidth,+19195550101,,999,", "neither an extension nor a ring group"),
        ("Desk,Bandwidth,+19195550101,,300-305,", "same size"),
        ("Desk,Bandwidth,+19195550101,,a@b,", "not an e-mail address"),
        ("Desk,Bandwidth,+19195550101,,,", "Say where the texts go"),
        ("Desk,Bandwidth,+19195550101,,101,nobody;same", "at once"),
    ],
)
def test_what_is_wrong_is_said_by_row(
    look: Callable[..., Any], globex_number: PhoneNumber, line: str, words: str
) -> None:
    problems = [str(each) for each in look("inboundrule", HEAD + line).context["outcome"].problems]
    assert len(problems) == 1
    assert problems[0].startswith("Row 2")
    assert words in problems[0]


def test_what_is_exported_can_be_imported(
    bring: Callable[..., Any], look: Callable[..., Any], admin: Client, acme: Tenant
) -> None:
    bring("inboundrule", HEAD + DESK)
    with tenant_context(acme):
        Extension.objects.create(number="102")
    answer = admin.get("/t/acme/messaging/inboundrule/export/")
    data = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    (row,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    assert row["Goes to"] == "101; group 600; a@acme.example"
    assert row["Out of office"] == "nobody"
    assert look("inboundrule", data).context["counts"] == {"new": 0, "changed": 0, "unchanged": 1}
