"""Taking a carrier's request in: judge it, store its events, answer. Free of Django's requests.

Anything stored is answered 2xx, only after the commit. 4xx says the request is not the carrier's;
503 makes the carrier try again for a day.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from json.encoder import encode_basestring_ascii as quoted
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from providers import storing
from providers.deadline import TooSlow
from providers.doors import Door, NoSuchAddress, find_door
from providers.errors import WebhookMalformed, WebhookUnauthorized
from providers.inbox_connection import NotStored
from providers.rows import Row
from providers.strangers import TooManyStrangers
from providers.types import MOST_EVENTS, WebhookItem

logger = logging.getLogger(__name__)

PREFIX = "/webhook/"
# With or without a trailing slash and never a redirect: a carrier does not follow those.
_PATH = re.compile(r"/webhook/([a-z]+)/sms(?:/([A-Za-z0-9_-]{1,100}))?/?")
_TYPE_LIMIT = 60


class Answer(NamedTuple):
    """HTTP answer to the carrier; the body is a line of JSON."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


def answer(status: int, detail: str, *headers: tuple[str, str]) -> Answer:
    """Say something to the carrier's people, who read it in their log."""
    body = json.dumps({"error" if status >= 400 else "result": detail}).encode()
    return Answer(
        status,
        (
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("X-Content-Type-Options", "nosniff"),
            *headers,
        ),
        body,
    )


ACCEPTED = answer(200, "stored")
_NOT_POSTED = answer(405, "Webhooks are posted.", ("Allow", "POST"))
_UNKNOWN_ADDRESS = answer(404, "No such webhook address: copy it again in the portal.")
_UNAVAILABLE = answer(503, "Not stored, please send again.", ("Retry-After", "5"))
# Bandwidth's first request carries no credentials: only this header makes it send them.
_CHALLENGE = ("WWW-Authenticate", 'Basic realm="Trunkline webhook", charset="UTF-8"')


def receive(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Store the events of one webhook request. `headers` has lower-case names."""
    judged = judge(method, path, headers, body)
    if isinstance(judged, Answer):
        return judged
    try:
        storing.store(judged)
    except (DatabaseError, InterfaceError, NotStored) as error:
        return unavailable(error)
    return ACCEPTED


def judge(
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    find: Callable[[str, str | None], Door] = find_door,
) -> Answer | list[Row]:
    """Return what is to be stored before ACCEPTED is said, or what is to be said at once."""
    door = admit(method, path, headers, find=find)
    if isinstance(door, Answer):
        return door
    try:
        return _judge(door, body)
    except WebhookMalformed as error:
        return answer(400, error.detail)


def admit(
    method: str,
    path: str,
    headers: Mapping[str, str],
    *,
    find: Callable[[str, str | None], Door] = find_door,
) -> Door | Answer:
    """Return the door by which a request may come in, or what is to be said whatever its body."""
    try:
        return _admit(method, path, headers, find)
    except NoSuchAddress:
        return _UNKNOWN_ADDRESS
    except WebhookUnauthorized as error:
        return answer(401, error.detail, _CHALLENGE)
    except TooManyStrangers:  # thousands a second: not for the log
        return _UNAVAILABLE
    except (DatabaseError, InterfaceError, TooSlow) as error:
        return unavailable(error)


def _admit(
    method: str,
    path: str,
    headers: Mapping[str, str],
    find: Callable[[str, str | None], Door],
) -> Door | Answer:
    address = _PATH.fullmatch(path)
    if address is None:
        raise NoSuchAddress
    if method != "POST":
        return _NOT_POSTED
    door = find(address[1], address[2])
    door.carrier.authenticate_webhook(headers, door.credentials)
    return door


def _judge(door: Door, body: bytes) -> Answer | list[Row]:
    if len(body) > settings.WEBHOOK_BODY_LIMIT:
        return too_large()
    items = door.carrier.split_webhook(body)
    if len(items) > MOST_EVENTS:
        return answer(413, f"The body has more than {MOST_EVENTS} events.")
    return _rows(door, items) or ACCEPTED


def unavailable(error: Exception) -> Answer:
    """Have the carrier come again: nothing says that its events are stored."""
    logger.error("webhook events not stored: %s", type(error).__name__)
    return _UNAVAILABLE


def too_large() -> Answer:
    """Refuse a body over the limit."""
    return answer(413, f"The body is over {settings.WEBHOOK_BODY_LIMIT} bytes.")


def _rows(door: Door, items: Sequence[WebhookItem]) -> list[Row]:
    return [
        Row(
            door.provider,
            door.endpoint_id,
            door.tenant_id,
            dedupe_key(door.endpoint_id, item),
            item.type[:_TYPE_LIMIT],
            item.payload,
        )
        for item in items
    ]


def dedupe_key(endpoint_id: int | None, item: WebhookItem) -> bytes:
    """Fold an event's identity into 16 bytes.

    The endpoint is part of it, not the account: a tenant may type any account ID, and could
    otherwise swallow another's events by posting their ids first.
    """
    door = "null" if endpoint_id is None else endpoint_id
    if item.message_id:
        what = f"{quoted(item.type)}, {quoted(item.message_id)}, {quoted(item.recipient)}"
    else:
        what = f'"", "", "{item.payload.hex()}"'
    return hashlib.blake2b(f"[{door}, {what}]".encode("ascii"), digest_size=16).digest()
