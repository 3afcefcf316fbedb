"""The whole way through the real adapter, against Bandwidth's documented answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any

import pytest
import requests
import responses

from messaging.delivery.attempt import deliver
from messaging.models import Message
from tests.messaging.outbound.conftest import Write
from tests.messaging.outbound.receipt import CUSTOMER

URL = "https://messaging.bandwidth.com/api/v2/users/9900001/messages"


@pytest.fixture(autouse=True)
def _bandwidth(settings: Any) -> None:
    settings.PROVIDERS = {"bandwidth": "providers.bandwidth.provider.BandwidthProvider"}
    settings.PROVIDER_OPTIONS = {
        "bandwidth": {
            "base_url": "https://messaging.bandwidth.com/api/v2",
            "token_url": "https://api.bandwidth.com/api/v1/oauth2/token",
        }
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    id: str
    answer: dict[str, Any]
    status: str
    reason: str = ""
    says: str = ""
    columns: dict[str, Any] = field(default_factory=dict)


CASES = [
    Case(
        id="202",
        answer={"status": 202, "json": {"id": "bw-1", "segmentCount": 3, "direction": "out"}},
        status="sent",
        columns={"provider_message_id": "bw-1", "segment_count": 3},
    ),
    Case(
        id="400",
        answer={
            "status": 400,
            "json": {
                "type": "request-validation",
                "description": "Your request could not be accepted.",
                "fieldErrors": [{"fieldName": "to", "description": "'+1' must be E.164"}],
            },
        },
        status="failed",
        reason="invalid_recipient",
        says="must be E.164",
        columns={"error_code": "request-validation"},
    ),
    Case(
        id="401",
        answer={"status": 401, "json": {"type": "unauthorized", "description": "No."}},
        status="failed",
        reason="account",
        says="An admin must check the account",
    ),
    Case(
        id="429",
        answer={"status": 429, "json": {"type": "max-message-queue-size-exceeded"}},
        status="queued",
        says="Trying again.",
    ),
    Case(id="503", answer={"status": 503, "body": "<html>"}, status="queued", says="Trying again."),
    Case(
        id="no connection",
        answer={"body": requests.exceptions.ConnectTimeout("no route")},
        status="queued",
        says="Trying again.",
    ),
    Case(
        id="no answer",
        answer={"body": requests.exceptions.ReadTimeout("slow")},
        status="unconfirmed",
        reason="unknown",
        says="It may have been sent",
    ),
]


def in_a_day(message: Message) -> str:
    """What the carrier is told of the usual patience."""
    end = message.created_at + timedelta(hours=24)
    return f"{end.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
@responses.activate
def test_answer_of_bandwidth_shows_on_the_message(write: Write, case: Case) -> None:
    responses.post(URL, **case.answer)
    message = write(text="Hi")
    deliver(message.pk)
    deliver(message.pk)
    message.refresh_from_db()

    assert (message.status, message.failure_reason) == (case.status, case.reason)
    assert case.says in message.error_text
    assert {name: getattr(message, name) for name in case.columns} == case.columns
    assert Message.objects.count() == 1
    posted = [json.loads(call.request.body) for call in responses.calls if call.request.body]
    assert posted == [
        {
            "applicationId": "93de2206-9669-4e07-948d-329f4b722ee2",
            "to": [CUSTOMER],
            "from": "+19195550101",
            "text": "Hi",
            "tag": str(message.pk),
            "expiration": in_a_day(message),
        }
    ] * len(posted)
    # A refused sign-in may be tried once more; anything else is asked once.
    assert len(posted) <= (2 if case.id == "401" else 1)
