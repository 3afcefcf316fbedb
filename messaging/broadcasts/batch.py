"""Writing the messages of a broadcast, a hundred at a time.

All that a batch does is one transaction, which first touches the broadcast's row: a second runner
waits for it there, and finds other recipients pending. So each recipient is written once, whoever
dies in between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid5

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from messaging import queue, segments
from messaging.broadcasts.merge import Merged, merge, values_of
from messaging.models import (
    Broadcast,
    BroadcastRecipient,
    Conversation,
    Message,
    MessageEvent,
    OptOut,
    Recipient,
)
from messaging.models.message import Status
from messaging.outbound.compose import MOST_UNITS, normal
from messaging.outbound.lines import Line
from tenants.models import PhoneNumber
from tenants.numbers import kind_of

SIZE = 100
# A thread nobody has answered in stays below all others, and out of the inbox.
QUIET_THREAD_AT = datetime(1970, 1, 1, tzinfo=UTC)

OPTED_OUT = "Opted out of texts from this number"
_State = BroadcastRecipient.State
# A hundred rows with a value each: as CASE WHEN it takes longer to write than to do.
_MARK_WRITTEN = """
    UPDATE messaging_broadcastrecipient AS person SET state = 'written', message_id = made.message
    FROM unnest(%s::bigint[], %s::uuid[]) AS made (person, message)
    WHERE person.id = made.person AND person.state = 'pending'
"""
_OURSELVES = "This is the number it is sent from"
_SHORT_CODE = "Toll-free numbers cannot text to short codes"
_EMPTY = "Nothing is left of the text for them"
_TOO_LONG = f"With their values the text is longer than {MOST_UNITS:,} characters"


def write(broadcast: Broadcast, people: Sequence[BroadcastRecipient], line: Line) -> None:
    """Write the recipients' messages and have them sent; runs in the runner's transaction."""
    refused = opted_out(line.number, [person.number for person in people])
    written: list[tuple[BroadcastRecipient, str]] = []
    skipped: dict[str, list[int]] = defaultdict(list)
    for person in people:
        text = merged_for(broadcast, person).text
        reason = OPTED_OUT if person.number in refused else _obstacle(person, text, line)
        if reason:
            skipped[reason].append(person.pk)
        else:
            written.append((person, text))
    threads = _threads(line.number, [person.number for person, _ in written])
    messages = [
        _message(broadcast, person, line, threads[person.number], text) for person, text in written
    ]
    _store(messages, [person.number for person, _ in written])
    _mark_written([person.pk for person, _ in written], [message.pk for message in messages])
    for reason, keys in skipped.items():
        BroadcastRecipient.objects.filter(pk__in=keys).update(state=_State.SKIPPED, reason=reason)
    for message in messages:
        queue.enqueue_delivery(message)


def opted_out(our_number: str, numbers: Sequence[str]) -> set[str]:
    """Return those of the numbers that refuse texts from ours."""
    refusals = OptOut.objects.filter(
        Q(our_number=our_number) | Q(our_number=None), number__in=numbers
    )
    return set(refusals.values_list("number", flat=True))


def merged_for(broadcast: Broadcast, person: BroadcastRecipient) -> Merged:
    """Return the text as this recipient gets it."""
    contact = person.contact
    values = values_of(
        person.fields,
        name=contact.name if contact else "",
        company=contact.company if contact else "",
    )
    merged = merge(broadcast.text, values)
    return Merged(text=normal(merged.text), empty=merged.empty)


def _mark_written(people: list[int], messages: list[UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_MARK_WRITTEN, [people, messages])


def _obstacle(person: BroadcastRecipient, text: str, line: Line) -> str:
    if person.number == line.number:
        return _OURSELVES
    if line.is_toll_free and kind_of(person.number) == PhoneNumber.Kind.SHORT_CODE:
        return _SHORT_CODE
    if not text.strip():
        return _EMPTY
    return _TOO_LONG if segments.utf16_units(text) > MOST_UNITS else ""


def _threads(our_number: str, numbers: Sequence[str]) -> dict[str, int]:
    Conversation.objects.bulk_create(
        [
            Conversation(our_number=our_number, participants_key=number, last_at=QUIET_THREAD_AT)
            for number in numbers
        ],
        ignore_conflicts=True,
    )
    threads = Conversation.objects.filter(our_number=our_number, participants_key__in=numbers)
    return dict(threads.values_list("participants_key", "pk"))


def _message(
    broadcast: Broadcast, person: BroadcastRecipient, line: Line, thread: int, text: str
) -> Message:
    measured = segments.measure(text)
    return Message(
        # By the recipient: a second message to the same one would have the same key.
        id=uuid5(broadcast.pk, person.number),
        conversation_id=thread,
        direction=Message.Direction.OUT,
        kind=Message.Kind.SMS,
        status=Status.QUEUED,
        sender=line.number,
        text=text,
        segment_count=measured.count,
        encoding=measured.encoding,
        configuration=line.configuration,
        author_id=broadcast.author_id,
        origin=Message.Origin.BROADCAST,
        broadcast=broadcast,
        created_at=timezone.now(),
    )


def _store(messages: Sequence[Message], numbers: Sequence[str]) -> None:
    Message.objects.bulk_create(messages)
    Recipient.objects.bulk_create(
        Recipient(message=message, number=number, status=message.status)
        for message, number in zip(messages, numbers, strict=True)
    )
    MessageEvent.objects.bulk_create(
        MessageEvent(message=message, at=message.created_at, status=message.status)
        for message in messages
    )
