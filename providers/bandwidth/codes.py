"""Bandwidth's delivery error codes, and what each asks of us.

Names are Bandwidth's. Sentences are ours. Outcomes and retries follow Bandwidth's own rules where
it states any (4xxx repeats fail the same, 5xxx may be retried, 9902 is not proof of failure).
https://dev.bandwidth.com/docs/messaging/errors/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from providers.types import FailureReason, RegistrationFinding


class Outcome(StrEnum):
    """Whether the same message could still arrive."""

    PERMANENT = "permanent"
    TRANSIENT = "transient"
    UNKNOWN = "unknown"  # it may have arrived: never resent by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCode:
    """One code: the carrier's name for it, and a sentence on what happened and what to do."""

    code: str
    name: str
    sentence: str
    reason: FailureReason
    outcome: Outcome
    retries: int  # how often the same message may be resent without asking anybody
    registration: RegistrationFinding | None = None  # what it tells of the sending number

    @property
    def is_retryable(self) -> bool:
        """Whether any resend is allowed."""
        return self.retries > 0


# 4476 and 4795 block every text from the number. The others may come from one carrier alone, or
# pass when the campaign is approved: a number that still reaches most people is not shut off.
_FINDINGS = {
    4476: RegistrationFinding.REJECTED,
    4773: RegistrationFinding.PENDING,
    4774: RegistrationFinding.PENDING,
    4795: RegistrationFinding.REJECTED,
    5229: RegistrationFinding.PENDING,
}


def _load() -> Mapping[str, ErrorCode]:
    rows = json.loads(Path(__file__).with_name("error_codes.json").read_bytes())
    return MappingProxyType(
        {
            str(row["code"]): ErrorCode(
                code=str(row["code"]),
                name=row["name"],
                sentence=row["sentence"],
                reason=FailureReason(row["reason"]),
                outcome=Outcome(row["outcome"]),
                retries=row["retries"],
                registration=_FINDINGS.get(row["code"]),
            )
            for row in rows
        }
    )


CODES = _load()

# By the first digit, for codes Bandwidth adds later: 4 is the client's, 5 the service's fault.
_SCHEME = {
    "4": (
        Outcome.PERMANENT,
        0,
        FailureReason.REJECTED,
        "The message was refused (code {code}). Sending it again will not help.",
    ),
    "5": (
        Outcome.TRANSIENT,
        1,
        FailureReason.CARRIER,
        "A service on the way failed (code {code}). Try once more later.",
    ),
}
_UNCLEAR = (
    Outcome.UNKNOWN,
    0,
    FailureReason.UNKNOWN,
    "The carrier reported code {code}; the message may have arrived. Ask before resending.",
)
_NO_CODE = ErrorCode(
    code="",
    name="",
    sentence="The message was not delivered, and the carrier gave no reason.",
    reason=FailureReason.UNKNOWN,
    outcome=Outcome.PERMANENT,
    retries=0,
)


def lookup(code: str) -> ErrorCode:
    """Explain a code; unknown ones by Bandwidth's numbering scheme, "" as a failure without one."""
    if not code:
        return _NO_CODE
    known = CODES.get(code)
    if known is not None:
        return known
    digit = code[0] if len(code) == 4 else ""
    outcome, retries, reason, sentence = _SCHEME.get(digit, _UNCLEAR)
    return ErrorCode(
        code=code,
        name="unknown-code",
        sentence=sentence.format(code=code),
        reason=reason,
        outcome=outcome,
        retries=retries,
    )
