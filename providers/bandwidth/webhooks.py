"""Reading webhook bodies: splitting them into events, and interpreting one event."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from providers.bandwidth import fields
from providers.bandwidth.codes import Outcome, lookup
from providers.bandwidth.envelope import IDENTITY_LIMIT, is_too_deep, split_plain
from providers.errors import WebhookMalformed
from providers.types import (
    MOST_EVENTS,
    DeliveryReceipt,
    InboundMessage,
    ProviderEvent,
    ReceiptStatus,
    UnknownEvent,
    WebhookItem,
)

TOLL_FREE_VERIFICATION = "toll-free-verification"

# message-failed is missing on purpose: what it means depends on its code.
_PROGRESS = {
    "message-sending": ReceiptStatus.SENDING,
    "message-sent": ReceiptStatus.SENT,
    "message-delivered": ReceiptStatus.DELIVERED,
}


def split(body: bytes) -> list[WebhookItem]:
    """Split an array, or take a bare object, without judging the events.

    Raises WebhookMalformed when the body is not JSON, or nested too deeply.
    """
    _check_depth(body)
    plain = split_plain(body)
    return _split_tolerantly(body) if plain is None else plain


def _split_tolerantly(body: bytes) -> list[WebhookItem]:
    decoded = _decode(body)
    events = decoded if isinstance(decoded, list) else [decoded]
    try:
        return [_item(event) for event in events[: MOST_EVENTS + 1]]
    except RecursionError:
        raise WebhookMalformed("The body is nested too deeply.") from None


def _item(event: object) -> WebhookItem:
    envelope = event if isinstance(event, dict) else {}
    message = envelope.get("message")
    return WebhookItem(
        type=_identity(envelope.get("type")),
        message_id=_identity(message.get("id") if isinstance(message, dict) else None),
        recipient=_identity(envelope.get("to")),
        payload=json.dumps(event).encode("ascii"),
    )


def _identity(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return fields.readable(value, instead="�")[:IDENTITY_LIMIT]


def _check_depth(body: bytes) -> None:
    if is_too_deep(body):
        raise WebhookMalformed("The body is nested too deeply.")


def _decode(body: bytes) -> Any:
    try:
        return _decoder.decode(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise WebhookMalformed("The body is not JSON.") from None


def _integer(digits: str) -> int | str:
    """Keep a number too long for Python's own conversion as its digits."""
    return int(digits) if len(digits) < 1000 else digits


_decoder = json.JSONDecoder(parse_int=_integer)


def parse(payload: bytes) -> ProviderEvent:
    """Interpret one event.

    Raises WebhookMalformed when a field that routing needs is absent or of a wrong type.
    """
    _check_depth(payload)
    event = _decode(payload)
    if not isinstance(event, dict):
        raise WebhookMalformed("The event is not an object.")
    if "type" not in event and {"accountId", "phoneNumber"} <= event.keys():
        return UnknownEvent(type=TOLL_FREE_VERIFICATION, raw=event)
    kind = event.get("type")
    if not isinstance(kind, str) or not kind:
        raise WebhookMalformed("The event has no type.")
    reader = _READERS.get(kind)
    if reader is None or not _is_directed(event, "in" if reader is _inbound else "out"):
        return UnknownEvent(type=fields.readable(kind)[:IDENTITY_LIMIT], raw=event)
    return reader(event)


def _is_directed(event: Mapping[str, Any], expected: str) -> bool:
    """Check the direction too: an outbound taken for an inbound would answer itself for ever."""
    direction = fields.message_of(event).get("direction", expected)
    if not isinstance(direction, str):
        raise WebhookMalformed("The message's direction is not a word.")
    return direction.lower() == expected


def _inbound(event: Mapping[str, Any]) -> InboundMessage:
    message = fields.message_of(event)
    # Of an inbound group, `to` names everybody; `owner` is the number this copy is for.
    our_number = fields.number(message.get("owner") or event.get("to"), name="owner")
    addressed = fields.numbers(message.get("to"))
    if our_number not in addressed:
        addressed = (our_number, *addressed)
    text, media_urls = fields.content_of(message)
    return InboundMessage(
        provider_message_id=fields.kept_id(message),
        our_number=our_number,
        sender=fields.number(message.get("from"), name="from"),
        recipients=addressed,
        text=text,
        media_urls=media_urls,
        segment_count=fields.count(message.get("segmentCount")),
        application_id=fields.optional(message.get("applicationId")),
        sent_at=fields.moment(message.get("time")) or fields.moment(event.get("time")),
        raw=event,
    )


def _receipt(event: Mapping[str, Any]) -> DeliveryReceipt:
    message = fields.message_of(event)
    recipient = event.get("to")
    if not recipient:
        addressed = fields.numbers(message.get("to"))
        recipient = addressed[0] if len(addressed) == 1 else None
    receipt: dict[str, Any] = {
        "provider_message_id": fields.message_id(message),
        "tag": fields.optional(message.get("tag"), limit=1024),
        "recipient": fields.number(recipient, name="to"),
        "sender": fields.optional(message.get("from")),
        "application_id": fields.optional(message.get("applicationId")),
        "occurred_at": fields.moment(event.get("time")),
        "raw": event,
    }
    kind = str(event["type"])
    if kind in _PROGRESS:
        return DeliveryReceipt(status=_PROGRESS[kind], **receipt)
    error = lookup(fields.code(event.get("errorCode")))
    is_unclear = error.outcome is Outcome.UNKNOWN
    return DeliveryReceipt(
        status=ReceiptStatus.UNCONFIRMED if is_unclear else ReceiptStatus.FAILED,
        error_code=error.code,
        error_text=error.sentence,
        failure_reason=None if is_unclear else error.reason,
        registration=error.registration,
        retryable=error.is_retryable,
        **receipt,
    )


_READERS: dict[str, Callable[[Mapping[str, Any]], ProviderEvent]] = {
    "message-received": _inbound,
    "message-failed": _receipt,
    **dict.fromkeys(_PROGRESS, _receipt),
}
