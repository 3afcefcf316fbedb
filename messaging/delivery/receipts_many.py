"""Many receipts of one tenant at once, in a handful of statements.

Only the plain ones: of a message to one person that was sent once, about that very sending, and
with nothing in them to learn beyond it. All others are left to `receipts`, which says what is right
for every one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db import DataError, IntegrityError, transaction

from messaging import live
from messaging.delivery import receipt_rows
from messaging.delivery.receipt_course import Course, Line
from messaging.delivery.receipt_rows import Thread
from messaging.models import Conversation, Message, SmsConfiguration
from messaging.models.message import RANK, Status
from messaging.pacing.slowdown import VOLUME_CODES
from messaging.plaintext import one_line
from providers.types import DeliveryReceipt, FailureReason
from tenants.schema import tenant_connection

logger = logging.getLogger(__name__)

_ID_LIMIT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One receipt of the webhook inbox, with the account (None = the platform's) it came by."""

    event_id: int
    receipt: DeliveryReceipt
    configuration: SmsConfiguration | None


@dataclass(slots=True)
class _Group:
    """All receipts about one message, in the order they came."""

    told: list[Told] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)


def apply_receipts(told: Sequence[Told]) -> set[int]:
    """Apply what can be applied together; returns the events that are dealt with.

    Runs in the tenant's schema, inside a transaction. Each event that is not returned is still to
    be given to `receipts.apply_receipt`, in the same order.
    """
    try:
        with transaction.atomic():
            return _apply([_readable(each) for each in told])
    except (DataError, IntegrityError) as error:
        # One of them cannot be stored, or claims another message's id: which, is found one by one.
        logger.warning("%s receipts not applied at once: %s", len(told), type(error).__name__)
        return set()


def _readable(told: Told) -> Told:
    key = told.receipt.provider_message_id
    if key.isascii() and key.isprintable() and " " not in key and len(key) <= _ID_LIMIT:
        return told
    receipt = replace(told.receipt, provider_message_id=one_line(key, limit=200))
    return replace(told, receipt=receipt)


def _apply(told: Sequence[Told]) -> set[int]:
    tags = {each.event_id: _tag(each.receipt) for each in told}
    threads = receipt_rows.lock_threads(
        tags={tag for tag in tags.values() if tag is not None},
        provider_message_ids=list({each.receipt.provider_message_id for each in told} - {""}),
    )
    if not threads:
        return set()
    courses = {course.key: course for course in receipt_rows.read(threads) if _is_plain(course)}
    groups = _groups(told, tags, courses)
    before = {key: courses[key].copy() for key in groups}
    mine = {each.event_id: key for key, group in groups.items() for each in group.told}
    lines: list[Line] = []
    for each in told:
        if key := mine.get(each.event_id):
            lines += courses[key].hear(each.receipt, event=each.event_id)
    applied = _write([(before[key], courses[key]) for key in groups], lines, threads)
    return {event for event, key in mine.items() if key in applied}


def _tag(receipt: DeliveryReceipt) -> UUID | None:
    try:
        return UUID(receipt.tag)
    except ValueError:
        return None


def _is_plain(course: Course) -> bool:
    return (
        course.status in RANK
        and course.status != Status.SCHEDULED
        and course.recipient.status in RANK
        and course.recipient.error_code not in VOLUME_CODES
    )


def _groups(
    told: Sequence[Told], tags: dict[int, UUID | None], courses: dict[UUID, Course]
) -> dict[UUID, _Group]:
    """Return the receipts of each message of which all are plain."""
    by_id = {course.provider_message_id: course for course in courses.values()}
    groups: dict[UUID, _Group] = {}
    owners: dict[str, UUID | None] = {}
    left: set[UUID | None] = {None}
    for each in told:
        number = each.receipt.provider_message_id
        known = by_id.get(number) if number else None
        tagged = _tagged(courses, tags[each.event_id])
        course = known or tagged
        if course is None or course.configuration != _account(each):
            # One by one it may still find either, and what comes before it would make a difference.
            left |= {other.key for other in (known, tagged) if other}
            course = None
        owner = course.key if course else None
        if number and owners.setdefault(number, owner) != owner:
            left |= {owner, owners[number]}  # whose it is depends on which comes first
        if course is None:
            continue
        group = groups.setdefault(course.key, _Group(ids={course.provider_message_id} - {""}))
        group.told.append(each)
        group.ids |= {number} - {""}
        if len(group.ids) > 1 or not _is_ordinary(each.receipt):
            left.add(course.key)
    return {key: group for key, group in groups.items() if key not in left}


def _tagged(courses: dict[UUID, Course], tag: UUID | None) -> Course | None:
    return courses.get(tag) if tag is not None else None


def _account(told: Told) -> int | None:
    return told.configuration.pk if told.configuration else None


def _is_ordinary(receipt: DeliveryReceipt) -> bool:
    return (
        len(receipt.provider_message_id) <= _ID_LIMIT
        and receipt.failure_reason is not FailureReason.OPTED_OUT
        and receipt.registration is None
        and VOLUME_CODES.keys().isdisjoint(
            {receipt.error_code, one_line(receipt.error_code, limit=40)}
        )
    )


def _write(
    changes: Sequence[tuple[Course, Course]],
    lines: Sequence[Line],
    threads: dict[UUID, Thread],
) -> set[UUID]:
    """Write what changed and hint at it; returns the messages of which all is written."""
    spoken = [line.message for line in lines]
    heard = set(spoken)
    news = [
        (before, after)
        for before, after in changes
        if after.key in heard or before.columns() != after.columns()
    ]
    # What only repeats itself is dealt with as it is.
    applied = {after.key for _, after in changes} - {after.key for _, after in news}
    if not news:
        return applied
    courses = {after.key: after for _, after in news}
    written = receipt_rows.write(news, lines, last=_last_lines(courses, spoken, threads))
    _hint({threads[key].key: threads[key] for key in written & heard})
    return applied | written


def _hint(threads: dict[int, Thread]) -> None:
    shared = [key for key, each in threads.items() if each.shared_with or each.ring_group]
    rows = Conversation.objects.select_related("extension").filter(pk__in=shared) if shared else ()
    for thread in rows:
        live.hint(thread)
    plain = {key: each.extension for key, each in threads.items() if key not in shared}
    if plain:
        live.hint_plain(tenant_connection.schema_name, plain)


def _last_lines(
    courses: dict[UUID, Course], spoken: Iterable[UUID], threads: dict[UUID, Thread]
) -> set[UUID]:
    """Return the messages whose status the list of threads is to show, one of each thread."""
    last: dict[int, UUID] = {}
    for key in spoken:
        is_at_end = threads[key].last_at == courses[key].created_at
        if is_at_end and threads[key].last_direction == Message.Direction.OUT:
            last[threads[key].key] = key
    return {key for key in last.values() if threads[key].last_status != courses[key].status}
