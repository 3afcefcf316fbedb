"""What a message as a whole says of its recipients' states: when all have it, or what is wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models.functions import Least

from messaging.delivery import timeline
from messaging.delivery.progress import NO_FAULT, Fault
from messaging.models import Message, MessageEvent, Recipient
from messaging.models.message import Status
from messaging.plaintext import one_line
from providers.registry import provider_class
from providers.types import DeliveryReceipt, FailureReason, ReceiptStatus


def columns(
    message: Message,
    recipient: Recipient,
    receipt: DeliveryReceipt,
    *,
    status: Status,
    at: datetime,
) -> dict[str, Any]:
    """Return what changes on the message beside its status by a receipt that counts."""
    recipients = list(message.recipients.all())
    if len(recipients) > 1:
        return of_group(message, recipients, receipt, recipient)
    if status == Status.DELIVERED:
        return {"delivered_at": Least("delivered_at", at), **NO_FAULT.columns()}
    if status in (Status.FAILED, Status.UNCONFIRMED):
        return fault_of(receipt).columns()
    return {}


def fault_of(receipt: DeliveryReceipt) -> Fault:
    """Return what is wrong with a message of one recipient by a receipt that is no good news."""
    return Fault(reason=_reason(receipt), code=receipt.error_code, text=receipt.error_text)


def of_group(
    message: Message,
    recipients: list[Recipient],
    receipt: DeliveryReceipt | None = None,
    newest: Recipient | None = None,
) -> dict[str, Any]:
    """Read it off all recipients: whose receipt came last must make no difference."""
    states = {each.status for each in recipients}
    if states == {Status.DELIVERED}:
        return {"delivered_at": _all_have_it(message), **NO_FAULT.columns()}
    worst = next((s for s in (Status.FAILED, Status.UNCONFIRMED) if s in states), None)
    if worst is None:
        return NO_FAULT.columns()
    first = _first(message, recipients, worst)
    if first is None:
        return {}  # our own words stay
    if (
        receipt is not None
        and newest is not None
        and first.recipient == newest.number
        and first.error_code == one_line(receipt.error_code, limit=40)
    ):
        reason = _reason(receipt)
    elif worst == Status.UNCONFIRMED:
        reason = None
    else:
        reason = _explained(message, first.error_code)
    text = f"{first.recipient}: {first.detail}"
    return Fault(reason=reason, code=first.error_code, text=text).columns()


def _all_have_it(message: Message) -> datetime:
    """Return when the last of the recipients got it."""
    first: dict[str, datetime] = {}
    for line in timeline.lines_of(message, [Status.DELIVERED]):
        first.setdefault(line.recipient, line.at)
    return max(first.values())


def _first(message: Message, recipients: list[Recipient], state: Status) -> MessageEvent | None:
    """Return the line of the recipient that came to this state first."""
    codes = {each.number: each.error_code for each in recipients if each.status == state}
    lines = [
        line
        for line in timeline.lines_of(message, [state])
        if codes.get(line.recipient) == line.error_code
    ]
    return min(lines, key=lambda line: (line.at, line.error_code, line.recipient), default=None)


def _reason(receipt: DeliveryReceipt) -> FailureReason | None:
    if receipt.failure_reason is None and receipt.status is ReceiptStatus.FAILED:
        return FailureReason.UNKNOWN
    return receipt.failure_reason


def _explained(message: Message, code: str) -> FailureReason:
    account = message.configuration
    return provider_class(account.trunk.provider if account else "bandwidth").explain(code).reason
