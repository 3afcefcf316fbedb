"""The ledger, the answers to STOP and the auto-replies by the API."""

from __future__ import annotations

from typing import Any

import pytest

from messaging.consent import ledger
from messaging.models import AutoReply, BusinessHours, ConsentEntry, ConsentTexts
from tests.conftest import ACME_NUMBER, CUSTOMER, GLOBEX_NUMBER

AT = "/t/acme/api/v1"
CONSENT, TEXTS, REPLIES = f"{AT}/consent/", f"{AT}/consent-texts/", f"{AT}/auto-replies/"
JSON = "application/json"


def test_opt_out_and_release_by_a_program_are_in_the_ledger(
    api, alice, acme, acme_number, inside
) -> None:
    client = api(alice)
    wanted = {"number": CUSTOMER, "our_number": ACME_NUMBER, "reason": "Booking system"}
    made = client.post(f"{AT}/opt-outs/", wanted, content_type=JSON).json()
    assert "reason" not in made
    client.delete(f"{AT}/opt-outs/{made['id']}/?reason=Asked+again")

    newest, oldest = client.get(CONSENT).json()["results"]
    assert (oldest["action"], oldest["source"], oldest["detail"]) == (
        "opt_out",
        "manual",
        "Booking system",
    )
    assert (newest["action"], newest["detail"]) == ("opt_in", "Asked again")
    assert newest["by"] == "alice@acme.example"
    assert newest["our_number"] == ACME_NUMBER


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("q=0300", 2),
        ("number=%2B15125550301", 1),
        ("our_number=%2B19195550101", 1),
        ("action=opt_in", 1),
        ("source=import", 1),
        ("after=2100-01-01T00:00:00Z", 0),
        ("before=2100-01-01T00:00:00Z", 3),
    ],
)
def test_ledger_is_narrowed(api, alice, acme, inside, query: str, count: int) -> None:
    with inside(acme):
        out, back = ConsentEntry.Action.OPT_OUT, ConsentEntry.Action.OPT_IN
        ledger.note(out, CUSTOMER, our_number=None, source="manual")
        ledger.note(back, CUSTOMER, our_number=ACME_NUMBER, source="keyword")
        ledger.note(out, "+15125550301", our_number=None, source="import")
    assert api(alice).get(f"{CONSENT}?{query}").json()["count"] == count


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_ledger_is_read_only(api, alice, method: str) -> None:
    assert getattr(api(alice), method)(CONSENT, {}, content_type=JSON).status_code == 405


def test_texts_are_read_and_changed(api, alice, acme, inside) -> None:
    client = api(alice)
    before = client.get(TEXTS).json()
    assert before["stop_text"] == ""
    assert before["answers"]["stop"].startswith("Acme Dental Group: You have opted out")

    change = {"help_text": "Call us.", "answers_start": False}
    after = client.patch(TEXTS, change, content_type=JSON).json()

    assert (after["answers"]["help"], after["answers"]["start"]) == ("Call us.", None)
    with inside(acme):
        assert ConsentTexts.objects.get().help_text == "Call us."
    assert client.patch(TEXTS, {"halp_text": "x"}, content_type=JSON).status_code == 400
    assert client.patch(TEXTS, {"help_text": "x" * 321}, content_type=JSON).status_code == 400


def test_answer_that_is_a_consent_word_is_a_400(api, alice, acme, inside) -> None:
    change = {"stop_text": "Stop.", "start_text": "You are back.", "help_text": "info?"}
    answer = api(alice).patch(TEXTS, change, content_type=JSON)
    assert answer.status_code == 400
    assert list(answer.json()) == ["stop_text", "help_text"]
    assert "Write a sentence." in answer.json()["stop_text"][0]
    with inside(acme):
        assert not ConsentTexts.objects.exists()


def test_auto_reply_is_added_changed_and_removed(api, alice, acme, acme_number, inside) -> None:
    client = api(alice)
    with inside(acme):
        hours = BusinessHours.objects.create(name="Office").pk
    wanted = {"name": "Closed", "kind": "closed", "text": "Closed.", "our_number": "9195550101"}
    made = client.post(REPLIES, {**wanted, "hours": hours}, content_type=JSON).json()
    assert (made["our_number"], made["hours"], made["window_hours"]) == (ACME_NUMBER, hours, 12)
    address = f"{REPLIES}{made['id']}/"

    assert client.patch(address, {"enabled": False}, content_type=JSON).json()["enabled"] is False
    assert client.delete(address).status_code == 204
    with inside(acme):
        assert not AutoReply.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "never"}, "kind"),
        ({"text": " "}, "text"),
        ({"text": "HELP"}, "text"),
        ({"window_hours": 0}, "window_hours"),
        ({"our_number": GLOBEX_NUMBER}, "our_number"),
        ({"hours": 999_999}, "hours"),
        ({"name": "Taken"}, "name"),
        ({"when": "closed"}, "when"),
    ],
)
def test_auto_reply_that_cannot_be_is_a_400(
    api, alice, acme, globex_number, inside, changes: Any, field: str
) -> None:
    with inside(acme):
        AutoReply.objects.create(name="Taken", kind="closed", text="x")
    wanted = {"name": "Closed", "kind": "closed", "text": "Closed.", **changes}
    answer = api(alice).post(REPLIES, wanted, content_type=JSON)
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


@pytest.mark.parametrize("address", [CONSENT, TEXTS, REPLIES])
def test_only_the_tenants_admins_may_look(api, bob, gina, address: str) -> None:
    assert api(bob).get(address).status_code == 403
    assert api(gina).get(address).status_code in (403, 404)
