"""The lists people type as a rule's conditions: prefixes, extensions, lengths."""

from __future__ import annotations

import re

_PREFIX = re.compile(r"[0-9]{1,15}")
_SPAN = re.compile(r"([0-9]{2,10})(?:-([0-9]{2,10}))?")
_LENGTH = re.compile(r"[0-9]{1,2}")
_LONGEST = 15  # digits of E.164

Span = tuple[str, str]


class BadCondition(ValueError):
    """The list cannot be read; the message says what to type."""


def prefixes(text: str) -> tuple[str, ...]:
    """Read the beginnings of numbers, such as `1212;44`; the plus of E.164 may be typed.

    Raises BadCondition.
    """
    found = []
    for part in _parts(text):
        digits = part.removeprefix("+")
        if not _PREFIX.fullmatch(digits):
            raise BadCondition(
                f"“{part[:20]}” is not the beginning of a number: use digits with the country"
                " code, such as 1212;44."
            )
        found.append(digits)
    return tuple(found)


def extension_spans(text: str) -> tuple[Span, ...]:
    """Read extensions and ranges of them, such as `100-200;301`.

    Raises BadCondition.
    """
    found = []
    for part in _parts(text):
        match = _SPAN.fullmatch(part)
        if match is None:
            raise BadCondition(
                f"“{part[:25]}” is neither an extension nor a range: use 301 or 100-200, joined"
                " by semicolons."
            )
        low, high = match[1], match[2] or match[1]
        if (len(low), low) > (len(high), high):
            raise BadCondition(f"The range {part} ends before it begins: write {high}-{low}.")
        found.append((low, high))
    return tuple(found)


def lengths(text: str) -> tuple[int, ...]:
    """Read numbers of digits, such as `10;11`.

    Raises BadCondition.
    """
    found = []
    for part in _parts(text):
        if not _LENGTH.fullmatch(part) or not 1 <= int(part) <= _LONGEST:
            raise BadCondition(
                f"“{part[:20]}” is not a number's length: use 1 to {_LONGEST}, such as 11 for a"
                " number of the USA with its country code."
            )
        found.append(int(part))
    return tuple(found)


def begins_with(number: str, wanted: tuple[str, ...]) -> bool:
    """Tell whether the stored number begins with one of the prefixes."""
    return number.removeprefix("+").startswith(wanted)


def is_among(extension: str, spans: tuple[Span, ...]) -> bool:
    """Tell whether the extension is one of these; 0150 is not 150."""
    value = (len(extension), extension)
    return any((len(low), low) <= value <= (len(high), high) for low, high in spans)


def is_as_long(number: str, wanted: tuple[int, ...]) -> bool:
    """Tell whether the stored number has one of these numbers of digits."""
    return len(number.removeprefix("+")) in wanted


def tidy(text: str) -> str:
    """Return a list as it is kept: without spaces and empty places."""
    return ";".join(_parts(text))


def _parts(text: str) -> list[str]:
    parts = (re.sub(r"\s", "", part) for part in text.split(";"))
    return [part for part in parts if part]
