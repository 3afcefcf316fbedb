"""Single fields of a webhook: strict where routing needs them, forgiving elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from providers.errors import WebhookMalformed

NUMBER_LIMIT = 64
ID_LIMIT = 200
ID_KEPT = 64
URL_LIMIT = 4096

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def message_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the message inside the envelope."""
    message = event.get("message")
    if not isinstance(message, dict):
        raise WebhookMalformed("The event has no message.")
    return message


def message_id(message: Mapping[str, Any]) -> str:
    """Return the carrier's id, opaque to us."""
    value = message.get("id")
    if not isinstance(value, str) or not _is_sane(value, limit=ID_LIMIT):
        raise WebhookMalformed("The message has no usable id.")
    return value


def kept_id(message: Mapping[str, Any]) -> str:
    """Return the id as it is kept: of a long one its beginning, and a digest that tells it apart.

    Of texts that came in only: nobody is asked for these by their id.
    """
    value = message_id(message)
    if len(value) <= ID_KEPT:
        return value
    digest = sha256(value.encode()).hexdigest()[:32]
    return f"{value[: ID_KEPT - 33]}~{digest}"


def number(value: object, *, name: str) -> str:
    """Return a phone number, short code or alphanumeric sender as documented."""
    if not isinstance(value, str) or not _is_sane(value.strip(), limit=NUMBER_LIMIT):
        raise WebhookMalformed(f"The message has no usable number in `{name}`.")
    return value.strip()


def numbers(value: object) -> tuple[str, ...]:
    """Return the numbers addressed, each once; a bare string counts as one."""
    if value is None:
        return ()
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list):
        raise WebhookMalformed("The message's `to` is not a list.")
    return tuple(dict.fromkeys(number(entry, name="to") for entry in values))


def content_of(message: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return text and media, from RCS's inner `content` where the message itself has none."""
    inner = message.get("content")
    fallback = inner if isinstance(inner, dict) else {}
    written = message.get("text")
    if written is None and isinstance(fallback.get("text"), str):
        written = fallback["text"]
    if written is not None and not isinstance(written, str):
        raise WebhookMalformed("The message's text is not a string.")
    return readable(written or ""), _urls(message.get("media"))


def _urls(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list):
        raise WebhookMalformed("The message's media is not a list.")
    for entry in values:
        if not isinstance(entry, str) or not _is_sane(entry, limit=URL_LIMIT):
            raise WebhookMalformed("The message's media holds something that is no URL.")
    return tuple(values)


def readable(text: str, *, instead: str = "") -> str:
    """Take out what no database stores as text: NULs and lone surrogates."""
    return _UNSTORABLE.sub(instead, text)


def optional(value: object, *, limit: int = NUMBER_LIMIT) -> str:
    """Return a string nothing depends on, or ""."""
    return readable(value)[:limit] if isinstance(value, str) else ""


def count(value: object) -> int:
    """Return a number of segments, one where it is absent or absurd."""
    if isinstance(value, bool) or not isinstance(value, int):
        return 1
    return value if 0 < value < 1000 else 1


def code(value: object) -> str:
    """Return the carrier's error code verbatim, "" where it gives none."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**20:
        return str(value) if value else ""
    return optional(value, limit=20).strip()


def moment(value: object) -> datetime | None:
    """Read a time with any number of fractional digits, or epoch milliseconds; None if absurd."""
    try:
        if isinstance(value, str):
            parsed = datetime.fromisoformat(value.strip())
        elif isinstance(value, int | float) and not isinstance(value, bool):
            parsed = datetime.fromtimestamp(value / 1000 if value > 10**11 else value, UTC)
        else:
            return None
        parsed = parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return parsed if 2000 <= parsed.year <= 2100 else None


def _is_sane(value: str, *, limit: int) -> bool:
    return 0 < len(value) <= limit and value.isprintable()
