"""Delivery receipts: they come late, twice, out of order and before our own note of sending."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from messaging import optouts
from messaging.delivery import progress, timeline
from messaging.delivery.progress import NO_FAULT, Fault
from messaging.models import Message, OptOut, Recipient, SmsConfiguration
from messaging.models.message import Status
from messaging.plaintext import one_line
from providers.types import DeliveryReceipt, FailureReason, ReceiptStatus

logger = logging.getLogger(__name__)

# A carrier says "sending" of what it has taken, which is what we call sent.
_STATUS = {
    ReceiptStatus.SENDING: Status.SENT,
    ReceiptStatus.SENT: Status.SENT,
    ReceiptStatus.UNCONFIRMED: Status.UNCONFIRMED,
    ReceiptStatus.DELIVERED: Status.DELIVERED,
    ReceiptStatus.FAILED: Status.FAILED,
}


@transaction.atomic
def apply_receipt(
    receipt: DeliveryReceipt,
    *,
    configuration: SmsConfiguration | None,
    webhook_event_id: int | None = None,
) -> bool:
    """Note what became of a message of this account (None = the platform's).

    Runs in the tenant's schema. Returns False when the message is not known here, or not yet.
    """
    receipt = replace(receipt, provider_message_id=one_line(receipt.provider_message_id, limit=200))
    message = _find(receipt, configuration)
    if message is None:
        return False
    progress.lock_thread(message)
    message.refresh_from_db(fields=["status", "provider_message_id"])
    if _is_of_another_attempt(message, receipt):
        # A text that arrived, arrived; what else became of an earlier sending is history.
        if receipt.status is not ReceiptStatus.DELIVERED:
            return True
    else:
        progress.accept(
            message, provider_message_id=receipt.provider_message_id, at=_time_of(receipt)
        )
    recipient = _recipient(message, receipt)
    if recipient is None:
        logger.warning("receipt for message %s names nobody it went to", message.pk)
        return True
    _note(message, recipient, receipt, webhook_event_id)
    return True


def _find(receipt: DeliveryReceipt, configuration: SmsConfiguration | None) -> Message | None:
    # Never by owner: carriers put either side's number there. And never past the account: what
    # comes in by one address says nothing about another account's messages.
    own = Message.objects.select_related("conversation__extension").filter(
        direction=Message.Direction.OUT, configuration=configuration
    )
    if receipt.provider_message_id:
        found = own.filter(provider_message_id=receipt.provider_message_id).first()
        if found is not None:
            return found
    try:
        return own.filter(pk=UUID(receipt.tag)).first()
    except ValueError:
        return None


def _is_of_another_attempt(message: Message, receipt: DeliveryReceipt) -> bool:
    """Tell whether it is about a sending before (or beside) the one that counts now."""
    if not receipt.provider_message_id:
        return False
    if message.provider_message_id:
        return message.provider_message_id != receipt.provider_message_id
    return timeline.is_earlier_id(message, receipt.provider_message_id)


def _recipient(message: Message, receipt: DeliveryReceipt) -> Recipient | None:
    recipients = list(message.recipients.all())
    if len(recipients) == 1:
        return recipients[0]
    # The carrier names what it was given to dial, which may be another's number in the group.
    return next(
        (each for each in recipients if (each.dialed or each.number) == receipt.recipient),
        next((each for each in recipients if each.number == receipt.recipient), None),
    )


def _note(
    message: Message,
    recipient: Recipient,
    receipt: DeliveryReceipt,
    webhook_event_id: int | None,
) -> None:
    status = _STATUS[receipt.status]
    code = one_line(receipt.error_code, limit=40)
    rose = Recipient.objects.filter(pk=recipient.pk, status__in=progress.below(status)).update(
        status=status, error_code=code
    )
    is_news = rose or not timeline.tells(
        message, status, recipient=recipient.number, error_code=code
    )
    if not is_news:
        return  # the same receipt again
    timeline.record(
        message,
        status,
        at=_time_of(receipt),
        recipient=recipient.number,
        error_code=code,
        detail=receipt.error_text,
        webhook_event_id=webhook_event_id,
    )
    if receipt.failure_reason is FailureReason.OPTED_OUT:
        # Only as news: they may have texted START since.
        optouts.record_opt_out(message.sender, recipient.number, OptOut.Source.CARRIER)
    if rose:
        progress.follow_recipients(message, **_columns(message, recipient, receipt, status))
    progress.show(message)


def _columns(
    message: Message, recipient: Recipient, receipt: DeliveryReceipt, status: Status
) -> dict[str, Any]:
    """Return what changes on the message beside its status."""
    others = message.recipients.exclude(pk=recipient.pk)
    if status == Status.DELIVERED:
        if others.exclude(status=Status.DELIVERED).exists():
            return {}
        return {"delivered_at": _time_of(receipt), **NO_FAULT.columns()}
    # A group shows its first failure; each recipient keeps its own code.
    explained = [Status.FAILED]
    if status == Status.UNCONFIRMED:
        explained.append(Status.UNCONFIRMED)
    elif status != Status.FAILED:
        return {}
    if others.filter(status__in=explained).exists():
        return {}
    return _fault(receipt, recipient, is_group=others.exists()).columns()


def _fault(receipt: DeliveryReceipt, recipient: Recipient, *, is_group: bool) -> Fault:
    reason = receipt.failure_reason
    if reason is None and receipt.status is ReceiptStatus.FAILED:
        reason = FailureReason.UNKNOWN
    text = receipt.error_text
    return Fault(
        reason=reason,
        code=receipt.error_code,
        text=f"{recipient.number}: {text}" if is_group else text,
    )


def _time_of(receipt: DeliveryReceipt) -> datetime:
    now = timezone.now()
    if receipt.occurred_at is None or timezone.is_naive(receipt.occurred_at):
        return now
    return min(receipt.occurred_at, now)
