"""The checks Bandwidth makes before it takes a message."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from providers.simulator.settings import SimulatedAccount

_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_SHORT_CODE = re.compile(r"\d{5,6}", re.ASCII)
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 \-+_&]{1,11}", re.ASCII)

Fault = tuple[str, str]

_FIELDS = frozenset(
    {"applicationId", "to", "from", "text", "media", "tag", "priority", "expiration"}
)


def faults(body: dict[str, Any], account: SimulatedAccount) -> list[Fault]:
    """Return a field name and description for everything wrong with a request."""
    found = [(name, f"'{name}' is not a known field") for name in sorted(body.keys() - _FIELDS)]
    for check in _CHECKS:
        found += check(body)
    application_id = body.get("applicationId")
    if application_id and account.application_id not in {"", application_id}:
        found.append(("applicationId", "The application does not belong to this account"))
    return found


def recipients(body: dict[str, Any]) -> list[Any]:
    """Return `to` as a list; Bandwidth takes a bare string too."""
    to = body.get("to")
    if isinstance(to, str):
        return [to]
    return to if isinstance(to, list) else []


def is_phone_number(value: object) -> bool:
    """Tell whether this is an E.164 number or a short code."""
    return isinstance(value, str) and bool(_E164.fullmatch(value) or _SHORT_CODE.fullmatch(value))


def _application(body: dict[str, Any]) -> Iterator[Fault]:
    value = body.get("applicationId")
    if not isinstance(value, str) or not value:
        yield "applicationId", "'applicationId' is required"


def _to(body: dict[str, Any]) -> Iterator[Fault]:
    numbers = recipients(body)
    if not numbers:
        yield "to", "'to' is required and must not be empty"
    if len(numbers) > 10:
        yield "to", "'to' must not hold more than 10 numbers"
    if len(set(map(str, numbers))) != len(numbers):
        yield "to", "'to' must not hold a number twice"
    for number in numbers:
        if not is_phone_number(number):
            yield "to", f"'{number}' must be replaced with a valid E164 formatted telephone number"


def _from(body: dict[str, Any]) -> Iterator[Fault]:
    value = body.get("from")
    if not isinstance(value, str) or not value:
        yield "from", "'from' is required"
    elif not any(form.fullmatch(value) for form in (_E164, _SHORT_CODE, _NAME)):
        yield "from", f"'{value}' must be replaced with a valid E164 formatted telephone number"


def _text(body: dict[str, Any]) -> Iterator[Fault]:
    text = body.get("text")
    if text is not None and not isinstance(text, str):
        yield "text", "'text' must be a string"
    elif text and len(text) > 2048:
        yield "text", "'text' must not be longer than 2048 characters"
    elif not text and not body.get("media"):
        yield "text", "either 'text' or 'media' is required"


def _media(body: dict[str, Any]) -> Iterator[Fault]:
    media = body.get("media")
    if media is None:
        return
    if not isinstance(media, list):
        yield "media", "'media' must be a list of URLs"
        return
    if len(media) > 10:
        yield "media", "'media' must not hold more than 10 files"
    for url in media:
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            yield "media", "'media' must hold only http or https URLs"
        elif len(url) > 4096:
            yield "media", "a URL in 'media' must not be longer than 4096 characters"


def _tag_and_priority(body: dict[str, Any]) -> Iterator[Fault]:
    tag = body.get("tag")
    if tag is not None and (not isinstance(tag, str) or len(tag) > 1024):
        yield "tag", "'tag' must be a string of at most 1024 characters"
    if body.get("priority") not in {None, "default", "high"}:
        yield "priority", "'priority' must be 'default' or 'high'"


def _expiration(body: dict[str, Any]) -> Iterator[Fault]:
    value = body.get("expiration")
    if value is None:
        return
    try:
        moment = datetime.fromisoformat(value)
        is_future = moment > datetime.now(UTC)
    except (TypeError, ValueError):
        yield "expiration", "'expiration' must be an RFC 3339 date and time"
        return
    if not is_future:
        yield "expiration", "'expiration' must be in the future"


_CHECKS: list[Callable[[dict[str, Any]], Iterator[Fault]]] = [
    _application,
    _to,
    _from,
    _text,
    _media,
    _tag_and_priority,
    _expiration,
]
