"""Unrouted texts by number over the API: seen, replayed, put aside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client

from providers.models import WebhookEvent
from tenants.models import PhoneNumber

NUMBERS = "/api/v1/unrouted-numbers/"
AS_JSON = "application/json"
PAYLOADS = Path(__file__).parent / "payloads/bandwidth/webhooks"


@pytest.fixture
def platform(api, root) -> Client:
    return api(root)


def _event(key: int, number: str = "+19195550177") -> WebhookEvent:
    payload = json.loads((PAYLOADS / "inbound_sms.json").read_text())[0]
    payload["message"]["owner"] = number
    payload["to"] = number
    return WebhookEvent.objects.create(
        provider="bandwidth", dedupe_key=key.to_bytes(16), type="message-received",
        payload=json.dumps(payload).encode(), state="unrouted",
    )  # fmt: skip


def test_events_are_gathered_by_number(platform, trunk, acme) -> None:
    first, second, other = _event(1), _event(2), _event(3, "+13125550188")
    PhoneNumber.objects.create(number="+13125550188", trunk=trunk, tenant=acme)
    answer = platform.get(NUMBERS).json()
    assert answer["count"] == 2
    assert [(r["number"], r["tenant"], r["known"], r["events"]) for r in answer["results"]] == [
        ("+19195550177", None, False, [second.pk, first.pk]),
        ("+13125550188", "acme", True, [other.pk]),
    ]


@pytest.mark.parametrize(("act", "state"), [("replay", "pending"), ("discard", "discarded")])
def test_one_numbers_events_run_again_or_are_put_aside(act, state, platform) -> None:
    mine, other = _event(1), _event(2, "+13125550188")
    answer = platform.post(f"{NUMBERS}{act}/", {"number": "+19195550177"}, AS_JSON)
    assert (answer.status_code, answer.json()) == (200, {"events": 1})
    states = dict(WebhookEvent.objects.values_list("pk", "state"))
    assert states == {mine.pk: state, other.pk: "unrouted"}


@pytest.mark.parametrize(
    ("body", "status"),
    [({"number": "+15550000000"}, 404), ({}, 400), ({"number": "\x00"}, 400), ({"n": 1}, 400)],
)
def test_a_number_without_events_is_told(body, status, platform) -> None:
    _event(1)
    assert platform.post(f"{NUMBERS}replay/", body, AS_JSON).status_code == status
    assert WebhookEvent.objects.get().state == "unrouted"


def test_the_log_is_narrowed_by_time(platform) -> None:
    _event(1)
    log = "/api/v1/webhook-events/"
    assert platform.get(f"{log}?after=2020-01-01T00:00:00Z").json()["count"] == 1
    assert platform.get(f"{log}?before=2020-01-01T00:00:00Z").json()["count"] == 0
    assert platform.get(f"{log}?before=2020-01-01T00:00:00%2B19:31").status_code == 200
