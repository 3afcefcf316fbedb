"""Callback events, shaped as Bandwidth shapes them."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from typing import Any

from providers.bandwidth.codes import lookup
from providers.simulator.store import StoredMessage

_DESCRIPTIONS = {
    "message-received": "Incoming message received",
    "message-sending": "Message is sending to carrier",
    "message-delivered": "Message delivered to carrier.",
}


def new_id() -> str:
    """Make an id of Bandwidth's form: milliseconds and sixteen characters."""
    return f"{time.time_ns() // 1_000_000:013}{secrets.token_hex(8)}"


def timestamp(moment: datetime | None = None) -> str:
    """Format a time with milliseconds."""
    return f"{(moment or datetime.now(UTC)).isoformat(timespec='milliseconds')[:-6]}Z"


def event(message: StoredMessage, kind: str, *, to: str, error_code: int = 0) -> dict[str, Any]:
    """Describe what happened to a message, for one recipient."""
    envelope: dict[str, Any] = {
        "time": timestamp(),
        "type": kind,
        "to": to,
        "description": _DESCRIPTIONS.get(kind) or lookup(str(error_code)).name,
        "message": _message(message),
    }
    if error_code:
        envelope["errorCode"] = error_code
    return envelope


def _message(message: StoredMessage) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": message.id,
        "owner": message.owner,
        "applicationId": message.application_id,
        "time": timestamp(message.received_at),
        "segmentCount": message.segment_count,
        "direction": message.direction,
        "to": message.recipients,
        "from": message.sender,
        # Bandwidth does not keep texts: only an inbound event carries one.
        "text": message.text if message.direction == "in" else "",
    }
    if message.media:
        fields["media"] = message.media
    if message.direction == "out":
        fields["priority"] = message.priority
        if message.tag is not None:
            fields["tag"] = message.tag
    return fields


def accepted(message: StoredMessage) -> dict[str, Any]:
    """Describe a message in the answer to the request that sent it."""
    body = {**_message(message), "text": message.text}
    if message.expiration:
        body["expiration"] = message.expiration
    return body
