"""What Bandwidth's HTTP answers mean, for every endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from providers.bandwidth.codes import CODES
from providers.errors import AccountProblem, MessageRejected, ProviderError, TemporaryFailure
from providers.types import FailureReason

LONGEST_WAIT = 3600.0

_FIELD_REASONS = {
    "from": FailureReason.INVALID_SENDER,
    "to": FailureReason.INVALID_RECIPIENT,
    "text": FailureReason.CONTENT,
    "media": FailureReason.MEDIA,
    "expiration": FailureReason.EXPIRED,
    "applicationId": FailureReason.ACCOUNT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """HTTP answer read to its end."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Decode the body.

        Raises ValueError.
        """
        try:
            return json.loads(self.content)
        except RecursionError as error:
            raise ValueError("too deep") from error

    def object(self) -> dict[str, Any]:
        """Return the body's JSON object, or {} where it is HTML, empty or broken."""
        try:
            body = self.json()
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait, from either form of the header; None when it names none."""
        return parse_retry_after(self.headers.get("Retry-After", ""))


def parse_retry_after(value: str) -> float | None:
    """Read seconds or an HTTP date, kept between a second and an hour."""
    value = value.strip()
    if not value:
        return None
    try:
        seconds = float(value) if value.isascii() and value.isdigit() else _until(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 1.0), LONGEST_WAIT)


def _until(value: str) -> float:
    moment = parsedate_to_datetime(value)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - datetime.now(UTC)).total_seconds()


def problem(answer: Answer, *, account_id: str, signed_in_by: str) -> ProviderError:
    """Turn a refusal into the exception its caller must react to."""
    body = answer.object()
    code = _word(body.get("type")) or f"http-{answer.status}"
    said = _said(body)
    if answer.status in {401, 402, 403, 404} or 300 <= answer.status < 400:
        detail = _account_sentence(answer.status, account_id, signed_in_by)
        return AccountProblem(detail, error_code=code)
    if answer.status in {408, 429}:
        return TemporaryFailure(
            "Bandwidth is taking no more messages at the moment.",
            error_code=code,
            retry_after=answer.retry_after,
        )
    if answer.status >= 500:
        return TemporaryFailure(
            f"Bandwidth has a fault at the moment (HTTP {answer.status}).",
            error_code=code,
            retry_after=answer.retry_after,
        )
    known = CODES.get(_code(body))
    if known is not None:
        return MessageRejected(
            known.sentence,
            error_code=known.code,
            reason=known.reason,
            registration=known.registration,
        )
    detail = f"Bandwidth refused the request: {said or f'HTTP {answer.status}'}"
    return MessageRejected(detail, error_code=code, reason=_reason(body))


def _code(body: Mapping[str, Any]) -> str:
    """Return a delivery code that comes with the refusal itself; "" where there is none."""
    for value in (body.get("errorCode"), body.get("type")):
        if isinstance(value, int | str) and not isinstance(value, bool):
            return str(value)[:40]
    return ""


def _account_sentence(status: int, account_id: str, signed_in_by: str) -> str:
    if status == 401:
        return (
            f"Bandwidth does not accept the {signed_in_by} for account ID {account_id}: "
            "one of them is wrong, or the credentials do not cover that account."
        )
    if status == 402:
        return f"Bandwidth wants a payment for account {account_id} before it sends more."
    if status == 403:
        return (
            f"Bandwidth accepts the {signed_in_by}, but they may not be used for messaging "
            f"on account ID {account_id}."
        )
    if status == 404:
        return f"Bandwidth knows no account {account_id}: check the account ID and the address."
    return "The address set for Bandwidth points somewhere else; credentials were not sent on."


def _said(body: Mapping[str, Any]) -> str:
    fields = body.get("fieldErrors")
    parts = []
    for entry in fields if isinstance(fields, list) else []:
        if isinstance(entry, dict):
            name, text = _word(entry.get("fieldName")), _word(entry.get("description"))
            parts.append(f"{name}: {text}" if name else text)
    return "; ".join(filter(None, parts))[:500] or _word(body.get("description"))


def _reason(body: Mapping[str, Any]) -> FailureReason:
    fields = body.get("fieldErrors")
    for entry in fields if isinstance(fields, list) else []:
        name = _word(entry.get("fieldName")) if isinstance(entry, dict) else ""
        found = _FIELD_REASONS.get(name.partition("[")[0])
        if found:
            return found
    return FailureReason.REJECTED


def _word(value: object) -> str:
    """Keep one readable line of a foreign string."""
    if not isinstance(value, str):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())[:300]
