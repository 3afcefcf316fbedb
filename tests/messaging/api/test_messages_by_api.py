"""`messages/`: reading, sending and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from messaging.models import Message, MessageSetting, OptOut

URL = "/t/acme/api/v1/messages/"
OURS = "+19195550101"
ANN = "+15125550301"
BEN = "+15125550302"


@pytest.fixture
def admin(api: Any, alice: Any, acme_line: MessageSetting) -> Client:
    return api(alice)


def _post(client: Client, **body: Any) -> Any:
    return client.post(URL, body, content_type="application/json")


def _stored(acme: Any, inside: Any) -> int:
    with inside(acme):
        return Message.objects.count()


def test_a_sent_message_is_answered_in_full(admin) -> None:
    answer = _post(admin, **{"from": OURS}, to=["(512) 555-0301"], text="Yes, 5pm")
    assert answer.status_code == 201
    made = answer.json()
    assert made["from"] == OURS
    assert made["to"] == [ANN]
    assert (made["text"], made["direction"], made["kind"]) == ("Yes, 5pm", "out", "sms")
    assert made["status"] == "queued"
    assert made["recipients"] == [{"number": ANN, "status": "queued", "error_code": ""}]
    assert set(made) == {
        "id",
        "conversation",
        "direction",
        "origin",
        "kind",
        "status",
        "from",
        "to",
        "text",
        "media",
        "segment_count",
        "encoding",
        "failure_reason",
        "error_code",
        "error_text",
        "provider_message_id",
        "created_at",
        "sent_at",
        "delivered_at",
        "scheduled_at",
        "expires_at",
        "outbound_rule",
        "broadcast",
        "recipients",
        "events",
        "warnings",
    }
    assert admin.get(f"{URL}{made['id']}/").json() == made


def test_a_single_recipient_may_come_bare_and_the_sender_be_left_out(admin) -> None:
    made = _post(admin, to="512-555-0301", text="Hi").json()
    assert (made["from"], made["to"]) == (OURS, [ANN])


def test_several_recipients_are_one_group(admin, acme, inside) -> None:
    made = _post(admin, to=[ANN, BEN], text="Hi all").json()
    assert made["to"] == [ANN, BEN]
    assert _stored(acme, inside) == 1


def test_sent_individually_each_gets_an_own_message(admin, acme, inside) -> None:
    answer = _post(admin, to=[BEN, ANN], text="Hi", send_individually=True)
    assert answer.status_code == 201
    assert [m["to"] for m in answer.json()["messages"]] == [[BEN], [ANN]]
    assert len({m["conversation"] for m in answer.json()["messages"]}) == 2
    assert _stored(acme, inside) == 2


def test_one_recipient_sent_individually_is_a_plain_answer(admin) -> None:
    assert _post(admin, to=[ANN], text="Hi", send_individually=True).json()["to"] == [ANN]


def test_one_refusal_refuses_the_whole_request(admin, acme, inside) -> None:
    with inside(acme):
        OptOut.objects.create(our_number=OURS, number=BEN)
    answer = _post(admin, to=[ANN, BEN], text="Hi", send_individually=True)
    assert answer.status_code == 422
    assert set(answer.json()) == {"code", "detail"}
    assert _stored(acme, inside) == 0


@pytest.mark.parametrize(
    "body",
    [
        {"to": ["123"], "text": "Hi"},
        {"to": [ANN], "text": "Hi", "from": "+13125550201"},
        {"to": [ANN], "text": "Hi", "media": ["93de2206-9669-4e07-948d-329f4b722ee2"]},
    ],
    ids=["no number", "another tenant's sender", "unknown media"],
)
def test_a_refusal_names_its_code_and_reason(admin, acme, inside, globex_number, body) -> None:
    answer = _post(admin, **body)
    assert answer.status_code == 422
    assert answer.json()["code"]
    assert answer.json()["detail"]
    assert _stored(acme, inside) == 0


def test_a_message_waits_for_its_time(admin) -> None:
    moment = (timezone.now() + timedelta(hours=2)).isoformat()
    made = _post(admin, to=[ANN], text="Later", scheduled_at=moment).json()
    assert made["status"] == "scheduled"
    canceled = admin.post(f"{URL}{made['id']}/cancel/")
    assert (canceled.status_code, canceled.json()["status"]) == (200, "canceled")
    assert admin.post(f"{URL}{made['id']}/cancel/").status_code == 422


def test_a_failed_message_is_retried_and_a_sent_one_is_not(admin, acme, make_message) -> None:
    failed = make_message(acme, "x", direction="out", status="failed", provider_message_id="")
    sent = make_message(acme, "y", direction="out")
    assert admin.post(f"{URL}{failed.pk}/retry/").status_code == 200
    refused = admin.post(f"{URL}{sent.pk}/retry/")
    assert refused.status_code == 422
    assert set(refused.json()) == {"code", "detail"}


def test_a_message_of_unknown_fate_is_retried_only_anyway(admin, acme, make_message) -> None:
    message = make_message(
        acme, "x", direction="out", status="unconfirmed", provider_message_id="bw-1"
    )
    path = f"{URL}{message.pk}/retry/"
    for body in ({}, {"anyway": False}):
        refused = admin.post(path, body, content_type="application/json")
        assert (refused.status_code, refused.json()["code"]) == (422, "confirm_needed")
    for body in ({"anyway": "perhaps"}, {"anyhow": True}):
        assert admin.post(path, body, content_type="application/json").status_code == 400
    again = admin.post(path, {"anyway": True}, content_type="application/json")
    assert (again.status_code, again.json()["status"]) == (200, "queued")


@pytest.mark.parametrize("anyway", [False, True])
def test_a_delivered_message_is_never_sent_again(admin, acme, make_message, anyway) -> None:
    message = make_message(acme, "x", direction="out", status="delivered")
    refused = admin.post(
        f"{URL}{message.pk}/retry/", {"anyway": anyway}, content_type="application/json"
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_state")


def test_a_sender_that_carriers_may_block_is_told_with_the_answer(
    admin, acme_number, make_message, acme
) -> None:
    assert _post(admin, to=[ANN], text="Hi").json()["warnings"] == []
    acme_number.registration = "pending"
    acme_number.registration_note = "Code 4773: The campaign is pending."
    acme_number.save()
    made = _post(admin, to=[ANN], text="Hi again").json()

    assert [warning["code"] for warning in made["warnings"]] == ["unregistered"]
    assert "Code 4773" in made["warnings"][0]["detail"]
    assert admin.get(f"{URL}{made['id']}/").json()["warnings"] == []


def test_an_inbound_message_is_to_our_number(admin, acme, make_message) -> None:
    message = make_message(acme, "Hi")
    read = admin.get(f"{URL}{message.pk}/").json()
    assert (read["from"], read["to"], read["recipients"]) == ("+15125550300", [OURS], [])
    assert [event["status"] for event in read["events"]] == ["received"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["out to Ben", "in from Ann"]),
        ("?direction=in", ["in from Ann"]),
        ("?status=sent", ["out to Ben"]),
        ("?number=%2B15125550301", ["in from Ann"]),
        ("?number=(512) 555-0302", ["out to Ben"]),
        ("?number=9195550101", ["out to Ben", "in from Ann"]),
        ("?provider_message_id=id-of-ben", ["out to Ben"]),
        ("?q=FROM", ["in from Ann"]),
        ("?q=ann+fro", ["in from Ann"]),
        ("?q=0302", ["out to Ben"]),
        ("?q=id-of-ben-1", []),
        ("?q=%27+%26+%7C%21%28", []),
        ("?after=2020-01-02T00:00:00Z", ["out to Ben"]),
        ("?before=2020-01-02T00:00:00Z", ["in from Ann"]),
        ("?after=2020-01-01T00:00:00Z&before=2020-01-01T00:00:01Z", []),
    ],
)
def test_the_list_is_narrowed(admin, acme, make_message, query, found) -> None:
    long_ago = timezone.datetime.fromisoformat("2020-01-01T12:00:00+00:00")
    make_message(acme, "in from Ann", others=(ANN,), at=long_ago)
    make_message(
        acme, "out to Ben", direction="out", others=(BEN,), provider_message_id="id-of-ben"
    )
    answer = admin.get(URL + query)
    assert [row["text"] for row in answer.json()["results"]] == found


@pytest.mark.parametrize(
    "query",
    ["direction=up", "status=lost", "number=x", "after=2026-13-45", "before=soon"],
)
def test_a_wrong_filter_is_a_field_error(admin, query) -> None:
    answer = admin.get(f"{URL}?{query}")
    assert answer.status_code == 400
    assert list(answer.json()) == [query.split("=")[0]]


def test_an_extension_user_reaches_the_own_messages_only(api, bob, acme, make_message) -> None:
    mine = make_message(acme, "mine", others=(ANN,), extension="101")
    other = make_message(acme, "not mine", direction="out", others=(BEN,), extension="102")
    client = api(bob)
    assert [row["id"] for row in client.get(URL).json()["results"]] == [str(mine.pk)]
    assert client.get(f"{URL}{other.pk}/").status_code == 404
    assert client.post(f"{URL}{other.pk}/retry/").status_code == 404
    assert client.post(f"{URL}{other.pk}/cancel/").status_code == 404


def test_a_scheduled_message_is_changed_and_sent_before_its_time(admin) -> None:
    moment, other = timezone.now() + timedelta(hours=2), timezone.now() + timedelta(hours=5)
    path = f"{URL}{_post(admin, to=[ANN], text='Later', scheduled_at=moment).json()['id']}/"
    body = {"text": "Even later", "scheduled_at": other.isoformat()}
    changed = admin.patch(path, body, content_type="application/json")
    assert changed.status_code == 200
    assert (changed.json()["text"], changed.json()["status"]) == ("Even later", "scheduled")
    assert timezone.datetime.fromisoformat(changed.json()["scheduled_at"]) == other
    assert [row["text"] for row in admin.get(f"{URL}?status=scheduled").json()["results"]] == [
        "Even later"
    ]
    assert admin.post(f"{path}send-now/").json()["status"] == "queued"
    refused = admin.patch(path, {"text": "x"}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_state")


def test_the_expiry_of_a_scheduled_message_is_moved_and_taken_away(admin) -> None:
    moment, end = timezone.now() + timedelta(hours=2), timezone.now() + timedelta(hours=3)
    made = _post(admin, to=[ANN], text="Later", scheduled_at=moment, expires_at=end).json()

    def change(**body: object) -> HttpResponse:
        return admin.patch(f"{URL}{made['id']}/", body, content_type="application/json")

    kept = change(text="Even later").json()
    assert kept["expires_at"] == made["expires_at"]
    later = end + timedelta(hours=5)
    refused = change(scheduled_at=end.isoformat())
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_time")
    moved = change(scheduled_at=end.isoformat(), expires_at=later.isoformat()).json()
    assert timezone.datetime.fromisoformat(moved["expires_at"]) == later
    assert moved["events"][-1]["detail"].endswith(": another time and another expiry")
    assert change(expires_at=None).json()["expires_at"] is None
    assert change(expires_at="soon").json() == {"expires_at": [mock.ANY]}


def test_what_is_not_scheduled_or_not_theirs_is_not_changed(
    admin, api, bob, gina, acme, globex_line, make_message
) -> None:
    moment = timezone.now() + timedelta(hours=2)
    other = make_message(
        acme, "x", direction="out", extension="102", status="scheduled", scheduled_at=moment
    )
    for client, path in (
        (api(bob), f"{URL}{other.pk}/"),
        (api(gina), f"/t/globex/api/v1/messages/{other.pk}/"),
    ):
        for answer in (
            client.patch(path, {"text": "y"}, content_type="application/json"),
            client.post(f"{path}send-now/"),
            client.post(f"{path}cancel/"),
        ):
            assert answer.status_code == 404
    assert admin.get(f"{URL}{other.pk}/").json()["text"] == "x"
