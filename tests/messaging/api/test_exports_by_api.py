"""Exports and usage by the API: for admins of the tenant, and nobody else."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from messaging.conversations import conversation_with
from messaging.exports import writer
from messaging.models import Export, Message, MessageEvent
from tenants.models import Tenant, User
from tests.conftest import ACME_NUMBER, CUSTOMER

EXPORTS = "/t/acme/api/v1/exports/"
USAGE = "/t/acme/api/v1/usage/"


def _say(**columns: Any) -> Message:
    now = timezone.now()
    values = {"direction": "in", "status": "received", "created_at": now, **columns}
    return Message.objects.create(
        conversation=conversation_with(ACME_NUMBER, [CUSTOMER], at=now),
        sender=CUSTOMER,
        text="Hello",
        **values,
    )


def test_an_export_is_asked_for_watched_and_read(
    api: Any, alice: User, acme: Tenant, inside: Any
) -> None:
    client = api(alice)
    with inside(acme):
        _say()
        _say(direction="out", status="failed")

    body = {"filters": {"direction": "in", "our_number": "(919) 555-0101"}}
    made = client.post(EXPORTS, body, content_type="application/json")
    assert made.status_code == 201, made.content
    key = made.json()["id"]
    assert made.json()["filters_in_words"] == [
        "Direction: Received",
        "Our number: (919) 555-0101",
    ]
    assert client.get(f"{EXPORTS}{key}/file/").status_code == 404
    with inside(acme):
        writer.run(key)

    assert client.get(f"{EXPORTS}{key}/").json()["state"] == "done"
    assert client.get(EXPORTS).json()["count"] == 1
    lines = b"".join(client.get(f"{EXPORTS}{key}/file/").streaming_content).decode().splitlines()
    assert len(lines) == 2
    assert client.delete(f"{EXPORTS}{key}/").status_code == 204
    assert client.get(f"{EXPORTS}{key}/").status_code == 404


def test_a_wrong_filter_is_named(api: Any, alice: User, acme: Tenant, inside: Any) -> None:
    body = {"filters": {"from": "yesterday", "stauts": "failed"}}
    answer = api(alice).post(EXPORTS, body, content_type="application/json")
    assert answer.status_code == 400
    assert "stauts" in answer.json()["filters"]

    answer = api(alice).post(
        EXPORTS, {"filters": {"from": "yesterday"}}, content_type="application/json"
    )
    assert "is not a date" in answer.json()["filters"]["from"][0]
    with inside(acme):
        assert not Export.objects.exists()


def test_others_get_nothing(
    api: Any, alice: User, bob: User, gina: User, acme: Tenant, inside: Any
) -> None:
    with inside(acme):
        export = Export.objects.create(kind="messages", user=alice)
        writer.run(export.pk)
    for other in (bob, gina):
        client = api(other)
        for path in (EXPORTS, f"{EXPORTS}{export.pk}/", f"{EXPORTS}{export.pk}/file/", USAGE):
            assert client.get(path).status_code == 403, path
        assert client.post(EXPORTS, {}, content_type="application/json").status_code == 403
    elsewhere = f"/t/globex/api/v1/exports/{export.pk}/"
    assert api(gina).get(elsewhere).status_code == 404
    assert api(gina).get(f"{elsewhere}file/").status_code == 404
    assert api(gina).get("/t/globex/api/v1/exports/").json()["count"] == 0


def test_usage_is_told_day_by_day(api: Any, alice: User, acme: Tenant, inside: Any) -> None:
    with inside(acme):
        _say()
        _say(direction="out", status="delivered", segment_count=3)

    answer = api(alice).get(USAGE).json()

    assert answer["count"] == 30
    today = answer["results"][0]
    assert {name: today[name] for name in ("received", "sent", "delivered", "segments")} == {
        "received": 1,
        "sent": 1,
        "delivered": 1,
        "segments": 3,
    }


def test_usage_refuses_impossible_spans(api: Any, alice: User) -> None:
    client = api(alice)
    for query in (
        "from=x",
        "from=2026-02-02&to=2026-02-01",
        "from=2020-01-01&to=2026-01-01",
        "until=2026-01-01",
        "to=0001-01-01",
    ):
        assert client.get(f"{USAGE}?{query}").status_code == 400, query
    assert client.get(f"{USAGE}?from=2026-02-01&to=2026-02-02").json()["count"] == 2


def test_an_event_is_told_in_words(api: Any, alice: User, acme: Tenant, inside: Any) -> None:
    with inside(acme):
        message = _say(direction="out", status="failed")
        MessageEvent.objects.create(
            message=message, at=timezone.now(), status="failed", error_code="4770", detail="Spam."
        )

    (event,) = api(alice).get(f"/t/acme/api/v1/messages/{message.pk}/").json()["events"]

    assert event["words"] == "Failed: Spam (code 4770)."
