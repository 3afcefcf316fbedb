"""Bandwidth's list of messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from providers.bandwidth import fields
from providers.bandwidth.answers import Answer
from providers.bandwidth.codes import Outcome, lookup
from providers.errors import TemporaryFailure
from providers.types import FoundMessage, ListedPart, ReceiptStatus

# Ten pages of a hundred; between two numbers and within minutes there are never that many.
_MOST_PAGES = 10

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
    own = [row for row in _rows(answer) if row.get("messageId") == message_id]
    if not own:
        return None
    states = sorted((_state(row) for row in own), key=lambda state: _LEAST_FIRST.index(state[0]))
    status, code = states[0]
    return FoundMessage(
        provider_message_id=message_id,
        status=status,
        error_code=code,
        parts=tuple(_part(row) for row in own),
        raw={"messages": own},
    )


def read_pages(ask: Callable[[Mapping[str, str]], Answer]) -> Iterator[ListedPart]:
    """Read every page of outbound rows; `ask` gets what to add to the filters.

    Raises TemporaryFailure, also for a list without end.
    """
    more: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        answer = ask(more)
        yield from (_part(row) for row in _rows(answer) if _is_outbound(row))
        info = answer.object().get("pageInfo")
        token = info.get("nextPageToken") if isinstance(info, dict) else None
        if not isinstance(token, str) or not token:
            return
        more = {"pageToken": token}
    raise TemporaryFailure("Bandwidth's list of messages is too long to be read to its end.")


def _rows(answer: Answer) -> list[dict[str, Any]]:
    rows = answer.object().get("messages")
    if not isinstance(rows, list):
        raise TemporaryFailure("Bandwidth's list of messages cannot be read.")
    return [row for row in rows if isinstance(row, dict)]


def _is_outbound(row: Mapping[str, Any]) -> bool:
    return bool(row.get("messageDirection", "OUTBOUND") == "OUTBOUND" and row.get("messageId"))


def _part(row: Mapping[str, Any]) -> ListedPart:
    status, code = _state(row)
    return ListedPart(
        provider_message_id=fields.optional(row.get("messageId"), limit=fields.ID_LIMIT),
        sender=fields.optional(row.get("sourceTn")),
        recipient=fields.optional(row.get("destinationTn")),
        status=status,
        error_code=code,
        taken_at=fields.moment(row.get("receiveTime")),
    )


def _state(row: Mapping[str, Any]) -> tuple[ReceiptStatus, str]:
    word = row.get("messageStatus")
    # A word Bandwidth adds later says at least that it has the message.
    status = _STATUSES.get(word, ReceiptStatus.SENT) if isinstance(word, str) else None
    code = row.get("errorCode")
    is_code = isinstance(code, int | str) and not isinstance(code, bool) and code not in {0, "0"}
    text = str(code)[:20] if is_code else ""
    if status is ReceiptStatus.FAILED and text and lookup(text).outcome is Outcome.UNKNOWN:
        status = ReceiptStatus.UNCONFIRMED
    return status or ReceiptStatus.SENT, text
