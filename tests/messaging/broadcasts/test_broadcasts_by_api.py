"""Broadcasts by the API: made, started, watched and stopped, by admins of the own tenant only."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from messaging.broadcasts import runner
from messaging.models import Broadcast, Contact, Message, MessageSetting, OptOut
from tenants.models import PhoneNumber, Tenant, User
from tests.conftest import ACME_NUMBER, GLOBEX_NUMBER
from tests.messaging.broadcasts.conftest import numbers

URL = "/t/acme/api/v1/broadcasts/"
BODY = {"name": "Closed", "from": ACME_NUMBER, "text": "We are closed.", "numbers": numbers(3)}


@pytest.fixture
def admin(alice: User, acme: Tenant, acme_line: MessageSetting, api: Any) -> Client:
    return api(alice)  # type: ignore[no-any-return]


def post(client: Client, address: str, **body: Any) -> Any:
    return client.post(address, body, content_type="application/json")


def test_one_is_made_started_and_read(admin: Client, acme: Tenant, inside: Any) -> None:
    made = post(admin, URL, **BODY)
    assert made.status_code == 201, made.json()
    body = made.json()
    assert (body["from"], body["state"], body["counts"]["total"]) == (ACME_NUMBER, "draft", 3)

    one = f"{URL}{body['id']}/"
    assert post(admin, f"{one}start/").json()["state"] == "running"
    with inside(acme):
        OptOut.objects.create(our_number=None, number=numbers(3)[0], source="manual")
        runner.run(Broadcast.objects.get().pk)
    counts = admin.get(one).json()["counts"]
    assert (counts["queued"], counts["skipped"], counts["pending"]) == (2, 1, 0)
    people = admin.get(f"{one}recipients/").json()["results"]
    assert [(p["state"], p["status"]) for p in people] == [
        ("skipped", ""), ("written", "queued"), ("written", "queued"),
    ]  # fmt: skip
    assert people[0]["reason"].startswith("Opted out")
    assert post(admin, f"{one}pause/").json()["state"] == "paused"
    assert post(admin, f"{one}resume/").json()["state"] == "running"
    assert post(admin, f"{one}cancel/").json()["counts"]["canceled"] == 2


@pytest.mark.parametrize(
    ("choice", "count"),
    [
        ({"tag": "VIP"}, 1),
        ({"all_contacts": True}, 2),
        ({"recipients": [{"number": "(512) 555-0301", "fields": {"due": "May 3"}}]}, 1),
    ],
    ids=["tag", "all", "with values"],
)
def test_recipients_are_chosen_one_way(
    admin: Client, acme: Tenant, inside: Any, choice: dict[str, Any], count: int
) -> None:
    with inside(acme):
        Contact.objects.create(number="+15125550301", name="Dana", tags=["vip"])
        Contact.objects.create(number="+15125550302", name="Bo")
    body = {name: value for name, value in BODY.items() if name != "numbers"}
    made = post(admin, URL, **body, **choice)
    assert made.status_code == 201, made.json()
    assert made.json()["counts"]["total"] == count


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"numbers": ["12"]}, "numbers"),
        ({"numbers": []}, "recipients"),
        ({"tag": "vip"}, "tag"),
        ({"text": "x" * 2049}, "text"),
        ({"froom": ACME_NUMBER}, "froom"),
        ({"from": GLOBEX_NUMBER}, "from"),
        ({"from": "+19195550999"}, "from"),
        ({"from": "?"}, "from"),
    ],
    ids=[
        "no number",
        "nobody",
        "two ways",
        "too long",
        "misspelt",
        "another tenant's",
        "nobody's",
        "no sender",
    ],
)
def test_what_is_wrong_is_told_by_its_field(
    admin: Client, globex_number: PhoneNumber, changes: dict[str, Any], field: str
) -> None:
    answer = post(admin, URL, **{**BODY, **changes})
    assert answer.status_code == 400
    assert field in answer.json()


def test_the_sender_stays_one_of_the_own_numbers(admin: Client, globex_number: PhoneNumber) -> None:
    one = f"{URL}{post(admin, URL, **BODY).json()['id']}/"
    answer = admin.patch(one, {"from": GLOBEX_NUMBER}, content_type="application/json")
    assert (answer.status_code, list(answer.json())) == (400, ["from"])
    assert admin.patch(one, {"from": "919-555-0101"}, content_type="application/json").json()[
        "from"
    ] == (ACME_NUMBER)


def test_what_is_scheduled_can_be_a_draft_again(admin: Client) -> None:
    one = f"{URL}{post(admin, URL, **BODY).json()['id']}/"
    post(admin, f"{one}start/", scheduled_at="2026-12-24T09:00:00Z")
    body = post(admin, f"{one}unschedule/").json()
    assert (body["state"], body["scheduled_at"]) == ("draft", None)
    assert post(admin, f"{one}unschedule/").status_code == 422


def test_the_failed_are_copied_once_it_is_over(admin: Client, acme: Tenant, inside: Any) -> None:
    one = f"{URL}{post(admin, URL, **BODY).json()['id']}/"
    assert post(admin, f"{one}copy-failed/").json()["code"] == "invalid_state"
    post(admin, f"{one}start/")
    with inside(acme):
        runner.run(Broadcast.objects.get().pk)
        failed = Message.objects.filter(recipients__number=numbers(3)[0])
        Message.objects.filter(pk__in=failed).update(status="failed")
    narrowed = admin.get(f"{one}recipients/?status=failed").json()
    assert [each["number"] for each in narrowed["results"]] == [numbers(3)[0]]
    assert admin.get(f"{one}recipients/?state=skipped").json()["count"] == 0
    assert "state" in admin.get(f"{one}recipients/?state=x").json()
    sent = admin.get(f"/t/acme/api/v1/messages/?origin=broadcast&broadcast={one.split('/')[-2]}")
    assert sent.json()["count"] == 3
    assert {message["broadcast"] for message in sent.json()["results"]} == {one.split("/")[-2]}
    post(admin, f"{one}cancel/")
    copied = post(admin, f"{one}copy-failed/")
    assert copied.status_code == 201
    assert (copied.json()["state"], copied.json()["counts"]["total"]) == ("draft", 1)


def test_scheduled_it_can_be_changed_and_started_it_cannot(admin: Client) -> None:
    one = f"{URL}{post(admin, URL, **BODY).json()['id']}/"
    at = "2026-12-24T09:00:00Z"
    assert post(admin, f"{one}start/", scheduled_at=at).json()["state"] == "scheduled"
    changed = admin.patch(one, {"text": "Merry!"}, content_type="application/json")
    assert changed.json()["text"] == "Merry!"
    assert post(admin, f"{one}start/").json()["state"] == "running"
    refused = admin.patch(one, {"text": "Late"}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_state")
    assert admin.delete(one).status_code == 422


def test_extension_users_and_other_tenants_have_no_broadcasts(
    admin: Client, bob: User, gina: User, api: Any
) -> None:
    made = post(admin, URL, **BODY).json()["id"]
    for client in (api(bob), api(gina)):
        assert client.get(URL).status_code in (403, 404)
        assert post(client, f"{URL}{made}/start/").status_code in (403, 404)
    other = api(gina).get(f"/t/globex/api/v1/broadcasts/{made}/")
    assert other.status_code == 404


def test_a_long_list_asks_no_more_than_a_short_one(admin: Client) -> None:
    found = []
    for _ in range(2):
        for _ in range(5):
            post(admin, URL, **BODY)
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(URL).status_code == 200
        found.append(len(captured))
    assert found[0] == found[1] <= 12


def test_the_sending_policy_is_read_and_changed(admin: Client, bob: User, api: Any) -> None:
    policy = "/t/acme/api/v1/sending-policy/"
    assert admin.get(policy).json() == {
        "unregistered": "warn", "quiet_hours": False, "quiet_from": "21:00:00",
        "quiet_until": "08:00:00", "expire_hours": 24, "sender_name": "",
    }  # fmt: skip
    body = {"quiet_hours": True, "quiet_from": "20:00", "sender_name": "Acme"}
    assert admin.patch(policy, body, content_type="application/json").status_code == 200
    assert admin.get(policy).json()["quiet_from"] == "20:00:00"
    for clock in ("20:00:00Z", "25:00", "soon"):
        wrong = admin.patch(policy, {"quiet_from": clock}, content_type="application/json")
        assert (wrong.status_code, list(wrong.json())) == (400, ["quiet_from"])
    same = {"quiet_until": "20:00"}
    assert admin.patch(policy, same, content_type="application/json").status_code == 400
    assert api(bob).get(policy).status_code == 403
