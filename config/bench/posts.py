"""Bandwidth's inbound text as the bench posts it, through any door."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config.bench.doors import APPLICATION_ID, CALLBACK, Door

_CUSTOMER = "+1512555"
_ID = "\x1f"
_LENGTH = 700
_TEXT = "Hi, is it possible to move my appointment to Thursday? Otherwise Friday after five. "


def prefix() -> str:
    """Return the first half of this run's message ids: Bandwidth's begin with milliseconds."""
    return f"{time.time_ns() // 1_000_000:010x}{secrets.token_hex(2)}"[:13].ljust(13, "0")


def body(number: str, *, message_id: str, customer: str) -> str:
    """Write one callback of some 700 bytes."""
    message = {
        "id": message_id,
        "owner": number,
        "applicationId": APPLICATION_ID,
        "time": "2026-01-15T10:22:31.123Z",
        "segmentCount": 1,
        "direction": "in",
        "to": [number],
        "from": f"{_CUSTOMER}{customer}",
        "text": _TEXT,
    }
    event = {
        "time": "2026-01-15T10:22:31.456Z",
        "type": "message-received",
        "to": number,
        "description": "Incoming message received",
        "message": message,
    }
    missing = _LENGTH - len(json.dumps([event])) - 29 - 4
    message["text"] = _TEXT + (_TEXT * 9)[: max(0, missing)]
    return json.dumps([event], ensure_ascii=False)


def receipt(number: str, *, message_id: str, customer: str) -> str:
    """Write the callback of a message that was delivered."""
    to = f"{_CUSTOMER}{customer}"
    message = {
        "id": message_id,
        "owner": number,
        "applicationId": APPLICATION_ID,
        "time": "2026-01-15T10:22:31.123Z",
        "segmentCount": 1,
        "direction": "out",
        "to": [to],
        "from": number,
        "text": "",
    }
    event = {
        "time": "2026-01-15T10:22:33.456Z",
        "type": "message-delivered",
        "to": to,
        "description": "Message delivered to carrier.",
        "message": message,
    }
    return json.dumps([event])


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What tells one stored event from another."""

    message_id: str
    number: str
    customer: str


def identity_of(payload: str) -> Identity:
    """Read it from a stored payload: an event, or the array that it was posted in."""
    decoded = json.loads(payload)
    event = decoded[0] if isinstance(decoded, list) else decoded
    message = event["message"]
    ours = message["owner"]
    customer = message["from"] if message["from"] != ours else message["to"][0]
    return Identity(message_id=message["id"], number=ours, customer=customer)


def headers(length: int) -> dict[str, str]:
    """Return what Bandwidth sends along."""
    credentials = base64.b64encode(":".join(CALLBACK).encode()).decode()
    return {
        "Host": "127.0.0.1",
        "User-Agent": "BandwidthAPI/v2",
        "Content-Type": "application/json; charset=utf-8",
        "Authorization": f"Basic {credentials}",
        "Content-Length": str(length),
    }


def write_requests(path: Path, doors: Sequence[Door]) -> None:
    """Write the requests that post_events.lua fills in, one for each door."""
    path.write_bytes(b"\x1e".join(_request(door) for door in doors))


def _request(door: Door) -> bytes:
    # As long as with the markers' replacements: 29 bytes of id, 4 digits of the customer.
    template = json.loads(body(door.number, message_id="ID", customer="CUST"))
    text = json.dumps(template).replace('"ID"', f'"{_ID}"').replace("CUST", _ID)
    length = len(text) - 2 + 29 + 4
    lines = [f"POST {door.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers(length).items()]
    return "\r\n".join([*lines, "", text]).encode()
