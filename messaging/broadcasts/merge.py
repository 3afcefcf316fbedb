"""Merge fields: {name} in a text stands for what is known of each recipient.

{name|there} gives the words for those of whom nothing is known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

KNOWN = ("name", "first_name", "company")
MOST_FIELDS = 20
VALUE_LENGTH = 200

_FIELD = re.compile(r"\{\s*([A-Za-z][A-Za-z0-9_ ]{0,39}?)\s*(?:\|([^{}]*))?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Text for one recipient; `empty` names the fields that left a gap in it."""

    text: str
    empty: tuple[str, ...]


def field_name(title: str) -> str:
    """Return the name a column's title gives to a field: "Due date" is {due_date}."""
    words = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
    return words[:40]


def fields_in(text: str) -> tuple[str, ...]:
    """Name the fields of a text, each once."""
    return tuple(dict.fromkeys(field_name(match[1]) for match in _FIELD.finditer(text)))


def merge(text: str, values: Mapping[str, str]) -> Merged:
    """Put one recipient's values into the text."""
    empty: dict[str, None] = {}

    def value(match: re.Match[str]) -> str:
        name = field_name(match[1])
        known = " ".join(values.get(name, "").split())
        if known or match[2] is not None:
            return known or match[2]
        empty[name] = None
        return ""

    merged = _FIELD.sub(value, text)
    if empty:
        # A gap leaves two spaces, or one before a comma.
        merged = re.sub(r"(?<=\S)  +", " ", merged)
        merged = re.sub(r" +([,.!?;:])", r"\1", merged)
    return Merged(text=merged, empty=tuple(empty))


def values_of(fields: Mapping[str, str], *, name: str = "", company: str = "") -> dict[str, str]:
    """Bring together what the list and the contact tell of somebody; the list has the last word."""
    values = {"name": name, "company": company}
    values |= {key: value for key, value in fields.items() if value}
    values.setdefault("first_name", values["name"].split(" ")[0])
    return values
