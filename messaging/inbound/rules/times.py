"""Times at which an advanced route holds, read from lists such as `1-5` and `09:00-11:30`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from messaging.hours.opening import NotASpan, read_spans
from messaging.inbound.rules.problems import RuleProblem
from messaging.models import AdvancedRoute

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Numbers:
    """A field that lists numbers: its bounds, and the words that stand for them."""

    lowest: int
    highest: int
    words: tuple[str, ...] = ()
    example: str


NUMBERS = {
    "years": _Numbers(lowest=2000, highest=2199, example="2026;2028-2030"),
    "months": _Numbers(lowest=1, highest=12, words=_MONTHS, example="1-3;12"),
    "days": _Numbers(lowest=1, highest=31, example="1;15-20"),
    "weekdays": _Numbers(lowest=1, highest=7, words=_DAYS, example="1-5, where 1 is Monday"),
}


def normalize_times(field: str, text: str) -> str:
    """Return a list as it is stored; blank or "all" = any.

    Raises RuleProblem.
    """
    if text.strip().lower() in ("", "all"):
        return ""
    if field == "times":
        try:
            return ";".join(f"{start}-{end}" for start, end in read_spans(text))
        except NotASpan as error:
            raise RuleProblem(field, str(error)) from error
    pairs = _read(field, text)
    return ";".join(str(low) if low == high else f"{low}-{high}" for low, high in pairs)


def holds(route: AdvancedRoute, local: datetime) -> bool:
    """Tell whether the moment, by the tenant's clock, is one of the route's."""
    clock = f"{local:%H:%M}"
    values = {
        "years": local.year,
        "months": local.month,
        "days": local.day,
        "weekdays": local.isoweekday(),
    }
    for field, value in values.items():
        text = getattr(route, field)
        if text and not any(low <= value <= high for low, high in _read(field, text)):
            return False
    if not route.times:
        return True
    return any(start <= clock < end for start, end in read_spans(route.times))


def _read(field: str, text: str) -> list[tuple[int, int]]:
    kind = NUMBERS[field]
    pairs = []
    joined = re.sub(r"\s*[-\u2010-\u2015]\s*", "-", text.strip().lower())
    for part in filter(None, re.split(r"[;,\s]+", joined)):
        low, dash, high = part.partition("-")
        first = _value(kind, low)
        last = _value(kind, high) if dash else first
        if first is None or last is None:
            raise RuleProblem(
                field,
                f"“{part[:40]}”: write numbers from {kind.lowest} to {kind.highest},"
                f" such as {kind.example}.",
            )
        if first > last:
            raise RuleProblem(
                field,
                f"“{part[:40]}” ends before it begins: write {first}-{kind.highest};"
                f"{kind.lowest}-{last}.",
            )
        pairs.append((first, last))
    return pairs


def _value(kind: _Numbers, text: str) -> int | None:
    text = text.strip()
    if text[:3] in kind.words and text.isalpha():
        return kind.words.index(text[:3]) + 1
    if not (text.isascii() and text.isdecimal() and len(text) < 5):
        return None
    return int(text) if kind.lowest <= int(text) <= kind.highest else None
