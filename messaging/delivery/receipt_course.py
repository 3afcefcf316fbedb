"""What receipts make of a message of one recipient, without asking the database in between.

Says the same as `receipts` does row by row; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from messaging.delivery import receipts, timeline, verdict
from messaging.delivery.progress import NO_FAULT
from messaging.models.message import RANK, Status
from messaging.plaintext import one_line
from providers.types import DeliveryReceipt

_NOT_KNOWN_TO_BE_SENT = (Status.QUEUED, Status.SENDING)
_FOLLOW = (*_NOT_KNOWN_TO_BE_SENT, Status.UNCONFIRMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One new line of a message's timeline."""

    message: UUID
    status: str
    at: datetime
    recipient: str = ""
    error_code: str = ""
    detail: str = ""
    webhook_event_id: int | None = None


@dataclass(slots=True, kw_only=True)
class Recipient:
    """Row of the one recipient; `heard` is since when the carrier says what of it."""

    key: int
    number: str
    status: str
    error_code: str
    heard: dict[tuple[str, str], datetime] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Course:
    """Row of a message on its way, moved by one receipt after the other."""

    key: UUID
    conversation: int
    configuration: int | None
    created_at: datetime
    status: str
    provider_message_id: str
    fault: dict[str, str]
    sent_at: datetime | None
    delivered_at: datetime | None
    is_looked_up: bool
    recipient: Recipient
    was_taken: bool = False

    def columns(self) -> tuple[object, ...]:
        """Return what a receipt may change of the message itself."""
        return (
            self.status,
            self.provider_message_id,
            self.fault,
            self.sent_at,
            self.delivered_at,
            self.is_looked_up,
            self.was_taken,
        )

    def copy(self) -> Course:
        """Return the course as it is now, to compare with what becomes of it."""
        return replace(self, recipient=replace(self.recipient))

    def hear(self, receipt: DeliveryReceipt, *, event: int) -> list[Line]:
        """Take in one receipt; returns what it adds to the timeline."""
        at = receipts.time_of(receipt)
        before = (self.recipient.status, self.recipient.error_code)
        taken = self._accept(receipt.provider_message_id, at)
        return taken + self._note(receipt, at, before=before, event=event)

    def _accept(self, provider_message_id: str, at: datetime) -> list[Line]:
        lines = []
        if self.status in _NOT_KNOWN_TO_BE_SENT or (
            self.status == Status.UNCONFIRMED and not self.provider_message_id
        ):
            self.status, self.fault, self.was_taken = Status.SENT, NO_FAULT.columns(), True
            if self.recipient.status in _FOLLOW:
                self.recipient.status, self.recipient.error_code = Status.SENT, ""
            lines = [Line(message=self.key, status=Status.SENT, at=at, detail=timeline.TAKEN)]
        self.sent_at = _earlier(self.sent_at, at)
        self.is_looked_up = False
        self.provider_message_id = self.provider_message_id or provider_message_id
        return lines

    def _note(
        self, receipt: DeliveryReceipt, at: datetime, *, before: tuple[str, str], event: int
    ) -> list[Line]:
        status, code = receipts.STATUS[receipt.status], one_line(receipt.error_code, limit=40)
        recipient = self.recipient
        rose = RANK[recipient.status] < RANK[status]
        heard_at = None if rose else recipient.heard.get((status, code))
        if heard_at is not None and heard_at <= at:
            return []  # the same receipt again
        if rose or self._outweighs(status, code, at, before=before):
            recipient.status, recipient.error_code = status, code
            self._follow(receipt, status, at)
        recipient.heard[status, code] = _earlier(recipient.heard.get((status, code)), at)
        line = Line(
            message=self.key,
            status=status,
            at=at,
            recipient=recipient.number,
            error_code=code,
            detail=one_line(receipt.error_text, limit=300),
            webhook_event_id=event,
        )
        return [line]

    def _outweighs(
        self, status: Status, code: str, at: datetime, *, before: tuple[str, str]
    ) -> bool:
        # As the recipient was when the receipt came, before it was taken as a word of acceptance.
        state, other = before
        known = self.recipient.heard.get((status, other))
        return state == status and receipts.outweighs(status, code, at, other=other, known=known)

    def _follow(self, receipt: DeliveryReceipt, status: Status, at: datetime) -> None:
        if status == Status.DELIVERED:
            self.delivered_at, self.fault = _earlier(self.delivered_at, at), NO_FAULT.columns()
        elif status in (Status.FAILED, Status.UNCONFIRMED):
            self.fault = verdict.fault_of(receipt).columns()
        if RANK[self.status] < RANK[self.recipient.status]:
            self.status = self.recipient.status


def _earlier(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else min(known, at)
