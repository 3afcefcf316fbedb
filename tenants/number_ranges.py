"""Lists of phone numbers as people write them: single ones, ranges `a-b`, mixed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tenants.numbers import NotAPhoneNumber, to_e164

MOST = 10_000

_BETWEEN = re.compile(r"[;,\r\n\t]+")
_DASH = re.compile(r"[-\u2010-\u2015]")
_PROBLEMS_TOLD = 10


class UnreadableNumbers(ValueError):
    """The list cannot be taken as it is; each line says what to mend."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class _Refused(ValueError):
    """One part of the list is wrong; the message says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    first: str
    last: str

    @property
    def prefix(self) -> str:
        return "+" if self.first.startswith("+") else ""

    @property
    def size(self) -> int:
        return int(self.last) - int(self.first) + 1

    def numbers(self) -> list[str]:
        width = len(self.first) - len(self.prefix)
        start = int(self.first)
        return [f"{self.prefix}{start + step:0{width}d}" for step in range(self.size)]


def read_numbers(text: str, *, country: str = "US") -> list[str]:
    """Return the numbers of the list in its order, each once, as they are stored.

    Raises UnreadableNumbers.
    """
    parts = [part for part in (p.strip() for p in _BETWEEN.split(text)) if part]
    if not parts:
        raise UnreadableNumbers(["Enter at least one number."])
    if len(parts) > MOST:
        raise UnreadableNumbers([_too_many(len(parts))])
    ranges: list[_Range] = []
    problems: list[str] = []
    for part in parts:
        try:
            ranges.append(_read(part, country))
        except _Refused as error:
            problems.append(str(error))
    if problems:
        left = len(problems) - _PROBLEMS_TOLD
        more = [f"And {left} more like these."] if left > 0 else []
        raise UnreadableNumbers(problems[:_PROBLEMS_TOLD] + more)
    total = sum(one.size for one in ranges)
    if total > MOST:  # asked before anything of that size is made
        raise UnreadableNumbers([_too_many(total)])
    return list(dict.fromkeys(number for one in ranges for number in one.numbers()))


def _too_many(count: int) -> str:
    return f"These are {count:,} numbers; at most {MOST:,} can be allotted at once."


def _read(part: str, country: str) -> _Range:
    single = _number(part, country)
    ends = _ends(part, country)
    if single is not None and (ends is None or not 1 < ends.size <= MOST):
        # A hyphen inside one number; what reads as both is a range where that is a likely one.
        return _Range(first=single, last=single)
    if ends is None:
        raise _Refused(_not_a_number(part))
    if len(ends.first) != len(ends.last):
        raise _Refused(
            f"“{part[:60]}”: write both ends of a range in full, with the same number of digits."
        )
    if ends.size < 1:
        raise _Refused(f"“{part[:60]}” ends before it begins: write the smaller number first.")
    return ends


def _ends(part: str, country: str) -> _Range | None:
    """Split at the dash that leaves a number on either side; equal lengths are preferred."""
    found = None
    for dash in _DASH.finditer(part):
        first = _number(part[: dash.start()], country)
        last = _number(part[dash.end() :], country)
        if first is None or last is None:
            continue
        found = _Range(first=first, last=last)
        if len(first) == len(last):
            break
    return found


def _number(text: str, country: str) -> str | None:
    try:
        return to_e164(text, country=country, short_codes=True)
    except NotAPhoneNumber:
        return None


def _not_a_number(part: str) -> str:
    if _DASH.search(part) and sum(c.isdigit() for c in part) > 11:
        return (
            f"“{part[:60]}” is neither a number nor a range: write both ends of a range in full,"
            " such as +19195550100-+19195550199."
        )
    return f"“{part[:60]}” is not a phone number."
