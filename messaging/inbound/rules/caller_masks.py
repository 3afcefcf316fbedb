"""Caller masks: single numbers, ranges and patterns that a text's sender is compared with.

Compared are the digits of E.164. `*` stands for exactly one digit, so a pattern fixes the length
too. A part typed without + is read as a number of the tenant's country where it can be one; what
cannot, such as a short code, is taken digit by digit as it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from messaging.inbound.rules.problems import RuleProblem
from tenants.numbers import NotAPhoneNumber, to_e164

LONGEST = 300
FIELD = "caller_mask"

_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 +_&.-]{1,11}")
_FILLER = re.compile(r"[\s()./\u00a0]+")
_DASH = re.compile(r"[-\u2010-\u2015]")
_PATTERN = re.compile(r"[0-9*]{1,15}")
_SHORT = 6  # digits of the longest short code: what is longer is E.164


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of a mask's alternatives: a range of digits, a pattern with stars, or a name."""

    first: str = ""
    last: str = ""
    pattern: str = ""
    name: str = ""

    @property
    def width(self) -> int:
        """How many senders it covers: the fewer, the more specific."""
        if self.pattern:
            return int(10 ** self.pattern.count("*"))
        return 1 if self.name else int(self.last) - int(self.first) + 1

    @property
    def _head(self) -> str:
        return self.pattern.partition("*")[0]

    def covers(self, caller: str) -> bool:
        """Tell whether the sender, as `sender_key` gives it, is one of them."""
        if self.name:
            return self.name.casefold() == caller.casefold()
        if self.pattern:
            # Most senders differ before the first star, which is told at once.
            if len(caller) != len(self.pattern) or not caller.startswith(self._head):
                return False
            return all(
                theirs.isdecimal() if ours == "*" else ours == theirs
                for ours, theirs in zip(self.pattern, caller, strict=True)
            )
        return len(caller) == len(self.first) and self.first <= caller <= self.last

    def __str__(self) -> str:
        if self.name:
            return self.name
        if self.pattern:
            return _shown(self.pattern)
        if self.first == self.last:
            return _shown(self.first)
        return f"{_shown(self.first)}-{_shown(self.last)}"


def parse_mask(text: str, *, country: str = "US") -> tuple[Part, ...]:
    """Read a mask as people type it; nothing = every caller.

    Raises RuleProblem.
    """
    parts = [part for part in (" ".join(p.split()) for p in re.split(r"[;\n]", text)) if part]
    return tuple(dict.fromkeys(_part(part, country) for part in parts))


def normalize_mask(text: str, *, country: str) -> str:
    """Return the mask as it is stored: reading it again gives the same, in any country.

    Raises RuleProblem.
    """
    stored = "; ".join(str(part) for part in parse_mask(text, country=country))
    if len(stored) > LONGEST:
        raise RuleProblem(
            FIELD, f"This is longer than {LONGEST} characters: split it between two rules."
        )
    return stored


def width_of_match(mask: str, caller: str) -> float | None:
    """Return how many callers the narrowest part that covers this one covers; None = no match.

    An empty mask covers everybody, which is wider than any part.
    """
    return width_for(mask, sender_key(caller))


def width_for(mask: str, key: str) -> float | None:
    """Do the same for a sender as `sender_key` gives it."""
    if not mask:
        return float("inf")
    return min((part.width for part in _stored(mask) if part.covers(key)), default=None)


@lru_cache(maxsize=2000)
def _stored(mask: str) -> tuple[Part, ...]:
    # Read once by each worker, not at each text: a company may have hundreds of rules.
    return parse_mask(mask)


def sender_key(caller: str) -> str:
    """Return what masks compare of a sender: digits of a number, or a name as it is."""
    typed = caller.strip()
    if any(char.isalpha() for char in typed):
        return typed
    return "".join(char for char in typed if char in "0123456789")


def _part(text: str, country: str) -> Part:
    if _NAME.fullmatch(text):
        return Part(name=text)
    if ends := _ends(text, country):
        first, last = ends
        if first > last:
            raise RuleProblem(
                FIELD, f"“{text[:60]}” ends before it begins: write the smaller number first."
            )
        return Part(first=first, last=last)
    hangs = _DASH.match(text) or _DASH.match(text[::-1])
    digits = None if hangs else _digits(_DASH.sub("", text), country)
    if digits is None:
        raise RuleProblem(
            FIELD,
            f"“{text[:60]}” is no caller: write a number, a range such as"
            " +15125550100-+15125550199, or a pattern such as +1512555****, with one * for"
            " each digit that may be any.",
        )
    if "*" in digits:
        return Part(pattern=digits)
    return Part(first=digits, last=digits)


def _ends(text: str, country: str) -> tuple[str, str] | None:
    """Split at the dash that leaves numbers of one length on either side."""
    for dash in _DASH.finditer(text):
        first = _digits(_DASH.sub("", text[: dash.start()]), country)
        last = _digits(_DASH.sub("", text[dash.end() :]), country)
        if first and last and len(first) == len(last):
            if "*" in first + last:
                raise RuleProblem(
                    FIELD, f"“{text[:60]}”: write a range without *, or a pattern without -."
                )
            return first, last
    return None


def _digits(text: str, country: str) -> str | None:
    """Return digits and stars as E.164 has them, without the plus."""
    bare = _FILLER.sub("", text)
    international = bare.startswith(("+", "00"))
    bare = bare.removeprefix("+").removeprefix("00") if international else bare
    if not _PATTERN.fullmatch(bare):
        return None
    if not international:
        bare = _with_country(bare, country)
    return None if bare.startswith("0") else bare  # no number of the world begins with 0


def _with_country(bare: str, country: str) -> str:
    if len(bare) <= _SHORT:
        return bare
    try:
        # A star stands for any digit, so any will do to learn what comes before the number.
        full = to_e164(bare.replace("*", "5"), country=country).removeprefix("+")
    except NotAPhoneNumber:
        return bare
    national = bare.lstrip("0")
    if not full.endswith(national.replace("*", "5")):
        return bare
    return full[: len(full) - len(national)] + national


def _shown(digits: str) -> str:
    return f"+{digits}" if len(digits) > _SHORT else digits
