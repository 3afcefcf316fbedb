"""Delivery receipts: they come late, twice, out of order and before our own note of sending.

However they come, the same receipts end in the same state: of each recipient the highest one, and
of several that say the same in different words the earliest.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from messaging import registration
from messaging.consent import optouts
from messaging.delivery import again, progress, timeline, verdict
from messaging.models import Message, OptOut, Recipient, SmsConfiguration
from messaging.models.message import Status
from messaging.pacing import slowdown
from messaging.plaintext import one_line
from providers.types import DeliveryReceipt, FailureReason, ReceiptStatus

logger = logging.getLogger(__name__)

# A carrier says "sending" of what it has taken, which is what we call sent.
STATUS = {
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
    message.refresh_from_db(fields=["status", "provider_message_id", "sent_at", "lookup_at"])
    recipient = _recipient(message, receipt)
    given_up = _given_up(message, receipt)
    if _is_of_another_attempt(message, receipt, recipient, given_up=given_up):
        # A text that arrived, arrived; what else became of an earlier sending is history.
        if receipt.status is not ReceiptStatus.DELIVERED:
            return True
    elif not given_up and not _was_accepted(message, receipt):
        progress.accept(
            message, provider_message_id=receipt.provider_message_id, at=time_of(receipt)
        )
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


def _given_up(message: Message, receipt: DeliveryReceipt) -> set[str]:
    """Return for whom the message was sent again after the sending that the receipt is about."""
    if receipt.provider_message_id in ("", message.provider_message_id):
        return set()
    return timeline.whose_earlier_id(message, receipt.provider_message_id)


def _is_of_another_attempt(
    message: Message, receipt: DeliveryReceipt, recipient: Recipient | None, *, given_up: set[str]
) -> bool:
    """Tell whether it is about a sending before (or beside) the one that counts for them now."""
    if given_up:
        return "" in given_up or recipient is None or recipient.number in given_up
    known = message.provider_message_id
    return bool(receipt.provider_message_id and known) and known != receipt.provider_message_id


def _was_accepted(message: Message, receipt: DeliveryReceipt) -> bool:
    """Tell whether it is no news that the carrier has the message: so it is for most receipts."""
    return (
        message.status not in (Status.QUEUED, Status.SENDING)
        and bool(message.provider_message_id)
        and message.lookup_at is None
        and message.sent_at is not None
        and message.sent_at <= time_of(receipt)
    )


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
    status, at = STATUS[receipt.status], time_of(receipt)
    code = one_line(receipt.error_code, limit=40)
    said_of = {"recipient": recipient.number, "error_code": code}
    rose = Recipient.objects.filter(pk=recipient.pk, status__in=progress.below(status)).update(
        status=status, error_code=code
    )
    heard_at = None if rose else timeline.heard_at(message, status, **said_of)
    if heard_at is not None and heard_at <= at:
        return  # the same receipt again
    # Asked before it is written down.
    counts = bool(rose) or _is_earlier(message, recipient, status, code=code, at=at)
    timeline.record(
        message,
        status,
        at=at,
        **said_of,
        detail=receipt.error_text,
        webhook_event_id=webhook_event_id,
    )
    if heard_at is None:
        _learn(message, recipient, receipt, at)
    if counts:
        if not rose:
            Recipient.objects.filter(pk=recipient.pk).update(error_code=code)
        columns = verdict.columns(message, recipient, receipt, status=status, at=at)
        progress.follow_recipients(message, **columns)
    if not again.after_limit(message):
        progress.show(message)


def _is_earlier(
    message: Message, recipient: Recipient, status: Status, *, code: str, at: datetime
) -> bool:
    """Tell whether of two receipts that say the same state in different words this one counts.

    The earlier one does, whichever comes first; of one moment the lower code. A carrier's limit
    counts before all else, for it alone means that the text is to be sent again.
    """
    if recipient.status != status:
        return False
    known = timeline.heard_at(
        message, status, recipient=recipient.number, error_code=recipient.error_code
    )
    return outweighs(status, code, at, other=recipient.error_code, known=known)


def outweighs(
    status: Status, code: str, at: datetime, *, other: str, known: datetime | None
) -> bool:
    """Tell whether a receipt counts more than the one of the same state that counts until now.

    `other` is the code that counts, `known` since when the carrier says so; None = it never did.
    """
    if known is None:  # our own word, not the carrier's: of a failure we know better
        return status == Status.UNCONFIRMED
    of_limit = slowdown.VOLUME_CODES
    return code == other or (code not in of_limit, at, code) < (other not in of_limit, known, other)


def _learn(message: Message, recipient: Recipient, receipt: DeliveryReceipt, at: datetime) -> None:
    """Keep what it tells beyond this message, once: people may know more since."""
    if receipt.failure_reason is FailureReason.OPTED_OUT:
        # They may have texted START since.
        optouts.record_opt_out(
            message.sender,
            recipient.number,
            OptOut.Source.CARRIER,
            message=message,
            detail=f"Code {receipt.error_code}" if receipt.error_code else "",
        )
    slowdown.volume_exceeded(message, receipt.error_code)
    if receipt.registration is not None:
        registration.learn(
            message.sender,
            receipt.registration,
            code=receipt.error_code,
            words=receipt.error_text,
            at=at,
        )


def time_of(receipt: DeliveryReceipt) -> datetime:
    """Return when it happened, by the carrier's clock unless that runs ahead of ours."""
    now = timezone.now()
    if receipt.occurred_at is None or timezone.is_naive(receipt.occurred_at):
        return now
    return min(receipt.occurred_at, now)
