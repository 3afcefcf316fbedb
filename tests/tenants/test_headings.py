"""Headings and tabs carry the menu's words, in both portals."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tenants import invitations

SYSTEM = [
    ("tenants/tenant/", "Tenants"),
    ("tenants/phonenumber/", "Phone numbers"),
    ("tenants/user/", "Users"),
    ("tenants/apikey/", "API keys"),
    ("providers/webhookevent/", "Webhook log"),
    ("tenants/accessentry/", "Access log"),
    ("auditlog/logentry/", "Audit"),
]
TENANT = [("tenants/membership/", "Users"), ("messaging/optout/", "Opt-outs")]


def _heading(page: str) -> str:
    found = re.search(r"<h1.*?</h1>", page, re.DOTALL)
    assert found
    text = re.sub(r"<span class=\"material-symbols.*?</span>", "/", found.group())
    return " ".join(re.sub(r"<[^>]+>", "", text).split())


@pytest.mark.parametrize(("path", "words"), SYSTEM)
def test_lists_of_the_system_portal_are_called_as_in_the_menu(path, words, signed_in, root) -> None:
    page = signed_in(root).get(f"/system/{path}").content.decode()
    assert _heading(page) == words
    assert f"{words} | Trunkline" in page


@pytest.mark.parametrize(("path", "words"), TENANT)
def test_lists_of_a_tenant_are_called_as_in_the_menu(path, words, signed_in, alice) -> None:
    page = signed_in(alice).get(f"/t/acme/{path}").content.decode()
    assert _heading(page) == words


def test_a_row_stands_below_its_list(signed_in, root, acme) -> None:
    invited = invitations.invite("nina@example.com", tenant=acme, by=root)
    page = signed_in(root).get(f"/system/tenants/invitation/{invited.pk}/change/")
    text = page.content.decode()
    assert _heading(text) == "Invitations / nina@example.com"
    assert "nina@example.com · Invitations | Trunkline" in text
    assert "Being sent" in text
    assert "(&#x27;" not in text


@pytest.mark.parametrize(("query", "shown"), [("", False), ("?q=ann", True)], ids=["all", "some"])
def test_filters_are_cleared_where_there_are_some(
    query: str, shown: Any, signed_in: Any, root: Any
) -> None:
    page = signed_in(root).get(f"/system/tenants/user/{query}").content.decode()
    assert ("Clear filters" in page) is shown
