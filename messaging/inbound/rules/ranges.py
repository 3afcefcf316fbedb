"""A rule's DIDs, and the extension that stands at the same place of another range."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from messaging.inbound.rules.problems import RuleProblem
from tenants.models import PhoneNumber, Tenant, Trunk
from tenants.number_ranges import UnreadableNumbers, read_numbers

DIDS = "did_numbers"
_SHORT = 6  # digits of the longest short code: what is longer is E.164
_EXTENSIONS = re.compile(r"\s*([0-9]{2,10})\s*[-\u2010-\u2015]\s*([0-9]{2,10})\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class DidRange:
    """One DID or several in a row, as the integers of their digits."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """How many DIDs it holds."""
        return self.last - self.first + 1

    @classmethod
    def of(cls, numbers: list[str]) -> Self:
        """Make it of a range's numbers as they are stored."""
        return cls(first=did_key(numbers[0]), last=did_key(numbers[-1]))

    def __str__(self) -> str:
        first, last = shown_did(self.first), shown_did(self.last)
        return first if first == last else f"{first}-{last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionRange:
    """Extensions in a row; their leading zeros count."""

    first: str
    last: str

    @property
    def size(self) -> int:
        """How many extensions it holds."""
        return int(self.last) - int(self.first) + 1

    def at(self, offset: int) -> str:
        """Return the extension at this place, the first being 0."""
        return f"{int(self.first) + offset:0{len(self.first)}d}"

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


def did_key(number: str) -> int:
    """Return what rules compare of a number of ours."""
    return int(number.removeprefix("+"))


def shown_did(key: int) -> str:
    """Write a compared number as it is stored in the directory."""
    digits = str(key)
    return f"+{digits}" if len(digits) > _SHORT else digits


def last_digits(key: int) -> list[str]:
    """Return the endings of a DID that could be an extension, the longest first."""
    digits = str(key)
    return [digits[-length:] for length in range(min(10, len(digits)), 1, -1)]


def read_dids(tenant: Tenant, trunk: Trunk, text: str) -> DidRange:
    """Read one DID or one range that holds a number of the tenant's on the trunk.

    Raises RuleProblem.
    """
    if not text.strip():
        raise RuleProblem(DIDS, "Enter one of your numbers, or a range of them.")
    if re.search(r"[;,\n]", text.strip()):
        raise RuleProblem(DIDS, "A rule has one number or one range: add a rule for each other.")
    try:
        numbers = read_numbers(text, country=tenant.country)
    except UnreadableNumbers as error:
        raise RuleProblem(DIDS, " ".join(error.problems)) from error
    own = PhoneNumber.objects.filter(tenant=tenant, trunk=trunk, number__in=numbers)
    if not own.exists():
        # The same words whoever else has the number: nobody learns about another's.
        what = "None of these numbers is" if len(numbers) > 1 else "This number is not"
        raise RuleProblem(
            DIDS,
            f"{what} yours on the trunk “{trunk.name}”: look under Phone numbers which are.",
        )
    return DidRange.of(numbers)


def read_extensions(text: str, dids: DidRange, *, field: str) -> ExtensionRange:
    """Read a range of extensions, one for each DID.

    Raises RuleProblem.
    """
    found = _EXTENSIONS.fullmatch(text)
    if found is None or len(found[1]) != len(found[2]):
        raise RuleProblem(
            field,
            "Write the first and the last extension with as many digits, such as 1100-1199.",
        )
    if int(found[1]) > int(found[2]):
        raise RuleProblem(field, "The range ends before it begins: write the smaller one first.")
    extensions = ExtensionRange(first=found[1], last=found[2])
    if extensions.size != dids.size:
        raise RuleProblem(
            field,
            f"These are {extensions.size:,} extensions for {dids.size:,} numbers: both ranges"
            " must be of the same size, one extension for each number.",
        )
    return extensions
