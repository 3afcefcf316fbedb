"""Finding what no task was rung for, and what will never be answered. The rows are the queue."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from messaging import queue
from messaging.broadcasts import runner
from messaging.delivery import again, lookup, progress, silence
from messaging.delivery.progress import Fault
from messaging.exports import upkeep
from messaging.hours import quiet as quiet_hours
from messaging.media.uploads import forget_uploads
from messaging.models import Attachment, MailDelivery, Message
from messaging.models.message import Status
from messaging.outbound.expiry import TOO_LATE
from messaging.pacing import backlog
from messaging.retention import erasing
from messaging.retention.files import delete_discarded
from providers.types import FailureReason

Row = TypeVar("Row", bound=Model)

_MOST = 500
# A task in the queue is given this long before it is taken for lost.
_GRACE = timedelta(seconds=30)
UPLOAD_KEPT = timedelta(days=1)  # for a message that is being written
_LOOKUP_GRACE = timedelta(minutes=10)
SILENCE = timedelta(hours=4)  # the carrier's own patience with receipts is about two

_WORKER_DIED = "Sending was interrupted. It may have been sent, so it is not sent again by itself."


def sweep() -> None:
    """Look after one tenant's rows; runs in its schema, beside any number of workers."""
    _release_scheduled()
    _give_up_forgotten()
    _ring_for_queued()
    _settle_interrupted()
    _settle_silent()
    _ring_for_lookups()
    _ring_for_files()
    _ring_for_mail()
    runner.sweep()
    upkeep.sweep()
    forget_uploads(before=timezone.now() - UPLOAD_KEPT)
    delete_discarded()
    erasing.sweep()


def _release_scheduled() -> None:
    # Its time is asked again with the change: a person may have moved it meanwhile.
    due = Q(status=Status.SCHEDULED, next_attempt_at__lte=timezone.now())
    for message in _some(_outbound(Status.SCHEDULED).filter(due)):
        with transaction.atomic():
            if progress.move(
                message,
                Status.QUEUED,
                where=due,
                next_attempt_at=timezone.now(),
            ):
                queue.enqueue_delivery(message)


def _give_up_forgotten() -> None:
    # Before they are rung for: what waited while nothing was sent at all would come as news.
    now = timezone.now()
    patience = timedelta(hours=quiet_hours.policy().expire_hours)
    late = Q(expires_at__lte=now) | Q(expires_at=None, next_attempt_at__lte=now - patience)
    late |= Q(expires_at=None, next_attempt_at=None, created_at__lte=now - patience)
    forgotten = Q(status=Status.QUEUED) & late
    for message in _some(_outbound(Status.QUEUED).filter(forgotten)):
        progress.move(
            message,
            Status.FAILED,
            where=forgotten,
            fault=Fault(reason=FailureReason.EXPIRED, text=TOO_LATE),
            next_attempt_at=None,
        )


def _ring_for_queued() -> None:
    late = timezone.now() - _GRACE
    lost = Q(next_attempt_at=None, created_at__lte=late) | Q(next_attempt_at__lte=late)
    queued = _outbound(Status.QUEUED).filter(lost)
    bulk = Q(origin=Message.Origin.BROADCAST)
    # Apart: thousands of broadcast texts that wait for a limit must not hide a reply.
    for rows, task in (
        (queued.exclude(bulk), queue.DELIVER),
        (queued.filter(bulk), queue.DELIVER_BULK),
    ):
        if not backlog.is_long(task):
            _ring(rows, task)


def _settle_interrupted() -> None:
    # Never queued again: the carrier may have taken the message before the worker died.
    dead = Q(status=Status.SENDING, next_attempt_at__lte=timezone.now())
    for message in _some(_outbound(Status.SENDING).filter(dead)):
        progress.move(
            message,
            Status.UNCONFIRMED,
            where=dead,
            fault=Fault(reason=FailureReason.UNKNOWN, text=_WORKER_DIED),
            next_attempt_at=None,
            lookup_at=lookup.first_time(),
            lookups=0,
        )


def _settle_silent() -> None:
    now = timezone.now()
    silent = Q(status=Status.SENT, sent_at__lte=now - SILENCE)
    # The carrier's list is asked first; where that comes to nothing, it ends without.
    unasked = silent & Q(lookup_at=None, lookups=0) & ~Q(provider_message_id="")
    some = _outbound(Status.SENT).filter(unasked).order_by("sent_at").values("pk")[:_MOST]
    _outbound(Status.SENT).filter(unasked, pk__in=list(some.values_list("pk", flat=True))).update(
        lookup_at=now
    )
    over = silent & (Q(lookup_at=None) | Q(sent_at__lte=now - SILENCE - lookup.PATIENCE * 2))
    for message in _some(_outbound(Status.SENT).filter(over)):
        progress.move(
            message,
            Status.UNCONFIRMED,
            where=over,
            carry=(Status.SENT,),
            fault=Fault(reason=FailureReason.UNKNOWN, text=silence.NO_RECEIPT),
            lookup_at=None,
        )
        again.after_limit(message)


def _ring_for_lookups() -> None:
    due = Message.objects.filter(lookup_at__lte=timezone.now()).order_by("lookup_at")
    keys = list(due.values_list("pk", flat=True)[:_MOST])
    # Until then one that was lost is not rung for again.
    due.filter(pk__in=keys).update(lookup_at=timezone.now() + _LOOKUP_GRACE)
    for key in keys:
        queue.enqueue(queue.LOOK_UP, key)


def _ring_for_files() -> None:
    late = timezone.now() - _GRACE
    lost = Q(next_attempt_at=None, created_at__lte=late) | Q(next_attempt_at__lte=late)
    pending = Attachment.objects.filter(state=Attachment.State.PENDING, message__isnull=False)
    _ring(pending.filter(lost), queue.FETCH_MEDIA)


def _ring_for_mail() -> None:
    states = [MailDelivery.State.PENDING, MailDelivery.State.SENDING]
    late = timezone.now() - _GRACE
    _ring(
        MailDelivery.objects.filter(state__in=states, next_attempt_at__lte=late),
        queue.SEND_MAIL,
    )


def _ring(rows: QuerySet[Row], task: str) -> None:
    """Ring for each row, and note it: a long queue must not get the same row at every sweep."""
    keys = list(rows.order_by("next_attempt_at").values_list("pk", flat=True)[:_MOST])
    rows.filter(pk__in=keys).update(next_attempt_at=timezone.now())
    for key in keys:
        queue.enqueue(task, key)


def _outbound(status: Status) -> QuerySet[Message]:
    return Message.objects.filter(direction=Message.Direction.OUT, status=status)


def _some(messages: QuerySet[Message]) -> list[Message]:
    return list(messages.select_related("conversation__extension")[:_MOST])
