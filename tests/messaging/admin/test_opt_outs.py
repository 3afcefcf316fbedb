"""The opt-out list: adding, and releasing with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from auditlog.models import LogEntry
from django.test import Client

from messaging.consent.optouts import is_opted_out
from messaging.models import OptOut
from tenants.models import PhoneNumber, Tenant, User
from tests.conftest import ACME_NUMBER, CUSTOMER

LIST = "/t/acme/messaging/optout/"


@pytest.fixture
def refused(acme: Tenant, inside: Any) -> OptOut:
    """A customer who texts from nobody at Acme any more."""
    with inside(acme):
        return OptOut.objects.create(number=CUSTOMER, source="keyword")


@pytest.mark.parametrize("ours", ["", ACME_NUMBER], ids=["any number", "one number"])
def test_an_opt_out_is_added_once(
    ours: str, admin: Client, acme: Tenant, acme_number: PhoneNumber, inside: Any
) -> None:
    admin.post(f"{LIST}add/", {"number": "(512) 555-0300", "our_number": ours})

    with inside(acme):
        assert is_opted_out(ACME_NUMBER, CUSTOMER)
        assert OptOut.objects.get().source == "manual"
    again = admin.post(f"{LIST}add/", {"number": CUSTOMER, "our_number": ours})
    assert "opted out already" in again.content.decode()


def test_releasing_needs_a_reason_which_is_kept(
    admin: Client, acme: Tenant, refused: OptOut, inside: Any
) -> None:
    path = f"{LIST}{refused.pk}/release/"
    assert (
        "Say why they may be texted again."
        in admin.post(path, {"_form_submitted": "True", "reason": " "}).content.decode()
    )
    with inside(acme):
        assert is_opted_out(ACME_NUMBER, CUSTOMER)

    admin.post(path, {"_form_submitted": "True", "reason": "Asked by phone"})

    with inside(acme):
        assert not is_opted_out(ACME_NUMBER, CUSTOMER)
        entry = LogEntry.objects.filter(action=LogEntry.Action.DELETE).latest("timestamp")
        assert "Asked by phone" in str(entry.additional_data)


def test_looking_at_the_question_releases_nobody(
    admin: Client, acme: Tenant, refused: OptOut, inside: Any
) -> None:
    assert admin.get(f"{LIST}{refused.pk}/release/").status_code == 200

    with inside(acme):
        assert OptOut.objects.exists()


def test_many_are_released_with_one_reason(
    admin: Client, acme: Tenant, refused: OptOut, inside: Any
) -> None:
    with inside(acme):
        OptOut.objects.create(number="+15125550301")
        keys = list(OptOut.objects.values_list("pk", flat=True))
    data = {"action": "release", "_selected_action": keys}

    asked = admin.post(LIST, data)
    assert "Release 2 opt-outs" in asked.content.decode()
    admin.post(LIST, {**data, "step": "apply", "reason": ""})
    with inside(acme):
        assert OptOut.objects.count() == 2

    admin.post(LIST, {**data, "step": "apply", "reason": "Wrong list imported"})

    with inside(acme):
        assert not OptOut.objects.exists()


def test_there_is_no_way_round_the_reason(
    admin: Client, acme: Tenant, refused: OptOut, inside: Any
) -> None:
    assert admin.post(f"{LIST}{refused.pk}/delete/", {"post": "yes"}).status_code == 403
    admin.post(LIST, {"action": "delete_chosen", "_selected_action": refused.pk, "step": "apply"})

    with inside(acme):
        assert OptOut.objects.exists()


def test_others_release_nobody(
    bob: User, gina: User, signed_in: Any, acme: Tenant, refused: OptOut, inside: Any
) -> None:
    for person in (bob, gina):
        answer = signed_in(person).post(
            f"{LIST}{refused.pk}/release/", {"_form_submitted": "True", "reason": "x"}
        )
        assert answer.status_code == 403
    with inside(acme):
        assert OptOut.objects.exists()
