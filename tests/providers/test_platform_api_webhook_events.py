"""The webhook log over the API, and the replay."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from providers.models import WebhookEvent

EVENTS = "/api/v1/webhook-events/"


@pytest.fixture
def platform(api, root) -> Client:
    return api(root)


def _event(key: int, payload: bytes = b"{}", **fields: Any) -> WebhookEvent:
    return WebhookEvent.objects.create(
        provider="bandwidth", dedupe_key=key.to_bytes(16), payload=payload, **fields
    )


def test_an_event_is_shown_as_received(platform, acme) -> None:
    event = _event(1, b'{"type": "message-received"}', type="message-received", tenant=acme)
    row = platform.get(EVENTS).json()["results"][0]
    assert row["id"] == event.pk
    assert (row["type"], row["state"], row["tenant"], row["error"]) == (
        "message-received",
        "pending",
        "acme",
        "",
    )
    assert row["payload"] == {"type": "message-received"}
    assert row["received_at"]


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (b"not json", "not json"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b'"\\ud800"', '"\\ud800"'),
        (b'{"a": NaN}', '{"a": NaN}'),
        (b"[" * 5000 + b"]" * 5000, "[" * 5000 + "]" * 5000),
        (b"1" * 5000, "1" * 5000),
        (b'{"a": "\\u0000"}', {"a": "\x00"}),
    ],
    ids=["text", "bytes", "surrogate", "nan", "deep", "huge-number", "nul"],
)
def test_whatever_came_can_be_shown(payload, shown, platform) -> None:
    event = _event(1, payload)
    response = platform.get(f"{EVENTS}{event.pk}/")
    assert response.status_code == 200
    assert response.json()["payload"] == shown


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=unrouted", {1}),
        ("type=message-delivered", {2}),
        ("tenant=acme", {2}),
        ("tenant=globex", set()),
        ("", {1, 2}),
    ],
)
def test_the_log_is_filtered(query, found, platform, acme) -> None:
    ids = {
        _event(1, state="unrouted").pk: 1,
        _event(2, type="message-delivered", tenant=acme).pk: 2,
    }
    rows = platform.get(f"{EVENTS}?{query}").json()["results"]
    assert {ids[row["id"]] for row in rows} == found


def test_an_unknown_state_is_a_field_error(platform) -> None:
    response = platform.get(f"{EVENTS}?state=lost")
    assert response.status_code == 400
    assert list(response.json()) == ["state"]


def test_a_replay_puts_the_event_back_into_the_queue(platform) -> None:
    event = _event(1, state="failed", attempts=5, error="broke")
    response = platform.post(f"{EVENTS}{event.pk}/replay/")
    assert response.status_code == 200
    assert response.json()["state"] == "pending"
    event.refresh_from_db()
    assert (event.state, event.attempts, event.error) == ("pending", 0, "")


def test_a_failed_event_is_discarded(platform) -> None:
    event = _event(1, state="failed", error="broke")
    response = platform.post(f"{EVENTS}{event.pk}/discard/")
    assert (response.status_code, response.json()["state"]) == (200, "discarded")
    event.refresh_from_db()
    assert (event.state, event.error) == ("discarded", "broke")


@pytest.mark.parametrize("state", ["pending", "processed", "discarded"])
def test_what_waits_or_is_done_is_not_discarded(state, platform) -> None:
    event = _event(1, state=state)
    response = platform.post(f"{EVENTS}{event.pk}/discard/")
    assert response.status_code == 409
    assert "can be discarded" in response.json()["detail"]
    event.refresh_from_db()
    assert event.state == state


def test_the_log_is_read_only(platform) -> None:
    event = _event(1)
    assert platform.delete(f"{EVENTS}{event.pk}/").status_code == 405
    assert platform.post(EVENTS, {}, content_type="application/json").status_code == 405
    assert platform.get(f"{EVENTS}{event.pk}/replay/").status_code == 405


def test_a_tenants_admin_sees_and_replays_nothing(api, alice, acme) -> None:
    event = _event(1, tenant=acme, state="failed")
    assert api(alice).get(EVENTS).status_code == 403
    assert api(alice).post(f"{EVENTS}{event.pk}/replay/").status_code == 403
    assert api(alice).post(f"{EVENTS}{event.pk}/discard/").status_code == 403
    event.refresh_from_db()
    assert event.state == "failed"
