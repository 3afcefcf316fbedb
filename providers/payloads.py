"""Showing stored payloads: anybody on the Internet may have written them."""

from __future__ import annotations

import json
from typing import Any, NoReturn

# More openings than this cannot be nested deeper than a JSON writer goes.
_MOST_OPENINGS = 300


def decoded(payload: bytes | memoryview) -> Any:
    """Return the payload as the JSON value it is, or as text where it is none to pass on."""
    text = bytes(payload).decode(errors="replace")
    if text.count("[") + text.count("{") > _MOST_OPENINGS:
        return text
    try:
        value = json.loads(text, parse_constant=_refuse)
        # A lone surrogate is legal in JSON and cannot be written as UTF-8.
        json.dumps(value, ensure_ascii=False).encode()
    except ValueError:
        return text
    return value


def readable(payload: bytes | memoryview) -> str:
    """Return the payload as text for people, indented where it is JSON."""
    value = decoded(payload)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
