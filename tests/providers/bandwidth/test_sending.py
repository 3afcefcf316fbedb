"""What a message becomes at Bandwidth, and what its answers mean."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import bandwidth
import pytest
import requests
import responses

from providers.bandwidth.provider import BandwidthProvider
from providers.errors import (
    AccountProblem,
    MessageRejected,
    OutcomeUnknown,
    ProviderError,
    QueueFull,
    TemporaryFailure,
)
from providers.types import FailureReason, OutboundMessage, RegistrationFinding
from tests.providers.bandwidth.addresses import MESSAGES
from tests.providers.contract.cases import ACCOUNT, MESSAGE

ALWAYS = {
    "applicationId": ACCOUNT.application_id,
    "to": ["+15125550300"],
    "from": "+19195550101",
    "tag": "m-42",
}


@dataclass(frozen=True)
class Request:
    label: str
    message: OutboundMessage
    expected: dict[str, Any]


REQUESTS = [
    Request("text", MESSAGE, {"text": "Hi"}),
    Request(
        "normal priority",
        replace(MESSAGE, priority="normal"),
        {"text": "Hi", "priority": "default"},
    ),
    Request("high priority", replace(MESSAGE, priority="high"), {"text": "Hi", "priority": "high"}),
    Request("odd priority", replace(MESSAGE, priority="urgent"), {"text": "Hi"}),
    Request(
        "picture",
        replace(MESSAGE, text="", media_urls=("https://x.example/a.png",)),
        {"media": ["https://x.example/a.png"]},
    ),
    Request(
        "group",
        replace(MESSAGE, recipients=("+15125550300", "+15125550301")),
        {"text": "Hi", "to": ["+15125550300", "+15125550301"]},
    ),
    Request("emoji and NUL", replace(MESSAGE, text="👋\0"), {"text": "👋\0"}),
    Request("short code", replace(MESSAGE, sender="72345"), {"text": "Hi", "from": "72345"}),
    Request(
        "expiration",
        replace(
            MESSAGE, expires_at=datetime(2026, 12, 1, 9, 30, tzinfo=timezone(timedelta(hours=-5)))
        ),
        {"text": "Hi", "expiration": "2026-12-01T14:30:00.000Z"},
    ),
]


@pytest.mark.parametrize("case", REQUESTS, ids=lambda case: case.label)
def test_a_request_has_exactly_the_documented_fields(
    case: Request, basic: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.post(MESSAGES, status=202, json={"id": "1", "segmentCount": 2})
    result = basic.send(case.message)
    request = carrier.calls[0].request
    body = json.loads(request.body or b"")
    assert body == {**ALWAYS, **case.expected}
    assert bandwidth.MessageRequest.from_dict(body).additional_properties == {}
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    pair = base64.b64decode(request.headers["Authorization"].removeprefix("Basic "))
    assert pair == b"user:s3cret-Canary"
    assert (result.provider_message_id, result.segment_count) == ("1", 2)


FIELD_ERRORS = {
    "type": "request-validation",
    "description": "Your request could not be accepted.",
    "fieldErrors": [{"fieldName": "to", "description": "'1' must be an E164 number"}],
}


@dataclass(frozen=True)
class Answer:
    label: str
    answer: dict[str, Any]
    error: type[ProviderError]
    code: str = ""
    says: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)


ANSWERS = [
    Answer(
        "field error",
        {"status": 400, "json": FIELD_ERRORS},
        MessageRejected,
        "request-validation",
        "to: '1' must be",
        {"reason": FailureReason.INVALID_RECIPIENT},
    ),
    Answer(
        "plain 400",
        {"status": 400, "json": {"type": "x", "description": "No."}},
        MessageRejected,
        "x",
        "No.",
        {"reason": FailureReason.REJECTED},
    ),
    Answer(
        "odd field errors",
        {"status": 400, "json": {"fieldErrors": [1, {"fieldName": 2}]}},
        MessageRejected,
        "http-400",
        "HTTP 400",
    ),
    Answer("HTML 400", {"status": 400, "body": "<html>"}, MessageRejected, "http-400", "HTTP 400"),
    Answer(
        "unauthorized",
        {"status": 401, "json": {"type": "unauthorized", "description": "Authentication Failed"}},
        AccountProblem,
        "unauthorized",
        "username and password",
    ),
    Answer("no funds", {"status": 402, "json": {}}, AccountProblem, "http-402", "payment"),
    Answer(
        "forbidden",
        {"status": 403, "json": {"type": "forbidden", "description": "Access Denied"}},
        AccountProblem,
        "forbidden",
        "may not",
    ),
    Answer(
        "no account",
        {"status": 404, "json": {"status": 404, "error": "Not Found"}},
        AccountProblem,
        "http-404",
        "9900001",
    ),
    Answer(
        "redirect",
        {"status": 302, "headers": {"Location": "https://evil.example/"}},
        AccountProblem,
        "http-302",
    ),
    Answer("conflict", {"status": 409, "json": {}}, MessageRejected, "http-409"),
    Answer(
        "unsupported type",
        {"status": 415, "json": {"type": "unsupported-content-type", "description": "x"}},
        MessageRejected,
        "unsupported-content-type",
    ),
    Answer(
        "queue full",
        {"status": 429, "json": {"type": "max-message-queue-size-exceeded", "description": "x"}},
        QueueFull,
        "max-message-queue-size-exceeded",
        attributes={"retry_after": None},
    ),
    Answer(
        "queue full, seconds",
        {"status": 429, "headers": {"Retry-After": "17"}},
        QueueFull,
        "http-429",
        attributes={"retry_after": 17.0},
    ),
    Answer(
        "queue full, far too long",
        {"status": 429, "headers": {"Retry-After": "9" * 400}},
        QueueFull,
        "http-429",
        attributes={"retry_after": 3600.0},
    ),
    Answer(
        "queue full, at once",
        {"status": 429, "headers": {"Retry-After": "0"}},
        QueueFull,
        "http-429",
        attributes={"retry_after": 1.0},
    ),
    Answer(
        "queue full, past date",
        {"status": 429, "headers": {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}},
        QueueFull,
        "http-429",
        attributes={"retry_after": 1.0},
    ),
    Answer(
        "queue full, nonsense",
        {"status": 429, "headers": {"Retry-After": "soon"}},
        QueueFull,
        "http-429",
        attributes={"retry_after": None},
    ),
    Answer("fault", {"status": 500, "body": "<html>"}, TemporaryFailure, "http-500"),
    Answer(
        "overload",
        {"status": 503, "headers": {"Retry-After": "30"}},
        TemporaryFailure,
        "http-503",
        attributes={"retry_after": 30.0},
    ),
    Answer("taken, no body", {"status": 202, "body": ""}, OutcomeUnknown),
    Answer("taken, HTML", {"status": 200, "body": "<html>"}, OutcomeUnknown),
    Answer("taken, no id", {"status": 202, "json": {"id": ""}}, OutcomeUnknown),
    Answer("taken, odd id", {"status": 202, "json": {"id": 5}}, OutcomeUnknown),
    Answer("taken, array", {"status": 202, "json": []}, OutcomeUnknown),
    Answer("taken, too deep", {"status": 202, "body": "[" * 5000}, OutcomeUnknown),
    Answer("taken, endless", {"status": 202, "body": b" " * 3_000_000}, OutcomeUnknown),
    Answer("read timeout", {"body": requests.ReadTimeout()}, OutcomeUnknown),
    Answer("dropped", {"body": requests.ConnectionError()}, OutcomeUnknown),
    Answer("connect timeout", {"body": requests.ConnectTimeout()}, TemporaryFailure),
]


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: case.label)
def test_an_answer_asks_for_the_right_reaction(
    case: Answer, basic: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.post(MESSAGES, **case.answer)
    with pytest.raises(ProviderError) as caught:
        basic.send(MESSAGE)
    assert type(caught.value) is case.error
    assert caught.value.error_code == case.code
    assert case.says in caught.value.detail
    for name, value in case.attributes.items():
        assert getattr(caught.value, name) == value
    assert len(carrier.calls) == 1


def test_a_date_to_wait_for_is_turned_into_seconds(
    basic: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    carrier.post(MESSAGES, status=429, headers={"Retry-After": later})
    with pytest.raises(TemporaryFailure) as caught:
        basic.send(MESSAGE)
    assert caught.value.retry_after == pytest.approx(300, abs=5)


@pytest.mark.parametrize("segments", [None, "3", -1, True, 10**30])
def test_an_odd_segment_count_counts_as_one(
    segments: object, basic: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.post(MESSAGES, status=202, json={"id": "1", "segmentCount": segments})
    assert basic.send(MESSAGE).segment_count == 1


def test_a_missing_account_id_is_an_account_problem() -> None:
    with pytest.raises(AccountProblem):
        BandwidthProvider(replace(ACCOUNT, account_id="")).send(MESSAGE)


@pytest.mark.parametrize("base_url", ["", "messaging.bandwidth.com", "http://[", "http://a b/"])
def test_an_unusable_address_is_an_account_problem(base_url: str) -> None:
    with pytest.raises(AccountProblem):
        BandwidthProvider(ACCOUNT, base_url=base_url).send(MESSAGE)


def test_credentials_may_have_any_letters(carrier: responses.RequestsMock) -> None:
    carrier.post(MESSAGES, status=202, json={"id": "1"})
    account = replace(ACCOUNT, username="usér", password="пароль")
    BandwidthProvider(account).send(MESSAGE)
    header = carrier.calls[0].request.headers["Authorization"]
    assert base64.b64decode(header.removeprefix("Basic ")).decode() == "usér:пароль"


@pytest.mark.parametrize(
    ("body", "code", "finding"),
    [
        ({"type": "4476", "description": "blocked"}, "4476", RegistrationFinding.REJECTED),
        ({"type": "forbidden", "errorCode": 4773}, "4773", RegistrationFinding.PENDING),
        ({"type": "request-validation", "errorCode": True}, "request-validation", None),
        ({"type": "request-validation"}, "request-validation", None),
    ],
)
def test_a_refusal_with_a_delivery_code_is_explained_by_it(
    body: dict[str, Any],
    code: str,
    finding: RegistrationFinding | None,
    basic: BandwidthProvider,
    carrier: responses.RequestsMock,
) -> None:
    carrier.post(MESSAGES, status=400, json=body)
    with pytest.raises(MessageRejected) as caught:
        basic.send(MESSAGE)

    assert (caught.value.error_code, caught.value.registration) == (code, finding)
    assert ("10DLC" in caught.value.detail) is (finding is not None)
