"""Sending as a person asks for it: judged at once, stored, and handed to a worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from messaging import live, queue, segments
from messaging.conversations import conversation_with, note_last
from messaging.delivery import progress, timeline
from messaging.handling.replies import settle
from messaging.hours import quiet as quiet_hours
from messaging.models import Attachment, Conversation, Message, Recipient
from messaging.models.message import Status
from messaging.outbound.clearance import check_messaging, clear
from messaging.outbound.compose import Draft, compose, normal, unknown_file
from messaging.outbound.expiry import check_expiry
from messaging.outbound.lines import Line
from messaging.outbound.refusals import Refusal, SendRefused
from messaging.outbound.schedule import due_at
from messaging.outbound.senders import pick_line
from messaging.visibility import extension_of
from tenants.models import Tenant, User
from tenants.roles import Role
from tenants.schema import tenant_connection

__all__ = ["SendRefused", "cancel_message", "retry_message", "send_message"]

_RETRIED = {False: [Status.FAILED], True: [Status.FAILED, Status.UNCONFIRMED]}
_MAY_HAVE_ARRIVED = (
    "Nobody knows yet whether this message arrived: sent again, it may arrive twice. Confirm that"
    " you want to send it anyway."
)
_NOT_REACHED = [status for status in Status if status != Status.DELIVERED]


def send_message(
    *,
    user: User,
    role: Role,
    tenant: Tenant,
    sender: str,
    recipients: Sequence[str],
    text: str,
    attachment_ids: Sequence[UUID] = (),
    scheduled_at: datetime | None = None,
    expires_at: datetime | None = None,
    ignore_quiet_hours: bool = False,
    key: UUID | None = None,
) -> Message:
    """Store a message and have it sent now or, if `scheduled_at` is to come, then.

    Numbers may be typed in any usual form; sender "" is the default one; several recipients are
    one group. Asked twice by the same `key`, it is sent once. It is given up at `expires_at`; None
    = the company's usual patience. In the recipient's quiet hours it waits, unless they are to be
    ignored. Raises SendRefused, with nothing stored.
    """
    known = _asked_before(key, user)
    if known and known.text == normal(text):
        return known
    if known:
        key = None  # not the same click: the text was changed after an answer that got lost
    check_messaging(tenant)
    line = pick_line(user, role, tenant, sender, to=recipients)
    draft = compose(
        line,
        user=user,
        tenant=tenant,
        recipients=recipients,
        text=text,
        attachment_ids=attachment_ids,
    )
    now = timezone.now()
    due = due_at(scheduled_at, now=now)
    check_expiry(expires_at, due=due, now=now)
    try:
        with transaction.atomic():
            conversation = conversation_with(line.number, draft.recipients, at=now)
            settle(conversation, user, extension_of(user, tenant) if role < Role.ADMIN else None)
            message = _store(
                line,
                draft,
                conversation,
                user=user,
                now=now,
                due=due,
                key=key,
                expires_at=expires_at,
                said=f"{quiet_hours.ON_PURPOSE} by {user}" if ignore_quiet_hours else "",
            )
            note_last(message)
            live.hint(conversation)
            if due is None:
                queue.enqueue_delivery(message)
    except IntegrityError:
        known = _asked_before(key, user)  # the same click's other request was quicker
        if known is None:
            raise
        return known
    return message


def _asked_before(key: UUID | None, user: User) -> Message | None:
    """Return what the key has sent already.

    Raises SendRefused when somebody else used it.
    """
    message = Message.objects.filter(pk=key).first() if key else None
    if message is not None and message.author_id != user.pk:
        raise SendRefused(Refusal.INVALID_STATE, "This page is out of date. Load it again.")
    return message


def retry_message(message: Message, *, anyway: bool = False) -> Message:
    """Send a message again, as a person decided who may know more than we.

    One that failed simply; one of unknown fate only `anyway`, for it may arrive twice. Whoever has
    it already is spared. Raises SendRefused.
    """
    clear(message, tenant=tenant_connection.tenant)
    with transaction.atomic():
        progress.lock_thread(message)
        message.refresh_from_db()
        moved = progress.move(
            message,
            Status.QUEUED,
            where=Q(direction=Message.Direction.OUT, status__in=_RETRIED[anyway]),
            carry=_NOT_REACHED,
            detail=timeline.sent_again(message.provider_message_id),
            # Receipts that come late for the first sending must not be taken for the next one's.
            provider_message_id="",
            attempts=0,
            routes_tried=0,
            expires_at=None,  # that end was the first sending's
            next_attempt_at=timezone.now(),
            sending_at=None,
            lookup_at=None,
            lookups=0,
            sent_at=None,
            delivered_at=None,
        )
        if not moved and message.status == Status.UNCONFIRMED:
            raise SendRefused(Refusal.CONFIRM_NEEDED, _MAY_HAVE_ARRIVED)
        if not moved:
            raise _wrong_state(message, "Only what failed or is not confirmed can be sent again")
        # The carrier keeps uploads for two days only.
        message.attachments.update(provider_url="")
        queue.enqueue_delivery(message)
    message.refresh_from_db()
    return message


def cancel_message(message: Message) -> Message:
    """Take back a message that no carrier was asked to send yet.

    Raises SendRefused.
    """
    moved = progress.move(
        message,
        Status.CANCELED,
        where=Q(direction=Message.Direction.OUT, status__in=[Status.SCHEDULED, Status.QUEUED]),
        next_attempt_at=None,
    )
    message.refresh_from_db()
    if not moved:
        raise _wrong_state(message, "Only what is scheduled or queued can be canceled")
    return message


def _store(
    line: Line,
    draft: Draft,
    conversation: Conversation,
    *,
    user: User,
    now: datetime,
    due: datetime | None,
    key: UUID | None,
    expires_at: datetime | None,
    said: str,
) -> Message:
    measured = segments.measure(draft.text)
    status = Status.SCHEDULED if due else Status.QUEUED
    message = Message.objects.create(
        id=key or uuid4(),
        conversation=conversation,
        direction=Message.Direction.OUT,
        kind=Message.Kind.MMS if draft.is_mms else Message.Kind.SMS,
        status=status,
        sender=line.number,
        text=draft.text,
        segment_count=1 if draft.is_mms else measured.count,
        encoding=measured.encoding,
        configuration=line.configuration,
        author=user,
        created_at=now,
        scheduled_at=due,
        next_attempt_at=due,
        expires_at=expires_at,
    )
    Recipient.objects.bulk_create(
        [Recipient(message=message, number=number, status=status) for number in draft.recipients]
    )
    timeline.record(message, status, at=now, detail=said)
    _bind(draft.attachments, message, user)
    return message


def _bind(attachments: Sequence[Attachment], message: Message, user: User) -> None:
    for position, attachment in enumerate(attachments):
        bound = Attachment.objects.filter(
            pk=attachment.pk, message=None, uploaded_by_id=user.pk
        ).update(message=message, position=position)
        if not bound:  # another message of theirs was quicker
            raise unknown_file()


def _wrong_state(message: Message, rule: str) -> SendRefused:
    status = Status(message.status).label.lower()
    return SendRefused(Refusal.INVALID_STATE, f"{rule}; this message is {status}.")
