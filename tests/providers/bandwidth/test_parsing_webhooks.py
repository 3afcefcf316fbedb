"""What each of Bandwidth's events means to us."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from providers.bandwidth.provider import BandwidthProvider
from providers.errors import WebhookMalformed
from providers.types import (
    DeliveryReceipt,
    FailureReason,
    InboundMessage,
    ProviderEvent,
    ReceiptStatus,
    UnknownEvent,
)
from tests.providers.bandwidth.test_contract import WEBHOOKS

APPLICATION = "93de2206-9669-4e07-948d-329f4b722ee2"
MEDIA = "https://messaging.bandwidth.com/api/v2/users/9900001/media/1750000000100abcdefghijklmnop"


def parse_all(body: bytes) -> list[ProviderEvent]:
    return [
        BandwidthProvider.parse_webhook(item.payload)
        for item in BandwidthProvider.split_webhook(body)
    ]


def load(name: str) -> dict[str, Any]:
    """Load the first event of a payload file, to be changed."""
    events = json.loads((WEBHOOKS / f"{name}.json").read_bytes())
    return dict(events[0] if isinstance(events, list) else events)


def parse(event: dict[str, Any]) -> ProviderEvent:
    return BandwidthProvider.parse_webhook(json.dumps(event).encode())


@dataclass(frozen=True)
class Case:
    file: str
    type: type[ProviderEvent]
    expected: dict[str, Any] = field(default_factory=dict)


INBOUND = {
    "provider_message_id": "1750000000100abcdefghijklmnop",
    "our_number": "+19195550101",
    "sender": "+15125550300",
    "recipients": ("+19195550101",),
    "media_urls": (),
    "segment_count": 1,
    "application_id": APPLICATION,
    "sent_at": datetime(2026, 11, 20, 15, 43, 34, tzinfo=UTC),
}
RECEIPT = {
    "provider_message_id": "1750000000006abcdefghijklmnop",
    "tag": "m-6",
    "recipient": "+15125550300",
    "sender": "+19195550101",
    "application_id": APPLICATION,
    "occurred_at": datetime(2026, 11, 20, 16, 0, 3, tzinfo=UTC),
    "error_code": "",
    "error_text": "",
    "failure_reason": None,
    "retryable": False,
}
CASES = [
    Case("inbound_sms", InboundMessage, {**INBOUND, "text": "Hello back! 👋"}),
    Case(
        "inbound_mms",
        InboundMessage,
        {
            **INBOUND,
            "text": "see picture",
            "media_urls": (f"{MEDIA}/0/0.smil", f"{MEDIA}/1/IMG_0001.jpg"),
        },
    ),
    Case(
        "inbound_group",
        InboundMessage,
        {
            **INBOUND,
            "text": "pic for both",
            "recipients": ("+19195550101", "+15125550301"),
            "media_urls": (f"{MEDIA}/0/a.jpg",),
        },
    ),
    Case(
        "inbound_picture_only",
        InboundMessage,
        {**INBOUND, "text": "", "media_urls": (f"{MEDIA}/0/a.jpg",)},
    ),
    Case(
        "inbound_bare_object",
        InboundMessage,
        {
            "provider_message_id": "1589228737852541894",
            "our_number": "+15551234567",
            "sender": "+15557654321",
            "recipients": ("+15551234567",),
            "text": "Hello back!",
            "segment_count": 1,
            "sent_at": datetime(2026, 2, 15, 16, 33, 10, 220_000, tzinfo=UTC),
        },
    ),
    Case("inbound_from_short_code", InboundMessage, {**INBOUND, "sender": "72345"}),
    Case("inbound_rcs", InboundMessage, {**INBOUND, "text": "rich hello"}),
    Case("sending", DeliveryReceipt, {**RECEIPT, "status": ReceiptStatus.SENDING}),
    Case("sent", DeliveryReceipt, {**RECEIPT, "status": ReceiptStatus.SENT}),
    Case("delivered", DeliveryReceipt, {**RECEIPT, "status": ReceiptStatus.DELIVERED}),
    Case(
        "failed_unallocated",
        DeliveryReceipt,
        {
            **RECEIPT,
            "status": ReceiptStatus.FAILED,
            "error_code": "4406",
            "error_text": "Nobody has been assigned this phone number. "
            "Check it for a typing mistake.",
            "failure_reason": FailureReason.INVALID_RECIPIENT,
        },
    ),
    Case(
        "failed_opted_out",
        DeliveryReceipt,
        {
            "status": ReceiptStatus.FAILED,
            "error_code": "4775",
            "failure_reason": FailureReason.OPTED_OUT,
            "retryable": False,
        },
    ),
    Case(
        "failed_carrier_busy",
        DeliveryReceipt,
        {
            "status": ReceiptStatus.FAILED,
            "error_code": "5600",
            "failure_reason": FailureReason.CARRIER,
            "retryable": True,
        },
    ),
    Case(
        "failed_no_receipt",
        DeliveryReceipt,
        {
            "status": ReceiptStatus.UNCONFIRMED,
            "error_code": "9902",
            "failure_reason": None,
            "retryable": False,
        },
    ),
    Case(
        "failed_without_code",
        DeliveryReceipt,
        {
            "status": ReceiptStatus.FAILED,
            "error_code": "",
            "failure_reason": FailureReason.UNKNOWN,
        },
    ),
    Case(
        "failed_in_group",
        DeliveryReceipt,
        {"recipient": "+15125550301", "sender": "+19195550101", "error_code": "4406"},
    ),
    Case("read", UnknownEvent, {"type": "message-read"}),
    Case("received_but_outgoing", UnknownEvent, {"type": "message-received"}),
    Case("toll_free_verification", UnknownEvent, {"type": "toll-free-verification"}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.file)
def test_an_event_is_understood(case: Case) -> None:
    (event,) = parse_all((WEBHOOKS / f"{case.file}.json").read_bytes())
    assert isinstance(event, case.type)
    assert {name: getattr(event, name) for name in case.expected} == case.expected


def test_every_payload_file_is_parsed() -> None:
    files = {path.stem for path in WEBHOOKS.glob("*.json")}
    assert files == {case.file for case in CASES} | {"several"}


@dataclass(frozen=True)
class Change:
    label: str
    file: str
    place: str  # "" = envelope
    values: dict[str, Any]
    expected: dict[str, Any] | None = None  # None = malformed


CHANGES = [
    Change("no id", "inbound_sms", "message", {"id": None}),
    Change("odd id", "inbound_sms", "message", {"id": 5}),
    Change("endless id", "inbound_sms", "message", {"id": "1" * 201}),
    Change("id with NUL", "inbound_sms", "message", {"id": "1\0"}),
    Change("no sender", "inbound_sms", "message", {"from": ""}),
    Change("odd sender", "inbound_sms", "message", {"from": ["+1"]}),
    Change("surrogate sender", "inbound_sms", "message", {"from": "\ud800"}),
    Change("odd text", "inbound_sms", "message", {"text": {"a": 1}}),
    Change("odd media", "inbound_sms", "message", {"media": {"a": 1}}),
    Change("odd medium", "inbound_sms", "message", {"media": [None]}),
    Change("odd recipients", "inbound_sms", "message", {"to": {"a": 1}}),
    Change("odd recipient", "inbound_sms", "message", {"to": [1]}),
    Change("odd direction", "inbound_sms", "message", {"direction": 1}),
    Change("odd owner", "inbound_sms", "message", {"owner": 5}),
    Change("message is a list", "inbound_sms", "", {"message": []}),
    Change("no type", "inbound_sms", "", {"type": None}),
    Change("odd type", "inbound_sms", "", {"type": []}),
    Change(
        "owner from envelope",
        "inbound_sms",
        "message",
        {"owner": ""},
        {"our_number": "+19195550101"},
    ),
    Change(
        "bare recipient",
        "inbound_sms",
        "message",
        {"to": "+19195550101"},
        {"recipients": ("+19195550101",)},
    ),
    Change(
        "bare medium",
        "inbound_sms",
        "message",
        {"media": "https://x.example/a"},
        {"media_urls": ("https://x.example/a",)},
    ),
    Change("no text", "inbound_sms", "message", {"text": None}, {"text": ""}),
    Change(
        "no direction", "inbound_sms", "message", {"direction": "in"}, {"text": "Hello back! 👋"}
    ),
    Change("no media", "inbound_sms", "message", {"media": None}, {"media_urls": ()}),
    Change("odd segments", "inbound_sms", "message", {"segmentCount": "x"}, {"segment_count": 1}),
    Change(
        "absurd segments", "inbound_sms", "message", {"segmentCount": 10**30}, {"segment_count": 1}
    ),
    Change(
        "odd application", "inbound_sms", "message", {"applicationId": 1}, {"application_id": ""}
    ),
    Change("no recipient", "delivered", "", {"to": None}, {"recipient": "+15125550300"}),
    Change("odd receipt recipient", "delivered", "", {"to": 5}),
    Change("no recipient in a group", "failed_in_group", "", {"to": None}),
    Change("odd tag", "delivered", "message", {"tag": 5}, {"tag": ""}),
    Change("absent tag", "delivered", "message", {"tag": None}, {"tag": ""}),
    Change("code as text", "failed_unallocated", "", {"errorCode": "4406"}, {"error_code": "4406"}),
    Change(
        "odd code",
        "failed_unallocated",
        "",
        {"errorCode": [1]},
        {"error_code": "", "status": ReceiptStatus.FAILED},
    ),
    Change(
        "new 4xxx code",
        "failed_unallocated",
        "",
        {"errorCode": 4999},
        {"error_code": "4999", "status": ReceiptStatus.FAILED},
    ),
    Change(
        "new 5xxx code",
        "failed_unallocated",
        "",
        {"errorCode": 5998},
        {"error_code": "5998", "retryable": True},
    ),
    Change("absurd code", "failed_unallocated", "", {"errorCode": 10**40}, {"error_code": ""}),
    Change(
        "not acknowledged",
        "failed_unallocated",
        "",
        {"errorCode": 5630},
        {"status": ReceiptStatus.UNCONFIRMED},
    ),
]


@pytest.mark.parametrize("case", CHANGES, ids=lambda case: case.label)
def test_only_what_routing_needs_is_required(case: Change) -> None:
    event = load(case.file)
    (event[case.place] if case.place else event).update(case.values)
    if case.expected is None:
        with pytest.raises(WebhookMalformed):
            parse(event)
    else:
        parsed = parse(event)
        assert {name: getattr(parsed, name) for name in case.expected} == case.expected


@pytest.mark.parametrize("name", ["sending", "delivered", "failed_unallocated"])
def test_a_receipt_for_an_inbound_message_asks_for_nothing(name: str) -> None:
    event = load(name)
    event["message"]["direction"] = "in"
    assert isinstance(parse(event), UnknownEvent)


TIMES = [
    ("2026-11-20T15:43:35Z", datetime(2026, 11, 20, 15, 43, 35, tzinfo=UTC)),
    ("2026-11-20T15:43:35.5Z", datetime(2026, 11, 20, 15, 43, 35, 500_000, tzinfo=UTC)),
    ("2026-11-20T15:43:35.179Z", datetime(2026, 11, 20, 15, 43, 35, 179_000, tzinfo=UTC)),
    ("2026-11-20T15:43:35.502180Z", datetime(2026, 11, 20, 15, 43, 35, 502_180, tzinfo=UTC)),
    ("2026-11-20T10:43:35-05:00", datetime(2026, 11, 20, 15, 43, 35, tzinfo=UTC)),
    ("2026-11-20T15:43:35", datetime(2026, 11, 20, 15, 43, 35, tzinfo=UTC)),
    (1_795_189_415_000, datetime(2026, 11, 20, 15, 43, 35, tzinfo=UTC)),
    (1_795_189_415, datetime(2026, 11, 20, 15, 43, 35, tzinfo=UTC)),
    ("yesterday", None),
    ("0001-01-01T00:00:00+23:59", None),
    ("9999-12-31T23:59:59-23:59", None),
    (10**30, None),
    (float("nan"), None),
    (True, None),
    ({}, None),
    (None, None),
]


@pytest.mark.parametrize(("value", "expected"), TIMES, ids=str)
def test_times_are_read_in_every_form(value: object, expected: datetime | None) -> None:
    event = load("delivered")
    event["time"] = value
    receipt = parse(event)
    assert isinstance(receipt, DeliveryReceipt)
    assert receipt.occurred_at == expected


def test_the_time_of_the_event_stands_in_for_the_message_s() -> None:
    event = load("inbound_sms")
    del event["message"]["time"]
    message = parse(event)
    assert isinstance(message, InboundMessage)
    assert message.sent_at == datetime(2026, 11, 20, 15, 43, 35, 502_180, tzinfo=UTC)


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b"\xff", b"[" * 5000])
def test_a_payload_that_is_no_object_is_malformed(payload: bytes) -> None:
    with pytest.raises(WebhookMalformed):
        BandwidthProvider.parse_webhook(payload)
