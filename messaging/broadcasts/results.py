"""What became of a broadcast: figures, and one line for each recipient."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, CharField, Count, F, Q, Value, When
from django_tenants.utils import tenant_context

from messaging.delivery.wording import why
from messaging.models import Broadcast, BroadcastRecipient, Message
from messaging.models.message import Status
from providers.types import FailureReason
from tenants.cells import safe
from tenants.models import Tenant

HEADINGS = (
    "Phone number",
    "Name",
    "Result",
    "Reason",
    "Error code",
    "Text",
    "Sent at",
    "Delivered at",
)
_BATCH = 500
_State = BroadcastRecipient.State
_LATE = "late"  # opted out between writing and sending


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many recipients are where; opted out at the last moment counts as skipped."""

    total: int = 0
    pending: int = 0
    queued: int = 0
    sent: int = 0
    delivered: int = 0
    unconfirmed: int = 0
    failed: int = 0
    skipped: int = 0
    canceled: int = 0

    @property
    def percent(self) -> int:
        """How much of it has left, or never will."""
        open_ones = self.pending + self.queued
        return 100 * (self.total - open_ones) // self.total if self.total else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One recipient's line."""

    person: BroadcastRecipient
    message: Message | None
    label: str
    reason: str


def counts(broadcast: Broadcast) -> Counts:
    """Count the recipients by what became of them."""
    return counts_of([broadcast])[broadcast.pk]


def counts_of(broadcasts: Sequence[Broadcast]) -> dict[UUID, Counts]:
    """Count the recipients of several, in two questions."""
    keys = [broadcast.pk for broadcast in broadcasts]
    people = BroadcastRecipient.objects.filter(broadcast__in=keys).order_by()
    states: dict[tuple[UUID, str], int] = {
        (key, state): count
        for key, state, count in people.values_list("broadcast", "state").annotate(Count("pk"))
    }
    late = Q(status=Status.FAILED, failure_reason=FailureReason.OPTED_OUT.value, attempts=0)
    label = Case(When(late, then=Value(_LATE)), default=F("status"), output_field=CharField())
    messages = Message.objects.filter(broadcast__in=keys).order_by().annotate(fate=label)
    fates: dict[tuple[UUID, str], int] = {
        (key, fate): count
        for key, fate, count in messages.values_list("broadcast", "fate").annotate(Count("pk"))
        if key is not None
    }
    return {key: _counts(key, states, fates) for key in keys}


def _counts(
    key: UUID, states: dict[tuple[UUID, str], int], fates: dict[tuple[UUID, str], int]
) -> Counts:
    def count(*wanted: str) -> int:
        return sum(fates.get((key, fate), 0) for fate in wanted)

    return Counts(
        total=sum(states.get((key, state), 0) for state in _State.values),
        pending=states.get((key, _State.PENDING), 0),
        queued=count(Status.SCHEDULED, Status.QUEUED, Status.SENDING),
        sent=count(Status.SENT),
        delivered=count(Status.DELIVERED),
        unconfirmed=count(Status.UNCONFIRMED),
        failed=count(Status.FAILED),
        skipped=states.get((key, _State.SKIPPED), 0) + count(_LATE),
        canceled=count(Status.CANCELED),
    )


def skipped_for(broadcast: Broadcast) -> list[tuple[str, int]]:
    """Count the skipped by their reason, the most frequent first."""
    skipped = broadcast.recipients.filter(state=_State.SKIPPED).order_by()
    return sorted(
        skipped.values_list("reason").annotate(count=Count("pk")), key=lambda row: -row[1]
    )


def results(people: Sequence[BroadcastRecipient]) -> list[Result]:
    """Tell of recipients, whose contacts are at hand, what became of them: one question."""
    keys = [person.message_id for person in people if person.message_id]
    messages = Message.objects.in_bulk(keys)
    return [_result(p, messages.get(p.message_id) if p.message_id else None) for p in people]


def sheet(broadcast: Broadcast, tenant: Tenant) -> Iterator[bytes]:
    """Write the results as CSV, piece by piece; each piece enters the tenant anew."""
    yield b"\xef\xbb\xbf" + _lines([HEADINGS])
    last = 0
    while True:
        with tenant_context(tenant):
            rows = broadcast.recipients.filter(pk__gt=last).select_related("contact")
            people = list(rows.order_by("pk")[:_BATCH])
            if not people:
                return
            piece = _lines(_cells(result) for result in results(people))
        last = people[-1].pk
        yield piece


def _result(person: BroadcastRecipient, message: Message | None) -> Result:
    if message is None:
        label = _State(person.state).label
        return Result(person=person, message=None, label=label, reason=person.reason)
    return Result(
        person=person,
        message=message,
        label=str(Status(message.status).label),
        reason=why(message),
    )


def _cells(result: Result) -> list[str]:
    person, message = result.person, result.message
    name = person.contact.name if person.contact else person.fields.get("name", "")
    texts = [person.number, name, result.label, result.reason]
    if message is None:
        return [*map(safe, texts), "", "", "", ""]
    moments = [
        m.isoformat(timespec="seconds") if m else ""
        for m in (message.sent_at, message.delivered_at)
    ]
    return [*map(safe, [*texts, message.error_code, message.text]), *moments]


def _lines(rows: Iterator[Sequence[str]] | Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
