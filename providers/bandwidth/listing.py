"""Bandwidth's list of messages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from providers.bandwidth.answers import Answer
from providers.bandwidth.codes import Outcome, lookup
from providers.errors import TemporaryFailure
from providers.types import FoundMessage, ReceiptStatus

_STATUSES = {
    "RECEIVED": ReceiptStatus.SENDING,
    "ACCEPTED": ReceiptStatus.SENDING,
    "QUEUED": ReceiptStatus.SENDING,
    "SENDING": ReceiptStatus.SENDING,
    "SENT": ReceiptStatus.SENT,
    "DELIVERED": ReceiptStatus.DELIVERED,
    "DLR_EXPIRED": ReceiptStatus.UNCONFIRMED,
    "FAILED": ReceiptStatus.FAILED,
    "UNDELIVERED": ReceiptStatus.FAILED,
}
# A group has a row per recipient; the message as a whole is as far as its last one.
_LEAST_FIRST = [
    ReceiptStatus.SENDING,
    ReceiptStatus.SENT,
    ReceiptStatus.UNCONFIRMED,
    ReceiptStatus.DELIVERED,
    ReceiptStatus.FAILED,
]


def timestamp(moment: datetime) -> str:
    """Format a date for a filter: Bandwidth refuses any without milliseconds."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def read_found(answer: Answer, message_id: str) -> FoundMessage | None:
    """Read the state of one message; `raw` keeps the row of each recipient.

    Raises TemporaryFailure.
    """
    rows = answer.object().get("messages")
    if not isinstance(rows, list):
        raise TemporaryFailure("Bandwidth's list of messages cannot be read.")
    own = [row for row in rows if isinstance(row, dict) and row.get("messageId") == message_id]
    if not own:
        return None
    states = sorted((_state(row) for row in own), key=lambda state: _LEAST_FIRST.index(state[0]))
    status, code = states[0]
    return FoundMessage(
        provider_message_id=message_id, status=status, error_code=code, raw={"messages": own}
    )


def _state(row: dict[str, Any]) -> tuple[ReceiptStatus, str]:
    word = row.get("messageStatus")
    # A word Bandwidth adds later says at least that it has the message.
    status = _STATUSES.get(word, ReceiptStatus.SENT) if isinstance(word, str) else None
    code = row.get("errorCode")
    is_code = isinstance(code, int | str) and not isinstance(code, bool) and code not in {0, "0"}
    text = str(code)[:20] if is_code else ""
    if status is ReceiptStatus.FAILED and text and lookup(text).outcome is Outcome.UNKNOWN:
        status = ReceiptStatus.UNCONFIRMED
    return status or ReceiptStatus.SENT, text
